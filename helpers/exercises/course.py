"""All exercises in the order of the course, and what a notebook calls."""

from __future__ import annotations

import itertools
import pkgutil
import re
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from helpers.exercises import progress
from helpers.exercises.exercise import Exercise, State, Verdict, judge
from helpers.exercises.picture import solution_as_html
from helpers.settings import SettingsError

_MODULES: Final = sorted(
    module.name
    for module in pkgutil.iter_modules([str(Path(__file__).parent)])
    if re.fullmatch(r"n\d\d_\w+", module.name)
)
"""One a notebook: ``n01_setup`` and on."""

EXERCISES: Final[tuple[Exercise, ...]] = tuple(
    itertools.chain.from_iterable(import_module(f"helpers.exercises.{name}").EXERCISES for name in _MODULES)
)

_hints_shown: Counter[str] = Counter()


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution of an exercise: in a notebook folded away, elsewhere its code."""

    exercise: Exercise

    def __repr__(self) -> str:
        return self.exercise.solution.strip()

    def _repr_html_(self) -> str:
        return solution_as_html(self.exercise.solution, summary=f"A solution of {self.exercise.id}")


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
    """Try an answer and say whether it is right; a right one is kept as progress.

    Args:
        exercise_id: such as ``"03.2"``.
        answer: what the exercise's cell defines: a function, a class, or a value.

    Raises:
        LookupError: there is no such exercise.
    """
    verdict = judge(find(exercise_id), answer)
    if verdict.state is not State.RIGHT:
        return verdict
    try:
        progress.record(exercise_id)
    except (OSError, SettingsError) as problem:
        words = f"{verdict.words} (That you have done it could not be kept: {getattr(problem, 'strerror', problem)}.)"
        return Verdict(verdict.exercise, verdict.state, words)
    return verdict


def hint(exercise_id: str) -> None:
    """Print the next hint: the first, the second and the third one, each call one.

    Raises:
        LookupError: there is no such exercise.
    """
    hints = find(exercise_id).hints
    shown = _hints_shown[exercise_id]
    if shown == len(hints):
        print(f'Those were all hints of {exercise_id}. solution("{exercise_id}") shows a way to write it.')
        _hints_shown[exercise_id] = 0
        return
    print(f"Hint {shown + 1} of {len(hints)} for {exercise_id}: {hints[shown]}")
    _hints_shown[exercise_id] += 1


def solution(exercise_id: str) -> Solution:
    """A solution, folded away in a notebook: open it when you have tried.

    Raises:
        LookupError: there is no such exercise.
    """
    return Solution(find(exercise_id))
