"""The knob of the course's clock: turn it forward, freeze it, let it run, go back to the real time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import anywidget
import traitlets

from helpers.clock import Clock, ClockCannotBeTurned, wall_ms
from helpers.display.assets import script, style
from helpers.display.static import button_as_html, card
from helpers.forms.still import Still

NOT_TURNABLE: Final = "Real time. In live mode and in a class nobody turns the clock."
_FREEZE, _RUN = "Freeze", "Let it run"
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


class ClockKnob(Still, anywidget.AnyWidget):
    """A clock with its knob on the screen. It follows the clock whoever turns it, so two knobs of one clock agree.

    Args:
        clock: the clock to show and to turn. One that cannot be turned (live mode, a class) is shown without a knob.
        wall: the real time, as integer UTC milliseconds; a test may give its own.
    """

    _esm = script("clock")
    _css = style("clock")
    _shown = traitlets.Dict().tag(sync=True)

    def __init__(self, clock: Clock, *, wall: Callable[[], int] = wall_ms) -> None:
        self._clock = clock
        self._wall = wall
        self._pressing = threading.Lock()
        self._quiet = False
        self._steps: dict[str, Callable[[], str]] = {
            "+30 s": lambda: self._forward(30),
            "+5 min": lambda: self._forward(300),
            _FREEZE: self._freeze,
            _RUN: self._run,
            "Now": self._back_to_real,
        }
        super().__init__(_shown=self._picture(NOT_TURNABLE if not clock.turnable else self._distance(), bad=False))
        self._stop = clock.on_turn(self._on_turn)
        self.on_msg(lambda _knob, message, _buffers: self._receive(message))

    def press(self, name: str) -> ClockKnob:
        """Press a button from a cell, as a hand would. What came of it stands below the buttons.

        Raises:
            ValueError: there is no such button.
        """
        if name not in self._steps:
            raise ValueError(f"The clock has no button {name!r}. It has: {', '.join(self._steps)}.")
        self._receive({"kind": "press", "name": name})
        return self

    def close(self) -> None:
        """Take the knob off the screen and stop listening."""
        if "_stop" in self.__dict__:
            self._stop()
        super().close()

    def _receive(self, message: dict[str, Any]) -> None:
        step = self._steps.get(str(message.get("name")))
        if message.get("kind") != "press" or step is None:
            return
        with self._pressing:
            bad = False
            try:
                with self._quietly():
                    done = step()
                words = f"{done} {self._distance()}"
            except (ClockCannotBeTurned, ValueError) as problem:  # live mode; and the year 9000
                words, bad = str(problem), True
            self._shown = self._picture(words, bad=bad)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Or what the knob did would be told twice: once as a turn of the clock, and once in its own words."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def _on_turn(self) -> None:
        if self._quiet:
            return
        self._shown = self._picture(self._distance(), bad=False)

    def _forward(self, seconds: int) -> str:
        self._clock.advance(seconds=seconds)
        return f"Turned forward by {in_words(seconds)}."

    def _freeze(self) -> str:
        self._clock.freeze()
        return "Frozen: time stands still."

    def _run(self) -> str:
        self._clock.resume()
        return "Time runs."

    def _back_to_real(self) -> str:
        self._clock.back_to_real()
        return "Back to the real time."

    def _distance(self) -> str:
        """How far the clock is from the real time."""
        ahead = round((self._clock.now_ms() - self._wall()) / 1000)
        where = "ahead of" if ahead > 0 else "behind"
        distance = f"{in_words(abs(ahead))} {where} the real time"
        if not self._clock.running:
            return f"It stands {distance}, which runs on." if ahead else "The real time runs on."
        return f"It is {distance}." if ahead else "It shows the real time."

    def _picture(self, words: str, *, bad: bool) -> dict[str, Any]:
        clock = self._clock
        other = _FREEZE if clock.running else _RUN
        return {
            "now_ms": clock.now_ms(),
            "wall_ms": self._wall(),
            "running": clock.running,
            "keys": ["+30 s", "+5 min", other, "Now"] if clock.turnable else [],
            "words": words,
            "bad": bad,
        }

    def _in_short(self) -> str:
        """What can be said of the clock that is the same next time: no time while it runs."""
        if not self._clock.turnable:
            return NOT_TURNABLE
        return "running" if self._clock.running else f"frozen at {self._clock.now():%Y-%m-%d %H:%M:%S} UTC"

    def __repr__(self) -> str:
        return f"<Clock knob · {self._in_short().rstrip('.')}>"

    def _as_html(self) -> str:
        keys = " ".join(button_as_html(key, primary=False) for key in self._shown["keys"])
        return card(
            f"<p><strong>The course's clock</strong> · {self._in_short()}</p>", f"<p>{keys}</p>" if keys else ""
        )


def in_words(seconds: int) -> str:
    """A span of time in its two largest units: ``5 minutes``, ``2 hours 1 minute``, ``no time``."""
    parts: list[str] = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count:,} {unit}{'' if count == 1 else 's'}")
        elif parts:
            break
    return " ".join(parts[:2]) or "no time"
