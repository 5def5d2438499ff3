"""What the second factor keeps. All times are UTC milliseconds; only ``verifications.phone`` holds a phone number."""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, Column, Connection, Index, Integer, LargeBinary, MetaData, String, Table, event

from helpers.database import Int64, Schema

metadata = MetaData()

verifications = Table(
    "verifications",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("client_key", String, nullable=False),  # who asked, as the send guard counts it
    Column("status", String, nullable=False),  # sending, pending, approved, canceled; the other two are derived
    Column("generation", Integer, nullable=False),  # which code: 0 is none yet, each new one counts up
    Column("key_id", String, nullable=False),
    Column("next_hmac", LargeBinary),  # a code whose text is being posted: it opens nothing until the text has left
    Column("code_hmac", LargeBinary),  # the code that is good; none while the first text is being posted
    Column("replaced_hmac", LargeBinary),  # the code before that one, only to say kindly that it is old
    Column("nonce", LargeBinary),  # what the good code was derived from, under the same-code-again policy
    Column("checks", Integer, nullable=False),
    Column("max_checks", Integer, nullable=False),
    Column("sends", Integer, nullable=False),
    Column("created_at", Int64, nullable=False),
    Column("sent_at", Int64, nullable=False),
    Column("resend_at", Int64, nullable=False),
    Column("expires_at", Int64, nullable=False),
    Column("delivery", String),  # of the newest text: accepted, unknown, not sent
    Index("verifications_by_account", "account", "purpose", "created_at"),
    Index("verifications_by_time", "created_at"),
)

texts = Table(
    "texts",
    metadata,
    Column("verification", String, primary_key=True),
    Column("number", Integer, primary_key=True),  # the verification's first text, its second, …
    Column("sent_at", Int64, nullable=False),
    Column("outcome", String, nullable=False),  # sending, accepted, unknown, not sent
    Column("message_id", String),
)

account_limits = Table(
    "account_limits",
    metadata,
    Column("account", String, primary_key=True),
    Column("authenticator", String, primary_key=True),
    Column("failures", Integer, nullable=False),  # in a row
    Column("free_at", Int64, nullable=False),  # checks pause until then
)

cool_downs = Table(
    "cool_downs",
    metadata,
    Column("account", String, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("texts", Integer, nullable=False),  # since the last approval
    Column("sent_at", Int64, nullable=False),
    Column("free_at", Int64, nullable=False),
)

sends = Table(
    "sends",
    metadata,
    Column("key", String, primary_key=True),  # an HMAC of "phone", "account", … and the value: no number stands here
    Column("at", Int64, primary_key=True),
    Column("text", String, primary_key=True),
    Index("sends_by_time", "at"),
    sqlite_with_rowid=False,
)

send_totals = Table(
    "send_totals",
    metadata,
    Column("day", Integer, primary_key=True),  # days since 1970, UTC
    Column("prefix", String, primary_key=True),  # "" for all, else +1 and six digits
    Column("kind", String, primary_key=True),  # enrolment, confirmed, notice
    Column("messages", Integer, nullable=False),
    Column("nanodollars", Int64, nullable=False),
    Column("approved", Integer, nullable=False),
    Column("alarmed", Integer, nullable=False),  # 1 where the alarm of the day was given
)

audit = Table(
    "audit",
    metadata,
    Column("number", Int64, primary_key=True),
    Column("at", Int64, nullable=False),
    Column("event", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("account", String, nullable=False),
    Column("client", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("verification", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("phone", String, nullable=False),  # the last two digits
    Column("detail", String, nullable=False),
    Index("audit_by_account", "account", "at"),
    # A number is never given twice. On SQLite each has its entry, so a gap shows that one was taken out; on PostgreSQL
    # a transaction that was rolled back leaves one as well.
    sqlite_autoincrement=True,
)

# The program has no statement that changes an entry. These keep anybody else's from it, short of dropping the table.
# SQLite's third is for INSERT OR REPLACE, which deletes without a DELETE that a trigger could see.
_WHEN = "WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number)"
for _change, _when in (("UPDATE", ""), ("DELETE", ""), ("INSERT", _WHEN)):
    event.listen(
        audit,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER audit_no_{_change.lower()} BEFORE {_change} ON audit {_when} "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        ).execute_if(dialect="sqlite"),
    )
for _statement in (
    "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''the audit log is append-only''; END'",
    "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
):
    event.listen(audit, "after_create", DDL(_statement).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]


def _start_again(connection: Connection) -> None:
    """From version 1: a verification lives for minutes, so the old ones end; failures in a row are kept.

    On SQLite alone: the first PostgreSQL databases were of version 2.
    """
    connection.exec_driver_sql("DROP TABLE verifications")
    connection.exec_driver_sql("ALTER TABLE account_limits ADD COLUMN free_at INTEGER NOT NULL DEFAULT 0")


SCHEMA: Final = Schema("verification", (_start_again,))
