"""Every test and every kernel of this run: practice mode, a folder of its own, and no network."""

import runpy
import tempfile
from collections import Counter
from pathlib import Path

import pytest
import surroundings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
FIRST = ("tests/browser/", "tests/notebooks/test_leaks.py", "tests/notebooks/test_mutants.py", "notebooks/")
"""The longest pieces, longest first."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fixtures do not reach the kernels that nbval starts; the environment does."""
    folder = tempfile.TemporaryDirectory(prefix="two-factor-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    surroundings.enter(Path(folder.name))
    config.option.nbval_sanitize_with = str(HERE / "tests" / "notebooks" / "sanitize.cfg")
    # pytest-socket watches connections; this also stops the question to a name server before one.
    runpy.run_path(str(surroundings.GUARD))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What cannot be shared out begins first, so that of the processes none is left alone with it at the end."""
    items.sort(key=lambda item: next((n for n, place in enumerate(FIRST) if item.nodeid.startswith(place)), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How ``pytest -n 2`` shares out the work: the long pieces first, then in the order of the folders."""
    config.option.loadscopereorder = False  # xdist's own order, by the number of tests, leaves the slowest for the end
    return WholeFiles(config, log)


class WholeFiles(LoadScopeScheduling):
    """Each process takes whole files: a notebook's cells need one kernel. All browser tests share one JupyterLab."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/browser" if file.startswith("tests/browser/") else file


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why something was left out: a line for each reason, not for each test."""
    reports = terminalreporter.getreports("skipped")
    for reason, count in Counter(report.longrepr[2] for report in reports if report.longrepr).items():
        terminalreporter.write_line(f"{count} left out. {reason}")
