"""PostgreSQL: one server, many machines.

**Isolation.** A transaction that writes runs at READ COMMITTED, and first takes the *turns* of what it counts: one
account's failures, the day's texts. A turn is an advisory lock that ends with its transaction. Whoever has waited for
one must then see what the holder before has written, and READ COMMITTED shows just that; REPEATABLE READ would show the
counts as they stood before the wait, and SERIALIZABLE would throw the slower one out, to begin again. A transaction
that only reads runs at REPEATABLE READ: all it sees is of one moment.

Turns are taken in one order, so that nobody waits in a ring: an account's, then the texts'.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.util import find_spec
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select

POOL_SIZE: Final = 5
POOL_OVERFLOW: Final = 5
"""Connections that a process keeps open, and those it opens beside them when all are busy.

A server takes 100 in all by default: room for nine processes. A connection is held for the milliseconds of a
transaction and never while a text is being posted, so that five serve many more than five people.
"""
CONNECT_SECONDS: Final = 5
WAIT_SECONDS: Final = 10
"""How long one waits for a turn, or for a row, before it gives up."""
IDLE_SECONDS: Final = 30
"""After which the server ends a transaction whose program says nothing: the others must get their turn."""


def has_driver() -> bool:
    """Whether psycopg is installed: ``pip install -e .[postgres]``."""
    return find_spec("psycopg") is not None


def new_engine(address: URL) -> Engine:
    """The connections to a server."""
    engine = create_engine(
        address,
        connect_args={"connect_timeout": CONNECT_SECONDS},
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=WAIT_SECONDS,
        pool_pre_ping=True,  # the server may have been started again since
        hide_parameters=True,  # the driver's errors quote the statement, never its values
    )
    event.listen(engine, "connect", _prepare)
    return engine


def take_turn(connection: Connection, turn: str) -> None:
    """Wait until nobody else has this turn, and keep it to the end of the transaction."""
    number = int.from_bytes(sha256(turn.encode()).digest()[:8], "big", signed=True)
    connection.execute(select(func.pg_advisory_xact_lock(number)))


def in_words(problem: BaseException | None) -> str:
    """What went wrong, and what to do; without the server's details, which quote values."""
    state = getattr(problem, "sqlstate", None) or ""
    for begin, words in _WORDS.items():
        if state.startswith(begin):
            return words
    if not state:  # no answer from a server at all
        return (
            "The database server cannot be reached, or went away. Check that it runs, and the host, port, name and "
            "password in DATABASE_URL. What was under way was not saved."
        )
    kind = type(problem).__name__
    return f"The database refused ({kind}, SQLSTATE {state}). Nothing was changed."


_WORDS: Final = {
    "55P03": f"Somebody else has held the database for {WAIT_SECONDS} s. Try again in a moment. Nothing was changed.",
    "57014": f"The database took over {WAIT_SECONDS} s, so the question was ended. Try again. Nothing was changed.",
    "40P01": "Two programs waited for each other, and this one was sent away. Try again. Nothing was changed.",
    "25006": "The database is read-only: DATABASE_URL names a copy of it. Name the one that may be written to.",
    "28": "The database server refuses the user or the password. Check DATABASE_URL.",
    "3D000": "The server has no database of that name. Make it (createdb), or check DATABASE_URL.",
    "42501": "This user may not do that in the database. Give it the rights on its schema. Nothing was changed.",
    "53100": "The server's disk is full. Make room and run this again. Nothing was changed.",
    "53300": "The server has no connection left. Use fewer processes, or raise its max_connections.",
}


def _prepare(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()
