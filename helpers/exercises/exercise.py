"""What an exercise is: a task, a cell to fill in, a judge, three hints and a solution. Notebook and check share it."""

from __future__ import annotations

import html
import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import FunctionType, TracebackType
from typing import Any, Final


class Wrong(Exception):
    """A judge's verdict on an answer that was tried: the message says in a sentence or two what is wrong with it."""


class NotAttempted(Exception):
    """A judge's verdict on an answer that is still as the notebook brought it, where the engine cannot tell."""


class State(Enum):
    """How an answer was found; the mark that stands in front of the words."""

    RIGHT = "✓"
    WRONG = "✗"
    NOT_ATTEMPTED = "○"


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
    """Plain text; each says more than the one before."""
    solution: str
    """What the cell may look like when it is done."""
    judge: Callable[[Any], str]
    """Tries an answer. Returns the words for a right one, or raises :class:`Wrong` or :class:`NotAttempted`."""

    @property
    def check_cell(self) -> str:
        """The code of the cell that checks it."""
        return f'check("{self.id}", {self.answer})'


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. In a notebook it shows the words, and folded away the hints and a solution."""

    exercise: Exercise
    state: State
    words: str

    def __repr__(self) -> str:
        return f"{self.state.value} {self.exercise.id} {self.words}"

    def _repr_html_(self) -> str:
        return verdict_as_html(self)


def judge(exercise: Exercise, answer: object) -> Verdict:
    """Try an answer. What goes wrong inside the learner's code is a wrong answer, and says where it stopped.

    Raises:
        Exception: the judge itself failed; no line of the learner's was involved.
    """
    if is_blank(answer):
        return Verdict(exercise, State.NOT_ATTEMPTED, _NOT_ATTEMPTED)
    try:
        return Verdict(exercise, State.RIGHT, exercise.judge(answer))
    except NotAttempted:
        return Verdict(exercise, State.NOT_ATTEMPTED, _NOT_ATTEMPTED)
    except Wrong as wrong:
        return Verdict(exercise, State.WRONG, str(wrong))
    except Exception as problem:
        line = _line_in_a_cell(problem.__traceback__)
        if line is None:
            raise
        words = f"Your code stopped at line {line} of its cell with {type(problem).__name__}: {problem}"
        return Verdict(exercise, State.WRONG, words)


_NOT_ATTEMPTED: Final = "Not attempted yet. Fill in the cell above, run it, and then run this one again."


def is_blank(answer: object) -> bool:
    """Whether an answer is as the notebook brought it: ``...``, a body that is only ``...``, or a class with such a one.

    A class that adds nothing to its base is blank too.
    """
    if answer is ...:
        return True
    if isinstance(answer, FunctionType):
        return _has_blank_body(answer)
    if inspect.isclass(answer):
        own = [value for value in vars(answer).values() if isinstance(value, FunctionType)]
        data = [name for name in vars(answer) if not name.startswith("__")]
        return any(map(_has_blank_body, own)) or not data
    return False


def _has_blank_body(function: FunctionType) -> bool:
    def blank() -> None: ...

    code, empty = function.__code__, blank.__code__
    # A docstring is a constant more, and leaves the instructions as they are.
    return code.co_code == empty.co_code and code.co_consts[-1] is None


def _line_in_a_cell(trace: TracebackType | None) -> int | None:
    """The last line of the learner's own that ran; None if none did. Code of a cell stands in no file of the course."""
    for frame in reversed(traceback.extract_tb(trace)):
        if "ipykernel_" in frame.filename or frame.filename.startswith("<"):
            return frame.lineno
    return None


def verdict_as_html(verdict: Verdict) -> str:
    """The words with their mark; the hints and a solution folded away below them."""
    exercise = verdict.exercise
    tone = verdict.state.name.lower().replace("_", "-")
    parts = [
        f'<p class="tf-verdict tf-{tone}"><b>{verdict.state.value} {exercise.id}</b> {html.escape(verdict.words)}</p>'
    ]
    if verdict.state is not State.RIGHT:
        parts += [_folded(f"Hint {n}", f"<p>{html.escape(hint)}</p>") for n, hint in enumerate(exercise.hints, start=1)]
    parts.append(_folded("A solution", f"<pre><code>{html.escape(exercise.solution)}</code></pre>"))
    return "\n".join(parts)


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>{content}</details>"
