"""The server: HTTP on the socket itself, whatever a client does, and a clean end."""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
import requests

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork
from helpers.simulator.app import LONGEST_REQUEST_BODY
from helpers.simulator.server import Running, own_hosts, serve, serve_app
from helpers.simulator.server.connection import IDLE_SECONDS, Connection
from helpers.simulator.server.request_body import MOST_GATHERED

KEYS = ("12345678", "practice-secret")
BASIC = "Authorization: Basic MTIzNDU2Nzg6cHJhY3RpY2Utc2VjcmV0"
BODY = b'{"to":"12065550100","from":"12065550199","body":"Hello"}'
SEND = (
    f"POST /v2/messages HTTP/1.1\r\nHost: x\r\n{BASIC}\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\n"
).encode()
CHUNKED = f"POST /v2/messages HTTP/1.1\r\nHost: x\r\n{BASIC}\r\nTransfer-Encoding: chunked\r\n".encode()
AGAIN = b"GET /again HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

Start = Callable[..., Any]
Environ = dict[str, Any]


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


@pytest.fixture
def server(network: SimulatedNetwork) -> Iterator[Running]:
    with serve(network) as running:
        yield running


@contextmanager
def line_to(server: Running) -> Iterator[socket.socket]:
    with socket.create_connection((server.host, server.port), timeout=20) as line:
        yield line


def everything(line: socket.socket) -> bytes:
    """What comes until the server ends the connection."""
    data = b""
    while more := line.recv(65536):
        data += more
    return data


def talk(server: Running, request: bytes) -> bytes:
    with line_to(server) as line:
        line.sendall(request)
        return everything(line)


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


# --- Kept connections ---


def test_a_connection_is_kept_and_each_request_begins_where_the_last_ended(
    server: Running, network: SimulatedNetwork
) -> None:
    good = SEND + b"\r\n" + BODY
    refused_unread = good.replace(b"MTIz", b"xxxx")
    nowhere = good.replace(b"/v2/messages", b"/nowhere")
    answers = talk(server, good + refused_unread + nowhere + b"\r\n" + good + AGAIN)
    assert statuses(answers) == [200, 401, 404, 200, 404]
    assert len(network.messages()) == 2
    assert answers.count(b"Connection: close") == 1


def test_one_socket_serves_a_session(server: Running) -> None:
    client = http.client.HTTPConnection(server.host, server.port, timeout=20)
    for _ in range(3):
        client.request("GET", "/v2/messages")
        answer = client.getresponse()
        assert (answer.status, answer.version, answer.getheader("Connection")) == (401, 11, None)
        assert json.loads(answer.read())["errors"][0]["status"] == 401
        assert client.sock is not None
    client.close()


@pytest.mark.parametrize(
    ("version", "header", "kept"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: close", False),
        ("1.0", "", False),
        ("1.0", "Connection: keep-alive", True),
    ],
)
def test_who_wants_the_connection_kept(server: Running, version: str, header: str, kept: bool) -> None:
    lines = [f"GET /first HTTP/{version}", "Host: x", *([header] if header else []), "", ""]
    answers = talk(server, "\r\n".join(lines).encode() + AGAIN)
    assert statuses(answers) == ([404, 404] if kept else [404])
    assert (b"Connection: keep-alive" in answers) is (version == "1.0" and kept)


def test_a_head_request_gets_no_body_and_a_204_neither(server: Running) -> None:
    head = b"HEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    put = SEND.replace(b"POST /v2/messages", b"PUT /v2.1/messages/sms_callback")
    url = b'{"callback_url":"http://127.0.0.1:9/"}'
    put = put.replace(str(len(BODY)).encode(), str(len(url)).encode())
    answers = talk(server, head + put + b"\r\n" + url + AGAIN)
    assert statuses(answers) == [404, 204, 404]
    first, second, _ = re.split(rb"(?=HTTP/1\.1 )", answers)[1:]
    assert first.endswith(b"\r\n\r\n")
    assert second.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in second
    assert b"Transfer-Encoding" not in second


# --- Bodies ---


def test_chunked_bodies_with_extensions_and_trailers(server: Running, network: SimulatedNetwork) -> None:
    one, two = BODY[:9], BODY[9:]
    chunks = b"%x;note=1\r\n%b\r\n%X\r\n%b\r\n0\r\nChecksum: 1\r\n\r\n" % (len(one), one, len(two), two)
    answers = talk(server, CHUNKED + b"\r\n" + chunks + AGAIN)
    assert statuses(answers) == [200, 404]
    assert [message.body for message in network.messages()] == ["Hello"]


