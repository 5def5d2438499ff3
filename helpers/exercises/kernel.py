"""In a notebook: a check whose cell above was not run says so, and one that was given another meaning still checks."""

from __future__ import annotations

from functools import partial
from typing import Any

from IPython.core.getipython import get_ipython

from helpers.exercises import progress
from helpers.exercises.course import EXERCISES, check


def be_kind_to_missing_answers() -> None:
    """From now on, a check of this kernel may be run before the cell above it. Without a kernel nothing happens."""
    shell = get_ipython()
    if shell is not None:
        shell.events.register("pre_run_cell", partial(_fill_in_what_is_missing, shell.user_ns))
        progress.tell_class()  # what was passed alone, before joining, or while the class was away


def _fill_in_what_is_missing(names: dict[str, Any], info: Any) -> None:
    """Let the name that a check asks for stand for a blank answer, if there is none of that name (``is_blank``).

    And let ``check`` be ours again: who writes a check of their own in 04 may call it so.
    """
    for exercise in EXERCISES:
        if str(info.raw_cell).strip() == exercise.check_cell:
            names.setdefault(exercise.answer, ...)
            names["check"] = check
