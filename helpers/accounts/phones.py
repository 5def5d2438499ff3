"""The phone of an account: saved, confirmed, and one day another one.

A new phone that a code confirmed does not count at once: it waits, while codes go to the old one, which was told. Each
step is one ``UPDATE … WHERE``, so that of two that come at once the second finds nothing left to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, select, update

from helpers.accounts.errors import PhoneAlreadyConfirmed
from helpers.accounts.sessions import Way
from helpers.accounts.tables import Row, accounts
from helpers.clock import Clock, from_ms, to_ms
from helpers.database import reading, transaction
from helpers.phone_numbers import PhoneNumber
from helpers.verification import SMS, AuditLog, Limits
from helpers.verification.store import turn_of

_NONE_WAITS: Final[Row] = {
    "new_phone": None,
    "new_phone_confirmed_at": None,
    "new_phone_from": None,
    "old_phone_told": None,
    "new_phone_way": None,
}


@dataclass(frozen=True, slots=True)
class PhoneChange:
    """A change of phone that was confirmed and waits."""

    phone: PhoneNumber
    """The new one."""
    takes_effect_at: datetime
    """Until then codes go to the old phone, UTC."""
    old_phone_told: bool
    """Whether the notice to the old phone left, or may have."""


class Phones:
    """The phones of one database's accounts."""

    def __init__(self, engine: Engine, *, clock: Clock, audit: AuditLog, limits: Limits) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._limits = limits

    def find(self, name: str) -> Row | None:
        """The row of an account, as it stands."""
        with reading(self._engine) as connection:
            found = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
        return found._asdict() if found is not None else None

    def settle(self, row: Row, *, sms_off: bool) -> None:
        """Let a change that has waited long enough take effect, or end it where SMS is switched off.

        Somebody typed twenty wrong codes while it waited, and its owner could not sign in to cancel it: it must not
        take effect behind that closed door. But a change that was asked for by somebody who had signed in without a
        text stands: their phone may be lost, and SMS off for that very reason; and the account has another door, by
        which its owner can come in and cancel.

        The new phone is a new authenticator, so its count of failures begins at nothing (NIST SP 800-63B-4 §3.2.2).
        """
        if sms_off and row["new_phone_way"] in (None, "sms"):
            values, outcome = _NONE_WAITS, "ended, SMS is off"
        elif row["new_phone_from"] <= self._clock.now_ms():
            taken = {"phone": row["new_phone"], "phone_confirmed_at": row["new_phone_confirmed_at"]}
            values, outcome = taken | _NONE_WAITS, "in effect"
        else:
            return
        column = accounts.c
        same = (
            column.name == row["name"],
            column.new_phone == row["new_phone"],
            column.new_phone_from == row["new_phone_from"],
        )
        with transaction(self._engine, turn=turn_of(row["name"])) as connection:
            if connection.execute(update(accounts).where(*same).values(values)).rowcount:
                if outcome == "in effect":
                    self._limits.clear(connection, row["name"], authenticators=(SMS,))
                phone = PhoneNumber(row["new_phone"])
                self._audit.note(connection, event="change-phone", outcome=outcome, account=row["name"], phone=phone)

    def save(self, connection: Connection, name: str, phone: PhoneNumber) -> None:
        """Save a phone as unconfirmed.

        Raises:
            PhoneAlreadyConfirmed: of two enrolments at once, the slower one must not replace the other's.
        """
        unconfirmed = (accounts.c.name == name, accounts.c.phone_confirmed_at.is_(None))
        if not connection.execute(update(accounts).where(*unconfirmed).values(phone=phone.e164)).rowcount:
            raise PhoneAlreadyConfirmed

    def confirm(self, connection: Connection, name: str, phone: PhoneNumber) -> None:
        """Its code came back: save a first phone as confirmed, or the saved one once more.

        Raises:
            PhoneAlreadyConfirmed: it has another one.
        """
        free = accounts.c.phone_confirmed_at.is_(None) | (accounts.c.phone == phone.e164)
        confirmed = {"phone": phone.e164, "phone_confirmed_at": self._clock.now_ms()}
        if not connection.execute(update(accounts).where(accounts.c.name == name, free).values(confirmed)).rowcount:
            raise PhoneAlreadyConfirmed

    def wait(self, connection: Connection, name: str, change: PhoneChange, *, old: PhoneNumber, way: Way) -> bool:
        """Let a confirmed new phone wait, in the place of any other that does.

        Returns:
            False where the account's phone is not the one any more that was told of it.
        """
        same = (accounts.c.name == name, accounts.c.phone == old.e164)
        values = {
            "new_phone": change.phone.e164,
            "new_phone_confirmed_at": self._clock.now_ms(),
            "new_phone_from": to_ms(change.takes_effect_at),
            "old_phone_told": int(change.old_phone_told),
            "new_phone_way": way,
        }
        return bool(connection.execute(update(accounts).where(*same).values(values)).rowcount)

    def stop_waiting(self, connection: Connection, name: str) -> bool:
        """End a change that waits. False where there is none, or it is due."""
        waiting = (accounts.c.name == name, accounts.c.new_phone_from > self._clock.now_ms())
        return bool(connection.execute(update(accounts).where(*waiting).values(_NONE_WAITS)).rowcount)


def change_in(row: Row) -> PhoneChange | None:
    """The change that waits on an account, if there is one."""
    if row["new_phone"] is None:
        return None
    return PhoneChange(PhoneNumber(row["new_phone"]), from_ms(row["new_phone_from"]), bool(row["old_phone_told"]))


def notice_words(new: PhoneNumber, takes_effect_at: datetime, *, brand: str, contact: str) -> str:
    """For the old phone: who, what, from when, and what to do (NIST SP 800-63B-4 §4.6).

    No link and no code: thieves put those into such texts.
    """
    moment = f"{takes_effect_at:%Y-%m-%d %H:%M} UTC"
    call = f" or call {contact}" if contact else ""
    return (
        f"{brand}: from {moment} your codes go to the phone ending in {new.last_two}. "
        f"Not you? Sign in before then and cancel it{call}."
    )
