"""Every exercise: blank it is not attempted, solved it is right, and known wrong answers are told why."""

from __future__ import annotations

import re
from typing import Any

import pytest
from known_answers import RIGHT_ANSWERS, WRONG_ANSWERS

from helpers.exercises import EXERCISES, check, progress
from helpers.exercises.exercise import Exercise, State, Verdict
from helpers.settings import Settings

ALL_RIGHT = [
    pytest.param(exercise_id, code, id=f"{exercise_id}-{number}")
    for exercise_id, answers in RIGHT_ANSWERS.items()
    for number, code in enumerate(answers, start=1)
]
ALL_WRONG = [
    pytest.param(exercise_id, code, words, id=f"{exercise_id}-{number}")
    for exercise_id, answers in WRONG_ANSWERS.items()
    for number, (code, words) in enumerate(answers, start=1)
]
MOST_NEW_LINES = 15
CODE = re.compile(r"(?<![\d`])\d{6}(?!\d)")
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


def tried(exercise_id: str, code: str) -> Verdict:
    """The verdict on a cell's code."""
    exercise = next(each for each in EXERCISES if each.id == exercise_id)
    cell: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code.strip(), f"<cell of {exercise_id}>", "exec"), cell)  # noqa: S102 (as a kernel does)
    return check(exercise_id, cell[exercise.answer])


@each_exercise
def test_as_the_notebook_brings_it_it_is_not_attempted(exercise: Exercise) -> None:
    assert tried(exercise.id, exercise.cell).state is State.NOT_ATTEMPTED
    assert progress.passed() == ()


@each_exercise
def test_its_solution_is_right(exercise: Exercise) -> None:
    verdict = tried(exercise.id, exercise.solution)
    assert (verdict.state, verdict.words) == (State.RIGHT, verdict.words)
    assert progress.passed() == (exercise.id,)


@pytest.mark.parametrize(("exercise_id", "code"), ALL_RIGHT)
def test_other_ways_are_right_too(exercise_id: str, code: str) -> None:
    verdict = tried(exercise_id, code)
    assert (verdict.state, verdict.words) == (State.RIGHT, verdict.words)


@pytest.mark.parametrize(("exercise_id", "code", "words"), ALL_WRONG)
def test_a_wrong_answer_is_told_why(exercise_id: str, code: str, words: str) -> None:
    verdict = tried(exercise_id, code)
    assert (verdict.state, words in verdict.words, verdict.words) == (State.WRONG, True, verdict.words)
    assert progress.passed() == ()
    assert not CODE.search(verdict.words.replace("`004217`", ""))  # a judge shows no code


@each_exercise
def test_each_has_two_wrong_answers_or_more(exercise: Exercise) -> None:
    assert len(WRONG_ANSWERS[exercise.id]) >= 2


@each_exercise
def test_it_is_well_formed(exercise: Exercise) -> None:
    assert re.fullmatch(r"0[1-7]\.[1-9]", exercise.id)
    new = [line for line in exercise.solution.splitlines() if line.strip() and line not in exercise.cell.splitlines()]
    assert 1 <= len(new) <= MOST_NEW_LINES
    assert len(set(exercise.hints)) == 3
    assert "!" not in re.sub("`[^`]+`", "", exercise.task + " ".join(exercise.hints))
    assert exercise.answer in exercise.cell
    assert "..." in exercise.cell


def test_ids_are_in_order_and_different() -> None:
    ids = [exercise.id for exercise in EXERCISES]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("exercise_id", ["01.2", "02.1", "02.2"])
def test_in_live_mode_it_is_tried_in_practice_too(exercise_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    live = {
        "FLOWROUTE_MODE": "live",
        "FLOWROUTE_ACCESS_KEY": "12345678",
        "FLOWROUTE_SECRET_KEY": "not a key that opens anything",
        "FLOWROUTE_NUMBER": "206-555-0199",
        "FLOWROUTE_ALLOWED_RECIPIENTS": "206-555-0100",
        "TWO_FACTOR_CODE_KEY": "0" * 63 + "1",
    }
    for name, value in live.items():
        monkeypatch.setenv(name, value)
    assert Settings.load().live
    exercise = next(each for each in EXERCISES if each.id == exercise_id)
    assert tried(exercise_id, exercise.solution).state is State.RIGHT


def test_settings_that_make_no_sense_are_not_the_answers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWROUTE_MODE", "lvie")
    exercise = next(each for each in EXERCISES if each.id == "02.1")
    words = tried("02.1", exercise.solution).words
    assert words.startswith("The check cannot begin, whatever the answer: FLOWROUTE_MODE is neither practice nor live.")
