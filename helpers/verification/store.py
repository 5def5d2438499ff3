"""Where verifications are kept, and the statements that decide.

Every change that must not be beaten by a second process is one ``UPDATE … WHERE … RETURNING``: the database counts,
not Python. Two transactions never interleave (``BEGIN IMMEDIATE``), and they touch the account before the verification.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from helpers.database import open_database, transaction
from helpers.verification.errors import AuthenticatorDisabled, SendLimitReached

HOUR_MS: Final = 3_600_000
Row: TypeAlias = dict[str, Any]
"""A row of ``verifications``, as it stood when it was read."""

metadata = MetaData()

verifications = Table(
    "verifications",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("status", String, nullable=False),  # sending, pending, approved, canceled; the other two are derived
    Column("generation", Integer, nullable=False),  # which code: 0 is none yet, each new one counts up
    Column("key_id", String, nullable=False),
    Column("next_hmac", LargeBinary),  # a code whose text is being posted: it opens nothing until the text has left
    Column("code_hmac", LargeBinary),  # the code that is good; none while the first text is being posted
    Column("replaced_hmac", LargeBinary),  # the code before that one, only to say kindly that it is old
    Column("checks", Integer, nullable=False),
    Column("max_checks", Integer, nullable=False),
    Column("sends", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),  # all times: UTC milliseconds
    Column("sent_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("message_id", String),
    Column("delivery", String),  # accepted, or unknown
    Index("verifications_by_account", "account", "created_at"),
)

account_limits = Table(
    "account_limits",
    metadata,
    Column("account", String, primary_key=True),
    Column("authenticator", String, primary_key=True),
    Column("failures", Integer, nullable=False),
)


class Store:
    """The verifications of one database. ``Store("sqlite:////home/me/course.sqlite")``.

    Raises:
        DatabaseUnavailable: from any method; nothing was changed then.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_database(url, metadata)

    def find(self, verification: str, *, account: str, purpose: str) -> Row | None:
        """The row, if it is this account's and for this purpose."""
        with transaction(self.engine) as connection:
            return _row(connection.execute(select(verifications).where(*_mine(verification, account, purpose))))

    def reserve_start(self, row: Row, *, next_hmac: bytes, now: int, sends_per_hour: int) -> bool:
        """Put a new verification in as ``sending``, cancel what it replaces, and count its text.

        Raises:
            SendLimitReached: the account has had its texts for this hour; nothing was changed.
        """
        replaced = (
            verifications.c.account == row["account"],
            verifications.c.purpose == row["purpose"],
            verifications.c.status.in_(("sending", "pending")),
        )
        with transaction(self.engine) as connection:
            _require_budget(connection, row["account"], now=now, sends_per_hour=sends_per_hour)
            connection.execute(update(verifications).where(*replaced).values(status="canceled", next_hmac=None))
            counted = {"sends": row["sends"] + 1, "sent_at": now, "next_hmac": next_hmac}
            connection.execute(verifications.insert().values(row | counted))
            return True

    def reserve_resend(self, row: Row, *, next_hmac: bytes, now: int, sends_per_hour: int) -> bool:
        """Count one more text, and keep its code beside the old one until the text has left.

        Returns:
            Whether the row still stood as it was read; if not, somebody else was quicker and nothing was changed.

        Raises:
            SendLimitReached: the account has had its texts for this hour; nothing was changed.
        """
        unchanged = (
            verifications.c.id == row["id"],
            verifications.c.status == "pending",
            verifications.c.checks < verifications.c.max_checks,
            verifications.c.sends == row["sends"],
            verifications.c.sent_at == row["sent_at"],
        )
        with transaction(self.engine) as connection:
            _require_budget(connection, row["account"], now=now, sends_per_hour=sends_per_hour)
            values = {"sends": verifications.c.sends + 1, "sent_at": now, "next_hmac": next_hmac}
            return bool(connection.execute(update(verifications).where(*unchanged).values(**values)).rowcount)

    def settle(self, row: Row, next_hmac: bytes, values: Row) -> Row:
        """Write down what became of a text, unless its verification has been ended or has had a newer text since.

        Returns:
            The row as it stands now.
        """
        mine = (
            verifications.c.id == row["id"],
            verifications.c.status == row["status"],
            verifications.c.next_hmac == next_hmac,
        )
        with transaction(self.engine) as connection:
            connection.execute(update(verifications).where(*mine).values(values | {"next_hmac": None}))
            now = connection.execute(select(verifications).where(verifications.c.id == row["id"]))
            return now.one()._asdict()

    def count_check(
        self,
        verification: str,
        *,
        account: str,
        purpose: str,
        authenticator: str,
        failure_cap: int,
        key_ids: list[str],
        now: int,
    ) -> Row | None:
        """Charge one check to the account and to the verification; both, or neither.

        Counting comes before comparing, so that a hundred guesses at once are still a hundred guesses (RFC 4226 §7.3).

        Returns:
            The row, which may be compared now; None where it takes no checks, and nothing was charged.

        Raises:
            AuthenticatorDisabled: the account's failures are at the cap; nothing was charged.
        """
        live = (
            *_mine(verification, account, purpose),
            verifications.c.status == "pending",
            verifications.c.checks < verifications.c.max_checks,
            verifications.c.expires_at > now,
            verifications.c.key_id.in_(key_ids),
        )
        count = update(verifications).where(*live).values(checks=verifications.c.checks + 1).returning(verifications)
        with transaction(self.engine) as connection:
            if not _charge_account(connection, account, authenticator, failure_cap):
                raise AuthenticatorDisabled
            row = _row(connection.execute(count))
            if row is None:
                connection.rollback()
            return row

    def approve(self, row: Row, *, authenticators: tuple[str, ...]) -> bool:
        """Accept the code, once, and clear the account's failures. Only one caller ever gets True for one code."""
        waiting = (
            verifications.c.id == row["id"],
            verifications.c.status == "pending",
            verifications.c.generation == row["generation"],
        )
        approved = update(verifications).where(*waiting).values(status="approved", next_hmac=None)
        mine = (account_limits.c.account == row["account"], account_limits.c.authenticator.in_(authenticators))
        with transaction(self.engine) as connection:
            won = bool(connection.execute(approved).rowcount)
            if won:
                connection.execute(update(account_limits).where(*mine).values(failures=0))
            return won

    def cancel(self, verification: str, *, account: str, purpose: str) -> Row | None:
        """End a pending verification; None where there was none to end."""
        pending = (*_mine(verification, account, purpose), verifications.c.status == "pending")
        end = update(verifications).where(*pending).values(status="canceled", next_hmac=None)
        with transaction(self.engine) as connection:
            return _row(connection.execute(end.returning(verifications)))

    def sweep(self, *, now: int, older_than_ms: int) -> int:
        """End what a crash left as ``sending`` long ago: it was counted, never accepted. Returns how many."""
        left = (verifications.c.status == "sending", verifications.c.created_at <= now - older_than_ms)
        end = update(verifications).where(*left).values(status="canceled", next_hmac=None)
        with transaction(self.engine) as connection:
            return connection.execute(end).rowcount

    def failures(self, account: str, *, authenticator: str) -> int:
        """Failed checks in a row of an account."""
        mine = (account_limits.c.account == account, account_limits.c.authenticator == authenticator)
        with transaction(self.engine) as connection:
            return connection.execute(select(account_limits.c.failures).where(*mine)).scalar_one_or_none() or 0


