"""Where tests and tools run notebooks: in practice mode, with nothing of yours, and without a network."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

GUARD = Path(__file__).with_name("no_network.py")
TESTS_DATABASE_URL = "TESTS_DATABASE_URL"
"""Where tests find the PostgreSQL server that ``DATABASE_URL`` named: under a name that the course does not read."""


def enter(folder: Path) -> None:
    """Set this process's environment, and so that of every kernel it starts from now on.

    Args:
        folder: an empty one, for what the kernels write: databases, the practice key, IPython's own files.
    """
    for name in [name for name in os.environ if name.startswith(("FLOWROUTE_", "TWO_FACTOR_"))]:
        del os.environ[name]  # the environment wins over .env, so a key of yours could get in
    if server := os.environ.pop("DATABASE_URL", ""):
        os.environ[TESTS_DATABASE_URL] = server
    # Where Python may not keep what it has compiled, each of a hundred kernels and programs compiles 800 modules anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ |= {
        "FLOWROUTE_MODE": "practice",
        "TWO_FACTOR_ENV_FILE": str(folder / ".env"),
        "TWO_FACTOR_COURSE_DIR": str(folder / "course"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or each kernel prints a warning about frozen modules
    }
    add_startup_file(GUARD)
    # Or each kernel warns that its connection, which never leaves this machine, is not encrypted.
    quiet = folder / "ipython" / "profile_default" / "ipython_kernel_config.py"
    quiet.write_text('get_config().IPKernelApp.log_level = "ERROR"\n', encoding="utf-8")


def add_startup_file(script: Path) -> None:
    """Let every kernel that starts from now on run ``script`` first. Scripts run in the order of their names."""
    folder = Path(os.environ["IPYTHONDIR"]) / "profile_default" / "startup"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(script, folder)
