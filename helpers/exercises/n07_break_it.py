"""The exercises of notebook 07: mend a naive version, and break another one with an attack of one's own.

What is attacked stands in ``notebooks/naive/``, beside the notebook, and is looked for only when an answer is tried.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from helpers.clock import Clock
from helpers.errors import CourseError
from helpers.exercises.exercise import Exercise, Wrong
from helpers.exercises.trials import Enough, function, kind_of, practice_network
from helpers.flowroute import FlowrouteError
from helpers.settings import Settings

_CLIENT: Final = "203.0.113.66"
"""The thief's network address (RFC 5737: reserved for examples)."""


_SLIPS: Final = (NameError, AttributeError, TypeError, LookupError, ArithmeticError, FlowrouteError)
"""What is raised by mistake. Any other error is a refusal, and keeps people out as a False does."""
_MOST_TEXTS: Final = 10
_MOST_GUESSES: Final = 1000


# --- 07.1 -------------------------------------------------------------------------------------------------------------


def _judge_mended(answer: Any) -> str:
    if _base_of(answer) in (None, answer):
        raise Wrong("Keep the first line: `class Mended(ThreeTries):`. What you don't change it takes from there.")
    tries = _tries_of(answer)
    practice = practice_network("07-1")
    if not _lets_in(answer, practice, wrong=0):
        raise Wrong("Too strict: somebody who types the right code at once is kept out.")
    mistyping = [_lets_in(answer, practice, wrong=tries - 1) for _ in range(2)]
    if not all(mistyping) and (mistyping[0] or not _lets_in(answer, practice, wrong=0)):
        raise Wrong("One person's wrong guesses keep the next one out: the count is one for all. Keep it in `self`.")
    if not all(mistyping):
        raise Wrong("Too strict: somebody who mistypes twice, asks for a new code and types it right is kept out.")
    if _lets_in(answer, practice, wrong=tries):
        raise Wrong("After three wrong guesses and a new code another guess is compared: the new code brought it back.")
    return (
        "A new code brings no guess back, and honest people still get in. What is still missing: the next sign-in "
        "begins at nothing, so count for the account too; and the texts have no budget (attack 8)."
    )


def _base_of(answer: Any) -> Any:
    """The naive version that it is made from; ``None`` if it is from none."""
    return next((each for each in getattr(answer, "__mro__", ()) if each.__name__ == "ThreeTries"), None)


def _tries_of(answer: Any) -> int:
    tries: int = getattr(sys.modules[_base_of(answer).__module__], "MAX_TRIES", 3)  # it may be copied into a cell
    return tries


def _begun(version: Any, practice: Settings) -> Any:
    try:
        return version(practice.client(), practice.from_number, practice.my_number.digits)
    except AttributeError as problem:
        raise Wrong(
            f"It does not even begin: {problem}. `__init__` sends the first code, so what your `send_code` asks for "
            "must be there before that. Write it into the class, above the methods, or into an `__init__` of your own."
        ) from None


def _texts(practice: Settings) -> int:
    return len(practice.simulator.messages()) if practice.simulator else 0


def _lets_in(version: Any, practice: Settings, *, wrong: int) -> bool:
    sign_in = _begun(version, practice)
    try:
        if wrong:
            for _ in range(wrong):
                sign_in.verify(_after(_code_of(practice)))
            before = _texts(practice)
            sign_in.send_code()
            if wrong < _tries_of(version) and _texts(practice) == before:
                raise Wrong("Somebody mistypes twice and asks for a new code, and no text leaves. Send one.")
        return bool(sign_in.verify(_code_of(practice)))
    except Wrong:
        raise
    except _SLIPS:
        raise
    except Exception:  # a refusal, of a kind that the answer has chosen
        return False


def _code_of(practice: Settings) -> str:
    """All digits of the newest text, as a person reads them: this version has codes of three digits too."""
    practice.clock.advance(seconds=2)
    text = practice.inbox.latest(practice.my_number) if practice.inbox else None
    return "".join(filter(str.isdigit, text.body)) if text else ""


def _after(code: str) -> str:
    return f"{(int(code or 0) + 1) % 10 ** len(code):0{len(code)}d}"


# --- 07.2 -------------------------------------------------------------------------------------------------------------


class _Door:
    """What a thief can reach of a bank: the clock in its answers, a button for a code, a field for it."""

    __slots__ = ("_clock", "_delay", "_guess", "_send_code", "guesses", "is_open", "sent")

    def __init__(
        self, clock: Clock, *, send_code: Callable[[], object], guess: Callable[[str], object], delay: int
    ) -> None:
        self._clock, self._delay, self._send_code, self._guess = clock, delay, send_code, guess
        self.sent = self.guesses = 0
        self.is_open = False

    def now(self) -> int:
        """The clock of the bank's server, in seconds since 1970: it stands in every answer."""
        return self._clock.now_ms() // 1000

    def send_code(self) -> None:
        """Press the button. The text goes to Ana's phone, which the thief does not have."""
        self._clock.advance(seconds=self._delay)  # a busy server takes its time
        self.sent += 1
        if self.sent > _MOST_TEXTS:
            raise Enough
        with contextlib.suppress(CourseError):  # ours refuses some: no text leaves, and the page stays
            self._send_code()

    def guess(self, typed: object) -> bool:
        """Type a code. Whether the door is open now."""
        self.guesses += 1
        if self.guesses > _MOST_GUESSES:
            raise Enough
        if self.sent and not (isinstance(typed, str) and re.fullmatch("[0-9]{6}", typed)):
            what = f"a text of length {len(typed)}" if isinstance(typed, str) else kind_of(typed)
            raise Wrong(f'`bank.guess` is given {what}. A code is a text of six digits: `f"{{number:06d}}"`.')
        try:
            self.is_open = bool(self._guess(str(typed))) or self.is_open
        except CourseError:  # a refusal of ours
            return False
        return self.is_open


