"""Write the section "Exercises" of every notebook, in front of its end, from ``helpers/exercises/``.

``python tools/exercises.py`` writes it; with ``--check`` it only says which notebooks have an old one, and exits 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from notebook_files import all_notebooks, read, write

from helpers.exercises import EXERCISES
from helpers.exercises.exercise import Exercise

TAG = "exercise"
END = "end"
_OURS = re.compile(r"exercises(-import)?|exercise-\d+(-cell|-check)?")
_WORDS = """\
## Exercises

Fill in a cell where `...` stands and run it (Shift+Enter), then run the check below it. As long as it is not right,
three hints and a solution are folded below the check: a click on one opens it."""


def main(arguments: Sequence[str]) -> int:
    """Bring all notebooks up to date, or check that they are."""
    notebooks = {path: read(path) for path in all_notebooks()}
    stale = [path for path, notebook in notebooks.items() if renew(path, notebook, EXERCISES)]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name}: its exercises are not current. Run: make notebooks")
        return 1 if stale else 0
    for path in stale:
        write(path, notebooks[path])
        print(f"{path.name}: exercises written")
    return 0


def renew(path: Path, notebook: NotebookNode, exercises: Sequence[Exercise]) -> bool:
    """Put the current section into ``notebook``, in memory; cells that stay keep their outputs. Whether any changed.

    Raises:
        SystemExit: the notebook has no cell of the id ``end``, so the section has no place.
    """
    own = [exercise for exercise in exercises if exercise.notebook == path.name[:2]]
    others = [cell for cell in notebook.cells if not is_ours(cell)]
    end = next((place for place, cell in enumerate(others) if cell.id == END), None if own else 0)
    if end is None:
        raise SystemExit(f"{path.name} has no cell of the id {END!r}. Give that id to the cell with the key points.")
    stored = {cell.id: cell for cell in notebook.cells}
    section = [_as_stored(cell, stored.get(cell.id)) for cell in _section(own)]
    cells = [*others[:end], *section, *others[end:]]
    changed = bool(cells != notebook.cells)
    notebook.cells = cells
    return changed


def is_ours(cell: NotebookNode) -> bool:
    """Whether a cell belongs to the section."""
    return _OURS.fullmatch(cell.id) is not None


def _section(exercises: Sequence[Exercise]) -> list[NotebookNode]:
    if not exercises:
        return []
    cells = [
        new_markdown_cell(" ".join(_WORDS.rsplit("\n", 1)), id="exercises"),
        new_code_cell("from helpers.exercises import check", id="exercises-import"),
    ]
    for number, exercise in enumerate(exercises, start=1):
        words = f"### {exercise.id} · {exercise.title}\n\n{unwrapped(exercise.task)}"
        cells += [
            new_markdown_cell(words, id=f"exercise-{number}"),
            new_code_cell(exercise.cell.strip(), id=f"exercise-{number}-cell", metadata={"tags": [TAG]}),
            new_code_cell(exercise.check_cell, id=f"exercise-{number}-check"),
        ]
    return cells


def unwrapped(markdown: str) -> str:
    """Each paragraph in one line, as everywhere in the notebooks; lists, tables and code keep theirs."""
    if "```" in markdown:
        return markdown.strip()
    return re.sub(r"(?<!\n)\n *(?=[^\s*|#>-])", " ", markdown.strip())


def _as_stored(cell: NotebookNode, stored: NotebookNode | None) -> NotebookNode:
    """The cell with its outputs, where nothing but those would change."""
    same = stored is not None and all(cell[part] == stored[part] for part in ("cell_type", "source", "metadata"))
    return stored if same else cell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
