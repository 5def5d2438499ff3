"""Every test and every kernel of this run: practice mode, a folder of its own, and no network."""

import runpy
import tempfile
from pathlib import Path

import pytest
import surroundings

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fixtures do not reach the kernels that nbval starts; the environment does."""
    folder = tempfile.TemporaryDirectory(prefix="two-factor-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    surroundings.enter(Path(folder.name))
    config.option.nbval_sanitize_with = str(HERE / "tests" / "notebooks" / "sanitize.cfg")
    # pytest-socket watches connections; this also stops the question to a name server before one.
    runpy.run_path(str(surroundings.GUARD))
