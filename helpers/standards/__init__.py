"""The standards report: which rules of the standards the running configuration keeps, found out by trying.

``rules.py`` is the table of all rules; ``second_factor.py``, ``texts.py``, ``people.py`` and ``other_ways.py`` hold the
trials, which run on the copy that ``rehearsal.py`` makes; ``report.py`` shows what they found.
"""

from __future__ import annotations

from collections.abc import Collection

from helpers.accounts import Accounts
from helpers.standards.rehearsal import Site
from helpers.standards.report import StandardRow, StandardsReport, State
from helpers.standards.rules import RULES, Rule
from helpers.verification import Verifier


def standards_report(
    verifier: Verifier, accounts: Accounts | None = None, *, only: Collection[str] = ()
) -> StandardsReport:
    """Look at a verifier, and at the accounts over it, rule by rule.

    Each rule is tried out on a copy in memory: nothing is sent, and nothing of the real site is touched. It takes a few
    seconds.

    Args:
        verifier: what is looked at, with its policy.
        accounts: whose rules about people are looked at; without them those rules are held by nobody.
        only: the names of some rules, for example ``daily-budget``; all of them by default.

    Raises:
        ValueError: there is no rule of such a name.
    """
    unknown = set(only) - {rule.name for rule in RULES}
    if unknown:
        raise ValueError(f"There is no rule called {' or '.join(sorted(unknown))}. RULES has their names.")
    site = Site(verifier, accounts)
    return StandardsReport(tuple(rule.row(site) for rule in RULES if not only or rule.name in only))


__all__ = ["RULES", "Rule", "StandardRow", "StandardsReport", "State", "standards_report"]
