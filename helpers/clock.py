"""Time as one object that is passed in: the real time, or a time you turn by hand.

Codes expire, texts arrive and budgets refill by a :class:`Clock`, so a lesson can stand at "six minutes later" at once
and no test sleeps. Times are integer UTC milliseconds; :meth:`Clock.now` gives the same instant as a ``datetime``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from helpers.errors import CourseError
from helpers.listeners import Listeners

LESSON_START = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
"""Where a standing clock stands unless told otherwise: one fixed moment, so that lesson outputs repeat."""

_LATEST_MS = 221_845_392_000_000
"""1 January 9000: a ``datetime`` ends with the year 9999, and there has to be room for what is said to come later."""

_NOT_IN_LIVE = (
    "This clock shows real time and cannot be turned: you are in live mode. "
    "Wait, or set FLOWROUTE_MODE=practice in .env and run the notebook again."
)


class ClockCannotBeTurned(CourseError):
    """Somebody tried to turn the real time."""


def wall_ms() -> int:
    """The machine's time, as integer UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Clock:
    """The course's time.

    ``Clock()`` runs and can be turned. ``Clock.standing_still()`` moves only when turned. ``Clock.real()`` runs and
    refuses to be turned: live mode uses it, since nobody can turn Flowroute's clock.

    Args:
        source: gives the time of a clock that runs, as integer UTC milliseconds.
        turnable: whether it can be turned.
        why_not: the words for whoever tries to turn one that cannot be.
    """

    def __init__(
        self, *, source: Callable[[], int] = wall_ms, turnable: bool = True, why_not: str = _NOT_IN_LIVE
    ) -> None:
        self._source = source
        self._turnable = turnable
        self._why_not = why_not
        self._offset_ms = 0
        self._stands_at: int | None = None
        self._lock = threading.RLock()
        self._listeners: Listeners[[]] = Listeners()

    @classmethod
    def real(cls) -> Clock:
        """A clock that shows the machine's time and nothing else."""
        return cls(turnable=False)

    @classmethod
    def standing_still(cls, at: datetime = LESSON_START) -> Clock:
        """A clock that stands at ``at`` (with a time zone) until :meth:`advance` moves it."""
        if at.tzinfo is None:
            raise ValueError("at= needs a time zone, for example datetime(2026, 3, 2, 17, 0, tzinfo=UTC)")
        clock = cls()
        clock._stands_at = to_ms(at)
        return clock

    @property
    def running(self) -> bool:
        """Whether time passes by itself."""
        return self._stands_at is None

    @property
    def turnable(self) -> bool:
        """Whether :meth:`advance` may be called."""
        return self._turnable

    def now_ms(self) -> int:
        """Now, as integer UTC milliseconds since 1970."""
        with self._lock:
            return self._source() + self._offset_ms if self._stands_at is None else self._stands_at

    def now(self) -> datetime:
        """Now, as a UTC ``datetime``."""
        return from_ms(self.now_ms())

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Turn the clock forward and return the new time.

        Raises:
            ClockCannotBeTurned: the clock shows real time (live mode, a class).
            ValueError: the step is negative, since time in this course only goes forward; or it leads beyond the year
                9000.
        """
        if not self._turnable:
            raise ClockCannotBeTurned(self._why_not)
        step = round(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) / timedelta(milliseconds=1))
        if step < 0:
            raise ValueError("advance() only goes forward: give a positive number of days, hours, minutes or seconds.")
        with self._lock:
            if self.now_ms() + step > _LATEST_MS:
                raise ValueError("The clock cannot be turned beyond the year 9000.")
            if self._stands_at is None:
                self._offset_ms += step
            else:
                self._stands_at += step
        self._listeners.tell()
        return self.now()

    def freeze(self) -> None:
        """Stand still from now on, until :meth:`advance`, :meth:`resume` or :meth:`back_to_real`.

        Raises:
            ClockCannotBeTurned: the clock shows real time (live mode, a class).
        """
        with self._lock:
            self._change(stands_at=self.now_ms(), offset_ms=0)
        self._listeners.tell()

    def resume(self) -> None:
        """Run on from where the clock stands; one that runs already runs on as it is.

        Raises:
            ClockCannotBeTurned: the clock shows real time (live mode, a class).
        """
        with self._lock:
            stood_at = self._stands_at
            self._change(stands_at=None, offset_ms=self._offset_ms if stood_at is None else stood_at - self._source())
        self._listeners.tell()

    def back_to_real(self) -> None:
        """Run, and show the machine's time: the only step that may go backwards.

        Raises:
            ClockCannotBeTurned: the clock shows real time (live mode, a class).
        """
        with self._lock:
            self._change(stands_at=None, offset_ms=0)
        self._listeners.tell()

    def _change(self, *, stands_at: int | None, offset_ms: int) -> None:
        if not self._turnable:
            raise ClockCannotBeTurned(self._why_not)
        self._stands_at, self._offset_ms = stands_at, offset_ms

    def on_turn(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every turn of the clock; returns a function that ends it."""
        return self._listeners.add(listener)

    def __repr__(self) -> str:
        kind = "real" if not self._turnable else "running" if self.running else "standing still"
        return f"<Clock {kind}, {self.now():%Y-%m-%d %H:%M:%S} UTC>"


def to_ms(moment: datetime) -> int:
    """A ``datetime`` with a time zone, as integer UTC milliseconds."""
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def from_ms(milliseconds: int) -> datetime:
    """Integer UTC milliseconds, as a UTC ``datetime``."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
