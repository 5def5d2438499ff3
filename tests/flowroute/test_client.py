"""The client: against the simulator, against odd answers, and against real sockets on bad days."""

from __future__ import annotations

import itertools
import json
import socket
import ssl
import subprocess
from base64 import b64decode
from datetime import UTC, datetime, timedelta, timezone

import pytest
import requests
import urllib3
from flowroute_wire import ACCESS_KEY, BASIC, SECRET_KEY, all_that_can_be_read_of, answer_with, reset
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, ProtocolError, ReadTimeoutError

from helpers.clock import Clock
from helpers.flowroute import (
    ConnectionFailed,
    FlowrouteClient,
    FlowrouteError,
    Forbidden,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unauthorized,
)
from helpers.flowroute import client as client_module
from helpers.flowroute.live import _RETRY
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.settings import Settings

HELLO = {"to": "+12065550100", "from_": "+12065550199", "body": "Your code is 482915"}
SENT = {"data": {"id": "mdr2-1"}}
START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def practice(monkeypatch, tmp_path):
    monkeypatch.setenv("FLOWROUTE_MODE", "practice")
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "course"))
    return Settings.load(clock=Clock.standing_still())


@pytest.mark.parametrize(("version", "prefix"), [("v2", "mdr1-"), ("v2.1", "mdr2-"), ("v2.2", "mdr2-")])
class TestAgainstTheSimulator:
    def test_what_was_sent_can_be_looked_up_and_is_in_the_list(self, practice, version, prefix):
        client = practice.client(api_version=version)
        sent = client.send_message(**HELLO)
        assert sent.id.startswith(prefix)
        practice.clock.advance(seconds=5)
        record = client.get_message(sent.id)
        assert (record.id, record.body, record.direction) == (sent.id, HELLO["body"], "outbound")
        assert (record.to, record.from_) == (PhoneNumber("+12065550100"), PhoneNumber("+12065550199"))
        assert record.amount_nanodollars == 4_000_000
        assert list(client.list_messages(start=practice.clock.now() - timedelta(hours=1))) == [record]

    def test_a_message_sent_at_the_end_of_the_range_belongs_to_it(self, practice, version, prefix):
        client = practice.client(api_version=version)
        practice.clock.advance(seconds=0.345)
        sent = client.send_message(**HELLO)
        records = client.list_messages(start=practice.clock.now(), end=practice.clock.now())
        assert [record.id for record in records] == [sent.id]

    def test_only_v22_tells_the_price(self, practice, version, prefix):
        price = practice.client(api_version=version).send_message(**HELLO).price
        assert (price is not None) == (version == "v2.2")
        assert price is None or (price.charged_cost, price.segment_count) == ("0.0070", 1)

    def test_receipts_come_with_time_and_not_on_v2(self, practice, version, prefix):
        client = practice.client(api_version=version)
        sent = client.send_message(**HELLO)
        practice.clock.advance(seconds=5)
        levels = [receipt.level for receipt in client.get_message(sent.id).receipts]
        assert levels == ([] if version == "v2" else sorted(levels, reverse=True))
        assert bool(levels) == (version != "v2")

    def test_a_list_goes_over_its_pages_newest_first(self, practice, version, prefix):
        client = practice.client(api_version=version)
        ids = []
        for _ in range(7):
            ids.append(client.send_message(**HELLO).id)
            practice.clock.advance(seconds=1)
        assert [record.id for record in client.list_messages(start=START, page_size=3)] == ids[::-1]
        assert [record.id for record in client.list_messages(start=START, page_size=3, limit=5)] == ids[:1:-1]
        assert list(client.list_messages(start=practice.clock.now())) == []

    def test_wrong_keys_are_unauthorized(self, practice, version, prefix):
        client = practice.client(api_version=version, secret_key=Secret("wrong"))
        with pytest.raises(Unauthorized):
            client.send_message(**HELLO)
        with pytest.raises(Unauthorized):
            client.get_message("mdr2-1")
        with pytest.raises(Unauthorized):
            next(client.list_messages(start=START))

    def test_spaces_around_the_keys_are_cut_off(self, practice, version, prefix):
        client = practice.client(
            api_version=version,
            access_key=f"  {practice.access_key}\n",
            secret_key=Secret(f"\t{practice.secret_key.reveal()} "),
        )
        assert client.send_message(**HELLO).id

    def test_a_number_of_somebody_else_is_forbidden_as_from(self, practice, version, prefix):
        with pytest.raises(Forbidden):
            practice.client(api_version=version).send_message(**{**HELLO, "from_": "+12065550111"})

    def test_a_malformed_to_is_sent_as_it_stands_and_refused_by_flowroute(self, practice, version, prefix):
        client = practice.client(api_version=version)
        with pytest.raises(InvalidRequest) as caught:
            client.send_message(**{**HELLO, "to": "555-0100"})
        assert caught.value.status == 422
        assert "to" in caught.value.detail["data"]["attributes"]
        assert '"555-0100"' in client.last_exchange.request_body

    def test_an_unknown_id_is_not_found(self, practice, version, prefix):
        with pytest.raises(NotFound):
            practice.client(api_version=version).get_message(f"{prefix}0")

    def test_the_sixth_request_in_a_second_is_too_many(self, practice, version, prefix):
        practice.simulator.rate_limit = True
        client = practice.client(api_version=version)
        for _ in range(5):
            client.send_message(**HELLO)
        with pytest.raises(RateLimited):
            client.send_message(**HELLO)
        practice.clock.advance(seconds=1)
        assert client.send_message(**HELLO).id


