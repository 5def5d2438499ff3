"""What became of a text of ours: its receipts, as its record tells them.

A receipt that is posted says nothing by whom it was written. The record, which we fetch with our keys, lists the same
receipts (flowroute-api.md §3.1), so posts may come twice, late, in any order, or be made up.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, select

from helpers.clock import Clock, from_ms, to_ms
from helpers.database import reading, upsert
from helpers.flowroute import MessageRecord, Receipt
from helpers.flowroute.history import in_order
from helpers.webhooks.tables import receipts


class Receipts:
    """The receipts of one database."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, connection: Connection, record: MessageRecord) -> None:
        """Keep what a record says; what is there already stays as it is."""
        seen = {"message_id": record.id, "seen_at": self._clock.now_ms()}
        for receipt in record.receipts:
            row = {
                "at": to_ms(receipt.timestamp) if receipt.timestamp else 0,
                "level": receipt.level or 0,
                "code": receipt.status_code or 0,
                "status": receipt.status,
                "description": receipt.description,
            }
            connection.execute(upsert(connection, receipts).values(row | seen).on_conflict_do_nothing())

    def of(self, message_id: str) -> tuple[Receipt, ...]:
        """All that are known, in the order of what happened."""
        query = select(receipts).where(receipts.c.message_id == message_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(receipts.c.code)).all()
        return in_order(
            Receipt(
                level=row.level or None,
                status=row.status,
                status_code=row.code or None,
                description=row.description,
                timestamp=from_ms(row.at) if row.at else None,
            )
            for row in rows
        )
