"""The ids that were posted, and how far each has come: waiting, done, unknown to Flowroute, not ours.

Whoever acts on one first takes it out of ``waiting``, in the transaction of the deed: of two processes at work on one
post, the second finds nothing left to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, CursorResult, Engine, delete, func, select, update

from helpers.clock import Clock, from_ms
from helpers.database import reading, transaction, upsert
from helpers.webhooks.tables import posted, receipts

State = Literal["waiting", "done", "unknown", "not ours"]
KEPT_FOR: Final = timedelta(days=30)
"""A post that comes again after this is looked up again; what it could do then is over by time (see ``replies.py``)."""
SWEEP_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Posted:
    """One message that was posted about, as it stands."""

    message_id: str
    received_at: datetime
    posts: int
    state: State
    outcome: str
    """What was done: ``opted out``, ``denied 1``, ``answered``, …; "" while it waits."""
    word: str
    """What a text said: STOP, UNSTOP, HELP, NO or other; "" where it is no text to us."""
    last_two: str
    """Of the phone that sent it."""


class PostedStore:
    """What was posted to us, in one database."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, message_id: str) -> None:
        """Keep an id, and have it looked up. When this returns it is on the disk.

        A text is acted on once, however often it is posted. One of our own messages is looked up anew at every post: it
        may have more receipts by now. So is one that Flowroute did not know before.

        Raises:
            DatabaseUnavailable: it was not kept.
        """
        now = self._clock.now_ms()
        fresh = {"message_id": message_id, "received_at": now, "posts": 1, "state": "waiting", "looked_at": 0}
        nothing = {"outcome": "", "word": "", "phone_key": "", "last_two": "", "acted_at": 0}
        with transaction(self._engine) as connection:
            row = upsert(connection, posted).values(fresh | nothing)
            more = {"posts": posted.c.posts + 1}
            connection.execute(row.on_conflict_do_update(index_elements=["message_id"], set_=more))
            mine = posted.c.message_id == message_id
            again = {"state": "waiting", "looked_at": 0}
            own = (posted.c.state == "done", posted.c.word == "")
            connection.execute(update(posted).where(mine, *own).values(again))
            connection.execute(
                update(posted).where(mine, posted.c.state == "unknown").values(again | {"received_at": now})
            )
            self._sweep(connection, now=now)

    def waiting(self, most: int) -> list[dict[str, Any]]:
        """Those to look up next: new ones first, then those that were looked up longest ago."""
        query = select(posted).where(posted.c.state == "waiting")
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(posted.c.looked_at, posted.c.received_at).limit(most))
            return [row._asdict() for row in rows]

    def not_found(self, row: dict[str, Any], *, give_up_after: timedelta) -> State:
        """Flowroute has no such record. It may appear within seconds (§3.1); after an hour it will not."""
        now = self._clock.now_ms()
        state: State = (
            "unknown" if now - row["received_at"] >= give_up_after // timedelta(milliseconds=1) else "waiting"
        )
        with transaction(self._engine) as connection:
            connection.execute(update(posted).where(*_as_read(row)).values(state=state, looked_at=now))
        return state

    def take(self, connection: Connection, row: dict[str, Any], *, state: State, **about: str) -> bool:
        """Take one out of ``waiting``, in the transaction of what is done about it.

        Returns:
            False where somebody else was quicker, or where it was posted again since it was read: it waits on then.
        """
        values = {"state": state, "acted_at": self._clock.now_ms()} | about
        return bool(connection.execute(update(posted).where(*_as_read(row)).values(values)).rowcount)

    def say(self, connection: Connection, row: dict[str, Any], outcome: str) -> None:
        """Write down what was done."""
        connection.execute(update(posted).where(posted.c.message_id == row["message_id"]).values(outcome=outcome))

    def acted(self, connection: Connection, outcome: str, *, since: int, phone_key: str | None = None) -> int:
        """How often something was done since a time, for one phone or for all."""
        query = select(func.count()).where(posted.c.outcome == outcome, posted.c.acted_at > since)
        if phone_key is not None:
            query = query.where(posted.c.phone_key == phone_key)
        return int(connection.execute(query).scalar_one())

    def find(self, message_id: str) -> Posted | None:
        """How a message stands; None where it was never posted about."""
        with reading(self._engine) as connection:
            row = connection.execute(select(posted).where(posted.c.message_id == message_id)).one_or_none()
        return None if row is None else _shown(row._asdict())

    def recent(self, limit: int) -> list[Posted]:
        """The newest posts, oldest first."""
        query = select(posted).order_by(posted.c.received_at.desc(), posted.c.message_id).limit(limit)
        with reading(self._engine) as connection:
            rows: CursorResult[Any] = connection.execute(query)
            return [_shown(row._asdict()) for row in rows][::-1]

    def _sweep(self, connection: Connection, *, now: int) -> None:
        before = now - KEPT_FOR // timedelta(milliseconds=1)
        old = (posted.c.state != "waiting", posted.c.received_at <= before)
        ids = connection.execute(select(posted.c.message_id).where(*old).limit(SWEEP_BATCH)).scalars().all()
        connection.execute(delete(posted).where(posted.c.message_id.in_(ids)))
        connection.execute(delete(receipts).where(receipts.c.seen_at <= before))


def _as_read(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        posted.c.message_id == row["message_id"],
        posted.c.state == "waiting",
        posted.c.posts == row["posts"],
    )


def _shown(row: dict[str, Any]) -> Posted:
    names = ("message_id", "posts", "state", "outcome", "word", "last_two")
    return Posted(received_at=from_ms(row["received_at"]), **{name: row[name] for name in names})
