"""What is kept of replies and receipts. Times are UTC milliseconds; no text and no phone number stands here.

A phone is an HMAC of its number, as in the send guard's ledger, and two digits for people to read.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, String, Table

from helpers.database import Int64, Schema

metadata = MetaData()

posted = Table(
    "posted",
    metadata,
    Column("message_id", String, primary_key=True),
    Column("received_at", Int64, nullable=False),  # the first time, or the first since it was found unknown
    Column("posts", Integer, nullable=False),
    Column("state", String, nullable=False),  # waiting, done, unknown, not ours
    Column("looked_at", Int64, nullable=False),  # the last look that found nothing; 0 before the first
    # From here on it is what the record said, not what was posted.
    Column("outcome", String, nullable=False),  # what was done, in a word or two
    Column("word", String, nullable=False),
    Column("phone_key", String, nullable=False),
    Column("last_two", String, nullable=False),
    Column("acted_at", Int64, nullable=False),
    Index("posted_by_state", "state", "looked_at", "received_at"),
    Index("posted_by_outcome", "outcome", "acted_at"),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("phone_key", String, primary_key=True),
    Column("word", String, nullable=False),  # STOP or UNSTOP, whichever was said last
    Column("said_at", Int64, nullable=False),
    Column("message_id", String, nullable=False),  # decides between two words of one moment
)

receipts = Table(
    "receipts",
    metadata,
    Column("message_id", String, primary_key=True),
    Column("at", Int64, primary_key=True),  # 0 where the receipt does not say
    Column("level", Integer, primary_key=True),  # likewise
    Column("code", Integer, primary_key=True),  # likewise
    Column("status", String, primary_key=True),
    Column("description", String, nullable=False),
    Column("seen_at", Int64, nullable=False),
    Index("receipts_by_time", "seen_at"),
)

SCHEMA: Final = Schema("webhooks")
