"""The class code, and how often a room may guess it."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import Final

from helpers.clock import Clock
from helpers.errors import CourseError

CODE_LENGTH: Final = 5
CODE_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without I, L and O, 0 and 1, which look alike on a board."""

MOST_AT_ONCE: Final = 40
SECONDS_PER_GUESS: Final = 2


class WrongClassCode(CourseError):
    """The code is not the one of this class."""


class TooManyWrongCodes(CourseError):
    """The room has guessed too often; ``retry_after`` says in how many seconds the next try counts."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many wrong codes came from this room. Wait {retry_after} seconds, then try again.")
        self.retry_after: Final = retry_after


def new_class_code() -> str:
    """Five characters of 31: 28.6 million codes."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


class CodeGate:
    """Looks at class codes, and slows guesses down for the whole room.

    Not per address: a school often has one for all. 40 wrong codes are forgiven at once, since a class that is shown a
    smudged board types wrong all together; then one more every two seconds. Two hours of guessing make 3,640 tries of
    28.6 million codes: one chance in 7,800. While the 40 are used up the right code waits too, or else a program that
    guesses on would find it; whoever has a seat already is not touched by any of this.
    """

    def __init__(self, code: str, *, clock: Clock) -> None:
        self._code = code
        self._clock = clock
        self._lock = threading.Lock()
        self._used = 0.0
        self._at_ms = clock.now_ms()

    def check(self, typed: object) -> None:
        """Let a right code pass. A guess is counted before it is compared, so that many at once gain nothing.

        Raises:
            WrongClassCode: it is another code, or no text.
            TooManyWrongCodes: it was not even looked at.
        """
        with self._lock:
            self._drain()
            if self._used + 1 > MOST_AT_ONCE:
                raise TooManyWrongCodes(max(1, round((self._used + 1 - MOST_AT_ONCE) * SECONDS_PER_GUESS)))
            self._used += 1
        text = "".join(typed.split()).upper() if isinstance(typed, str) else ""
        if not hmac.compare_digest(text.encode("utf-8", "replace"), self._code.encode()):
            raise WrongClassCode("That is not the code of this class. Look at the board again.")
        with self._lock:
            self._used = max(0.0, self._used - 1)

    def _drain(self) -> None:
        now = self._clock.now_ms()
        self._used = max(0.0, self._used - max(0, now - self._at_ms) / 1000 / SECONDS_PER_GUESS)
        self._at_ms = now
