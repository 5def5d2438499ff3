"""The section "Exercises": how it gets into a notebook; and its cells in a kernel: blank, wrong and solved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import exercises
import notebook_files
import pytest
from kernels import notebook_of, own_surroundings
from known_answers import WRONG_ANSWERS
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import all_notebooks, read, write
from run_notebooks import execute

from helpers.exercises import EXERCISES

ONE, TWO = (exercise for exercise in EXERCISES if exercise.notebook == "01")
SECTION = [
    "exercises",
    "exercises-import",
    *(f"exercise-{number}{part}" for number in (1, 2) for part in ("", "-cell", "-check")),
]


# --- Writing it -------------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook 01 in the place of the course's."""
    monkeypatch.setattr(notebook_files, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(exercises, "EXERCISES", (ONE, TWO, replace(ONE, id="02.1")))
    notebook = new_notebook(cells=[new_code_cell("1 + 1", id="lesson"), new_markdown_cell("## Key points", id="end")])
    path = tmp_path / "01-one.ipynb"
    write(path, notebook)
    return path


def ids(path: Path) -> list[str]:
    return [cell.id for cell in read(path).cells]


def cell(notebook: NotebookNode, cell_id: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def test_it_stands_before_the_end(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exercises.main([]) == 0
    assert ids(path) == ["lesson", *SECTION, "end"]
    assert capsys.readouterr().out == "01-one.ipynb: exercises written\n"
    written = read(path)
    assert cell(written, "exercise-2").source.startswith(f"### 01.2 · {TWO.title}\n\nSomebody asks")
    assert cell(written, "exercise-1-cell").metadata == {"tags": ["exercise"]}
    assert cell(written, "exercise-2-check").source == 'check("01.2", describe)'


def test_what_is_current_is_left_alone(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exercises.main([])
    stored, _ = path.read_bytes(), capsys.readouterr()
    assert exercises.main(["--check"]) == exercises.main([]) == 0
    assert (path.read_bytes(), capsys.readouterr().out) == (stored, "")


def test_a_changed_exercise_is_noticed_and_the_others_keep_their_outputs(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exercises.main([])
    run = read(path)
    for name in ("exercise-1-cell", "exercise-2-cell"):
        cell(run, name).outputs = [new_output("stream", text="ran")]
    write(path, run)
    monkeypatch.setattr(exercises, "EXERCISES", (replace(ONE, cell="monthly_cost = ..."), TWO))
    assert exercises.main(["--check"]) == 1
    assert capsys.readouterr().out.endswith("01-one.ipynb: its exercises are not current. Run: make notebooks\n")
    assert exercises.main([]) == 0
    assert [cell(read(path), f"exercise-{n}-cell").outputs for n in (1, 2)] == [
        [],
        [{"output_type": "stream", "name": "stdout", "text": "ran"}],
    ]


def test_a_moved_cell_and_one_too_many_are_put_right(path: Path) -> None:
    exercises.main([])
    moved = read(path)
    moved.cells.insert(0, moved.cells.pop(2))
    moved.cells.append(new_code_cell("check('01.3', x)", id="exercise-3-check"))
    write(path, moved)
    assert exercises.main(["--check"]) == 1
    exercises.main([])
    assert ids(path) == ["lesson", *SECTION, "end"]


def test_without_exercises_the_section_goes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exercises.main([])
    monkeypatch.setattr(exercises, "EXERCISES", ())
    exercises.main([])
    assert ids(path) == ["lesson", "end"]


def test_a_notebook_without_an_end_is_named(path: Path) -> None:
    write(path, new_notebook(cells=[new_code_cell("1 + 1", id="lesson")]))
    with pytest.raises(SystemExit, match=r"01-one\.ipynb has no cell of the id 'end'"):
        exercises.main([])


@pytest.mark.parametrize(
    ("task", "written"),
    [
        ("\nOne\ntwo.\n\nThree.\n", "One two.\n\nThree."),
        ("Do:\n\n* one\n  more;\n* two.", "Do:\n\n* one more;\n* two."),
        ("| a |\n|---|\n| b |", "| a |\n|---|\n| b |"),
        ("Write\n```\na\nb\n```", "Write\n```\na\nb\n```"),
    ],
)
def test_a_paragraph_becomes_one_line(task: str, written: str) -> None:
    assert exercises.unwrapped(task) == written


# --- In a kernel ------------------------------------------------------------------------------------------------------


@pytest.fixture
def surroundings(tmp_path: Path) -> Iterator[None]:
    with own_surroundings(tmp_path):
        yield


def said(notebook: NotebookNode) -> list[dict[str, Any]]:
    """What the checks showed, in order."""
    checks = [cell for cell in notebook.cells if cell.source.startswith("check(")]
    return [dict(cell.outputs[-1].data) for cell in checks]


@pytest.mark.usefixtures("surroundings")
@pytest.mark.parametrize("number", sorted({exercise.notebook for exercise in EXERCISES}))
def test_blank_wrong_and_solved_after_the_set_up_cell(number: str) -> None:
    path = next(path for path in all_notebooks() if path.name.startswith(number))
    sources = [cell(read(path), "setup").source, "from helpers.exercises import check"]
    own = [exercise for exercise in EXERCISES if exercise.notebook == number]
    for exercise in own:
        first, second, *_ = (code for code, _ in WRONG_ANSWERS[exercise.id])
        for code in (exercise.cell, first, second, exercise.solution):
            sources += [code, exercise.check_cell]
    shown = said(execute(notebook_of(*sources)))
    assert [words["text/plain"][:6] for words in shown] == [
        f"{mark} {exercise.id}" for exercise in own for mark in "○✗✗✓"
    ]
    whys = [words for exercise in own for _, words in WRONG_ANSWERS[exercise.id][:2]]
    told = [words["text/plain"] for words in shown if words["text/plain"].startswith("✗")]
    assert [why for why, words in zip(whys, told, strict=True) if why not in words] == []
    folded = ["<summary>Hint 1</summary>" in words["text/html"] for words in shown]
    assert folded == [True, True, True, False] * len(own)


@pytest.mark.usefixtures("surroundings")
def test_an_error_in_the_learners_cell_is_named_with_its_line() -> None:
    code = "def monthly_cost(members, sign_ins):\n    fee = 1.25\n    return fee + campaign"
    (shown,) = said(execute(notebook_of("from helpers.exercises import check", code, ONE.check_cell)))
    assert shown["text/plain"] == (
        "✗ 01.1 Not right yet. Your code stopped at line 3 of its cell, `return fee + campaign`. "
        "NameError: name 'campaign' is not defined."
    )


@pytest.mark.usefixtures("surroundings")
def test_a_function_of_ones_own_called_check_is_no_obstacle() -> None:
    mine = "def check(typed):\n    return typed"
    sources = ("from helpers.exercises import check", ONE.solution, mine, ONE.check_cell)
    (shown,) = said(execute(notebook_of(*sources)))
    assert shown["text/plain"].startswith("✓ 01.1 Right.")


@pytest.mark.usefixtures("surroundings")
def test_a_check_before_its_cell_says_what_to_do() -> None:
    sources = ("from helpers.exercises import check", ONE.check_cell, ONE.solution, ONE.check_cell)
    shown = said(execute(notebook_of(*sources)))
    assert shown[0]["text/plain"] == (
        "○ 01.1 Not attempted yet. Fill in the cell above, run it until it ends without an error, and then run "
        "this one again."
    )
    assert shown[1]["text/plain"].startswith("✓ 01.1 Right.")
