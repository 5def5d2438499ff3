"""The exercises of notebook 04: a check of one's own, in three parts. Count, then compare; a time; a new code."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from unittest.mock import patch

from helpers.exercises.exercise import Exercise, Wrong
from helpers.exercises.trials import kind_of
from helpers.verification import CodeExpired, CodeReplaced, NotPending, TooManyChecks, VerificationError, WrongCode
from helpers.verification.codes import new_code

_CHECKS: Final = 5
_NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_EXPIRES_AT: Final = _NOON + timedelta(minutes=5)
_TOO_LATE: Final = (
    (timedelta(0), "At the very moment it expires"),
    (timedelta(minutes=1), "A minute too late"),
    (timedelta(minutes=57), "Nearly an hour too late"),  # where the minutes alone would be few again
    (timedelta(days=1), "A day too late"),
)

Make = Callable[[str], Any]
"""Makes a check of the learner's for a code."""
Try = Callable[[Any, str], Any]
"""Types a code into it, in time."""


class _WatchedCode(str):
    """A code that notices when ``==`` compares it."""

    __slots__ = ()
    compared: ClassVar[list[bool]] = []

    def __eq__(self, other: object) -> bool:
        type(self).compared.append(True)
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


# --- What all three parts do ------------------------------------------------------------------------------------------


def _count_then_compare(make: Make, attempt: Try) -> None:
    """Every fault of part 1, the first one first."""
    _judge_right_and_wrong(make, attempt)
    _judge_comparing(make, attempt)
    _judge_the_whole_code(make, attempt)
    _judge_five_guesses(make, attempt)


def _judge_right_and_wrong(make: Make, attempt: Try) -> None:
    code = new_code()
    _accepted(make(code), code, attempt, "The right code at the first try")
    guess = make(code)
    error = _refused(guess, _other(code), attempt, WrongCode, "A wrong code")
    if error.checks_left != _CHECKS - 1 or guess.checks_left != _CHECKS - 1:
        raise Wrong(
            f"After one wrong code {_CHECKS - 1} tries are left. Yours counts {_left(guess)}, and its WrongCode says "
            f"{error.checks_left}. Lower `self.checks_left`, and tell: `WrongCode(self.checks_left)`."
        )


def _judge_comparing(make: Make, attempt: Try) -> None:
    code, typed = new_code(), []
    check = make(_WatchedCode(code))
    _WatchedCode.compared.clear()
    with _comparisons(lambda: typed.append(_left(check))):
        _accepted(check, code, attempt, "The right code at the first try")
    if _WatchedCode.compared:
        raise Wrong(
            "It compares with `==`, which stops at the first digit that differs: the time it takes tells how many "
            "were right. `hmac.compare_digest` takes the same time wherever they differ."
        )
    if typed and typed[0] != _CHECKS - 1:
        raise Wrong(
            "It compares before it counts. A hundred guesses at the same moment would all be compared before the first "
            "is counted. Count, then compare."
        )


def _judge_the_whole_code(make: Make, attempt: Try) -> None:
    code = f"00{new_code()[2:]}"
    nearly = (
        (code.lstrip("0"), "The code without its zeros in front"),
        (f"{code}7", "The code with a digit more behind it"),
        ("abcdef", "Six letters"),
    )
    for typed, what in nearly:
        try:
            attempt(make(code), typed)
        except VerificationError:  # of whichever kind
            continue
        raise Wrong(f"{what} is let in. A code is a text: compare all of it, as it is.")


def _judge_five_guesses(make: Make, attempt: Try) -> None:
    code = new_code()
    fifth = make(code)
    _type_wrong_ones(fifth, code, attempt, times=_CHECKS - 1)
    _accepted(fifth, code, attempt, "The right code as the fifth guess")
    used_up = make(code)
    _type_wrong_ones(used_up, code, attempt, times=_CHECKS)
    _refused(used_up, code, attempt, TooManyChecks, "After five wrong codes the right one")
    _refused(used_up, _other(code), attempt, TooManyChecks, "After five wrong codes a sixth")


def _type_wrong_ones(check: Any, code: str, attempt: Try, *, times: int) -> None:
    for number in range(1, times + 1):
        _refused(check, _other(code), attempt, WrongCode, f"Wrong code number {number} of five")


def _accepted(check: Any, code: str, attempt: Try, what: str) -> None:
    try:
        answer = attempt(check, code)
    except VerificationError as error:
        clock = " Go by the `now` that it is given." if isinstance(error, CodeExpired) else ""
        raise Wrong(f"{what} is refused with {type(error).__name__}. It should return.{clock}") from None
    if answer is False:
        raise Wrong(f"{what} is answered with False. A check returns or raises: right is when it just returns.")


