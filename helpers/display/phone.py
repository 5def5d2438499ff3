"""What the practice phone shows, as plain data for ``phone.js``, and as a still picture.

Knows nothing of widgets and of where texts come from: an inbox is anything shaped like :class:`InboxLike`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Literal, Protocol

from helpers.clock import Clock, from_ms
from helpers.display.static import badge, card, number_for_print
from helpers.phone_numbers import PhoneNumber, PhoneNumberError

NO_TEXTS = "No texts yet"
LIVE_WORDS = "LIVE: look at your own phone"

_ORIGIN_BOUND = re.compile(r"@\S+ #(?P<code>[0-9]+)(?: .*)?")


class TextLike(Protocol):
    """One text that has arrived."""

    @property
    def id(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def arrived_at_ms(self) -> int: ...


class InboxLike(Protocol):
    """Where the texts of practice phones wait. Times are UTC milliseconds."""

    def texts(self, number: PhoneNumber, /) -> Sequence[TextLike]:
        """The texts that have arrived at this number by now, oldest first."""

    def next_arrival_ms(self, number: PhoneNumber, /) -> int | None:
        """When the next text that is under way will arrive; None if none is."""

    def on_change(self, listener: Callable[[], None], /) -> Callable[[], None]:
        """Call ``listener`` whenever texts may have come or been sent; returns a function that ends it."""


def code_in(body: str) -> str | None:
    """The code in a text's origin-bound last line, ``@bank.example #123456``, or None.

    Source: "Origin-bound one-time codes delivered via SMS", §3 (the last line: ``@host``, a space, ``#code``).
    """
    lines = body.splitlines()
    found = _ORIGIN_BOUND.fullmatch(lines[-1].rstrip()) if lines else None
    return found["code"] if found else None


def phone_view(
    texts: Sequence[TextLike], *, number: PhoneNumber, clock: Clock, mode: Literal["practice", "live"]
) -> dict[str, Any]:
    """All that ``renderPhone`` needs. Times are UTC, as in the whole course; ``now_ms`` lets a running one tick."""
    return {
        "mode": mode,
        "number": number_for_print(number) if mode == "practice" else number.masked,
        "time": f"{clock.now():%H:%M}",
        "now_ms": clock.now_ms(),
        "running": clock.running,
        "empty": NO_TEXTS if mode == "practice" else LIVE_WORDS,
        "messages": [_message_view(text) for text in texts],
    }


def phone_as_html(view: dict[str, Any]) -> str:
    """A still picture of a :func:`phone_view`. Times are left out while the clock runs: they would differ each run."""
    time = "" if view["running"] else f" · {view['time']} UTC"
    bubbles = [_bubble_as_html(message, with_time=not view["running"]) for message in view["messages"]]
    return card(
        f"<p><strong>{escape(view['number'])}</strong>{time} {badge(view['mode'])}</p>",
        *(bubbles or [f"<p><em>{escape(view['empty'])}</em></p>"]),
    )


def _message_view(text: TextLike) -> dict[str, Any]:
    return {
        "id": text.id,
        "sender": _sender_in_words(text.sender),
        "body": text.body,
        "time": f"{from_ms(text.arrived_at_ms):%H:%M}",
        "code": code_in(text.body),
    }


def _sender_in_words(sender: str) -> str:
    try:
        return number_for_print(PhoneNumber.parse(sender))
    except PhoneNumberError:
        return sender


def _bubble_as_html(message: dict[str, Any], *, with_time: bool) -> str:
    body = escape(message["body"]).replace("\n", "<br>")
    time = f" · {message['time']}" if with_time else ""
    return f"<p><small>{escape(message['sender'])}{time}</small></p><blockquote>{body}</blockquote>"
