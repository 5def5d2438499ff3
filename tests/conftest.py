"""What the tests of several folders share: a database of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import databases
import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On which engines the tests of a file run is said by the file."""
    marks = metafunc.definition.iter_markers("parametrize")
    engines = getattr(metafunc.module, "DATABASES", ())
    if (
        engines
        and "database_url" in metafunc.fixturenames
        and not any(mark.args[0] == "database_url" for mark in marks)
    ):
        metafunc.parametrize("database_url", engines, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield databases.sqlite_file(tmp_path)
        return
    with databases.schema_of_its_own(databases.server()) as url:
        yield url
