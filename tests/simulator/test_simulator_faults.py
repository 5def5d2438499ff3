"""The fault menu: what may be ordered, whom it strikes, and what a client sees, served and in process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import urllib3

from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app, faults
from helpers.simulator.faults import MOST_FAULTS, WHAT_HAPPENS, Fault, FaultMenu, InvalidFault
from helpers.simulator.server import serve

KEYS = ("12345678", "practice-secret")
FIELDS = {"to": "12065550100", "from": "12065550199", "body": "Your code is 123456"}

Send = Callable[..., requests.Response]


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


@pytest.fixture(params=["adapter", "served"])
def root(request: pytest.FixtureRequest, network: SimulatedNetwork) -> Iterator[str]:
    """Where the same network is: in this process, or behind a socket."""
    if request.param == "adapter":
        yield "https://api.flowroute.com"
        return
    with serve(network) as running:
        yield running.url


@pytest.fixture
def http(root: str, network: SimulatedNetwork) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = KEYS
        session.mount("https://", SimulatorAdapter(create_app(network)))
        yield session


@pytest.fixture
def post(http: requests.Session, root: str) -> Send:
    def post(version: str = "v2.1", **options: Any) -> requests.Response:
        return http.post(f"{root}/{version}/messages", json=FIELDS, **options)

    return post


@pytest.fixture
def adapter(network: SimulatedNetwork) -> Iterator[Send]:
    with requests.Session() as session:
        session.auth = KEYS
        session.mount("https://", SimulatorAdapter(create_app(network)))
        yield lambda **options: session.post("https://api.flowroute.com/v2.1/messages", json=FIELDS, **options)


# --- What a client sees ---


@pytest.mark.parametrize(("kind", "status"), [("error-500", 500), ("error-503", 503), ("error-429", 429)])
def test_an_error_then_all_is_well(network: SimulatedNetwork, post: Send, kind: str, status: int) -> None:
    network.faults.add(Fault.from_dict({"kind": kind, "times": 2}))
    for _ in range(2):
        answer = post()
        assert (answer.status_code, answer.json()["errors"][0]["status"]) == (status, status)
        assert answer.headers["Content-Type"] == "application/vnd.api+json"
    assert network.messages() == []
    assert post().status_code == 202
    assert [entry.fault for entry in network.journal.entries()] == [kind, kind, ""]


@pytest.mark.parametrize(("kind", "carried_out"), [("reset-before", 0), ("reset-after", 1)])
def test_a_reset_before_or_after_the_message_was_accepted(
    network: SimulatedNetwork, post: Send, kind: str, carried_out: int
) -> None:
    network.faults.add(Fault.from_dict({"kind": kind}))
    with pytest.raises(requests.ConnectionError) as caught:
        post()
    inner = caught.value.args[0]
    assert type(caught.value) is requests.ConnectionError
    assert isinstance(inner, urllib3.exceptions.ProtocolError)
    assert inner.args[0] == "Connection aborted."
    assert isinstance(inner.args[1], ConnectionResetError)
    assert caught.value.request is not None
    assert len(network.messages()) == carried_out
    assert post().status_code == 202


def test_a_body_that_is_not_json(network: SimulatedNetwork, post: Send) -> None:
    network.faults.add(Fault("not-json"))
    answer = post()
    assert (answer.status_code, answer.headers["Content-Type"]) == (202, "text/html; charset=utf-8")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(network.messages()) == 1
    assert post().json()["data"]["type"] == "message"


def test_a_truncated_body(network: SimulatedNetwork, post: Send) -> None:
    network.faults.add(Fault("truncated"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        post()
    assert len(network.messages()) == 1
    assert post().status_code == 202


def test_a_truncated_body_read_as_a_stream_stops_in_the_middle(network: SimulatedNetwork, post: Send) -> None:
    network.faults.add(Fault("truncated"))
    with post(stream=True) as answer:
        length = int(answer.headers["Content-Length"])
        assert (answer.status_code, len(answer.raw.read(length // 2))) == (202, length // 2)
        with pytest.raises(urllib3.exceptions.ProtocolError, match="IncompleteRead"):
            answer.raw.read()


def test_no_answer_ends_in_the_clients_own_timeout_and_nothing_was_sent(network: SimulatedNetwork, post: Send) -> None:
    network.faults.add(Fault("no-answer"))
    with pytest.raises(requests.ReadTimeout):
        post(timeout=0.2)
    assert network.messages() == []
    assert post().status_code == 202


def test_latency_longer_than_the_timeout_and_the_message_was_sent(network: SimulatedNetwork, post: Send) -> None:
    network.faults.add(Fault("latency", seconds=600))
    with pytest.raises(requests.ReadTimeout):
        post(timeout=0.2)
    assert len(network.messages()) == 1
    assert post().status_code == 202


def test_latency_is_waited_for_when_served(network: SimulatedNetwork) -> None:
    waits: list[float] = []
    network.faults = FaultMenu(sleep=waits.append)  # type: ignore[misc]
    network.faults.add(Fault("latency", seconds=1.5))
    with serve(network) as running, requests.Session() as session:
        answer = session.post(f"{running.url}/v2/messages", json=FIELDS, auth=KEYS)
        again = session.post(f"{running.url}/v2/messages", json=FIELDS, auth=KEYS)
    assert (answer.status_code, again.status_code, waits) == (200, 200, [1.5])


@pytest.mark.parametrize("let_go", [FaultMenu.clear, FaultMenu.close])
def test_who_waits_for_a_late_answer_is_let_go(let_go: Callable[[FaultMenu], None]) -> None:
    menu = FaultMenu()
    began = threading.Event()

    def wait() -> None:
        began.set()
        menu.wait(600)

    late = threading.Thread(target=wait, daemon=True)
    late.start()
    assert began.wait(20)
    for _ in range(100):  # it may not be waiting yet
        let_go(menu)
        late.join(0.2)
        if not late.is_alive():
            break
    assert not late.is_alive()


def test_latency_through_the_adapter_takes_no_time_and_shows_in_elapsed(
    network: SimulatedNetwork, adapter: Send
) -> None:
    network.faults.add(Fault("latency", seconds=500))
    late, soon = adapter(), adapter()
    assert (late.status_code, soon.status_code) == (202, 202)
    assert late.elapsed.total_seconds() >= 500 > soon.elapsed.total_seconds()
    assert late.request.hooks["response"] == []


@pytest.mark.parametrize(
    ("timeout", "waits_long_enough"),
    [
        (None, True),
        (5, True),
        ((0.1, None), True),
        ((0.1, 5), True),
        (urllib3.Timeout(connect=0.1, read=5), True),
        (urllib3.Timeout(connect=9), True),
        (1, False),
        (0.5, False),
        ((9, 1), False),
        (urllib3.Timeout(read=1), False),
        (urllib3.Timeout(total=1), False),
    ],
)
def test_every_form_of_a_timeout_counts(
    network: SimulatedNetwork, adapter: Send, timeout: Any, waits_long_enough: bool
) -> None:
    network.faults.add(Fault("latency", seconds=3))
    if waits_long_enough:
        assert adapter(timeout=timeout).status_code == 202
    else:
        with pytest.raises(requests.ReadTimeout, match="Read timed out"):
            adapter(timeout=timeout)


def test_no_answer_without_a_timeout_says_what_would_have_happened(network: SimulatedNetwork, adapter: Send) -> None:
    network.faults.add(Fault("no-answer"))
    with pytest.raises(requests.ConnectionError, match="Give the request a timeout"):
        adapter()


@pytest.mark.parametrize("kind", ["not-json", "truncated"])
def test_an_answer_without_a_body_has_nothing_to_spoil(
    network: SimulatedNetwork, http: requests.Session, root: str, kind: str
) -> None:
    network.faults.add(Fault.from_dict({"kind": kind}))
    answer = http.put(f"{root}/v2.1/messages/sms_callback", json={"callback_url": "http://127.0.0.1:9/sms"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not {"Content-Type", "Content-Length"} & set(answer.headers)
    assert network.faults.list() == []


def test_a_fault_comes_before_every_check(network: SimulatedNetwork, http: requests.Session, root: str) -> None:
    network.faults.add(Fault("error-503", times=None))
    assert http.get(f"{root}/nowhere", auth=("wrong", "keys")).status_code == 503
    assert http.request("BREW", f"{root}/v2/messages").status_code == 503


@pytest.mark.parametrize(("path", "status"), [("//v2/messages", 422), ("///v2/messages", 422), ("/v2//messages", 404)])
def test_slashes_in_front_are_one_and_elsewhere_are_not(
    network: SimulatedNetwork, http: requests.Session, root: str, path: str, status: int
) -> None:
    assert http.post(f"{root}{path}", json={}).status_code == status


def test_the_controls_and_the_page_are_spared(network: SimulatedNetwork) -> None:
    network.faults.add(Fault("reset-before", times=None))
    with serve(network) as running, requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{running.url}/").status_code == 200
        assert session.get(f"{running.url}/_simulator/faults").status_code == 200
        with pytest.raises(requests.ConnectionError):
            session.get(f"{running.url}/v2/messages")


# --- Whom it strikes ---


def strikes(menu: FaultMenu, count: int, path: str = "/v2/messages", method: str = "POST") -> str:
    return "".join("x" if menu.take(method, path) else "." for _ in range(count))


def test_the_next_requests_or_a_share_of_them() -> None:
    menu = FaultMenu()
    menu.add(Fault("error-500", times=3))
    assert strikes(menu, 5) == "xxx.."
    assert menu.list() == []

    menu.add(Fault("error-500", times=None, share=0.25, seed=7))
    pattern = strikes(menu, 400)
    assert 70 < pattern.count("x") < 130
    (fault,) = menu.list()
    assert (fault.left, fault.struck) == (None, pattern.count("x"))

    again = FaultMenu()
    again.add(Fault("error-500", times=400, share=0.25, seed=7))
    assert strikes(again, 400) == pattern
    assert again.list() == []  # it has looked at its 400
    other = FaultMenu()
    other.add(Fault("error-500", times=None, share=0.25, seed=8))
    assert strikes(other, 400) != pattern


def test_of_several_the_oldest_strikes_and_the_others_do_not_count() -> None:
    menu = FaultMenu()
    first = menu.add(Fault("error-500"))
    second = menu.add(Fault("error-503", times=2))
    taken = [menu.take("POST", "/v2/messages") for _ in range(4)]
    assert [fault and fault.id for fault in taken] == [first.id, second.id, second.id, None]
    assert [fault and fault.left for fault in taken] == [0, 1, 0, None]


@pytest.mark.parametrize(
    ("aim", "method", "path", "struck"),
    [
        ({}, "GET", "/anything", True),
        ({"path": "/"}, "GET", "/anything", True),
        ({"path": "/v2"}, "GET", "/v2/messages", True),
        ({"path": "/v2/"}, "GET", "/v2/messages", True),
        ({"path": "/v2"}, "GET", "/v2.1/messages", False),
        ({"path": "/v2.1/messages"}, "GET", "/v2.1/messages", True),
        ({"path": "/v2.1/messages"}, "GET", "/v2.1/messages/mdr2-1", True),
        ({"path": "/v2.1/messages"}, "GET", "/v2.1", False),
        ({"method": "post"}, "POST", "/v2/messages", True),
        ({"method": "POST"}, "GET", "/v2/messages", False),
        ({"method": "POST", "path": "/v2"}, "POST", "/v2.2/messages", False),
        ({}, "GET", "/", False),
        ({}, "GET", "/_simulator", False),
        ({}, "POST", "/_simulator/faults", False),
        ({}, "GET", "/_simulators", True),
        ({}, "CONNECT", "/v2/messages", False),
    ],
)
def test_method_and_path_aim_it(aim: dict[str, str], method: str, path: str, struck: bool) -> None:
    menu = FaultMenu()
    menu.add(Fault.from_dict({"kind": "error-500", **aim}))
    assert (menu.take(method, path) is not None) is struck
    assert len(menu.list()) == (0 if struck else 1)


def test_faults_can_be_taken_back() -> None:
    menu = FaultMenu()
    first, second = menu.add(Fault("error-500")), menu.add(Fault("error-503"))
    menu.remove(first.id)
    assert menu.list() == [second]
    with pytest.raises(KeyError):
        menu.remove(first.id)
    menu.clear()
    assert menu.list() == []
    assert menu.add(Fault("error-500")).id == 3


def test_many_threads_share_one_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(fault: Fault, **changes: Any) -> Fault:
        threading.Event().wait(0.0001)  # lets the others in between reading and writing, if nothing keeps them out
        return replace(fault, **changes)

    monkeypatch.setattr(faults, "replace", slowly)
    menu = FaultMenu()
    menu.add(Fault("error-500", times=200))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(strikes(menu, 100))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "".join(found).count("x") == 200


def test_nobody_waits_on_when_the_menu_is_closed() -> None:
    menu = FaultMenu()
    menu.close()
    menu.wait(3600)  # would keep the suite for an hour


# --- What may be ordered ---


def test_as_plain_data_and_back() -> None:
    given = {"kind": "latency", "times": None, "share": 0.5, "seed": 3, "seconds": 2, "method": "get", "path": "/v2"}
    fault = FaultMenu().add(Fault.from_dict(given))
    shown = json.loads(json.dumps(fault.as_dict()))
    assert shown == {
        **given,
        "method": "GET",
        "id": 1,
        "left": None,
        "struck": 0,
        "what": WHAT_HAPPENS["latency"],
    }


@pytest.mark.parametrize("kind", [kind for kind in WHAT_HAPPENS if kind != "latency"])
def test_a_kind_alone_means_the_next_request(kind: str) -> None:
    fault = FaultMenu().add(Fault.from_dict({"kind": kind}))
    assert (fault.kind, fault.times, fault.share, fault.left, fault.path) == (kind, 1, 1.0, 1, None)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (None, "fault"),
        ([], "fault"),
        ("latency", "fault"),
        ({}, "kind"),
        ({"kind": "flood"}, "kind"),
        ({"kind": ["latency"]}, "kind"),
        ({"kind": "error-500", "surprise": 1}, "surprise"),
        ({"kind": "error-500", "id": 5}, "id"),
        ({"kind": "error-500", "left": 5}, "left"),
        ({"kind": "error-500", "times": 0}, "times"),
        ({"kind": "error-500", "times": -1}, "times"),
        ({"kind": "error-500", "times": True}, "times"),
        ({"kind": "error-500", "times": 1.0}, "times"),
        ({"kind": "error-500", "times": "1"}, "times"),
        ({"kind": "error-500", "times": 10**400}, "times"),
        ({"kind": "error-500", "share": 0}, "share"),
        ({"kind": "error-500", "share": 1.01}, "share"),
        ({"kind": "error-500", "share": float("nan")}, "share"),
        ({"kind": "error-500", "share": True}, "share"),
        ({"kind": "error-500", "share": None}, "share"),
        ({"kind": "error-500", "seed": 0.5}, "seed"),
        ({"kind": "error-500", "seed": False}, "seed"),
        ({"kind": "error-500", "seed": 10**400}, "seed"),
        ({"kind": "error-500", "seconds": 1}, "seconds"),
        ({"kind": "latency"}, "seconds"),
        ({"kind": "latency", "seconds": 0}, "seconds"),
        ({"kind": "latency", "seconds": -1}, "seconds"),
        ({"kind": "latency", "seconds": 601}, "seconds"),
        ({"kind": "latency", "seconds": float("inf")}, "seconds"),
        ({"kind": "latency", "seconds": float("nan")}, "seconds"),
        ({"kind": "latency", "seconds": True}, "seconds"),
        ({"kind": "latency", "seconds": "2"}, "seconds"),
        ({"kind": "error-500", "method": "PO ST"}, "method"),
        ({"kind": "error-500", "method": ""}, "method"),
        ({"kind": "error-500", "method": 5}, "method"),
        ({"kind": "error-500", "path": "v2"}, "path"),
        ({"kind": "error-500", "path": "/v2\n"}, "path"),
        ({"kind": "error-500", "path": "/" + "x" * 201}, "path"),
        ({"kind": "error-500", "path": "/_simulator/faults"}, "path"),
        ({"kind": "error-500", "path": {}}, "path"),
    ],
)
def test_a_wrong_order_says_what_to_do(data: object, field: str) -> None:
    with pytest.raises(InvalidFault) as caught:
        Fault.from_dict(data)
    assert list(caught.value.fields) == [field]
    assert caught.value.fields[field].endswith(".")
    assert str(caught.value).startswith(f"{field}: ")


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(InvalidFault) as caught:
        Fault.from_dict({"kind": "x", "times": 0, "share": 2, "seed": "s", "method": "", "path": ""})
    assert list(caught.value.fields) == ["kind", "times", "share", "seed", "method", "path"]


def test_there_is_an_end_to_the_list() -> None:
    menu = FaultMenu()
    for _ in range(MOST_FAULTS):
        menu.add(Fault("error-500"))
    with pytest.raises(InvalidFault, match="Remove one first"):
        menu.add(Fault("error-500"))
