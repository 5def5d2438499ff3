"""The statements that decide.

Every change that must not be beaten by a second process is one ``UPDATE … WHERE … RETURNING``: the database counts,
not Python. Two transactions that write about one account never interleave: they take the account's turn (on SQLite
there is one turn for all). A method that takes a ``connection`` is part of its caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, CursorResult, Engine, delete, select, update

from helpers.database import open_database, reading, transaction, upsert
from helpers.verification.errors import AuthenticatorDisabled, ChecksPaused, CodeStillGood, TooSoon
from helpers.verification.policy import Policy
from helpers.verification.tables import SCHEMA, account_limits, cool_downs, metadata, texts, verifications

HOUR_MS: Final = 3_600_000
Row: TypeAlias = dict[str, Any]
"""A row of a table, as it stood when it was read."""


@dataclass(frozen=True, slots=True)
class CoolDown:
    """How long an account waits for its next text: as it stood before this one, and as it stands."""

    before: Row
    taken: Row

    @property
    def free_at(self) -> int:
        """When the next text may leave."""
        free_at: int = self.taken["free_at"]
        return free_at


class Store:
    """The verifications of one database. ``Store("sqlite:////home/me/course.sqlite")``.

    Raises:
        DatabaseUnavailable: from any method; nothing was changed then.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_database(url, metadata, schema=SCHEMA)

    def transaction(self, account: str) -> AbstractContextManager[Connection]:
        """One transaction about an account, in its turn; any exception rolls it back."""
        return transaction(self.engine, turn=turn_of(account))

    # Looking

    def find(self, verification: str, *, account: str, purpose: str) -> Row | None:
        """The row, if it is this account's and for this purpose."""
        with reading(self.engine) as connection:
            return _row(connection.execute(select(verifications).where(*_mine(verification, account, purpose))))

    def newest(self, *, account: str, purpose: str) -> Row | None:
        """The verification that was started last."""
        table = verifications.c
        mine = select(verifications).where(table.account == account, table.purpose == purpose)
        with reading(self.engine) as connection:
            return _row(connection.execute(mine.order_by(table.created_at.desc()).limit(1)))

    def texts(self, verification: str) -> list[Row]:
        """The texts of a verification, oldest first."""
        with reading(self.engine) as connection:
            found = select(texts).where(texts.c.verification == verification).order_by(texts.c.number)
            return [row._asdict() for row in connection.execute(found)]

    def failures(self, account: str, *, authenticator: str) -> int:
        """Failed checks in a row of an account."""
        mine = _limits_of(account, authenticator)
        with reading(self.engine) as connection:
            return connection.execute(select(account_limits.c.failures).where(*mine)).scalar_one_or_none() or 0

    def texted(self, connection: Connection, *, phone: str, since: int, before: int) -> list[Row]:
        """The verifications of a phone that were started in that time, oldest first."""
        table = verifications.c
        query = select(verifications).where(table.phone == phone, table.created_at >= since, table.created_at < before)
        return [row._asdict() for row in connection.execute(query.order_by(table.created_at, table.id))]

    # Sending: the reservation

    def require_free(
        self, connection: Connection, account: str, *, authenticator: str, policy: Policy, now: int
    ) -> None:
        """Refuse while the account's failures forbid a check: a text would be wasted.

        Raises:
            AuthenticatorDisabled, ChecksPaused.
        """
        mine = select(account_limits).where(*_limits_of(account, authenticator))
        row = _row(connection.execute(mine))
        if row is None:
            return
        if row["failures"] >= policy.account_failure_cap:
            raise AuthenticatorDisabled
        if row["free_at"] > now:
            raise ChecksPaused(timedelta(milliseconds=row["free_at"] - now))

    def require_none_live(
        self, connection: Connection, *, account: str, purpose: str, key_ids: Sequence[str], now: int
    ) -> None:
        """Refuse while a code of this account and purpose can still be typed in.

        Raises:
            CodeStillGood: until when.
        """
        table = verifications.c
        live = (
            table.account == account,
            table.purpose == purpose,
            table.status == "pending",
            table.checks < table.max_checks,
            table.expires_at > now,
            table.key_id.in_(key_ids),
            table.delivery != "not sent",
        )
        until = connection.execute(select(table.expires_at).where(*live)).scalar_one_or_none()
        if until is not None:
            raise CodeStillGood(timedelta(milliseconds=until - now))

    def take_cool_down(
        self, connection: Connection, *, account: str, purpose: str, policy: Policy, now: int
    ) -> CoolDown:
        """Count one more text towards the growing wait. Starting again does not get round it; an approval ends it.

        Raises:
            TooSoon: the wait of the last text is not over.
        """
        mine = (cool_downs.c.account == account, cool_downs.c.purpose == purpose)
        before = _row(connection.execute(select(cool_downs).where(*mine)))
        before = before or {"account": account, "purpose": purpose, "texts": 0, "sent_at": now, "free_at": now}
        if before["free_at"] > now:
            raise TooSoon(timedelta(milliseconds=before["free_at"] - now))
        # Who gave up an hour ago starts afresh: the wait is against haste, not against coming back.
        count = 1 if now - before["sent_at"] >= HOUR_MS else before["texts"] + 1
        taken = before | {"texts": count, "sent_at": now, "free_at": now + _ms(policy.wait_after_texts(count))}
        row = upsert(connection, cool_downs).values(taken)
        connection.execute(row.on_conflict_do_update(index_elements=["account", "purpose"], set_=taken))
        return CoolDown(before, taken)

    def give_back_cool_down(self, connection: Connection, cool_down: CoolDown) -> None:
        """The text did not leave: the wait is as it was, unless a newer text or an approval has changed it since."""
        as_taken = (cool_downs.c[name] == value for name, value in cool_down.taken.items())
        connection.execute(update(cool_downs).where(*as_taken).values(cool_down.before))

    def insert(self, connection: Connection, row: Row) -> None:
        """Put a new verification in, and cancel what it replaces."""
        table = verifications.c
        replaced = (
            table.account == row["account"],
            table.purpose == row["purpose"],
            table.status.in_(("sending", "pending")),
        )
        connection.execute(update(verifications).where(*replaced).values(status="canceled", next_hmac=None))
        connection.execute(verifications.insert().values(row))

    def reserve_resend(self, connection: Connection, row: Row, values: Row) -> bool:
        """Count one more text, and keep its code beside the old one until the text has left.

        Returns:
            Whether the row still stood as it was read; if not, somebody else was quicker and nothing was changed.
        """
        table = verifications.c
        unchanged = (
            table.id == row["id"],
            table.status == "pending",
            table.checks < table.max_checks,
            table.sends == row["sends"],
            table.sent_at == row["sent_at"],
        )
        return bool(connection.execute(update(verifications).where(*unchanged).values(values)).rowcount)

    def add_text(self, connection: Connection, verification: str, number: int, *, sent_at: int) -> None:
        """Write down a text that is about to be posted."""
        row = {"verification": verification, "number": number, "sent_at": sent_at, "outcome": "sending"}
        connection.execute(texts.insert().values(row))

    def settle_text(
        self, connection: Connection, verification: str, number: int, *, outcome: str, message_id: str
    ) -> None:
        """Write down what became of a text."""
        mine = (texts.c.verification == verification, texts.c.number == number)
        connection.execute(update(texts).where(*mine).values(outcome=outcome, message_id=message_id or None))

    def remove_text(self, connection: Connection, verification: str, number: int) -> None:
        """A text that surely did not leave is no text."""
        connection.execute(delete(texts).where(texts.c.verification == verification, texts.c.number == number))

    # Sending: the outcome

    def settle(self, connection: Connection, reserved: Row, values: Row) -> Row:
        """Write down what became of a text, unless its verification has been ended or has had a newer text since.

        Returns:
            The row as it stands now; as good as canceled where its account has been deleted meanwhile.
        """
        table = verifications.c
        mine = (
            table.id == reserved["id"],
            table.status == reserved["status"],
            table.sends == reserved["sends"],
        )
        connection.execute(update(verifications).where(*mine).values(values | {"next_hmac": None}))
        return _as_it_stands(connection, reserved)

    def resolve(self, connection: Connection, row: Row, delivery: str) -> Row:
        """An unknown outcome became known, unless a newer text has left since. The row as it stands now."""
        table = verifications.c
        mine = (table.id == row["id"], table.sends == row["sends"], table.delivery == "unknown")
        connection.execute(update(verifications).where(*mine).values(delivery=delivery))
        return _as_it_stands(connection, row)

    # Checking

    def count_check(
        self,
        verification: str,
        *,
        account: str,
        purpose: str,
        authenticator: str,
        policy: Policy,
        key_ids: Sequence[str],
        now: int,
    ) -> Row | None:
        """Charge one check to the account and to the verification; both, or neither.

        Counting comes before comparing, so that a hundred guesses at once are still a hundred guesses (RFC 4226 §7.3).

        Returns:
            The row, which may be compared now; None where it takes no checks, and nothing was charged.

        Raises:
            AuthenticatorDisabled: the account's failures are at the cap; nothing was charged.
            ChecksPaused: the code may be good, and the account's wait is not over; nothing was charged.
        """
        table = verifications.c
        live = (
            *_mine(verification, account, purpose),
            table.status == "pending",
            table.checks < table.max_checks,
            table.expires_at > now,
            table.key_id.in_(key_ids),
        )
        count = update(verifications).where(*live).values(checks=table.checks + 1).returning(verifications)
        with self.transaction(account) as connection:
            paused = _charge(connection, account, authenticator, policy=policy, now=now)
            row = _row(connection.execute(count))
            if row is None:
                connection.rollback()
            elif paused:
                raise ChecksPaused(paused)
            return row

    def charge(self, account: str, *, authenticator: str, policy: Policy, now: int) -> None:
        """Charge a failure for a code that no text brought, ahead of comparing it; :meth:`clear_failures` ends the row.

        Raises:
            AuthenticatorDisabled, ChecksPaused: nothing was charged.
        """
        with transaction(self.engine, turn=f"account {account}") as connection:
            if paused := _charge(connection, account, authenticator, policy=policy, now=now):
                raise ChecksPaused(paused)

    def approve(self, connection: Connection, row: Row, *, authenticators: Sequence[str]) -> bool:
        """Accept the code, once; clear the account's failures and waits. Only one caller gets True for one code."""
        table = verifications.c
        waiting = (table.id == row["id"], table.status == "pending", table.generation == row["generation"])
        approved = update(verifications).where(*waiting).values(status="approved", next_hmac=None)
        if not connection.execute(approved).rowcount:
            return False
        self.clear_failures(connection, row["account"], authenticators=authenticators)
        ended = (cool_downs.c.account == row["account"], cool_downs.c.purpose == row["purpose"])
        connection.execute(delete(cool_downs).where(*ended))
        return True

    def clear_failures(self, connection: Connection, account: str, *, authenticators: Sequence[str]) -> None:
        """Start counting from nothing."""
        mine = (account_limits.c.account == account, account_limits.c.authenticator.in_(authenticators))
        connection.execute(update(account_limits).where(*mine).values(failures=0, free_at=0))

    # Ending

    def cancel(self, connection: Connection, verification: str, *, account: str, purpose: str) -> Row | None:
        """End a pending verification; None where there was none to end."""
        pending = (*_mine(verification, account, purpose), verifications.c.status == "pending")
        end = update(verifications).where(*pending).values(status="canceled", next_hmac=None)
        return _row(connection.execute(end.returning(verifications)))

    def forget(self, connection: Connection, account: str) -> None:
        """Remove what is kept of an account, its phone's number among it."""
        # Verifications before their texts, as the sweep has it, which works on everybody's: nobody waits in a ring.
        gone = delete(verifications).where(verifications.c.account == account).returning(verifications.c.id)
        ids = connection.execute(gone).scalars().all()
        connection.execute(delete(texts).where(texts.c.verification.in_(ids)))
        for table in (account_limits, cool_downs):
            connection.execute(delete(table).where(table.c.account == account))

    def sweep(self, connection: Connection, *, older_than: int, batch: int) -> int:
        """Remove verifications that were started before a time, so many at once: nobody waits for a big clean-up.

        Nor does it wait for anybody: those that somebody is at work on are left for the next time.

        Returns:
            How many went.
        """
        old = select(verifications.c.id).where(verifications.c.created_at <= older_than).limit(batch)
        ids = connection.execute(old.with_for_update(skip_locked=True)).scalars().all()
        if ids:
            connection.execute(delete(texts).where(texts.c.verification.in_(ids)))
            connection.execute(delete(verifications).where(verifications.c.id.in_(ids)))
        return len(ids)


