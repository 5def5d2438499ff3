"""What was sent and what came in: a day's messages with their cost, and the receipts of one message in order.

Both are made from message records (flowroute-api.md §3), which Flowroute keeps: nothing is stored here. They show two
digits of a phone and never a text, so that they may stand in a log, in a ticket or on a screen in the office.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from html import escape
from typing import Final, Literal

from helpers.display.table import table_as_html, table_as_text
from helpers.flowroute.client import FlowrouteClient
from helpers.flowroute.records import MessageRecord, Receipt
from helpers.message_length import NANODOLLARS_PER_CENT

Direction = Literal["outbound", "inbound"]
_ARROWS: Final = {"outbound": "→ to", "inbound": "← from"}
_DAY_HEADS: Final = ("time (UTC)", "", "phone", "status", "cost")
_LINE_HEADS: Final = ("level", "status", "code", "which means")


@dataclass(frozen=True, slots=True, repr=False)
class DayOfMessages:
    """One day's messages, oldest first, in both directions. Printed it is text, in a notebook a table.

    Attributes:
        day: the day, UTC.
        records: its messages.
    """

    day: date
    records: tuple[MessageRecord, ...]

    def of(self, direction: Direction) -> tuple[MessageRecord, ...]:
        """The messages of one direction."""
        return tuple(record for record in self.records if record.direction == direction)

    @property
    def cents(self) -> Decimal:
        """What all of them cost, in US cents."""
        return _cents(self.records)

    def cents_by_hour(self, direction: Direction) -> list[Decimal]:
        """What each of the day's 24 hours (UTC) cost, in US cents."""
        hours: list[list[MessageRecord]] = [[] for _ in range(24)]
        for record in self.of(direction):
            if record.timestamp is not None:
                hours[record.timestamp.hour].append(record)
        return [_cents(records) for records in hours]

    @property
    def summary(self) -> str:
        """One line: ``2 March 2026: 3 sent, 1 received, 1.9 cents.``"""
        return (
            f"{self.day.day} {self.day:%B %Y}: {len(self.of('outbound'))} sent, {len(self.of('inbound'))} received, "
            f"{self.cents.normalize():f} cents."
        )

    def __repr__(self) -> str:
        return f"{self.summary}\n{table_as_text(_DAY_HEADS, self._rows())}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.summary)}</p>{table_as_html(_DAY_HEADS, self._rows())}"

    def _rows(self) -> list[list[str]]:
        return [_row(record) for record in self.records]


@dataclass(frozen=True, slots=True, repr=False)
class ReceiptTimeline:
    """The receipts of one message in the order of what happened, which is not always the order they came in.

    Attributes:
        sent_at: when Flowroute took the message, UTC: receipts are then shown by how long after it they came; None
            where that is not known.
        receipts: oldest first.
    """

    sent_at: datetime | None
    receipts: tuple[Receipt, ...] = field(default=())

    @classmethod
    def of(cls, record: MessageRecord) -> ReceiptTimeline:
        """The timeline of a message's record."""
        return cls(record.timestamp, in_order(record.receipts))

    def __repr__(self) -> str:
        return table_as_text(self._heads(), self._rows()) if self.receipts else "No receipt yet."

    def _repr_html_(self) -> str:
        return table_as_html(self._heads(), self._rows()) if self.receipts else "<p>No receipt yet.</p>"

    def _heads(self) -> tuple[str, ...]:
        return ("time (UTC)" if self.sent_at is None else "after", *_LINE_HEADS)

    def _rows(self) -> list[list[str]]:
        return [
            [
                self._when(receipt),
                _shown(receipt.level),
                receipt.status,
                _shown(receipt.status_code),
                receipt.description,
            ]
            for receipt in self.receipts
        ]

    def _when(self, receipt: Receipt) -> str:
        if receipt.timestamp is None:
            return ""
        if self.sent_at is None:
            return f"{receipt.timestamp:%Y-%m-%d %H:%M:%S}"
        return f"{(receipt.timestamp - self.sent_at).total_seconds():.1f} s"


def day_of_messages(flowroute: FlowrouteClient, day: date) -> DayOfMessages:
    """All messages of a day (UTC), sent and received, fetched page by page (flowroute-api.md §3.2).

    Raises:
        FlowrouteError: the list cannot be read.
    """
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    listed = flowroute.list_messages(start=start, end=end)
    # The list takes its end in; midnight belongs to the next day.
    records = [record for record in listed if record.timestamp is None or start <= record.timestamp < end]
    return DayOfMessages(day, tuple(reversed(records)))


def in_order(receipts: Iterable[Receipt]) -> tuple[Receipt, ...]:
    """Receipts in the order of what happened: by their time, and within one moment by level. Those without come first.

    Some are to the second and some to the hundredth (§10 row 9), so the level decides where the time cannot.
    """
    earliest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(receipts, key=lambda receipt: (receipt.timestamp or earliest, receipt.level or 0)))


def _row(record: MessageRecord) -> list[str]:
    phone = record.to if record.direction == "outbound" else record.from_
    return [
        f"{record.timestamp:%H:%M:%S}" if record.timestamp else "",
        _ARROWS.get(record.direction, record.direction),
        f"••{phone.last_two}" if phone else "",
        record.status,
        record.amount_display,
    ]


def _cents(records: Iterable[MessageRecord]) -> Decimal:
    return Decimal(sum(record.amount_nanodollars or 0 for record in records)) / NANODOLLARS_PER_CENT


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)
