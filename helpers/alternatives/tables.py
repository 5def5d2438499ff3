"""What the other ways keep. All times are UTC milliseconds. No secret and no code stands here in clear."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from sqlalchemy import Column, LargeBinary, MetaData, String, Table

from helpers.database import Int64, Schema

Row: TypeAlias = dict[str, Any]
"""A row of a table, as it stood when it was read."""

metadata = MetaData()

totp_apps = Table(
    "totp_apps",
    metadata,
    Column("account", String, primary_key=True),
    Column("state", String, primary_key=True),  # pending until a first code came back, then active
    Column("key_id", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the secret, encrypted
    Column("last_step", Int64, nullable=False),  # of the last code that was accepted: this one and older ones are used
    Column("created_at", Int64, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account", String, primary_key=True),
    Column("code_hmac", LargeBinary, primary_key=True),  # a code that was used has no row any more
    Column("key_id", String, nullable=False),
    Column("created_at", Int64, nullable=False),
)

SCHEMA: Final = Schema("alternatives")
