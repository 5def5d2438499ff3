"""The set-up check: each thing that can be wrong is found, and its cure is printed."""

import sqlite3
import sys
from importlib import metadata
from pathlib import Path

import pytest
import requests
from class_seat import WHERE, class_bench

from helpers import doctor
from helpers import settings as settings_module
from helpers.settings import Settings


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "course"))
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
    return tmp_path


def finding(what: str) -> doctor.Finding:
    return next(found for found in doctor.examine() if found.what == what)


def test_a_good_set_up_is_one_line_and_the_mode(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.check_setup(Settings.load())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "✓ Set-up: all 10 checks are fine."
    assert lines[1].startswith("Practice mode")


def test_what_is_wrong_is_printed_with_its_cure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 9))
    doctor.check_setup()
    assert "Cure: Use a Python that comes with SQLite 3.35 or newer" in capsys.readouterr().out
    assert doctor.main() == 1


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert "Install Python 3.11" in doctor._python().cure


def test_a_package_in_the_wrong_version_and_one_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "flask":
            raise metadata.PackageNotFoundError
        return "0.1"

    monkeypatch.setattr(metadata, "version", version)
    found = doctor._packages()
    assert "flask is missing" in found.found
    assert "requests 0.1, and" in found.found
    assert "make lab" in found.cure


def test_another_copy_of_the_course(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "helpers").mkdir()
    (place / "helpers" / "doctor.py").touch()
    monkeypatch.chdir(place)
    assert "close JupyterLab and run make lab" in finding("Helpers").cure


def test_a_kernel_of_another_python(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / ".venv").mkdir()
    monkeypatch.setattr(doctor, "COURSE_FOLDER", place)
    assert "Change Kernel" in finding("Kernel").cure


def test_a_data_folder_that_cannot_be_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "file").touch()
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(place / "file" / "course"))
    cures = {found.what: found.cure for found in doctor.examine()}
    assert "TWO_FACTOR_COURSE_DIR" in cures["Course data"]


def test_a_synced_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(place / "OneDrive - School" / "course"))
    assert "Move the course" in finding("Place").cure


def test_a_network_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_file_system", lambda folder: "nfs4")
    assert "on a network drive" in finding("Place").found


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "NEEDED_DISK_MB", 10**12)
    assert "Make room" in finding("Disk").cure


def test_an_env_that_others_can_read(place: Path) -> None:
    (place / ".env").write_text("")
    (place / ".env").chmod(0o644)
    assert finding(".env").cure == "Run: chmod 600 .env"
    (place / ".env").chmod(0o600)
    assert not finding(".env").cure


def test_a_bad_line_in_env(place: Path) -> None:
    (place / ".env").write_text("FLOWROUTE_MODE=practice\nwhat is this\n")
    (place / ".env").chmod(0o600)
    assert "Line 2" in finding("Settings").found


def test_in_a_class_it_says_how_the_class_is(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = class_bench()
    monkeypatch.setattr(settings_module, "connect", lambda _: bench.network)
    (place / ".env").write_text(f"FLOWROUTE_SIMULATOR_URL={bench.address_line}\n")
    (place / ".env").chmod(0o600)
    assert finding("Class") == doctor.Finding("Class", "in, as Ana")
    assert len(doctor.examine()) == 11

    bench.wire.cut = requests.ConnectionError()
    bench.pass_time(6)
    assert finding("Class").found == f"{WHERE} does not answer as it should"
    assert "Is the Wi-Fi on? Ask your teacher" in finding("Class").cure
    bench.room.close()


def test_with_settings_that_are_wrong_nobody_speaks_of_a_class(place: Path) -> None:
    (place / ".env").write_text("FLOWROUTE_SIMULATOR_URL=http://192.0.2.7/\n")
    assert [found.what for found in doctor.examine() if found.cure and found.what in ("Settings", "Class")] == [
        "Settings"
    ]
