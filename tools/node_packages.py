"""Packages from npm that tests use, each in the version and with the hash that a lock file names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")


def needs(*programs: str) -> None:
    """Skip without these programs; in CI, where they are installed, that is a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"Not installed: {', '.join(missing)}.")
    if missing:
        pytest.skip(f"Not installed: {', '.join(missing)}. Install it to run this test.")


def install(source: Path, into: Path) -> Path:
    """Copy the files of ``source``, a folder with a ``package-lock.json``, into an empty folder, and install there."""
    needs("node", "npm")
    for file in source.iterdir():
        if file.is_file():
            shutil.copy(file, into)
    command = [shutil.which("npm") or "npm", "ci", *QUIETLY]
    installed = subprocess.run(command, cwd=into, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert installed.returncode == 0, f"npm ci failed:\n{installed.stdout}{installed.stderr}"
    return into
