"""The phones: what has arrived, what is on its way, and what no repr may show."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from helpers.clock import Clock
from helpers.phone_numbers import PhoneNumber
from helpers.simulator import Inbox, SimulatedNetwork


def test_a_text_shows_when_its_time_has_come(send: Any, network: SimulatedNetwork, clock: Clock) -> None:
    inbox, sent_at = network.inbox, clock.now_ms()
    message_id = send().json()["data"]["id"]
    assert inbox.texts("12065550100") == []
    assert inbox.latest("12065550100") is None
    assert inbox.next_arrival_ms("12065550100") == sent_at + 1500
    clock.advance(seconds=1.499)
    assert inbox.texts("12065550100") == []
    clock.advance(seconds=0.001)
    (text,) = inbox.texts("12065550100")
    assert inbox.latest("12065550100") == text
    assert inbox.next_arrival_ms("12065550100") is None
    assert (text.id, text.sender, text.body) == (message_id, "12065550199", "Your code is 123456")
    assert text.arrived_at_ms == sent_at + 1500


def test_oldest_first_even_if_a_later_one_overtook(send: Any, network: SimulatedNetwork, clock: Clock) -> None:
    send(body="slow")
    network.receipts = "instant"
    send(body="fast")
    assert [text.body for text in network.inbox.texts("12065550100")] == ["fast"]
    clock.advance(seconds=2)
    assert [text.body for text in network.inbox.texts("12065550100")] == ["fast", "slow"]


def test_each_phone_has_its_own_texts_however_its_number_is_written(send: Any, network: SimulatedNetwork) -> None:
    network.receipts = "instant"
    send(to="12065550100")
    send(to="12065550101")
    for number in ("12065550100", "+12065550100", PhoneNumber.parse("206-555-0100")):
        assert len(network.inbox.texts(number)) == 1
    with pytest.raises(ValueError, match="11 digits"):
        network.inbox.texts("206-555-0100")


def test_listeners_hear_of_each_message_until_stopped(send: Any, network: SimulatedNetwork) -> None:
    heard: list[int] = []
    network.receipts = "instant"
    stop = network.inbox.on_change(lambda: heard.append(len(network.inbox.texts("12065550100"))))
    send()
    send()
    send(to="x")
    stop()
    stop()
    send()
    assert heard == [1, 2]


def test_a_listener_that_fails_breaks_neither_the_api_nor_the_others(send: Any, network: SimulatedNetwork) -> None:
    heard: list[str] = []
    network.inbox.on_change(lambda: 1 / 0)
    network.inbox.on_change(lambda: heard.append("heard"))
    assert send().status_code == 202
    assert heard == ["heard"]


def test_no_repr_shows_a_key_a_number_or_a_body(send: Any, network: SimulatedNetwork, clock: Clock) -> None:
    network.receipts = "instant"
    send()
    text = network.inbox.latest("12065550100")
    (message,), (account,) = network.messages(), network.accounts
    (exchange,) = network.journal.entries()
    own = account.numbers["12065550199"]
    shown = " ".join(map(repr, [network, network.inbox, text, message, account, account.secret_key, own, exchange]))
    for secret in ("12345678", "practice-secret", "5550100", "5550199", "Your code", "123456 "):
        assert secret not in shown
    assert "••99" in shown
    assert isinstance(network.inbox, Inbox)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"numbers": ["206-555-0199"]}, "11 digits"),
        ({"access_key": ""}, "keys"),
        ({"access_key": "a:b"}, "colon"),
        ({"secret_key": ""}, "keys"),
        ({"record_delay_seconds": -1.0}, "delay"),
        ({"record_delay_seconds": float("nan")}, "delay"),
        ({"receipts": "sometimes"}, "realistic, instant"),
    ],
)
def test_a_network_refuses_what_makes_no_sense(change: dict[str, Any], words: str) -> None:
    good = {"clock": Clock(), "access_key": "1", "secret_key": "s3cr3t-value", "numbers": ["12065550199"]}
    with pytest.raises(ValueError, match=words) as refused:
        SimulatedNetwork(**{**good, **change})
    assert "s3cr3t-value" not in "".join(traceback.format_exception(refused.value))
