"""What is passed here is kept in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def course_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where databases and progress go."""
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    return tmp_path
