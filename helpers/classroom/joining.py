"""The class code, and how often a room may guess it."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import OrderedDict
from typing import Final

from helpers.clock import Clock
from helpers.errors import CourseError

CODE_LENGTH: Final = 5
CODE_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without I, L and O, 0 and 1, which look alike on a board."""

MOST_AT_ONCE: Final = 40
SECONDS_PER_GUESS: Final = 2
TIMES_FOR_ALL: Final = 10
"""How much more all addresses together may guess than one."""
_ADDRESSES_KEPT: Final = 1_000


class WrongClassCode(CourseError):
    """The code is not the one of this class."""


class TooManyWrongCodes(CourseError):
    """Too many guesses came from there; ``retry_after`` says in how many seconds the next one counts."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Too many wrong codes came from here. Wait {retry_after} second{'s' * (retry_after != 1)}, then try again."
        )
        self.retry_after: Final = retry_after


def new_class_code() -> str:
    """Five characters of 31: 28.6 million codes."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


class _Bucket:
    """Guesses that are not forgiven yet. Not safe to use from many threads by itself."""

    def __init__(self, *, times: int, now_ms: int) -> None:
        self._most = MOST_AT_ONCE * times
        self._seconds = SECONDS_PER_GUESS / times
        self._used = 0.0
        self._at_ms = now_ms

    def wait_seconds(self, now_ms: int) -> int:
        """In how many seconds one more guess counts; 0: now."""
        self._used = max(0.0, self._used - max(0, now_ms - self._at_ms) / 1000 / self._seconds)
        self._at_ms = now_ms
        over = self._used + 1 - self._most
        return max(1, round(over * self._seconds)) if over > 0 else 0

    def count(self, guesses: int) -> None:
        self._used = max(0.0, self._used + guesses)


class CodeGate:
    """Looks at class codes, and slows guesses down: for each address, and for the whole room ten times as many.

    An address has 40 wrong codes at once, since a school may have one for everybody and a class that is shown a smudged
    board types wrong all together; then one more every two seconds. While they are used up the right code waits too, or
    else a program that guesses on would find it. So it is counted by address: one machine that guesses on shuts itself
    out, and not the class. Two hours of guessing, from however many addresses, make 36,400 tries of 28.6 million codes:
    one chance in 780. Whoever has a seat already is not touched by any of this.
    """

    def __init__(self, code: str, *, clock: Clock) -> None:
        self._code = code
        self._clock = clock
        self._lock = threading.Lock()
        self._all = _Bucket(times=TIMES_FOR_ALL, now_ms=clock.now_ms())
        self._each: OrderedDict[str, _Bucket] = OrderedDict()

    def check(self, typed: object, *, address: str) -> None:
        """Let a right code pass. A guess is counted before it is compared, so that many at once gain nothing.

        Raises:
            WrongClassCode: it is another code, or no text.
            TooManyWrongCodes: it was not even looked at.
        """
        with self._lock:
            now = self._clock.now_ms()
            buckets = (self._of(address, now), self._all)
            if wait := max(bucket.wait_seconds(now) for bucket in buckets):
                raise TooManyWrongCodes(wait)
            for bucket in buckets:
                bucket.count(1)
        text = "".join(typed.split()).upper() if isinstance(typed, str) else ""
        if not hmac.compare_digest(text.encode("utf-8", "replace"), self._code.encode()):
            raise WrongClassCode("That is not the code of this class. Look again at what your teacher wrote.")
        with self._lock:
            for bucket in buckets:
                bucket.count(-1)

    def _of(self, address: str, now_ms: int) -> _Bucket:
        """The bucket of an address; the one that has not been used for longest makes room."""
        bucket = self._each.pop(address, None) or _Bucket(times=1, now_ms=now_ms)
        self._each[address] = bucket
        if len(self._each) > _ADDRESSES_KEPT:
            self._each.popitem(last=False)
        return bucket
