"""Run the notebooks and store their outputs: ``make notebooks``, or ``python tools/run_notebooks.py 02 03``.

Each runs in a kernel of its own, in practice mode, without a network and with nothing of yours (see surroundings.py).
A notebook that fails is left as it was, and so is one whose outputs are the same but for ids and codes.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import exercises
import navigation
import surroundings
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from notebook_files import NOTEBOOKS, all_notebooks, read, tags, write

CELL_TIMEOUT_SECONDS = 60
SANITIZE = NOTEBOOKS.parent / "tests" / "notebooks" / "sanitize.cfg"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class NotebookFailed(Exception):
    """A notebook did not run to its end. The message says where and why."""


def main(arguments: Sequence[str]) -> int:
    """Run the notebooks whose names begin with the arguments, or all of them."""
    if navigation.main([]) or exercises.main([]):
        return 1
    chosen = [path for path in all_notebooks() if not arguments or path.name.startswith(tuple(arguments))]
    if not chosen:
        print(f"No notebook begins with {' or '.join(arguments) or 'a number'}. There are:", file=sys.stderr)
        print(*(path.name for path in all_notebooks()), sep="\n", file=sys.stderr)
        return 1
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        surroundings.enter(Path(folder))
        for path in chosen:
            try:
                print(f"{path.name}: {'stored' if _renew(path) else 'unchanged'}")
            except NotebookFailed as problem:
                print(f"{path.name}: {problem}\nThe file is as it was.", file=sys.stderr)
                failed = True
    return 1 if failed else 0


def _renew(path: Path) -> bool:
    stored = read(path)
    fresh = execute(deepcopy(stored))
    clean(fresh)
    return _comparable(fresh) != _comparable(stored) and write(path, fresh)


def execute(notebook: NotebookNode) -> NotebookNode:
    """Run a notebook from top to bottom in a fresh kernel, in place.

    Raises:
        NotebookFailed: a cell failed, or a cell that is tagged ``raises-exception`` did not.
    """
    try:
        client_for(notebook).execute()
    except CellExecutionError as problem:
        raise NotebookFailed(f"cell {_last_run(notebook)} failed. {problem.ename}: {problem.evalue}") from None
    except CellTimeoutError:
        raise NotebookFailed(f"a cell took longer than {CELL_TIMEOUT_SECONDS} s.") from None
    except DeadKernelError:
        raise NotebookFailed(f"the kernel died in cell {_last_run(notebook)}.") from None
    for cell in notebook.cells:
        if "raises-exception" in tags(cell) and not any(output.output_type == "error" for output in cell.outputs):
            raise NotebookFailed(f"cell [{cell.execution_count}] is tagged raises-exception and raised nothing.")
    return notebook


def client_for(notebook: NotebookNode) -> NotebookClient:
    """What runs a notebook in a kernel that stands in ``notebooks/``."""
    return NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(NOTEBOOKS)}},
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
    )


def clean(notebook: NotebookNode) -> None:
    """Take out what a reader without a kernel cannot use, and what differs between machines."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                # The frames hold machine paths and line numbers of helpers; the last line is the lesson.
                output.traceback = [f"{output.ename}: {output.evalue}"]
            elif "data" in output and not output.data.keys().isdisjoint({"text/plain", "text/html"}):
                output.data.pop(WIDGET_VIEW, None)
    language = {name: value for name, value in notebook.metadata.language_info.items() if name != "version"}
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info=language)


def _comparable(notebook: NotebookNode) -> str:
    text = json.dumps(notebook, sort_keys=True, ensure_ascii=False)
    for pattern, replacement in re.findall(r"^regex: (.*)\nreplace: (.*)$", SANITIZE.read_text("utf-8"), re.MULTILINE):
        text = re.sub(pattern, replacement, text)
    return text


def _last_run(notebook: NotebookNode) -> str:
    counts = [cell.execution_count for cell in notebook.cells if cell.get("execution_count")]
    return f"[{max(counts, default=1)}]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
