"""The exercises of notebook 03: a number that may be texted, a code that nobody can foresee, a text that helps."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from unittest.mock import patch

from helpers.exercises.exercise import Exercise, Wrong
from helpers.exercises.trials import function, kind_of
from helpers.message_length import measure
from helpers.phone_numbers import PhoneNumber, PhoneNumberError
from helpers.settings import BRAND, ORIGIN

_DRAWN: Final = 2000
_FEWEST_OF_A_DIGIT: Final = 100  # of about 200; for a fair generator seven standard deviations away
_FEWEST_DIFFERENT: Final = 1900  # of about 1998
_WARNING: Final = re.compile(
    r"\b(?:never|not|nobody|no one|only|alone|keep|secret|ignore|hang up|beware|scam|fraud)\b|n['’]t\b", re.IGNORECASE
)
_MINUTES: Final = re.compile(r"\b(?:5|five)[ -]?min", re.IGNORECASE)


# --- 03.1 -------------------------------------------------------------------------------------------------------------

_GOOD: Final = ("(206) 555-0100", "206 555 0100", "+1 206 555 0100", "12065550100", "604 555 0123")
_BAD: Final = {
    "": "",
    "206-555-010": "a digit is missing",
    "1206555010O": "the last one is a letter",
    "11111111111": "eleven digits, and no number",
    "+1 900 555 0123": "premium rate",
    "+1 876 555 0123": "Jamaica",
    "1-800-555-0123": "toll-free: no pocket",
    "1-888-555-0123": "toll-free too",
}


def _judge_number(answer: Any) -> str:
    read_number = function(answer, "read_number")
    for text in _GOOD:
        _read_good_one(_read(read_number, text), text)
    for text, what in _BAD.items():
        if _read(read_number, text) is not None:
            given = f"“{text}” ({what})" if text else "An empty text"
            raise Wrong(f"{given} should give None. {_advice(text)}")
    return "It takes numbers as people write them, and texts nobody it should not."


def _read(read_number: Callable[..., Any], text: str) -> Any:
    try:
        return read_number(text)
    except PhoneNumberError as problem:
        given = f"“{text}”" if text else "an empty text"
        raise Wrong(
            f"For {given} it raises {type(problem).__name__}. Catch that, and return None: the caller asks again."
        ) from None


def _read_good_one(number: Any, text: str) -> None:
    if number is None:
        raise Wrong(f"“{text}” should be read, and gave None. People write numbers in many ways.")
    if not isinstance(number, PhoneNumber):
        raise Wrong(f"For “{text}” it returns {kind_of(number)}. Return the `PhoneNumber`: it knows its digits.")
    if number != PhoneNumber.parse(text):
        raise Wrong(f"“{text}” became another number. Give the text to the parser as it is.")


def _advice(text: str) -> str:
    try:
        PhoneNumber.parse(text)
    except PhoneNumberError:
        return "The parser refuses it."
    return "The parser lets it through. Ask for the country and the kind too: `require_textable()`."


# --- 03.2 -------------------------------------------------------------------------------------------------------------


def _judge_code(answer: Any) -> str:
    make_code = function(answer, "make_code")
    drawn = [_drawn(make_code) for _ in range(_DRAWN)]
    if len(set(drawn)) == 1:
        raise Wrong("It is the same code each time. Whoever has got one text knows everybody's.")
    if _foreseen(make_code):
        raise Wrong(
            "It can be foreseen: started at the same point, `random` makes the same codes again. Ask `secrets`."
        )
    if not any(len(set(code)) < 6 for code in drawn):
        raise Wrong("No digit ever comes twice in a code. Draw from all million values, `112233` among them.")
    first = Counter(code[0] for code in drawn)
    if first["0"] < _FEWEST_OF_A_DIGIT:
        raise Wrong(
            f"Of {_DRAWN} codes {first['0']} begin with a zero, and about {_DRAWN // 10} should. "
            "Draw from all million values."
        )
    if len(set(drawn)) < _FEWEST_DIFFERENT:
        raise Wrong(f"Of {_DRAWN} codes only {len(set(drawn))} are different. Draw each from all million values.")
    if min(first[digit] for digit in "0123456789") < _FEWEST_OF_A_DIGIT:
        raise Wrong("Some first digits come much more often than others. Each value should be as likely as any other.")
    return "Six digits, as text, all million of them, and nobody knows what comes next."


def _drawn(make_code: Callable[..., Any]) -> str:
    code = make_code()
    if not isinstance(code, str):
        raise Wrong(
            f"It returns {kind_of(code)}. A code is a text: kept as a number, `004217` would become `4217`."
            if isinstance(code, int)
            else f"It returns {kind_of(code)}. Return a text of six digits."
        )
    if len(code) != 6:
        raise Wrong(f"A code came out {len(code)} characters long. Always six: fill up with zeros in front.")
    if not (code.isascii() and code.isdigit()):
        raise Wrong("A code holds something that is no digit. A code is typed on a phone: digits only.")
    return code


def _foreseen(make_code: Callable[..., Any]) -> bool:
    """Whether ``random`` decides; how it stands is put back as it was. (``SystemRandom`` asks the system.)"""
    with patch.object(random.Random, "seed") as own, patch.object(random, "seed") as shared:
        make_code()
    if own.called or shared.called:  # started for each code, at the time or at whatever
        return True
    stood = random.getstate()
    try:
        runs = []
        for _ in range(2):
            random.seed(2016)
            runs.append([make_code() for _ in range(5)])
    finally:
        random.setstate(stood)
    return runs[0] == runs[1]


# --- 03.3 -------------------------------------------------------------------------------------------------------------


def _judge_text(answer: Any) -> str:
    write_text = function(answer, "write_text")
    for code in ("123456", "042042"):
        text = write_text(code)
        if not isinstance(text, str):
            raise Wrong(f"It returns {kind_of(text)}. Return the text; printing it does not return it.")
        _judge_words(text, code)
        _judge_last_line(text, code)
        _judge_size(text)
    return "It names its sender, and the phone knows which site the code is for. One segment, the cheapest there is."


def _judge_words(text: str, code: str) -> None:
    above = text.rpartition("\n")[0] or text
    if BRAND.lower() not in above.lower():
        raise Wrong(f"Who sends it? “{BRAND}” is missing.")
    if code not in above:
        raise Wrong("The code is missing in the words for the person. Put in what is given, zeros and all.")
    if not _MINUTES.search(above):
        raise Wrong("It doesn't say how long the code works: 5 minutes.")
    if not _WARNING.search(above):
        raise Wrong("It doesn't warn. Codes are lost to people who ask for them: say that nobody will ask.")


def _judge_last_line(text: str, code: str) -> None:
    last = text.rpartition("\n")[2]
    if last != f"@{ORIGIN} #{code}":
        yours = last.replace(code, "…")
        raise Wrong(
            f"The last line should be `@{ORIGIN} #` and the code, alone, and nothing before or after it. Yours is "
            f"{yours!r} (the code left out)."
        )


def _judge_size(text: str) -> None:
    if not text.isascii():
        odd = next(character for character in text if not character.isascii())
        raise Wrong(f"“{odd}” is outside ASCII: it puts the whole text into an encoding where only 70 characters fit.")
    if measure(text).segments > 1:
        raise Wrong(f"It is {len(text)} characters long: two segments, at twice the price. 160 fit into one.")


EXERCISES: Final = (
    Exercise(
        id="03.1",
        title="A number that may be texted",
        task="""
