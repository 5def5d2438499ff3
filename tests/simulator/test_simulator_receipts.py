"""Delivery receipts that are posted: how they are written, where they go, and how they can be made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork

PICTURE = "https://media.example/image000000.png"


def message_id(answer: Any) -> str:
    assert answer.ok, answer.text
    return str(answer.json()["data"]["id"])


def codes(payloads: list[Any]) -> list[tuple[int, int | None]]:
    return [(data["level"], data["status_code"]) for data in (each["data"]["attributes"] for each in payloads)]


@pytest.fixture
def put(call: Any, receiver: Any) -> Any:
    """``put("sms_dlr_callback")``: set it for the account, under a path of that name."""

    def put(kind: str, version: str = "v2.1") -> None:
        url = f"{receiver.url}/account/{kind}"
        assert call("PUT", f"/{version}/messages/{kind}", json={"callback_url": url}).status_code == 204

    return put


@pytest.mark.parametrize("version", ["v2.1", "v2.2"])
def test_receipts_in_the_newer_format(send: Any, receiver: Any, clock: Clock, version: str) -> None:
    clock.advance(seconds=0.937)
    sent = message_id(send(version, dlr_callback=f"{receiver.url}/dlr?key=1"))
    assert receiver.posts == []
    clock.advance(seconds=2)
    outside = {
        "id": sent,
        "links": {"related": f"https://api.flowroute.com/{version}/messages/{sent}"},
        "type": "delivery_receipt",
    }
    told = [
        (1, "smsc submit", None, "Message has been sent", "2026-03-02T17:00:01+00:00"),
        (2, "message buffered", 1003, "Message accepted by Carrier", "2026-03-02T17:00:01+00:00"),
        (2, "delivered", 1004, "Message delivered to handset", "2026-03-02T17:00:02+00:00"),
    ]
    assert receiver.payloads == [
        {
            "data": {
                "attributes": {
                    "body": "Your code is 123456",
                    "level": level,
                    "status": status,
                    "status_code": code,
                    "status_code_description": words,
                    "timestamp": timestamp,
                },
                **outside,
            }
        }
        for level, status, code, words, timestamp in told
    ]
    assert {(post.method, post.path, post.headers["Content-Type"]) for post in receiver.posts} == {
        ("POST", "/dlr?key=1", "application/json")
    }


def test_receipts_in_the_older_format(send: Any, network: SimulatedNetwork, receiver: Any, clock: Clock) -> None:
    network.webhook_format = "v2"
    sent = message_id(send("v2.1", dlr_callback=f"{receiver.url}/dlr"))
    clock.advance(seconds=1)
    common = {"to": "12065550100", "from": "12065550199", "body": "Your code is 123456"}
    assert receiver.payloads == [
        {"attributes": {**common, "status": "smsc submit"}, "id": sent, "type": "delivery_receipt"},
        {
            "attributes": {**common, "status": "message buffered", "status_code": 1003},
            "id": sent,
            "type": "delivery_receipt",
        },
    ]


def test_a_message_of_v2_has_receipts_too(send: Any, receiver: Any, clock: Clock) -> None:
    sent = message_id(send("v2", dlr_callback=f"{receiver.url}/dlr"))
    clock.advance(seconds=2)
    assert codes(receiver.payloads) == [(1, None), (2, 1003), (2, 1004)]
    assert {payload["data"]["links"]["related"] for payload in receiver.payloads} == {
        f"https://api.flowroute.com/v2.2/messages/{sent}"
    }


def test_the_receipts_of_an_mms_have_no_body(send: Any, receiver: Any, clock: Clock) -> None:
    send(body="Look", media_urls=[PICTURE], dlr_callback=f"{receiver.url}/dlr")
    clock.advance(seconds=0.3)
    (payload,) = receiver.payloads
    assert (payload["data"]["attributes"]["body"], payload["data"]["attributes"]["status"]) == ("", "mmsc submit")


def test_text_beyond_ascii_is_posted_as_utf8(send: Any, receiver: Any, clock: Clock) -> None:
    send(body="Größe €5 😀", dlr_callback=f"{receiver.url}/dlr")
    clock.advance(seconds=0.3)
    assert receiver.payloads[0]["data"]["attributes"]["body"] == "Größe €5 😀"


def test_receipts_are_off_until_somebody_asks(
    send: Any, put: Any, network: SimulatedNetwork, receiver: Any, clock: Clock
) -> None:
    put("sms_callback")  # for what comes in
    send()
    put("sms_dlr_callback")  # too late for the message that is under way
    clock.advance(minutes=5)
    assert network.callbacks.attempts() == []
    assert receiver.posts == []
    send()
    clock.advance(seconds=0.3)
    assert len(receiver.posts) == 1


def test_a_callback_that_was_removed_gets_nothing_more(
    send: Any, call: Any, put: Any, receiver: Any, clock: Clock
) -> None:
    put("sms_dlr_callback")
    send()
    clock.advance(seconds=0.3)
    call("DELETE", "/v2.1/messages/sms_dlr_callback")
    clock.advance(minutes=5)
    assert codes(receiver.payloads) == [(1, None)]


def test_the_message_goes_before_the_number_and_the_number_before_the_account(
    send: Any, call: Any, put: Any, receiver: Any, clock: Clock
) -> None:
    seen = []

    def one_more(**changes: Any) -> None:
        send(**changes)
        clock.advance(minutes=1)
        seen.append({post.path for post in receiver.posts})
        receiver.posts.clear()

    on_number = "/v2/numbers/12065550199/relationships"
    put("dlr_callback")
    one_more()
    put("sms_dlr_callback")
    one_more()
    call("POST", f"{on_number}/dlr_callback", json={"callback_url": f"{receiver.url}/number/dlr_callback"})
    one_more()
    call("POST", f"{on_number}/sms_dlr_callback", json={"callback_url": f"{receiver.url}/number/sms_dlr_callback"})
    one_more()
    one_more(**{"from": "18885550123"})
    one_more(dlr_callback=f"{receiver.url}/message")
    call("DELETE", f"{on_number}/sms_dlr_callback")
    call("DELETE", f"{on_number}/dlr_callback")
    one_more(dlr_callback="")
    assert seen == [
        {"/account/dlr_callback"},
        {"/account/sms_dlr_callback"},
        {"/number/dlr_callback"},
        {"/number/sms_dlr_callback"},
        {"/account/sms_dlr_callback"},
        {"/message"},
        {"/account/sms_dlr_callback"},
    ]


def test_an_mms_has_callbacks_of_its_own(send: Any, put: Any, receiver: Any, clock: Clock) -> None:
    put("sms_dlr_callback")
    send(media_urls=[PICTURE])
    clock.advance(seconds=2)
    assert receiver.posts == []
    put("dlr_callback")
    send(media_urls=[PICTURE])
    clock.advance(seconds=2)
    put("mms_dlr_callback")
    send(media_urls=[PICTURE])
    clock.advance(seconds=2)
    assert [post.path for post in receiver.posts] == ["/account/dlr_callback"] * 3 + ["/account/mms_dlr_callback"] * 3


def test_a_dlr_callback_is_an_http_url(subtests: pytest.Subtests, send: Any) -> None:
    for version in ["v2", "v2.1", "v2.2"]:
        for url in ["not a url", "ftp://example.org/", 7, [], {}, True]:
            with subtests.test(version=version, url=url):
                answer = send(version, dlr_callback=url)
                assert answer.status_code == 422
                assert list(answer.json()["errors"][0]["detail"]["data"]["attributes"]) == ["dlr_callback"]


def test_instant_receipts_are_posted_with_the_next_step(
    send: Any, call: Any, network: SimulatedNetwork, receiver: Any
) -> None:
    network.receipts = "instant"
    sent = message_id(send(dlr_callback=f"{receiver.url}/dlr"))
    call("GET", f"/v2.1/messages/{sent}")
    assert codes(receiver.payloads) == [(1, None), (2, 1003), (2, 1004)]


def test_by_hand_nothing_happens_until_a_receipt_is_set(
    send: Any, call: Any, network: SimulatedNetwork, receiver: Any, clock: Clock
) -> None:
    network.receipts = "manual"
    sent = message_id(send(dlr_callback=f"{receiver.url}/dlr"))
    clock.advance(days=1)
    assert receiver.posts == []
    assert network.inbox.texts("12065550100") == []
    network.set_receipt(sent, status="odd", code=None, level=1)
    assert network.inbox.texts("12065550100") == []
    clock.advance(seconds=10)
    message = network.set_receipt(sent, status="delivered", code=1004, level=2, description="It is there")
    assert message.id == sent
    shown = call("GET", f"/v2.1/messages/{sent}").json()["data"]["attributes"]
    assert shown["status"] == "delivered"
    assert shown["delivery_receipts"] == [
        {
            "status": "delivered",
            "status_code": 1004,
            "status_code_description": "It is there",
            "timestamp": "2026-03-03T17:00:10.00Z",
            "level": 2,
        },
        {
            "status": "odd",
            "status_code": None,
            "status_code_description": "",
            "timestamp": "2026-03-03T17:00:00.00Z",
            "level": 1,
        },
    ]
    (text,) = network.inbox.texts("12065550100")
    assert text.arrived_at_ms == clock.now_ms()
    attributes = [payload["data"]["attributes"] for payload in receiver.payloads]
    assert [each["status"] for each in attributes] == ["odd", "delivered"]
    assert attributes[1] == {
        "body": "Your code is 123456",
        "level": 2,
        "status": "delivered",
        "status_code": 1004,
        "status_code_description": "It is there",
        "timestamp": "2026-03-03T17:00:10+00:00",
    }


def test_a_receipt_by_hand_comes_among_the_others_by_its_time(
    send: Any, call: Any, network: SimulatedNetwork, clock: Clock
) -> None:
    sent = message_id(send())
    clock.advance(seconds=0.5)
    network.set_receipt(sent, status="failed", code=1007)
    clock.advance(seconds=5)
    shown = call("GET", f"/v2.1/messages/{sent}").json()["data"]["attributes"]
    assert [receipt["status_code"] for receipt in shown["delivery_receipts"]] == [1004, 1003, 1007, None]
    assert len(network.messages()) == 1


def test_only_a_message_to_a_phone_has_receipts(network: SimulatedNetwork) -> None:
    incoming = network.receive(from_="12065550100", to="12065550199", body="Hello")
    for wrong in (incoming.id, "mdr2-nothing"):
        with pytest.raises(KeyError):
            network.set_receipt(wrong, status="delivered", code=1004)