class TestRequests:
    def body_of(self, client):
        return json.loads(client.end.requests[-1].body)

    @pytest.mark.parametrize("number", ["+12065550100", "12065550100", "not a number", ""])
    def test_a_number_in_text_goes_out_as_it_stands(self, odd_client, number):
        client = odd_client((202, SENT))
        client.send_message(**{**HELLO, "to": number})
        assert self.body_of(client)["data"]["attributes"]["to"] == number

    def test_a_parsed_number_goes_out_as_digits(self, odd_client):
        client = odd_client((202, SENT))
        client.send_message(to=PhoneNumber("+12065550100"), from_=PhoneNumber("+12065550199"), body="x")
        assert self.body_of(client) == {
            "data": {"type": "message", "attributes": {"to": "12065550100", "from": "12065550199", "body": "x"}}
        }

    def test_v2_sends_a_flat_body_of_its_own_type(self, odd_client):
        client = odd_client((200, SENT), api_version="v2")
        client.send_message(**HELLO, dlr_callback="https://example.org/dlr")
        request = client.end.requests[0]
        assert request.url == "https://api.flowroute.com/v2/messages"
        assert request.headers["Content-Type"] == request.headers["Accept"] == "application/json"
        assert self.body_of(client) == {
            "to": "+12065550100",
            "from": "+12065550199",
            "body": HELLO["body"],
            "dlr_callback": "https://example.org/dlr",
        }

    @pytest.mark.parametrize("version", ["v2.1", "v2.2"])
    def test_later_versions_send_json_api(self, odd_client, version):
        client = odd_client((202, SENT), api_version=version)
        client.send_message(**HELLO)
        request = client.end.requests[0]
        assert request.url == f"https://api.flowroute.com/{version}/messages"
        assert request.headers["Content-Type"] == request.headers["Accept"] == "application/vnd.api+json"

    def test_the_keys_go_out_as_basic_authentication_without_spaces(self, odd_client):
        client = odd_client((202, SENT), access_key=f" {ACCESS_KEY} ", secret_key=Secret(f"\n{SECRET_KEY}\t"))
        client.send_message(**HELLO)
        kind, pair = client.end.requests[0].headers["Authorization"].split()
        assert (kind, b64decode(pair).decode()) == ("Basic", f"{ACCESS_KEY}:{SECRET_KEY}")

    @pytest.mark.parametrize("odd_id", ["../numbers", "a b", "a?b=c", "a#b", "a/b", "é"])
    def test_an_odd_id_stays_one_piece_of_the_path(self, odd_client, odd_id):
        client = odd_client((404, {}))
        with pytest.raises(NotFound):
            client.get_message(odd_id)
        url = client.end.requests[0].url
        assert url.startswith("https://api.flowroute.com/v2.2/messages/")
        assert not set("?# ") & set(url)
        assert url.count("/") == 5

    def test_a_version_that_does_not_exist_is_refused_at_once(self, odd_client):
        with pytest.raises(ValueError, match=r"one of v2, v2\.1, v2\.2, not 'v3'"):
            odd_client(api_version="v3")