Write `read_number(text)`. It returns a `PhoneNumber` if the text is a number that this course may text, and `None` if
not. It never raises.

It is tried with numbers as people write them, with slips of the thumb, and with lines that cost money.
""",
        cell="""
from helpers.phone_numbers import PhoneNumber, PhoneNumberError


def read_number(text):
    # your code
    ...
""",
        answer="read_number",
        hints=(
            "The parser reads, and raises `PhoneNumberError` where it cannot.",
            "A number that was read is not yet one to text. What does `course_says` ask, in the first table above?",
            "`try: return PhoneNumber.parse(text).require_textable()`, and what belongs into the `except`?",
        ),
        solution="""
from helpers.phone_numbers import PhoneNumber, PhoneNumberError


def read_number(text):
    try:
        return PhoneNumber.parse(text).require_textable()
    except PhoneNumberError:
        return None
""",
        judge=_judge_number,
    ),
    Exercise(
        id="03.2",
        title="A code of your own",
        task="""
Write `make_code()`. It returns six digits that nobody can foresee. Don't use the course's `new_code`.

It is called two thousand times; among other things, the zeros in front are counted.
""",
        cell="""
import secrets


def make_code():
    # your code
    ...
""",
        answer="make_code",
        hints=(
            "`secrets.randbelow(n)` gives a number from 0 to n - 1. How many codes are there?",
            "A number has no zeros in front; a text can. A format fills them in.",
            'In an f-string, `:06d` means six digits, filled up with zeros: `f"{7:06d}"` is `000007`.',
        ),
        solution="""
import secrets


def make_code():
    return f"{secrets.randbelow(1_000_000):06d}"
""",
        judge=_judge_code,
    ),
    Exercise(
        id="03.3",
        title="The text around it",
        task="""
Write `write_text(code)`: the whole text that Example Bank sends for `bank.example`. It says who sends it, the code,
that it works for 5 minutes, and a warning in your own words. The last line is `@bank.example #` and the code.

One segment, plain ASCII.
""",
        cell="""
def write_text(code):
    # your code
    ...
""",
        answer="write_text",
        hints=(
            "Above, `code_text` printed one like it. What are its parts?",
            r"An f-string may hold line breaks: `\n`. The last line is for the phone alone.",
            r'It ends in `\n@bank.example #{code}`. Write "5 minutes", and something like "never share it".',
        ),
        solution="""
def write_text(code):
    return (
        f"Example Bank: your code is {code}. It works for 5 minutes. "
        f"Never share it: we will not ask for it.\\n\\n@bank.example #{code}"
    )
""",
        judge=_judge_text,
    ),
)
