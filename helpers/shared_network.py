"""The learner's side of a class: Flowroute's network is on the teacher's computer, and each learner has a seat there.

What goes to Flowroute in live mode goes to the seat here: over plain HTTP, with the seat's practice keys and never with
others. The class's clock is the time here too, so a code, its end and its arrival are on one clock. Wi-Fi in a class
comes and goes: whatever is asked for only to be shown waits for nobody, and what was sent is never sent twice.
"""

from __future__ import annotations

import contextlib
import hmac
import re
import threading
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter

from helpers.clock import Clock, wall_ms
from helpers.errors import CourseError
from helpers.flowroute import ConnectionFailed, FlowrouteError
from helpers.flowroute.client import BASE_URL, never_connected
from helpers.flowroute.errors import ApiError, api_error
from helpers.listeners import Listeners
from helpers.phone_numbers import PhoneNumber, PhoneNumberError
from helpers.secret import Secret

VARIABLE: Final = "FLOWROUTE_SIMULATOR_URL"
ASK_SECONDS: Final = 2.0
"""How long the class may take to connect, and to answer."""
FRESH_SECONDS: Final = 5.0
"""An answer is this long good enough for a line that says how the class is."""
MEET_AGAIN_SECONDS: Final = 60.0
HOLD_SECONDS: Final = 25
"""How long the class may hold a question for news of texts."""
LONGEST_WAIT_SECONDS: Final = 10.0
LONGEST_PAUSE_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.5
_CLOCK_MAY_BE_OFF_MS: Final = 2_000
_MOST_REPORTED: Final = 60
_MOST_KEPT_REPORTS: Final = 200
_LONGEST_ID: Final = 64

_HOW_IT_LOOKS: Final = "It looks like http://12345678:abcde23456@192.0.2.7:8025/ and the eleven digits of your number"
_EXERCISE: Final = re.compile(r"[0-9]{2}\.[0-9]")
_HOST: Final = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+")
_PAUSED: Final = "Your teacher has paused the class. Nothing was sent: try again when it goes on."
_NOT_TURNABLE: Final = (
    "This clock shows the class's time, which is the same for everybody, and cannot be turned. "
    "Wait, or turn the one of settings.for_practice(), which is your own."
)
# What is sent where somebody tries other keys than the seat's: a key that was typed by mistake may be a real one, and
# the class's network is no place for it. The class knows this pair as little, so the answer is the same 401.
_OTHER_KEYS: Final = f"Basic {b64encode(b'00000000:other keys').decode()}"


class ClassAddressError(CourseError):
    """What stands where a class address should be is none. The message says what to look at; it repeats no key."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.user_message = words


@dataclass(frozen=True, slots=True)
class ClassAddress:
    """Where a seat is, and its keys: ``http://<access key>:<secret key>@<host>:<port>/<number>``, in one line."""

    host: str
    port: int
    access_key: str = field(repr=False)
    secret_key: Secret[str] = field(repr=False)
    number: PhoneNumber
    """The seat's own number, which texts are sent from."""

    @classmethod
    def parse(cls, text: str) -> ClassAddress:
        """Read what was copied or typed; spaces around it, and a missing ``http://``, are forgiven.

        Raises:
            ClassAddressError: it is no class address; the message says which part is wrong.
        """
        line = re.sub(r"(?i)^http://", "", text.strip())
        if "://" in line:
            raise ClassAddressError(f"A class address begins with http://. {_HOW_IT_LOOKS}.")
        keys, at, place = line.rpartition("@")
        access_key, colon, secret_key = keys.partition(":")
        where, slash, digits = place.rstrip("/").partition("/")
        if not at:
            raise ClassAddressError(
                f"This is no class address. {_HOW_IT_LOOKS}. Is it the address for joining? Open that in a browser."
            )
        if not (colon and slash):
            raise ClassAddressError(f"This is not a whole class address. {_HOW_IT_LOOKS}. Copy it again.")
        if not re.fullmatch(r"[0-9]{8}", access_key):
            raise ClassAddressError("A class address begins with eight digits, the access key. Copy it again.")
        if not re.fullmatch(r"[A-Za-z0-9]{10}", secret_key):
            raise ClassAddressError(
                "In a class address ten letters and digits, the secret key, stand between the : and the @. Real keys "
                "of Flowroute's have no place there. Copy it again."
            )
        host, port = _host_and_port(where)
        # The class writes keys in small letters; a tablet likes to begin with a large one.
        return cls(host, port, access_key, Secret(secret_key.lower()), _own_number(digits))

    @property
    def where(self) -> str:
        """Host and port, for people: ``192.0.2.7:8025``."""
        return f"{self.host}:{self.port}"

    @property
    def authorization(self) -> str:
        """The header that opens the seat. A secret: for a request, at the last moment."""
        pair = f"{self.access_key}:{self.secret_key.reveal()}".encode()
        return f"Basic {b64encode(pair).decode()}"


