"""Run All reaches the bottom from a used kernel too, in any order of the notebooks (nbval takes the usual one)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kernels import own_surroundings
from notebook_files import all_notebooks, read
from run_notebooks import client_for


@pytest.fixture(scope="module", autouse=True)
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One course folder for all of them: what a notebook leaves there must not trip the next one."""
    with own_surroundings(tmp_path_factory.mktemp("course")):
        yield


@pytest.mark.parametrize("path", all_notebooks()[::-1], ids=lambda path: path.stem)
def test_twice_in_a_row_last_notebook_first(path: Path) -> None:
    notebook = read(path)
    client = client_for(notebook)
    with client.setup_kernel():
        for _ in range(2):
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
