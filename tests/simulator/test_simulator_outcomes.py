"""Outcomes chosen by the number that is texted, and by the state of the number that texts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpers.clock import Clock
from helpers.simulator import OUTCOMES, SimulatedNetwork
from helpers.simulator.outcomes import Outcome

EACH = pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.title)
ANSWERS = [outcome for outcome in OUTCOMES if outcome.group == "answer"]
RECEIPTS = [outcome for outcome in OUTCOMES if outcome.group == "receipt"]
VERSIONS = pytest.mark.parametrize("version", ["v2", "v2.1", "v2.2"])


def shown(call: Any, answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    return dict(call("GET", f"/v2.1/messages/{answer.json()['data']['id']}").json()["data"]["attributes"])


def codes(attributes: dict[str, Any]) -> list[int | None]:
    return [receipt["status_code"] for receipt in attributes["delivery_receipts"]]


def test_the_table_has_every_outcome_that_was_promised() -> None:
    assert [outcome.title for outcome in OUTCOMES] == [
        "400, code 1110",
        "403",
        "422",
        "429",
        "500",
        "503",
        "receipt 1116",
        "receipt 1150",
        "receipt 1201",
        "receipt 1003, then silence",
        "delivered late",
        "receipts out of order",
    ]
    numbers = [outcome.number for outcome in OUTCOMES]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"120655501\d\d", number) for number in numbers)
    assert not {"12065550100", "12065550101", "12065550199"} & set(numbers)
    assert all(outcome.what and re.match(r"§\d", outcome.source) for outcome in OUTCOMES)


@pytest.mark.parametrize("outcome", ANSWERS, ids=lambda outcome: outcome.title)
@VERSIONS
def test_the_answer_is_what_the_title_says(
    send: Any, network: SimulatedNetwork, clock: Clock, outcome: Outcome, version: str
) -> None:
    answer = send(version, to=outcome.number)
    (error,) = answer.json()["errors"]
    assert answer.status_code == error["status"] == int(outcome.title[:3])
    assert ("code" in error) == ("code" in outcome.title)
    assert network.messages() == []
    clock.advance(minutes=5)
    assert network.inbox.texts(outcome.number) == []


def test_503_says_so(send: Any) -> None:
    (error,) = send(to="12065550153").json()["errors"]
    assert sorted(error) == ["detail", "id", "status", "title"]
    assert error["title"] == "Service Unavailable"


def test_the_numbers_for_opt_out_403_and_422_answer_as_the_real_mistakes_do(
    send: Any, network: SimulatedNetwork
) -> None:
    network.receive(from_="12065550100", to="12065550199", body="STOP")

    def error(**changes: Any) -> dict[str, Any]:
        (entry,) = send(**changes).json()["errors"]
        entry.pop("id", None)
        return dict(entry)

    assert error(to="12065550110") == error()
    assert error(to="12065550133") == error(**{"from": "12065550198"})
    assert error(to="12065550132") == error(to="x")


def test_a_number_that_answers_429_has_no_window(send: Any, clock: Clock) -> None:
    for _ in range(2):
        assert send(to="12065550139").status_code == 429
        assert send().status_code == 202
        clock.advance(seconds=10)


@pytest.mark.parametrize("outcome", RECEIPTS, ids=lambda outcome: outcome.title)
def test_every_receipt_outcome_is_accepted_first(send: Any, outcome: Outcome) -> None:
    assert send(to=outcome.number).status_code == 202


@pytest.mark.parametrize("code", [1116, 1150, 1201])
def test_a_failure_is_told_by_its_code_and_nothing_arrives(
    send: Any, call: Any, network: SimulatedNetwork, clock: Clock, code: int
) -> None:
    (outcome,) = (each for each in OUTCOMES if each.title == f"receipt {code}")
    answer = send(to=outcome.number)
    clock.advance(days=30)
    attributes = shown(call, answer)
    assert (attributes["status"], codes(attributes)) == ("failed", [code, None])
    assert [receipt["level"] for receipt in attributes["delivery_receipts"]] == [2, 1]
    assert attributes["delivery_receipts"][0]["status_code_description"]
    assert network.inbox.texts(outcome.number) == []


def test_accepted_and_never_delivered(send: Any, call: Any, network: SimulatedNetwork, clock: Clock) -> None:
    answer = send(to="12065550117")
    clock.advance(days=30)
    attributes = shown(call, answer)
    assert (attributes["status"], codes(attributes)) == ("message buffered", [1003, None])
    assert network.inbox.texts("12065550117") == []


def test_delivered_late(send: Any, call: Any, network: SimulatedNetwork, clock: Clock) -> None:
    answer = send(to="12065550118")
    clock.advance(seconds=89.999)
    assert codes(shown(call, answer)) == [1003, None]
    assert network.inbox.texts("12065550118") == []
    clock.advance(seconds=0.001)
    assert codes(shown(call, answer)) == [1004, 1003, None]
    assert len(network.inbox.texts("12065550118")) == 1


def test_receipts_out_of_order(send: Any, call: Any, network: SimulatedNetwork, receiver: Any, clock: Clock) -> None:
    answer = send(to="12065550119", dlr_callback=f"{receiver.url}/dlr")
    clock.advance(seconds=10)
    told = [payload["data"]["attributes"]["status_code"] for payload in receiver.payloads]
    assert told == [1004, 1003, None]
    times = [payload["data"]["attributes"]["timestamp"] for payload in receiver.payloads]
    assert times == sorted(times, reverse=True)
    assert times[0] > times[-1]
    # The record knows better: what is muddled is the posting.
    assert codes(shown(call, answer)) == [1004, 1003, None]
    assert len(network.inbox.texts("12065550119")) == 1


def test_every_other_number_gets_its_text(send: Any, network: SimulatedNetwork, clock: Clock) -> None:
    assert send(to="12065550199").ok  # one of ours may be texted as well
    assert send(to="13105550142").ok
    clock.advance(seconds=1.5)
    assert [len(network.inbox.texts(number)) for number in ("12065550199", "13105550142")] == [1, 1]


# --- the number that texts ------------------------------------------------------------------------------------------


@VERSIONS
def test_a_number_that_is_not_enabled_gets_403(
    send: Any, network: SimulatedNetwork, clock: Clock, version: str
) -> None:
    number = network.accounts[0].numbers["12065550199"]
    number.messaging_enabled = False
    (error,) = send(version).json()["errors"]
    assert (error["status"], error["title"], error["detail"]) == (403, "ActionNotAuthorizedError", "")
    number.enabled_at_ms = clock.now_ms() + 1000
    assert send(version).status_code == 403
    clock.advance(seconds=1)
    assert send(version).ok


@pytest.mark.parametrize("state", ["unregistered", "pending"])
@pytest.mark.parametrize("sender", ["12065550199", "18885550123"])
def test_a_number_that_is_not_registered_is_accepted_and_fails(
    send: Any, call: Any, network: SimulatedNetwork, clock: Clock, state: Any, sender: str
) -> None:
    network.set_registration(sender, state)
    answer = send(**{"from": sender})
    clock.advance(minutes=5)
    attributes = shown(call, answer)
    assert (attributes["status"], codes(attributes)) == ("failed", [1103, None])
    assert network.inbox.texts("12065550100") == []
    network.set_registration(sender, "registered")
    send(**{"from": sender})
    clock.advance(minutes=5)
    assert len(network.inbox.texts("12065550100")) == 1


def test_the_registration_of_one_number_says_nothing_of_another(
    send: Any, network: SimulatedNetwork, clock: Clock
) -> None:
    network.set_registration("18885550123", "unregistered")
    send()
    clock.advance(seconds=2)
    assert len(network.inbox.texts("12065550100")) == 1


def test_an_mms_of_a_number_that_is_not_registered_fails_as_an_mms(
    send: Any, call: Any, network: SimulatedNetwork, clock: Clock
) -> None:
    network.set_registration("12065550199", "unregistered")
    answer = send(is_mms=True)
    clock.advance(seconds=2)
    assert [receipt["status"] for receipt in shown(call, answer)["delivery_receipts"]] == ["failed", "mmsc submit"]


def test_a_registration_needs_a_number_and_a_state_that_exist(network: SimulatedNetwork) -> None:
    with pytest.raises(KeyError):
        network.set_registration("12065550198", "registered")
    with pytest.raises(ValueError, match="registered, pending, unregistered"):
        network.set_registration("12065550199", "maybe")  # type: ignore[arg-type]
    assert network.accounts[0].numbers["12065550199"].registration == "registered"
