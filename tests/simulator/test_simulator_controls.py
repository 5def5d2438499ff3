"""The controls under ``/_simulator/``, the lock in front of them, and the stream that pages listen to."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, create_app
from helpers.simulator.behaviours import BEHAVIOURS
from helpers.simulator.outcomes import OUTCOMES
from helpers.simulator.page.stream import BEAT_SECONDS, Stream

Call = Callable[..., requests.Response]

ANA = "12065550100"
OURS = "12065550199"
CODE = "Your code is 123456.\n\n@bank.example #123456"


@pytest.fixture
def app(network: SimulatedNetwork, door: Any) -> Flask:
    """An app of its own: its stream remembers what it said."""
    return create_app(network, hosts=["api.flowroute.com", f"127.0.0.1:{door.running.port}"])


def told(answer: requests.Response) -> dict[str, list[str]]:
    """The fields that a 422 names."""
    assert answer.status_code == 422, answer.text
    fields: dict[str, list[str]] = answer.json()["errors"][0]["detail"]["data"]["attributes"]
    return fields


def problem(answer: requests.Response) -> dict[str, Any]:
    entry: dict[str, Any] = answer.json()["errors"][0]
    assert entry["status"] == answer.status_code
    return entry


# --- state and settings ----------------------------------------------------------------------------------------------


def test_the_state_at_the_start(call: Call, clock: Clock) -> None:
    state = call("GET", "/_simulator/state").json()
    assert state["clock"] == {"now_ms": clock.now_ms(), "now": "2026-03-02T17:00:00.000+00:00", "running": False}
    assert state["settings"] == {
        "rate_limit": False,
        "legacy_500": False,
        "strict_callbacks": True,
        "receipts": "realistic",
        "webhook_format": "v2.1",
        "record_delay_seconds": 0.0,
        "history": 10_000,
    }
    assert state["numbers"] == [
        {"number": OURS, "messaging_enabled": True, "registration": "registered", "toll_free": False},
        {"number": "18885550123", "messaging_enabled": True, "registration": "registered", "toll_free": True},
    ]
    assert state["faults"] == []
    assert state["counts"] == {"messages": 0, "requests": 0, "attempts": 0}


def test_settings_change_together_or_not_at_all(call: Call, network: SimulatedNetwork) -> None:
    changed = call("PATCH", "/_simulator/settings", json={"receipts": "instant", "record_delay_seconds": 2.5})
    assert (changed.json()["receipts"], changed.json()["record_delay_seconds"]) == ("instant", 2.5)
    wrong = call("PATCH", "/_simulator/settings", json={"receipts": "manual", "legacy_500": "yes"})
    assert told(wrong) == {"legacy_500": ["legacy_500 is true or false."]}
    assert network.receipts == "instant"


@pytest.mark.parametrize(
    "fields",
    [
        {"history": 5},
        {"surprise": 1},
        {"receipts": ["instant"]},
        {"receipts": None},
        {"record_delay_seconds": -1},
        {"record_delay_seconds": True},
        {"webhook_format": {}},
        {"rate_limit": 1},
    ],
)
def test_a_setting_that_is_wrong_is_named(call: Call, fields: dict[str, object]) -> None:
    assert told(call("PATCH", "/_simulator/settings", json=fields)).keys() == fields.keys()


def test_reset_begins_anew(call: Call, send: Call, network: SimulatedNetwork) -> None:
    send()
    call("PATCH", "/_simulator/settings", json={"receipts": "manual"})
    call("POST", "/_simulator/faults", json={"kind": "error-503", "path": "/v2"})
    answer = call("POST", "/_simulator/reset")
    assert (answer.status_code, answer.content) == (204, b"")
    state = call("GET", "/_simulator/state").json()
    assert state["counts"] == {"messages": 0, "requests": 0, "attempts": 0}
    assert (state["faults"], state["settings"]["receipts"]) == ([], "realistic")


# --- the clock -------------------------------------------------------------------------------------------------------


def test_the_clock_is_turned_frozen_and_set_free(call: Call, clock: Clock) -> None:
    began = clock.now_ms()
    turned = call("POST", "/_simulator/clock/advance", json={"minutes": 1, "seconds": 30.5}).json()
    assert turned["now_ms"] == began + 90_500
    running = call("PUT", "/_simulator/clock", json={"state": "running"}).json()
    assert running["running"] is True
    assert running["now_ms"] >= began + 90_500
    frozen = call("PUT", "/_simulator/clock", json={"state": "frozen"}).json()
    assert frozen["running"] is False
    assert call("GET", "/_simulator/clock").json() == frozen
    real = call("PUT", "/_simulator/clock", json={"state": "real"}).json()
    assert (real["running"], clock.now_ms() - real["now_ms"] < 60_000) == (True, True)
    assert real["now_ms"] > frozen["now_ms"]


@pytest.mark.parametrize("step", [{"seconds": 0}, {"days": 3_652}, {"hours": 0.5, "days": 1}])
def test_a_step_that_is_fine(call: Call, step: dict[str, float]) -> None:
    assert call("POST", "/_simulator/clock/advance", json=step).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{}", "seconds"),
        ('{"seconds": -1}', "seconds"),
        ('{"seconds": "5"}', "seconds"),
        ('{"seconds": true}', "seconds"),
        ('{"minutes": null}', "minutes"),
        ('{"days": 3654}', "days"),
        ('{"days": 1e300}', "days"),
        ('{"days": 1e999}', "days"),
        ('{"seconds": ' + "9" * 400 + "}", "seconds"),
        ('{"weeks": 1}', "weeks"),
    ],
)
def test_a_step_that_is_wrong_is_named(call: Call, clock: Clock, body: str, field: str) -> None:
    before = clock.now_ms()
    answer = call("POST", "/_simulator/clock/advance", data=body, headers={"Content-Type": "application/json"})
    assert told(answer).keys() == {field}
    assert clock.now_ms() == before


def test_the_clock_does_not_run_out_of_years(call: Call, clock: Clock) -> None:
    clock.advance(days=365 * 6_970)
    assert told(call("POST", "/_simulator/clock/advance", json={"days": 3_650})).keys() == {"days"}
    assert call("GET", "/_simulator/clock").status_code == 200


@pytest.mark.parametrize("state", ["stopped", None, 1, ["real"]])
def test_a_state_that_the_clock_does_not_have(call: Call, state: object) -> None:
    assert told(call("PUT", "/_simulator/clock", json={"state": state})).keys() == {"state"}


def test_a_clock_that_cannot_be_turned_says_so() -> None:
    network = SimulatedNetwork(clock=Clock.real(), access_key="a", secret_key="b", numbers=[OURS])
    client = create_app(network).test_client()
    root = {"base_url": "https://api.flowroute.com"}
    assert client.put("/_simulator/clock", json={"state": "frozen"}, **root).status_code == 409
    assert client.post("/_simulator/clock/advance", json={"days": 1}, **root).status_code == 409


# --- phones and messages ---------------------------------------------------------------------------------------------


def test_a_phone_shows_what_has_arrived_with_its_code(call: Call, send: Call, clock: Clock) -> None:
    message_id = send(body=CODE).json()["data"]["id"]
    path = f"/_simulator/phones/{ANA}/messages"
    assert call("GET", path).json() == {"messages": []}
    assert call("GET", "/_simulator/phones").json() == [{"number": ANA, "texts": 0, "last_at_ms": None}]
    clock.advance(seconds=1.5)
    assert call("GET", path).json()["messages"] == [
        {
            "id": message_id,
            "from": OURS,
            "to": ANA,
            "body": CODE,
            "media": [],
            "direction": "to_phone",
            "at_ms": clock.now_ms(),
            "code": "123456",
        }
    ]
    assert call("GET", "/_simulator/phones").json() == [{"number": ANA, "texts": 1, "last_at_ms": clock.now_ms()}]
    assert call("GET", f"/_simulator/phones/+{ANA}/messages").json() == call("GET", path).json()


def test_a_phone_shows_what_it_sent_and_in_which_order(call: Call, send: Call, clock: Clock) -> None:
    send(body="first")
    sent = call("POST", "/_simulator/incoming", json={"from": ANA, "to": OURS, "body": "second"})
    assert sent.status_code == 201
    assert (sent.json()["direction"], sent.json()["phone"], sent.json()["number"]) == ("inbound", ANA, OURS)
    clock.advance(seconds=2)
    texts = call("GET", f"/_simulator/phones/{ANA}/messages").json()["messages"]
    assert [(text["body"], text["direction"], text["code"]) for text in texts] == [
        ("second", "from_phone", None),
        ("first", "to_phone", None),
    ]


def test_what_never_arrives_is_on_no_phone(call: Call, send: Call, clock: Clock) -> None:
    send(to="12065550116")
    clock.advance(hours=1)
    assert call("GET", "/_simulator/phones/12065550116/messages").json() == {"messages": []}


def test_the_phone_that_texted_last_comes_first(call: Call, send: Call, clock: Clock) -> None:
    for to in ("12065550101", "12065550102", "12065550101"):
        send(to=to)
        clock.advance(seconds=2)
    assert [phone["number"] for phone in call("GET", "/_simulator/phones").json()] == ["12065550101", "12065550102"]


@pytest.mark.parametrize("number", ["206", "abc", "2065550100", "1206555010%00"])
def test_a_phone_that_is_no_number(call: Call, number: str) -> None:
    assert told(call("GET", f"/_simulator/phones/{number}/messages")).keys() == {"number"}


def test_an_incoming_picture(call: Call) -> None:
    fields = {"from": ANA, "to": OURS, "media_urls": ["https://media.example/cat.jpg"]}
    sent = call("POST", "/_simulator/incoming", json=fields).json()
    assert sent["media"] == [
        {"url": "https://media.example/cat.jpg", "mime_type": "image/jpeg", "file_name": "cat.jpg"}
    ]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, {"from", "to", "body"}),
        ({"from": ANA, "to": "12065550198", "body": "x"}, {"to"}),
        ({"from": ANA, "to": OURS, "body": 5}, {"body"}),
        ({"from": ANA, "to": OURS, "body": "x", "media_urls": "https://media.example/"}, {"media_urls"}),
        ({"from": ANA, "to": OURS, "body": "x", "colour": "red"}, {"colour"}),
    ],
)
def test_an_incoming_text_that_is_wrong(call: Call, fields: dict[str, object], named: set[str]) -> None:
    assert told(call("POST", "/_simulator/incoming", json=fields)).keys() == named


def test_a_message_with_all_that_is_known_of_it(call: Call, send: Call, clock: Clock, receiver: Any) -> None:
    began = clock.now_ms()
    answer = send(body=CODE, dlr_callback=f"{receiver.url}/receipts")
    message_id = answer.json()["data"]["id"]
    clock.advance(seconds=0.5)
    whole = call("GET", f"/_simulator/messages/{message_id}").json()
    assert whole.pop("exchange_id") == call("GET", "/_simulator/requests").json()[0]["id"]
    attempts = whole.pop("attempts")
    assert [(each["kind"], each["attempt"], each["status"], each["at_ms"] - began) for each in attempts] == [
        ("receipt", 1, 200, 300)
    ]
    receipts = whole.pop("receipts")
    assert [(each["status"], each["code"], each["level"], each["at_ms"] - began) for each in receipts] == [
        ("smsc submit", None, 1, 300),
        ("message buffered", 1003, 2, 1000),
        ("delivered", 1004, 2, 1500),
    ]
    assert whole == {
        "id": message_id,
        "phone": ANA,
        "number": OURS,
        "direction": "outbound",
        "body": CODE,
        "media": [],
        "sent_at_ms": began,
        "arrives_at_ms": began + 1500,
        "version": "v2.1",
        "in_records": True,
        "is_mms": False,
        "segments": 1,
        "encoding": 0,
        "amount_display": "$0.0040",
        "code": "123456",
    }


def test_a_receipt_by_hand(call: Call, send: Call, network: SimulatedNetwork, clock: Clock) -> None:
    network.receipts = "manual"
    message_id = send().json()["data"]["id"]
    clock.advance(seconds=5)
    fields = {"status": "delivered", "code": 1004, "description": "Message delivered to handset"}
    added = call("POST", f"/_simulator/messages/{message_id}/receipts", json=fields)
    assert added.status_code == 201
    assert added.json()["receipts"] == [{"level": 2, "at_ms": clock.now_ms(), **fields}]
    record = call("GET", f"/v2.1/messages/{message_id}").json()["data"]["attributes"]
    assert record["status"] == "delivered"
    assert len(call("GET", f"/_simulator/phones/{ANA}/messages").json()["messages"]) == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "status"),
        ({"status": ""}, "status"),
        ({"status": 5}, "status"),
        ({"status": "\ud800"}, "status"),
        ({"status": "x" * 501}, "status"),
        ({"status": "x", "code": "1004"}, "code"),
        ({"status": "x", "code": True}, "code"),
        ({"status": "x", "code": 100_000}, "code"),
        ({"status": "x", "level": 3}, "level"),
        ({"status": "x", "level": None}, "level"),
        ({"status": "x", "description": None}, "description"),
        ({"status": "x", "when": 1}, "when"),
    ],
)
def test_a_receipt_that_is_wrong_is_named(call: Call, send: Call, fields: dict[str, object], named: str) -> None:
    message_id = send().json()["data"]["id"]
    assert told(call("POST", f"/_simulator/messages/{message_id}/receipts", json=fields)).keys() == {named}


def test_messages_that_there_are_not(call: Call) -> None:
    sent = call("POST", "/_simulator/incoming", json={"from": ANA, "to": OURS, "body": "Hi"}).json()
    assert call("GET", f"/_simulator/messages/{sent['id']}").json()["receipts"] == []
    receipt = {"status": "delivered"}
    for path in ("mdr2-0", sent["id"]):
        answer = call("POST", f"/_simulator/messages/{path}/receipts", json=receipt)
        assert (answer.status_code, problem(answer)["title"]) == (404, "Not Found")
    assert call("GET", "/_simulator/messages/mdr2-0").status_code == 404


# --- the log ---------------------------------------------------------------------------------------------------------


def test_the_log_shows_requests_without_keys(call: Call, send: Call) -> None:
    send()
    send(to="nobody")
    entries = call("GET", "/_simulator/requests").json()
    assert [(entry["method"], entry["status"]) for entry in entries] == [("POST", 202), ("POST", 422)]
    assert "practice-secret" not in json.dumps(entries)
    assert entries[0]["request_headers"]["Authorization"] == "Basic ••••••••"
    one = call("GET", f"/_simulator/requests/{entries[1]['id']}").json()
    view = one.pop("view")
    assert one == entries[1]
    assert view["answer"] == "422 Unprocessable Entity"
    assert call("GET", "/_simulator/requests/999999").status_code == 404


def test_the_log_is_read_in_pages(call: Call, send: Call) -> None:
    for _ in range(5):
        send()
    ids = [entry["id"] for entry in call("GET", "/_simulator/requests").json()]
    assert len(ids) == 5

    def page(query: str) -> list[int]:
        return [entry["id"] for entry in call("GET", f"/_simulator/requests?{query}").json()]

    assert page("limit=2") == ids[-2:]
    assert page(f"limit=2&after={ids[0]}") == ids[1:3]
    assert page(f"after={ids[4]}") == []


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=", "after=-1", "after=²", "limit=1.0"])
@pytest.mark.parametrize("log", ["requests", "callbacks"])
def test_a_page_that_is_wrong(call: Call, log: str, query: str) -> None:
    assert told(call("GET", f"/_simulator/{log}?{query}")).keys() == {query.partition("=")[0]}


def test_the_log_of_callbacks(call: Call, receiver: Any, network: SimulatedNetwork) -> None:
    call("PUT", "/v2.1/messages/sms_callback", json={"callback_url": f"{receiver.url}/incoming"})
    receiver.statuses = [500]
    call("POST", "/_simulator/incoming", json={"from": ANA, "to": OURS, "body": "Hi"})
    (attempt,) = call("GET", "/_simulator/callbacks").json()
    assert (attempt["kind"], attempt["attempt"], attempt["status"]) == ("incoming", 1, 500)
    assert (attempt["url"], attempt["payload"]["data"]["attributes"]["body"]) == (f"{receiver.url}/incoming", "Hi")


# --- faults, numbers, tables -----------------------------------------------------------------------------------------


def test_faults_are_ordered_listed_and_removed(call: Call, send: Call) -> None:
    ordered = call("POST", "/_simulator/faults", json={"kind": "error-503", "times": 2})
    assert ordered.status_code == 201
    assert send().status_code == 503
    (fault,) = call("GET", "/_simulator/faults").json()
    assert (fault["id"], fault["left"], fault["struck"]) == (ordered.json()["id"], 1, 1)
    assert call("DELETE", f"/_simulator/faults/{fault['id']}").status_code == 204
    assert call("DELETE", f"/_simulator/faults/{fault['id']}").status_code == 404
    assert send().status_code == 202
    for _ in range(2):
        call("POST", "/_simulator/faults", json={"kind": "error-500"})
    assert call("DELETE", "/_simulator/faults").status_code == 204
    assert call("GET", "/_simulator/faults").json() == []


@pytest.mark.parametrize(
    ("fault", "named"), [({}, "kind"), ({"kind": "error-503", "times": 0}, "times"), ({"kind": "x"}, "kind")]
)
def test_a_fault_that_is_wrong_is_named(call: Call, fault: dict[str, object], named: str) -> None:
    assert told(call("POST", "/_simulator/faults", json=fault)).keys() == {named}


def test_a_number_is_unregistered_and_cut_off(call: Call, send: Call, network: SimulatedNetwork) -> None:
    changed = call("PATCH", f"/_simulator/numbers/+{OURS}", json={"registration": "unregistered"}).json()
    assert changed["registration"] == "unregistered"
    message_id = send().json()["data"]["id"]
    network.clock.advance(seconds=5)
    assert call("GET", f"/v2.1/messages/{message_id}").json()["data"]["attributes"]["status"] == "failed"
    call("PATCH", f"/_simulator/numbers/{OURS}", json={"messaging_enabled": False})
    assert send().status_code == 403
    assert call("GET", "/_simulator/numbers").json()[0] == {**changed, "messaging_enabled": False}
    call("PATCH", f"/_simulator/numbers/{OURS}", json={"messaging_enabled": True, "registration": "registered"})
    assert send().status_code == 202


def test_a_number_that_is_wrong(call: Call) -> None:
    path = f"/_simulator/numbers/{OURS}"
    wrong = {"registration": "maybe", "messaging_enabled": "yes"}
    assert told(call("PATCH", path, json=wrong)).keys() == wrong.keys()
    assert told(call("PATCH", path, json={"registration": []})).keys() == {"registration"}
    assert told(call("PATCH", path, json={"toll_free": True})).keys() == {"toll_free"}
    assert call("PATCH", "/_simulator/numbers/12065550198", json={}).status_code == 404


def test_the_tables(call: Call) -> None:
    magic = call("GET", "/_simulator/magic-numbers").json()
    assert [entry["number"] for entry in magic] == [outcome.number for outcome in OUTCOMES]
    assert magic[0].keys() == {"number", "group", "title", "what", "tag", "source"}
    behaviours = call("GET", "/_simulator/behaviours").json()
    assert [entry["name"] for entry in behaviours] == [behaviour.name for behaviour in BEHAVIOURS]
    assert call("GET", "/_simulator/openapi.json").json()["openapi"].startswith("3.1")


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[]", {"Content-Type": "application/json"}, 400),
        (b"\xff", {"Content-Type": "application/json; charset=utf-8"}, 400),
        (b'{"state": NaN}', {"Content-Type": "application/json"}, 400),
        (b'{"state": "real"}', {"Content-Type": "text/plain"}, 415),
        (b"state=real", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b'{"state": "real"}', {}, 415),
        (b"", {}, 415),
        (b"[" * 100_000, {"Content-Type": "application/json"}, 400),
        (b"x" * (1024 * 1024 + 1), {"Content-Type": "application/json"}, 413),
    ],
)
def test_bodies_that_are_not_json(call: Call, body: bytes, headers: dict[str, str], status: int) -> None:
    answer = call("PUT", "/_simulator/clock", data=body, headers=headers)
    assert (answer.status_code, problem(answer)["status"]) == (status, status)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_simulator/", 404),
        ("GET", "/_simulator", 404),
        ("GET", "/_simulator/requests/x", 404),
        ("GET", "/_simulator/page/nothing.js", 404),
        ("GET", "/_simulator/page/..%2f..%2fnetwork.py", 404),
        ("DELETE", "/_simulator/faults/-1", 404),
        ("POST", "/_simulator/state", 405),
        ("GET", "/_simulator/reset", 405),
        ("OPTIONS", "/_simulator/state", 405),
    ],
)
def test_paths_and_methods_that_there_are_not(call: Call, method: str, path: str, status: int) -> None:
    answer = call(method, path)
    assert (answer.status_code, problem(answer)["status"]) == (status, status)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "api.flowroute.com.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "file://"},
        {"Origin": "ftp://api.flowroute.com"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    ],
)
@pytest.mark.parametrize("path", ["/_simulator/state", "/_simulator/page/page.js", "/_simulator/none", "/_simulator"])
def test_strangers_are_refused(call: Call, headers: dict[str, str], path: str) -> None:
    answer = call("GET", path, headers=headers)
    assert (answer.status_code, problem(answer)["title"]) == (403, "Forbidden")
    assert problem(answer)["detail"]


def test_a_stranger_changes_nothing(call: Call, network: SimulatedNetwork) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = call("PUT", "/_simulator/clock", json={"state": "real"}, headers=headers)
        assert answer.status_code == 403
    assert network.clock.running is False


def test_its_own_page_may_do_everything(call: Call, root: str) -> None:
    headers = {"Origin": root, "Sec-Fetch-Site": "same-origin"}
    assert call("PUT", "/_simulator/clock", json={"state": "running"}, headers=headers).status_code == 200


def test_the_api_itself_answers_under_any_name(call: Call, send: Call) -> None:
    fields = {"to": ANA, "from": OURS, "body": "x"}
    for headers in ({"Host": "sms.example"}, {"Origin": "http://app.example"}):
        assert call("POST", "/v2.1/messages", json=fields, headers=headers).status_code == 202


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("192.0.2.1:8025", 200),
        ("[2001:db8::1]:8025", 200),
        ("192.0.2.1", 200),
        ("sim.example:8025", 200),
        ("SIM.example:8025", 200),
        ("evil.example:8025", 403),
        ("192.0.2.1.evil.example", 403),
        ("192.0.2.1@evil.example", 403),
        ("[", 403),
    ],
)
def test_where_any_address_is_bound_addresses_are_no_strangers(
    network: SimulatedNetwork, host: str, status: int
) -> None:
    client = create_app(network, hosts=["*ip*", "sim.example:8025"]).test_client()
    for path in ("/", "/_simulator/state"):
        assert client.get(path, headers={"Host": host}).status_code == status


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(network: SimulatedNetwork) -> Iterator[Any]:
    with create_app(network, hosts=["localhost"]).test_client() as client:
        yield client


def test_the_page_may_run_its_own_files_and_nothing_else(client: Any) -> None:
    page = client.get("/")
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page.text)


def test_every_file_of_the_page_is_there_and_comes_from_here(client: Any) -> None:
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        text = answer.text.replace("http://www.w3.org/2000/svg", "").replace("https://media.example/", "")
        assert not re.search(r"https?://|@import|url\(", text), path
        found = re.findall(r'(?:src|href)="(_simulator/[^"]+)"|from "\./([\w.]+)"', text)
        files = {f"/{link}" if link else f"/_simulator/page/{module}" for link, module in found}
        waiting.extend(files - seen - set(waiting))
    assert {"/_simulator/page/page.js", "/_simulator/page/phone.js", "/_simulator/page/request_view.css"} <= seen
    assert client.get("/_simulator/page/page.js").content_type == "text/javascript; charset=utf-8"
    assert client.get("/_simulator/page/page.css").content_type == "text/css; charset=utf-8"


def test_a_link_to_the_page_may_be_followed_from_anywhere_but_not_framed(client: Any) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=link).status_code == 200
    assert client.get("/", headers=link | {"Sec-Fetch-Dest": "iframe"}).status_code == 403
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403


def test_the_page_and_the_controls_are_not_in_the_log(client: Any, network: SimulatedNetwork) -> None:
    for path in ("/", "/_simulator/page/page.js", "/_simulator/state", "/_simulator/none"):
        client.get(path)
    assert network.journal.entries() == []


# --- the stream ------------------------------------------------------------------------------------------------------


class Beats:
    """Real seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.05
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def parsed(event: str) -> tuple[int, str, dict[str, Any]]:
    number, name, data = re.fullmatch(r"id: (\d+)\nevent: (\w+)\ndata: (.+)\n\n", event).groups()  # type: ignore[union-attr]
    return int(number), name, json.loads(data)


