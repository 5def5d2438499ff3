"""What a text means, and what is posted: read without a network."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpers.message_length import measure
from helpers.webhooks import NotACallback, help_text, message_id_in, word_of

ID = "mdr2-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("STOP", "STOP"),
        (" stop\n", "STOP"),
        ("Stop", "STOP"),
        ("STOP PLEASE", "other"),
        ("STOP.", "other"),  # Flowroute blocks nothing for it, so neither do we say so
        ("unstop", "UNSTOP"),
        ("UNSTOP!", "other"),
        ("help", "HELP"),
        ("help me", "other"),
        ("NO", "NO"),
        ("no", "NO"),
        (" No. ", "NO"),
        ("no !!", "NO"),
        ("NO, ", "NO"),
        ("NO?", "other"),
        ("no way", "other"),
        ("NOPE", "other"),
        ("", "other"),
        ("!", "other"),
        ("START", "other"),
    ],
)
def test_a_word_is_a_text_that_is_nothing_else(body: str, word: str) -> None:
    assert word_of(body) == word


def test_the_answer_to_help_in_full() -> None:
    text = help_text("Example Bank", "206-555-0198")
    assert text == (
        "Example Bank: we text you codes when you sign in, and a notice when your phone is changed. "
        "Questions? Call 206-555-0198. Reply STOP to end them."
    )
    assert measure(text).segments == 1
    assert "Call" not in help_text("Example Bank", "")


@pytest.mark.parametrize("brand", ["B" * 60, "Bänk"])
def test_an_answer_to_help_that_costs_two_texts_is_refused(brand: str) -> None:
    with pytest.raises(ValueError, match="HELP"):
        help_text(brand, "206-555-0198")


MESSAGE = {"type": "message", "id": ID, "attributes": {"body": "hello", "amount_nanodollars": "7000000"}}
RECEIPT = {"type": "delivery_receipt", "id": ID, "attributes": {"status": "delivered", "status_code": None}}


@pytest.mark.parametrize(
    "payload",
    [
        {"to": "12065550199", "body": "hello", "from": "12065550100", "id": ID},
        {"to": 12065550199, "body": None, "from": 12065550100, "id": ID, "new": [1]},
        {"data": MESSAGE},
        {"data": MESSAGE, "included": []},
        {"data": RECEIPT, "links": {}},
        RECEIPT,
        {"data": {"type": "message", "id": ID, "attributes": "of another kind"}},
    ],
)
def test_all_shapes_name_a_message(payload: Any) -> None:
    assert message_id_in(json.dumps(payload).encode()) == ID


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"to=12065550199&id=" + ID.encode(),
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 5000,
        b"null",
        b'"' + ID.encode() + b'"',
        b"[]",
        b"{}",
        json.dumps({"data": [MESSAGE]}).encode(),
        json.dumps({"id": ID}).encode(),
        json.dumps({"id": ID, "from": "12065550100"}).encode(),
        json.dumps({"data": {"type": "callback", "id": ID}}).encode(),
        json.dumps({"type": "callback", "id": ID, "from": "1", "to": "1"}).encode(),
        *(
            json.dumps({"data": {**MESSAGE, "id": wrong}}).encode()
            for wrong in (None, 7, "", "short", "../../v2/numbers", "sms_callback", "a" * 81, ID + "\n", [ID])
        ),
    ],
)
def test_anything_else_is_no_callback(body: bytes) -> None:
    with pytest.raises(NotACallback):
        message_id_in(body)
