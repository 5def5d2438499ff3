"""Two machines that share one database: two processes here, each with a verifier of its own (notebook 05).

In a module, so that every system can start them.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import create_engine, make_url, text

from helpers import Settings, Store, Verifier
from helpers.database import empty_database
from helpers.errors import CourseError
from helpers.verification import WrongCode

P = ParamSpec("P")
T = TypeVar("T")
PURPOSE: Final = "sign-in"
HOME: Final = "198.51.100.7"

_here: list[tuple[Settings, Verifier]] = []


class Machine:
    """A process with a verifier on a database that others may use as well."""

    def __init__(self, database_url: str) -> None:
        settings = {name: value for name, value in os.environ.items() if name.startswith(("FLOWROUTE_", "TWO_FACTOR_"))}
        self._process = ProcessPoolExecutor(1, _fresh(), _begin, (database_url, settings))

    def begin(self, step: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """Let it take a step, and do not wait for it."""
        return self._process.submit(step, *arguments, **named)

    def do(self, step: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Let it take a step, and wait for what comes of it."""
        return self.begin(step, *arguments, **named).result()

    def stop(self) -> None:
        """End the process."""
        self._process.shutdown()


@contextmanager
def two_machines(settings: Settings) -> Iterator[tuple[Machine, Machine]]:
    """Two machines on one empty database: on the PostgreSQL that ``DATABASE_URL`` names, or else on a SQLite file."""
    with _shared_database(settings) as url:
        Store(url).engine.dispose()
        machines = Machine(url), Machine(url)
        try:
            yield machines
        finally:
            for machine in machines:
                machine.stop()


def start(account: str = "ana") -> tuple[str, str]:
    """A verification: its id, and the code on the phone."""
    settings, verifier = _here[0]
    sent = verifier.start(settings.my_number, account=account, purpose=PURPOSE, client=HOME)
    settings.clock.advance(seconds=2)
    return sent.id, settings.code_from_phone()


def type_code(verification: str, code: str, account: str = "ana") -> str:
    """Type a code, and say how that ended."""
    try:
        return _here[0][1].check(verification, code, account=account, purpose=PURPOSE).status
    except CourseError as error:
        return type(error).__name__


def compared(verification: str, codes: Sequence[str], account: str = "ana") -> int:
    """Type one code after another: how many of them were compared."""
    return [type_code(verification, code, account) for code in codes].count(WrongCode.__name__)


def _fresh() -> BaseContext:
    """How to start a process that has nothing of this one, as on another machine."""
    # Where the system can, one process loads the libraries and is copied: two would load the same ones twice.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload(["helpers.settings", "helpers.simulator", "helpers.verification"])
    return fresh


def _begin(database_url: str, variables: dict[str, str]) -> None:
    os.environ |= variables
    settings = Settings.load(database="machine").for_practice()  # also where .env says live, or names a class
    verifier = Verifier(
        settings.client(),
        store=Store(database_url),
        code_key=settings.code_key,
        from_number=settings.from_number,
        brand="Example Bank",
        origin="bank.example",
        clock=settings.clock,
    )
    _here.append((settings, verifier))


@contextmanager
def _shared_database(settings: Settings) -> Iterator[str]:
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgresql"):
        url = settings.for_practice().database_url
        empty_database(url)
        yield url
        return
    # A schema of its own, gone afterwards: whatever else is kept on that server stays as it is.
    schema = f"course_{secrets.token_hex(8)}"
    engine = create_engine(server)
    _execute(engine, f"CREATE SCHEMA {schema}")
    try:
        address = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
        yield address.render_as_string(hide_password=False)
    finally:
        _execute(engine, f"DROP SCHEMA {schema} CASCADE")
        engine.dispose()


def _execute(engine: Any, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))
