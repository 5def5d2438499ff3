"""TEACHING.md against the notebooks: minutes, exercises, and names of sections that a teacher is sent to."""

import re

import bench_notebooks
import pytest
from notebook_files import all_notebooks, read
from project_files import ROOT

from helpers.exercises import EXERCISES

TEXT = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
ROWS = {
    row[1]: (int(row[2]), int(row[3]), row[5])
    for row in re.finditer(r"^\| (\d\d) \| (\d+) \| (\d+) \| (\d+) s \| (.) \|$", TEXT, re.MULTILINE)
}


@pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem)
def test_teaching_and_practising_are_the_time_that_the_notebook_states(path) -> None:  # type: ignore[no-untyped-def]
    (stated,) = re.findall(r"\*\*Time:\*\* (\d+) minutes", "\n".join(cell.source for cell in read(path).cells))
    teach, practise, _ = ROWS[path.name[:2]]

    assert teach + practise == int(stated)


@pytest.mark.parametrize("number", ROWS)
def test_the_exercises_are_counted(number: str) -> None:
    there_are = sum(exercise.id.startswith(f"{number}.") for exercise in EXERCISES)

    assert ROWS[number][2] == (str(there_are) if there_are else "–")


def test_every_exercise_that_is_named_is_there() -> None:
    named = set(re.findall(r"\b(0\d\.\d)\b", TEXT))

    assert named
    assert named <= {exercise.id for exercise in EXERCISES}


@pytest.mark.parametrize("minutes", [45, 120])
def test_the_timetable_ends_in_time(minutes: int) -> None:
    title = {45: "45 minutes", 120: "2 hours"}[minutes]
    table = TEXT.partition(f"**{title}**")[2].partition("\n\n**")[0]
    starts = [int(hours) * 60 + int(rest) for hours, rest in re.findall(r"^\| (\d):(\d\d) \|", table, re.MULTILINE)]

    assert starts == sorted(starts)
    assert starts[0] == 0
    assert starts[-1] < minutes


def test_every_section_that_a_timetable_sends_to_is_there() -> None:
    rows = re.findall(r"^\| \d+:\d\d \|.*\| (\d\d)[^|]*? (\*[^|]+) \|$", TEXT, re.MULTILINE)

    assert len(rows) >= 3
    for number, sections in rows:
        (path,) = [path for path in all_notebooks() if path.name.startswith(number)]
        headings = re.findall(r"^#+ (.+)$", "\n".join(cell.source for cell in read(path).cells), re.MULTILINE)
        for section in re.findall(r"\*([^*]+)\*", sections):
            assert [heading for heading in headings if section in heading], f"{path.name} has no section {section}"


def test_each_notebook_has_its_part() -> None:
    for path in all_notebooks():
        part = TEXT.partition(f"\n### {path.name[:2]} · ")[2].partition("\n### ")[0]
        for heading in ("**Say first:**", "**Where they get stuck**", "**Ask:**", "**Short of time:**"):
            assert heading in part, f"{path.name}: {heading}"


def test_measured_seconds_go_into_their_column() -> None:
    table = "| 00 | 5 | 5 | 3 s | – |\n| 01 | 10 | 25 | 5 s | 2 |\n"

    assert bench_notebooks.with_seconds(table, {"01": 7.2}) == table.replace("| 5 s |", "| 8 s |")
    with pytest.raises(SystemExit, match="0 rows for notebook 02"):
        bench_notebooks.with_seconds(table, {"02": 1.0})
