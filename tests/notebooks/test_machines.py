"""Two processes on one database, as notebook 05 shows them: one count, one winner, and nothing left behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import databases
import pytest
from notebook_files import NOTEBOOKS

sys.path.append(str(NOTEBOOKS))  # the notebook finds it beside itself

from helpers.settings import Settings
from machines import Machine, compared, start, two_machines, type_code


@pytest.fixture(params=databases.BOTH)
def machines(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Machine]]:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    schemas: list[str] = []
    if request.param == "postgresql":
        server = databases.server()
        monkeypatch.setenv("DATABASE_URL", server.render_as_string(hide_password=False))
        schemas = our_schemas()
    with two_machines(Settings.for_notebook("machines")) as both:
        if request.param == "postgresql":
            assert len(our_schemas()) == len(schemas) + 1  # so it is not the file that stands in for it
        yield list(both)
    if request.param == "postgresql":
        assert our_schemas() == schemas


def our_schemas() -> list[str]:
    with databases.connect(databases.server()) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'course!_%' ESCAPE '!'")
        return sorted(name for (name,) in found)


def test_two_machines_have_one_count_and_one_winner(machines: list[Machine]) -> None:
    first, second = machines
    verification, code = first.do(start)
    wrong = [f"{(int(code) + more) % 10**6:06d}" for more in range(1, 11)]
    at_work = [machine.begin(compared, verification, wrong) for machine in (first, second)]
    assert sum(work.result() for work in at_work) == 5
    assert second.do(type_code, verification, code) == "TooManyChecks"

    verification, code = second.do(start, "ben")
    at_work = [machine.begin(type_code, verification, code, "ben") for machine in (second, first)]
    assert sorted(work.result() for work in at_work) == ["NotPending", "approved"]
