"""GET …/messages/{id}: what a record shows, in each version and at each moment."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork


def attributes(call: Any, answer: Any, version: str = "v2.1") -> dict[str, Any]:
    record = call("GET", f"/{version}/messages/{answer.json()['data']['id']}")
    assert record.status_code == 200
    assert list(record.json()) == ["data"]
    data = record.json()["data"]
    assert sorted(data) == ["attributes", "id", "type"]
    assert (data["id"], data["type"]) == (answer.json()["data"]["id"], "message")
    return dict(data["attributes"])


def test_a_v2_record(send: Any, call: Any, clock: Clock) -> None:
    clock.advance(seconds=0.937)
    answer = send("v2")
    clock.advance(minutes=1)
    assert attributes(call, answer, "v2") == {
        "body": "Your code is 123456",
        "direction": "outbound",
        "timestamp": "2026-03-02T17:00:00.937000+00:00",
        "amount_nanodollars": 4_000_000,
        "amount_display": "$0.0040",
        "from": "12065550199",
        "to": "12065550100",
        "message_encoding": 0,
        "has_mms": False,
        "callback_url": None,
        "message_type": "long-code",
    }


@pytest.mark.parametrize("version", ["v2.1", "v2.2"])
def test_a_v21_record(send: Any, call: Any, clock: Clock, version: str) -> None:
    clock.advance(seconds=0.937)
    answer = send(version)
    clock.advance(seconds=1)
    assert attributes(call, answer, version) == {
        "body": "Your code is 123456",
        "status": "message buffered",
        "direction": "outbound",
        "amount_nanodollars": 4_000_000,
        "amount_display": "$0.0040",
        "message_encoding": 0,
        "timestamp": "2026-03-02T17:00:00.93Z",
        "delivery_receipts": [
            {
                "status": "message buffered",
                "status_code": 1003,
                "status_code_description": "Message accepted by Carrier",
                "timestamp": "2026-03-02T17:00:01.93Z",
                "level": 2,
            },
            {
                "status": "smsc submit",
                "status_code": None,
                "status_code_description": "Message has been sent",
                "timestamp": "2026-03-02T17:00:01.23Z",
                "level": 1,
            },
        ],
        "from": "12065550199",
        "to": "12065550100",
        "is_mms": False,
        "message_type": "longcode",
    }


@pytest.mark.parametrize("version", ["v2", "v2.1", "v2.2"])
def test_a_toll_free_sender_shows_in_the_message_type(send: Any, call: Any, version: str) -> None:
    answer = send(version, **{"from": "18885550123"})
    assert attributes(call, answer, version)["message_type"] == "toll-free"


@pytest.mark.parametrize(
    ("body", "encoding", "amount", "display"),
    [("x" * 160, 0, 4_000_000, "$0.0040"), ("x" * 281, 0, 12_000_000, "$0.0120"), ("ä" * 80, 8, 8_000_000, "$0.0080")],
)
def test_encoding_segments_and_cost(send: Any, call: Any, body: str, encoding: int, amount: int, display: str) -> None:
    shown = attributes(call, send(body=body))
    assert (shown["message_encoding"], shown["amount_nanodollars"], shown["amount_display"]) == (
        encoding,
        amount,
        display,
    )
    assert shown["body"] == body


def test_receipts_come_by_the_clock_newest_first(send: Any, call: Any, clock: Clock) -> None:
    answer = send()
    seen = []
    for step in (0, 0.299, 0.001, 0.699, 0.001, 0.499, 0.001, 600):
        clock.advance(seconds=step)
        shown = attributes(call, answer)
        seen.append((shown["status"], [(r["level"], r["status_code"]) for r in shown["delivery_receipts"]]))
    submit, buffered, delivered = (1, None), (2, 1003), (2, 1004)
    assert seen == [
        ("", []),
        ("", []),
        ("smsc submit", [submit]),
        ("smsc submit", [submit]),
        ("message buffered", [buffered, submit]),
        ("message buffered", [buffered, submit]),
        ("delivered", [delivered, buffered, submit]),
        ("delivered", [delivered, buffered, submit]),
    ]


def test_instant_receipts_are_there_at_once_and_only_for_new_messages(
    send: Any, call: Any, network: SimulatedNetwork
) -> None:
    before = send()
    network.receipts = "instant"
    shown = attributes(call, send())
    assert shown["status"] == "delivered"
    assert {receipt["timestamp"] for receipt in shown["delivery_receipts"]} == {"2026-03-02T17:00:00.00Z"}
    assert attributes(call, before)["delivery_receipts"] == []


@pytest.mark.parametrize(
    ("to", "status", "codes"),
    [
        ("12065550116", "failed", [1116, None]),
        ("12065550117", "message buffered", [1003, None]),
        ("12065550150", "failed", [1150, None]),
    ],
)
def test_the_destination_chooses_a_message_that_never_arrives(
    send: Any, call: Any, network: SimulatedNetwork, clock: Clock, to: str, status: str, codes: list[int | None]
) -> None:
    answer = send(to=to)
    assert answer.status_code == 202
    clock.advance(days=30)
    shown = attributes(call, answer)
    assert shown["status"] == status
    assert [receipt["status_code"] for receipt in shown["delivery_receipts"]] == codes
    assert [receipt["level"] for receipt in shown["delivery_receipts"]] == [2, 1]
    assert network.inbox.texts(to) == []


def test_each_generation_finds_its_own_records_only(send: Any, call: Any) -> None:
    old, new, newest = (send(version).json()["data"]["id"] for version in ("v2", "v2.1", "v2.2"))
    found = {
        (version, message_id): call("GET", f"/{version}/messages/{message_id}").status_code
        for version in ("v2", "v2.1", "v2.2")
        for message_id in (old, new, newest)
    }
    assert {key for key, status in found.items() if status == 200} == {
        ("v2", old),
        ("v2.1", new),
        ("v2.1", newest),
        ("v2.2", new),
        ("v2.2", newest),
    }
    assert set(found.values()) == {200, 404}


def test_a_record_can_be_looked_up_only_after_the_delay(clock: Clock, send: Any, call: Any, network: Any) -> None:
    network.record_delay_seconds = 3.0
    message_id = send().json()["data"]["id"]
    listed = "/v2.1/messages?start_date=2026-01-01&end_date=2027-01-01"
    clock.advance(seconds=2.999)
    assert call("GET", f"/v2.1/messages/{message_id}").status_code == 404
    assert call("GET", listed).json()["data"] == []
    clock.advance(seconds=0.001)
    assert call("GET", f"/v2.1/messages/{message_id}").status_code == 200
    assert len(call("GET", listed).json()["data"]) == 1


def test_head_answers_as_get_without_the_body(send: Any, call: Any) -> None:
    path = f"/v2.1/messages/{send().json()['data']['id']}"
    head, get = call("HEAD", path), call("GET", path)
    assert (head.status_code, head.content) == (200, b"")
    for answer in (head, get):
        answer.headers.pop("Date", None)  # the seconds of two answers may differ
    assert head.headers == get.headers
