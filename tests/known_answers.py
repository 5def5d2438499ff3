"""Answers to the exercises, from ``tests/exercises/``: wrong ones, with what they are told, and right ones."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = Path(__file__).parent / "exercises"

sys.path.append(str(_FOLDER))  # its files import each other, also where no test of that folder is run


def _answers_of(kind: str) -> dict[str, Any]:
    """Exercise → answers, of all files of that kind: ``wrong_answers.py`` and what begins like it."""
    return {
        exercise_id: answers
        for module in pkgutil.iter_modules([str(_FOLDER)])
        if module.name.startswith(kind)
        for exercise_id, answers in getattr(importlib.import_module(module.name), kind.upper()).items()
    }


WRONG_ANSWERS: Final[dict[str, Sequence[tuple[str, str]]]] = _answers_of("wrong_answers")
"""Exercise → answers, each with words that must be in its verdict."""
RIGHT_ANSWERS: Final[dict[str, Sequence[str]]] = _answers_of("right_answers")
