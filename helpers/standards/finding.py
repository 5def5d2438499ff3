"""What a look at one rule found."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """Whether a rule is held, and how that shows."""

    held: bool
    how: str


def all_of(*findings: Finding) -> Finding:
    """One finding for a rule that asks for several things."""
    return Finding(all(finding.held for finding in findings), "; ".join(finding.how for finding in findings))
