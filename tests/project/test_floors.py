"""Imports go one way: the contracts stand in pyproject.toml, ``[tool.importlinter]``."""

import shutil
from pathlib import Path

import pytest
from project_files import ROOT, tool


def test_imports_keep_to_the_floors() -> None:
    tool("lint-imports", "--no-cache")


@pytest.mark.parametrize(
    ("module", "forbidden", "contract"),
    [
        ("clock.py", "helpers.settings", "The floors"),
        ("flowroute/client.py", "helpers.verification", "The floors"),
        ("verification/codes.py", "helpers.accounts", "The floors"),
        ("simulator/app.py", "helpers.flowroute", "The simulator stands apart"),
        ("forms/model.py", "helpers.simulator", "Only settings knows"),
        ("classroom/room.py", "helpers.settings", "The classroom stands apart"),
    ],
)
def test_a_forbidden_import_is_noticed(module: str, forbidden: str, contract: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "helpers", tmp_path / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "helpers" / module).open("a", encoding="utf-8") as file:
        file.write(f"\nimport {forbidden}\n")
    with pytest.raises(AssertionError, match=rf"(?s){contract}[^\n]* BROKEN.*helpers\S* -> {forbidden}"):
        tool("lint-imports", "--no-cache", cwd=tmp_path)
