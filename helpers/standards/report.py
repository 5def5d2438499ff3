"""A report in rows: one rule, where it stands, whether it is held here and how that was found out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

State = Literal["held", "not held", "later"]
SIGNS: Final[dict[State, str]] = {"held": "✓", "not held": "✗", "later": "…"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardRow:
    """One rule of one standard.

    Attributes:
        name: a short name of its own, such as ``code-lifetime``.
        source, section: where the rule stands.
        rule: what it asks for, in our words.
        state: ``held``, ``not held``, or ``later`` where a later part of the course is about it.
        how: what was looked at or tried, and found.
        proof: the tests that prove it, as ``path::name``.
    """

    name: str
    source: str
    section: str
    rule: str
    state: State
    how: str
    proof: tuple[str, ...]

    @property
    def where(self) -> str:
        """Source and section together."""
        return f"{self.source}, {self.section}" if self.section else self.source


@dataclass(frozen=True, slots=True, repr=False)
class StandardsReport:
    """All rows, in the order of the standards. Printed it is text; in a notebook it is a table."""

    rows: tuple[StandardRow, ...]

    def __getitem__(self, name: str) -> StandardRow:
        """The row of this name.

        Raises:
            KeyError: there is none.
        """
        found = next((row for row in self.rows if row.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[StandardRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, state: State) -> tuple[StandardRow, ...]:
        """The rows in this state."""
        return tuple(row for row in self.rows if row.state == state)

    @property
    def summary(self) -> str:
        """One line: ``42 of 43 rules are held, 1 is not.``"""
        missed, later = len(self.of("not held")), len(self.of("later"))
        not_yet = f", {later} {'is' if later == 1 else 'are'} not yet" if later else ""
        return (
            f"{len(self.of('held'))} of {len(self)} rules are held, {missed} {'is' if missed == 1 else 'are'} "
            f"not{not_yet}."
        )

    def __repr__(self) -> str:
        lines = [
            f"{SIGNS[row.state]} {row.where}: {row.rule}\n    {row.state}: {row.how}"
            + "".join(f"\n    proved by {proof}" for proof in row.proof)
            for row in self.rows
        ]
        return "\n".join([self.summary, *lines])

    def _repr_html_(self) -> str:
        # No colours: the signs and the words say it, on a light page and on a dark one.
        rows = "".join(_row_as_html(row) for row in self.rows)
        heads = "".join(f'<th scope="col" style="text-align:left">{head}</th>' for head in _HEADS)
        return f"<p>{escape(self.summary)}</p><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


_HEADS: Final = ("", "Where it stands", "Rule", "How it stands here", "Proved by")


def _breakable(name: str) -> str:
    """A long name may be broken after every third word, or the table is wider than the page."""
    return re.sub(r"((?:[^_]*_){3})", r"\1<wbr>", name)


def _row_as_html(row: StandardRow) -> str:
    proof = "<br>".join(_breakable(escape(proof.replace("::", " :: "))) for proof in row.proof)
    cells = (f"{SIGNS[row.state]}&nbsp;{row.state}", escape(row.where), escape(row.rule), escape(row.how), proof)
    return "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>"
