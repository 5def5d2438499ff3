"""What the judges share: a practice network of their own, and words for answers of the wrong kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from helpers.clock import Clock
from helpers.exercises.exercise import Wrong
from helpers.phone_numbers import PhoneNumber
from helpers.settings import Settings, SettingsError


class Enough(BaseException):
    """Ends a loop that would not end. No ``Exception``, so that the answer's own ``except`` cannot swallow it."""


def practice_network(name: str) -> Settings:
    """Practice settings for one trial, whatever the mode: the learner's own phone and database stay as they are.

    Args:
        name: of the exercise, such as ``"02-1"``.

    Raises:
        Wrong: the settings make no sense; the words say which one.
    """
    try:
        return Settings.load(clock=Clock.standing_still(), database=f"exercise-{name}").for_practice()
    except SettingsError as problem:
        raise Wrong(f"The check cannot begin, whatever the answer: {problem}") from None


def example_number(last_three: int) -> PhoneNumber:
    """A number that is kept for examples: nobody has it.

    Args:
        last_three: 100 to 199.

    Raises:
        ValueError: it is no such number.
    """
    if not 100 <= last_three <= 199:
        raise ValueError("Example numbers end in 0100 to 0199.")
    return PhoneNumber(f"+1206555{last_three:04d}")


_KINDS: Final[Mapping[type, str]] = {
    type(None): "nothing (`None`)",
    bool: "True or False",
    int: "a whole number",
    float: "a number with a point",
    str: "a string",
    bytes: "bytes",
    list: "a list",
    tuple: "a tuple",
    dict: "a dict",
    type: "a class",
}


def kind_of(value: object) -> str:
    """What sort of thing a value is, in words; never the value itself, which may be a code."""
    name = type(value).__name__
    return _KINDS.get(type(value), f"a{'n' if name[0] in 'AEIOUaeiou' else ''} {name}")


def function(answer: Any, name: str) -> Callable[..., Any]:
    """The answer, if it can be called.

    Raises:
        Wrong: it cannot.
    """
    if not callable(answer):
        raise Wrong(f"`{name}` is {kind_of(answer)}, not a function. Begin the cell with `def {name}(`.")
    result: Callable[..., Any] = answer
    return result
