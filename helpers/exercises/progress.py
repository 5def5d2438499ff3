"""Which checks were passed: an empty file for each, under ``.course/progress/``."""

from __future__ import annotations

from pathlib import Path

from helpers.settings import course_data_folder


def _folder() -> Path:
    return course_data_folder() / "progress"


def record(exercise_id: str) -> None:
    """Keep that a check was passed. A file each: two notebooks may do so at once."""
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / exercise_id).touch(mode=0o600)


def passed() -> tuple[str, ...]:
    """The ids of the checks that were passed, in the order of the course."""
    folder = _folder()
    return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()


def clear() -> None:
    """Forget all of it."""
    for path in list(_folder().glob("*")):
        path.unlink(missing_ok=True)
