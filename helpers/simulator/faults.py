"""The fault menu: what goes wrong between a client and Flowroute, ordered for the next requests.

A fault strikes requests of the API and nothing else: never the simulator's own controls, its page, or a tunnel being
opened. It comes before every other check, as a failure of the wire or of the front door would (behaviour ``faults``).
Faults that need no socket mean the same through the adapter of ``transport.py``; ``server/`` does the others.
"""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from flask import Flask, Response, g, request

from helpers.errors import CourseError
from helpers.simulator import problems

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from helpers.simulator.network import SimulatedNetwork

FaultKind = Literal[
    "latency",
    "error-500",
    "error-503",
    "error-429",
    "reset-before",
    "reset-after",
    "not-json",
    "truncated",
    "no-answer",
]
Cut = Literal["reset", "silence"]

WHAT_HAPPENS: Final[Mapping[FaultKind, str]] = {
    "latency": "The request is carried out at once, and the answer comes later.",
    "error-500": "Nothing is carried out; the answer is 500.",
    "error-503": "Nothing is carried out; the answer is 503.",
    "error-429": "Nothing is carried out; the answer is 429.",
    "reset-before": "The connection is reset, and nothing was carried out.",
    "reset-after": "The request is carried out, then the connection is reset without an answer.",
    "not-json": "The request is carried out, and the answer's body is an HTML page.",
    "truncated": "The request is carried out, and the answer breaks off in the middle of its body.",
    "no-answer": "Nothing is carried out, and no answer ever comes.",
}
"""What each kind does, in a sentence for people."""

IN_PROCESS: Final = "simulator.in_process"
"""Where the adapter leaves an :class:`InProcess` in the WSGI environ: there is no socket, so nobody is kept waiting."""

MOST_FAULTS: Final = 100
MOST_REQUESTS: Final = 1_000_000
LONGEST_LATENCY_SECONDS: Final = 600.0
_LONGEST_PATH: Final = 200
_SPARED: Final = ("/", "/favicon.ico", "/_simulator")
_SETTABLE: Final = ("kind", "times", "share", "seed", "seconds", "method", "path")
_ERRORS: Final[Mapping[str, Callable[[], problems.Problem]]] = {
    "error-500": problems.server_error,
    "error-503": problems.unavailable,
    "error-429": problems.too_many_requests,
}
_CUTS_BEFORE: Final[Mapping[str, Cut]] = {"reset-before": "reset", "no-answer": "silence"}
_HTML: Final = b"<!doctype html>\n<title>Be right back</title>\n<h1>We are doing some maintenance.</h1>\n"


@dataclass(slots=True)
class InProcess:
    """What an app tells the adapter beside its answer."""

    late_seconds: float = 0.0
    """How late the answer would have come over a socket."""


class InvalidFault(CourseError, ValueError):
    """A fault cannot be ordered like this. ``fields`` says for each wrong member what to do."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {words}" for name, words in wrong.items()))
        self.fields = dict(wrong)


@dataclass(frozen=True, slots=True)
class Fault:
    """One order from the menu.

    Of the next ``times`` requests that match (all of them with ``None``, until the fault is taken back), ``share`` are
    struck, chosen by a generator that starts at ``seed``: the same order strikes the same requests each time.

    Raises:
        InvalidFault: a member is out of range.
    """

    kind: FaultKind
    times: int | None = field(default=1, kw_only=True)
    share: float = field(default=1.0, kw_only=True)
    """More than 0, up to 1."""
    seed: int = field(default=0, kw_only=True)
    seconds: float | None = field(default=None, kw_only=True)
    """How late the answer is: needed for ``latency``, and for nothing else."""
    method: str | None = field(default=None, kw_only=True)
    """``None`` strikes every method."""
    path: str | None = field(default=None, kw_only=True)
    """The first whole segments of the path: ``/v2`` strikes ``/v2/messages`` but not ``/v2.1/messages``."""
    id: int = field(default=0, kw_only=True)
    left: int | None = field(default=None, kw_only=True)
    """How many more requests it looks at; the menu counts."""
    struck: int = field(default=0, kw_only=True)
    """How many requests it has struck; the menu counts."""

    def __post_init__(self) -> None:
        wrong = dict(_mistakes(self))
        if wrong:
            raise InvalidFault(wrong)
        if self.method is not None:
            object.__setattr__(self, "method", self.method.upper())

    @classmethod
    def from_dict(cls, data: object) -> Fault:
        """A fault from JSON that anybody may have written.

        Raises:
            InvalidFault: it is no object, ``kind`` is missing, or a member is unknown or out of range.
        """
        if not isinstance(data, dict):
            raise InvalidFault({"fault": "Give a JSON object with a kind."})
        unknown = [name for name in data if name not in _SETTABLE]
        if unknown:
            known = ", ".join(_SETTABLE)
            raise InvalidFault(
                {str(name)[:40]: f"There is no such member. There are: {known}." for name in unknown[:10]}
            )
        return cls(**{"kind": "", **data})

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with ``what`` in words."""
        return {member.name: getattr(self, member.name) for member in fields(self)} | {"what": WHAT_HAPPENS[self.kind]}

    def matches(self, method: str, path: str) -> bool:
        """Whether it looks at a request of this method and path."""
        if self.method not in (None, method.upper()):
            return False
        return self.path is None or path == self.path or path.startswith(f"{self.path.rstrip('/')}/")