class TestOddAnswers:
    @pytest.mark.parametrize("status", [200, 201, 202])
    def test_any_2xx_with_an_id_is_taken(self, odd_client, status):
        assert odd_client((status, SENT)).send_message(**HELLO).id == "mdr2-1"

    @pytest.mark.parametrize("status", [200, 202])
    @pytest.mark.parametrize(
        "body",
        [
            {"data": {}},
            {"data": None},
            {"data": {"id": ""}},
            {"data": {"id": 7}},
            {"id": "mdr2-1"},
            [],
            [SENT],
            None,
            "sent",
            b"",
            b"OK",
            b"<html>OK</html>",
            b'{"data": {"id": "mdr2-1"',
            b"\xff\xfe",
            b"[" * 100_000,
        ],
    )
    def test_a_2xx_without_an_id_leaves_the_outcome_unknown(self, odd_client, status, body):
        client = odd_client((status, body))
        with pytest.raises(OutcomeUnknown, match="may be on its way") as caught:
            client.send_message(**HELLO)
        assert not caught.value.safe_to_resend
        assert client.last_exchange.status == status
        assert len(client.end.requests) == 1

    @pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", [], {"errors": []}, b"["])
    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_failing_gateway_is_a_server_error_whatever_it_writes(self, odd_client, status, body):
        with pytest.raises(ServerError) as caught:
            odd_client((status, body)).send_message(**HELLO)
        assert caught.value.status == status
        assert not caught.value.safe_to_resend

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("body", [b"", SENT])
    def test_a_redirect_is_neither_followed_nor_believed(self, odd_client, status, body):
        client = odd_client((status, body, {"Location": "https://example.org/"}), (202, SENT))
        with pytest.raises(OutcomeUnknown):
            client.send_message(**HELLO)
        assert len(client.end.requests) == 1

    @pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (422, InvalidRequest), (429, RateLimited)])
    def test_an_error_carries_what_flowroute_said(self, odd_client, status, kind):
        error = {"errors": [{"status": status, "title": "Title", "detail": "Detail.", "id": "7fc8c70a"}]}
        with pytest.raises(kind) as caught:
            odd_client((status, error)).send_message(**HELLO)
        found = caught.value
        assert (found.status, found.title, found.detail, found.error_id) == (status, "Title", "Detail.", "7fc8c70a")

    @pytest.mark.parametrize("body", [b"", b"x", {}, {"data": None}, {"data": {"id": "mdr2-1"}}, {"data": []}])
    def test_a_look_up_without_a_record_says_ask_again(self, odd_client, body):
        with pytest.raises(OutcomeUnknown, match="Ask again"):
            odd_client((200, body)).get_message("mdr2-1")

    @pytest.mark.parametrize("body", [b"", {}, {"data": None}, {"data": {}}, []])
    def test_a_list_without_records_says_ask_again(self, odd_client, body):
        with pytest.raises(OutcomeUnknown, match="Ask again"):
            list(odd_client((200, body)).list_messages(start=START))


def page(*ids, more=False, **links):
    items = [{"id": id_, "type": "message", "attributes": {"body": "x"}} for id_ in ids]
    return 200, {"data": items, "links": {"next": "https://example.org/never-followed"} if more else links}


