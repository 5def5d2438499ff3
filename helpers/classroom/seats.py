"""A seat: who sits there, the practice keys to a network of its own, and the number that it owns."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Container
from dataclasses import dataclass, field
from typing import Final

from helpers.errors import CourseError
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.simulator import OUTCOMES

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""What keys are made of. 0 and o, 1, i and l look alike on a board or a sheet, so none of them is here."""
LONGEST_NAME: Final = 40
ACCESS_KEY_DIGITS: Final = 8
SECRET_KEY_LENGTH: Final = 10

_PEOPLE: Final = frozenset(("00", "01", "21", "23", "42", "66"))
"""Phones of the people in the lessons: they are texted, and so nobody's own number."""
_IN_THE_SHOP: Final = frozenset(f"7{digit}" for digit in range(10))
_EXERCISE: Final = re.compile(r"[0-9]{2}\.[0-9]")
MOST_EXERCISES: Final = 60


class InvalidName(CourseError, ValueError):
    """A name that cannot be shown on the board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What is kept of one learner. Everything else (messages, counts) is gone when the class ends."""

    id: int
    name: str
    access_key: str = field(repr=False)
    secret_key: Secret[str] = field(repr=False)
    number: str = field(repr=False)
    """The own number, 11 digits."""
    joined_at_ms: int
    passed: tuple[str, ...] = ()
    """Ids of the exercises that were passed, sorted."""

    def __repr__(self) -> str:
        return f"<Seat {self.id}, own number {PhoneNumber(f'+{self.number}').masked}>"

    def address(self, host: str) -> str:
        """The class address: all that a learner's course needs to know, in one line. It holds the seat's keys.

        Args:
            host: the server as the learner's machine reaches it, with its port.
        """
        return f"http://{self.access_key}:{self.secret_key.reveal()}@{host}/{self.number}"


def new_access_key(taken: Container[str]) -> str:
    """Eight digits that no other seat has; the first is no zero, so that a spreadsheet keeps it."""
    while True:
        key = str(secrets.randbelow(9 * 10 ** (ACCESS_KEY_DIGITS - 1)) + 10 ** (ACCESS_KEY_DIGITS - 1))
        if key not in taken:
            return key


def new_secret_key() -> Secret[str]:
    """Ten characters: 31 of each ten, about 2**49 keys, which nobody guesses over a network."""
    return Secret("".join(secrets.choice(LETTERS) for _ in range(SECRET_KEY_LENGTH)))


def _own_numbers() -> tuple[str, ...]:
    magic = {outcome.number[-2:] for outcome in OUTCOMES}
    return tuple(f"120655501{n:02d}" for n in range(100) if f"{n:02d}" not in magic | _PEOPLE | _IN_THE_SHOP)


OWN_NUMBERS: Final = _own_numbers()
"""Example numbers that bring no outcome about, are nobody's phone in the lessons and are not for sale in the shop."""


def own_number(seat_id: int) -> str:
    """The own number of a seat, 11 digits. After the last one they begin again: the networks are apart, so two seats
    may have the same number, and neither text goes astray."""
    return OWN_NUMBERS[(seat_id - 1) % len(OWN_NUMBERS)]


_JOINERS: Final = ("\u200c", "\u200d")
"""Format characters that names in some scripts are written with."""
_BLANKS: Final = ("\u115f", "\u1160", "\u2800", "\u3164", "\uffa0")
"""Letters and signs by their category, and nothing to see."""


def clean_name(text: object) -> str:
    """A name as the board shows it: one line without control characters, 1 to 40 characters.

    Raises:
        InvalidName: nothing is left of it, or it is too long; the message says what to write.
    """
    if not isinstance(text, str):
        raise InvalidName("Write your name as text.")
    spaced = "".join(
        " " if each in _BLANKS or unicodedata.category(each) in ("Zl", "Zp", "Cc") else each for each in text
    )
    shown = "".join(each for each in spaced if each in _JOINERS or not unicodedata.category(each).startswith("C"))
    name = " ".join(unicodedata.normalize("NFC", shown).split())
    if not any(unicodedata.category(each)[0] in "LNSP" for each in name):
        raise InvalidName("Write your name, or any name that your teacher knows you by.")
    if len(name) > LONGEST_NAME:
        raise InvalidName(f"Write a name of {LONGEST_NAME} characters at most.")
    return name


def free_name(name: str, taken: Collection[str]) -> str:
    """``name``, or with a number behind it if somebody else has it: Ana (2). Upper and lower case are alike."""
    used = {_alike(each) for each in taken}
    if _alike(name) not in used:
        return name
    count = 2
    while _alike(numbered := _numbered(name, count)) in used:
        count += 1
    return numbered


def _numbered(name: str, count: int) -> str:
    tail = f" ({count})"
    return f"{name[: LONGEST_NAME - len(tail)].rstrip()}{tail}"


def _alike(name: str) -> str:
    seen = "".join(each for each in name if each not in _JOINERS)
    return unicodedata.normalize("NFKC", seen).casefold()


def are_exercises(value: object) -> bool:
    """Whether a value from outside is a list of exercise ids, such as ``["03.2"]``: 60 at most."""
    return (
        isinstance(value, list)
        and len(value) <= MOST_EXERCISES
        and all(isinstance(each, str) and _EXERCISE.fullmatch(each) for each in value)
    )