def turn_of(account: str) -> str:
    """The turn of those who write about an account."""
    return f"account {account}"


def _row(result: CursorResult[Any]) -> Row | None:
    found = result.one_or_none()
    return found._asdict() if found is not None else None


def _as_it_stands(connection: Connection, row: Row) -> Row:
    now = _row(connection.execute(select(verifications).where(verifications.c.id == row["id"])))
    return now if now is not None else {"delivery": None} | row | {"status": "canceled", "next_hmac": None}


def _mine(verification: str, account: str, purpose: str) -> tuple[Any, ...]:
    table = verifications.c
    return (table.id == verification, table.account == account, table.purpose == purpose)


def _limits_of(account: str, authenticator: str) -> tuple[Any, ...]:
    return (account_limits.c.account == account, account_limits.c.authenticator == authenticator)


def _charge(connection: Connection, account: str, authenticator: str, *, policy: Policy, now: int) -> timedelta | None:
    """Count a failure ahead of time. None where it was counted, else how long the account has to wait."""
    row = upsert(connection, account_limits).values(account=account, authenticator=authenticator, failures=0, free_at=0)
    connection.execute(row.on_conflict_do_nothing())
    mine = _limits_of(account, authenticator)
    free = (account_limits.c.failures < policy.account_failure_cap, account_limits.c.free_at <= now)
    charge = update(account_limits).where(*mine, *free).values(failures=account_limits.c.failures + 1)
    failures = connection.execute(charge.returning(account_limits.c.failures)).scalar_one_or_none()
    if failures is None:
        failures, free_at = connection.execute(
            select(account_limits.c.failures, account_limits.c.free_at).where(*mine)
        ).one()
        if failures >= policy.account_failure_cap:
            raise AuthenticatorDisabled
        return timedelta(milliseconds=free_at - now)
    if wait := _ms(policy.wait_after_failures(failures)):
        connection.execute(update(account_limits).where(*mine).values(free_at=now + wait))
    return None


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
