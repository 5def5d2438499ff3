"""A copy of what runs, to try things out on: the same policy and the same program, in memory, with a made-up phone.

Nothing that happens here is seen outside, nothing is sent, and no real key, account or number is touched.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self, TypeVar

import requests
from argon2 import PasswordHasher
from requests.adapters import BaseAdapter
from sqlalchemy import MetaData, select

from helpers.accounts import Accounts
from helpers.clock import Clock
from helpers.database import reading
from helpers.display.phone import code_in
from helpers.errors import CourseError
from helpers.flowroute import FlowrouteClient
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import Policy, Store, Verification, VerificationError, Verifier
from helpers.verification.sending import authenticator_of

ACCOUNT: Final = "ana"
PURPOSE: Final = "sign-in"
CLIENT: Final = "198.51.100.7"
PHONE: Final = "+12065550100"
OTHER_PHONE: Final = "+12065550101"
SENDER: Final = PhoneNumber("+12065550199")
T = TypeVar("T")
MOST_TRIES: Final = 30
"""Nothing is tried more often than that while somebody looks for its limit."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a report is about."""

    verifier: Verifier
    accounts: Accounts | None = None
    found: dict[Callable[[Site], Any], Any] = field(default_factory=dict, repr=False)
    """What was tried already: several standards have the same rule."""

    def look(self, trial: Callable[[Site], T]) -> T:
        """What a trial of this site finds. It is done once."""
        if trial not in self.found:
            self.found[trial] = trial(self)
        result: T = self.found[trial]
        return result

    @property
    def policy(self) -> Policy:
        """The numbers it lives by."""
        return self.verifier.policy

    @property
    def hasher(self) -> PasswordHasher:
        """What turns its passwords into hashes."""
        assert self.accounts is not None, "rules about people are looked at only where there are accounts"
        return self.accounts._passwords._hasher

    @property
    def cooling_off(self) -> timedelta:
        """How long its new phones wait."""
        assert self.accounts is not None, "rules about people are looked at only where there are accounts"
        return self.accounts._cooling_off

    @property
    def key_bytes(self) -> int:
        """How long the key of its codes is."""
        return len(self.verifier._keys.current.reveal())

    @property
    def brand(self) -> str:
        """Who sends its texts."""
        return self.verifier._sender._brand

    @property
    def origin(self) -> str:
        """The site that its codes are for."""
        return self.verifier._sender._origin

    def rehearse(self) -> Rehearsal:
        """A fresh copy of the verifier."""
        return Rehearsal(self)

    @contextmanager
    def rehearse_people(self, hasher: PasswordHasher | None = None) -> Iterator[tuple[Rehearsal, Accounts]]:
        """A fresh copy of verifier and accounts.

        Args:
            hasher: by default a quick one, where the work it does is not what is looked at.
        """
        # Two parts that share a database need a file: one in memory belongs to who opened it.
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            url = f"sqlite:///{(Path(folder) / 'rehearsal.sqlite').as_posix()}"
            with Rehearsal(self, url) as trial:
                accounts = Accounts(
                    url,
                    verifier=trial.verifier,
                    clock=trial.clock,
                    key=trial.key,
                    hasher=hasher or PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
                    cooling_off=self.cooling_off,
                )
                try:
                    yield trial, accounts
                finally:
                    accounts._engine.dispose()