def _host_and_port(where: str) -> tuple[str, int]:
    host, colon, port = where.rpartition(":")
    if not colon or host.endswith(":") or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65_535:
        raise ClassAddressError("A class address has the port behind the host, such as :8025. Copy it again.")
    if not _HOST.fullmatch(host):
        raise ClassAddressError("The host in this class address has letters that no host has. Copy it again.")
    if host.lower().rstrip(".").endswith("flowroute.com"):
        raise ClassAddressError(
            "This address leads to Flowroute itself, where no class is. Copy the address that your teacher gave you."
        )
    return host.lower(), int(port)


def _own_number(digits: str) -> PhoneNumber:
    try:
        if re.fullmatch(r"[0-9]{11}", digits):
            return PhoneNumber.parse(f"+{digits}")
    except PhoneNumberError:
        pass
    raise ClassAddressError("A class address ends in eleven digits, the number of your seat. Copy it again.")


class ClassAdapter(BaseAdapter):
    """A requests transport for Flowroute's address: what is sent there goes to the seat in the class instead.

    A request with the seat's own keys arrives with them; one with any others arrives with none that open anything.
    """

    def __init__(self, address: ClassAddress, over: BaseAdapter, *, before: Callable[[], None] = lambda: None) -> None:
        """``before`` is called before each request; with what it raises, none is sent."""
        super().__init__()
        self._address = address
        self._over = over
        self._before = before

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Send it to the class.

        Raises:
            ConnectionFailed: the class cannot be reached, or is paused: nothing was taken.
            requests.RequestException: any other failure, as it was: nobody knows what became of the request.
        """
        self._before()
        try:
            response = self._over.send(self._for_the_class(request), stream=stream, timeout=timeout, proxies={})
        except requests.RequestException as problem:
            if never_connected(problem):
                raise _failed(does_not_answer(self._address.where), "Nothing was sent.") from None
            raise
        if _is_paused(response):
            response.close()
            raise _failed(_PAUSED)
        if response.status_code == HTTPStatus.UNAUTHORIZED and self._is_mine(request):
            response.close()
            raise _failed(_does_not_know(self._address.where), "Nothing was sent.")
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Let the connections go."""
        self._over.close()

    def _for_the_class(self, request: PreparedRequest) -> PreparedRequest:
        there = request.copy()
        there.url = f"http://{self._address.where}{(request.url or '').removeprefix(BASE_URL)}"
        if "Authorization" in request.headers:
            mine = self._is_mine(request)
            there.headers["Authorization"] = self._address.authorization if mine else _OTHER_KEYS
        return there

    def _is_mine(self, request: PreparedRequest) -> bool:
        """Whether it is signed with the seat's own keys."""
        said = str(request.headers.get("Authorization", ""))
        return hmac.compare_digest(said.encode(), self._address.authorization.encode())


def _is_paused(response: Response) -> bool:
    return response.status_code == 503 and response.headers.get("Class-Paused") == "yes"


def does_not_answer(where: str) -> str:
    """What to say, and what to do, when the class is not there."""
    return (
        f"The class's computer at {where} does not answer. Is the Wi-Fi on? Ask your teacher whether the class is open."
    )


