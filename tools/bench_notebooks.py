"""How long *Run All* takes for each notebook, beside an empty one: ``make bench-notebooks``.

The seconds of this machine go into the table of TEACHING.md; what they are worth elsewhere is the ratio to an empty
notebook, which starts a kernel and nothing else.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import run_notebooks
import surroundings
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from notebook_files import NOTEBOOKS, all_notebooks, read

TEACHING = NOTEBOOKS.parent / "TEACHING.md"
ROUNDS = 3


def main() -> int:
    """Measure, print, and write the column."""
    with tempfile.TemporaryDirectory() as folder:
        surroundings.enter(Path(folder))
        empty = _seconds(new_notebook(cells=[new_code_cell("pass")]))
        measured = {path.name[:2]: _seconds(read(path)) for path in all_notebooks()}
    print(f"an empty notebook: {empty:.1f} s")
    for number, seconds in measured.items():
        print(f"{number}: {seconds:5.1f} s, {seconds / empty:4.1f} times an empty one")
    TEACHING.write_text(with_seconds(TEACHING.read_text(encoding="utf-8"), measured), encoding="utf-8")
    return 0


def with_seconds(text: str, measured: dict[str, float]) -> str:
    """TEACHING.md with these seconds, rounded up, in the fourth column of its table of minutes."""
    for number, seconds in measured.items():
        row = rf"^(\| {number} \| \d+ \| \d+ \| )\d+ s"
        text, count = re.subn(row, rf"\g<1>{int(seconds) + 1} s", text, flags=re.MULTILINE)
        if count != 1:
            raise SystemExit(f"TEACHING.md has {count} rows for notebook {number}.")
    return text


def _seconds(notebook: NotebookNode) -> float:
    """The median of some runs."""
    return statistics.median(_run(notebook) for _ in range(ROUNDS))


def _run(notebook: NotebookNode) -> float:
    began = time.perf_counter()
    run_notebooks.execute(notebook)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
