"""From an id that was posted to what is done: keep it, answer, look the message up, act on its record.

Nothing that was posted is acted on. What the record says is: it was fetched from Flowroute with our keys.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from helpers.accounts import Accounts
from helpers.clock import Clock, from_ms
from helpers.database import open_database, transaction
from helpers.flowroute import (
    ApiVersion,
    ConnectionFailed,
    FlowrouteClient,
    FlowrouteError,
    MessageRecord,
    NotFound,
    RateLimited,
    ReceiptTimeline,
)
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import Verifier
from helpers.webhooks.receipts import Receipts
from helpers.webhooks.replies import ANSWERED, Replies, help_text, word_of
from helpers.webhooks.store import Posted, PostedStore
from helpers.webhooks.tables import SCHEMA, metadata

AT_ONCE: Final = 20
"""Looked up after one post: whoever posts a thousand ids must not keep us busy for an hour."""
GIVE_UP_AFTER: Final = timedelta(hours=1)
"""An id that Flowroute does not know by then was made up."""

log = logging.getLogger("helpers.webhooks")


@dataclass(slots=True)
class Outcome:
    """What one round of looking up came to."""

    done: int = 0
    waiting: int = 0
    """Looked up and not there yet, or not looked up since Flowroute could not be asked."""
    unknown: int = 0
    not_ours: int = 0
    problem: str = field(default="", repr=False)
    """Why the round ended early; "" where it did not."""

    def __str__(self) -> str:
        counts = f"{self.done} done, {self.waiting} waiting, {self.unknown} unknown, {self.not_ours} not ours"
        return f"{counts}. {self.problem}".rstrip() if self.problem else f"{counts}."


class Callbacks:
    """Everything that was posted to us.

    Args:
        database_url: the database of the accounts: what a NO does is written there in one transaction with the post.
        flowroute: looks messages up.
        verifier: sends the answer to HELP.
        accounts: are told of a NO.
        number: ours: texts to any other are not for us.
        key, previous_keys: hide phones; the code key, and those of before.
        clock: the time.
        brand, contact: who answers HELP, and where to ask.

    Raises:
        ValueError: brand and contact make the answer too long.
    """

    def __init__(
        self,
        database_url: str,
        *,
        flowroute: FlowrouteClient,
        verifier: Verifier,
        accounts: Accounts,
        number: PhoneNumber,
        key: Secret[bytes],
        clock: Clock,
        brand: str,
        contact: str = "",
        previous_keys: Sequence[Secret[bytes]] = (),
    ) -> None:
        self._help_text = help_text(brand, contact)
        self._engine = open_database(database_url, metadata, schema=SCHEMA)
        self._flowroute = flowroute
        self._verifier = verifier
        self._number = number
        self._clock = clock
        self._store = PostedStore(self._engine, clock=clock)
        self._receipts = Receipts(self._engine, clock=clock)
        self._replies = Replies(
            self._engine, store=self._store, accounts=accounts, keys=(key, *previous_keys), clock=clock
        )

    def note(self, message_id: str) -> None:
        """Keep an id that was posted. When this returns, it may be answered with 200.

        Raises:
            DatabaseUnavailable: it was not kept.
        """
        self._store.note(message_id)

    def catch_up(self, most: int = AT_ONCE) -> Outcome:
        """Look up what waits, and act on it.

        Args:
            most: messages to look up.

        Raises:
            DatabaseUnavailable: what is not done waits on.
        """
        outcome = Outcome()
        rows = self._store.waiting(most)
        for number, row in enumerate(rows):
            try:
                self._look_up(row, outcome)
            except (ConnectionFailed, RateLimited) as problem:  # the next one would fare no better
                outcome.waiting += len(rows) - number
                outcome.problem = str(problem)
                break
            except FlowrouteError as problem:
                outcome.waiting += 1
                outcome.problem = str(problem)
        return outcome

    def find(self, message_id: str) -> Posted | None:
        """How a message stands that was posted about; None where none was."""
        return self._store.find(message_id)

    def recent(self, limit: int = 100) -> list[Posted]:
        """The newest, oldest first."""
        return self._store.recent(limit)

    def timeline(self, message_id: str) -> ReceiptTimeline | None:
        """The receipts of one of our texts, in order; None where nothing was posted about it."""
        found = self._store.find(message_id)
        return None if found is None else ReceiptTimeline(None, self._receipts.of(message_id))

    def opted_out(self, phone: PhoneNumber) -> datetime | None:
        """Since when a phone gets no texts from us: see :meth:`Replies.opted_out`."""
        return self._replies.opted_out(phone)

    def _look_up(self, row: dict[str, Any], outcome: Outcome) -> None:
        record = self._record(row["message_id"])
        if record is None:
            state = self._store.not_found(row, give_up_after=GIVE_UP_AFTER)
            outcome.unknown += state == "unknown"
            outcome.waiting += state == "waiting"
        elif record.direction == "inbound" and record.to == self._number and record.from_ is not None:
            outcome.done += self._hear(row, record, record.from_)
        elif record.direction == "outbound" and record.from_ == self._number:
            outcome.done += self._keep_receipts(row, record)
        else:
            with transaction(self._engine) as connection:
                outcome.not_ours += self._store.take(connection, row, state="not ours")

    def _record(self, message_id: str) -> MessageRecord | None:
        """The record, wherever it is: old ids are on v2, and new ones may be there too (§5.1, §10 row 4)."""
        versions: tuple[ApiVersion, ...] = ("v2", "v2.2") if message_id.startswith("mdr1-") else ("v2.2", "v2")
        for version in versions:
            try:
                return self._flowroute.get_message(message_id, api_version=version)
            except NotFound:
                continue
        return None

    def _hear(self, row: dict[str, Any], record: MessageRecord, phone: PhoneNumber) -> bool:
        word = word_of(record.body)
        said_at = record.timestamp or from_ms(row["received_at"])
        about = {"word": word, "phone_key": self._replies.phone_key(phone), "last_two": phone.last_two}
        with transaction(self._engine) as connection:
            if not self._store.take(connection, row, state="done", **about):
                return False
            done = self._replies.act(connection, word, phone, said_at=said_at, row=row)
            self._store.say(connection, row, done)
        if done == ANSWERED:
            self._verifier.tell(phone, self._help_text, account="", client="")
        return True

    def _keep_receipts(self, row: dict[str, Any], record: MessageRecord) -> bool:
        with transaction(self._engine) as connection:
            taken = self._store.take(connection, row, state="done", outcome="receipts")
            if taken:
                self._receipts.keep(connection, record)
            return taken


def quietly(catch_up: Callable[[], object]) -> None:
    """Catch up after an answer was given: nobody is left to be told of a failure, and what waits, waits on."""
    try:
        catch_up()
    except Exception as problem:  # of whatever kind: it must not reach the server, which has answered 200
        log.warning("Catching up ended early: %s", type(problem).__name__, exc_info=problem)
