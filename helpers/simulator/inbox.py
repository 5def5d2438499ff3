"""The phones at the end of the simulated network: what has arrived on each, and what is on its way."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from helpers.clock import Clock
from helpers.display.phone import code_in
from helpers.listeners import Listeners
from helpers.phone_numbers import PhoneNumber
from helpers.simulator.messages import Message, ReceivedText, digits_of

# Six digits first, whole or in two halves: other short numbers in a text may be an amount, a year or a house.
_CODES: Final = tuple(
    re.compile(rf"(?<![\w.,+-]){digits}(?![\w-]|[.,]\d)") for digits in (r"\d{6}", r"\d{3}[ -]\d{3}", r"\d{4,8}")
)


class Inbox:
    """All handsets. A text shows here once its time has come by the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._messages: defaultdict[str, dict[str, Message]] = defaultdict(dict)
        self._listeners: Listeners[[]] = Listeners()

    def texts(self, number: str | PhoneNumber) -> list[ReceivedText]:
        """What has arrived on ``number`` by now, oldest first."""
        now = self._clock.now_ms()
        return [
            ReceivedText(message.id, message.sender, message.body, arrives, tuple(media.url for media in message.media))
            for arrives, message in self._arrivals(number)
            if arrives <= now
        ]

    def latest(self, number: str | PhoneNumber) -> ReceivedText | None:
        """The newest text on ``number``, or ``None``."""
        texts = self.texts(number)
        return texts[-1] if texts else None

    def next_arrival_ms(self, number: str | PhoneNumber) -> int | None:
        """When the next text on its way to ``number`` arrives (UTC milliseconds); ``None`` if none is."""
        now = self._clock.now_ms()
        return next((arrives for arrives, _ in self._arrivals(number) if arrives > now), None)

    def on_change(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call ``listener`` whenever a message was accepted for a handset; returns a function that ends it.

        It is called by the thread that served the request. What it raises is logged by name and goes no further.
        """
        return self._listeners.add(listener)

    def expect(self, message: Message) -> None:
        """The network's side: a message to a handset was accepted, or its story has changed."""
        with self._lock:
            self._messages[message.to][message.id] = message
        self._listeners.tell()

    def forget(self, message: Message) -> None:
        """The network's side: a message had to make room for newer ones."""
        with self._lock:
            texts = self._messages.get(message.to, {})
            texts.pop(message.id, None)
            if not texts:
                self._messages.pop(message.to, None)

    def clear(self) -> None:
        """The network's side: all handsets are empty again."""
        with self._lock:
            self._messages.clear()
        self._listeners.tell()

    def _arrivals(self, number: str | PhoneNumber) -> list[tuple[int, Message]]:
        with self._lock:
            messages = list(self._messages.get(digits_of(number), {}).values())
        arrivals = [(arrives, message) for message in messages if (arrives := message.arrives_at_ms) is not None]
        return sorted(arrivals, key=lambda arrival: arrival[0])


def code_in_text(body: str) -> str | None:
    """The digits of the code that a person would read out of a text, or ``None``.

    What the text's last line names (``@bank.example #123456``), or else six digits that stand by themselves, in one or
    two groups, or else the first number of four to eight digits.
    """
    found = (match[0] for pattern in _CODES if (match := pattern.search(body)))
    code = code_in(body) or next(found, None)
    return re.sub("[ -]", "", code) if code else None
