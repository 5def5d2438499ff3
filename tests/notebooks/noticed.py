"""A pytest plugin for test_mutants.py: once a cell has passed and a cell has failed, the rest is left out.

Both are all that is asked of a fault: that it was noticed, and that not everything failed.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

_outcomes: defaultdict[str, set[str]] = defaultdict(set)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what became of a cell."""
    if report.when == "call":
        _outcomes[_file(report.nodeid)].add(report.outcome)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a cell out whose notebook has told all that it is asked."""
    if _outcomes[_file(item.nodeid)] >= {"passed", "failed"}:
        pytest.skip("the fault is noticed")


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
