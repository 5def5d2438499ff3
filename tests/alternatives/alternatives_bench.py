"""Both other ways on a bench: a clock that stands still, a database file, and the keys to choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyotp
from sqlalchemy import MetaData, select

from helpers.alternatives import RecoveryCodes, RecoveryCodeSet, Totp, TotpSetup
from helpers.alternatives.tables import SCHEMA, metadata
from helpers.clock import Clock
from helpers.database import open_database
from helpers.secret import Secret
from helpers.verification import CodeKeys, Limits, Policy, Store

OLD_KEY, KEY = Secret(bytes(range(32))), Secret(bytes(range(32, 64)))


class Bench:
    """Open two on one folder, and they share the database."""

    def __init__(self, folder: Path, *, keys: CodeKeys | None = None, policy: Policy | None = None) -> None:
        url = f"sqlite:///{(folder / 'ways.sqlite').as_posix()}"
        self.clock = Clock.standing_still()
        self.store = Store(url)
        self.engine = open_database(url, metadata, schema=SCHEMA)
        self.limits = Limits(self.store, policy=policy or Policy(), clock=self.clock)
        parts: Any = {"keys": keys or CodeKeys(KEY), "limits": self.limits, "clock": self.clock}
        self.totp = Totp(self.engine, issuer="Example Bank", **parts)
        self.codes = RecoveryCodes(self.engine, **parts)

    # An app

    def begin(self, account: str = "ana") -> TotpSetup:
        """A secret for an app, which waits for its first code."""
        with self.engine.begin() as connection:
            return self.totp.begin(connection, account)

    def confirm(self, setup: TotpSetup) -> None:
        """The app's first code comes back."""
        match = self.totp.first_code(setup.account, self.shown(setup))
        with self.engine.begin() as connection:
            self.totp.activate(connection, match)

    def active(self, account: str = "ana") -> TotpSetup:
        """An app that was set up a minute ago, so that its first code is out of the way."""
        setup = self.begin(account)
        self.confirm(setup)
        self.clock.advance(minutes=1)
        return setup

    def shown(self, setup: TotpSetup, *, seconds: int = 0) -> str:
        """What the app shows, whose own clock may be off by some seconds."""
        return pyotp.TOTP(setup.secret.reveal()).at(self.clock.now_ms() // 1000 + seconds)

    def wrong(self, setup: TotpSetup) -> str:
        """A code that it does not show, nor a moment ago, nor in a moment."""
        near = {self.shown(setup, seconds=seconds) for seconds in (-60, -30, 0, 30, 60)}
        return next(f"{n:06d}" for n in range(9) if f"{n:06d}" not in near)

    def take(self, code: str, account: str = "ana") -> None:
        """Check a code of an app and use it."""
        match = self.totp.check(account, code)
        with self.engine.begin() as connection:
            self.totp.use(connection, match)

    # Paper

    def make(self, account: str = "ana") -> RecoveryCodeSet:
        """Ten codes."""
        with self.engine.begin() as connection:
            return self.codes.replace(connection, account)

    def spend(self, code: str, account: str = "ana") -> None:
        """Check a recovery code and use it."""
        match = self.codes.check(account, code)
        with self.engine.begin() as connection:
            self.codes.use(connection, match)

    # What is kept

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        return [dict(row) for name, row in self._all_rows() if name == table]

    def stored_values(self) -> list[Any]:
        """Every value of every table."""
        return [value for _, row in self._all_rows() for value in row.values()]

    def _all_rows(self) -> list[tuple[str, Any]]:
        found = MetaData()
        found.reflect(self.engine)
        with self.engine.begin() as connection:
            return [
                (table.name, row)
                for table in found.sorted_tables
                for row in connection.execute(select(table)).mappings().all()
            ]

    def close(self) -> None:
        """Give the database file back."""
        self.engine.dispose()
        self.store.engine.dispose()
