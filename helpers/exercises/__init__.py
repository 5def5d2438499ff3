"""The exercises at the end of each notebook: a check for each, hints, and a solution.

Notebooks use :func:`check`, :func:`hint` and :func:`solution`, and the first one :func:`show_progress`. What
they know stands in one module a notebook (``n01_setup.py`` and on), and ``tools/exercises.py`` writes the cells of the
notebooks from the same place.
"""

from __future__ import annotations

from helpers.exercises.course import EXERCISES, check, find, hint, solution
from helpers.exercises.kernel import be_kind_to_missing_answers
from helpers.exercises.progress_map import ProgressMap, show_progress

__all__ = ["EXERCISES", "ProgressMap", "check", "find", "hint", "show_progress", "solution"]

be_kind_to_missing_answers()
