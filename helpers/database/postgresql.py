"""PostgreSQL: one server, many machines.

**Isolation.** A transaction that writes runs at READ COMMITTED, and first takes the *turns* of what it counts: one
account's failures, the day's texts. A turn is an advisory lock that ends with its transaction, also where the program
is killed. Whoever has waited for one must then see what the holder before has written, and READ COMMITTED shows just
that; REPEATABLE READ would show the counts as they stood before the wait, and SERIALIZABLE would throw the slower one
out, to begin again. A transaction that only reads runs at REPEATABLE READ: all it sees is of one moment.

Turns are taken in one order, so that nobody waits in a ring: an account's, then the texts'. What clears up rows of
everybody passes over those that somebody is at work on (``FOR UPDATE SKIP LOCKED``).
"""

from __future__ import annotations

from hashlib import sha256
from importlib.util import find_spec
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select

POOL_SIZE: Final = 5
POOL_OVERFLOW: Final = 5
"""Connections that one engine keeps open, and those it opens beside them when all are busy.

A server takes 100 in all by default, three of them for its owner: room for nine engines at their busiest. A process of
the site has two (the verifier's and the accounts'), one of the webhook four. A connection is held for the milliseconds
of a transaction and never while a text is being posted, nor does whoever has one ask for a second; so five serve many
more than five people.
"""
CONNECT_SECONDS: Final = 5
WAIT_SECONDS: Final = 10
"""How long one waits for a turn, for a row or for a free connection, before it gives up."""
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
        isolation_level="READ COMMITTED",  # whatever the server's default is: see above
        hide_parameters=True,  # the driver's errors quote the statement, never its values
    )
    event.listen(engine, "connect", _prepare)
    return engine


def take_turn(connection: Connection, turn: str) -> None:
    """Wait until nobody else has this turn, and keep it to the end of the transaction."""
    number = int.from_bytes(sha256(turn.encode()).digest()[:8], "big", signed=True)
    # The server has one set of such locks for a whole database, and two sites in it may each have an ana.
    ours = func.hashtextextended(func.current_schema(), number)
    connection.execute(select(func.pg_advisory_xact_lock(ours)))


def in_words(problem: Any) -> str:
    """What went wrong, and what to do; without the server's details, which quote values."""
    state: str = getattr(problem, "sqlstate", None) or ""
    kind = type(problem).__name__
    if not state and kind == "OperationalError":  # no answer from a server that takes us
        return (
            "The database server cannot be reached, does not take us, or went away. Check that it runs, and the host, "
            "port, user, password and name in DATABASE_URL. What was under way was not saved, unless the answer to its "
            "very last step is what got lost."
        )
    if state == _RAISED:  # words of our own: a trigger's
        return f"The database refused: {problem.diag.message_primary}. Nothing was changed."
    known = (words for begin, words in _WORDS.items() if state.startswith(begin))
    return next(known, f"The database refused ({kind}{state and ', SQLSTATE '}{state}). Nothing was changed.")


_RAISED: Final = "P0001"
_WORDS: Final = {
    "55P03": f"Somebody else has held the database for {WAIT_SECONDS} s. Try again in a moment. Nothing was changed.",
    "40P01": "Two programs waited for each other, and this one was sent away. Try again. Nothing was changed.",
    "25006": "The database is read-only: DATABASE_URL names a copy of it. Name the one that may be written to.",
    "25P03": f"The program said nothing to the database for {IDLE_SECONDS} s in the middle of its work. Nothing was "
    "changed.",
    "42501": "This user may not do that in the database. Give it the rights on its schema. Nothing was changed.",
    "53100": "The server's disk is full. Make room and run this again. Nothing was changed.",
    "57P": "The database server is being stopped or started. Try again in a minute. Nothing was changed.",
}


def _prepare(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {WAIT_SECONDS * 1000:.0f}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()
