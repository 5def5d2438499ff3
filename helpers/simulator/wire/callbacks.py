"""What Flowroute posts to a customer: incoming messages and receipts, both generations (flowroute-api.md §5, §6.1).

One setting of the network chooses the generation for both (behaviour ``webhook-format``).
"""

from __future__ import annotations

from typing import Literal

from helpers.clock import from_ms
from helpers.message_length import display_amount
from helpers.simulator.lifecycle import Step
from helpers.simulator.messages import Message, Version
from helpers.simulator.wire import Json
from helpers.simulator.wire.messages import included, message_type, relationships

WebhookFormat = Literal["v2", "v2.1"]


def incoming(message: Message, *, webhook_format: WebhookFormat, callback_url: str) -> Json:
    """An incoming message (behaviours ``incoming-v2``, ``incoming-v21``, ``incoming-mms``)."""
    if webhook_format == "v2":
        return {"to": message.to, "body": message.body, "from": message.sender, "id": message.id}
    cost = message.cost_nanodollars
    attributes: Json = {
        "amount_display": display_amount(cost),
        # A text in what was logged for SMS, a number for MMS.
        "amount_nanodollars": cost if message.is_mms else str(cost),
        "body": message.body or None,
        "direction": "inbound",
        "from": message.sender,
        "is_mms": message.is_mms,
        "message_callback_url": callback_url,
        "message_encoding": message.length.encoding,
        "message_type": message_type(message),
        "status": "" if message.is_mms else "delivered",
        "timestamp": f"{from_ms(message.sent_at_ms):%Y-%m-%dT%H:%M:%S.%fZ}",
        "to": message.to,
    }
    data: Json = {"attributes": attributes, "type": "message", "id": message.id}
    if not message.is_mms:
        return {"data": data}
    attributes["delivery_receipts"] = []
    return {"data": {**data, "relationships": relationships(message)}, "included": included(message)}


def receipt(message: Message, step: Step, *, webhook_format: WebhookFormat) -> Json:
    """A delivery receipt (behaviours ``receipt-post-v21``, ``receipt-post-v2``)."""
    if webhook_format == "v2":
        return _receipt_v2(message, step)
    version = Version.V2_2 if message.version.legacy else message.version
    attributes: Json = {
        "body": "" if message.is_mms else message.body,
        "level": step.level,
        "status": step.status,
        "status_code": step.code,
        "status_code_description": step.description,
        "timestamp": from_ms(message.sent_at_ms + step.after_ms).isoformat(timespec="seconds"),
    }
    links = {"related": f"https://api.flowroute.com/{version.value}/messages/{message.id}"}
    return {"data": {"attributes": attributes, "id": message.id, "links": links, "type": "delivery_receipt"}}


def _receipt_v2(message: Message, step: Step) -> Json:
    """Bare, without a level, and without a code where the carrier has not spoken yet."""
    attributes: Json = {"to": message.to, "from": message.sender, "body": message.body, "status": step.status}
    if step.code is not None:
        attributes["status_code"] = step.code
    return {"attributes": attributes, "id": message.id, "type": "delivery_receipt"}