def _does_not_know(where: str) -> str:
    return (
        f"The class at {where} does not know your class address. Copy it again, or join once more: your seat may have "
        "been taken away, or the class has begun anew."
    )


def _failed(*words: str) -> ConnectionFailed:
    """The client's own error, with words that a learner can use on a form too."""
    failure = ConnectionFailed(" ".join(words))
    failure.user_message = str(failure)
    return failure


@dataclass(frozen=True, slots=True)
class SharedText:
    """One text on a phone of the seat, or on its way there."""

    id: str
    to: str = field(repr=False)
    sender: str = field(repr=False)
    body: str = field(repr=False)
    arrived_at_ms: int
    """When it arrives by the class's clock (UTC milliseconds); that may be yet to come."""
    media: tuple[str, ...] = ()


class SharedInbox:
    """The phones of the seat. While somebody listens, a thread asks the class for news; else each look asks once."""

    def __init__(self, network: SharedNetwork) -> None:
        self._network = network
        self._lock = threading.Lock()
        self._texts: tuple[SharedText, ...] = ()
        self._seq: int | None = None
        self._asked = 0
        self._newest_question = 0
        self._listeners: Listeners[[]] = Listeners()
        self._listening = 0
        self._following = False
        self._asking = threading.local()

    def texts(self, number: PhoneNumber) -> list[SharedText]:
        """What has arrived on ``number`` by now, oldest first; what is known of it where the class does not answer."""
        self._look()
        now = self._network.clock.now_ms()
        return [text for text in self._of(number) if text.arrived_at_ms <= now]

    def latest(self, number: PhoneNumber) -> SharedText | None:
        """The newest text on ``number``, or ``None``. Always asks the class.

        Raises:
            ConnectionFailed: the class does not answer.
        """
        self.refresh()
        now = self._network.clock.now_ms()
        return next((text for text in reversed(self._of(number)) if text.arrived_at_ms <= now), None)

    def next_arrival_ms(self, number: PhoneNumber) -> int | None:
        """When the next text on its way to ``number`` arrives (UTC milliseconds); ``None`` if none is."""
        self._look()
        return self._next(number)

    def on_change(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call ``listener`` when texts may have come, from a thread of this inbox; returns a function that ends it."""
        stop = self._listeners.add(listener)
        with self._lock:
            self._listening += 1
            begins = not self._following
            self._following = True
        if begins:
            try:
                self._network.in_background(self._follow)
            except RuntimeError:  # no more threads: each look asks by itself, and the next listener tries again
                with self._lock:
                    self._following = False
        ended = threading.Lock()

        def end() -> None:
            stop()
            if ended.acquire(blocking=False):  # once, however often it is called
                with self._lock:
                    self._listening -= 1

        return end

    def refresh(self) -> None:
        """Ask the class now, and tell whoever listens.

        Raises:
            ConnectionFailed: the class does not answer.
        """
        self._ask({}, seconds=ASK_SECONDS)

    def wait(self, number: PhoneNumber, *, seconds: float = LONGEST_WAIT_SECONDS) -> None:
        """Wait until nothing is under way to ``number``, for so many seconds at most (real time; Ctrl-C ends it).

        Raises:
            ConnectionFailed: the class does not answer.
        """
        until = self._network.monotonic() + seconds
        while True:
            self.refresh()
            due, left = self._next(number), until - self._network.monotonic()
            if due is None or left <= 0:
                return
            # A little longer: the class's answer took a moment, and then its clock is that much ahead of ours.
            self._network.pause(min(left, max(0, due - self._network.clock.now_ms()) / 1000 + 0.02))

    def _of(self, number: PhoneNumber) -> list[SharedText]:
        with self._lock:
            return [text for text in self._texts if text.to == number.digits]

    def _next(self, number: PhoneNumber) -> int | None:
        now = self._network.clock.now_ms()
        return next((text.arrived_at_ms for text in self._of(number) if text.arrived_at_ms > now), None)

    def _look(self) -> None:
        # Whoever listens is told within a look that asks, and looks in turn: that one asks no more.
        if self._following or getattr(self._asking, "now", False):
            return
        self._asking.now = True
        try:
            with contextlib.suppress(FlowrouteError):
                self.refresh()
        finally:
            self._asking.now = False

    def _follow(self) -> None:
        """Ask for news, one question after another, while somebody listens. Runs in a thread of its own."""
        pause = _FIRST_PAUSE_SECONDS
        while self._is_listened_to():
            began = self._network.monotonic()
            try:
                news = self._ask_for_news()
            except FlowrouteError:
                news = False
            except BaseException:
                with self._lock:
                    self._following = False
                raise
            # A class that is not there, or that answers at once with nothing: do not ask it all the time.
            if news or self._network.monotonic() - began >= HOLD_SECONDS / 2:
                pause = _FIRST_PAUSE_SECONDS
            else:
                self._network.pause(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _is_listened_to(self) -> bool:
        """Whether to go on; decided together with who begins, so that no listener is left without."""
        with self._lock:
            self._following = self._listening > 0
            return self._following

    def _ask_for_news(self) -> bool:
        before = self._seq
        if before is None:
            self._ask({}, seconds=ASK_SECONDS)
        else:
            self._ask({"after": before, "wait": HOLD_SECONDS}, seconds=HOLD_SECONDS + 2 * ASK_SECONDS)
        return self._seq != before

    def _ask(self, query: Mapping[str, int], *, seconds: float) -> None:
        with self._lock:
            self._asked += 1
            question = self._asked
        answer = self._network.call("GET", "/class/texts", query=query, seconds=seconds)
        try:
            seq = int(answer["seq"])
            texts = tuple(sorted(map(_text, answer["texts"]), key=lambda text: text.arrived_at_ms))
            self._network.set_clock(int(answer["now_ms"]))
        except (KeyError, TypeError, ValueError):
            raise _failed(not_a_class(self._network.address.where)) from None
        with self._lock:
            # Two threads may ask at once. What is both the older question's and the older answer is no news.
            if self._seq is not None and seq < self._seq and question < self._newest_question:
                return
            self._seq, self._texts = seq, texts
            self._newest_question = max(question, self._newest_question)
        self._listeners.tell()


def _text(found: Any) -> SharedText:
    return SharedText(
        id=str(found["id"]),
        to=str(found["to"]),
        sender=str(found["from"]),
        body=str(found["body"]),
        arrived_at_ms=int(found["arrives_at_ms"]),
        media=tuple(map(str, found.get("media", ()))),
    )


def not_a_class(where: str) -> str:
    """What to say when something else answers there."""
    return f"What answers at {where} is not a class. Compare the address with the one on the board."


def _over_http() -> BaseAdapter:
    """One try, and no more: what may be sent again is decided by whoever sent it."""
    return HTTPAdapter(max_retries=0)


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="class", daemon=True).start()


class SharedNetwork:
    """A seat in a class: the way to its network, its phones, its clock, and what the teacher's board is told.

    Args:
        address: the class address.
        over: makes the transport to the class; a test hands in one to an app in this process.
        wall: this machine's time, as integer UTC milliseconds.
        monotonic: real seconds.
        pause: waits for so many seconds.
        in_background: runs work that nobody waits for.
    """

    def __init__(
        self,
        address: ClassAddress,
        *,
        over: Callable[[], BaseAdapter] = _over_http,
        wall: Callable[[], int] = wall_ms,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        in_background: Callable[[Callable[[], None]], None] = _in_a_thread,
    ) -> None:
        self.address: Final = address
        self.name: str | None = None
        """Whose seat it is, as far as the class has said."""
        self.clock: Final = Clock(source=self._now_ms, turnable=False, why_not=_NOT_TURNABLE)
        self.monotonic: Final = monotonic
        self.pause: Final = pause
        self.in_background: Final = in_background
        self._over = over
        self._wall = wall
        self._ahead_ms: int | None = None
        self._asked_at: float | None = None
        self._paused = False
        self._trouble = ""
        self.inbox: Final = SharedInbox(self)
        self._reports = _Reports(self)

    def adapter(self) -> ClassAdapter:
        """The transport to mount at Flowroute's address."""
        return ClassAdapter(self.address, self._over(), before=self._know_the_time)

    def ask(self) -> str:
        """Ask the class who sits here. Returns the name.

        Raises:
            ConnectionFailed: the class does not answer, does not know the keys, or is no class; the message says which.
        """
        self._asked_at = self.monotonic()
        began = self._wall()
        try:
            answer = self.call("GET", "/class/me")
            if str(answer.get("number")) != self.address.number.digits or "name" not in answer:
                raise _failed(not_a_class(self.address.where))
            self.set_clock(int(answer["now_ms"]) + (self._wall() - began) // 2)
        except (KeyError, TypeError, ValueError):
            self._trouble = not_a_class(self.address.where)
            raise _failed(self._trouble) from None
        except ConnectionFailed as failure:
            self._trouble = str(failure)
            raise
        self.name, self._paused, self._trouble = str(answer["name"]), answer.get("paused") is True, ""
        self._reports.tell_what_waits()
        return self.name

    def meet(self) -> None:
        """Ask once, so that the class's time is known. Where it does not answer, :meth:`describe` says so.

        Settings are made often, also behind a learner's back: a class that is away is not waited for each time.
        """
        if self._ahead_ms is None:
            self._ask_again_after(MEET_AGAIN_SECONDS)

    def trouble(self) -> str:
        """What is wrong with the class, and what to do; "" if it answers."""
        self._ask_again_after(FRESH_SECONDS)
        return self._trouble

    def describe(self) -> str:
        """One line for people: where texts go, and as whom; or that the class does not answer."""
        if trouble := self.trouble():
            return (
                f"Practice mode, in a class: {trouble} Alone again? Press Leave the class in notebook 00, or delete "
                f"the line {VARIABLE} from .env."
            )
        paused = " The class is paused." if self._paused else ""
        return (
            f"Practice mode, in a class: texts go over the class's network at {self.address.where} (as {self.name}). "
            f"No account, no cost.{paused}"
        )

    def reply(self, *, from_: PhoneNumber, to: PhoneNumber, body: str) -> str:
        """A phone of this seat texts the seat's number. Returns the text's id.

        Raises:
            ConnectionFailed: the class does not answer.
            ApiError: the network refused it, and says why.
        """
        text = {"from": from_.digits, "to": to.digits, "body": body}
        return str(self.call("POST", "/class/texts", body=text).get("id", ""))

    def report_progress(self, passed: Iterable[str]) -> None:
        """Tell the teacher's board which exercises are passed: all of them, each time. Never raises, never waits."""
        known = [each for each in passed if isinstance(each, str) and _EXERCISE.fullmatch(each)]
        self._reports.progress(sorted(set(known))[:_MOST_REPORTED])

    def report_verified(self, verification: str) -> None:
        """Tell the teacher's board that a code was approved here. Never raises, never waits.

        Args:
            verification: the same text for the same approval, 64 characters at most; it is counted once.
        """
        self._reports.verified(verification[:_LONGEST_ID])

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, int] | None = None,
        seconds: float = ASK_SECONDS,
    ) -> dict[str, Any]:
        """Ask the class itself (not its Flowroute). Returns the JSON of the answer, ``{}`` where it has none.

        Raises:
            ConnectionFailed: no usable answer came.
            ApiError: the class refused; the error says why.
        """
        where = self.address.where
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", self._over())
            request = requests.Request(method, f"http://{where}{path}", params=query, json=body)
            prepared = session.prepare_request(request)
            prepared.headers["Authorization"] = self.address.authorization
            try:
                response = session.send(prepared, timeout=(ASK_SECONDS, seconds), allow_redirects=False)
                answer = response.json() if response.content else {}
            except requests.JSONDecodeError:
                raise _failed(not_a_class(where)) from None
            except requests.RequestException:
                raise _failed(does_not_answer(where)) from None
        return self._understood(response, answer)

    def _understood(self, response: Response, answer: Any) -> dict[str, Any]:
        if response.status_code == 401:
            raise _failed(_does_not_know(self.address.where))
        if _is_paused(response):
            raise _failed(_PAUSED)
        if response.status_code in (400, 409, 413, 415, 422):
            raise api_error(response.status_code, answer)
        if not 200 <= response.status_code < 300 or not isinstance(answer, dict):
            raise _failed(not_a_class(self.address.where))
        return answer

    def set_clock(self, now_ms: int) -> None:
        """The class says what time it is (UTC milliseconds). Its first word counts; and any that is far from it, since
        then one of the two machines was set anew."""
        ahead = now_ms - self._wall()
        if self._ahead_ms is None or abs(ahead - self._ahead_ms) > _CLOCK_MAY_BE_OFF_MS:
            self._ahead_ms = ahead

    def _now_ms(self) -> int:
        return self._wall() + (self._ahead_ms or 0)

    def _know_the_time(self) -> None:
        """A code that is sent before the class's time is known would end by another clock than it began."""
        if self._ahead_ms is None:
            self.ask()

    def _ask_again_after(self, seconds: float) -> None:
        if self._asked_at is None or self.monotonic() - self._asked_at > seconds:
            with contextlib.suppress(FlowrouteError):
                self.ask()

    def __repr__(self) -> str:
        return f"<Class at {self.address.where}, seat {self.address.number.masked}>"


