"""A site with accounts, a practice phone and a hasher that is quick and counts."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import MetaData, create_engine, select

from helpers.accounts import Accounts, PendingSignIn, Session, Ticket
from helpers.settings import Settings
from helpers.verification import Policy

PASSWORD = "correct horse battery"


class CountingHasher(PasswordHasher):
    """argon2id with next to no work, that counts its verifications."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002 (the library's name)
        self.verified.append(str(hash))
        return super().verify(hash, password)


class Site:
    """Everything between a person and a session."""

    client = "198.51.100.7"
    phone = "206-555-0100"

    def __init__(self, policy: Policy | None = None) -> None:
        self.settings = Settings.for_notebook("accounts")
        self.clock = self.settings.clock
        self.verifier = self.settings.verifier(policy=policy)
        self.hasher = CountingHasher()
        self.accounts = self.more_accounts(hasher=self.hasher)

    def more_accounts(self, **options: Any) -> Accounts:
        """Another door to the same accounts."""
        keywords = {"verifier": self.verifier, "clock": self.clock, "key": self.settings.code_key, **options}
        return Accounts(self.settings.database_url, **keywords)

    def ticket(self, name: str = "ana", password: str = PASSWORD) -> Ticket:
        """The first factor, shown."""
        return self.accounts.check_password(name, password, client=self.client)

    def code(self) -> str:
        """Wait until the newest text has arrived, and read its code."""
        self.clock.advance(seconds=2)
        return self.settings.code_from_phone()

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
        """Give the database file back."""
        self.accounts._engine.dispose()
        self.verifier._store.engine.dispose()
