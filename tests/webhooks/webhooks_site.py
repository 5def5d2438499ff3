"""A site that listens: practice mode's Flowroute posts to an app in this process."""

from __future__ import annotations

import json
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import MetaData, create_engine, select
from werkzeug.test import TestResponse

from helpers.accounts import Accounts, PendingSignIn
from helpers.phone_numbers import PhoneNumber
from helpers.settings import BRAND, CONTACT, ORIGIN, Settings
from helpers.verification import Store, Verifier
from helpers.webhooks import Callbacks, Posted, connect, create_app

PASSWORD = "correct horse battery"
PHONE = PhoneNumber("+12065550100")
OTHER_PHONE = PhoneNumber("+12065550111")
HERE = "198.51.100.7"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Site:
    """Accounts, a phone, Flowroute, and what Flowroute posts to."""

    def __init__(self, settings: Settings | None = None, *, connected: bool = True, flowroute: Any = None) -> None:
        self.settings = settings or Settings.for_notebook("webhooks")
        self.clock = self.settings.clock
        self.flowroute = flowroute or self.settings.client()
        self.verifier = Verifier(
            self.flowroute,
            store=Store(self.settings.database_url),
            code_key=self.settings.code_key,
            from_number=self.settings.from_number,
            brand=BRAND,
            origin=ORIGIN,
            clock=self.clock,
            invite_no=True,
        )
        self.accounts = Accounts(
            self.settings.database_url,
            verifier=self.verifier,
            clock=self.clock,
            key=self.settings.code_key,
            hasher=QUICK,
            brand=BRAND,
            contact=CONTACT,
        )
        assert self.settings.simulator is not None
        assert self.settings.inbox is not None
        self.network = self.settings.simulator
        self.inbox = self.settings.inbox
        self.callbacks = self.new_callbacks()
        self.app: Flask = create_app(self.settings, callbacks=self.callbacks)
        self.path = f"/flowroute/{self.settings.require_webhook_secret().reveal()}"
        if connected:
            connect(self.app, self.settings)

    def new_callbacks(self, **options: Any) -> Callbacks:
        """Another pair of ears for the same site."""
        keywords = {
            "flowroute": self.flowroute,
            "verifier": self.verifier,
            "accounts": self.accounts,
            "number": self.settings.from_number,
            "key": self.settings.code_key,
            "clock": self.clock,
            "brand": BRAND,
            "contact": CONTACT,
        }
        return Callbacks(self.settings.database_url, **{**keywords, **options})

    def post(self, payload: Any, *, path: str | None = None, method: str = "POST") -> TestResponse:
        """Post what somebody may post."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        with self.app.test_client().open(path or self.path, method=method, data=body, buffered=True) as response:
            return response

    def text(self, body: str | None, *, phone: PhoneNumber = PHONE, **more: Any) -> str:
        """Text our number; the message's id."""
        to = more.pop("to", self.settings.from_number.digits)
        return self.network.receive(from_=phone.digits, to=to, body=body, **more).id

    def enrol(self, name: str = "ana") -> None:
        """An account with a confirmed phone, whose waits are over."""
        self.accounts.register(name, PASSWORD)
        ticket = self.accounts.check_password(name, PASSWORD, client=HERE)
        verification = self.accounts.enrol_phone(ticket, PHONE, client=HERE)
        self.clock.advance(seconds=3)
        self.accounts.confirm_phone(ticket, verification.id, self.settings.code_from_phone())
        self.clock.advance(minutes=10)

    def pending(self, name: str = "ana") -> PendingSignIn:
        """A sign-in whose text has arrived."""
        pending = self.accounts.send_code(self.accounts.check_password(name, PASSWORD, client=HERE), client=HERE)
        self.clock.advance(seconds=3)
        return pending

    def status(self, pending: PendingSignIn) -> str:
        """How its verification stands."""
        verification = pending.verification
        return self.verifier.get(verification.id, account=verification.account, purpose=verification.purpose).status

    def posted(self, message_id: str) -> Posted:
        """How a message stands."""
        found = self.callbacks.find(message_id)
        assert found is not None
        return found

    def answers(self, phone: PhoneNumber = PHONE) -> int:
        """How often HELP was answered on a phone."""
        self.clock.advance(seconds=3)
        return sum("we text you codes" in text.body for text in self.inbox.texts(phone))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        return [dict(row) for name, row in self._all_rows() if name == table]

    def stored_values(self, *tables: str) -> list[Any]:
        """Every value of these tables."""
        return [value for name, row in self._all_rows() if name in tables for value in row.values()]

    def end_state(self) -> dict[str, Any]:
        """What the texts have come to, without what differs from run to run."""
        replies = [row for row in self.rows("posted") if row["word"]]
        return {
            "opted out": [(row["word"], row["said_at"]) for row in self.rows("opt_outs")],
            "words": sorted(row["word"] for row in replies),
            "canceled": sorted(row["status"] for row in self.rows("verifications")),
            "denied": [(row["name"], row["denied_at"]) for row in self.rows("accounts")],
        }

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
        self.callbacks._engine.dispose()