def _refused(check: Any, code: str, attempt: Try, kind: type[Any], what: str, *, also: type[Any] | None = None) -> Any:
    """The error that was raised: of ``kind``, or what is as good, ``also``."""
    try:
        answer = attempt(check, code)
    except VerificationError as error:
        if type(error) in (kind, also):
            return error
        raise Wrong(f"{what} raises {type(error).__name__}. It should raise {kind.__name__}.") from None
    if isinstance(answer, bool):
        raise Wrong(
            f"{what} is answered with {answer}. Whoever calls it may forget the `if`, and lets everybody in. "
            f"Raise {kind.__name__}: then nothing goes on."
        )
    raise Wrong(f"{what} should raise {kind.__name__}, and it returns {kind_of(answer)}: so it counts as right.")


@contextmanager
def _comparisons(noted: Callable[[], None]) -> Iterator[None]:
    """For a while, whoever calls ``hmac.compare_digest`` is noted before it compares."""
    compare = hmac.compare_digest

    def note_and_compare(one: Any, other: Any) -> bool:
        noted()
        return compare(one, other)

    with patch.object(hmac, "compare_digest", note_and_compare):
        yield


def _other(code: str) -> str:
    """A wrong code: the last digit is another one."""
    return f"{code[:-1]}{(int(code[-1]) + 1) % 10}"


def _left(check: Any) -> Any:
    return getattr(check, "checks_left", "nothing")


# --- The three judges -------------------------------------------------------------------------------------------------


def _judge_counting(answer: Any) -> str:
    _count_then_compare(_class(answer), lambda check, typed: check.check(typed))
    return "Five guesses, each counted before it is compared. That is one chance in 200,000."


def _judge_timed(answer: Any) -> str:
    _judge_time(_class(answer))
    return "Five minutes, five guesses, once."


def _judge_time(make: Callable[..., Any]) -> None:
    _count_then_compare(lambda code: make(code, _EXPIRES_AT), _in_time)
    code = new_code()
    _accepted(make(code, _EXPIRES_AT), code, _at(_EXPIRES_AT - timedelta(milliseconds=1)), "A right code just in time")
    for late, when in _TOO_LATE:
        _refused(make(code, _EXPIRES_AT), code, _at(_EXPIRES_AT + late), CodeExpired, f"{when}, the right code")
        _refused(make(code, _EXPIRES_AT), _other(code), _at(_EXPIRES_AT + late), CodeExpired, f"{when}, a wrong code")
    used = make(code, _EXPIRES_AT)
    _refused(used, _other(code), _in_time, WrongCode, "A wrong code")
    _accepted(used, code, _in_time, "The right code after a wrong one")
    _refused(used, code, _in_time, NotPending, "The right code a second time")
    _refused(used, _other(code), _in_time, NotPending, "A wrong code after the right one")
    for time in ("third", "fourth", "fifth"):
        _refused(used, code, _in_time, NotPending, f"The right code a {time} time")


def _judge_replaced(answer: Any) -> str:
    make = _class(answer)
    _judge_time(make)
    _judge_no_guess_back(make)
    _judge_new_code(make)
    return "A new code and five new minutes, and no guess comes back: the rules of the course's own check."


def _judge_new_code(make: Callable[..., Any]) -> None:
    old = new_code()
    new, later = _other(old), _EXPIRES_AT + timedelta(minutes=5)
    check = make(old, _EXPIRES_AT)
    check.replace(new, later)
    _refused(check, old, _in_time, WrongCode, "After a new code, the old one", also=CodeReplaced)
    _accepted(check, new, _at(_EXPIRES_AT + timedelta(minutes=4)), "The new code, in its own five minutes,")
    _refused(check, new, _in_time, NotPending, "The new code a second time")
    with suppress(NotPending):  # it may refuse at once
        check.replace(old, later)
    _refused(check, old, _in_time, NotPending, "After `replace` on a check that has let somebody in, the new code")


def _judge_no_guess_back(make: Callable[..., Any]) -> None:
    code, later = new_code(), _EXPIRES_AT + timedelta(minutes=5)
    check = make(code, _EXPIRES_AT)
    _type_wrong_ones(check, code, _in_time, times=3)
    check.replace(code, later)
    error = _refused(check, _other(code), _in_time, WrongCode, "The fourth wrong code, after a new one was sent,")
    if error.checks_left != 1:
        raise Wrong(
            f"Three wrong codes, a new code, one wrong code more: one try is left. Yours says {error.checks_left}. "
            "A new code brings no guess back, or an attacker asks for new ones until a guess fits."
        )
    _refused(check, _other(code), _in_time, WrongCode, "The fifth wrong code")
    with suppress(TooManyChecks):  # it may refuse at once
        check.replace(code, later)
    _refused(check, code, _in_time, TooManyChecks, "After five wrong codes, a new and right one")


def _at(now: datetime) -> Try:
    return lambda check, typed: check.check(typed, now)


_in_time: Final = _at(_NOON)


def _class(answer: Any) -> Callable[..., Any]:
    if not isinstance(answer, type):
        raise Wrong(f"That is {kind_of(answer)}. The check needs the class itself, without round brackets.")
    return answer


