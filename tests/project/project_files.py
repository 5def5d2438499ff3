"""The files of the project, as git sees them, and how its tools are started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask git. Where this is no checkout (a downloaded archive), the test is skipped, but not in CI."""
    if not (ROOT / ".git").exists() and not os.environ.get("CI"):
        pytest.skip("this is no git checkout")
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def tracked_files() -> list[Path]:
    """What git tracks, or will once it is added."""
    listing = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listing.check_returncode()
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def tool(name: str, *arguments: str, cwd: Path = ROOT) -> None:
    """Run a tool of this environment; what it prints is the message of a failure."""
    program = Path(sys.executable).with_name(name)
    done = subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
