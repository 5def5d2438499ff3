"""What can stand between a person and "approved".

VerificationError
├── InvalidCode              what was typed is no code; it costs no check
├── WrongCode                compared, and not the code            checks_left
│   └── CodeReplaced         it was the code before the last one   checks_left
├── CodeExpired              too late                              expired_at
├── TooManyChecks            this verification's checks are used up
├── NotPending               no such verification for you: unknown, somebody else's, canceled, or used already
├── ChecksPaused             several failures in a row: wait       retry_after
├── AuthenticatorDisabled    too many failures in a row on this account: SMS is off until the phone is bound again
├── TooSoon                  wait before you ask for a new code    retry_after
│   └── CodeStillGood        one is live, and the policy is one at a time
└── SendLimitReached         no more texts for now                 retry_after, limit

``user_message`` is for the person who holds a pending sign-in; strangers only ever meet :class:`NotPending`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Literal, ParamSpec, TypeVar

from helpers.errors import CourseError

P = ParamSpec("P")
T = TypeVar("T")


class VerificationError(CourseError):
    """Any reason why a verification does not go on."""

    user_message = "That did not work. Start again."

    def __init__(self, user_message: str | None = None) -> None:
        if user_message is not None:
            self.user_message = user_message
        super().__init__(self.user_message)


class InvalidCode(VerificationError):
    """What was typed cannot be a code (empty, letters, too few or too many digits). Nobody is charged a check."""


class WrongCode(VerificationError):
    """The code was compared and is not the one.

    Attributes:
        checks_left: how many more may be tried, int.
    """

    def __init__(self, checks_left: int, *, words: str = "That is not the code we sent.") -> None:
        self.checks_left = checks_left
        super().__init__(f"{words} {_tries(checks_left)}")


class CodeReplaced(WrongCode):
    """The code was right once: a newer text has replaced it since."""

    def __init__(self, checks_left: int) -> None:
        super().__init__(checks_left, words="That code is from an older text. Type the one from the newest text.")


class CodeExpired(VerificationError):
    """The code came too late.

    Attributes:
        expired_at: when it stopped being good, UTC.
    """

    def __init__(self, expired_at: datetime) -> None:
        self.expired_at = expired_at
        super().__init__(f"That code stopped working at {expired_at:%H:%M:%S} UTC. Ask for a new one.")


class TooManyChecks(VerificationError):
    """All checks of this verification are used up; a new code would not bring them back."""

    user_message = "Too many wrong codes. Sign in again to get a new one."


class NotPending(VerificationError):
    """Nothing to check here: unknown, somebody else's, canceled or already used. All sound the same to a stranger."""

    user_message = "This code can't be used any more. Start again to get a new one."


class AuthenticatorDisabled(VerificationError):
    """The account's failures reached the cap (NIST SP 800-63B-4 §3.2.2): no codes by SMS until it is bound again."""

    user_message = (
        "Codes by text are switched off for this account after too many wrong ones. Use another way to sign in."
    )


class ChecksPaused(VerificationError):
    """Several failures in a row on this account: no code is compared, and nobody charged, until the pause is over.

    The pauses grow from half a minute to an hour (NIST SP 800-63B-4 §3.2.2).

    Attributes:
        retry_after: how long to wait.
    """

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many wrong codes in a row. Wait {in_words(retry_after)}, then try again.")


class TooSoon(VerificationError):
    """A new code was asked for too soon after the last.

    Attributes:
        retry_after: how long to wait.
    """

    words = "A code was just sent."

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"{self.words} You can ask for another in {in_words(retry_after)}.")


class CodeStillGood(TooSoon):
    """A code is live, and the policy is one at a time (``ResendPolicy.REFUSE``)."""

    words = "The code we sent still works."


Limit = Literal[
    "verification",
    "account",
    "phone",
    "client",
    "prefix",
    "daily messages",
    "daily cost",
    "enrolment messages",
    "enrolment cost",
]


class SendLimitReached(VerificationError):
    """No more texts for now. ``str(error)`` tells the developer which limit; ``user_message`` tells a stranger little.

    Attributes:
        limit: which one, for example ``phone``.
        retry_after: how long to wait; None where only starting again helps.
    """

    def __init__(self, retry_after: timedelta | None, *, limit: Limit, why: str) -> None:
        self.limit: Limit = limit
        self.retry_after = retry_after
        super().__init__(_send_limit_words(limit, retry_after))
        self.args = (f"{why} {self.user_message}",)


def _send_limit_words(limit: Limit, retry_after: timedelta | None) -> str:
    if retry_after is None:
        return "We have sent as many codes as we may. Start again to get another."
    if limit == "account":
        return f"We have sent as many codes as we may. Try again in {in_words(retry_after)}."
    # Whose texts used the limit up is nobody else's business: somebody may be trying out numbers that are not theirs.
    return "We can't text a code right now. Try again later."


def in_words(wait: timedelta) -> str:
    """A waiting time as people say it, rounded up: ``24 seconds``, ``3 minutes``."""
    seconds = -(-wait // timedelta(seconds=1))
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"


def _tries(left: int) -> str:
    if left == 0:
        return "That was the last try: sign in again to get a new one."
    return "One try left." if left == 1 else f"{left} tries left."


def without_locals(method: Callable[P, T]) -> Callable[P, T]:
    """Let a :class:`CourseError` out without the frames it came through.

    Their local variables hold codes, numbers and passwords, and error reporters save local variables. Any other error
    is a mistake of ours and keeps its frames.
    """

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except CourseError as problem:
            error = problem.with_traceback(None)
        del args, kwargs
        error.__context__ = None  # whatever led to it went through the same frames
        raise error

    return call
