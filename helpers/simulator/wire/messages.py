"""The Messages API on the wire: sends and filters in, answers and records out, each version in its own way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import urlencode

from helpers.clock import from_ms
from helpers.message_length import NANODOLLARS_PER_SEGMENT, display_amount
from helpers.simulator import problems
from helpers.simulator.messages import MADE_UP_FILE_SIZE, MMS_NANODOLLARS, Message, Version
from helpers.simulator.wire import Json, read_object

DEFAULT_LIMIT: Final = 10
SURCHARGE_NANODOLLARS: Final = 3_000_000


# --- in: sending ---------------------------------------------------------------------------------------------------


class SendRequest(NamedTuple):
    """The values of a send, as they came: any JSON value, ``None`` where missing."""

    to: object
    from_: object
    body: object
    media_urls: object = None
    is_mms: object = None
    dlr_callback: object = None


def read_send(version: Version, content_type: str, body: bytes) -> SendRequest:
    """Read a send (behaviours ``content-types``, ``no-content-type``, ``two-body-forms``, ``unknown-members``).

    Args:
        version: decides which forms are taken.
        content_type: the media type without its parameters, in lower case; empty if there was none.
        body: the request body.
    """
    fields = read_object(content_type, body, type_may_lack=version.legacy, two_forms=not version.legacy)
    text, callback = fields.get("body"), fields.get("dlr_callback")
    if version.legacy:
        # body-or-content, body-before-content: the generated SDKs of v2 send content. MMS came after v2 (mms-versions).
        text = fields.get("content") if text is None else text
        return SendRequest(fields.get("to"), fields.get("from"), text, dlr_callback=callback)
    media, is_mms = fields.get("media_urls"), fields.get("is_mms")
    return SendRequest(fields.get("to"), fields.get("from"), text, media, is_mms, callback)


# --- in: lists -----------------------------------------------------------------------------------------------------

_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_COUNT: Final = re.compile(r"[0-9]{1,15}")
_DATE_WORDS: Final = "Write YYYY-MM-DD or YYYY-MM-DDTHH:mm:ss.SSZ, with : as %3A and + as %2B."


@dataclass(frozen=True, slots=True)
class Filters:
    """Which records are asked for. Both ends belong to the range."""

    start: datetime
    end: datetime
    limit: int
    offset: int

    def next_page(self) -> str:
        """The query of the page after this one (behaviour ``list-next``)."""
        dates = {"start_date": self.start.isoformat(), "end_date": self.end.isoformat()}
        return urlencode({"limit": self.limit, **dates, "offset": self.offset + self.limit})


def read_filters(query: dict[str, str], *, default_end_ms: int) -> Filters:
    """Read the query of a list (behaviours ``list-needs-start``, ``list-dates``, ``list-limit``, ``list-mistakes``)."""
    wrong: dict[str, str] = {}
    start = _date(query, "start_date", wrong)
    end = _date(query, "end_date", wrong) if "end_date" in query else from_ms(default_end_ms)
    limit = _count(query, "limit", wrong, default=DEFAULT_LIMIT, least=1)
    offset = _count(query, "offset", wrong, default=0, least=0)
    if wrong or start is None or end is None:
        raise problems.invalid(wrong)
    return Filters(start, end, limit, offset)


# A plus sign that was not percent-encoded arrives as a space (behaviour list-bare-plus).
_BARE_PLUS: Final = re.compile(r" (?=[0-9]{2}:[0-9]{2}$)")


def _date(query: dict[str, str], field: str, wrong: dict[str, str]) -> datetime | None:
    text = _BARE_PLUS.sub("+", query.get(field, ""))
    if not text:
        wrong[field] = f"This field is required. {_DATE_WORDS}"
        return None
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)  # list-offset-dates
    except (ValueError, OverflowError):
        wrong[field] = f"Not a date. {_DATE_WORDS}"
        return None


def _count(query: dict[str, str], field: str, wrong: dict[str, str], *, default: int, least: int) -> int:
    text = query.get(field)
    if text is None:
        return default
    if not _COUNT.fullmatch(text) or int(text) < least:
        wrong[field] = f"This must be a whole number, {least} or more."
        return default
    return int(text)


# --- out -----------------------------------------------------------------------------------------------------------


def accepted(version: Version, message: Message, root: str) -> tuple[int, Json]:
    """The status and body of a successful send (behaviours ``send-v2``, ``send-v21``, ``send-v22-price``)."""
    if version.legacy:
        return 200, {"data": {"id": message.id}}
    link = {"self": f"{root}{version.value}/messages/{message.id}"}  # own-address
    data: Json = {"links": link, "type": "message", "id": message.id}
    if version is Version.V2_2:
        data = {"attributes": {"price_details": _price(message)}, **data}  # price-place
    return 202, {"data": data}


def _price(message: Message) -> Json:
    """(base rate + surcharge) × segments, in dollars as text (behaviour ``price-surcharge``). An MMS is one segment."""
    segments = 1 if message.is_mms else message.length.segments
    base = MMS_NANODOLLARS if message.is_mms else NANODOLLARS_PER_SEGMENT
    return {
        "base_rate": _dollars(base),
        "charged_cost": _dollars((base + SURCHARGE_NANODOLLARS) * segments),
        "segment_count": segments,
        "surcharge_rate": _dollars(SURCHARGE_NANODOLLARS),
    }


def _dollars(nanodollars: int) -> str:
    return display_amount(nanodollars).removeprefix("$")


def page(version: Version, messages: list[Message], filters: Filters, *, now_ms: int, root: str) -> Json:
    """One page of ``messages`` (all that match, newest first), with ``links.next`` while there are more."""
    end = filters.offset + filters.limit
    links: Json = {}
    if end < len(messages):
        links["next"] = f"{root}{version.value}/messages?{filters.next_page()}"
    records = [record(version, message, now_ms=now_ms) for message in messages[filters.offset : end]]
    return {"data": records, "links": links}


def single(version: Version, message: Message, *, now_ms: int) -> Json:
    """A message detail record with what stands around it (behaviour ``record-media``)."""
    whole: Json = {"data": record(version, message, now_ms=now_ms)}
    if message.media and not version.legacy:
        whole["included"] = included(message)
    return whole


def record(version: Version, message: Message, *, now_ms: int) -> Json:
    """A message detail record, as ``version`` writes it at ``now_ms`` (behaviours ``record-v2``, ``record-v21``)."""
    attributes = _attributes_v2(message) if version.legacy else _attributes_v21(message, now_ms)
    whole: Json = {"attributes": attributes, "type": "message", "id": message.id}
    if message.media and not version.legacy:
        whole["relationships"] = relationships(message)
    return whole


def relationships(message: Message) -> Json:
    """Which media belong to a message (flowroute-api.md §5.3)."""
    return {"media": {"data": [{"id": media.id, "type": "media"} for media in message.media]}}


def included(message: Message) -> list[Json]:
    """The media themselves (flowroute-api.md §5.3; behaviour ``media-unread``)."""
    return [
        {
            "id": media.id,
            "type": "media",
            "attributes": {
                "file_name": media.file_name,
                "file_size": MADE_UP_FILE_SIZE,
                "mime_type": media.mime_type,
                "url": media.url,
            },
            "links": {"self": f"https://api.flowroute.com/v2.2/media/{media.id}"},
        }
        for media in message.media
    ]


def _attributes_v2(message: Message) -> Json:
    return {
        **_common(message),
        "timestamp": from_ms(message.sent_at_ms).isoformat(timespec="microseconds"),
        "has_mms": message.is_mms,
        "callback_url": None,
        "message_type": "toll-free" if message.toll_free else "long-code",
    }


def _attributes_v21(message: Message, now_ms: int) -> Json:
    receipts = message.receipts_at(now_ms)
    inbound = message.direction == "inbound"
    status = receipts[0].status if receipts else ""  # no-status-yet
    return {
        **_common(message),
        "status": "delivered" if inbound and not message.is_mms else status,  # record-inbound
        "timestamp": hundredths(message.sent_at_ms),
        "delivery_receipts": [
            {
                "status": receipt.status,
                "status_code": receipt.code,
                "status_code_description": receipt.description,
                "timestamp": hundredths(message.sent_at_ms + receipt.after_ms),
                "level": receipt.level,
            }
            for receipt in receipts
        ],
        "is_mms": message.is_mms,
        "message_type": message_type(message),
    }


def _common(message: Message) -> Json:
    return {
        "body": message.body or None,
        "direction": message.direction,
        "amount_nanodollars": message.cost_nanodollars,
        "amount_display": display_amount(message.cost_nanodollars),
        "from": message.sender,
        "to": message.to,
        "message_encoding": message.length.encoding,
    }


def message_type(message: Message) -> str:
    """By the account's number, as v2.1 and v2.2 spell it (behaviour ``message-type``)."""
    return "toll-free" if message.toll_free else "longcode"


def hundredths(milliseconds: int) -> str:
    """A time as v2.1 writes it: two decimals and ``Z``."""
    moment = from_ms(milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 10_000:02d}Z"
