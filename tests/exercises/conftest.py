"""What is passed here is kept in a folder of the test's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from notebook_files import NOTEBOOKS

sys.path.append(str(NOTEBOOKS))  # the exercises of 07 are about naive/, which notebooks find beside them


@pytest.fixture(autouse=True)
def course_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where databases and progress go."""
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    return tmp_path
