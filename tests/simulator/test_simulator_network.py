"""Several accounts, options, the cap on history, reset, and many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app
from helpers.simulator.account import CallbackSetting
from helpers.simulator.faults import Fault
from helpers.simulator.messages import Version
from helpers.simulator.wire.messages import SendRequest

PHONE, NUMBER, THEIRS = "12065550100", "12065550199", "12065550198"
OTHER = ("87654321", "another-secret")


@pytest.fixture
def theirs(network: SimulatedNetwork) -> dict[str, Any]:
    """A second account: what to send with it."""
    network.add_account(access_key=OTHER[0], secret_key=OTHER[1], numbers=[f"+{THEIRS}"])
    return {"to": PHONE, "from": THEIRS, "body": "Hello from the other account"}


def small(clock: Clock, **options: Any) -> SimulatedNetwork:
    return SimulatedNetwork(
        clock=clock, access_key="1", secret_key="s", numbers=[NUMBER], **{"rate_limit": False, **options}
    )


def wanted(body: str = "Hello", to: str = PHONE) -> SendRequest:
    return SendRequest(to, NUMBER, body)


# --- accounts -------------------------------------------------------------------------------------------------------


def test_each_account_has_its_own_numbers_and_records(
    send: Any, call: Any, network: SimulatedNetwork, theirs: dict[str, Any]
) -> None:
    ours = send().json()["data"]["id"]
    answer = call("POST", "/v2.1/messages", json=theirs, auth=OTHER)
    assert answer.status_code == 202
    other = answer.json()["data"]["id"]
    network.receive(from_=PHONE, to=THEIRS, body="inbound for them")
    assert send(**{"from": THEIRS}).status_code == 403
    assert call("POST", "/v2.1/messages", json={**theirs, "from": NUMBER}, auth=OTHER).status_code == 403
    assert call("GET", f"/v2.1/messages/{other}").status_code == 404
    assert call("GET", f"/v2.1/messages/{ours}", auth=OTHER).status_code == 404
    listed = "/v2.1/messages?start_date=2026-03-02"
    assert [record["id"] for record in call("GET", listed).json()["data"]] == [ours]
    bodies = [record["attributes"]["body"] for record in call("GET", listed, auth=OTHER).json()["data"]]
    assert bodies == ["inbound for them", theirs["body"]]
    assert network.numbers == (NUMBER, "18885550123", THEIRS)


def test_keys_do_not_mix(call: Any, theirs: dict[str, Any]) -> None:
    for keys in (("12345678", OTHER[1]), (OTHER[0], "practice-secret")):
        assert call("GET", "/v2.1/messages", auth=keys).status_code == 401


def test_each_account_has_its_own_windows(
    send: Any, call: Any, network: SimulatedNetwork, theirs: dict[str, Any]
) -> None:
    network.rate_limit = True
    assert [send().status_code for _ in range(6)] == [202] * 5 + [429]
    statuses = [call("POST", "/v2.1/messages", json=theirs, auth=OTHER).status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]


def test_each_account_has_its_own_callbacks(
    send: Any, call: Any, network: SimulatedNetwork, receiver: Any, theirs: dict[str, Any], clock: Clock
) -> None:
    for keys, name in ((None, "ours"), (OTHER, "theirs")):
        for kind in ("sms_callback", "sms_dlr_callback"):
            url = f"{receiver.url}/{name}/{kind}"
            answer = call(
                "PUT", f"/v2.1/messages/{kind}", json={"callback_url": url}, **({"auth": keys} if keys else {})
            )
            assert answer.status_code == 204
    network.receive(from_=PHONE, to=THEIRS, body="hello")
    call("POST", "/v2.1/messages", json=theirs, auth=OTHER)
    clock.advance(seconds=0.3)
    assert [post.path for post in receiver.posts] == ["/theirs/sms_callback", "/theirs/sms_dlr_callback"]
    assert (
        call("POST", f"/v2/numbers/{THEIRS}/relationships/sms_callback", json={"callback_url": "http://x/"}).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"access_key": "12345678"}, "same access key"),
        ({"numbers": ["12065550197", NUMBER]}, "same number"),
        ({"numbers": ["206-555-0198"]}, "11 digits"),
        ({"access_key": "a:b"}, "colon"),
        ({"secret_key": ""}, "keys"),
    ],
)
def test_an_account_that_makes_no_sense_is_not_added(network: SimulatedNetwork, account: Any, words: str) -> None:
    good = {"access_key": OTHER[0], "secret_key": OTHER[1], "numbers": [THEIRS]}
    with pytest.raises(ValueError, match=words):
        network.add_account(**{**good, **account})
    assert len(network.accounts) == 1
    assert network.numbers == (NUMBER, "18885550123")
    network.add_account(**good)  # type: ignore[arg-type]
    assert network.owner_of(THEIRS) is not None


def test_nobody_owns_a_number_of_nobody(network: SimulatedNetwork) -> None:
    owned = network.owner_of(NUMBER)
    assert owned == (network.accounts[0], network.accounts[0].numbers[NUMBER])
    assert network.owner_of(THEIRS) is None


# --- options --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("rate_limit", 1, "true or false"),
        ("rate_limit", "on", "true or false"),
        ("legacy_500", None, "true or false"),
        ("strict_callbacks", 0, "true or false"),
        ("receipts", "never", "realistic, instant, manual"),
        ("receipts", [], "realistic, instant, manual"),
        ("webhook_format", "v2.2", "v2, v2.1"),
        ("webhook_format", None, "v2, v2.1"),
        ("record_delay_seconds", -0.1, "from 0 to 86400"),
        ("record_delay_seconds", 86_400.5, "from 0 to 86400"),
        ("record_delay_seconds", float("nan"), "from 0 to 86400"),
        ("record_delay_seconds", "3", "from 0 to 86400"),
        ("record_delay_seconds", True, "from 0 to 86400"),
        ("history", 5, "There is no option"),
    ],
)
def test_an_option_takes_only_what_it_takes(network: SimulatedNetwork, option: str, value: Any, words: str) -> None:
    before = dict(network.options)
    with pytest.raises(ValueError, match=words):
        network.change_options(
            legacy_500=True, **{option: value}
        ) if option != "legacy_500" else network.change_options(legacy_500=value)
    assert network.options == before
    if option == "history":
        return
    with pytest.raises(ValueError, match=words):
        setattr(network, option, value)
    with pytest.raises(ValueError, match=words):
        small(Clock.standing_still(), **{option: value})
    assert network.options == before


@pytest.mark.parametrize("history", [0, -1, 1.5, "10", True, None])
def test_history_is_a_whole_number_above_zero(history: Any) -> None:
    with pytest.raises(ValueError, match="whole number, 1 or more"):
        small(Clock.standing_still(), history=history)


def test_options_can_be_read_and_changed_together(network: SimulatedNetwork) -> None:
    network.change_options(receipts="manual", record_delay_seconds=86_400, webhook_format="v2", strict_callbacks=False)
    assert (network.receipts, network.record_delay_seconds, network.webhook_format) == ("manual", 86_400, "v2")
    assert (network.strict_callbacks, network.legacy_500, network.rate_limit) == (False, False, False)


def test_a_changed_option_is_news(network: SimulatedNetwork) -> None:
    before = network.feed.seq
    network.legacy_500 = True
    assert network.feed.seq > before


# --- history --------------------------------------------------------------------------------------------------------


def test_the_oldest_make_room_everywhere(clock: Clock) -> None:
    network = small(clock, history=3, receipts="instant")
    account = network.accounts[0]
    kept = [network.send(account, Version.V2_1, wanted(f"{n}")) for n in range(5)]
    assert [message.body for message in network.messages()] == ["2", "3", "4"]
    assert [text.body for text in network.inbox.texts(PHONE)] == ["2", "3", "4"]
    with pytest.raises(KeyError):
        network.message(kept[1].id)
    assert network.message(kept[2].id) == kept[2]
    for n in range(3):
        network.receive(from_=PHONE, to=NUMBER, body=f"in {n}")
    assert [message.body for message in network.messages()] == ["in 0", "in 1", "in 2"]
    assert network.inbox.texts(PHONE) == []
    assert network.history == 3


def test_a_receipt_by_hand_makes_nobody_leave(clock: Clock) -> None:
    network = small(clock, history=2, receipts="manual")
    account = network.accounts[0]
    first, second = (network.send(account, Version.V2_1, wanted(f"{n}")) for n in range(2))
    network.set_receipt(first.id, status="delivered", code=1004)
    assert [message.id for message in network.messages()] == [first.id, second.id]


def test_the_request_log_and_the_attempts_are_capped_too(clock: Clock) -> None:
    network = small(clock, history=2)
    network.set_callback(network.accounts[0], "sms_callback", CallbackSetting("http://127.0.0.1:9/", "v2.1"))
    with requests.Session() as session:
        session.mount("https://", SimulatorAdapter(create_app(network)))
        session.auth = ("1", "s")
        for n in range(5):
            session.get(f"https://api.flowroute.com/v2.1/messages/{n}")
    assert [exchange.url[-1] for exchange in network.journal.entries()] == ["3", "4"]
    for n in range(20):
        network.receive(from_=PHONE, to=NUMBER, body=f"{n}")
    attempts = network.callbacks.attempts()
    bodies = [attempt.payload["data"]["attributes"]["body"] for attempt in attempts]
    assert bodies == [f"{n}" for n in range(12, 20)]
    assert {attempt.attempt for attempt in attempts} == {1}


def test_of_too_many_callbacks_those_due_last_are_left_out(clock: Clock, receiver: Any) -> None:
    network = small(clock, history=1)
    network.callbacks.register(f"{receiver.url}/", receiver)
    network.set_callback(network.accounts[0], "sms_dlr_callback", CallbackSetting(f"{receiver.url}/", "v2.1"))
    network.send(network.accounts[0], Version.V2_1, wanted(to="12065550118"))  # delivered late
    message = network.send(network.accounts[0], Version.V2_1, wanted())
    clock.advance(minutes=5)
    assert {payload["data"]["id"] for payload in receiver.payloads} == {message.id}
    assert [payload["data"]["attributes"]["status_code"] for payload in receiver.payloads] == [None, 1003]


# --- reset ----------------------------------------------------------------------------------------------------------


def test_reset_goes_back_to_the_start(
    send: Any, call: Any, network: SimulatedNetwork, receiver: Any, theirs: dict[str, Any], clock: Clock
) -> None:
    url = {"callback_url": f"{receiver.url}/x"}
    for kind in ("sms_callback", "sms_dlr_callback"):
        call("PUT", f"/v2.1/messages/{kind}", json=url)
    call("POST", f"/v2/numbers/{NUMBER}/relationships/sms_callback", json=url)
    assert call("POST", "/v2/numbers/12125550150").status_code == 201
    network.change_options(legacy_500=True, receipts="manual", webhook_format="v2", record_delay_seconds=5)
    network.set_registration(NUMBER, "unregistered")
    network.faults.add(Fault("error-500", times=None, path="/nowhere"))
    receiver.statuses = [500] * 9
    network.receive(from_=PHONE, to=NUMBER, body="STOP")
    call("POST", "/v2.1/messages", json=theirs, auth=OTHER)
    clock.advance(seconds=1)
    before, now = network.feed.seq, clock.now_ms()
    network.reset()
    assert (network.messages(), network.callbacks.attempts(), network.faults.list()) == ([], [], [])
    assert network.journal.entries() == []
    assert network.inbox.texts(PHONE) == []
    assert network.numbers == (NUMBER, "18885550123", THEIRS)
    assert network.options == {
        "rate_limit": False,
        "receipts": "realistic",
        "record_delay_seconds": 0.0,
        "legacy_500": False,
        "webhook_format": "v2.1",
        "strict_callbacks": True,
    }
    assert clock.now_ms() == now
    assert network.feed.changed_since(before) is None
    posts = len(receiver.posts)
    clock.advance(minutes=5)
    assert len(receiver.posts) == posts
    assert call("GET", "/v2.1/messages/sms_callback").status_code == 404
    assert send().status_code == 202
    clock.advance(seconds=2)
    assert len(network.inbox.texts(PHONE)) == 1
    assert len(receiver.posts) == posts


def test_reset_opens_the_windows_again(send: Any, network: SimulatedNetwork) -> None:
    for _ in range(2):
        network.rate_limit = True
        assert [send().status_code for _ in range(6)] == [202] * 5 + [429]
        network.reset()
    assert [send().status_code for _ in range(6)] == [202] * 6


# --- threads --------------------------------------------------------------------------------------------------------


def test_eight_threads_send_and_nothing_is_lost_or_doubled(clock: Clock) -> None:
    network = small(clock, receipts="instant", history=300)
    account = network.accounts[0]
    barrier = threading.Barrier(8)

    def many(thread: int) -> None:
        barrier.wait(20)
        for n in range(50):
            network.send(account, Version.V2_1, wanted(f"{thread}/{n}", to=f"1206555010{thread}"))
            network.receive(from_=PHONE, to=NUMBER, body=f"in {thread}/{n}")
            network.messages()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(many, range(8)))
    messages = network.messages()
    assert len({message.id for message in messages}) == len(messages) == 300
    kept = [message.body for message in messages if message.direction == "outbound"]
    shown = [text.body for thread in range(8) for text in network.inbox.texts(f"1206555010{thread}")]
    assert sorted(shown) == sorted(kept)
    assert network.feed.seq >= 800


def test_the_turning_clock_moves_receipts_of_many_threads_in_order(
    clock: Clock, network: SimulatedNetwork, receiver: Any
) -> None:
    network.set_callback(network.accounts[0], "sms_dlr_callback", CallbackSetting(f"{receiver.url}/dlr", "v2.1"))
    with ThreadPoolExecutor(8) as pool:
        for n in range(40):
            pool.submit(network.send, network.accounts[0], Version.V2_1, wanted(f"{n}"))
    clock.advance(minutes=1)
    levels = [payload["data"]["attributes"]["status"] for payload in receiver.payloads]
    assert levels == ["smsc submit"] * 40 + ["message buffered"] * 40 + ["delivered"] * 40