@pytest.fixture
def beats() -> Beats:
    return Beats()


@pytest.fixture
def stream(network: SimulatedNetwork, beats: Beats) -> Stream:
    return Stream(network, monotonic=beats, sleep=beats.sleep)


def text(network: SimulatedNetwork, body: str) -> str:
    return network.receive(from_=ANA, to=OURS, body=body).id


def test_a_snapshot_is_where_a_stream_begins(network: SimulatedNetwork, stream: Stream) -> None:
    first = text(network, "first")
    snapshot = stream.snapshot()
    assert [message["id"] for message in snapshot["messages"]] == [first]
    assert snapshot["seq"] == network.feed.seq
    assert {"now_ms", "running", "counts", "settings", "faults", "numbers", "fault_kinds", "magic_numbers"} < set(
        snapshot
    )
    second = text(network, "second")
    events = stream.events(snapshot["seq"])
    assert next(events) == "retry: 1000\n\n"
    number, name, data = parsed(next(events))
    assert (number, name, data["seq"]) == (network.feed.seq, "change", network.feed.seq)
    assert [message["id"] for message in data["messages"]] == [second]
    assert data["counts"]["messages"] == 2


def test_a_snapshot_holds_the_latest_500(network: SimulatedNetwork, stream: Stream) -> None:
    for number in range(503):
        text(network, str(number))
    bodies = [message["body"] for message in stream.snapshot()["messages"]]
    assert (len(bodies), bodies[0], bodies[-1]) == (500, "3", "502")


