"""Callbacks on their way: repeats, receivers that misbehave, the log of attempts, and posting over real HTTP."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app
from helpers.simulator.account import CallbackSetting
from helpers.simulator.callbacks import Attempt
from helpers.simulator.posting import http_sender
from helpers.simulator.server import serve, serve_app

PHONE, NUMBER = "12065550100", "12065550199"


@pytest.fixture
def inbound(network: SimulatedNetwork, receiver: Any) -> str:
    """Incoming texts go to the receiver."""
    url = f"{receiver.url}/inbound"
    network.set_callback(network.accounts[0], "sms_callback", CallbackSetting(url, "v2.1"))
    return url


def text_in(network: SimulatedNetwork, body: str = "hello") -> str:
    return network.receive(from_=PHONE, to=NUMBER, body=body).id


def bodies(receiver: Any) -> list[str]:
    return [payload["data"]["attributes"]["body"] for payload in receiver.payloads]


# --- repeats --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("inbound")
def test_four_times_in_all_half_a_minute_apart(network: SimulatedNetwork, receiver: Any, clock: Clock) -> None:
    receiver.statuses = [500, 404, 301, 503, 200]
    began = clock.now_ms()
    message_id = text_in(network)
    counts = [len(receiver.posts)]
    for seconds in (29.999, 0.001, 29.999, 0.001, 29.999, 0.001, 3600):
        clock.advance(seconds=seconds)
        counts.append(len(receiver.posts))
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4]
    assert all(payload == receiver.payloads[0] for payload in receiver.payloads)
    attempts = network.callbacks.attempts()
    assert [(a.attempt, a.status, a.at_ms - began) for a in attempts] == [
        (1, 500, 0),
        (2, 404, 30_000),
        (3, 301, 60_000),
        (4, 503, 90_000),
    ]
    assert {a.message_id for a in attempts} == {message_id}


@pytest.mark.usefixtures("inbound")
def test_no_repeat_after_200(network: SimulatedNetwork, receiver: Any, clock: Clock) -> None:
    receiver.statuses = [500, 200]
    text_in(network)
    clock.advance(minutes=10)
    assert len(receiver.posts) == 2


@pytest.mark.usefixtures("inbound")
@pytest.mark.parametrize("status", [201, 202, 204, 299])
def test_any_2xx_will_do_only_where_that_is_chosen(
    network: SimulatedNetwork, receiver: Any, clock: Clock, status: int
) -> None:
    receiver.statuses = [status] * 5
    text_in(network)
    clock.advance(minutes=5)
    assert len(receiver.posts) == 4
    network.strict_callbacks = False
    text_in(network)
    clock.advance(minutes=5)
    assert len(receiver.posts) == 5


@pytest.mark.usefixtures("inbound")
@pytest.mark.parametrize("status", [199, 300, 302, 404, 500])
def test_no_other_answer_is_ever_enough(network: SimulatedNetwork, receiver: Any, clock: Clock, status: int) -> None:
    network.strict_callbacks = False
    receiver.statuses = [status] * 9
    text_in(network)
    clock.advance(minutes=5)
    assert len(receiver.posts) == 4


@pytest.mark.usefixtures("inbound")
def test_five_minutes_at_once_give_all_four_in_their_order(
    network: SimulatedNetwork, receiver: Any, clock: Clock
) -> None:
    receiver.statuses = [500] * 8
    text_in(network, "first")
    clock.advance(seconds=10)
    text_in(network, "second")
    clock.advance(minutes=5)
    assert bodies(receiver) == ["first", "second"] * 4
    times = [attempt.at_ms for attempt in network.callbacks.attempts()]
    assert times == sorted(times)


def test_receipts_are_repeated_as_well(send: Any, network: SimulatedNetwork, receiver: Any, clock: Clock) -> None:
    receiver.statuses = [500] * 2
    assert send(dlr_callback=f"{receiver.url}/dlr").ok
    clock.advance(minutes=2)
    levels = [payload["data"]["attributes"]["status"] for payload in receiver.payloads]
    assert levels == ["smsc submit", "message buffered", "delivered", "smsc submit", "message buffered"]
    assert [attempt.kind for attempt in network.callbacks.attempts()] == ["receipt"] * 5


# --- receivers ------------------------------------------------------------------------------------------------------


def test_a_receiver_may_call_the_api_from_within_its_answer(
    call: Any, send: Any, network: SimulatedNetwork, receiver: Any, inbound: str, clock: Clock
) -> None:
    def reply() -> None:
        if bodies(receiver)[-1].startswith("hello"):
            assert send(body="reply", dlr_callback=f"{receiver.url}/dlr").ok
            text_in(network, "meanwhile")

    receiver.then = reply
    text_in(network, "hello 1")
    clock.advance(seconds=2)
    assert bodies(receiver) == ["hello 1", "meanwhile", "reply", "reply", "reply"]
    assert [text.body for text in network.inbox.texts(PHONE)] == ["reply"]


def test_a_receiver_that_fails_is_noted_and_tried_again(
    call: Any, network: SimulatedNetwork, receiver: Any, inbound: str, clock: Clock
) -> None:
    def fail() -> None:
        raise ValueError("the code was 123456")

    receiver.then = fail
    text_in(network)
    assert call("GET", "/v2.1/messages?start_date=2026-03-02").status_code == 200
    clock.advance(minutes=5)
    assert len(receiver.posts) == 4
    assert {(a.status, a.error) for a in network.callbacks.attempts()} == {(None, "the receiver failed: ValueError")}


def test_an_address_that_nobody_registered_gets_nothing(network: SimulatedNetwork, receiver: Any, clock: Clock) -> None:
    for url in ("http://127.0.0.1:9001/x", "http://127.0.0.1:90000/", "https://example.org/x"):
        network.set_callback(network.accounts[0], "sms_callback", CallbackSetting(url, "v2.1"))
        text_in(network)
    attempts = network.callbacks.attempts()
    assert (receiver.posts, len(attempts)) == ([], 3)
    assert {attempt.status for attempt in attempts} == {None}
    assert all("no app is registered" in attempt.error for attempt in attempts)


def test_the_first_registered_prefix_that_fits_answers(network: SimulatedNetwork, receiver: Any) -> None:
    seen: list[tuple[str, str, str]] = []

    def special(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append((environ["HTTP_HOST"], environ["PATH_INFO"], environ["QUERY_STRING"]))
        start_response("200 OK", [])
        return []

    network.callbacks.register("https://hook.example/", special)
    account = network.accounts[0]
    network.set_callback(account, "sms_callback", CallbackSetting("https://hook.example/a%20b/?key=%26&x=1", "v2.1"))
    text_in(network)
    network.set_callback(account, "sms_callback", CallbackSetting("https://hook.example/", "v2.1"))
    text_in(network)
    assert seen == [("hook.example", "/a b/", "key=%26&x=1"), ("hook.example", "/", "")]
    assert receiver.posts == []


def test_the_log_says_all_about_an_attempt(
    network: SimulatedNetwork, receiver: Any, inbound: str, clock: Clock
) -> None:
    message_id = text_in(network)
    (attempt,) = network.callbacks.attempts()
    assert attempt == Attempt(
        id=1,
        at_ms=clock.now_ms(),
        message_id=message_id,
        kind="incoming",
        url=inbound,
        attempt=1,
        status=200,
        error="",
        elapsed_ms=attempt.elapsed_ms,
        payload=receiver.payloads[0],
    )
    assert 0 <= attempt.elapsed_ms < 60_000
    assert "hello" not in repr(attempt)
    assert message_id in (network.feed.changed_since(network.feed.seq - 1) or set())


@pytest.mark.usefixtures("inbound")
def test_the_headers_of_a_callback(network: SimulatedNetwork, receiver: Any) -> None:
    text_in(network)
    assert receiver.posts[0].headers == {
        "Content-Type": "application/json",
        "Accept-Encoding": "gzip",
        "Host": "127.0.0.1:9000",
        "User-Agent": "Go-http-client/1.1",
    }


def test_what_was_forgotten_is_not_posted(network: SimulatedNetwork, receiver: Any, inbound: str, clock: Clock) -> None:
    receiver.statuses = [500] * 9
    text_in(network)
    network.callbacks.clear()
    clock.advance(minutes=5)
    assert (len(receiver.posts), network.callbacks.attempts()) == (1, [])


def test_many_threads_post_each_callback_once(network: SimulatedNetwork, receiver: Any, inbound: str) -> None:
    threads = [threading.Thread(target=text_in, args=(network, f"{n}")) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bodies(receiver), key=int) == [f"{n}" for n in range(40)]


@pytest.mark.usefixtures("inbound")
def test_what_falls_due_while_another_thread_finishes_is_not_left_behind(
    network: SimulatedNetwork, receiver: Any
) -> None:
    class Held:
        """The lock around posting. Just before it is free again, another text comes in."""

        def __init__(self) -> None:
            self.lock = threading.Lock()
            self.late = ["late"]

        def acquire(self, *, blocking: bool) -> bool:
            return self.lock.acquire(blocking=blocking)

        def release(self) -> None:
            if self.late:
                text_in(network, self.late.pop())
            self.lock.release()

    network.callbacks._posting = Held()  # type: ignore[assignment]
    text_in(network, "first")
    assert bodies(receiver) == ["first", "late"]


# --- over HTTP ------------------------------------------------------------------------------------------------------


class Hook:
    """A receiver on a socket of its own: what comes in can be waited for."""

    def __init__(self, status: str = "200 OK", headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.answer = (status, list(headers))
        self.came: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.came.put((environ["REQUEST_METHOD"] + " " + environ["PATH_INFO"], body))
        start_response(*self.answer)
        return [b"x" * 10]


@pytest.fixture
def hook() -> Iterator[tuple[Hook, str]]:
    hook = Hook()
    with serve_app(hook) as running:
        yield hook, running.url


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_sender_posts_to_this_machine(hook: tuple[Hook, str], host: str) -> None:
    url = hook[1].replace("127.0.0.1", host) + "/x"
    assert http_sender()(url, b"{}", {"Content-Type": "application/json"}) == 200
    assert hook[0].came.get(timeout=10) == ("POST /x", b"{}")


def test_the_sender_follows_no_redirect() -> None:
    elsewhere = Hook()
    with serve_app(elsewhere) as there:
        hook = Hook("302 Found", (("Location", f"{there.url}/elsewhere"),))
        with serve_app(hook) as here:
            assert http_sender()(f"{here.url}/x", b"{}", {}) == 302
    assert (hook.came.qsize(), elsewhere.came.qsize()) == (1, 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://198.51.100.7/",
        "http://10.0.0.1/",
        "http://[2001:db8::1]/",
        "http://localhost.example.org/",
        "http://127.0.0.1.example.org/",
        "http://127.0.0.1@example.org/",
        "http://example.org#@127.0.0.1/",
        "http://example.org\\@127.0.0.1/",
        "http://0/",
        "http://[::1",
        "/x",
        "",
    ],
)
def test_the_sender_leaves_this_machine_only_where_that_was_said(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def post(_self: requests.Session, url: str, *_: object, **__: object) -> requests.Response:
        called.append(url)
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "post", post)
    with pytest.raises(ValueError, match="--callbacks-to anywhere"):
        http_sender()(url, b"{}", {})
    assert called == []
    with pytest.raises(ValueError, match="no answer: ConnectionError"):
        http_sender(anywhere=True)(url, b"{}", {})
    assert called == [url]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://127.8.9.1:2/", "http://[::1]:1/", "https://LOCALHOST/"])
def test_the_sender_goes_to_every_name_of_this_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def post(*_: object, **__: object) -> requests.Response:
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "post", post)
    with pytest.raises(ValueError, match="no answer: ConnectionError"):
        http_sender()(url, b"{}", {})


def test_the_sender_uses_no_proxy(hook: tuple[Hook, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert http_sender()(f"{hook[1]}/x", b"{}", {}) == 200


def test_nobody_there_is_an_error_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ValueError, match=r"^no answer: ConnectionError$"):
        http_sender()(f"http://127.0.0.1:{port}/", b"{}", {})


def wait_for(network: SimulatedNetwork, count: int) -> list[Attempt]:
    """The attempts, as soon as there are so many. Every attempt is a change that the feed tells of."""
    while len(network.callbacks.attempts()) < count:
        seq = network.feed.seq
        if len(network.callbacks.attempts()) < count:
            assert network.feed.wait(seq, 20) > seq, "no further attempt came"
    return network.callbacks.attempts()


def test_a_served_simulator_posts_by_itself_and_repeats(
    hook: tuple[Hook, str], network: SimulatedNetwork, clock: Clock
) -> None:
    there, url = hook
    there.answer = ("500 Out Of Order", [])
    network.set_callback(network.accounts[0], "sms_callback", CallbackSetting(f"{url}/inbound", "v2.1"))
    with serve(network):
        text_in(network)
        assert there.came.get(timeout=10)[0] == "POST /inbound"
        wait_for(network, 1)
        there.answer = ("200 OK", [])
        clock.advance(seconds=30)
        assert there.came.get(timeout=10)[0] == "POST /inbound"
        attempts = wait_for(network, 2)
    assert [(a.attempt, a.status) for a in attempts] == [(1, 500), (2, 200)]
    assert there.came.empty()


def test_a_served_simulator_does_not_leave_this_machine(network: SimulatedNetwork) -> None:
    network.set_callback(network.accounts[0], "sms_callback", CallbackSetting("http://198.51.100.7/", "v2.1"))
    with serve(network):
        text_in(network)
        (attempt,) = wait_for(network, 1)
    assert attempt.status is None
    assert "--callbacks-to anywhere" in attempt.error


def test_a_receiver_that_dawdles_keeps_nobody(network: SimulatedNetwork, clock: Clock) -> None:
    go_on, inside = threading.Event(), threading.Semaphore(0)

    def slow(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        inside.release()
        assert go_on.wait(20)
        start_response("200 OK", [])
        return [b""]

    with serve_app(slow) as there, serve(network), requests.Session() as session:
        network.set_callback(network.accounts[0], "sms_callback", CallbackSetting(f"{there.url}/", "v2.1"))
        session.mount("https://", SimulatorAdapter(create_app(network)))
        text_in(network)
        text_in(network)
        assert inside.acquire(timeout=10)
        assert inside.acquire(timeout=10)  # both at once, and the API answers meanwhile
        assert (
            session.get("https://api.flowroute.com/v2.1/messages/x", auth=("12345678", "practice-secret")).status_code
            == 404
        )
        go_on.set()
        wait_for(network, 2)


def posting_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("callbacks-")]


def test_the_threads_can_be_stopped_and_started_again(hook: tuple[Hook, str], network: SimulatedNetwork) -> None:
    there, url = hook
    network.set_callback(network.accounts[0], "sms_callback", CallbackSetting(f"{url}/", "v2.1"))
    network.callbacks.sender = http_sender()
    for _ in range(2):
        network.callbacks.start()
        posting = posting_threads()
        text_in(network)
        there.came.get(timeout=10)
        network.callbacks.stop()
        assert posting
        assert all(thread.daemon for thread in posting)  # or a slow receiver would keep the simulator from ending
        assert posting_threads() == []
    text_in(network)
    assert there.came.empty()
