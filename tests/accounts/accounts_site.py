"""A site with accounts, a practice phone and a hasher that is quick and counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import MetaData, create_engine, select

from helpers.accounts import Accounts, PendingSignIn, PhoneChange, Session, Ticket
from helpers.phone_numbers import PhoneNumber
from helpers.settings import Settings
from helpers.verification import Policy, Verification, WrongCode

PASSWORD = "correct horse battery"


class CountingHasher(PasswordHasher):
    """argon2id with next to no work, that counts its verifications."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002 (the library's name)
        self.verified.append(str(hash))
        return super().verify(hash, password)


def wrong_code(right: str) -> str:
    """Another one."""
    return str((int(right) + 1) % 10**6).zfill(6)


class Site:
    """Everything between a person and a session."""

    client = "198.51.100.7"
    phone = "206-555-0100"
    other_phone = "206-555-0111"

    def __init__(self, database_url: str, policy: Policy | None = None, **options: Any) -> None:
        self.settings = replace(Settings.for_notebook("accounts"), database_url=database_url)
        self.clock = self.settings.clock
        self.verifier = self.settings.verifier(policy=policy)
        self.hasher = CountingHasher()
        self._doors: list[Accounts] = []
        self.accounts = self.more_accounts(hasher=self.hasher, **options)

    def more_accounts(self, **options: Any) -> Accounts:
        """Another door to the same accounts."""
        keywords = {"verifier": self.verifier, "clock": self.clock, "key": self.settings.code_key, **options}
        self._doors.append(Accounts(self.settings.database_url, **keywords))
        return self._doors[-1]

    def ticket(self, name: str = "ana", password: str = PASSWORD) -> Ticket:
        """The first factor, shown."""
        return self.accounts.check_password(name, password, client=self.client)

    def code(self, number: str = phone) -> str:
        """Wait until the newest text has arrived, and read its code."""
        self.clock.advance(seconds=2)
        return self.settings.code_from_phone(PhoneNumber.parse(number))

    def texts(self, number: str = phone) -> list[str]:
        """All that a phone has got by now, oldest first."""
        self.clock.advance(seconds=2)
        assert self.settings.inbox is not None
        return [text.body for text in self.settings.inbox.texts(PhoneNumber.parse(number))]

    def log(self, *events: str) -> list[tuple[str, str]]:
        """The audit log: event and outcome, oldest first; of some events only, if they are named."""
        entries = self.verifier.audit.entries(limit=1000)
        return [(entry.event, entry.outcome) for entry in entries if not events or entry.event in events]

    def enrol(self, name: str = "ana") -> None:
        """Open an account, if need be, and confirm its phone."""
        self.accounts.register(name, PASSWORD)
        ticket = self.ticket(name)
        verification = self.accounts.enrol_phone(ticket, self.phone, client=self.client)
        self.accounts.confirm_phone(ticket, verification.id, self.code())

    def pending(self, name: str = "ana") -> PendingSignIn:
        """A right password, and a code on its way."""
        return self.accounts.send_code(self.ticket(name), client=self.client)

    def signed_in(self) -> Session:
        """The whole way."""
        pending = self.pending()
        return self.accounts.sign_in(pending, self.code())

    def asked_to_change(self, session: Session, number: str = other_phone) -> Verification:
        """A new phone was named, and its code is on the way."""
        return self.accounts.change_phone(session, number, client=self.client)

    def changed(self, session: Session, number: str = other_phone) -> PhoneChange:
        """A new phone was confirmed, and waits."""
        asked = self.asked_to_change(session, number)
        return self.accounts.confirm_change(session, asked.id, self.code(number), client=self.client)

    def switch_sms_off(self) -> None:
        """Type wrong codes until the account's failures are at the cap."""
        while not self.verifier.sms_disabled("ana"):
            pending = self.pending()
            self.guess_wrong(partial(self.accounts.sign_in, pending), self.code())
            self.clock.advance(hours=1)

    def guess_wrong(self, check: Callable[[str], object], right: str, *, times: int = 5) -> None:
        """Bring wrong codes."""
        for _ in range(times):
            with pytest.raises(WrongCode):
                check(wrong_code(right))

    def fail_next_send(self, monkeypatch: pytest.MonkeyPatch, error: BaseException, *, after_sending: bool) -> None:
        """The next texts end in ``error``: before they left, or after."""
        flowroute: Any = self.verifier._flowroute
        send = flowroute.send_message

        def failing(**message: Any) -> None:
            if after_sending:
                send(**message)
            raise error

        monkeypatch.setattr(flowroute, "send_message", failing)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        return [dict(row) for name, row in self._all_rows() if name == table]

    def stored_values(self) -> list[tuple[str, Any]]:
        """Every value of every table, with its place."""
        return [(f"{name}.{column}", value) for name, row in self._all_rows() for column, value in row.items()]

    def _all_rows(self) -> list[tuple[str, Any]]:
        engine, found = create_engine(self.settings.database_url), MetaData()
        found.reflect(engine)
        with engine.connect() as connection:
            rows = [
                (table.name, row)
                for table in found.sorted_tables
                for row in connection.execute(select(table)).mappings().all()
            ]
        engine.dispose()
        return rows

    def close(self) -> None:
        """Give the database back."""
        for accounts in self._doors:
            accounts._engine.dispose()
        self.verifier._store.engine.dispose()
