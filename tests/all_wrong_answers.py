"""The wrong answers to every exercise, from ``tests/exercises/wrong_answers*.py``: to be told why, and to be seen."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "exercises"

sys.path.append(str(_FOLDER))  # the files import each other, also where no test of that folder is run

WRONG_ANSWERS: Final[dict[str, Sequence[tuple[str, str]]]] = {
    exercise_id: answers
    for module in pkgutil.iter_modules([str(_FOLDER)])
    if module.name.startswith("wrong_answers")
    for exercise_id, answers in importlib.import_module(module.name).WRONG_ANSWERS.items()
}
"""Exercise → answers with words that must be in the verdict."""
