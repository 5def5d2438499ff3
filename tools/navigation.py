"""Write the line "previous · contents · next" at both ends of every notebook.

``python tools/navigation.py`` writes it; with ``--check`` it only says which notebooks have an old one, and exits 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from notebook_files import all_notebooks, read, tags, write

TAG = "navigation"


def main(arguments: Sequence[str]) -> int:
    """Bring all notebooks up to date, or check that they are."""
    notebooks = {path: read(path) for path in all_notebooks()}
    stale = [path for path, notebook in notebooks.items() if renew(path, notebook, notebooks)]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name}: its navigation is not current. Run: make notebooks")
        return 1 if stale else 0
    for path in stale:
        write(path, notebooks[path])
        print(f"{path.name}: navigation written")
    return 0


def renew(path: Path, notebook: NotebookNode, notebooks: dict[Path, NotebookNode]) -> bool:
    """Put the current line at both ends of ``notebook``, in memory. Returns whether anything changed."""
    text = _line(path, {known: title(known, other) for known, other in notebooks.items()})
    cells = [
        _cell("navigation-top", text),
        *(cell for cell in notebook.cells if TAG not in tags(cell)),
        _cell("navigation-end", text),
    ]
    changed = bool(cells != notebook.cells)
    notebook.cells = cells
    return changed


def title(path: Path, notebook: NotebookNode) -> str:
    """The notebook's first heading, ``# Like this``.

    Raises:
        SystemExit: it has none.
    """
    for cell in notebook.cells:
        found = re.search(r"^# (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
        if found:
            return found[1].strip()
    raise SystemExit(f"{path.name} has no title. Begin a markdown cell with '# ' and the title.")


def _line(path: Path, titles: dict[Path, str]) -> str:
    order = list(titles)
    place = order.index(path)
    parts = []
    if place > 0:
        parts.append(f"[← {titles[order[place - 1]]}]({order[place - 1].name})")
        parts.append(f"[Contents]({order[0].name})")
    if place + 1 < len(order):
        parts.append(f"[{titles[order[place + 1]]} →]({order[place + 1].name})")
    return " · ".join(parts)


def _cell(cell_id: str, text: str) -> NotebookNode:
    return new_markdown_cell(text, id=cell_id, metadata={"tags": [TAG]})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
