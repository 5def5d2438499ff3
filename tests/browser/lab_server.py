"""A real JupyterLab for the browser tests: started as ``make lab`` starts it, on a copy of the notebooks."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

COURSE = Path(__file__).resolve().parents[2]
UP_WITHIN_SECONDS = 60
DOWN_WITHIN_SECONDS = 10
THEME_SETTING = "@jupyterlab/apputils-extension/themes.jupyterlab-settings"
QUIET_SETTINGS = {
    # The news toast covers the page, and both ask a server far away.
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False},
}


class LabServer:
    """A running server: its address, its ``.env``, and what it is doing."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.folder = folder
        self.url = url
        """Ends with a slash. What ``make lab`` opens is this address: the server leads on to the first notebook."""
        self.token = token
        self.env_file = folder / ".env"
        self._workspaces = folder / "config" / "lab" / "workspaces"
        self._theme = folder / "config" / "lab" / "user-settings" / THEME_SETTING

    def notebook_url(self, name: str) -> str:
        """The address of one notebook, for a browser that knows no password."""
        return f"{self.url}lab/tree/notebooks/{name}?token={self.token}"

    def close_everything(self) -> None:
        """Leave no kernel and no ``.env``, and forget the theme and what was open, or the next test gets them."""
        self.shut_down_kernels()
        shutil.rmtree(self._workspaces, ignore_errors=True)
        self.env_file.unlink(missing_ok=True)
        self._theme.unlink(missing_ok=True)

    def shut_down_kernels(self) -> None:
        """Every kernel, as *Running Terminals and Kernels* does."""
        for session in self.ask("GET", "sessions").json():
            self.ask("DELETE", f"sessions/{session['id']}")

    def rows(self, database: str, query: str) -> list[tuple[Any, ...]]:
        """What stands in a notebook's database, read only, while its kernel has it open."""
        path = self.folder / "data" / "course" / f"{database}.sqlite"
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def ask(self, method: str, what: str) -> requests.Response:
        """One request to the server's own API."""
        headers = {"Authorization": f"token {self.token}"}
        return requests.request(method, f"{self.url}api/{what}", headers=headers, timeout=20)


@contextmanager
def running_lab(folder: Path) -> Iterator[LabServer]:
    """Start JupyterLab with a home, settings and a course folder of its own, all in ``folder``; stop it at the end."""
    # Nothing but the notebooks: beside a copy of helpers/, the set-up check would say that the other one is in use.
    shutil.copytree(COURSE / "notebooks", folder / "course" / "notebooks", ignore=shutil.ignore_patterns(".*"))
    _forget_that_it_ran(folder / "course" / "notebooks")
    _write_settings(folder / "config" / "lab" / "user-settings")
    token = secrets.token_hex(16)
    log = folder / "lab.log"
    with log.open("wb") as output:
        lab = subprocess.Popen(
            [*_command(), "--no-browser", "--allow-root"],
            cwd=folder / "course",
            env=_environment(folder, token),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield LabServer(folder, _wait_until_up(lab, folder / "runtime", token, log), token)
    finally:
        lab.terminate()
        try:
            lab.wait(DOWN_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            lab.kill()
            lab.wait()


def _command() -> list[str]:
    """The command of ``make lab``, with this Python's JupyterLab."""
    makefile = (COURSE / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^\t\$\(BIN\)/python -m jupyterlab (.*)$", makefile, re.MULTILINE)
    assert found, "The Makefile's target lab no longer says: $(BIN)/python -m jupyterlab …"
    return [sys.executable, "-m", "jupyterlab", *shlex.split(found[1])]


def _environment(folder: Path, token: str) -> dict[str, str]:
    """This process's, which the tests' root conftest made safe, with places of its own for everything that is kept."""
    mine = {name: text for name, text in os.environ.items() if not name.startswith("JUPYTER")}
    return mine | {
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_TOKEN": token,
        "FLOWROUTE_MODE": "practice",
        "TWO_FACTOR_ENV_FILE": str(folder / ".env"),
        "TWO_FACTOR_COURSE_DIR": str(folder / "data" / "course"),
    }


def _forget_that_it_ran(notebooks: Path) -> None:
    """Take the run numbers out and leave the outputs: a cell with a number is then one that ran in the test."""
    for path in notebooks.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            for part in (cell, *cell.get("outputs", [])):
                if "execution_count" in part:
                    part["execution_count"] = None
        path.write_text(json.dumps(notebook), encoding="utf-8")


def _write_settings(folder: Path) -> None:
    for name, settings in QUIET_SETTINGS.items():
        file = folder / name
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(settings), encoding="utf-8")


def _wait_until_up(lab: subprocess.Popen[bytes], runtime: Path, token: str, log: Path) -> str:
    """The server's address, once it answers. Which port it found free stands in a file that it writes."""
    deadline = time.monotonic() + UP_WITHIN_SECONDS
    while time.monotonic() < deadline and lab.poll() is None:
        with suppress(OSError, ValueError, requests.ConnectionError):
            told: dict[str, Any] = json.loads((runtime / f"jpserver-{lab.pid}.json").read_text(encoding="utf-8"))
            url = f"http://127.0.0.1:{told['port']}{told['base_url']}"
            if requests.get(f"{url}api/status", params={"token": token}, timeout=5).ok:
                return url
        time.sleep(0.05)
    raise AssertionError(f"JupyterLab did not come up. It said:\n{log.read_text(errors='replace')[-3000:]}")
