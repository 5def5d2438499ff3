"""The phone beside a form: in practice it shows the texts as they arrive, in live it says where to look instead."""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
from collections.abc import Sequence
from typing import Any, Literal

import anywidget
import traitlets

from helpers.clock import Clock
from helpers.display.assets import script, style
from helpers.display.phone import InboxLike, TextLike, code_in, phone_as_html, phone_view
from helpers.phone_numbers import PhoneNumber


class Phone(anywidget.AnyWidget):
    """A phone on the screen. It keeps itself up to date: on each change of the inbox, on each turn of the clock and,
    while the clock runs, when the next text is due.

    Args:
        inbox: where its texts are; None in live mode, where they are on a real phone.
        number: its number.
        clock: the course's clock, for the time on its screen.
        mode: practice or live.
    """

    _esm = script("phone")
    _css = style("phone")
    _shown = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        *,
        inbox: InboxLike | None,
        number: PhoneNumber,
        clock: Clock,
        mode: Literal["practice", "live"] = "practice",
    ) -> None:
        # What a live text says is for the real phone only, whatever inbox is handed in.
        self._inbox = inbox if mode == "practice" else None
        self._number = number
        self._clock = clock
        self._mode: Literal["practice", "live"] = "live" if self._inbox is None else "practice"
        self._closed = False
        self._alarm_at = math.inf
        self._turns = itertools.count(1)
        self._last_turn = 0
        self._lock = threading.Lock()
        super().__init__(_shown=self._picture())
        self._stops = [clock.on_turn(self.refresh)]
        if self._inbox is not None:
            self._stops.append(self._inbox.on_change(self.refresh))
        self.refresh()

    def refresh(self) -> None:
        """Look into the inbox again. Seldom needed: the phone does it by itself."""
        turn = next(self._turns)
        picture = self._picture()
        with self._lock:
            # Two threads may refresh at once; the one that looked first must not go over what the other one saw.
            if self._closed or turn < self._last_turn:
                return
            self._last_turn = turn
            self._shown = picture
        self._set_alarm()

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

    def _picture(self) -> dict[str, Any]:
        return phone_view(self._texts(), number=self._number, clock=self._clock, mode=self._mode)

    def _set_alarm(self) -> None:
        """Refresh once more when the next text is due, if there is a running loop to do it; nothing ever polls."""
        if self._inbox is None or not self._clock.running:
            return
        due = self._inbox.next_arrival_ms(self._number)
        wait_ms = -1 if due is None else due - self._clock.now_ms()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        rings_at = loop.time() + wait_ms / 1000
        if wait_ms >= 0 and rings_at < self._alarm_at:
            self._alarm_at = rings_at
            loop.call_later(wait_ms / 1000, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm_at = math.inf
        self.refresh()

    def __repr__(self) -> str:
        shown = self._shown
        if self._mode == "live":
            return f"<Phone {shown['number']} · live>"
        count = len(shown["messages"])
        return f"<Phone {shown['number']} · {count} text{'' if count == 1 else 's'} · practice>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/html"] = phone_as_html(self._shown)
        return bundle
