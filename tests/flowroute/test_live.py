"""The guard in front of the real network: whom it lets through, what it counts, and that it fails closed."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
import requests
from flowroute_wire import ACCESS_KEY, SECRET_KEY, answer_with, reset
from requests.adapters import HTTPAdapter

from helpers.clock import Clock
from helpers.database import sqlite as database
from helpers.flowroute import ConnectionFailed, FlowrouteClient, LiveGuardRefused, OutcomeUnknown
from helpers.flowroute import client as client_module
from helpers.flowroute.live import LiveGuard
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret

URL = "https://api.flowroute.com/v2.2/messages"
ALLOWED = PhoneNumber("+12065550101")
OTHER = "12065550177"
EVENING = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/live.sqlite"


@pytest.fixture
def passed(monkeypatch):
    """The requests that got through to the network, which is not there."""
    requests_seen = []

    def send(_adapter, request, *_args, **_kwargs):
        requests_seen.append(request)
        answer = requests.Response()
        answer.status_code = 202
        answer._content = b'{"data": {"id": "mdr2-1"}}'
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return requests_seen


def new_guard(url, *, cap=20, clock=None):
    return LiveGuard(
        allowed=[ALLOWED], daily_cap=cap, database_url=url, clock=clock or Clock.standing_still(EVENING - timedelta(1))
    )


def request(body, *, method="POST", url=URL):
    raw = body if isinstance(body, bytes | None) else json.dumps(body)
    return requests.Request(method, url, data=raw).prepare()


def counted(tmp_path):
    with sqlite3.connect(tmp_path / "live.sqlite") as connection:
        return dict(connection.execute("SELECT day, sent FROM live_sends"))


def flat(to):
    return {"to": to, "from": "12065550199", "body": "Hello"}


def wrapped(to):
    return {"data": {"type": "message", "attributes": flat(to)}}


def content(to):
    return {"to": to, "from": "12065550199", "content": "Hello"}


@pytest.mark.parametrize("form", [flat, wrapped, content])
class TestAllowList:
    @pytest.mark.parametrize("to", ["12065550101", "+12065550101"])
    def test_a_phone_on_the_list_is_texted(self, url, passed, form, to):
        new_guard(url).send(request(form(to)))
        assert len(passed) == 1

    @pytest.mark.parametrize("to", [OTHER, f"+{OTHER}", "+442079460018"])
    def test_another_phone_is_not_and_shows_two_digits(self, url, tmp_path, passed, form, to):
        with pytest.raises(LiveGuardRefused, match=f"ending in {to[-2:]} is not on your allow-list") as caught:
            new_guard(url).send(request(form(to)))
        assert to[-4:] not in str(caught.value)
        assert (passed, counted(tmp_path)) == ([], {})

    @pytest.mark.parametrize("to", ["", "2065550101", "555-0101", "1206555010", None, 7, [], ["12065550101"], {}])
    def test_what_is_not_one_whole_number_is_not_sent(self, url, tmp_path, passed, form, to):
        with pytest.raises(LiveGuardRefused, match="Nothing was sent"):
            new_guard(url).send(request(form(to)))
        assert (passed, counted(tmp_path)) == ([], {})


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"\xff",
        b"to=12065550101",
        b"{}",
        b"[]",
        b"7",
        b"null",
        b'"12065550101"',
        b'["12065550101"]',
        b'{"data": null, "to": "12065550101"}',
        b'{"data": [], "to": "12065550101"}',
        b'{"data": {"to": "12065550101"}}',
        b'{"TO": "12065550101"}',
    ],
)
def test_a_body_that_names_no_recipient_is_not_sent(url, passed, body):
    with pytest.raises(LiveGuardRefused, match="Nothing was sent"):
        new_guard(url).send(request(body))
    assert passed == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused_whatever_they_name(url, passed, method):
    with pytest.raises(LiveGuardRefused, match=f"not {method}"):
        new_guard(url).send(request(flat("12065550101"), method=method))
    assert passed == []


@pytest.mark.parametrize(
    "path", ["/v2/numbers/12065550101", "/v2.2/messages/sms_callback", "/v2/message-provision", "/", "/v2.2/xmessages"]
)
def test_posts_to_other_places_are_refused(url, passed, path):
    with pytest.raises(LiveGuardRefused, match="changes nothing on a live account"):
        new_guard(url).send(request(flat("12065550101"), url=f"https://api.flowroute.com{path}"))
    assert passed == []


@pytest.mark.parametrize("version", ["v2", "v2.1", "v2.2"])
def test_each_versions_client_passes_the_guard(url, tmp_path, passed, version):
    session = requests.Session()
    session.mount("https://", new_guard(url))
    client = FlowrouteClient(access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY), session=session, api_version=version)
    client.send_message(to=ALLOWED, from_="12065550199", body="Hello")
    with pytest.raises(LiveGuardRefused):
        client.send_message(to=OTHER, from_="12065550199", body="Hello")
    assert len(passed) == 1
    assert sum(counted(tmp_path).values()) == 1


class TestDailyCap:
    def test_gets_pass_uncounted(self, url, tmp_path, passed):
        guard = new_guard(url, cap=1)
        for _ in range(3):
            guard.send(request(None, method="GET"))
        assert len(passed) == 3
        assert counted(tmp_path) == {}

    def test_one_more_than_the_cap_is_refused_and_says_when_to_come_back(self, url, tmp_path, passed):
        guard = new_guard(url, cap=3)
        for _ in range(3):
            guard.send(request(flat("12065550101")))
        with pytest.raises(LiveGuardRefused, match=r"Today's 3 live texts are used up. They come back at midnight UTC"):
            guard.send(request(flat("12065550101")))
        assert len(passed) == 3
        assert counted(tmp_path) == {"2026-03-01": 3}

    def test_another_guard_on_the_same_database_goes_on_counting(self, url, passed):
        new_guard(url, cap=1).send(request(flat("12065550101")))
        with pytest.raises(LiveGuardRefused, match="used up"):
            new_guard(url, cap=1).send(request(flat("12065550101")))

    def test_a_new_utc_day_has_its_own_count(self, url, tmp_path, passed):
        clock = Clock.standing_still(EVENING)
        guard = new_guard(url, cap=1, clock=clock)
        guard.send(request(flat("12065550101")))
        with pytest.raises(LiveGuardRefused):
            guard.send(request(flat("12065550101")))
        clock.advance(seconds=1)
        guard.send(request(flat("12065550101")))
        assert counted(tmp_path) == {"2026-03-02": 1, "2026-03-03": 1}

    def test_it_is_counted_before_it_is_sent(self, url, tmp_path, monkeypatch):
        seen = []
        monkeypatch.setattr(HTTPAdapter, "send", lambda *_args: seen.append(counted(tmp_path)))
        new_guard(url).send(request(flat("12065550101")))
        assert seen == [{"2026-03-01": 1}]

    def test_a_send_that_fails_stays_counted(self, url, tmp_path, monkeypatch):
        def fail(*_args):
            raise requests.ConnectionError("x")

        monkeypatch.setattr(HTTPAdapter, "send", fail)
        guard = new_guard(url, cap=1)
        with pytest.raises(requests.ConnectionError):
            guard.send(request(flat("12065550101")))
        with pytest.raises(LiveGuardRefused, match="used up"):
            guard.send(request(flat("12065550101")))
        assert counted(tmp_path) == {"2026-03-01": 1}


class TestWhenItCannotCount:
    def test_a_locked_database_means_that_nothing_is_sent(self, url, tmp_path, passed, monkeypatch):
        monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.02)
        guard = new_guard(url)
        other = sqlite3.connect(tmp_path / "live.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LiveGuardRefused, match=r"cannot be counted, so nothing was sent\. .* locked") as caught:
            guard.send(request(flat("12065550101")))
        other.close()
        assert caught.value.safe_to_resend
        assert passed == []

    def test_a_table_that_is_gone_means_that_nothing_is_sent(self, url, tmp_path, passed):
        guard = new_guard(url)
        with sqlite3.connect(tmp_path / "live.sqlite") as other:
            other.execute("DROP TABLE live_sends")
        with pytest.raises(LiveGuardRefused, match="cannot be counted, so nothing was sent"):
            guard.send(request(flat("12065550101")))
        assert passed == []

    def test_reading_goes_on(self, url, tmp_path, passed):
        guard = new_guard(url)
        with sqlite3.connect(tmp_path / "live.sqlite") as other:
            other.execute("DROP TABLE live_sends")
        guard.send(request(None, method="GET"))
        assert len(passed) == 1


class _Passed(Exception):
    """Instead of the network."""


def _send_many(url, start, results):
    HTTPAdapter.send = lambda *_args: (_ for _ in ()).throw(_Passed)  # in this process only
    guard = new_guard(url, cap=10)
    start.wait()
    through = 0
    for _ in range(5):
        try:
            guard.send(request(flat("12065550101")))
        except _Passed:
            through += 1
        except LiveGuardRefused:
            pass
    results.put(through)


def test_eight_processes_at_once_send_exactly_the_cap(url, tmp_path):
    processes = multiprocessing.get_context("fork")
    start, results = processes.Barrier(8), processes.Queue()
    workers = [processes.Process(target=_send_many, args=(url, start, results)) for _ in range(8)]
    for worker in workers:
        worker.start()
    through = [results.get(timeout=20) for _ in workers]
    for worker in workers:
        worker.join()
    assert sum(through) == 10
    assert counted(tmp_path) == {"2026-03-01": 10}


class TestOnRealSockets:
    """The guard with its own retries, before a server on this machine."""

    def test_an_allowed_text_arrives_once(self, url, tmp_path, wire, wire_client):
        server = wire(answer_with("202 Accepted", b'{"data": {"id": "mdr2-1"}}'))
        client = wire_client(new_guard(url))
        assert client.send_message(to=ALLOWED, from_="12065550199", body="Hello").id == "mdr2-1"
        assert (server.received, counted(tmp_path)) == (1, {"2026-03-01": 1})

    def test_a_reset_after_the_request_is_neither_repeated_nor_counted_twice(self, url, tmp_path, wire, wire_client):
        server = wire(reset)
        with pytest.raises(OutcomeUnknown):
            wire_client(new_guard(url)).send_message(to=ALLOWED, from_="12065550199", body="Hello")
        assert (server.received, counted(tmp_path)) == (1, {"2026-03-01": 1})

    def test_a_refused_text_never_reaches_the_server(self, url, wire, wire_client):
        server = wire(answer_with("202 Accepted", b'{"data": {"id": "mdr2-1"}}'))
        client = wire_client(new_guard(url))
        with pytest.raises(LiveGuardRefused):
            client.send_message(to=OTHER, from_="12065550199", body="Your code is 482915")
        assert server.received == 0
        assert not [part for part in (OTHER, "482915") if part in f"{client.last_exchange}{client.last_exchange!r}"]

    def test_a_refused_number_written_with_hyphens_is_not_shown_either(self, url, wire, wire_client):
        wire(answer_with("202 Accepted", b""))
        client = wire_client(new_guard(url))
        with pytest.raises(LiveGuardRefused):
            client.send_message(to="206-555-0177", from_="12065550199", body="Hello")
        assert "555-01" not in str(client.last_exchange)

    def test_a_connection_that_was_never_made_stays_counted(self, url, tmp_path, monkeypatch, wire_client):
        monkeypatch.setattr(client_module, "BASE_URL", "http://127.0.0.1:1")
        guard = new_guard(url)
        guard.max_retries = guard.max_retries.new(backoff_factor=0)  # as many tries, without the waits
        with pytest.raises(ConnectionFailed):
            wire_client(guard).send_message(to=ALLOWED, from_="12065550199", body="Hello")
        assert counted(tmp_path) == {"2026-03-01": 1}


def test_a_post_is_repeated_only_where_no_connection_was_made():
    retry = LiveGuard(allowed=[], daily_cap=1, database_url="sqlite://", clock=Clock.real()).max_retries
    assert retry.connect == 2
    assert not retry.is_retry("POST", 503, has_retry_after=True)
    assert not retry.is_retry("GET", 503, has_retry_after=True)
    assert (retry.read, retry.status, retry.redirect, retry.other) == (0, 0, 0, 0)
