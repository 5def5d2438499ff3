"""``make notebooks``: what it stores, what it leaves alone, and what it says when a cell fails."""

from collections.abc import Iterator
from pathlib import Path

import exercises
import notebook_files
import pytest
from kernels import own_surroundings
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_files import read, write
from run_notebooks import KERNEL, main

FORM = "import ipywidgets\nipywidgets.IntSlider(3)"
NEW_ID = "import uuid\nprint(f'mdr2-{uuid.uuid4().hex}')"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in the place of ``notebooks/``."""
    monkeypatch.setattr(notebook_files, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(exercises, "EXERCISES", ())  # those of the course have no place here
    with own_surroundings(tmp_path / "surroundings"):
        yield tmp_path


def put(folder: Path, name: str, *sources: str, tags: tuple[str, ...] = ()) -> Path:
    cells = [new_markdown_cell(f"# {name}", id="title")]
    cells += [new_code_cell(source, id=f"cell-{i}", metadata={"tags": list(tags)}) for i, source in enumerate(sources)]
    path = folder / f"{name}.ipynb"
    write(path, new_notebook(cells=cells, metadata={"widgets": {}}))
    return path


def test_it_stores_what_a_reader_needs_and_then_leaves_the_file_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(folder, "00-one", FORM, NEW_ID)
    put(folder, "01-two", "1 / 0", tags=("raises-exception",))
    assert main([]) == 0
    stored = path.read_bytes()
    form, new_id = (cell for cell in read(path).cells if cell.cell_type == "code")
    assert form.outputs[0].data == {"text/plain": "IntSlider(value=3)"}
    assert (form.execution_count, new_id.execution_count) == (1, 2)
    assert set(read(path).metadata) == {"kernelspec", "language_info"}
    assert read(path).metadata.kernelspec == KERNEL
    assert [cell.id for cell in read(path).cells] == ["navigation-top", "title", "cell-0", "cell-1", "navigation-end"]
    assert read(folder / "01-two.ipynb").cells[2].outputs[0].traceback == ["ZeroDivisionError: division by zero"]
    capsys.readouterr()

    assert main(["00"]) == 0  # the id is another one, and that alone is no change
    assert capsys.readouterr().out == "00-one.ipynb: unchanged\n"
    assert path.read_bytes() == stored


def test_a_failing_notebook_is_named_and_left_as_it_was(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, "00-one", "print('fine')", "print('before')\n1 / 0", "print('never')")
    put(folder, "01-two", "pass", tags=("raises-exception",))
    put(folder, "02-three", "print('fine')")
    assert main(["99"]) == 1  # writes the navigation, runs nothing
    assert "No notebook begins with 99. There are:\n00-one.ipynb\n" in capsys.readouterr().err
    before = [path.read_bytes() for path in notebook_files.all_notebooks()]
    assert main([]) == 1
    said = capsys.readouterr()
    assert said.err == (
        "00-one.ipynb: cell [2] failed. ZeroDivisionError: division by zero\nThe file is as it was.\n"
        "01-two.ipynb: cell [1] is tagged raises-exception and raised nothing.\nThe file is as it was.\n"
    )
    assert said.out == "02-three.ipynb: stored\n"
    after = [path.read_bytes() for path in notebook_files.all_notebooks()]
    assert after[:2] == before[:2]


def test_a_notebook_without_a_title_is_named(folder: Path) -> None:
    write(folder / "00-one.ipynb", new_notebook())
    with pytest.raises(SystemExit, match=r"00-one\.ipynb has no title"):
        main([])