class TestLists:
    def queries(self, client):
        return [
            dict(part.split("=") for part in request.url.partition("?")[2].split("&"))
            for request in client.end.requests
        ]

    def ids(self, records):
        return [record.id for record in records]

    def test_nothing_is_asked_before_the_first_record_is_wanted(self, odd_client):
        client = odd_client()
        client.list_messages(start=START)
        assert client.end.requests == []

    def test_a_page_is_asked_for_only_when_it_is_reached(self, odd_client):
        client = odd_client(page("a", "b", more=True), page("c", "d", more=True), page("e"))
        records = client.list_messages(start=START, page_size=2)
        asked = [(record.id, len(client.end.requests)) for record in itertools.islice(records, 3)]
        assert asked == [("a", 1), ("b", 1), ("c", 2)]
        assert self.ids(records) == ["d", "e"]
        assert [(query["limit"], query["offset"]) for query in self.queries(client)] == [
            ("2", "0"),
            ("2", "2"),
            ("2", "4"),
        ]

    def test_the_limit_counts_over_pages_and_asks_for_no_more(self, odd_client):
        client = odd_client(page("a", "b", more=True), page("c", more=True))
        assert self.ids(client.list_messages(start=START, page_size=2, limit=3)) == ["a", "b", "c"]
        assert [query["limit"] for query in self.queries(client)] == ["2", "1"]

    def test_the_limit_holds_where_the_server_gives_more_than_asked(self, odd_client):
        client = odd_client(page("a", "b", "c", "d", more=True))
        assert self.ids(client.list_messages(start=START, limit=3)) == ["a", "b", "c"]
        assert len(client.end.requests) == 1

    def test_a_page_that_the_server_cut_short_is_followed_by_the_next(self, odd_client):
        client = odd_client(page("a", "b", more=True), page("c", more=True), page("d"))
        assert self.ids(client.list_messages(start=START, page_size=50)) == ["a", "b", "c", "d"]
        assert [query["offset"] for query in self.queries(client)] == ["0", "2", "3"]

    def test_a_longer_page_than_asked_for_is_not_skipped_over(self, odd_client):
        client = odd_client(page("a", "b", "c", more=True), page("d"))
        assert self.ids(client.list_messages(start=START, page_size=2)) == ["a", "b", "c", "d"]
        assert [query["offset"] for query in self.queries(client)] == ["0", "3"]

    def test_a_record_that_moved_to_the_next_page_is_given_once(self, odd_client):
        client = odd_client(page("c", "b", more=True), page("b", "a"))
        assert self.ids(client.list_messages(start=START, page_size=2)) == ["c", "b", "a"]

    def test_a_record_that_came_twice_does_not_count_against_the_limit(self, odd_client):
        client = odd_client(page("d", "c", more=True), page("c", "b", more=True), page("a"))
        assert self.ids(client.list_messages(start=START, page_size=2, limit=4)) == ["d", "c", "b", "a"]

    def test_what_is_no_record_is_left_out(self, odd_client):
        status, body = page("a")
        client = odd_client((status, {"data": [None, "x", {"id": "y"}, *body["data"]]}))
        assert self.ids(client.list_messages(start=START)) == ["a"]

    @pytest.mark.parametrize("links", [{"next": None}, {"next": ""}, {"prev": "x"}, {}])
    def test_without_a_next_link_the_list_ends(self, odd_client, links):
        client = odd_client(page("a", **links))
        assert self.ids(client.list_messages(start=START)) == ["a"]

    def test_an_empty_page_ends_the_list_whatever_its_link_says(self, odd_client):
        client = odd_client(page("a", more=True), page(more=True))
        assert self.ids(client.list_messages(start=START)) == ["a"]
        assert len(client.end.requests) == 2

    def test_a_failure_on_the_second_page_comes_after_the_first_was_given(self, odd_client):
        client = odd_client(page("a", more=True), (503, b""))
        records = client.list_messages(start=START)
        assert next(records).id == "a"
        with pytest.raises(ServerError):
            next(records)

    def test_times_go_out_in_utc_and_percent_encoded(self, odd_client):
        client = odd_client(page())
        tokyo = timezone(timedelta(hours=9))
        start = datetime(2026, 3, 3, 2, 0, 0, 129_999, tokyo)
        list(client.list_messages(start=start, end=datetime(2026, 3, 3, tzinfo=UTC)))
        assert "start_date=2026-03-02T17%3A00%3A00.12Z" in client.end.requests[0].url
        assert "end_date=2026-03-03T00%3A00%3A00.00Z" in client.end.requests[0].url

    @pytest.mark.parametrize(
        "times", [{"start": datetime(2026, 3, 2)}, {"start": START, "end": datetime(2026, 3, 2)}], ids=["start", "end"]
    )
    def test_a_time_without_a_zone_is_refused_at_the_call(self, odd_client, times):
        with pytest.raises(ValueError, match="need a time zone"):
            odd_client().list_messages(**times)

    @pytest.mark.parametrize("sizes", [{"limit": 0}, {"limit": -1}, {"page_size": 0}])
    def test_a_size_below_one_is_refused_at_the_call(self, odd_client, sizes):
        with pytest.raises(ValueError, match="at least 1"):
            odd_client().list_messages(start=START, **sizes)


