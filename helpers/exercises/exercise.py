"""What an exercise is: a task, a cell to fill in, a judge, three hints and a solution. Notebook and check share it."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from types import FunctionType, TracebackType
from typing import Any, Final

from helpers.exercises.picture import verdict_as_html
from helpers.secret import MASK


class Wrong(Exception):
    """A judge's verdict on an answer that was tried: the message says in a sentence or two what is wrong with it."""


class NotAttempted(Exception):
    """A judge's verdict on an answer that is still as the notebook brought it, where the engine cannot tell."""


class State(Enum):
    """How an answer was found; the mark that stands in front of the words."""

    RIGHT = "✓"
    WRONG = "✗"
    NOT_ATTEMPTED = "○"

    @property
    def words(self) -> str:
        """The same for those who do not see the mark."""
        return _STATE_WORDS[self]


_STATE_WORDS: Final = {
    State.RIGHT: "Right.",
    State.WRONG: "Not right yet.",
    State.NOT_ATTEMPTED: "Not attempted yet.",
}
_HOW_TO_BEGIN: Final = "Fill in the cell above, run it until it ends without an error, and then run this one again."
_MOST_PRINTED_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise of a notebook."""

    id: str
    """Notebook and number, such as ``"03.2"``."""
    title: str
    task: str
    """Markdown: what to write, and how it is tried."""
    cell: str
    """The code cell that the learner fills in. It runs as it stands, on its own, after the notebook's set-up cell."""
    answer: str
    """The name that the cell defines, and that the check is given."""
    hints: tuple[str, str, str]
    """Plain text, with code between backticks; each says more than the one before."""
    solution: str
    """What the cell may look like when it is done."""
    judge: Callable[[Any], str]
    """Tries an answer. Returns the words for a right one, or raises :class:`Wrong` or :class:`NotAttempted`."""

    @property
    def check_cell(self) -> str:
        """The code of the cell that checks it."""
        return f'check("{self.id}", {self.answer})'

    @property
    def notebook(self) -> str:
        """The number of its notebook, such as ``"03"``."""
        return self.id[:2]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. In a notebook it shows the words, and folded away the hints and a solution."""

    exercise: Exercise
    state: State
    words: str

    def __repr__(self) -> str:
        return " ".join(f"{self.state.value} {self.exercise.id} {self.state.words} {self.words}".split())

    def _repr_html_(self) -> str:
        right = self.state is State.RIGHT
        return verdict_as_html(
            mark=f"{self.state.value} {self.exercise.id} {self.state.words}",
            tone=self.state.name,
            words=self.words,
            hints=() if right else self.exercise.hints,
            solution=self.exercise.solution,
        )


def judge(exercise: Exercise, answer: object) -> Verdict:
    """Try an answer. Raises nothing: what fails in the learner's code is a wrong answer, and the words say where.

    What the learner's code prints while it is tried is shown, the first lines of it.
    """
    if is_blank(answer):
        return Verdict(exercise, State.NOT_ATTEMPTED, _what_is_missing(answer) or _HOW_TO_BEGIN)
    try:
        with _few_printed_lines():
            return Verdict(exercise, State.RIGHT, exercise.judge(answer))
    except NotAttempted:
        return Verdict(exercise, State.NOT_ATTEMPTED, _HOW_TO_BEGIN)
    except Wrong as wrong:
        return Verdict(exercise, State.WRONG, str(wrong))
    except KeyboardInterrupt:
        return Verdict(exercise, State.WRONG, "It was interrupted. Is there a loop that never ends, or an input()?")
    except (Exception, SystemExit) as problem:
        return Verdict(exercise, State.WRONG, _in_words(problem, answer))


def is_blank(answer: object) -> bool:
    """Whether an answer is as the notebook brought it: ``...``, a body of ``...`` alone, or a class with such a one.

    A class that adds nothing to its base is blank too.
    """
    if answer is ...:
        return True
    if isinstance(answer, FunctionType):
        return _has_blank_body(answer)
    if inspect.isclass(answer):
        own = _methods(answer).values()
        data = [name for name in vars(answer) if not name.startswith("__")]
        return any(map(_has_blank_body, own)) or not (own or data)
    return False


def _methods(answer: type) -> dict[str, FunctionType]:
    """The methods that a class has of its own."""
    return {name: value for name, value in vars(answer).items() if isinstance(value, FunctionType)}


def _what_is_missing(answer: object) -> str:
    """What is still blank of a class that has been begun; "" where nothing of it has."""
    methods = _methods(answer) if inspect.isclass(answer) else {}
    blank = [name for name, method in methods.items() if _has_blank_body(method)]
    begun = [name for name in methods if name not in blank and not name.startswith("__")]
    if not (blank and begun):
        return ""
    return f"`{blank[0]}` is still to be written. Fill it in, run the cell, and then run this one again."


def _has_blank_body(function: FunctionType) -> bool:
    """A body of ``...``, ``pass`` or a docstring alone: nothing but the ``None`` that every function returns."""

    def blank() -> None: ...

    code = function.__code__
    # A docstring is a constant more, and leaves the instructions as they are.
    return _instructions(code.co_code) == _instructions(blank.__code__.co_code) and code.co_consts[-1] is None


def _instructions(code: bytes) -> bytes:
    """Byte code without the argument of its return: which constant that is depends on whether there is a docstring."""
    return code[::2]


def _in_words(problem: BaseException, answer: object) -> str:
    """What stopped the check. Long digits are masked: an error may quote a code or a number that it was given."""
    said = _masked(str(problem)).rstrip(".") or "it said no more"
    name = type(problem).__name__
    line = _line_of_the_learner(problem.__traceback__, _files_of(answer))
    if line is not None:
        number, text = line
        quoted = f", `{text}`" if text else ""
        return f"Your code stopped at line {number} of its cell{quoted}. {name}: {said}."
    return (
        f"The check could not go on with this answer. {name}: {said}. "
        "Compare with the task what it is given and what it returns."
    )


def _masked(text: str) -> str:
    return re.sub(r"\d{6,}", MASK, text)


def _files_of(answer: object) -> set[str]:
    """Under which names Python knows the code of an answer: each cell has one."""
    parts = [answer, *vars(answer).values()] if inspect.isclass(answer) else [answer, type(answer)]
    return {part.__code__.co_filename for part in parts if isinstance(part, FunctionType)}


def _line_of_the_learner(trace: TracebackType | None, files: set[str]) -> tuple[int | None, str] | None:
    """The last line of the answer's own cell that ran, its number and text; None if none did.

    Each cell is a file to Python, and Jupyter shows no numbers unless it is asked to.
    """
    for frame in reversed(traceback.extract_tb(trace)):
        if frame.filename in files:
            return frame.lineno, _masked((frame.line or "").strip().replace("`", "'"))
    return None


@contextlib.contextmanager
def _few_printed_lines() -> Iterator[None]:
    """Show the first lines of what is printed, and say how many more there were: an answer may be tried often."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            yield
    finally:
        lines = printed.getvalue().splitlines()
        sys.stdout.write("".join(f"{line}\n" for line in lines[:_MOST_PRINTED_LINES]))
        if len(lines) > _MOST_PRINTED_LINES:
            sys.stdout.write(f"… and {len(lines) - _MOST_PRINTED_LINES} more printed lines.\n")
