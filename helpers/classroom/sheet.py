"""A sheet to print and cut up, one strip a seat: for a class that cannot use the page to join."""

from __future__ import annotations

import os
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

from helpers.classroom.seats import Seat

SHEET_NAME: Final = "classroom-sheet.html"

_STYLE: Final = """
body { margin: 0; color: #000; background: #fff; font: 11pt/1.4 system-ui, sans-serif; }
h1 { margin: 0 0 2mm; font-size: 15pt; }
p { margin: 0; }
.strip { padding: 5mm 0; border-top: 1px dashed #555; break-inside: avoid; }
.strip:last-child { border-bottom: 1px dashed #555; }
.address { margin: 1mm 0; font: 700 13pt/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.address { overflow-wrap: anywhere; }
@page { margin: 12mm; }
@media screen { body { margin: 12mm; } }
@media print { .once { display: none; } }
"""


def write_sheet(path: Path, seats: Iterable[Seat], *, class_name: str, host: str) -> None:
    """Write the sheet. It holds the keys of the seats, so only its owner may read it (mode 0600).

    Args:
        path: where; what stands there is replaced.
        seats: one strip each.
        class_name: what the class is called; may be empty.
        host: the server as the learners' machines reach it, with its port.

    Raises:
        OSError: it cannot be written.
    """
    strips = "\n".join(_strip(seat, class_name=class_name, host=host) for seat in seats)
    title = escape(f"{class_name or 'Class'}: seats")
    page = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n<style>{_STYLE}</style>\n'
        f'<h1 class="once">{title}</h1>\n<p class="once">Print this, cut along the lines, and give everybody one. '
        f"Whoever holds a strip holds that seat. All of them lead to {escape(host)}: print it where that is this "
        f"machine's address.</p>\n{strips}\n</html>\n"
    )
    path.unlink(missing_ok=True)  # made anew, so that nobody else may read it, whoever could read the old one
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(page)


def _strip(seat: Seat, *, class_name: str, host: str) -> str:
    name = escape(" · ".join(filter(None, (class_name, seat.name))))
    return (
        f'<div class="strip"><p>{name}</p><p class="address">{escape(seat.address(host))}</p>'
        "<p>Type this whole line into the form “Join a class” in notebook 00. It is yours alone.</p></div>"
    )
