"""The request log, which masks keys, and the feed, which says that something is new."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

import pytest
import requests

from helpers.clock import Clock
from helpers.display.request_view import request_view
from helpers.simulator import SimulatedNetwork
from helpers.simulator.faults import Fault
from helpers.simulator.feed import Feed
from helpers.simulator.journal import Journal, kept_body, masked_headers

# --- the log --------------------------------------------------------------------------------------------------------


def test_an_exchange_is_kept_whole_with_its_message(
    send: Any, network: SimulatedNetwork, root: str, clock: Clock
) -> None:
    answer = send()
    (exchange,) = network.journal.entries()
    assert (exchange.method, exchange.url) == ("POST", f"{root}/v2.1/messages")
    assert (exchange.status, exchange.reason, exchange.error, exchange.fault) == (202, "Accepted", "", "")
    assert json.loads(exchange.request_body)["body"] == "Your code is 123456"
    assert exchange.response_body == answer.text
    assert exchange.request_headers["Content-Type"] == "application/json"
    assert exchange.response_headers["Content-Type"] == "application/vnd.api+json"
    assert exchange.at_ms == clock.now_ms()
    assert 0 <= exchange.elapsed_ms < 60_000
    message_id = answer.json()["data"]["id"]
    assert exchange.message_id == message_id
    assert network.journal.for_message(message_id) == network.journal.get(exchange.id) == exchange
    assert network.journal.for_message("mdr2-other") is network.journal.get(exchange.id + 1) is None


def test_it_draws_as_every_exchange_of_the_course_does(send: Any, network: SimulatedNetwork) -> None:
    send()
    view = request_view(network.journal.entries()[0].as_dict())
    assert (view["method"], view["answer"], view["good"], view["error"]) == ("POST", "202 Accepted", True, "")


def test_no_key_gets_into_the_log(call: Any, network: SimulatedNetwork) -> None:
    both = base64.b64encode(b"12345678:practice-secret").decode()
    call("GET", "/v2.1/messages", headers={"Cookie": "session=practice-secret", "Proxy-Authorization": f"Basic {both}"})
    call("GET", "/v2.1/messages", auth=lambda request: request, headers={"Authorization": both})
    for exchange in network.journal.entries():
        everything = json.dumps(exchange.as_dict())
        assert "practice-secret" not in everything
        assert both not in everything
    first, second = (exchange.request_headers for exchange in network.journal.entries())
    assert first["Authorization"] == first["Proxy-Authorization"] == "Basic ••••••••"
    assert first["Cookie"] == second["Authorization"] == "••••••••"


def test_the_log_shows_refusals_too_but_no_message_for_them(send: Any, call: Any, network: SimulatedNetwork) -> None:
    send(to="x")
    call("GET", "/nowhere?x=1")
    call("DELETE", "/v2.1/messages")
    call("GET", "/v2.1/messages", auth=("a", "b"))
    entries = network.journal.entries()
    assert [exchange.status for exchange in entries] == [422, 404, 405, 401]
    assert entries[1].url.endswith("/nowhere?x=1")
    assert {exchange.message_id for exchange in entries} == {None}


def test_the_controls_and_the_page_are_not_logged(call: Any, network: SimulatedNetwork) -> None:
    for path in ("/_simulator/state", "/_simulator/nothing", "/"):
        call("GET", path)
    assert network.journal.entries() == []


def test_a_body_that_is_no_text_or_too_long_is_kept_as_far_as_it_can_be(call: Any, network: SimulatedNetwork) -> None:
    headers = {"Content-Type": "application/json"}
    call("POST", "/v2.1/messages", data=b"\xff{", headers=headers)
    call("POST", "/v2.1/messages", data=b"x" * 1_100_000, headers=headers)
    first, second = network.journal.entries()
    assert first.request_body == "\ufffd{"
    assert (second.status, second.request_body) == (413, "(too long to be kept)")


def test_a_long_body_is_cut(send: Any, network: SimulatedNetwork) -> None:
    assert kept_body(b"x" * 65_536) == "x" * 65_536
    assert kept_body(b"x" * 65_540) == "x" * 65_536 + "\n(4 bytes more)"
    send(body="x" * 100_000)
    assert len(network.journal.entries()[0].request_body) < 70_000


def test_a_cut_connection_shows_as_no_answer_and_why(send: Any, network: SimulatedNetwork) -> None:
    network.faults.add(Fault("reset-after"))
    with pytest.raises(requests.ConnectionError):
        send()
    (exchange,) = network.journal.entries()
    assert (exchange.status, exchange.reason, exchange.response_headers) == (None, "", {})
    assert exchange.fault == "reset-after"
    assert "reset" in exchange.error
    (message,) = network.messages()
    assert exchange.message_id == message.id
    assert request_view(exchange.as_dict())["answer"] == "No answer"


def test_headers_are_masked_in_either_form() -> None:
    assert masked_headers({"AUTHORIZATION": "Basic x", "Accept": "a b"}) == {
        "AUTHORIZATION": "Basic ••••••••",
        "Accept": "a b",
    }
    assert masked_headers([("cookie", "a=b")]) == {"cookie": "••••••••"}


def test_the_oldest_makes_room_and_its_message_is_forgotten() -> None:
    journal = Journal(length=2)
    members: dict[str, Any] = {
        **{"at_ms": 0, "method": "POST", "url": "", "request_headers": {}, "request_body": "", "status": 200},
        **{"reason": "OK", "response_headers": {}, "response_body": "", "elapsed_ms": 0.0},
    }
    first, second, third = (journal.record(**members, message_id=name) for name in "abc")
    assert journal.entries() == [second, third]
    assert journal.get(first.id) is journal.for_message("a") is None
    assert journal.for_message("c") == third
    assert set(journal._by_message) == {"b", "c"}
    journal.clear()
    assert journal.entries() == []
    assert journal.for_message("c") is None
    assert not journal._by_message
    assert journal.record(**members).id == third.id + 1


# --- the feed -------------------------------------------------------------------------------------------------------


def test_the_feed_counts_and_remembers_which_messages_changed() -> None:
    feed = Feed()
    assert (feed.seq, feed.changed_since(0)) == (0, set())
    feed.note("a")
    feed.note()
    feed.note("b")
    assert feed.seq == 3
    assert feed.changed_since(0) == {"a", "b"}
    assert feed.changed_since(1) == feed.changed_since(2) == {"b"}
    assert feed.changed_since(3) == set()
    assert feed.changed_since(4) is None  # that was another simulator's count


def test_what_is_too_long_ago_cannot_be_told() -> None:
    feed = Feed()
    for _ in range(5_000):
        feed.note("a")
    assert feed.changed_since(0) == {"a"}
    feed.note("b")
    assert feed.changed_since(0) is None
    assert feed.changed_since(1) == {"a", "b"}


def test_after_forget_everybody_begins_anew() -> None:
    feed = Feed()
    feed.note("a")
    feed.forget()
    assert feed.changed_since(0) is feed.changed_since(1) is None
    assert feed.changed_since(feed.seq) == set()
    feed.note("b")
    assert feed.changed_since(feed.seq - 1) == {"b"}


def test_waiting_ends_with_news_with_the_time_and_at_the_end() -> None:
    feed = Feed()
    assert feed.wait(0, 0) == 0
    feed.note()
    assert feed.wait(0, 60) == 1
    for wake in (feed.note, feed.forget, feed.close):
        after, seen = feed.seq, []
        thread = threading.Thread(target=lambda after=after, seen=seen: seen.append(feed.wait(after, 60)))
        thread.start()
        time.sleep(0.01)  # most often it waits by now; right either way
        wake()
        thread.join(20)
        assert seen == [feed.seq]
    assert feed.closed
    assert feed.wait(feed.seq, 60) == feed.seq


def test_a_message_tells_of_itself_when_it_is_sent_comes_in_and_gets_a_receipt(
    send: Any, network: SimulatedNetwork, clock: Clock
) -> None:
    before = network.feed.seq
    sent = send().json()["data"]["id"]
    incoming = network.receive(from_="12065550100", to="12065550199", body="Hello").id
    assert network.feed.changed_since(before) == {sent, incoming}
    before = network.feed.seq
    network.set_receipt(sent, status="failed", code=1007)
    assert network.feed.changed_since(before) == {sent}
    before = network.feed.seq
    clock.advance(seconds=1)
    assert network.feed.seq > before


def test_whatever_a_page_shows_is_news_when_it_changes(call: Any, network: SimulatedNetwork) -> None:
    seen = [network.feed.seq]
    for change in (
        lambda: network.set_registration("12065550199", "pending"),
        lambda: call("PUT", "/v2.1/messages/sms_callback", json={"callback_url": "http://127.0.0.1/"}),
        lambda: call("GET", "/nowhere"),
        network.reset,
        network.clock.freeze,
        network.clock.resume,
        network.clock.back_to_real,
    ):
        change()
        seen.append(network.feed.seq)
    assert seen == sorted(set(seen))