@pytest.mark.parametrize(
    "chunks",
    [
        b"%x\r\n%bjunk\r\n0\r\n\r\n" % (len(BODY), BODY),
        b"zz\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"\r\n",
        b"3\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffffffff\r\n",
        b"1" * 9000,
        b"0\r\n" + b"a: b\r\n" * 200,
        b"%x\r\n%b\r\n" % (len(BODY), BODY),  # whole, but nobody said so
    ],
    ids=["junk", "no hex", "negative", "empty", "longer", "huge", "endless line", "trailers", "left"],
)
def test_a_chunked_body_that_breaks_its_rules_is_carried_out_by_nobody(
    server: Running, network: SimulatedNetwork, chunks: bytes
) -> None:
    with line_to(server) as line:
        line.sendall(CHUNKED + b"\r\n" + chunks)
        line.shutdown(socket.SHUT_WR)
        answers = everything(line)
    assert statuses(answers) == [400]
    assert b'"errors"' in answers
    assert network.messages() == []


def test_a_client_that_leaves_within_its_body_sends_nothing(server: Running, network: SimulatedNetwork) -> None:
    with line_to(server) as line:
        line.sendall(SEND + b"\r\n" + BODY[:-1])
        line.shutdown(socket.SHUT_WR)
        assert statuses(everything(line)) == [400]
    assert network.messages() == []


