"""How far a learner is: one row a notebook, and a form to look again or to begin anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from IPython.display import DisplayHandle, display

from helpers.display.table import table_as_text
from helpers.exercises import progress
from helpers.exercises.course import EXERCISES
from helpers.forms.model import Action, FormModel
from helpers.forms.view import Form

NOTEBOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "01": ("01-setup.ipynb", "Set-up"),
    "02": ("02-api-trial.ipynb", "Try the API"),
    "03": ("03-sending.ipynb", "Sending a code"),
    "04": ("04-verification.ipynb", "Verification"),
    "05": ("05-in-production.ipynb", "In production"),
    "06": ("06-replies-and-records.ipynb", "Replies and records"),
    "07": ("07-break-it.ipynb", "Break it"),
}
"""Number → file and short title."""
DONE, OPEN = "●", "○"
_HEADS: Final = ("notebook", "done")
_CELL: Final = 'style="text-align:left"'


@dataclass(frozen=True, slots=True)
class _Row:
    number: str
    done: tuple[bool, ...]

    @property
    def title(self) -> str:
        return f"{self.number} · {NOTEBOOKS[self.number][1]}"

    @property
    def dots(self) -> str:
        return "".join(DONE if done else OPEN for done in self.done)

    @property
    def words(self) -> str:
        return f"{sum(self.done)} of {len(self.done)}"


@dataclass(frozen=True, slots=True)
class ProgressMap:
    """Which checks are passed. Printed it is text, in a notebook a table whose rows lead to the notebooks."""

    passed: tuple[str, ...]

    @classmethod
    def now(cls) -> ProgressMap:
        """As it stands at this moment."""
        return cls(progress.passed())

    @property
    def summary(self) -> str:
        """One line: ``5 of 16 done, next: 03``."""
        done = f"{len(self.passed)} of {len(EXERCISES)} done"
        following = next((row.number for row in self._rows() if not all(row.done)), None)
        return f"{done}, next: {following}" if following else f"{done}: all of them."

    def __repr__(self) -> str:
        rows = [(row.title, f"{row.dots:3}  {row.words}") for row in self._rows()]
        return f"{self.summary}\n{table_as_text(_HEADS, rows)}"

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" {_CELL}>{escape(text)}</th>' for text in _HEADS)
        body = "".join(map(_row_as_html, self._rows()))
        return (
            f"<p><strong>{escape(self.summary)}</strong></p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _rows(self) -> list[_Row]:
        passed = set(self.passed)
        ids = {number: [each.id for each in EXERCISES if each.notebook == number] for number in NOTEBOOKS}
        return [_Row(number, tuple(name in passed for name in names)) for number, names in ids.items() if names]


def _row_as_html(row: _Row) -> str:
    """The dots are for the eye; the words beside them say the same to everybody."""
    link = f'<a href="{NOTEBOOKS[row.number][0]}">{escape(row.title)}</a>'
    done = f'<span aria-hidden="true">{row.dots}</span> {row.words}'
    return "<tr>" + "".join(f"<td {_CELL}>{part}</td>" for part in (link, done)) + "</tr>"


class ProgressModel(FormModel):
    """Two buttons below the map."""

    title = "Your progress"
    actions = (
        Action("look", "Look again", primary=True),
        Action(
            "forget",
            "Forget it all",
            question="Forget which checks you have passed? What you wrote in the notebooks stays.",
            yes="Forget it",
            declined="Nothing was forgotten.",
        ),
    )

    def __init__(self, show: Callable[[ProgressMap], None], **options: Any) -> None:
        """``show`` draws the map anew."""
        super().__init__(**options)
        self._show = show

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Look again, or forget and look."""
        if action == "forget":
            progress.clear()
        else:
            progress.tell_class()  # it may have been away when something was passed
        latest = ProgressMap.now()
        self._show(latest)
        return f"{'Forgotten. ' if action == 'forget' else ''}{latest.summary}"


def show_progress() -> None:
    """Show the map, and below it the form that draws it anew."""
    handle: DisplayHandle | None = display(ProgressMap.now(), display_id=True)  # type: ignore[no-untyped-call]

    def show(latest: ProgressMap) -> None:
        if handle is not None:  # there is a notebook to show it in
            handle.update(latest)  # type: ignore[no-untyped-call]

    display(Form(ProgressModel(show)))  # type: ignore[no-untyped-call]
