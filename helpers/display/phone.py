"""What the practice phone shows, as plain data for ``phone.js``, and as a still picture.

Knows nothing of widgets and of where texts come from: an inbox is anything shaped like :class:`InboxLike`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal, Protocol

from helpers.clock import Clock, from_ms, wall_ms
from helpers.display.static import badge, number_for_print
from helpers.phone_numbers import PhoneNumber, PhoneNumberError

NO_TEXTS = "No texts yet"
LIVE_WORDS = "LIVE: look at your own phone"
UNDER_WAY = "A text is on its way…"

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


@dataclass
class Reply:
    """One text that this phone has sent; it changes its state while it goes out. ``sent_at_ms`` is UTC."""

    id: str
    body: str = field(repr=False)
    sent_at_ms: int
    state: Literal["Sending…", "Sent", "Not sent", "Perhaps not sent"] = "Sending…"


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
    texts: Sequence[TextLike | Reply],
    *,
    number: PhoneNumber,
    clock: Clock,
    mode: Literal["practice", "live"],
    under_way: bool = False,
    can_reply: bool = False,
) -> dict[str, Any]:
    """All that ``renderPhone`` needs. Times are UTC, as in the whole course.

    Args:
        texts: what stands on the phone, in its order: texts that arrived and the phone's own replies.
        under_way: whether another text is on its way.
        can_reply: whether this phone can answer.
    """
    return {
        "mode": mode,
        "number": number_for_print(number) if mode == "practice" else number.masked,
        "time": f"{clock.now():%H:%M}",
        # With both, a running clock ticks on in the browser, however old this picture is.
        "now_ms": clock.now_ms(),
        "wall_ms": wall_ms(),
        "running": clock.running,
        "empty": NO_TEXTS if mode == "practice" else LIVE_WORDS,
        "under_way": UNDER_WAY if under_way else "",
        "can_reply": can_reply,
        "messages": [_message_view(text) for text in texts],
    }


def phone_as_html(view: dict[str, Any]) -> str:
    """A still picture of a :func:`phone_view`, in a frame like a phone's.

    While the clock runs, what would differ each run is left out: times, and whether a text is on its way.
    """
    stands = not view["running"]
    live = view["mode"] == "live"
    parts = [_bubble_as_html(message, with_time=stands) for message in view["messages"]]
    if not parts:
        parts = [f'<p style="{_EMPTY}{_RED if live else ""}">{escape(view["empty"])}</p>']
    if stands and view["under_way"]:
        parts.append(f'<p style="{_SMALL}margin:8px 4px 0">{escape(view["under_way"])}</p>')
    time = f'<p style="{_SMALL}margin:0 0 6px"><b>{view["time"]} UTC</b></p>' if stands else ""
    head = f'<p style="{_HEAD}"><strong>{escape(view["number"])}</strong> {badge(view["mode"], texts=False)}</p>'
    screen = f'<div style="{_SCREEN}">{time}{head}{"".join(parts)}</div>'
    return f'<div style="{_BODY}{_RED_BODY if live else ""}">{screen}</div>'


def _message_view(text: TextLike | Reply) -> dict[str, Any]:
    if isinstance(text, Reply):
        return {
            "id": text.id,
            "sender": "You",
            "body": text.body,
            "time": f"{from_ms(text.sent_at_ms):%H:%M}",
            "code": None,
            "mine": True,
            "state": text.state,
        }
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
    mine = bool(message.get("mine"))
    facts = [message["sender"], *([message["state"]] if mine else []), *([message["time"]] if with_time else [])]
    body = escape(message["body"]).replace("\n", "<br>")
    look = _THEIRS if not mine else _MINE if message["state"] == "Sent" else _NOT_SENT
    return (
        f'<div style="text-align:{"right" if mine else "left"};margin:8px 0 0">'
        f'<div style="{_SMALL}margin:0 6px 2px">{escape(" · ".join(facts))}</div>'
        f'<div style="{_BUBBLE}{look}">{body}</div></div>'
    )


_BODY = (
    "display:inline-block;box-sizing:border-box;width:296px;max-width:100%;margin:4px 0;padding:9px;"
    "border-radius:36px;background:#17181c;vertical-align:top;"
)
_RED_BODY = "background:#b3261e;"
_SCREEN = (
    "box-sizing:border-box;min-height:150px;padding:14px 16px 18px;border-radius:28px;background:#fff;color:#16181d;"
    "font-family:system-ui,sans-serif;font-size:14px;line-height:1.4;text-align:left"
)
_HEAD = "margin:0;padding:0 4px 8px;border-bottom:1px solid #ddd"
_SMALL = "color:#5b5e66;font-size:11px;"
_EMPTY = "margin:36px 0 20px;text-align:center;color:#5b5e66;"
_RED = "color:#b3261e;font-weight:700;"
_BUBBLE = (
    "display:inline-block;box-sizing:border-box;max-width:90%;padding:8px 12px;border-radius:16px;text-align:left;"
    "overflow-wrap:anywhere;"
)
_THEIRS = "background:#ecedf0;color:#16181d"
_MINE = "background:#1565c0;color:#fff"
_NOT_SENT = "background:#fff;color:#16181d;border:1px dashed #b3261e"
