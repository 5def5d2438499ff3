"""Who plays in notebook 07: Ana, a thief who found out her password, and Example Bank's second factor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from argon2 import PasswordHasher

from helpers import Clock, PhoneNumber, Settings, Store, Verifier
from helpers.settings import BRAND, ORIGIN
from helpers.simulator.inbox import code_in_text
from helpers.verification import Alarm, NotPending, SendLimitReached, TooManyChecks, Verification
from naive.attacks import after

ANA: Final = PhoneNumber("+12065550100")
THIEF: Final = PhoneNumber("+12065550166")
ELSEWHERE: Final = "203.0.113.66"
"""The thief's network address (RFC 5737: reserved for examples)."""
CLOCKS_GO_BACK: Final = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
"""In New York: two o'clock in summer time is one o'clock in winter time."""


def code_at(practice: Settings, phone: PhoneNumber = ANA) -> str:
    """The code in the newest text on a practice phone, after the seconds that a text takes.

    Raises:
        LookupError: no text has come.
    """
    practice.clock.advance(seconds=2)
    text = practice.inbox.latest(phone) if practice.inbox else None
    code = code_in_text(text.body) if text else None
    if code is None:
        raise LookupError("No text has come to this phone.")
    return code


class OurSignIn:
    """Our second factor, seen by somebody who knows the password: a code was just texted to the account's phone."""

    def __init__(self, practice: Settings, *, account: str = "ana", phone: PhoneNumber = ANA) -> None:
        self.verifier = practice.verifier()
        self._practice = practice
        self._account = account
        self._phone = phone
        self.verification = self._start()

    def guess(self, code: str) -> Verification:
        """Type a code."""
        return self.verifier.check(self.verification, code, account=self._account, purpose="sign-in")

    def new_code(self) -> None:
        """Ask for a new code for the same sign-in."""
        self.verifier.resend(self.verification, account=self._account, purpose="sign-in")

    def another_text(self) -> None:
        """Ask for a new code; where this sign-in gives none any more, begin another one."""
        try:
            self.new_code()
        except (TooManyChecks, NotPending, SendLimitReached):
            self.verification = self._start()

    def code(self) -> str:
        """The code on the account's phone."""
        return code_at(self._practice, self._phone)

    def unlucky_tries(self) -> Sequence[str]:
        """Three guesses, just past the right code: luck shall not decide how a lesson ends."""
        code = self.code()
        return [after(code, step=step) for step in (1, 2, 3)]

    def wait(self, pause: timedelta) -> None:
        """Let time pass."""
        self._practice.clock.advance(seconds=pause.total_seconds())

    def _start(self) -> str:
        return self.verifier.start(self._phone, account=self._account, purpose="sign-in", client=ELSEWHERE).id


class CountingHasher(PasswordHasher):
    """argon2id, as everywhere in the course; it also counts how often it did its slow work."""

    count = 0

    def verify(self, *arguments: Any, **named: Any) -> Any:
        self.count += 1
        return super().verify(*arguments, **named)


def watched_verifier(practice: Settings, alarms: list[Alarm]) -> Verifier:
    """The course's verifier, with its alarms in a list."""
    return Verifier(
        practice.client(),
        store=Store(practice.database_url),
        code_key=practice.code_key,
        from_number=practice.from_number,
        brand=BRAND,
        origin=ORIGIN,
        clock=practice.clock,
        on_alarm=alarms.append,
    )


def new_york(clock: Clock) -> datetime:
    """What a clock on the wall in New York shows, summer time or winter time; it doesn't say which."""
    summer = clock.now() < CLOCKS_GO_BACK
    return (clock.now() - timedelta(hours=4 if summer else 5)).replace(tzinfo=None)


def turn_to(clock: Clock, moment: datetime) -> None:
    """Turn a clock forward to a moment."""
    clock.advance(seconds=(moment - clock.now()).total_seconds())
