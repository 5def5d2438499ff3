"""The course's notebooks, and how they are read and written."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def all_notebooks() -> list[Path]:
    """The course in its order: ``00-start-here.ipynb`` and on."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))


def read(path: Path) -> NotebookNode:
    """Read a notebook, upgraded in memory to a format whose cells have ids."""
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    return notebook


def write(path: Path, notebook: NotebookNode) -> bool:
    """Write a notebook in one step, if that changes the file. Returns whether it did."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook).rstrip("\n") + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8", newline="\n")
    os.replace(draft, path)
    return True


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", []))
