"""The exercises of notebook 01: what it costs, and what of the settings may be said aloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from helpers.exercises.exercise import Exercise, Wrong
from helpers.exercises.trials import example_number, function, kind_of, practice_network
from helpers.secret import Secret
from helpers.settings import Settings

_NUMBER: Final = Decimal("1.25")
_CAMPAIGN: Final = Decimal("10.00")
_SEGMENT: Final = Decimal("0.0040")
_SURCHARGE: Final = Decimal("0.0030")
_CENT: Final = Decimal("0.01")
_MADE_UP_KEYS: Final = (
    ("81726354", "made-up-key-nr-1-opens-nothing-0"),
    ("90817263", "made-up-key-nr-2-opens-nothing-0"),
)


def _judge_cost(answer: Any) -> str:
    monthly_cost = function(answer, "monthly_cost")
    for members, sign_ins in ((100, 20), (1, 1), (2500, 4), (0, 20)):
        given, right = monthly_cost(members, sign_ins), _cost(members, sign_ins)
        if isinstance(given, Fraction):
            given = float(given)
        if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
            raise Wrong(
                f"It returns {kind_of(given)}. Return a number of dollars, such as 12.5; printing is not returning."
            )
        if abs(Decimal(given) - right) >= _CENT / 2:
            raise Wrong(
                f"monthly_cost({members}, {sign_ins}) is ${right:.2f}, and yours says ${Decimal(given):.2f}. "
                + _what_is_missing(Decimal(given), members, sign_ins)
            )
    return "A small club pays for its campaign, a large one for its texts."


def _cost(
    members: int, texts_each: int, *, fixed: Decimal = _NUMBER + _CAMPAIGN, a_text: Decimal = _SEGMENT + _SURCHARGE
) -> Decimal:
    return fixed + members * texts_each * a_text


def _what_is_missing(given: Decimal, members: int, sign_ins: int) -> str:
    likely = {
        "The dollar for setting the number up is paid once, and not each month.": _cost(members, sign_ins) + 1,
        "Each code also costs the surcharge.": _cost(members, sign_ins, a_text=_SEGMENT),
        "A code costs the segment and the surcharge.": _cost(members, sign_ins, a_text=_SURCHARGE),
        "The campaign is paid each month too.": _cost(members, sign_ins, fixed=_NUMBER),
        "The number is paid each month too.": _cost(members, sign_ins, fixed=_CAMPAIGN),
        "The number and the campaign are paid whatever is sent.": _cost(members, sign_ins, fixed=Decimal(0)),
        "Every member signs in that often: multiply the two.": _cost(1, sign_ins),
        "Every member signs in more than once: multiply the two.": _cost(members, 1),
        "That is in cents.": 100 * _cost(members, sign_ins),
        "Keep the cents, and do not round to whole dollars.": Decimal(int(_cost(members, sign_ins))),
        "Keep the cents, and do not round to dimes.": round(_cost(members, sign_ins), 1),
    }
    return next(
        (words for words, amount in likely.items() if abs(amount - given) < _CENT / 2),
        "Add what is paid once a month to what each code costs.",
    )


def _judge_describe(answer: Any) -> str:
    describe = function(answer, "describe")
    lines = [_described(describe, settings) for settings in _made_up_settings()]
    if len(set(lines)) < len(lines):
        raise Wrong("It says the same for different settings. Take the mode and the digits from `settings`.")
    return "It says enough to find the mistake, and nothing that opens a door."


def _described(describe: Callable[..., Any], settings: Settings) -> str:
    line = describe(settings)
    if not isinstance(line, str):
        raise Wrong(f"It returns {kind_of(line)}. Return one line of text; printing it does not return it.")
    if settings.secret_key.reveal() in line:
        raise Wrong("The Secret Key stands in it. Whoever reads the bug report can send texts at your cost.")
    if settings.access_key in line:
        raise Wrong("The Access Key stands in it. It is half of what a thief needs: leave it out.")
    if _shares(line, settings.access_key) or _shares(line, settings.secret_key.reveal()):
        raise Wrong("A part of a key stands in it. The rest is quicker to guess then: leave the keys out.")
    if settings.from_number.digits[-4:] in "".join(filter(str.isdigit, line)):
        raise Wrong("It shows more of the number than its last two digits. `settings.from_number.last_two` are those.")
    if len(line.splitlines()) != 1:
        raise Wrong("That is not one line. A bug report has one field for it.")
    if settings.mode not in line.lower():
        raise Wrong(f"The mode is missing: {settings.mode}. It is what a helper asks first.")
    if settings.from_number.last_two not in line:
        raise Wrong("The last two digits of the number are missing: `settings.from_number.last_two`.")
    return line


def _shares(line: str, key: str, *, most: int = 3) -> bool:
    """Whether more of the key than so many characters in a row stands in the line."""
    return any(key[start : start + most + 1] in line for start in range(len(key) - most))


def _made_up_settings() -> list[Settings]:
    practice = practice_network("01-2")
    (first, first_secret), (second, second_secret) = _MADE_UP_KEYS
    return [
        replace(practice, access_key=first, secret_key=Secret(first_secret), from_number=example_number(158)),
        replace(practice, access_key=first, secret_key=Secret(first_secret), from_number=example_number(167)),
        replace(
            practice,
            mode="live",
            access_key=second,
            secret_key=Secret(second_secret),
            from_number=example_number(167),
            simulator=None,
        ),
    ]


EXERCISES: Final = (
    Exercise(
        id="01.1",
        title="What a month costs",
        task="""
Your club wants codes for its sign-in. Write `monthly_cost(members, sign_ins)`: dollars a month, if each of the
`members` signs in `sign_ins` times, with one code of one segment each time.

A month of the number is 1.25 dollars, a month of the campaign 10.00. A segment is 0.0040 dollars, and the carrier's
surcharge on it 0.0030.
""",
        cell="""
def monthly_cost(members, sign_ins):
    # your code
    ...
""",
        answer="monthly_cost",
        hints=(
            "Two things are paid once a month, whatever is sent. Two are paid for each code.",
            "How many codes are sent in a month? `members * sign_ins`.",
            "`1.25 + 10.00`, and for each code `0.0040 + 0.0030`.",
        ),
        solution="""
def monthly_cost(members, sign_ins):
    codes = members * sign_ins
    return 1.25 + 10.00 + codes * (0.0040 + 0.0030)
""",
        judge=_judge_cost,
    ),
    Exercise(
        id="01.2",
        title="A line for a bug report",
        task="""
Somebody asks for help, and you ask for their settings. Write `describe(settings)`: **one line** that may stand where
everybody can read it. It says the mode and the last two digits of the number that texts are sent from, and neither key.

`settings.mode` is the mode, `"practice"` or `"live"`. `settings.from_number` is the number: printed it hides most of
itself, and its parts (`.digits`, `.national`, `.last_two`) are texts. It is tried with several made-up settings.
""",
        cell="""
def describe(settings):
    # your code
    ...
""",
        answer="describe",
        hints=(
            "Two parts of `settings` are all it needs. The line is a text, and it is returned, not printed.",
            "`settings.from_number.last_two` are the digits that may be shown.",
            'An f-string puts both into one text: `f"{...} mode, number ending in {...}"`.',
        ),
        solution="""
def describe(settings):
    return f"{settings.mode} mode, number ending in {settings.from_number.last_two}"
""",
        judge=_judge_describe,
    ),
)
