"""The phone beside a form: in practice it shows the texts as they arrive, in live it says where to look instead."""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import anywidget
import traitlets

from helpers.clock import Clock
from helpers.display.assets import script, style
from helpers.display.phone import InboxLike, Reply, TextLike, bound_code, code_in, is_for, phone_as_html, phone_view
from helpers.forms.still import Still
from helpers.listeners import Listeners
from helpers.phone_numbers import PhoneNumber

LONGEST_REPLY: Final = 1600
"""Characters: the longest text that Flowroute takes."""

_State = Literal["idle", "done", "refused"]
_INTERRUPTED: Final[tuple[_State, str]] = ("refused", "This was interrupted. See what arrived before you try again.")


class Phone(Still, anywidget.AnyWidget):
    """A phone on the screen. It keeps itself up to date: on each change of the inbox, on each turn of the clock and,
    while the clock runs, when the next text is due.

    Args:
        inbox: where its texts are; None in live mode, where they are on a real phone.
        number: its number.
        clock: the course's clock, for the time on its screen.
        mode: practice or live.
        reply: sends a text from this phone and returns the words to show; its error's ``user_message`` is shown if it
            fails. With None, and in live mode, the phone only listens.
    """

    _esm = script("phone")
    _css = style("phone")
    _shown = traitlets.Dict().tag(sync=True)
    _answer = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        *,
        inbox: InboxLike | None,
        number: PhoneNumber,
        clock: Clock,
        mode: Literal["practice", "live"] = "practice",
        reply: Callable[[str], str] | None = None,
    ) -> None:
        # What a live text says is for the real phone only, whatever inbox is handed in.
        self._inbox = inbox if mode == "practice" else None
        self._number = number
        self._clock = clock
        self._mode: Literal["practice", "live"] = "live" if self._inbox is None else "practice"
        self._reply = reply if self._mode == "practice" else None
        self._replies: list[Reply] = []
        self._ranks: dict[str, int] = {}
        self._next_rank = itertools.count()
        self._replying = threading.Lock()
        self._listeners: Listeners[[]] = Listeners()
        self._closed = False
        self._alarm_at = math.inf
        self._loop = _running_loop()
        self._turns = itertools.count(1)
        self._last_turn = 0
        self._lock = threading.Lock()
        super().__init__(_shown=self._picture(under_way=False), _answer=_answer(0))
        self._stops = [clock.on_turn(self.refresh)]
        if self._inbox is not None:
            self._stops.append(self._inbox.on_change(self.refresh))
        self.on_msg(lambda _phone, message, _buffers: self._receive(message))
        self.refresh()

    def refresh(self) -> None:
        """Look into the inbox again. Seldom needed: the phone does it by itself."""
        turn = next(self._turns)
        # First what is to come, then what is there: a text that arrives in between is then seen by the alarm.
        due = None if self._inbox is None else self._inbox.next_arrival_ms(self._number)
        picture = self._picture(under_way=due is not None)
        with self._lock:
            # Two threads may refresh at once; the one that looked first must not go over what the other one saw.
            if self._closed or turn < self._last_turn:
                return
            self._last_turn = turn
            changed = picture["messages"] != self._shown["messages"]
            self._shown = picture
        self._set_alarm(due)
        if changed:
            self._listeners.tell()

    def on_texts(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after each refresh that changed what stands on the phone; returns a function that ends it.

        What it raises is logged by its name and does not touch the phone.
        """
        return self._listeners.add(listener)

    def offer(self, host: str, *, since_ms: int = 0) -> str | None:
        """The code that a phone would offer to fill in on a page of ``host``, or None; in live mode always None.

        Only the newest text counts, and only if its last line binds its code to that host (:func:`is_for
        <helpers.display.phone.is_for>`).

        Args:
            host: the host name of the page, such as ``bank.example``.
            since_ms: UTC milliseconds; a text that arrived earlier is not offered.
        """
        newest = next(reversed(self._texts()), None)
        bound = bound_code(newest.body) if newest else None
        if newest is None or bound is None or newest.arrived_at_ms < since_ms or not is_for(bound, host):
            return None
        return bound.code

    def reply(self, body: str) -> Phone:
        """Answer from a cell: the message that a browser sends, by the same way. What came of it stands on the phone.

        Raises:
            ValueError: this phone has no way to reply.
        """
        if self._reply is None:
            raise ValueError("This phone cannot reply: it was made without reply=, or it is live.")
        self._handle_custom_msg({"kind": "reply", "intent": self._answer["intent"], "press": "", "body": body}, [])
        return self

    @property
    def latest_code(self) -> str | None:
        """The code in the newest text that has one, read as a phone would read it, from the text's last line."""
        codes = [code for text in self._texts() if (code := code_in(text.body))]
        return codes[-1] if codes else None

    def close(self) -> None:
        """Take the phone off the screen and stop listening."""
        self._closed = True
        for stop in self.__dict__.pop("_stops", ()):
            stop()
        super().close()

    def _texts(self) -> Sequence[TextLike]:
        return () if self._inbox is None else self._inbox.texts(self._number)

    def _picture(self, *, under_way: bool) -> dict[str, Any]:
        return phone_view(
            self._conversation(),
            number=self._number,
            clock=self._clock,
            mode=self._mode,
            under_way=under_way,
            can_reply=self._reply is not None,
        )

    def _conversation(self) -> list[TextLike | Reply]:
        """Both directions in the order of time; where the clock stands still, in the order in which they were seen."""
        texts, replies = self._texts(), tuple(self._replies)
        timed: list[tuple[int, int, TextLike | Reply]] = [
            (text.arrived_at_ms, self._rank(text.id), text) for text in texts
        ]
        timed += [(reply.sent_at_ms, self._rank(reply.id), reply) for reply in replies]
        return [text for _, _, text in sorted(timed, key=lambda entry: entry[:2])]

    def _rank(self, text_id: str) -> int:
        return self._ranks.setdefault(text_id, next(self._next_rank))

    def _receive(self, message: dict[str, Any]) -> None:
        if message.get("kind") == "reply" and self._reply is not None:
            self._answer_once(str(message["body"]), intent=message["intent"], press=str(message["press"]))

    def _answer_once(self, body: str, *, intent: int, press: str) -> None:
        """A second press of the same reply carries the first one's number, and does nothing."""
        if not self._replying.acquire(blocking=False):
            return
        state, words = _INTERRUPTED
        try:
            if intent == self._answer["intent"]:
                try:
                    state, words = self._try_to_send(body)
                finally:
                    self._answer = _answer(intent + 1, press=press, state=state, words=words)
        finally:
            self._replying.release()

    def _try_to_send(self, body: str) -> tuple[_State, str]:
        """Send it, and say what came of it. A text that cannot be sent at all leaves no bubble."""
        if not body.strip():
            return "refused", "Nothing was sent: write something first."
        if len(body) > LONGEST_REPLY:
            return "refused", f"Nothing was sent: a text has at most {LONGEST_REPLY:,} characters, not {len(body):,}."
        reply = Reply(f"reply-{len(self._replies)}", body, self._clock.now_ms())
        self._replies.append(reply)
        self.refresh()
        outcome = reply.state
        try:
            words, outcome = self._text_back(body)
        except BaseException as problem:
            outcome = "Perhaps not sent"
            if not isinstance(problem, Exception):
                raise
            words = (
                f"Something went wrong on our side ({type(problem).__name__}). See what arrived before you try again."
            )
        finally:
            reply.state = outcome
            self.refresh()
        return ("done" if reply.state == "Sent" else "refused"), words

    def _text_back(self, body: str) -> tuple[str, Literal["Sent", "Not sent"]]:
        assert self._reply is not None
        try:
            return self._reply(body) or "Sent.", "Sent"
        except Exception as problem:
            words = getattr(problem, "user_message", None)
            if not isinstance(words, str):
                raise
            return words, "Not sent"

    def _set_alarm(self, due: int | None) -> None:
        """Refresh once more when the next text is due, if there is a loop to do it; nothing ever polls."""
        if due is None or not self._clock.running:
            return
        loop = _running_loop()
        if loop is None:
            # A thread without a loop, such as one that serves a request: the loop that made the phone wakes it.
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._set_alarm, due)
            return
        wait = (due - self._clock.now_ms()) / 1000
        rings_at = loop.time() + wait
        if rings_at < self._alarm_at:
            self._alarm_at = rings_at
            loop.call_later(wait, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm_at = math.inf
        self.refresh()

    def __repr__(self) -> str:
        shown = self._shown
        if self._mode == "live":
            return f"<Phone {shown['number']} · live>"
        count = sum(not message.get("mine") for message in shown["messages"])
        return f"<Phone {shown['number']} · {count} text{'' if count == 1 else 's'} · practice>"

    def _as_html(self) -> str:
        return phone_as_html(self._shown)


def _answer(intent: int, *, press: str = "", state: _State = "idle", words: str = "") -> dict[str, Any]:
    """What the browser is told of a reply: the number of the next one, and what came of the press called ``press``."""
    return {"intent": intent, "press": press, "state": state, "words": words, "longest": LONGEST_REPLY}


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