class Outbox(BaseAdapter):
    """Stands where Flowroute would, takes every text and keeps it: to whom, as it went over the wire, and what."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        """Answer as Flowroute does: 202 and an id."""
        message = json.loads(request.body or "")["data"]["attributes"]
        self.texts.append((message["to"], message["body"]))
        response = requests.Response()
        response.status_code = 202
        response._content = json.dumps({"data": {"id": f"mdr2-{len(self.texts)}"}}).encode()
        return response

    def close(self) -> None:
        """Nothing to close."""


def _with_our_phones(policy: Policy) -> Policy:
    """The made-up phones are American: a site that texts Canada alone is rehearsed as if it texted both."""
    regions = policy.budget.regions
    return policy if "US" in regions else replace(policy, budget=replace(policy.budget, regions=(*regions, "US")))


class Rehearsal:
    """One copy of a site, thrown away after use: ``with site.rehearse() as rehearsal``."""

    def __init__(self, site: Site, url: str = "sqlite://") -> None:
        self.site = site
        self.policy = _with_our_phones(site.policy)
        self.clock = Clock.standing_still()
        self.outbox = Outbox()
        self.store = Store(url)
        self.key = Secret(secrets.token_bytes(32))
        self.waits: list[tuple[str, timedelta]] = []
        """Every time one had to wait: for which error, and how long."""
        self.verifier = self.another_verifier()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.store.engine.dispose()

    def another_verifier(self) -> Verifier:
        """One more on the same database, as another process of the same site has it."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self.outbox)
        return Verifier(
            FlowrouteClient(access_key="rehearsal", secret_key=Secret(secrets.token_hex(16)), session=session),
            store=self.store,
            code_key=self.key,
            from_number=SENDER,
            brand=self.site.brand,
            origin=self.site.origin,
            clock=self.clock,
            policy=self.policy,
            on_alarm=lambda _alarm: None,
        )

    def start(self, phone: str = PHONE, *, account: str = ACCOUNT, purpose: str = PURPOSE) -> Verification:
        """Text a code, waiting first for as long as the answer says."""
        return self.patiently(lambda: self.verifier.start(phone, account=account, purpose=purpose, client=CLIENT))

    def check(self, verification: Verification, code: str) -> Verification:
        """Check a code."""
        return self.verifier.check(verification.id, code, account=verification.account, purpose=verification.purpose)

    def resend(self, verification: Verification) -> Verification:
        """Ask for another code, waiting first for as long as the answer says."""
        whose = {"account": verification.account, "purpose": verification.purpose}
        return self.patiently(lambda: self.verifier.resend(verification.id, **whose))

    def another_code(self, verification: Verification) -> Verification:
        """Ask for another code; where this verification has none left, start again."""
        try:
            return self.resend(verification)
        except VerificationError:
            return self.start(account=verification.account, purpose=verification.purpose)

    def stands(self, verification: Verification) -> Verification:
        """The verification as it stands now."""
        return self.verifier.get(verification.id, account=verification.account, purpose=verification.purpose)

    def patiently(self, step: Callable[[], T]) -> T:
        """Do as told: where a step is refused for some time, turn the clock by that and take it again."""
        for _ in range(MOST_TRIES):
            try:
                return step()
            except CourseError as error:
                wait: timedelta | None = getattr(error, "retry_after", None)
                if wait is None:
                    raise
                self.waits.append((type(error).__name__, wait))
                self.clock.advance(seconds=wait.total_seconds())
        return step()

    def outcome(self, verification: Verification, code: str, **whose: str) -> str:
        """How a check ends: ``approved``, or the name of the error. ``whose`` asks as another account or purpose."""
        own = {"account": verification.account, "purpose": verification.purpose}
        return ending(lambda: self.verifier.check(verification.id, code, **own | whose).status)

    @property
    def codes(self) -> list[str]:
        """The code of each text, oldest first."""
        return [code for _, body in self.outbox.texts if (code := code_in(body)) is not None]

    @property
    def code(self) -> str:
        """The code of the newest text."""
        return self.codes[-1]

    @property
    def wrong_code(self) -> str:
        """A code that no text has had."""
        digits = len(self.code)
        return next(code for n in range(10**digits) if (code := f"{n:0{digits}d}") not in self.codes)

    def failures(self, purpose: str = PURPOSE) -> int:
        """Failed checks in a row."""
        return self.store.failures(ACCOUNT, authenticator=authenticator_of(purpose))

    def stored(self) -> list[object]:
        """Every value in the database."""
        found = MetaData()
        found.reflect(self.store.engine)
        with reading(self.store.engine) as connection:
            return [
                value for table in found.sorted_tables for row in connection.execute(select(table)) for value in row
            ]


def ending(step: Callable[[], object]) -> str:
    """How a step ends: what it returns, as text, or the name of the error that one of the course's parts raised."""
    try:
        return str(step())
    except CourseError as error:
        return type(error).__name__


def words(step: Callable[[], object]) -> str:
    """What a person is told who takes a step that is refused; "" where it is not."""
    try:
        step()
    except CourseError as error:
        return f"{type(error).__name__}: {error.user_message}"
    return ""


def in_short(span: timedelta) -> str:
    """``30 s``, ``5 min``, ``1 h``: short, for tables."""
    seconds = span.total_seconds()
    if seconds >= 3600 and seconds % 3600 == 0:
        return f"{seconds / 3600:g} h"
    return f"{seconds / 60:g} min" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g} s"
