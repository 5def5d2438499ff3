"""Style and types, as ``make check`` looks at them."""

import pytest
from project_files import tool


@pytest.mark.parametrize(
    "command", ["ruff check --no-cache .", "ruff format --no-cache --check .", "mypy --strict helpers"]
)
def test_clean(command: str) -> None:
    tool(*command.split())
