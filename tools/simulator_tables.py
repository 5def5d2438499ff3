"""Write the simulator's tables into README.md and SIMULATOR.md, from the code's own marks.

``python tools/simulator_tables.py`` writes them; with ``--check`` it only says which file has an old one, and exits 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from helpers.simulator.behaviours import BEHAVIOURS
from helpers.simulator.outcomes import OUTCOMES

ROOT = Path(__file__).resolve().parent.parent


def outcomes() -> str:
    """The numbers that choose an outcome."""
    rows = [f"| {each.number} | {each.title} | {each.what} | {each.tag}, {each.source} |" for each in OUTCOMES]
    return "\n".join(["| send to | and get | which means | evidence |", "|---|---|---|---|", *rows])


def behaviours() -> str:
    """All that the simulator does, with its evidence."""
    rows = [f"| `{each.name}` | {each.what} | {each.tag} | {each.source} |" for each in BEHAVIOURS]
    return "\n".join(["| behaviour | what it is | evidence | source |", "|---|---|---|---|", *rows])


TABLES: dict[str, Callable[[], str]] = {"outcomes": outcomes, "behaviours": behaviours}
FILES = ("README.md", "SIMULATOR.md")


def renewed(text: str) -> str:
    """``text`` with every table between its marks as it is today."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: made by make tables -->", f"<!-- {name}: end -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        fresh = f"{begin}\n\n{table()}\n\n{end}"
        text = pattern.sub(lambda _, fresh=fresh: fresh, text)
    return text


def main(arguments: Sequence[str]) -> int:
    """Bring the files up to date, or check that they are."""
    files = {name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}
    stale = {name: renewed(text) for name, text in files.items() if renewed(text) != text}
    for name, text in stale.items():
        if "--check" in arguments:
            print(f"{name}: its tables are not current. Run: make tables")
        else:
            (ROOT / name).write_text(text, encoding="utf-8")
            print(f"{name}: tables written")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