def test_continue_is_said_when_the_body_is_wanted_and_not_before(server: Running, network: SimulatedNetwork) -> None:
    with line_to(server) as line:
        line.sendall(SEND + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(BODY)
        assert statuses(everything(line)) == [200]
    too_long = SEND.replace(b"Content-Length: %d" % len(BODY), b"Content-Length: 99999999")
    with line_to(server) as line:
        line.sendall(too_long + b"Expect: 100-continue\r\n\r\n")
        answer = line.recv(65536)
        assert statuses(answer) == [413]
        assert b"Connection: close" in answer
    assert len(network.messages()) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body_is_refused_with_an_answer_and_not_with_a_reset(server: Running, chunked: bool) -> None:
    piece = b"x" * 65536
    data: Any = (piece for _ in range(400)) if chunked else piece * 400
    answer = requests.post(f"{server.url}/v2/messages", data=data, auth=KEYS, timeout=20)
    assert (answer.status_code, answer.json()["errors"][0]["status"]) == (413, 413)


def test_a_client_that_sends_all_before_it_reads_still_gets_its_answer(server: Running) -> None:
    size = 26_000_000
    head = SEND.replace(b"Content-Length: %d" % len(BODY), b"Content-Length: %d" % size)
    assert statuses(talk(server, head + b"\r\n" + b"x" * size)) == [413]


def test_a_body_that_the_app_leaves_alone_is_not_the_next_request() -> None:
    methods: list[str] = []

    def app(environ: Environ, start: Start) -> list[bytes]:
        methods.append(environ["REQUEST_METHOD"])
        start("200 OK", [("Content-Length", "0")])
        return []

    with serve_app(app) as server:
        answers = talk(server, SEND + b"\r\n" + BODY + SEND + b"\r\n" + BODY + AGAIN)
    assert (statuses(answers), methods) == ([200, 200, 200], ["POST", "POST", "GET"])


def test_of_a_chunked_body_one_byte_more_is_gathered_than_the_app_takes() -> None:
    assert MOST_GATHERED == LONGEST_REQUEST_BODY + 1


# --- What cannot be read ---


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1 too many words\r\n\r\n", 400),
        (b"GET / FTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/one\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello", 400),
        (b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \xb2\r\n\r\na", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", 403),
        (b"CONNECT api.flowroute.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", 403),  # without --tls
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else None,
)
def test_what_cannot_be_read_is_answered_in_flowroutes_shape(
    server: Running, capfd: pytest.CaptureFixture[str], request_: bytes, status: int
) -> None:
    answer = talk(server, request_ + AGAIN)
    assert statuses(answer) == [status]
    head, _, content = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: application/json" in head
    assert b"Connection: close" in head
    (error,) = json.loads(content)["errors"]
    assert (error["status"], sorted(error)) == (status, ["detail", "id", "status", "title"])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("request_", [b"", b"\r\n", b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_client_that_says_nothing_whole_gets_nothing_or_an_error(
    server: Running, capfd: pytest.CaptureFixture[str], request_: bytes
) -> None:
    with line_to(server) as line:
        line.sendall(request_)
        line.shutdown(socket.SHUT_WR)
        assert set(statuses(everything(line))) <= {400, 404, 403}
    assert capfd.readouterr() == ("", "")


def test_a_client_that_keeps_silent_is_let_go(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Connection.timeout == IDLE_SECONDS
    monkeypatch.setattr(Connection, "timeout", 0.2)
    with line_to(server) as line:
        assert everything(line) == b""
    with line_to(server) as line:
        line.sendall(b"GET /v2/mess")
        assert everything(line) == b""
    with line_to(server) as line:
        line.sendall(SEND + b"\r\n" + BODY[:5])
        assert statuses(everything(line)) == [400]


# --- Answers of any app ---


def test_a_stream_is_chunked_for_http_1_1_and_ends_with_the_connection_for_1_0() -> None:
    def app(environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        yield b"one "
        yield b""
        yield b"two"

    with serve_app(app) as server:
        new = talk(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + AGAIN)
        old = talk(server, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + AGAIN)
        text = requests.get(server.url, timeout=20).text
    assert statuses(new) == [200, 200]
    assert b"\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n" in new
    assert statuses(old) == [200]
    assert old.endswith(b"\r\n\r\none two")
    assert text == "one two"


def test_an_app_that_says_more_than_its_length_is_cut_there() -> None:
    def app(environ: Environ, start: Start) -> list[bytes]:
        start("200 OK", [("Content-Length", "3")])
        return [b"on", b"e and more"]

    with serve_app(app) as server:
        answers = talk(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + AGAIN)
    assert statuses(answers) == [200, 200]
    assert answers.endswith(b"\r\n\r\none")


def test_an_app_that_fails_is_a_500_and_nothing_it_held_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    code = "123456"

    def app(environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", [])
        if environ["PATH_INFO"] == "/late":
            yield b"begun"
        raise ValueError(f"the code is {code}")

    with serve_app(app) as server:
        early = requests.get(server.url, timeout=20)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(f"{server.url}/late", timeout=20)
    assert (early.status_code, early.json()["errors"][0]["status"]) == (500, 500)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "ValueError" in caplog.text
    assert code not in caplog.text


def test_a_stream_ends_when_its_reader_leaves() -> None:
    ended = threading.Event()

    def app(environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", [])
        try:
            while True:
                yield b"x" * 65536
        finally:
            ended.set()

    with serve_app(app) as server:
        with line_to(server) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert line.recv(10)
        assert ended.wait(20)


def test_what_the_app_learns_of_the_request() -> None:
    seen: list[Environ] = []

    def app(environ: Environ, start: Start) -> list[bytes]:
        seen.append({**environ, "body": environ["wsgi.input"].read()})
        start("204 No Content", [])
        return []

    with serve_app(app) as server:
        talk(
            server,
            b"POST /a%20b//c?q=%2B HTTP/1.1\r\nHost: example.org:81\r\nX-Thing: 1\r\nX_Thing: 2\r\n"
            b"Content-Length: 2\r\nConnection: close\r\n\r\n{}",
        )
    (environ,) = seen
    assert (environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]) == ("POST", "/a b//c", "q=%2B")
    assert (environ["HTTP_HOST"], environ["wsgi.url_scheme"], environ["body"]) == ("example.org:81", "http", b"{}")
    assert environ["HTTP_X_THING"] == "1"


# --- Where it listens, and its end ---


def test_an_ipv6_address(network: SimulatedNetwork) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serve(network, host="::1") as server:
        assert re.fullmatch(r"http://\[::1\]:\d+", server.url)
        link = requests.post(
            f"{server.url}/v2.1/messages", BODY, auth=KEYS, headers={"Content-Type": "application/json"}, timeout=20
        )
        assert link.json()["data"]["links"]["self"].startswith(f"{server.url}/v2.1/messages/mdr2-")
        assert requests.get(f"{server.url}/_simulator/clock", timeout=20).status_code == 200


def test_a_port_that_is_taken(server: Running, network: SimulatedNetwork) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(network, port=server.port)


def test_the_names_that_the_controls_answer_to() -> None:
    assert own_hosts("127.0.0.1", 8025) == {"127.0.0.1:8025", "localhost:8025", "[::1]:8025"}
    assert own_hosts("127.0.0.2", 8025) >= {"127.0.0.2:8025"}
    assert own_hosts("0.0.0.0", 8025) >= {"*ip*", "localhost:8025"}  # noqa: S104  # compared
    assert own_hosts("127.0.0.1", 80) >= {"127.0.0.1", "localhost", "127.0.0.1:80"}
    assert "api.flowroute.com" in own_hosts("127.0.0.1", 8025, tls=True)


def test_names_that_were_allowed_reach_the_controls(network: SimulatedNetwork) -> None:
    with serve(network, hosts=["Classroom.local:80"]) as server:
        for host, status in (
            ("classroom.LOCAL:80", 200),
            ("elsewhere.example", 403),
            (f"127.0.0.1:{server.port}", 200),
        ):
            answer = requests.get(f"{server.url}/_simulator/clock", headers={"Host": host}, timeout=20)
            assert answer.status_code == status, host


def test_it_ends_with_everybody_who_still_waits(network: SimulatedNetwork) -> None:
    """Idle connections, half a request, and a silence of the fault menu."""
    before = threading.active_count()
    with serve(network) as server:
        idle = [socket.create_connection((server.host, server.port), timeout=20) for _ in range(5)]
        idle[0].sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        assert statuses(idle[0].recv(65536)) == [404]
        idle[1].sendall(SEND)
        requests.put(f"{server.url}/_simulator/clock", json={"state": "frozen"}, timeout=20)
        for kind, seconds in (("no-answer", None), ("latency", 600)):
            requests.post(f"{server.url}/_simulator/faults", json={"kind": kind, "seconds": seconds}, timeout=20)
        for line in idle[2:4]:
            line.sendall(b"GET /v2/messages HTTP/1.1\r\nHost: x\r\n\r\n")
        while network.faults.list():  # both are waiting now
            threading.Event().wait(0.01)
    assert sorted(line.recv(65536)[:12] for line in idle[2:4]) == [b"", b"HTTP/1.1 401"]
    for line in idle:
        assert set(statuses(everything(line))) <= {400}  # what the half request got
        line.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=20)
    server.stop()  # once more changes nothing


def test_callbacks_leave_over_http_for_this_machine_alone(network: SimulatedNetwork) -> None:
    got: list[bytes] = []
    arrived = threading.Event()

    def receiver(environ: Environ, start: Start) -> list[bytes]:
        got.append(environ["wsgi.input"].read())
        arrived.set()
        start("200 OK", [("Content-Length", "0")])
        return []

    with serve_app(receiver) as other, serve(network) as server:
        for url in ("http://192.0.2.1/dlr", f"{other.url}/dlr"):
            fields = {**json.loads(BODY), "dlr_callback": url}
            assert requests.post(f"{server.url}/v2.1/messages", json=fields, auth=KEYS, timeout=20).status_code == 202
        network.clock.advance(seconds=10)
        assert arrived.wait(20)
    assert json.loads(got[0])["data"]["type"] == "delivery_receipt"
    refused = [attempt for attempt in network.callbacks.attempts() if "192.0.2.1" in attempt.url]
    assert refused
    assert {(attempt.status, attempt.error.split(":")[0]) for attempt in refused} == {(None, "not posted")}


def test_twenty_clients_at_once(network: SimulatedNetwork) -> None:
    with serve(network) as server:
        found: list[int] = []

        def one() -> None:
            with requests.Session() as session:
                for _ in range(5):
                    found.append(
                        session.post(f"{server.url}/v2/messages", json=json.loads(BODY), auth=KEYS).status_code
                    )

        threads = [threading.Thread(target=one) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [200] * 100
    assert len(network.messages()) == 100


def test_a_running_clock_is_fine_too() -> None:
    network = SimulatedNetwork(clock=Clock(), access_key="a", secret_key="b", numbers=["12065550199"])
    with serve(network) as server:
        assert requests.get(f"{server.url}/v2/messages", auth=("a", "b"), timeout=20).status_code == 422


# --- One machine of many ---


def hello(_environ: Environ, start_response: Start) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def test_one_address_has_no_more_connections_than_its_share() -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with serve_app(hello, most_per_address=2) as running, ExitStack() as lines:
        first, second = (lines.enter_context(line_to(running)) for _ in range(2))
        for line in (first, second):
            line.sendall(request)
            assert line.recv(65536).endswith(b"hello")
        with line_to(running) as third, suppress(ConnectionResetError):
            assert third.recv(65536) == b"", "no thread and no file is kept for it"
        first.close()
        for _ in range(200):  # until the server has noticed
            with line_to(running) as another, suppress(ConnectionError):
                another.sendall(request)
                if another.recv(65536).endswith(b"hello"):
                    break
        else:
            pytest.fail("A place that became free was not given to anybody.")


def test_a_connection_for_which_there_is_no_thread_takes_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_app(hello, most_per_address=1) as running:
        server = running._server

        def no_more_threads(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patched:
            patched.setattr(socketserver.ThreadingMixIn, "process_request", no_more_threads)
            with pytest.raises(RuntimeError):
                server.process_request(None, ("192.0.2.66", 1))
        assert server.verify_request(None, ("192.0.2.66", 1))
