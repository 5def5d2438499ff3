"""What Flowroute posts, read for the one thing that is believed: the id of a message (flowroute-api.md §5, §6.1).

There are four shapes, and they change without notice (fields may be added, §1): a text as a flat object or wrapped in
``data``, and a receipt, bare or wrapped. In all of them the id stands in one of two places.
"""

from __future__ import annotations

import json
import re
from typing import Any

from helpers.errors import CourseError

_ID = re.compile(r"[A-Za-z0-9-]{8,80}")
"""Ids are opaque (§10 row 4), but they go into a path: no dot, no slash, and nothing like ``sms_callback`` (§6.4)."""


class NotACallback(CourseError):
    """What was posted is no text and no receipt of Flowroute's. Nothing was kept."""

    user_message = "This address takes what Flowroute posts: a JSON object with the id of a message."


def message_id_in(body: bytes) -> str:
    """The id of the message that a post is about.

    Args:
        body: as it was posted.

    Raises:
        NotACallback: not JSON, or not one of the four shapes.
    """
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise NotACallback("The body is not JSON.") from None
    found = _message(payload)
    message_id = found.get("id") if found is not None else None
    if not isinstance(message_id, str) or not _ID.fullmatch(message_id):
        raise NotACallback("The body is neither a text nor a receipt: it names no message.")
    return message_id


def _message(payload: Any) -> dict[str, Any] | None:
    """The part of a payload that is about one message; None where there is none."""
    if not isinstance(payload, dict):
        return None
    inner = payload.get("data")
    message: dict[str, Any] = inner if isinstance(inner, dict) else payload
    if message.get("type") in ("message", "delivery_receipt"):
        return message
    # The older text has no type, but both numbers.
    return message if "type" not in message and {"from", "to"} <= message.keys() else None
