"""What the practice phone shows, as plain data for ``phone.js``, and as a still picture.

Knows nothing of widgets and of where texts come from: an inbox is anything shaped like :class:`InboxLike`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal, Protocol

from helpers.clock import Clock, from_ms
from helpers.display.static import badge, card, number_for_print
from helpers.phone_numbers import PhoneNumber, PhoneNumberError

NO_TEXTS = "No texts yet"
LIVE_WORDS = "LIVE: look at your own phone"

_ORIGIN_BOUND = re.compile(r"@(?P<host>\S+) #(?P<code>[0-9]+)(?: .*)?")


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


@dataclass(frozen=True, slots=True)
class BoundCode:
    """A code, and the host that its text binds it to."""

    host: str
    code: str = field(repr=False)


def bound_code(body: str) -> BoundCode | None:
    """What a text's origin-bound last line says, ``@bank.example #123456``, or None where there is no such line.

    Source: "Origin-bound one-time codes delivered via SMS", §3 (the last line: ``@host``, a space, ``#code``).
    """
    lines = body.splitlines()
    found = _ORIGIN_BOUND.fullmatch(lines[-1].rstrip()) if lines else None
    return BoundCode(host=found["host"], code=found["code"]) if found else None


def is_for(bound: BoundCode, host: str) -> bool:
    """Whether a phone may offer this code on a page of ``host``: the bound host itself, or one below it.

    Source: the same document, §2.1, which says "same site". That takes the list of all public suffixes; this is the
    stricter half of it, and needs none: a sibling (``www.bank.example`` for ``login.bank.example``) is offered nothing,
    nor is anything below a host of one word (``@example`` is not for ``bank.example``).

    Args:
        host: a host name as an address bar shows it; upper and lower case are alike; "" is no host.
    """
    wanted, here = bound.host.lower(), host.lower()
    return bool(here) and (here == wanted or ("." in wanted.strip(".") and here.endswith(f".{wanted}")))


def code_in(body: str) -> str | None:
    """The code in a text's origin-bound last line (see :func:`bound_code`), or None."""
    bound = bound_code(body)
    return bound.code if bound else None


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
