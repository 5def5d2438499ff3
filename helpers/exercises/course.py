"""All exercises in the order of the course, and what a notebook calls."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from helpers.exercises import progress
from helpers.exercises.exercise import Exercise, State, Verdict, judge

_MODULES: Final = (
    "n01_setup",
    "n02_api_trial",
    "n03_sending",
    "n04_verification",
    "n05_in_production",
    "n06_replies_and_records",
    "n07_break_it",
)

EXERCISES: Final[tuple[Exercise, ...]] = tuple(
    itertools.chain.from_iterable(import_module(f"helpers.exercises.{name}").EXERCISES for name in _MODULES)
)

_shown: defaultdict[str, Iterator[int]] = defaultdict(lambda: iter(range(1, 3)))


def find(exercise_id: str) -> Exercise:
    """The exercise of that id, such as ``"03.2"``.

    Raises:
        LookupError: there is none; the message names those there are.
    """
    for exercise in EXERCISES:
        if exercise.id == exercise_id:
            return exercise
    raise LookupError(f"There is no exercise {exercise_id!r}. There are: {', '.join(each.id for each in EXERCISES)}.")


def check(exercise_id: str, answer: object) -> Verdict:
    """Try an answer and say whether it is right; a right one is kept as progress."""
    verdict = judge(find(exercise_id), answer)
    if verdict.state is State.RIGHT:
        progress.record(exercise_id)
    return verdict
