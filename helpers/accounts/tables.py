"""What the first factor keeps. All times are UTC milliseconds; only ``accounts`` holds phone numbers."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Connection, Index, Integer, MetaData, String, Table

from helpers.database import Int64, Schema

Row: TypeAlias = dict[str, Any]
"""A row of a table, as it stood when it was read."""

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("name", String, primary_key=True),
    Column("password_hash", String, nullable=False),
    Column("phone", String),
    Column("phone_confirmed_at", Int64),
    Column("new_phone", String),  # confirmed by a code, and waiting: codes go to the old one until new_phone_from
    Column("new_phone_confirmed_at", Int64),
    Column("new_phone_from", Int64),
    Column("old_phone_told", Integer),  # 1 where the notice left, or may have
    Column("denied_at", Int64),  # when somebody at the phone said that a sign-in was not theirs, until it is answered
    Column("new_phone_way", String),  # by which way they were signed in who asked for it
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("kind", String, nullable=False),  # ticket, or session
    Column("account", String, nullable=False),
    Column("created_at", Int64, nullable=False),
    Column("expires_at", Int64, nullable=False),
    Column("verification", String),  # the one whose code this token, and no other, may bring back
    Column("way", String),  # of a session: sms, totp, recovery; none in those from before there were others than sms
    Index("tokens_by_account", "account"),
    Index("tokens_by_time", "expires_at"),
)

password_failures = Table(
    "password_failures",
    metadata,
    Column("tried_by", String, primary_key=True),  # an HMAC of name and client: people type passwords as names
    Column("failures", Integer, nullable=False),
    Column("free_at", Int64, nullable=False),
    Index("password_failures_by_time", "free_at"),
)


def _phones_can_change(connection: Connection) -> None:
    """From version 1: accounts learn to wait for a new phone, tokens remember when they were made.

    On SQLite alone: the first PostgreSQL databases were of version 2.
    """
    for change in (
        "ALTER TABLE accounts ADD COLUMN new_phone VARCHAR",
        "ALTER TABLE accounts ADD COLUMN new_phone_confirmed_at INTEGER",
        "ALTER TABLE accounts ADD COLUMN new_phone_from INTEGER",
        "ALTER TABLE accounts ADD COLUMN old_phone_told INTEGER",
        # When an old session was signed in to is not known: not lately, then.
        "ALTER TABLE tokens ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX tokens_by_account ON tokens (account)",
        "CREATE INDEX tokens_by_time ON tokens (expires_at)",
        "CREATE INDEX password_failures_by_time ON password_failures (free_at)",
    ):
        connection.exec_driver_sql(change)


def _sign_ins_can_be_denied(connection: Connection) -> None:
    """From version 2: an account remembers that its phone said no."""
    whole_number = Int64.compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE accounts ADD COLUMN denied_at {whole_number}")


def _other_ways(connection: Connection) -> None:
    """From version 3: a session, and a change of phone, know by which way somebody was signed in."""
    for change in (
        "ALTER TABLE accounts ADD COLUMN new_phone_way VARCHAR",
        "ALTER TABLE tokens ADD COLUMN way VARCHAR",
    ):
        connection.exec_driver_sql(change)


SCHEMA: Final = Schema("accounts", (_phones_can_change, _sign_ins_can_be_denied, _other_ways))
