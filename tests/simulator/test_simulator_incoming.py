"""Messages from a phone: how they are posted and recorded, and the two words that the network itself hears."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork
from helpers.simulator.problems import Problem

PICTURE = "https://media.example/image000000.png"
PHONE, NUMBER = "12065550100", "12065550199"


@pytest.fixture
def url(network: SimulatedNetwork, call: Any, receiver: Any) -> str:
    """Where incoming texts and MMS go."""
    url = f"{receiver.url}/flowroute/inbound"
    for kind in ("sms_callback", "mms_callback"):
        assert call("PUT", f"/v2.1/messages/{kind}", json={"callback_url": url}).status_code == 204
    return url


def test_a_text_in_the_newer_format(network: SimulatedNetwork, receiver: Any, url: str, clock: Clock) -> None:
    clock.advance(seconds=0.98)
    message = network.receive(from_=PHONE, to=f"+{NUMBER}", body="hello")
    assert re.fullmatch(r"mdr2-[0-9a-f]{32}", message.id)
    assert receiver.payloads == [
        {
            "data": {
                "attributes": {
                    "amount_display": "$0.0070",
                    "amount_nanodollars": "7000000",
                    "body": "hello",
                    "direction": "inbound",
                    "from": PHONE,
                    "is_mms": False,
                    "message_callback_url": url,
                    "message_encoding": 0,
                    "message_type": "longcode",
                    "status": "delivered",
                    "timestamp": "2026-03-02T17:00:00.980000Z",
                    "to": NUMBER,
                },
                "type": "message",
                "id": message.id,
            }
        }
    ]
    (post,) = receiver.posts
    assert (post.method, post.path) == ("POST", "/flowroute/inbound")
    assert post.headers["Content-Type"] == "application/json"
    assert post.headers["Accept-Encoding"] == "gzip"


def test_a_text_in_the_older_format(network: SimulatedNetwork, receiver: Any, url: str) -> None:
    network.webhook_format = "v2"
    message = network.receive(from_=PHONE, to=NUMBER, body="Größe €5")
    assert re.fullmatch(r"mdr1-[0-9a-f]{32}", message.id)
    assert receiver.payloads == [{"to": NUMBER, "body": "Größe €5", "from": PHONE, "id": message.id}]


@pytest.mark.parametrize("body", [None, "Look"])
def test_an_mms_in_the_newer_format(network: SimulatedNetwork, receiver: Any, url: str, body: str | None) -> None:
    message = network.receive(from_=PHONE, to="18885550123", body=body, media_urls=[PICTURE])
    media = f"{message.id}-1"
    assert receiver.payloads == [
        {
            "data": {
                "attributes": {
                    "amount_display": "$0.0095",
                    "amount_nanodollars": 9_500_000,
                    "body": body,
                    "direction": "inbound",
                    "from": PHONE,
                    "is_mms": True,
                    "message_callback_url": url,
                    "message_encoding": 0,
                    "message_type": "toll-free",
                    "status": "",
                    "timestamp": "2026-03-02T17:00:00.000000Z",
                    "to": "18885550123",
                    "delivery_receipts": [],
                },
                "type": "message",
                "id": message.id,
                "relationships": {"media": {"data": [{"id": media, "type": "media"}]}},
            },
            "included": [
                {
                    "id": media,
                    "type": "media",
                    "attributes": {
                        "file_name": "image000000.png",
                        "file_size": 14832,
                        "mime_type": "image/png",
                        "url": PICTURE,
                    },
                    "links": {"self": f"https://api.flowroute.com/v2.2/media/{media}"},
                }
            ],
        }
    ]


def test_a_long_text_costs_by_the_segment(network: SimulatedNetwork, receiver: Any, url: str) -> None:
    network.receive(from_=PHONE, to=NUMBER, body="ä" * 71)
    attributes = receiver.payloads[0]["data"]["attributes"]
    assert (attributes["amount_nanodollars"], attributes["amount_display"]) == ("14000000", "$0.0140")
    assert attributes["message_encoding"] == 8


def test_texts_and_mms_have_callbacks_of_their_own_and_a_number_too(
    network: SimulatedNetwork, call: Any, receiver: Any
) -> None:
    def heard(**message: Any) -> list[str]:
        receiver.posts.clear()
        network.receive(**{"from_": PHONE, "to": NUMBER, "body": "Hello", **message})
        return [post.path for post in receiver.posts]

    assert heard() == []
    call("PUT", "/v2.2/messages/dlr_callback", json={"callback_url": f"{receiver.url}/dlr"})
    call("PUT", "/v2.2/messages/sms_callback", json={"callback_url": f"{receiver.url}/sms"})
    assert heard() == ["/sms"]
    assert heard(media_urls=[PICTURE]) == []
    call("PUT", "/v2.2/messages/mms_callback", json={"callback_url": f"{receiver.url}/mms"})
    assert heard(media_urls=[PICTURE]) == ["/mms"]
    path = f"/v2/numbers/{NUMBER}/relationships/sms_callback"
    call("POST", path, json={"callback_url": f"{receiver.url}/number"})
    assert heard() == ["/number"]
    assert heard(to="18885550123") == ["/sms"]
    assert heard(media_urls=[PICTURE]) == ["/mms"]


def test_the_record_of_a_text_that_came_in(network: SimulatedNetwork, call: Any) -> None:
    message = network.receive(from_=PHONE, to=NUMBER, body="hello")
    assert call("GET", f"/v2.1/messages/{message.id}").json() == {
        "data": {
            "attributes": {
                "body": "hello",
                "direction": "inbound",
                "amount_nanodollars": 7_000_000,
                "amount_display": "$0.0070",
                "from": PHONE,
                "to": NUMBER,
                "message_encoding": 0,
                "status": "delivered",
                "timestamp": "2026-03-02T17:00:00.00Z",
                "delivery_receipts": [],
                "is_mms": False,
                "message_type": "longcode",
            },
            "type": "message",
            "id": message.id,
        }
    }
    assert [record["id"] for record in call("GET", "/v2.2/messages?start_date=2026-03-02").json()["data"]] == [
        message.id
    ]
    assert call("GET", f"/v2/messages/{message.id}").status_code == 404


def test_the_record_of_an_mms_that_came_in(network: SimulatedNetwork, call: Any) -> None:
    message = network.receive(from_=PHONE, to=NUMBER, media_urls=[PICTURE])
    whole = call("GET", f"/v2.2/messages/{message.id}").json()
    attributes = whole["data"]["attributes"]
    assert (attributes["is_mms"], attributes["body"], attributes["status"]) == (True, None, "")
    assert (attributes["amount_nanodollars"], attributes["delivery_receipts"]) == (9_500_000, [])
    assert [media["attributes"]["url"] for media in whole["included"]] == [PICTURE]


def test_in_the_older_format_the_record_is_one_of_v2(network: SimulatedNetwork, call: Any) -> None:
    network.webhook_format = "v2"
    message = network.receive(from_=PHONE, to=NUMBER, body="hello")
    attributes = call("GET", f"/v2/messages/{message.id}").json()["data"]["attributes"]
    assert (attributes["direction"], attributes["has_mms"]) == ("inbound", False)
    assert (attributes["amount_nanodollars"], attributes["message_type"]) == (7_000_000, "long-code")
    assert call("GET", f"/v2.1/messages/{message.id}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from_": "206-555-0100"}, "from"),
        ({"from_": None}, "from"),
        ({"from_": 12065550100}, "from"),
        ({"to": "12065550198"}, "to"),
        ({"to": "x"}, "to"),
        ({"to": None}, "to"),
        ({"body": None}, "body"),
        ({"body": ""}, "body"),
        ({"body": 7}, "body"),
        ({"body": "\ud800"}, "body"),
        ({"media_urls": "x"}, "media_urls"),
        ({"media_urls": ["ftp://x/"]}, "media_urls"),
    ],
)
def test_a_phone_needs_a_number_that_is_ours_and_something_to_say(
    network: SimulatedNetwork, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Problem) as refused:
        network.receive(**{"from_": PHONE, "to": NUMBER, "body": "hello", **changes})
    detail: Any = refused.value.detail
    assert refused.value.status == 422
    assert list(detail["data"]["attributes"]) == [field]
    assert network.messages() == []


def test_a_number_that_cannot_text_hears_nothing(network: SimulatedNetwork) -> None:
    network.accounts[0].numbers[NUMBER].messaging_enabled = False
    with pytest.raises(Problem):
        network.receive(from_=PHONE, to=NUMBER, body="hello")


# --- STOP and UNSTOP ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", "stop", "Stop", " stop\n"])
@pytest.mark.parametrize("version", ["v2", "v2.1", "v2.2"])
def test_stop_alone_ends_it_with_400_and_1110(send: Any, network: SimulatedNetwork, version: str, word: str) -> None:
    network.receive(from_=PHONE, to=NUMBER, body=word)
    answer = send(version)
    assert (answer.status_code, answer.reason) == (400, "Bad Request")
    (error,) = answer.json()["errors"]
    assert sorted(error) == ["code", "detail", "id", "status", "title"]
    assert (error["code"], error["status"], error["title"]) == (1110, 400, "Client Error")
    assert "1110" in error["detail"]


OTHER_WORDS = ["STOP PLEASE", "STOP.", "STOPP", "please stop", "S T O P", "END", "HELP", "UNSUBSCRIBE", "UNSTOP"]


def test_anything_else_ends_nothing(subtests: pytest.Subtests, send: Any, network: SimulatedNetwork) -> None:
    for text in OTHER_WORDS:
        with subtests.test(text=text):
            network.receive(from_=PHONE, to=NUMBER, body=text)
            assert send().status_code == 202


def test_stop_counts_for_the_pair_alone_and_unstop_lifts_it(send: Any, network: SimulatedNetwork) -> None:
    network.receive(from_=PHONE, to=NUMBER, body="STOP")
    toll_free = {"from": "18885550123"}
    assert [send().status_code, send(**toll_free).status_code, send(to="12065550101").status_code] == [400, 202, 202]
    network.receive(from_=PHONE, to="18885550123", body="UNSTOP")
    network.receive(from_="12065550101", to=NUMBER, body="UNSTOP")
    assert send().status_code == 400
    network.receive(from_=PHONE, to=NUMBER, body="START")
    assert send().status_code == 400
    network.receive(from_=PHONE, to=NUMBER, body="unstop")
    assert send().status_code == 202


def test_a_refused_message_is_nowhere(send: Any, network: SimulatedNetwork, clock: Clock) -> None:
    network.receive(from_=PHONE, to=NUMBER, body="STOP")
    send()
    clock.advance(minutes=1)
    assert [text.body for text in network.inbox.texts(PHONE) if "code" in text.body] == []


def test_the_network_confirms_both_words_on_the_phone_at_once(network: SimulatedNetwork, call: Any) -> None:
    network.receive(from_=PHONE, to=NUMBER, body="STOP")
    network.receive(from_=PHONE, to=NUMBER, body="UNSTOP")
    network.receive(from_=PHONE, to=NUMBER, body="Thanks")
    stopped, started = network.inbox.texts(PHONE)
    assert (stopped.sender, started.sender) == (NUMBER, NUMBER)
    assert "UNSTOP" in stopped.body
    assert "STOP" in started.body.replace("UNSTOP", "")
    records = call("GET", "/v2.1/messages?start_date=2026-03-02").json()["data"]
    assert [record["attributes"]["body"] for record in records] == ["Thanks", "UNSTOP", "STOP"]
    assert call("GET", f"/v2.1/messages/{stopped.id}").status_code == 404


def test_the_networks_own_answer_is_nobodys_message(network: SimulatedNetwork) -> None:
    network.receive(from_=PHONE, to=NUMBER, body="STOP")
    asked, answer = network.messages()
    assert (asked.in_records, answer.in_records) == (True, False)
    assert answer.script.steps == ()
    with pytest.raises(KeyError):
        network.set_receipt(answer.id, status="delivered", code=1004)


def test_what_a_phone_cannot_text_is_said_in_words(network: SimulatedNetwork) -> None:
    with pytest.raises(Problem, match=r"^422: to: No account of this simulator owns that number") as refused:
        network.receive(from_=PHONE, to="12065550198", body="Hello")
    assert "12065550198" not in str(refused.value)


def test_both_words_are_posted_as_any_text(network: SimulatedNetwork, receiver: Any, url: str) -> None:
    for word in ("STOP", "UNSTOP"):
        network.receive(from_=PHONE, to=NUMBER, body=word)
    assert [payload["data"]["attributes"]["body"] for payload in receiver.payloads] == ["STOP", "UNSTOP"]


def test_stop_works_without_any_callback(send: Any, network: SimulatedNetwork) -> None:
    network.receive(from_=PHONE, to=NUMBER, body="STOP")
    assert network.callbacks.attempts() == []
    assert send().status_code == 400


def test_no_repr_shows_the_address_that_a_text_is_posted_to(network: SimulatedNetwork, receiver: Any, url: str) -> None:
    network.receive(from_=PHONE, to=NUMBER, body="hello")
    (attempt,) = network.callbacks.attempts()
    assert attempt.url == url
    settings = [setting for owner in (*network.accounts, *owned(network)) for setting in owner.callbacks.values()]
    assert url in [setting.url for setting in settings]
    assert url not in repr([attempt, *settings])


def owned(network: SimulatedNetwork) -> list[Any]:
    return [number for account in network.accounts for number in account.numbers.values()]
