"""The learner's side of a class, against the real server's app: only the seat's keys go there, no answer is lost."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests
from class_seat import WHERE, ClassBench, class_bench
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError, ProtocolError

from helpers import shared_network
from helpers.classroom import create_app, open_room
from helpers.classroom.kept import KeptClass
from helpers.clock import ClockCannotBeTurned
from helpers.flowroute import (
    ApiError,
    ConnectionFailed,
    FlowrouteClient,
    InvalidRequest,
    OutcomeUnknown,
    ServerError,
    Unauthorized,
)
from helpers.flowroute.client import BASE_URL
from helpers.forms.join_class import VARIABLE as VARIABLE_OF_THE_FORM
from helpers.forms.phone import Phone
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.shared_network import (
    HOLD_SECONDS,
    LONGEST_PAUSE_SECONDS,
    LONGEST_WAIT_SECONDS,
    VARIABLE,
    ClassAddress,
    ClassAddressError,
    SharedNetwork,
    connect,
)
from helpers.simulator import Fault
from helpers.simulator.server import serve_app

SECRET = "abcde23456"
LINE = f"http://12345678:{SECRET}@192.0.2.7:8025/1{2065550131}"
PHONE = PhoneNumber(f"+1206555{100:04d}")
LATE_PHONE = PhoneNumber(f"+1206555{118:04d}")
REFUSED = requests.ConnectionError(NewConnectionError(None, "refused"))  # type: ignore[arg-type]
RESET = requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError()))


@pytest.fixture
def bench() -> Iterator[ClassBench]:
    bench = class_bench()
    yield bench
    bench.room.close()


def client_of(network: SharedNetwork, *, access_key: str = "", secret_key: str = "") -> FlowrouteClient:
    session = requests.Session()
    session.trust_env = False
    session.mount(f"{BASE_URL}/", network.adapter())
    keys = network.address
    return FlowrouteClient(
        access_key=access_key or keys.access_key,
        secret_key=Secret(secret_key) if secret_key else keys.secret_key,
        session=session,
        mask_bodies=False,
    )


def send(bench: ClassBench, to: PhoneNumber = PHONE, body: str = "Hello") -> None:
    client_of(bench.network).send_message(to=to, from_=bench.network.address.number, body=body)


class TestAddress:
    @pytest.mark.parametrize(
        "text",
        [
            LINE,
            f"  {LINE}\n",
            LINE.removeprefix("http://"),
            f"{LINE}/",
            LINE.replace("http", "HTTP"),
            LINE.replace(SECRET, SECRET.capitalize()),
        ],
    )
    def test_it_is_read_as_it_is_copied_or_typed(self, text: str) -> None:
        address = ClassAddress.parse(text)
        assert (address.host, address.port, address.access_key) == ("192.0.2.7", 8025, "12345678")
        assert address.secret_key == Secret(SECRET)
        assert address.number.digits == f"1{2065550131}"

    def test_a_name_and_an_address_in_brackets_are_hosts_too(self) -> None:
        assert ClassAddress.parse(LINE.replace("192.0.2.7", "Teachers-Laptop.local")).where == (
            "teachers-laptop.local:8025"
        )
        assert ClassAddress.parse(LINE.replace("192.0.2.7", "[2001:db8::7]")).where == "[2001:db8::7]:8025"

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("", "This is no class address"),
            ("http://192.0.2.7:8025/", "Is it the address for joining"),
            (LINE.rpartition("/")[0], "not a whole class address"),
            (LINE.replace("http:", "https:"), "begins with http://"),
            (LINE.replace("12345678", "1234567"), "begins with eight digits"),
            (LINE.replace(SECRET, "AbCdEf0123456789AbCdEf0123456789"), "ten letters and digits"),
            (LINE.replace(SECRET, "abcde2345"), "ten letters and digits"),
            (LINE.replace(":8025", ""), "the port behind the host"),
            (LINE.replace(":8025", ":0"), "the port behind the host"),
            (LINE.replace(":8025", ":65536"), "the port behind the host"),
            (LINE.replace("192.0.2.7", "192.0.2.7?"), "letters that no host has"),
            (LINE.replace("192.0.2.7", "ho st"), "letters that no host has"),
            (LINE.replace("192.0.2.7", ""), "letters that no host has"),
            (LINE.replace("192.0.2.7", "api.flowroute.com"), "leads to Flowroute itself"),
            (LINE.replace("192.0.2.7", "Flowroute.com."), "leads to Flowroute itself"),
            (LINE[:-1], "eleven digits"),
            (f"{LINE[:-11]}{11111111111}", "eleven digits"),
        ],
    )
    def test_what_is_none_is_refused_in_words_that_repeat_no_key(self, line: str, words: str) -> None:
        with pytest.raises(ClassAddressError, match=words) as caught:
            ClassAddress.parse(line)
        assert caught.value.user_message == str(caught.value)
        assert not [key for key in (SECRET, "AbCdEf") if key in str(caught.value).replace("abcde23456@192.0.2.7", "")]

    def test_it_shows_neither_its_keys_nor_its_number(self) -> None:
        address = ClassAddress.parse(LINE)
        for shown in (repr(address), str(address), repr(SharedNetwork(address))):
            assert "192.0.2.7" in shown
            assert not [key for key in ("12345678", SECRET, LINE[-11:], LINE[-7:]) if key in shown]

    def test_one_seat_is_one_network(self) -> None:
        assert connect(ClassAddress.parse(LINE)) is connect(ClassAddress.parse(f" {LINE}"))
        assert connect(ClassAddress.parse(LINE)) is not connect(ClassAddress.parse(LINE.replace("8025", "8026")))
        assert connect(ClassAddress.parse(LINE)) is not connect(ClassAddress.parse(LINE.replace("abc", "abd")))

    def test_the_variable_has_one_name(self) -> None:
        assert VARIABLE == VARIABLE_OF_THE_FORM


class TestTheWayThere:
    @pytest.fixture(autouse=True)
    def acquainted(self, bench: ClassBench) -> None:
        bench.network.ask()
        bench.wire.forget()

    def test_a_send_is_taken_by_the_seats_own_network(self, bench: ClassBench) -> None:
        send(bench)
        (request,) = bench.wire.requests
        assert request.url == f"http://{WHERE}/v2.2/messages"
        assert bench.place.network.messages()[0].to == PHONE.digits

    def test_what_is_kept_of_it_names_flowroute_and_no_key(self, bench: ClassBench) -> None:
        client = client_of(bench.network)
        client.send_message(to=PHONE, from_=bench.network.address.number, body="Hello")
        exchange = client.last_exchange
        assert exchange is not None
        assert exchange.url == f"{BASE_URL}/v2.2/messages"
        assert exchange.status == 202
        assert bench.network.address.secret_key.reveal() not in repr(exchange.as_dict())

    @pytest.mark.parametrize("other", [{"access_key": "87654321"}, {"secret_key": "AbCdEf0123456789AbCdEf0123456789"}])
    def test_other_keys_never_travel_and_get_their_401(self, bench: ClassBench, other: dict[str, str]) -> None:
        client = client_of(bench.network, **other)
        with pytest.raises(Unauthorized):
            client.send_message(to=PHONE, from_=bench.network.address.number, body="Hello")
        assert bench.wire.keys() == {f"Basic {b64encode(b'00000000:other keys').decode()}"}
        assert bench.place.network.messages() == []

    def test_a_seat_that_was_taken_away_is_not_told_to_check_its_keys(self, bench: ClassBench) -> None:
        bench.room.remove(bench.place.seat.id)
        with pytest.raises(ConnectionFailed, match=r"join once more.*Nothing was sent") as failed:
            send(bench)
        assert failed.value.user_message == str(failed.value)

    def test_with_its_own_keys_those_alone_travel(self, bench: ClassBench) -> None:
        send(bench)
        bench.network.ask()
        bench.network.inbox.refresh()
        bench.network.report_verified("v")
        bench.run_threads()
        assert len(bench.wire.requests) == 4
        assert bench.wire.keys() == {bench.network.address.authorization}

    def test_no_proxy_stands_in_between(self, bench: ClassBench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", "http://192.0.2.99:3128")
        send(bench)
        bench.network.ask()
        assert [dict(proxies or {}) for proxies in bench.wire.proxies] == [{}, {}]

    def test_an_answer_is_flowroutes_to_whoever_reads_it(self, bench: ClassBench) -> None:
        request = requests.Request("GET", f"{BASE_URL}/v2.2/messages").prepare()
        response = bench.network.adapter().send(request)
        assert (response.url, response.request) == (request.url, request)

    def test_not_even_where_a_session_names_one(self, bench: ClassBench) -> None:
        request = requests.Request("GET", f"{BASE_URL}/v2.2/messages").prepare()
        bench.network.adapter().send(request, proxies={"http": "http://192.0.2.99:3128"})
        assert [dict(proxies or {}) for proxies in bench.wire.proxies] == [{}]

    @pytest.mark.parametrize("cut", [REFUSED, requests.ConnectTimeout(REFUSED.args[0])])
    def test_no_connection_is_connection_failed_and_says_what_to_do(
        self, bench: ClassBench, cut: requests.RequestException
    ) -> None:
        bench.wire.cut = cut
        with pytest.raises(
            ConnectionFailed, match=f"{WHERE} does not answer. Is the Wi-Fi on.*Nothing was sent"
        ) as caught:
            send(bench)
        assert type(caught.value) is ConnectionFailed
        assert caught.value.safe_to_resend
        assert caught.value.user_message == str(caught.value)

    @pytest.mark.parametrize("cut", [RESET, requests.ReadTimeout()])
    def test_no_answer_is_outcome_unknown(self, bench: ClassBench, cut: requests.RequestException) -> None:
        bench.wire.cut = cut
        with pytest.raises(OutcomeUnknown):
            send(bench)
        assert len(bench.wire.requests) == 1

    def test_a_real_closed_port(self) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            network = SharedNetwork(ClassAddress.parse(LINE.replace(WHERE, f"127.0.0.1:{held.getsockname()[1]}")))
            with pytest.raises(ConnectionFailed, match="does not answer"):
                client_of(network).send_message(to=PHONE, from_=PHONE, body="Hello")
            with pytest.raises(ConnectionFailed, match="does not answer"):
                network.ask()

    def test_a_paused_class_takes_nothing_and_it_is_safe_to_send_again(self, bench: ClassBench) -> None:
        bench.room.paused = True
        with pytest.raises(ConnectionFailed, match=r"Your teacher has paused the class\. Nothing was sent") as caught:
            send(bench)
        assert caught.value.safe_to_resend
        bench.room.paused = False
        send(bench)
        assert len(bench.place.network.messages()) == 1

    def test_a_503_of_the_lesson_is_what_it_always_is(self, bench: ClassBench) -> None:
        bench.place.network.faults.add(Fault("error-503"))
        with pytest.raises(ServerError) as caught:
            send(bench)
        assert not caught.value.safe_to_resend


class TestTheClassItself:
    def test_nothing_is_sent_before_its_time_is_known(self, bench: ClassBench) -> None:
        bench.wire.cut = RESET
        with pytest.raises(ConnectionFailed):
            send(bench)
        assert bench.wire.paths() == ["GET /class/me"]
        bench.wire.cut = None
        send(bench)
        assert bench.wire.paths()[1:] == ["GET /class/me", "POST /v2.2/messages"]
        assert bench.network.clock.now_ms() == bench.clock.now_ms()

    def test_settings_that_are_made_often_do_not_wait_each_time(self, bench: ClassBench) -> None:
        bench.wire.cut = REFUSED
        for _ in range(6):
            bench.network.meet()
            bench.pass_time(11)
        assert len(bench.wire.requests) == 1
        bench.network.meet()
        assert len(bench.wire.requests) == 2

    def test_it_says_who_sits_here(self, bench: ClassBench) -> None:
        assert bench.network.ask() == "Ana"
        assert bench.network.describe() == (
            f"Practice mode, in a class: texts go over the class's network at {WHERE} (as Ana). No account, no cost."
        )

    def test_a_line_about_it_asks_seldom_and_a_first_meeting_once(self, bench: ClassBench) -> None:
        for _ in range(3):
            bench.network.meet()
            bench.network.describe()
        assert len(bench.wire.requests) == 1
        bench.pass_time(5.1)
        bench.network.meet()
        assert len(bench.wire.requests) == 1
        bench.room.paused = True
        assert bench.network.describe().endswith("The class is paused.")
        assert len(bench.wire.requests) == 2

    def test_it_waits_two_seconds_at_most(self, bench: ClassBench) -> None:
        bench.network.meet()
        assert bench.wire.timeouts == [(2.0, 2.0)]

    def test_it_is_away(self, bench: ClassBench) -> None:
        bench.wire.cut = REFUSED
        bench.network.meet()
        assert f"{WHERE} does not answer" in bench.network.describe()
        assert f"delete the line {VARIABLE} from .env" in bench.network.describe()
        bench.wire.cut = None
        bench.pass_time(5.1)
        assert bench.network.trouble() == ""

    def test_it_does_not_know_this_seat(self, bench: ClassBench) -> None:
        bench.room.remove(bench.place.seat.id)
        with pytest.raises(ConnectionFailed, match="does not know your class address"):
            bench.network.ask()
        assert "does not know your class address" in bench.network.describe()

    def test_the_seat_has_another_number(self, bench: ClassBench) -> None:
        bench.address_line = f"{bench.address_line[:-2]}99"
        with pytest.raises(ConnectionFailed, match="is not a class"):
            bench.connect().ask()

    @pytest.mark.parametrize("body", [b"<h1>Log in to the school's Wi-Fi</h1>", b"[]", b"{}", b""])
    def test_something_else_answers_there(
        self, bench: ClassBench, body: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        response = requests.Response()
        response.status_code, response._content = 200, body
        monkeypatch.setattr(bench.wire, "send", lambda *_, **__: response)
        for ask in (bench.network.ask, bench.network.inbox.refresh):
            with pytest.raises(ConnectionFailed, match="is not a class"):
                ask()
        assert "is not a class" in bench.network.describe()

    def test_it_leads_elsewhere_and_is_not_followed(self, bench: ClassBench, monkeypatch: pytest.MonkeyPatch) -> None:
        response = requests.Response()
        response.status_code, response._content = 302, b"{}"
        response.headers["Location"] = "http://192.0.2.66/"
        sent = []

        def send_elsewhere(request: requests.PreparedRequest, **_: object) -> requests.Response:
            sent.append(request.url)
            response.request = request
            return response

        monkeypatch.setattr(bench.wire, "send", send_elsewhere)
        with pytest.raises(ConnectionFailed, match="is not a class"):
            bench.network.ask()
        assert sent == [f"http://{WHERE}/class/me"]

    def test_a_phone_answers(self, bench: ClassBench) -> None:
        own = bench.network.address.number
        assert bench.network.reply(from_=PHONE, to=own, body="STOP").startswith("mdr2-")
        with pytest.raises(ApiError):
            send(bench)
        with pytest.raises(InvalidRequest, match="422"):
            bench.network.reply(from_=PHONE, to=LATE_PHONE, body="Not ours")

    def test_a_reply_in_a_paused_class_says_so(self, bench: ClassBench) -> None:
        bench.room.paused = True
        with pytest.raises(ConnectionFailed, match=r"paused the class\. Nothing was sent") as paused:
            bench.network.reply(from_=PHONE, to=bench.network.address.number, body="NO")
        assert paused.value.user_message == str(paused.value)


class TestItsClock:
    def test_the_classs_time_is_the_time(self, bench: ClassBench) -> None:
        bench.network.ask()
        assert bench.network.clock.now_ms() == bench.clock.now_ms() == bench.wall() + 180_000
        bench.pass_time(60)
        assert bench.network.clock.now_ms() == bench.clock.now_ms()

    def test_a_slow_answer_does_not_move_it_and_a_machine_that_was_set_does(self, bench: ClassBench) -> None:
        bench.network.ask()
        bench.late_ms += 1_900
        bench.network.inbox.refresh()
        assert bench.network.clock.now_ms() == bench.clock.now_ms() - 1_900
        bench.late_ms += 200
        bench.network.inbox.refresh()
        assert bench.network.clock.now_ms() == bench.clock.now_ms()

    def test_half_of_the_way_is_the_way_back(self, bench: ClassBench, monkeypatch: pytest.MonkeyPatch) -> None:
        over = bench.wire.send

        def slowly(*arguments: object, **options: object) -> requests.Response:
            bench.pass_time(0.3)
            response = over(*arguments, **options)  # type: ignore[arg-type]
            bench.pass_time(0.3)
            return response

        monkeypatch.setattr(bench.wire, "send", slowly)
        bench.network.ask()
        assert bench.network.clock.now_ms() == bench.clock.now_ms()

    def test_nobody_turns_it(self, bench: ClassBench) -> None:
        with pytest.raises(ClockCannotBeTurned, match=r"the class's time.*settings.for_practice\(\)"):
            bench.network.clock.advance(seconds=1)


class TestInbox:
    def test_a_text_is_under_way_and_then_there(self, bench: ClassBench) -> None:
        inbox = bench.network.inbox
        send(bench)
        assert inbox.next_arrival_ms(PHONE) == bench.clock.now_ms() + 1_500
        assert inbox.texts(PHONE) == []
        assert inbox.latest(PHONE) is None
        bench.pass_time(1.5)
        assert [text.body for text in inbox.texts(PHONE)] == ["Hello"]
        assert inbox.next_arrival_ms(PHONE) is None
        assert inbox.texts(LATE_PHONE) == []
        newest = inbox.latest(PHONE)
        assert newest is not None
        assert newest.sender == bench.network.address.number.digits
        assert not [word for word in ("Hello", PHONE.digits) if word in repr(newest)]

    def test_the_newest_is_the_one_that_arrived_last(self, bench: ClassBench) -> None:
        for body in ("one", "two"):
            send(bench, body=body)
            bench.pass_time(2)
        newest = bench.network.inbox.latest(PHONE)
        assert newest is not None
        assert newest.body == "two"

    def test_while_the_class_is_away_what_is_known_is_shown(self, bench: ClassBench) -> None:
        send(bench)
        bench.pass_time(2)
        assert len(bench.network.inbox.texts(PHONE)) == 1
        bench.wire.cut = REFUSED
        assert len(bench.network.inbox.texts(PHONE)) == 1
        with pytest.raises(ConnectionFailed):
            bench.network.inbox.latest(PHONE)

    def test_waiting_ends_when_nothing_is_under_way(self, bench: ClassBench) -> None:
        bench.network.ask()
        send(bench)
        bench.network.inbox.wait(PHONE)
        assert bench.pauses == [pytest.approx(1.52)]
        assert bench.network.inbox.latest(PHONE) is not None
        bench.network.inbox.wait(PHONE)
        assert len(bench.pauses) == 1

    def test_waiting_ends_after_ten_seconds(self, bench: ClassBench) -> None:
        bench.network.ask()
        send(bench, to=LATE_PHONE)
        bench.network.inbox.wait(LATE_PHONE)
        assert sum(bench.pauses) == LONGEST_WAIT_SECONDS

    def test_an_older_answer_that_comes_late_is_no_news(
        self, bench: ClassBench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inbox, call = bench.network.inbox, bench.network.call
        inbox.on_change(lambda: None)  # or the look at the end would ask again
        inbox.refresh()

        def overtaken(*arguments: object, **options: object) -> dict[str, object]:
            answer = call(*arguments, **options)  # type: ignore[arg-type]
            monkeypatch.setattr(bench.network, "call", call)
            send(bench)
            inbox.refresh()
            return answer

        monkeypatch.setattr(bench.network, "call", overtaken)
        inbox.refresh()
        assert inbox.next_arrival_ms(PHONE) is not None


class TestListening:
    def test_who_listens_is_told_and_the_thread_ends_with_the_last_one(self, bench: ClassBench) -> None:
        told: list[int] = []
        inbox = bench.network.inbox
        stop = inbox.on_change(lambda: told.append(len(inbox.texts(PHONE))))
        another = inbox.on_change(lambda: None)
        assert len(bench.threads) == 1
        steps = iter([lambda: send(bench), lambda: bench.pass_time(2), stop, another])
        bench.on_pause = lambda: next(steps)()
        _never_held(bench)
        bench.run_threads()
        assert told[0] == 0
        assert told[-1] == 1
        inbox.on_change(lambda: None)
        assert len(bench.threads) == 1, "it begins anew"

    def test_news_is_asked_for_after_what_is_known(self, bench: ClassBench) -> None:
        stop = bench.network.inbox.on_change(lambda: None)
        bench.on_pause = stop
        _never_held(bench)
        bench.run_threads()
        first, second = bench.wire.paths()
        assert first == "GET /class/texts"
        assert second.startswith("GET /class/texts?after=")
        assert second.endswith(f"&wait={HOLD_SECONDS}")
        assert bench.wire.timeouts[1][1] > HOLD_SECONDS

    def test_a_class_that_is_gone_is_asked_less_and_less(self, bench: ClassBench) -> None:
        stop = bench.network.inbox.on_change(lambda: None)
        bench.wire.cut = REFUSED
        bench.on_pause = lambda: stop() if len(bench.pauses) == 7 else None
        bench.run_threads()
        assert bench.pauses == [0.5, 1, 2, 4, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]

    def test_a_class_that_refuses_the_question_is_asked_less_and_less_too(
        self, bench: ClassBench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stop = bench.network.inbox.on_change(lambda: None)
        monkeypatch.setattr(bench.network, "call", lambda *_, **__: (_ for _ in ()).throw(InvalidRequest(422)))
        bench.on_pause = lambda: stop() if len(bench.pauses) == 3 else None
        bench.run_threads()
        assert bench.pauses == [0.5, 1, 2]
        assert bench.network.inbox.texts(PHONE) == []

    def test_while_a_thread_follows_a_look_asks_nothing(self, bench: ClassBench) -> None:
        bench.network.inbox.on_change(lambda: None)
        bench.network.inbox.texts(PHONE)
        bench.network.inbox.next_arrival_ms(PHONE)
        assert bench.wire.requests == []

    def test_to_end_it_twice_ends_it_once(self, bench: ClassBench) -> None:
        inbox = bench.network.inbox
        told: list[None] = []
        stop = inbox.on_change(lambda: None)
        inbox.on_change(lambda: told.append(None))
        stop()
        stop()
        bench.on_pause = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
        _never_held(bench)
        with pytest.raises(KeyboardInterrupt):
            bench.run_threads()
        assert told, "somebody still listens"

    def test_without_a_thread_each_look_asks_and_the_next_listener_tries_again(self, bench: ClassBench) -> None:
        begin = bench.network.in_background
        bench.network.in_background = lambda _: (_ for _ in ()).throw(RuntimeError("no more threads"))  # type: ignore[misc]
        bench.network.inbox.on_change(lambda: None)
        send(bench)
        assert bench.network.inbox.next_arrival_ms(PHONE) is not None
        bench.network.in_background = begin  # type: ignore[misc]
        bench.network.inbox.on_change(lambda: None)
        assert len(bench.threads) == 1

    def test_a_listener_that_looks_asks_no_more(self, bench: ClassBench) -> None:
        inbox = bench.network.inbox
        bench.network.in_background = lambda _: (_ for _ in ()).throw(RuntimeError("no more threads"))  # type: ignore[misc]
        inbox.on_change(lambda: inbox.texts(PHONE))
        inbox.texts(PHONE)
        assert bench.wire.paths() == ["GET /class/texts"]

    def test_a_thread_that_is_interrupted_is_followed_by_another(self, bench: ClassBench) -> None:
        bench.network.inbox.on_change(lambda: None)
        bench.wire.cut = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            bench.run_threads()
        bench.network.inbox.on_change(lambda: None)
        assert len(bench.threads) == 1

    def test_a_phone_shows_what_comes(self, bench: ClassBench) -> None:
        phone = Phone(inbox=bench.network.inbox, number=PHONE, clock=bench.network.clock)
        send(bench)
        bench.on_pause = phone.close
        _never_held(bench)
        bench.run_threads()
        assert phone._shown["under_way"]


def _never_held(bench: ClassBench) -> None:
    """A class that goes down holds no question: it answers at once, with news or without."""
    bench.place.network.feed.close()


class TestReports:
    def test_the_board_is_told(self, bench: ClassBench) -> None:
        bench.network.report_progress(["02.1", "01.1", "01.1"])
        bench.network.report_verified("v1")
        bench.network.report_verified("v1")
        assert bench.wire.requests == [], "nobody waits for it"
        bench.run_threads()
        assert bench.place.seat.passed == ("01.1", "02.1")
        assert bench.place.verified == 1

    def test_what_is_no_exercise_is_left_out_and_sixty_are_the_most(self, bench: ClassBench) -> None:
        bench.network.report_progress([*(f"{n:02d}.{m}" for n in range(7) for m in range(10)), "1.1", "01.12", "x"])
        bench.run_threads()
        assert len(bench.place.seat.passed) == 60

    def test_while_the_class_is_away_it_is_kept_and_the_newest_list_counts(self, bench: ClassBench) -> None:
        bench.wire.cut = REFUSED
        for passed in (["01.1"], ["01.1", "01.2"]):
            bench.network.report_progress(passed)
            bench.network.report_verified(f"v{len(passed)}")
            bench.run_threads()
        bench.wire.cut = None
        bench.network.report_verified("v3")
        bench.run_threads()
        assert bench.place.seat.passed == ("01.1", "01.2")
        assert bench.place.verified == 3

    def test_a_newer_list_is_told_too_while_the_older_one_is_on_its_way(
        self, bench: ClassBench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send_on = bench.wire.send

        def meanwhile(*arguments: object, **options: object) -> requests.Response:
            monkeypatch.setattr(bench.wire, "send", send_on)
            bench.network.report_progress(["01.1", "01.2"])
            return send_on(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(bench.wire, "send", meanwhile)
        bench.network.report_progress(["01.1"])
        bench.run_threads()
        assert bench.place.seat.passed == ("01.1", "01.2")

    def test_what_waits_is_told_when_the_class_answers_again(self, bench: ClassBench) -> None:
        bench.wire.cut = REFUSED
        bench.network.report_progress(["01.1"])
        bench.run_threads()
        bench.wire.cut = None
        bench.network.ask()
        bench.run_threads()
        assert bench.place.seat.passed == ("01.1",)
        bench.network.ask()
        assert bench.threads == [], "nothing waits any more"

    def test_what_waits_is_told_once(self, bench: ClassBench) -> None:
        for _ in range(3):
            bench.network.report_verified("v1")
        bench.run_threads()
        assert bench.wire.paths() == ["POST /class/verified"]

    def test_what_is_refused_is_not_told_again(self, bench: ClassBench) -> None:
        bench.network.report_verified("")
        bench.run_threads()
        bench.network.report_verified("v1")
        bench.run_threads()
        assert bench.wire.paths() == ["POST /class/verified"] * 2

    def test_no_more_threads_is_no_error(self, bench: ClassBench) -> None:
        def none_left(_work: object) -> None:
            raise RuntimeError("can't start new thread")

        bench.network.__dict__["in_background"] = none_left
        bench.network.report_verified("v1")
        bench.network.__dict__["in_background"] = bench.threads.append
        bench.network.report_verified("v2")
        bench.run_threads()
        assert bench.place.verified == 2


def test_a_class_address_that_changed_is_another_network() -> None:
    address = ClassAddress.parse(LINE)
    assert connect(address) is not connect(replace(address, secret_key=Secret("zzzzz23456")))


def test_the_way_there_tries_once() -> None:
    made = shared_network._over_http()
    assert isinstance(made, HTTPAdapter)
    assert made.max_retries.total == 0


def test_over_a_socket_news_comes_by_itself_and_the_thread_ends_with_the_class() -> None:
    """The one test with real time in it: the class holds the question until there is news."""
    room = open_room(KeptClass.afresh(name="5b"))
    seat = room.join("Ana", room.code)
    asked, came, threads = threading.Event(), threading.Event(), list[threading.Thread]()

    def in_a_thread(work: Callable[[], None]) -> None:
        threads.append(threading.Thread(target=work, daemon=True))
        threads[-1].start()

    with serve_app(create_app(room)) as running:
        address = ClassAddress.parse(seat.address(f"127.0.0.1:{running.port}"))
        network = SharedNetwork(address, in_background=in_a_thread, pause=lambda _: None)
        stop = network.inbox.on_change(lambda: came.set() if network.inbox.next_arrival_ms(PHONE) else asked.set())
        assert asked.wait(20)
        client_of(network).send_message(to=PHONE, from_=address.number, body="Hello")
        assert came.wait(20), "long before the 25 seconds are over"
        stop()
        room.close()
        threads[0].join(20)
        assert not threads[0].is_alive()