def send(client):
    return client.send_message(**HELLO)


def look_up(client):
    return client.get_message("mdr2-1")


def never_answer(connection):
    connection.recv(1)  # until the client hangs up


def half_a_body(connection):
    connection.sendall(b'HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n{"data": {"id": "mdr2-1"')


def half_a_chunk(connection):
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{")


def a_chunk_of_nonsense(connection):
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")


def no_http(connection):
    connection.sendall(b"SSH-2.0-something\r\n\r\n")


def a_broken_gzip(connection):
    answer_with("202 Accepted", b"not gzip at all", "Content-Encoding: gzip")(connection)


def a_stall_in_the_body(connection):
    half_a_body(connection)
    never_answer(connection)


def a_reset_in_the_body(connection):
    half_a_body(connection)
    reset(connection)


BAD_DAYS = [
    never_answer,
    reset,
    lambda connection: None,
    half_a_body,
    half_a_chunk,
    a_chunk_of_nonsense,
    no_http,
    a_broken_gzip,
    a_stall_in_the_body,
    a_reset_in_the_body,
]


class TestRealSockets:
    def test_a_whole_answer_comes_through(self, wire, wire_client):
        server = wire(answer_with("202 Accepted", json.dumps(SENT).encode()))
        assert send(wire_client()).id == "mdr2-1"
        assert server.received == 1

    @pytest.mark.parametrize("retries", [0, _RETRY], ids=["plain", "live"])
    @pytest.mark.parametrize("bad_day", BAD_DAYS, ids=lambda day: day.__name__.strip("<>"))
    def test_after_the_request_left_the_outcome_is_unknown_and_it_left_once(self, wire, wire_client, bad_day, retries):
        server = wire(bad_day)
        client = wire_client(HTTPAdapter(max_retries=retries))
        with pytest.raises(OutcomeUnknown, match=r"No whole answer came .* may be on its way") as caught:
            send(client)
        assert not caught.value.safe_to_resend
        assert server.received == 1
        assert client.last_exchange.status is None
        assert client.last_exchange.error == str(caught.value)

    def test_a_look_up_that_got_no_answer_may_be_repeated_by_hand(self, wire, wire_client):
        server = wire(reset)
        with pytest.raises(OutcomeUnknown, match="Ask again"):
            look_up(wire_client(HTTPAdapter(max_retries=_RETRY)))
        assert server.received == 1

    @pytest.mark.parametrize("call", [send, look_up])
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            ("429 Too Many Requests", RateLimited),
            ("503 Service Unavailable", ServerError),
            ("413 Large", InvalidRequest),
        ],
    )
    def test_an_answer_that_says_retry_after_is_given_to_the_caller(self, wire, wire_client, call, status, kind):
        server = wire(answer_with(status, b"", "Retry-After: 1"))
        with pytest.raises(kind):
            call(wire_client(HTTPAdapter(max_retries=_RETRY)))
        assert server.received == 1

    def test_a_redirect_is_not_followed(self, wire, wire_client):
        server = wire(answer_with("307 Temporary Redirect", b"", "Location: /v2.2/messages"))
        with pytest.raises(OutcomeUnknown):
            send(wire_client(HTTPAdapter(max_retries=_RETRY)))
        assert server.received == 1

    @pytest.mark.parametrize("call", [send, look_up])
    def test_a_closed_port_means_that_nothing_was_sent(self, monkeypatch, wire_client, call):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        monkeypatch.setattr(client_module, "BASE_URL", f"http://127.0.0.1:{port}")
        client = wire_client()
        with pytest.raises(ConnectionFailed, match="so nothing was sent") as caught:
            call(client)
        assert caught.value.safe_to_resend
        assert client.last_exchange.error == str(caught.value)

    def test_a_name_that_nobody_knows_means_that_nothing_was_sent(self, monkeypatch, wire_client):
        def unknown(*_args, **_kwargs):
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(ConnectionFailed, match="Check the network"):
            send(wire_client())

    def test_a_connection_that_never_comes_about_means_that_nothing_was_sent(self, monkeypatch, wire_client):
        def too_long(*_args, **_kwargs):
            raise TimeoutError("timed out")

        monkeypatch.setattr(urllib3.util.connection, "create_connection", too_long)
        with pytest.raises(ConnectionFailed, match="ConnectTimeout"):
            send(wire_client())

    def test_a_certificate_that_is_not_flowroutes_means_that_nothing_was_sent(self, tmp_path, wire, wire_client):
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        request = (
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=api.flowroute.com"
        )
        subprocess.run([*request.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = wire(
            answer_with("202 Accepted", json.dumps(SENT).encode()),
            wrap=lambda connection: context.wrap_socket(connection, server_side=True),
            scheme="https",
        )
        with pytest.raises(ConnectionFailed, match="SSLCertVerificationError"):
            send(wire_client())
        assert server.received == 0

    def test_a_handshake_that_never_ends_is_counted_as_unknown_to_be_safe(self, wire, wire_client):
        server = wire(never_answer, scheme="https")
        with pytest.raises(OutcomeUnknown):
            send(wire_client(timeout=(0.1, 0.1)))
        assert server.received == 0


POOL = urllib3.HTTPSConnectionPool("api.flowroute.com")


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (requests.ConnectionError(MaxRetryError(POOL, "/", NameResolutionError("x", POOL, socket.gaierror()))), True),
        (requests.ConnectTimeout(MaxRetryError(POOL, "/", ConnectTimeoutError(POOL, "x"))), True),
        (
            requests.exceptions.SSLError(
                MaxRetryError(POOL, "/", urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("refused")))
            ),
            True,
        ),
        (requests.exceptions.SSLError(MaxRetryError(POOL, "/", urllib3.exceptions.SSLError(ssl.SSLEOFError()))), False),
        (requests.ReadTimeout(ReadTimeoutError(POOL, "/", "x")), False),
        (requests.ConnectionError(MaxRetryError(POOL, "/", ReadTimeoutError(POOL, "/", "x"))), False),
        (requests.ConnectionError(ProtocolError("aborted", ConnectionResetError(104, "reset"))), False),
        (requests.exceptions.ChunkedEncodingError(ProtocolError("x")), False),
        (requests.exceptions.ContentDecodingError("x"), False),
        (requests.exceptions.RetryError("x"), False),
        (requests.RequestException(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_a_connection_that_was_never_made_is_safe_to_repeat(odd_client, problem, kind):
    with pytest.raises(ConnectionFailed if kind else OutcomeUnknown) as caught:
        send(odd_client(problem))
    assert caught.value.safe_to_resend is kind


class TestCredentialsStayHidden:
    def fail(self, call, client):
        with pytest.raises(FlowrouteError) as caught:
            call(client)
        return caught.value

    @pytest.mark.parametrize("call", [send, look_up, lambda client: list(client.list_messages(start=START))])
    @pytest.mark.parametrize("answer", [(401, b""), (200, b"x"), (502, b"<html>"), (302, b"")], ids=str)
    def test_in_errors_after_an_answer(self, odd_client, call, answer):
        self.check(self.fail(call, client := odd_client(answer)), client)

    @pytest.mark.parametrize("call", [send, look_up])
    @pytest.mark.parametrize(
        "problem",
        [requests.ReadTimeout("x"), requests.ConnectionError("x"), ConnectionFailed("refused")],
        ids=lambda problem: type(problem).__name__,
    )
    def test_in_errors_without_an_answer(self, odd_client, call, problem):
        self.check(self.fail(call, client := odd_client(problem)), client)

    @pytest.mark.parametrize("bad_day", [reset, half_a_body, never_answer])
    def test_in_errors_of_real_sockets(self, wire, wire_client, bad_day):
        wire(bad_day)
        self.check(self.fail(send, client := wire_client()), client)

    def test_in_what_can_be_seen_of_a_client(self, odd_client):
        client = odd_client((202, SENT), mask_bodies=False)
        send(client)
        exchange = client.last_exchange
        shown = f"{client!r}{vars(client)}{exchange!r}{exchange}{exchange.as_dict()}"
        assert not [key for key in (SECRET_KEY, BASIC) if key in shown]

    def check(self, error, client):
        # Nothing of the request, which carries the keys, hangs on the error.
        assert error.__context__ is None or not getattr(error.__context__, "request", None)
        assert error.__cause__ is None
        shown = f"{all_that_can_be_read_of(error)}{client.last_exchange!r}{client.last_exchange}"
        assert not [key for key in (SECRET_KEY, BASIC, ACCESS_KEY) if key in shown]


def test_live_masking_is_the_default(odd_client):
    client = odd_client((202, SENT))
    send(client)
    assert not [part for part in ("206555", "482915") if part in f"{client.last_exchange}"]


def test_each_call_leaves_its_own_exchange(odd_client):
    client = odd_client((202, SENT), (404, {}))
    assert client.last_exchange is None
    send(client)
    first = client.last_exchange
    with pytest.raises(NotFound):
        look_up(client)
    assert (first.method, first.status) == ("POST", 202)
    assert (client.last_exchange.method, client.last_exchange.status) == ("GET", 404)


def test_who_listens_is_told_of_every_exchange_as_it_is_kept(odd_client):
    told = []
    client = odd_client((202, SENT), (404, {}), requests.ReadTimeout("late"), on_exchange=told.append)
    send(client)
    for _ in range(2):
        with pytest.raises(FlowrouteError):
            look_up(client)
    assert [(exchange.method, exchange.status) for exchange in told] == [("POST", 202), ("GET", 404), ("GET", None)]
    assert told[-1] == client.last_exchange
    assert told[-1].error
    assert not [part for part in ("206555", "482915", SECRET_KEY, BASIC) if part in f"{told[0].as_dict()}"]


def test_a_listener_that_fails_does_not_touch_the_call(odd_client, caplog):
    def fail(_exchange):
        raise ValueError(SECRET_KEY)

    client = odd_client((202, SENT), (404, {}), on_exchange=fail)
    assert send(client).id == "mdr2-1"
    with pytest.raises(NotFound):
        look_up(client)
    assert caplog.messages == ["A listener failed: ValueError"] * 2


def test_two_clients_on_one_session_keep_their_own_keys(odd_client):
    first = odd_client((202, SENT), (202, SENT))
    second = FlowrouteClient(access_key="other", secret_key=Secret("other"), session=first._session)
    send(first)
    send(second)
    one, two = (request.headers["Authorization"] for request in first.end.requests)
    assert one != two
