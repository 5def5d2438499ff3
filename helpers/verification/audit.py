"""The audit log: who did what, when, how it ended. Append-only; never a code, never a whole number.

An entry is written in the same transaction as the deed, so that there is no deed without its entry. Refusals, which
change nothing, get a transaction of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Final, TypedDict, Unpack

from sqlalchemy import Connection, Engine, select

from helpers.clock import Clock, from_ms
from helpers.database import reading, transaction
from helpers.phone_numbers import PhoneNumber
from helpers.secret import MASK
from helpers.verification.tables import audit

LONGEST_FIELD: Final = 200
ONCE_IN_MS: Final = 60_000
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_-]{32}")
_NUMBER = re.compile(r"\+?\d(?:[\W_]{0,3}\d){7,}[\W_]{0,3}(\d\d)")


class About(TypedDict, total=False):
    """Whom and what an entry is about; whatever is left out is empty."""

    account: str
    client: str
    purpose: str
    verification: str
    message_id: str
    phone: PhoneNumber | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry, as it was written.

    Attributes:
        number: counts up. On SQLite a gap shows that something was taken out. On PostgreSQL it may be a transaction
            that was rolled back, whose number is not given again: look there at who may drop the trigger instead.
        at: when, UTC.
        event: what was asked for, for example ``start``, ``check``, ``sign-in``.
        outcome: how it ended: ``sent``, ``approved``, or the name of the error.
        account, client: who asked, from which address.
        phone: the last two digits, as ``••00``.
    """

    number: int
    at: datetime
    event: str
    outcome: str
    account: str
    client: str
    purpose: str
    verification: str
    message_id: str
    phone: str
    detail: str


class AuditLog:
    """The entries of one database.

    Args:
        engine: the database with the table ``audit``.
        clock: the time.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, connection: Connection, *, event: str, outcome: str, **about: Unpack[About]) -> None:
        """Write an entry in a transaction that is open: it stands or falls with what else that one does."""
        phone = about.get("phone")
        entry = {
            "at": self._clock.now_ms(),
            "event": event,
            "outcome": outcome,
            "phone": f"••{phone.last_two}" if phone is not None else "",
            "purpose": about.get("purpose", ""),
            "message_id": about.get("message_id", "")[:LONGEST_FIELD],
            # These come from strangers: a name, an address or an id may be anything, a phone number too.
            "account": _safe(about.get("account", "")),
            "client": _safe(about.get("client", "")),
            "verification": _safe(about.get("verification", "")),
            "detail": _safe(about.get("detail", "")),
        }
        connection.execute(audit.insert().values(entry))

    def record(self, *, event: str, outcome: str, **about: Unpack[About]) -> None:
        """Write an entry in a transaction of its own.

        Raises:
            DatabaseUnavailable: it could not be written.
        """
        with transaction(self._engine) as connection:
            self.note(connection, event=event, outcome=outcome, **about)

    def record_refusal(self, *, event: str, outcome: str, **about: Unpack[About]) -> None:
        """Write down that something was refused and nothing changed; the same again only once a minute.

        Without that, whoever holds one ticket could fill the log, and keep the database busy with it.
        """
        since = self._clock.now_ms() - ONCE_IN_MS
        same = {"event": event, "outcome": outcome, "purpose": about.get("purpose", "")} | {
            name: _safe(str(about.get(name, ""))) for name in ("account", "client", "verification", "detail")
        }
        query = select(audit.c.number).where(audit.c.at > since, *(audit.c[name] == same[name] for name in same))
        with reading(self._engine) as connection:
            known = connection.execute(query.limit(1)).one_or_none()
        if known is None:
            self.record(event=event, outcome=outcome, **about)

    def entries(
        self, *, account: str | None = None, verification: str | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """The newest entries, oldest first.

        Args:
            account, verification: only what concerns these, as far as their entries name them (a number is masked).
            limit: at most so many.
        """
        query = select(audit).order_by(audit.c.number.desc()).limit(limit)
        if account is not None:
            query = query.where(audit.c.account == _safe(account))
        if verification is not None:
            query = query.where(audit.c.verification == _safe(verification))
        with reading(self._engine) as connection:
            rows = [row._asdict() for row in connection.execute(query)]
        return [AuditEntry(**row | {"at": from_ms(row["at"])}) for row in reversed(rows)]


def _safe(text: str) -> str:
    """A stranger's text, cut, with every phone number in it masked. Addresses and ids have digits too, and stay."""
    kept = _ID.fullmatch(text) or _is_address(text)
    return (text if kept else _NUMBER.sub(rf"{MASK}\1", text))[:LONGEST_FIELD]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