def test_many_changes_are_one_event_a_beat(network: SimulatedNetwork, stream: Stream, beats: Beats) -> None:
    events = stream.events(network.feed.seq)
    next(events)
    for number in range(20):
        text(network, str(number))
    began = beats.now
    assert len(parsed(next(events))[2]["messages"]) == 20
    assert beats.now % BEAT_SECONDS == pytest.approx(0, abs=1e-6) or beats.now % BEAT_SECONDS == pytest.approx(0.2)
    text(network, "more")
    before = beats.now
    next(events)
    assert beats.now - before == pytest.approx(BEAT_SECONDS)
    assert beats.now - began <= 2 * BEAT_SECONDS + 1e-6


def test_pages_that_stand_at_the_same_place_share_a_batch(
    network: SimulatedNetwork, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = itertools.count()
    make = stream._make_batch
    monkeypatch.setattr(stream, "_make_batch", lambda *places: (next(made), make(*places))[1])
    pages = [stream.events(network.feed.seq) for _ in range(20)]
    for page in pages:
        next(page)
    text(network, "Hello")
    assert len({next(page) for page in pages}) == 1
    assert next(made) == 1


def test_settings_are_told_when_they_change(network: SimulatedNetwork, stream: Stream) -> None:
    events = stream.events(stream.snapshot()["seq"])
    next(events)
    for number in range(3):
        text(network, str(number))
        batch = next(events)  # the first two tell them anyhow: once too often is safe, once too seldom is not
    assert "settings" not in parsed(batch)[2]
    network.receipts = "manual"
    changed = parsed(next(events))[2]
    assert changed["settings"]["receipts"] == "manual"
    assert changed["messages"] == []


def test_a_change_just_after_a_batch_reaches_those_who_had_it(
    network: SimulatedNetwork, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = (stream._make_batch(network.feed.seq, network.feed.seq) for _ in range(2))
    assert "settings" in early
    assert "settings" in late
    seq = network.feed.seq
    network.receipts = "instant"
    # This batch is of the place before the change, and made after it: it has the news, and who stands there has not.
    assert "instant" in stream._make_batch(seq - 1, seq)
    assert "instant" in stream._make_batch(seq, network.feed.seq)


def test_who_was_away_too_long_is_told_to_begin_anew(network: SimulatedNetwork, stream: Stream) -> None:
    text(network, "old")
    seq = network.feed.seq
    network.reset()
    events = stream.events(seq)
    next(events)
    assert parsed(next(events))[1:] == ("reload", {"seq": network.feed.seq})
    assert next(events, None) is None
    from_another_life = stream.events(network.feed.seq + 5)
    next(from_another_life)
    assert parsed(next(from_another_life))[1] == "reload"


def test_too_many_changes_for_one_event(network: SimulatedNetwork, stream: Stream) -> None:
    events = stream.events(network.feed.seq)
    next(events)
    for number in range(501):
        text(network, str(number))
    assert parsed(next(events))[1] == "reload"


def test_silence_is_a_comment(network: SimulatedNetwork, stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def wait(after: int, timeout: float) -> int:
        waits.append(timeout)
        return after

    monkeypatch.setattr(network.feed, "wait", wait)
    events = stream.events(network.feed.seq)
    next(events)
    assert next(events) == ": still here\n\n"
    assert waits == [15.0]


def test_a_stream_ends_with_the_simulator(network: SimulatedNetwork, stream: Stream) -> None:
    events = stream.events(network.feed.seq)
    next(events)
    network.feed.close()
    assert [event for event in events if "event:" in event] == []


def test_hostile_text_stays_in_its_line(network: SimulatedNetwork, stream: Stream) -> None:
    body = "a\n\nevent: reload\ndata: {}\r\n\u2028\u202e<img onerror>"
    after = network.feed.seq
    text(network, body)
    batch = stream._make_batch(after, network.feed.seq)
    assert batch.count("\n") == 4
    assert parsed(batch)[2]["messages"][0]["body"] == body


def test_listening_over_the_wire(call: Call, root: str, network: SimulatedNetwork) -> None:
    after = network.feed.seq
    message_id = text(network, "Hello")
    with call("GET", "/_simulator/events", headers={"Last-Event-ID": str(after)}, stream=True) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        data = next(line for line in lines if line.startswith("data: "))
    assert [message["id"] for message in json.loads(data[6:])["messages"]] == [message_id]
    network.feed.close()  # lets a served stream go at once


@pytest.mark.parametrize(("header", "query"), [("x", ""), (None, "?after=-1"), (None, "?after=9999999999999999")])
def test_a_place_that_is_wrong(call: Call, header: str | None, query: str) -> None:
    headers = {"Last-Event-ID": header} if header else {}
    assert told(call("GET", f"/_simulator/events{query}", headers=headers)).keys() == {"after"}