def _row(result: CursorResult[Any]) -> Row | None:
    found = result.one_or_none()
    return found._asdict() if found is not None else None


def _mine(verification: str, account: str, purpose: str) -> tuple[Any, ...]:
    table = verifications.c
    return (table.id == verification, table.account == account, table.purpose == purpose)


def _charge_account(connection: Connection, account: str, authenticator: str, cap: int) -> bool:
    row = insert(account_limits).values(account=account, authenticator=authenticator, failures=0)
    connection.execute(row.on_conflict_do_nothing())
    mine = (account_limits.c.account == account, account_limits.c.authenticator == authenticator)
    charge = update(account_limits).where(*mine, account_limits.c.failures < cap)
    return bool(connection.execute(charge.values(failures=account_limits.c.failures + 1)).rowcount)


def _require_budget(connection: Connection, account: str, *, now: int, sends_per_hour: int) -> None:
    """Refuse a text to an account that has had its texts, until its oldest one of the last hour is an hour old."""
    recent = (
        verifications.c.account == account,
        verifications.c.sent_at > now - HOUR_MS,
        verifications.c.sends > 0,  # a refunded text must not make the wait look shorter than it is
    )
    used, oldest = connection.execute(
        select(func.coalesce(func.sum(verifications.c.sends), 0), func.min(verifications.c.sent_at)).where(*recent)
    ).one()
    if used >= sends_per_hour:
        raise SendLimitReached(timedelta(milliseconds=oldest + HOUR_MS - now))
