"""Checks the set-up and prints the cures: ``python -m helpers.doctor``, and the first cell of each notebook."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from helpers.settings import COURSE_FOLDER, Settings, SettingsError, course_data_folder, current_class, env_path

PACKAGE = "sms-two-factor-course"
OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35)  # RETURNING, on which every count rests
NEEDED_DISK_MB = 200
_SYNCED = ("onedrive", "dropbox", "google drive", "googledrive", "mobile documents", "icloud")
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afpfs", "davfs"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, what was found, and the cure where it is not well (empty where it is)."""

    what: str
    found: str
    cure: str = ""


def check_setup(settings: Settings | None = None) -> None:
    """Print one line if all is well, else a line for each thing that is not, with its cure.

    Args:
        settings: the notebook's settings; its mode is said too.
    """
    findings = examine()
    wrong = [finding for finding in findings if finding.cure]
    for finding in wrong:
        print(f"✗ {finding.what}: {finding.found}\n    Cure: {finding.cure}")
    if not wrong:
        print(f"✓ Set-up: all {len(findings)} checks are fine.")
    if settings is not None:
        print(settings.describe())


def examine() -> list[Finding]:
    """Look at everything the course needs."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _packages,
        _imported_helpers,
        _kernel,
        _sqlite,
        _data_folder,
        _place,
        _disk,
        _env_file,
        _settings,
    )
    return [*(check() for check in checks), *_class()]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST_PYTHON))
    well = sys.version_info[:2] >= OLDEST_PYTHON
    return Finding("Python", found, "" if well else f"Install Python {wanted} or newer, delete .venv, run make lab.")


def _packages() -> Finding:
    try:
        wanted = [Requirement(text) for text in metadata.requires(PACKAGE) or []]
    except metadata.PackageNotFoundError:
        return Finding("Packages", "the course is not installed", "Run make lab, or: python -m pip install -e .")
    needed = [requirement for requirement in wanted if requirement.marker is None]
    wrong = [f"{requirement.name} {version}" for requirement, version in _wrong_versions(needed)]
    if wrong:
        return Finding("Packages", "; ".join(wrong), "Run make lab again, or: python -m pip install -e .")
    return Finding("Packages", f"{len(needed)} packages in the versions the course was tested with")


def _wrong_versions(needed: list[Requirement]) -> Iterator[tuple[Requirement, str]]:
    for requirement in needed:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield requirement, "is missing"
        else:
            if version not in requirement.specifier:
                yield requirement, f"{version}, and {requirement.specifier} is needed"


def _imported_helpers() -> Finding:
    """The helpers that are imported must be those beside the notebooks, not another copy of the course."""
    here = Path.cwd()
    beside = next((folder for folder in (here, *here.parents) if (folder / "helpers" / "doctor.py").is_file()), None)
    if beside is not None and beside.resolve() != COURSE_FOLDER:
        cure = "Restart the kernel on this folder's own Python: close JupyterLab and run make lab in this folder."
        return Finding("Helpers", "imported from another copy of the course", cure)
    if not (COURSE_FOLDER / "notebooks").is_dir():
        cure = "Install the course as it lies in its folder: python -m pip install -e ."
        return Finding("Helpers", "imported from an installed copy, away from the notebooks", cure)
    return Finding("Helpers", "from this course's folder")


def _kernel() -> Finding:
    own = COURSE_FOLDER / ".venv"
    if own.is_dir() and Path(sys.prefix).resolve() != own.resolve():
        cure = "In JupyterLab: Kernel, Change Kernel…, Python 3 (ipykernel); or close it and run make lab."
        return Finding("Kernel", "not the Python in this course's .venv", cure)
    return Finding("Kernel", f"ipykernel {metadata.version('ipykernel')}")


def _sqlite() -> Finding:
    well = sqlite3.sqlite_version_info >= OLDEST_SQLITE
    wanted = ".".join(map(str, OLDEST_SQLITE))
    cure = f"Use a Python that comes with SQLite {wanted} or newer: 3.11 from python.org or conda has one."
    return Finding("SQLite", sqlite3.sqlite_version, "" if well else cure)


def _data_folder() -> Finding:
    cure = "Give yourself write access, or set TWO_FACTOR_COURSE_DIR to a folder of your own."
    try:
        probe = course_data_folder() / f"probe-{os.getpid()}"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except (OSError, SettingsError):
        return Finding("Course data", "the folder cannot be written", cure)
    return Finding("Course data", "its folder can be written")


def _place() -> Finding:
    """SQLite's locks do not hold on network drives, and a program that syncs a folder may copy half a database."""
    try:
        folder = course_data_folder()
    except SettingsError:
        return Finding("Place", "not known while its folder cannot be made")  # the check before this one has the cure
    cure = "Move the course to a folder on this machine's own disk, or set TWO_FACTOR_COURSE_DIR to one."
    if any(mark in part.lower() for part in folder.parts for mark in _SYNCED):
        return Finding("Place", "in a folder that is synced to a cloud", cure)
    if folder.as_posix().startswith("//") or _file_system(folder) in _NETWORK_FILE_SYSTEMS:
        return Finding("Place", "on a network drive", cure)
    return Finding("Place", "on this machine's own disk")


def _file_system(folder: Path) -> str:
    """The kind of file system, where the system has a list of mounts (Linux); else an empty text."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    mounts = [line.split()[1:3] for line in lines if len(line.split()) >= 3]
    fitting = [(len(where), kind) for where, kind in mounts if folder.is_relative_to(where.replace("\\040", " "))]
    return max(fitting, default=(0, ""))[1]


def _disk() -> Finding:
    free = shutil.disk_usage(COURSE_FOLDER).free // 1_000_000
    cure = "" if free >= NEEDED_DISK_MB else f"Make room: the course needs {NEEDED_DISK_MB} MB."
    return Finding("Disk", f"{free:,} MB free", cure)


def _env_file() -> Finding:
    path = env_path()
    if not path.exists():
        return Finding(".env", "none yet; practice mode needs none")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding(".env", "other people on this machine can read it", "Run: chmod 600 .env")
    return Finding(".env", "found")


def _settings() -> Finding:
    try:
        settings = Settings.load()
    except SettingsError as problem:
        return Finding("Settings", str(problem), "Mend that line of .env, or use the form in notebook 01.")
    return Finding("Settings", f"{settings.mode} mode")


def _class() -> list[Finding]:
    """How the class is; nothing for whoever is in none."""
    network = current_class()
    if network is None:
        return []
    found = f"{network.address.where} does not answer as it should" if network.trouble() else f"in, as {network.name}"
    return [Finding("Class", found, network.trouble())]


def main() -> int:
    """Print every check; 0 if all is well."""
    findings = examine()
    for finding in findings:
        print(f"{'✗' if finding.cure else '✓'} {finding.what:12} {finding.found}")
        if finding.cure:
            print(f"    Cure: {finding.cure}")
    wrong = sum(bool(finding.cure) for finding in findings)
    print("All is well." if not wrong else f"{wrong} thing{'' if wrong == 1 else 's'} to mend.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
