"""What Flowroute answers, as typed records that tolerate what they do not know.

Versions differ in names and formats (flowroute-api.md §3.1, §10); a reader of these records does not need to know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from helpers.phone_numbers import PhoneNumber, PhoneNumberError


@dataclass(frozen=True, slots=True)
class Price:
    """What a send cost, as API v2.2 reports it. Amounts are decimal text in US dollars, as Flowroute writes them."""

    base_rate: str
    surcharge_rate: str
    segment_count: int
    charged_cost: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """Flowroute took the message. Taken is not delivered: look it up by its id."""

    id: str
    price: Price | None = None
    """Only from v2.2."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery receipt. Level 1: handed to the carrier's side. Level 2: anything later (flowroute-api.md §6.2)."""

    level: int | None
    status: str
    status_code: int | None
    description: str
    timestamp: datetime | None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message detail record (MDR): what Flowroute knows of one message. ``repr`` hides the body and the numbers."""

    id: str
    status: str
    """The last known state; "" on v2.0, whose records have none."""
    direction: str
    to: PhoneNumber | None = field(repr=False)
    from_: PhoneNumber | None = field(repr=False)
    body: str = field(repr=False)
    amount_nanodollars: int | None = field(repr=False)
    amount_display: str
    message_encoding: int | None
    message_type: str
    is_mms: bool
    timestamp: datetime | None
    receipts: tuple[Receipt, ...]
    """Newest first."""


def sent_message(answer: Any) -> SentMessage | None:
    """Read the answer to a send, or None if it names no id (then nobody can say what happened)."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("id"), str) or not data["id"]:
        return None
    attributes = data.get("attributes")
    # v2.2 shows the price under data by its documentation, under data.attributes by a client that reads it (§2.3).
    found = data.get("price_details") or (attributes.get("price_details") if isinstance(attributes, dict) else None)
    return SentMessage(data["id"], _price(found) if isinstance(found, dict) else None)


def message_record(data: Any) -> MessageRecord | None:
    """Read one record of any API version, or None if it is not one."""
    if not isinstance(data, dict) or not isinstance(data.get("id"), str):
        return None
    attributes = data.get("attributes")
    if not isinstance(attributes, dict):
        return None
    return MessageRecord(
        id=data["id"],
        status=_text(attributes.get("status")),
        direction=_text(attributes.get("direction")),
        to=_number(attributes.get("to")),
        from_=_number(attributes.get("from")),
        body=_text(attributes.get("body")),
        amount_nanodollars=_integer(attributes.get("amount_nanodollars")),
        amount_display=_text(attributes.get("amount_display")),
        message_encoding=_integer(attributes.get("message_encoding")),
        message_type=_text(attributes.get("message_type")).replace("long-code", "longcode"),
        is_mms=bool(attributes.get("is_mms", attributes.get("has_mms", False))),
        timestamp=_moment(attributes.get("timestamp")),
        receipts=_receipts(attributes.get("delivery_receipts")),
    )


def _receipts(found: Any) -> tuple[Receipt, ...]:
    items = found if isinstance(found, list) else []
    return tuple(
        Receipt(
            level=_integer(item.get("level")),
            status=_text(item.get("status")),
            status_code=_integer(item.get("status_code")),
            description=_text(item.get("status_code_description")),
            timestamp=_moment(item.get("timestamp")),
        )
        for item in items
        if isinstance(item, dict)
    )


def _price(found: Mapping[str, Any]) -> Price:
    return Price(
        base_rate=_text(found.get("base_rate")),
        surcharge_rate=_text(found.get("surcharge_rate")),
        segment_count=_integer(found.get("segment_count")) or 1,
        charged_cost=_text(found.get("charged_cost")),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _integer(value: Any) -> int | None:
    # Amounts and status codes come as numbers, as text, as null or not at all (§10 rows 7 and 8).
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _number(value: Any) -> PhoneNumber | None:
    try:
        return PhoneNumber.parse("+" + str(value).lstrip("+")) if value else None
    except PhoneNumberError:
        return None


def _moment(value: Any) -> datetime | None:
    """Any of Flowroute's four timestamp formats (§10 row 9), as UTC; None where it is none of them."""
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
