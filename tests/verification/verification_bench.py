"""A verifier on a bench: a clock that stands still, a database file, and a Flowroute that does as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import MetaData, select, update

from helpers.clock import Clock
from helpers.display.phone import code_in as code_in_text
from helpers.flowroute import MessageRecord, NotFound, OutcomeUnknown, ServerError
from helpers.flowroute.records import SentMessage, message_record
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import Policy, Store, Verification, Verifier
from helpers.verification.tables import account_limits, verifications

KEY = Secret(bytes(range(32)))
OTHER_KEY = Secret(bytes(range(32, 64)))
PHONE = "+12065550100"
FROM = PhoneNumber("+12065550199")
ANA = {"account": "ana", "purpose": "sign-in"}
ENROL = {"account": "ana", "purpose": "enrol"}


class FakeFlowroute:
    """Keeps what it was asked to send; raises ``failure`` if there is one, once the text is noted."""

    def __init__(self) -> None:
        self.texts: list[tuple[PhoneNumber, str]] = []
        self.failure: BaseException | None = None
        self.listed: list[MessageRecord] = []
        """What the message list has: every text that was taken, also one whose answer got lost. Newest first."""

    def send_message(self, *, to: PhoneNumber, from_: PhoneNumber, body: str) -> SentMessage:
        assert from_ == FROM
        self.texts.append((to, body))
        message_id = f"mdr2-{len(self.texts)}"
        if self.failure is None or isinstance(self.failure, OutcomeUnknown | ServerError):
            self.listed.insert(0, record(to, body, message_id))
        if self.failure is not None:
            raise self.failure
        return SentMessage(id=message_id)

    def list_messages(self, *, start: datetime, end: datetime) -> Iterator[MessageRecord]:
        assert timedelta(0) < end - start < timedelta(minutes=2)
        return iter(self.listed)

    def get_message(self, message_id: str) -> MessageRecord:
        for each in self.listed:
            if each.id == message_id:
                return each
        raise NotFound(404)

    @property
    def codes(self) -> list[str]:
        """The code of every text that was tried, oldest first."""
        found = [code_in_text(body) for _, body in self.texts]
        assert all(found)
        return [code for code in found if code]


def record(to: PhoneNumber, body: str, message_id: str) -> MessageRecord:
    """A record as Flowroute has it of a text that it has just taken."""
    read = message_record({"id": message_id, "attributes": {"to": to.digits, "from": FROM.digits, "body": body}})
    assert read
    return read


class Bench:
    """One verifier with everything around it. Open two on one address, and they share the database."""

    def __init__(self, database_url: str, policy: Policy | None = None, **options: Any) -> None:
        self.clock = Clock.standing_still()
        self.flowroute = FakeFlowroute()
        self.store = Store(database_url)
        self.verifier = self.another_verifier(policy=policy, **options)

    def another_verifier(self, **options: Any) -> Verifier:
        """A second verifier on the same store and phone line, with its own settings."""
        flowroute: Any = self.flowroute
        settings = {"code_key": KEY, "from_number": FROM, "brand": "Example Bank", "origin": "bank.example"}
        return Verifier(flowroute, store=self.store, clock=self.clock, **{**settings, **options})

    def start(self, to: str = PHONE, **whose: str) -> Verification:
        """Text a code to the phone."""
        return self.verifier.start(to, **{**ANA, **whose}, client="198.51.100.7")

    @property
    def code(self) -> str:
        """The code of the newest text."""
        return self.flowroute.codes[-1]

    @property
    def wrong(self) -> str:
        """A code that no text has had."""
        return next(code for n in range(9) if (code := f"{n}" * len(self.code)) not in self.flowroute.codes)

    def row(self, verification: str) -> dict[str, Any]:
        """The row of a verification, whosever it is."""
        with self.store.engine.begin() as connection:
            found = connection.execute(select(verifications).where(verifications.c.id == verification)).mappings().one()
            return dict(found)

    def alter(self, verification: str, **values: Any) -> None:
        """Change a row behind the verifier's back."""
        with self.store.engine.begin() as connection:
            connection.execute(update(verifications).where(verifications.c.id == verification).values(**values))

    def charges(self) -> dict[str, Any]:
        """Everything that counts: checks and sends of each verification, failures of each account."""
        with self.store.engine.begin() as connection:
            rows = connection.execute(select(verifications.c["id", "checks", "sends", "status"])).all()
            limits = connection.execute(select(account_limits)).all()
        return {row.id: tuple(row[1:]) for row in rows} | {tuple(limit[:2]): limit[2] for limit in limits}

    def failures(self, authenticator: str = "sms", account: str = "ana") -> int:
        """Failed checks in a row of an account."""
        return int(self.charges().get((account, authenticator), 0))

    def stored_values(self) -> list[tuple[str, Any]]:
        """Every value of every table, with its place."""
        found = MetaData()
        found.reflect(self.store.engine)
        with self.store.engine.begin() as connection:
            return [
                (f"{table.name}.{name}", value)
                for table in found.sorted_tables
                for row in connection.execute(select(table)).mappings()
                for name, value in row.items()
            ]

    def close(self) -> None:
        """Give the database file back."""
        self.store.engine.dispose()


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)
