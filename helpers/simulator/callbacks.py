"""Callbacks: what is due to be posted to a customer, the posting, the repeats, and a log of every attempt.

In practice mode they go to a WSGI app that was registered in this process, in the thread that finds them due. A served
simulator posts them over HTTP from threads of its own (:meth:`CallbackCentre.start`), so that a slow receiver keeps
nobody.
"""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from helpers.clock import Clock
from helpers.simulator.feed import Feed
from helpers.simulator.lifecycle import Step

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TRIES: Final = 4
SECONDS_BETWEEN_TRIES: Final = 30
_POSTING_THREADS: Final = 8
_PATIENCE_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 1.0  # the clock may be turned by somebody who tells nobody

Kind = Literal["incoming", "receipt"]
Json = dict[str, Any]
Sender = Callable[[str, bytes, dict[str, str]], int]
"""Posts a body with headers to a URL and returns the status; raises ``OSError`` or ``ValueError`` where it cannot."""


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """One callback that is to be posted at a time."""

    at_ms: int
    order: int
    message_id: str = field(compare=False)
    kind: Kind = field(compare=False)
    step: Step | None = field(compare=False, default=None)
    attempt: int = field(compare=False, default=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One posting, and what came of it: a status, or an error in words."""

    id: int
    at_ms: int
    message_id: str
    kind: Kind
    url: str = field(repr=False)  # it may hold a secret of the receiver's
    attempt: int
    status: int | None
    error: str
    elapsed_ms: float
    payload: Json = field(repr=False)


class CallbackCentre:
    """Everything that is posted to customers. Safe to use from many threads."""

    def __init__(
        self,
        *,
        clock: Clock,
        feed: Feed,
        address: Callable[[Due], tuple[str, Json] | None],
        taken: Callable[[int], bool],
        length: int,
    ) -> None:
        """Set it up.

        Args:
            clock: the time by which callbacks fall due.
            feed: gets a note for every attempt.
            address: where a due callback goes and what it says, ``None`` where nobody asked for it.
            taken: whether a status means that the receiver has it (behaviours ``callback-answer``).
            length: how many attempts are kept, and how many callbacks may wait.
        """
        self.sender: Sender | None = None
        self._clock = clock
        self._feed = feed
        self._address = address
        self._taken = taken
        self._length = length
        self._apps: dict[str, WSGIApplication] = {}
        self._queue: list[Due] = []
        self._attempts: deque[Attempt] = deque(maxlen=length)
        self._order = itertools.count()
        self._ids = itertools.count(1)
        self._news = threading.Condition()
        self._posting = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._stopped = False

    def register(self, url_prefix: str, app: WSGIApplication) -> None:
        """Let ``app`` answer every callback whose URL begins with ``url_prefix``, in this process."""
        self._apps[url_prefix] = app

    def plan(self, kind: Kind, message_id: str, at_ms: int, step: Step | None = None) -> None:
        """Post a callback at ``at_ms`` (UTC milliseconds), if somebody asks for it now and still does then."""
        due = Due(at_ms, next(self._order), message_id, kind, step)
        if self._address(due) is not None:
            self._push(due)

    def attempts(self) -> list[Attempt]:
        """What was posted, oldest first."""
        return list(self._attempts)

    def clear(self) -> None:
        """Forget what is due and what was posted."""
        with self._news:
            self._queue.clear()
            self._attempts.clear()

    def catch_up(self) -> None:
        """Post all that is due by now, in its order; where threads do that, wake them."""
        if self._threads:
            if self._something_is_due():
                with self._news:
                    self._news.notify_all()
            return
        # A receiver that calls the API from within its answer comes by here again, and so may other threads: whoever
        # posts already goes on with the rest, and looks once more when the lock is free again.
        while self._something_is_due() and self._posting.acquire(blocking=False):
            try:
                while (due := self._pop()) is not None:
                    self._post(due)
            finally:
                self._posting.release()

    def start(self) -> None:
        """Post from threads of its own from now on, until :meth:`stop`."""
        self._stopped = False
        # Daemons: one that waits for a slow receiver must not keep the process from ending.
        self._threads = [
            threading.Thread(target=self._run, name=f"callbacks-{number}", daemon=True)
            for number in range(_POSTING_THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads, but for those that still wait for a receiver; what is due stays due."""
        with self._news:
            self._stopped = True
            self._news.notify_all()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while not self._stopped:
            due = self._pop()
            if due is not None:
                self._post(due)
                continue
            with self._news:
                if not self._stopped:
                    self._news.wait(self._seconds_to_the_next())

    def _seconds_to_the_next(self) -> float:
        if not self._queue:
            return _LONGEST_WAIT_SECONDS
        return min(max(0.001, (self._queue[0].at_ms - self._clock.now_ms()) / 1000), _LONGEST_WAIT_SECONDS)

    def _push(self, due: Due) -> None:
        with self._news:
            heapq.heappush(self._queue, due)
            if len(self._queue) > self._length:  # what is due last makes room: most likely one more repeat
                self._queue.remove(max(self._queue))
                heapq.heapify(self._queue)
            self._news.notify_all()

    def _something_is_due(self) -> bool:
        with self._news:
            return bool(self._queue) and self._queue[0].at_ms <= self._clock.now_ms()

    def _pop(self) -> Due | None:
        with self._news:
            return heapq.heappop(self._queue) if self._something_is_due() else None

    def _post(self, due: Due) -> None:
        found = self._address(due)
        if found is None:
            return
        url, payload = found
        began = time.perf_counter()
        status, error = self._answer_of(url, json.dumps(payload, ensure_ascii=False).encode())
        elapsed_ms = (time.perf_counter() - began) * 1000
        attempt = Attempt(
            next(self._ids), due.at_ms, due.message_id, due.kind, url, due.attempt, status, error, elapsed_ms, payload
        )
        self._attempts.append(attempt)
        self._feed.note(due.message_id)
        if (status is None or not self._taken(status)) and due.attempt < TRIES:  # callback-repeats, receipt-repeats
            later = due.at_ms + SECONDS_BETWEEN_TRIES * 1000
            self._push(replace(due, at_ms=later, order=next(self._order), attempt=due.attempt + 1))

    def _answer_of(self, url: str, body: bytes) -> tuple[int | None, str]:
        # Behaviour callback-headers.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip", "User-Agent": "Go-http-client/1.1"}
        app = next((app for prefix, app in self._apps.items() if url.startswith(prefix)), None)
        if app is not None:
            try:
                return _post_to_app(app, url, body, headers), ""
            except Exception as problem:  # somebody else's code: its words may hold anything, so only the kind is kept
                return None, f"the receiver failed: {type(problem).__name__}"
        if self.sender is None:
            return None, "no app is registered for this address, and nothing leaves this process"
        try:
            return self.sender(url, body, headers), ""
        except (OSError, ValueError) as problem:
            return None, str(problem) or type(problem).__name__


def _post_to_app(app: WSGIApplication, url: str, body: bytes, headers: dict[str, str]) -> int:
    from werkzeug.datastructures import Headers
    from werkzeug.test import EnvironBuilder, run_wsgi_app

    parts = urlsplit(url)
    builder = EnvironBuilder(
        path=parts.path or "/",
        base_url=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/",
        query_string=parts.query,
        method="POST",
        data=body,
        headers=Headers(headers),
    )
    try:
        _, status, _ = run_wsgi_app(app, builder.get_environ(), buffered=True)
    finally:
        builder.close()
    return int(status.split(" ", 1)[0])
