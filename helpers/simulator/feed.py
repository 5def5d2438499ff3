"""The news that something changed: pages wait on it, everybody else ignores it."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

_REMEMBERED: Final = 5_000


class Feed:
    """A counter that goes up with every change, and the messages that the last changes were about."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._seq = 0
        self._notes: deque[tuple[int, str]] = deque(maxlen=_REMEMBERED)
        self._closed = False

    @property
    def seq(self) -> int:
        """How many changes there have been."""
        return self._seq

    @property
    def closed(self) -> bool:
        """Whether the simulator is going down."""
        return self._closed

    def note(self, message_id: str | None = None) -> None:
        """Something changed: this message, or with ``None`` something that is not a message."""
        with self._changed:
            self._seq += 1
            self._notes.append((self._seq, message_id or ""))
            self._changed.notify_all()

    def wait(self, after: int, timeout: float) -> int:
        """Wait until there is news after ``after``; the counter, unchanged when ``timeout`` (seconds) is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._seq > after or self._closed, timeout)
            return self._seq

    def changed_since(self, after: int) -> set[str] | None:
        """The ids of the messages that changed; ``None`` where that is too long ago to tell."""
        with self._changed:
            if after > self._seq or (self._notes and after < self._notes[0][0] - 1):
                return None
            return {message_id for seq, message_id in self._notes if seq > after and message_id}

    def close(self) -> None:
        """Let everybody who waits go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def forget(self) -> None:
        """Everything changed: whoever follows has to begin anew."""
        with self._changed:
            self._seq += _REMEMBERED + 1
            self._notes.clear()
            self._notes.append((self._seq, ""))
            self._changed.notify_all()
