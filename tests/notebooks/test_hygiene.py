"""What is stored in the notebooks: run once, from top to bottom, and nothing a reader should not find."""

import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import exercises
import navigation
import pytest
from nbformat import NotebookNode
from notebook_files import NOTEBOOKS as NOTEBOOKS_FOLDER
from notebook_files import all_notebooks, read, tags, write
from run_notebooks import KERNEL, WIDGET_VIEW

KNOWN_TAGS = {
    "exercise",  # a cell to fill in, written by tools/exercises.py
    "navigation",  # written by tools/navigation.py
    "raises-exception",  # fails on purpose
    "self-driving",  # types and clicks for those who run all; does nothing in live mode
    "shows-code",  # shows a practice phone or a request with a code in it (see test_leaks.py)
}
NOT_COMPARED: dict[tuple[str, str], str] = {
    # (notebook, id of the cell): why nbval cannot compare what it prints
}
MARKER = re.compile(r"^\s*#\s*(NBVAL|PYTEST_VALIDATE)_", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:home|root|Users|tmp|work|var|opt|usr|private)/|\b[A-Z]:\\")
REGISTRY_HOST = re.compile(r"\b(?:pypi|pythonhosted|npmjs|anaconda|debian)\.(?:org|com)\b")
LONGEST_OUTPUTS = 100_000

NOTEBOOKS = {path.stem: read(path) for path in all_notebooks()}


@pytest.fixture(params=NOTEBOOKS)
def notebook(request: pytest.FixtureRequest) -> NotebookNode:
    """Each notebook in turn."""
    return NOTEBOOKS[request.param]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def test_they_are_numbered_from_00_without_a_gap() -> None:
    assert [int(name[:2]) for name in NOTEBOOKS] == list(range(len(NOTEBOOKS)))


def test_navigation_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert navigation.main(["--check"]) == 0, capsys.readouterr().out


def test_exercises_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert exercises.main(["--check"]) == 0, capsys.readouterr().out


def test_exercises_are_stored_untouched() -> None:
    checks = [
        cell for notebook in NOTEBOOKS.values() for cell in code_cells(notebook) if cell.source.startswith("check(")
    ]
    said = [cell.outputs[0].data["text/plain"] for cell in checks]
    assert len(said) == len(exercises.EXERCISES)
    assert [words for words in said if "Not attempted yet." not in words] == []


def test_lesson_cells_import_nothing_in_vain(tmp_path: Path) -> None:
    # Exercises bring imports for what is still to be written, so for whole notebooks pyproject.toml leaves this out.
    for name, notebook in NOTEBOOKS.items():
        lesson = deepcopy(notebook)
        lesson.cells = [cell for cell in lesson.cells if not exercises.is_ours(cell)]
        write(tmp_path / f"{name}.ipynb", lesson)
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F401,F811", "--quiet", str(tmp_path)]
    result = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_metadata_is_the_same_on_every_machine(notebook: NotebookNode) -> None:
    assert set(notebook.metadata) == {"kernelspec", "language_info"}  # so there is no widget state either
    assert notebook.metadata.kernelspec == KERNEL
    assert "version" not in notebook.metadata.language_info


def test_cells_carry_tags_and_no_timing(notebook: NotebookNode) -> None:
    assert [cell.id for cell in notebook.cells if not set(cell.metadata) <= {"tags"}] == []


def test_every_code_cell_was_run_in_order(notebook: NotebookNode) -> None:
    # nbval compares nothing in a cell without a count.
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_cell_is_empty(notebook: NotebookNode) -> None:
    assert [cell.id for cell in notebook.cells if not cell.source.strip()] == []


def test_no_dollar_sign_in_words(notebook: NotebookNode) -> None:
    """JupyterLab makes a formula of what stands between two of them, also where they are escaped. Write dollars."""
    assert [cell.id for cell in notebook.cells if cell.cell_type == "markdown" and "$" in cell.source] == []


def test_only_known_tags(notebook: NotebookNode) -> None:
    assert {tag for cell in notebook.cells for tag in tags(cell)} <= KNOWN_TAGS


def test_errors_stand_where_they_are_meant_to(notebook: NotebookNode) -> None:
    failed = [cell.id for cell in code_cells(notebook) if any(out.output_type == "error" for out in cell.outputs)]
    assert failed == [cell.id for cell in code_cells(notebook) if "raises-exception" in tags(cell)]


def test_nothing_on_stderr(notebook: NotebookNode) -> None:
    assert [output.text for output in outputs(notebook) if output.get("name") == "stderr"] == []


def test_a_form_is_stored_as_a_picture(notebook: NotebookNode) -> None:
    # A reader without a kernel would see "Error displaying widget" in its place.
    assert [output for output in outputs(notebook) if WIDGET_VIEW in output.get("data", {})] == []


def test_no_machine_and_no_registry_in_outputs(notebook: NotebookNode) -> None:
    found = [pattern.findall(str(output)) for output in outputs(notebook) for pattern in (MACHINE_PATH, REGISTRY_HOST)]
    assert [match for matches in found for match in matches] == []


def test_outputs_are_short(notebook: NotebookNode) -> None:
    assert sum(len(str(output)) for output in outputs(notebook)) < LONGEST_OUTPUTS


def test_it_opens_with_what_to_expect(notebook: NotebookNode) -> None:
    first = notebook.cells[1].source
    assert first.startswith("# ")
    for words in ("What you'll do", "What you'll learn", "What you'll need"):
        assert words in first
    assert re.search(r"\d+ minutes", first)


def test_the_readme_and_the_map_say_the_same_minutes() -> None:
    readme = (NOTEBOOKS_FOLDER.parent / "README.md").read_text(encoding="utf-8")
    the_map = next(cell.source for cell in NOTEBOOKS["00-start-here"].cells if cell.id == "map")
    said = {
        name[:2]: re.findall(r"(\d+) minutes", notebook.cells[1].source)[-1] for name, notebook in NOTEBOOKS.items()
    }
    for words in (readme, the_map):
        assert dict(re.findall(r"^\| \W*(\d\d) · .* \| (\d+) \|$", words, re.MULTILINE)) == said


def test_it_closes_with_key_points_and_where_to_go_next(notebook: NotebookNode) -> None:
    last = notebook.cells[-2].source
    assert "## Key points" in last
    assert "**Next:**" in last


def test_cells_that_nbval_does_not_compare_are_known_with_a_reason() -> None:
    marked = {
        (name, cell.id) for name, notebook in NOTEBOOKS.items() for cell in notebook.cells if MARKER.search(cell.source)
    }
    assert marked == set(NOT_COMPARED)