class _Reports:
    """What the board is to be told: kept while the class is away, and told with the next report."""

    def __init__(self, network: SharedNetwork) -> None:
        self._network = network
        self._lock = threading.Lock()
        self._passed: list[str] | None = None
        self._verified: deque[str] = deque(maxlen=_MOST_KEPT_REPORTS)
        self._telling = False

    def progress(self, passed: list[str]) -> None:
        with self._lock:
            self._passed = passed
        self._begin()

    def verified(self, verification: str) -> None:
        with self._lock:
            if verification not in self._verified:
                self._verified.append(verification)
        self._begin()

    def tell_what_waits(self) -> None:
        """The class is there again: tell what was kept meanwhile."""
        if self._passed is not None or self._verified:
            self._begin()

    def _begin(self) -> None:
        with self._lock:
            if self._telling:
                return
            self._telling = True
        try:
            self._network.in_background(self._tell)
        except RuntimeError:  # no more threads: with the next report
            self._telling = False

    def _tell(self) -> None:
        try:
            while (report := self._next()) is not None:
                with contextlib.suppress(ApiError):  # refused is told, too: it would be refused again
                    self._network.call("POST", report[0], body=report[1])
                self._told(report[1])
        except BaseException as problem:
            with self._lock:
                self._telling = False
            if not isinstance(problem, ConnectionFailed):
                raise

    def _next(self) -> tuple[str, dict[str, Any]] | None:
        with self._lock:
            if self._passed is not None:
                return "/class/progress", {"passed": self._passed}
            if self._verified:
                return "/class/verified", {"id": self._verified[0]}
            self._telling = False
            return None

    def _told(self, body: dict[str, Any]) -> None:
        with self._lock:
            if body.get("passed") is not None and body["passed"] is self._passed:
                self._passed = None
            if "id" in body and body["id"] in self._verified:
                self._verified.remove(body["id"])


_networks: dict[tuple[str, str], SharedNetwork] = {}
_networks_lock = threading.Lock()


def connect(address: ClassAddress) -> SharedNetwork:
    """The network of that seat: one for all settings of this process, so that its phones are asked for once."""
    with _networks_lock:
        known = _networks.get(key := (address.where, address.access_key))
        if known is None or known.address != address:
            known = _networks[key] = SharedNetwork(address)
        return known


def ask_class(text: str) -> str:
    """Ask the class at this class address who sits there. Returns the name.

    Raises:
        ClassAddressError: it is no class address.
        ConnectionFailed: the class does not answer, or does not know it.
    """
    return connect(ClassAddress.parse(text)).ask()