class FaultMenu:
    """The faults that are ordered. Safe to use from many threads."""

    def __init__(self, *, sleep: Callable[[float], object] | None = None) -> None:
        """An empty menu.

        Args:
            sleep: waits so many seconds for ``latency``; unless given, real time passes until :meth:`clear` or
                :meth:`close`.
        """
        self._sleep = sleep or self._pass_time
        self._lock = threading.Lock()
        self._let_go = threading.Condition()
        self._mended = 0
        self._closed = False
        self._ordered: dict[int, tuple[Fault, random.Random]] = {}
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        """Order a fault; returns it with its id.

        Raises:
            InvalidFault: there are too many already.
        """
        with self._lock:
            if len(self._ordered) >= MOST_FAULTS:
                raise InvalidFault({"fault": f"There are {MOST_FAULTS} faults already. Remove one first."})
            ordered = replace(fault, id=next(self._ids), left=fault.times, struck=0)
            self._ordered[ordered.id] = (ordered, random.Random(ordered.seed))  # noqa: S311  # repeatable, not secret
        return ordered

    def list(self) -> list[Fault]:
        """The faults that may still strike, oldest first."""
        with self._lock:
            return [fault for fault, _ in self._ordered.values()]

    def remove(self, fault_id: int) -> None:
        """Take a fault back.

        Raises:
            KeyError: there is none with this id, or it is used up.
        """
        with self._lock:
            del self._ordered[fault_id]

    def clear(self) -> None:
        """Take all faults back, and let go who waits because of one; numbering goes on."""
        with self._lock:
            self._ordered.clear()
        with self._let_go:
            self._mended += 1
            self._let_go.notify_all()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, if one does: of several, the oldest. Each that looked has counted it."""
        if is_spared(method, path):
            return None
        with self._lock:
            matching = [fault_id for fault_id, (fault, _) in self._ordered.items() if fault.matches(method, path)]
            return next((fault for fault_id in matching if (fault := self._try(fault_id))), None)

    def _try(self, fault_id: int) -> Fault | None:
        fault, chance = self._ordered[fault_id]
        strikes = fault.share >= 1 or chance.random() < fault.share
        left = None if fault.left is None else fault.left - 1
        fault = replace(fault, left=left, struck=fault.struck + strikes)
        if left == 0:
            del self._ordered[fault_id]
        else:
            self._ordered[fault_id] = (fault, chance)
        return fault if strikes else None

    def wait(self, seconds: float) -> None:
        """Let the time of a ``latency`` pass."""
        self._sleep(seconds)

    def close(self) -> None:
        """Let everybody who waits go: the simulator is going down."""
        with self._let_go:
            self._closed = True
            self._let_go.notify_all()

    def _pass_time(self, seconds: float) -> None:
        with self._let_go:
            before = self._mended
            self._let_go.wait_for(lambda: self._closed or self._mended != before, seconds)


def is_spared(method: str, path: str) -> bool:
    """Whether no fault may strike a request: the controls, the page and tunnels (behaviour ``faults``)."""
    return method.upper() == "CONNECT" or path in _SPARED or path.startswith("/_simulator/")


def _mistakes(fault: Fault) -> Iterator[tuple[str, str]]:
    yield from _wrong_choice(fault)
    yield from _wrong_seconds(fault)
    yield from _wrong_aim(fault)


def _wrong_choice(fault: Fault) -> Iterator[tuple[str, str]]:
    if fault.kind not in get_args(FaultKind):
        yield "kind", f"Choose one of: {', '.join(get_args(FaultKind))}."
    if fault.times is not None and not _is_int(fault.times, 1, MOST_REQUESTS):
        yield "times", f"Give a whole number from 1 to {MOST_REQUESTS:,}, or null for until it is removed."
    if not _is_number(fault.share) or not 0 < fault.share <= 1:
        yield "share", "Give a number above 0, up to 1: 0.25 strikes a quarter of the requests."
    if not _is_int(fault.seed, -(2**63), 2**63):
        yield "seed", "Give a whole number of up to 18 digits."


def _wrong_seconds(fault: Fault) -> Iterator[tuple[str, str]]:
    if fault.kind != "latency":
        if fault.seconds is not None:
            yield "seconds", "Only latency has seconds. Leave it out."
    elif not _is_number(fault.seconds) or not 0 < (fault.seconds or 0) <= LONGEST_LATENCY_SECONDS:
        yield "seconds", f"Give a number of seconds above 0, up to {LONGEST_LATENCY_SECONDS:.0f}."


def _wrong_aim(fault: Fault) -> Iterator[tuple[str, str]]:
    if fault.method is not None and not _is_text(fault.method, r"[A-Za-z]{1,16}"):
        yield "method", "Give the name of an HTTP method such as POST, or null for all."
    if fault.path is None:
        return
    if not _is_text(fault.path, rf"/[!-~]{{0,{_LONGEST_PATH}}}"):
        yield "path", "Give the beginning of a path such as /v2.1/messages, or null for all."
    elif fault.path != "/" and is_spared("GET", fault.path):
        yield "path", "Faults never strike the simulator's own controls. Give a path of the API."


def _is_int(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_text(value: object, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


# --- How a fault reaches the client -----------------------------------------------------------------------------------


class ConnectionCut(BaseException):
    """There will be no answer. No ``Exception``, so that no error handler on the way turns it into one.

    The adapter turns it into what ``requests`` raises; the server does to the socket what ``cut`` says.
    """

    def __init__(self, cut: Cut) -> None:
        super().__init__(cut)
        self.cut: Final = cut


class CutAnswer(Response):
    """Stands where an answer would, so that the request log sees it; sending it raises :class:`ConnectionCut`."""

    cut: Cut = "reset"
    words: str = ""
    """What happened, for the request log."""

    @classmethod
    def of(cls, fault: Fault, cut: Cut) -> CutAnswer:
        answer = cls()
        answer.cut, answer.words = cut, WHAT_HAPPENS[fault.kind]
        return answer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        raise ConnectionCut(self.cut)


def install(app: Flask, network: SimulatedNetwork) -> None:
    """Let the menu of ``network`` strike the requests of ``app``.

    Call it after the hooks of the request log: Flask runs what comes after a request in reverse order, and the log is
    to see what the client gets. ``flask.g.fault`` names the kind that struck.
    """

    @app.before_request
    def strike() -> Response | None:
        fault = network.faults.take(request.method, request.path)
        if fault is None:
            return None
        g.fault, g.ordered_fault = fault.kind, fault
        network.feed.note()
        if fault.kind in _ERRORS:  # fault-errors
            raise _ERRORS[fault.kind]()
        if fault.kind in _CUTS_BEFORE:  # fault-cut-before
            return CutAnswer.of(fault, _CUTS_BEFORE[fault.kind])
        return None

    @app.after_request
    def spoil(answer: Response) -> Response:
        fault: Fault | None = g.get("ordered_fault")
        if fault is None:
            return answer
        if fault.kind == "latency":
            _delay(network.faults, fault.seconds or 0.0)
        elif fault.kind == "reset-after":  # fault-cut-after
            return CutAnswer.of(fault, "reset")
        elif answer.get_data():  # an answer without a body has nothing to spoil
            _spoil_body(answer, fault.kind)
        return answer


def _delay(menu: FaultMenu, seconds: float) -> None:
    """The request is carried out by now (behaviour ``fault-latency``); through the adapter nobody waits."""
    aside = request.environ.get(IN_PROCESS)
    if isinstance(aside, InProcess):
        aside.late_seconds = seconds
    else:
        menu.wait(seconds)


def _spoil_body(answer: Response, kind: FaultKind) -> None:
    """Behaviour ``fault-bodies``."""
    if kind == "not-json":
        answer.set_data(_HTML)
        answer.content_type = "text/html; charset=utf-8"
    elif kind == "truncated":
        whole = answer.get_data()
        answer.set_data(whole[: len(whole) // 2])
        answer.content_length = len(whole)
