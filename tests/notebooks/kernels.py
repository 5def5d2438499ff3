"""Running notebooks from tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import surroundings
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook


@contextmanager
def own_surroundings(folder: Path) -> Iterator[Path]:
    """For a while, kernels keep their files in ``folder`` and not where those of the other tests do."""
    before = dict(os.environ)
    surroundings.enter(folder)
    try:
        yield folder
    finally:
        os.environ.clear()
        os.environ.update(before)


def notebook_of(*sources: str, tags: tuple[str, ...] = ()) -> NotebookNode:
    """A notebook with these code cells, all with these tags."""
    return new_notebook(cells=[new_code_cell(source, metadata={"tags": list(tags)}) for source in sources])