EXERCISES: Final = (
    Exercise(
        id="04.1",
        title="Your own check, part 1: count, then compare",
        task="""
Write the method `check(self, typed)`. For the right code it returns. For a wrong one it raises
`WrongCode(self.checks_left)`, which says how many guesses are left now. Five are allowed; after those it raises
`TooManyChecks()`, also for the right code.

Count first, then compare. And compare with `hmac.compare_digest(a, b)`, which is true if both are the same, and takes
the same time wherever they differ: `==` stops at the first difference, so its time tells how much was right.
""",
        cell="""
import hmac

from helpers.verification import TooManyChecks, WrongCode


class CountingCheck:
    def __init__(self, code):
        self.code = code
        self.checks_left = 5

    def check(self, typed):
        # your code
        ...
""",
        answer="CountingCheck",
        hints=(
            "Three steps: is a guess left? Then take one off. Then compare.",
            "Raise `TooManyChecks()` if `self.checks_left` is 0, before all else.",
            "After `self.checks_left -= 1` comes `if not hmac.compare_digest(typed, self.code):` and what then?",
        ),
        solution="""
import hmac

from helpers.verification import TooManyChecks, WrongCode


class CountingCheck:
    def __init__(self, code):
        self.code = code
        self.checks_left = 5

    def check(self, typed):
        if self.checks_left == 0:
            raise TooManyChecks()
        self.checks_left -= 1
        if not hmac.compare_digest(typed, self.code):
            raise WrongCode(self.checks_left)
""",
        judge=_judge_counting,
    ),
    Exercise(
        id="04.2",
        title="Part 2: in time, and once",
        task="""
Begin with what you wrote in `check` above. Now it is also told the time, `now`: a `datetime`, as `self.expires_at` is.

* From the moment `self.expires_at` on, it raises `CodeExpired(self.expires_at)`.
* A code that was right once is used. From then on `check` raises `NotPending()`, whatever is typed.
""",
        cell="""
import hmac

from helpers.verification import CodeExpired, NotPending, TooManyChecks, WrongCode


class TimedCheck:
    def __init__(self, code, expires_at):
        self.code = code
        self.expires_at = expires_at
        self.checks_left = 5
        self.used = False

    def check(self, typed, now):
        # your code
        ...
""",
        answer="TimedCheck",
        hints=(
            "Both questions come first, before a guess is counted.",
            "At the very moment it is over: `now >= self.expires_at`.",
            "Where nothing was raised, the code was right: `self.used = True`. Ask for that at the beginning.",
        ),
        solution="""
import hmac

from helpers.verification import CodeExpired, NotPending, TooManyChecks, WrongCode


class TimedCheck:
    def __init__(self, code, expires_at):
        self.code = code
        self.expires_at = expires_at
        self.checks_left = 5
        self.used = False

    def check(self, typed, now):
        if self.used:
            raise NotPending()
        if now >= self.expires_at:
            raise CodeExpired(self.expires_at)
        if self.checks_left == 0:
            raise TooManyChecks()
        self.checks_left -= 1
        if not hmac.compare_digest(typed, self.code):
            raise WrongCode(self.checks_left)
        self.used = True
""",
        judge=_judge_timed,
    ),
    Exercise(
        id="04.3",
        title="Part 3: a new code",
        task="""
Begin with your `check` from part 2. Then write `replace(code, expires_at)`: the person asked for a new code.

The new one works, in its own time, and the old one is wrong. **No guess comes back**, and a check that has let somebody
in stays used.
""",
        cell="""
import hmac

from helpers.verification import CodeExpired, NotPending, TooManyChecks, WrongCode


class OwnCheck:
    def __init__(self, code, expires_at):
        self.code = code
        self.expires_at = expires_at
        self.checks_left = 5
        self.used = False

    def check(self, typed, now):
        # your code from part 2
        ...

    def replace(self, code, expires_at):
        # your code
        ...
""",
        answer="OwnCheck",
        hints=(
            "`check` stays as it is in part 2.",
            "`replace` changes two of the four things that the check keeps.",
            "`self.code = code` and `self.expires_at = expires_at`, and nothing else.",
        ),
        solution="""
import hmac

from helpers.verification import CodeExpired, NotPending, TooManyChecks, WrongCode


class OwnCheck:
    def __init__(self, code, expires_at):
        self.code = code
        self.expires_at = expires_at
        self.checks_left = 5
        self.used = False

    def check(self, typed, now):
        if self.used:
            raise NotPending()
        if now >= self.expires_at:
            raise CodeExpired(self.expires_at)
        if self.checks_left == 0:
            raise TooManyChecks()
        self.checks_left -= 1
        if not hmac.compare_digest(typed, self.code):
            raise WrongCode(self.checks_left)
        self.used = True

    def replace(self, code, expires_at):
        self.code = code
        self.expires_at = expires_at
""",
        judge=_judge_replaced,
    ),
)