def _judge_attack(answer: Any) -> str:
    attack = function(answer, "attack")
    for delay in (0, 1, 2):
        _break_in(attack, delay)
    if _ours(attack).is_open:
        return "In at the naive bank each time. At ours it was lucky as well, one chance in 300,000: check it again."
    return (
        "In, three times out of three, without the phone. Against ours the same attack is no better than guessing: "
        "`secrets` starts nowhere that anybody could know."
    )


def _break_in(attack: Callable[[Any], Any], delay: int) -> None:
    # Looked for here and not above: the course's package knows nothing of notebooks/, and nobody else needs it.
    naive = import_module("naive.seeded_codes")
    practice = practice_network("07-2")
    bank = naive.SeededCodes(practice.client(), practice.from_number, practice.my_number.digits, practice.clock)
    door = _Door(practice.clock, send_code=bank.send_code, guess=bank.verify, delay=delay)
    _let_loose(attack, door)
    if not door.sent:
        raise Wrong("No code was sent, so there is none to guess. Press the button: `bank.send_code()`.")
    if not door.guesses:
        raise Wrong("A code was sent, and nothing was guessed: `bank.guess(code)`.")
    if not door.is_open:
        raise Wrong(_how_far(door, delay))


def _how_far(door: _Door, delay: int) -> str:
    if door.sent > _MOST_TEXTS:
        return (
            f"Ana has had {_MOST_TEXTS} texts, and calls the bank. Luck needs far more of them: work the code out "
            "instead. Which number does `random` start from?"
        )
    if delay:
        return (
            f"It gets in where the code is made in the same second, and not where the server took {delay} "
            f"second{'s' if delay > 1 else ''} longer. Three guesses are allowed: try three starting points."
        )
    if door.guesses > 3:
        return f"{door.guesses} guesses, and only three a code were compared. Which number does `random` start from?"
    return "The door is still shut. With which number did the bank start `random`? Start yours with the same one."


def _ours(attack: Callable[[Any], Any]) -> _Door:
    practice = practice_network("07-2")
    verifier = practice.verifier()
    started: list[str] = []

    def send_code() -> None:
        verification = verifier.start(practice.my_number, account="ana", purpose="sign-in", client=_CLIENT)
        started.append(verification.id)

    def guess(typed: str) -> object:
        return verifier.check(started[-1], typed, account="ana", purpose="sign-in") if started else None

    door = _Door(practice.clock, send_code=send_code, guess=guess, delay=0)
    with contextlib.suppress(Exception):  # an attack may end in an error where it does not get in
        _let_loose(attack, door)
    return door


def _let_loose(attack: Callable[[Any], Any], door: _Door) -> None:
    """An attack, until it ends or has gone on for long enough: one that tries until it is in never ends at ours."""
    with contextlib.suppress(Enough):
        attack(door)


EXERCISES: Final = (
    Exercise(
        id="07.1",
        title="Mend one",
        task="""
`Mended` is the naive version of attack 2. Give it what is missing, so that **a new code brings no guess back**, and
people who mistype still get their new code. Its original is `three_tries.py`, thirty lines: open it in the list of
files, in the folder `naive`. Mind that its `__init__` sends the first code.
""",
        cell="""
from naive.three_tries import ThreeTries


class Mended(ThreeTries):
    # your code
    ...
""",
        answer="Mended",
        hints=(
            "`send_code` sets `self.tries = 0`. Who should keep the count instead: the code, or the sign-in?",
            "Write your own `send_code(self)`. It may call the old one with `super().send_code()`.",
            "Keep `self.tries` before the old one sets it to 0, and put it back after. `__init__` sends the first "
            "code, so the count must be there before it: `tries = 0` in the class.",
        ),
        solution="""
from naive.three_tries import ThreeTries


class Mended(ThreeTries):
    tries = 0  # of this sign-in, however many codes it takes

    def send_code(self):
        tries = self.tries
        super().send_code()
        self.tries = tries
""",
        judge=_judge_mended,
    ),
    Exercise(
        id="07.2",
        title="Your own attack",
        task="""
Another bank, in `seeded_codes.py` in the same folder: six digits, three guesses for each code, and no more. Read it (a
thief can: programs are public). Then write `attack(bank)`, and get in **without the phone**.

You meet that class only through its web pages, so `bank` has three methods:

* `bank.now()`: the time on its server, in whole seconds since 1970. It stands in every answer of the bank.
* `bank.send_code()`: texts Ana a code. A busy server makes it up to two seconds after you asked. After ten texts she
  notices.
* `bank.guess(code)`: types a code, as text, and returns whether you are in (the bank's `verify`).
""",
        cell="""
import random


def attack(bank):
    # your code
    ...
""",
        answer="attack",
        hints=(
            "How does the bank make its code? Where does its `random` start? (Notebook 03, *The code*.)",
            "`random.Random(moment)` is the same generator, started by you. It makes the same number as the bank's.",
            "Ask for `bank.now()`, send the code, then guess for that second and the two after it: "
            "`random.Random(began + later).randint(0, 999_999)`, written with six digits.",
        ),
        solution="""
import random


def attack(bank):
    began = bank.now()
    bank.send_code()
    for later in (0, 1, 2):
        code = random.Random(began + later).randint(0, 999_999)
        if bank.guess(f"{code:06d}"):
            return
""",
        judge=_judge_attack,
    ),
)
