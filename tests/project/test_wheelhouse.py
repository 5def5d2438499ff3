"""A room without a network: the folder is filled, and the course is installed from it with every index switched off."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import fill_wheelhouse
import pytest
from packaging.utils import parse_wheel_filename
from project_files import ROOT, tracked_files

WITHOUT_AN_INDEX = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}
"""``--no-index`` is what the Makefile says; these would stop a step that forgot it."""


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "MAKE"))}
    command = ["make", f"PYTHON={sys.executable}", *arguments]
    return subprocess.run(command, cwd=folder, env=known | environment, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The project's files in a folder of their own, as a laptop of the class has them."""
    folder = tmp_path / "course"
    for path in tracked_files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filled with one made-up wheel."""
    monkeypatch.setattr(fill_wheelhouse, "_lock", lambda target: target.touch())
    monkeypatch.setattr(fill_wheelhouse, "_download", lambda folder, *_: (folder / "a.whl").touch())


def test_the_course_installs_from_the_folder_alone(tmp_path: Path) -> None:
    wheels = tmp_path / "stick"
    assert fill_wheelhouse.main(["--here", "--folder", str(wheels)]) == 0

    laptop = wheels / "course"
    broken = laptop / ".venv" / "bin" / "jupyter"  # of a folder that somebody has worked in
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/nowhere/python\n")
    done = make(
        laptop, ".venv/.installed-from-wheels", "WHEELS=..", **WITHOUT_AN_INDEX, UV_CACHE_DIR=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

    python = laptop / ".venv" / "bin" / "python"
    doctor = subprocess.run([python, "-m", "helpers.doctor"], cwd=laptop, capture_output=True, text=True, check=False)
    assert doctor.returncode == 0, doctor.stdout
    lab = subprocess.run([broken, "lab", "--version"], capture_output=True, text=True, check=True)
    assert lab.stdout.startswith("4.")
    # From now on make lab asks for nothing more, with or without WHEELS.
    plan = make(laptop, "--dry-run", "lab", **WITHOUT_AN_INDEX).stdout
    assert "pip" not in plan
    assert "-m jupyterlab" in plan


def test_the_folder_says_how_it_is_used_without_make(tmp_path: Path) -> None:
    words = fill_wheelhouse._how_to_use(["windows", "linux"], ["3.12"])

    assert "For: windows, linux; Python 3.12" in words
    assert "--no-index --find-links .. --require-hashes -r ../requirements.txt" in words


@pytest.mark.usefixtures("quick")
def test_every_file_of_the_project_is_in_it(tmp_path: Path) -> None:
    assert fill_wheelhouse.main(["--here", "--folder", str(tmp_path / "w")]) == 0
    course = tmp_path / "w" / "course"
    assert [path for path in tracked_files() if not (course / path.relative_to(ROOT)).is_file()] == []


@pytest.mark.usefixtures("quick")
def test_the_course_is_in_it_and_nothing_that_is_yours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    for name in (
        ".env",
        ".env.example",
        ".env.live",
        ".venv/x",
        ".course/classroom.json",
        "notebooks/00.ipynb",
        "w/a.whl",
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).touch()
    monkeypatch.setattr(fill_wheelhouse, "ROOT", home)

    assert fill_wheelhouse.main(["--here", "--folder", str(home / "w")]) == 0
    course = home / "w" / "course"
    assert sorted(path.relative_to(course).as_posix() for path in course.rglob("*") if path.is_file()) == [
        ".env.example",
        "notebooks/00.ipynb",
    ]


def test_a_folder_without_wheels_is_said_in_words(clone: Path) -> None:
    done = make(clone, "lab", "WHEELS=nowhere")

    assert done.returncode != 0
    assert 'No wheels in "nowhere". Make the folder on a good line with: make wheelhouse.' in done.stdout
    assert not (clone / ".venv").exists()


def test_a_wheel_that_is_not_to_be_had_leaves_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "old.whl").touch()

    def refuse(*command: str | Path) -> str:
        raise fill_wheelhouse.WheelhouseFailed("pip download failed. Is the line good?\nERROR: no such wheel")

    monkeypatch.setattr(fill_wheelhouse, "_run", refuse)

    assert fill_wheelhouse.main(["--here", "--folder", str(folder)]) == 1
    assert [path.name for path in folder.iterdir()] == ["old.whl"]
    assert [path.name for path in tmp_path.iterdir()] == ["wheels"]


@pytest.mark.parametrize("kind", fill_wheelhouse.KINDS)
def test_every_kind_of_laptop_is_one_that_uv_and_pip_know(kind: str) -> None:
    known = fill_wheelhouse.KINDS[kind]
    listed = subprocess.run(
        [fill_wheelhouse._UV, "pip", "compile", "--help"], capture_output=True, text=True, check=True
    )

    assert known.target in listed.stdout
    machines = {"x86_64", "aarch64", "arm64", "amd64"}
    assert [tag for tag in known.tags if not any(tag.endswith(f"_{machine}") for machine in machines)] == []
    # pip takes the tag of every wheel name that it knows how to read.
    wheels = [f"a-1-cp311-abi3-{tag}.whl" for tag in known.tags]
    assert [next(iter(parse_wheel_filename(wheel)[3])).platform for wheel in wheels] == list(known.tags)


@pytest.mark.usefixtures("quick")
def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "thesis.odt").touch()

    assert fill_wheelhouse.main(["--here", "--folder", str(stick)]) == 1
    assert "stick holds other things (thesis.odt)" in capsys.readouterr().err
    assert [path.name for path in stick.iterdir()] == ["thesis.odt"]


@pytest.mark.usefixtures("quick")
def test_a_folder_called_course_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "stick" / "course" / "thesis.odt"
    mine.parent.mkdir(parents=True)
    mine.touch()

    assert fill_wheelhouse.main(["--here", "--folder", str(tmp_path / "stick")]) == 1
    assert mine.exists()


@pytest.mark.usefixtures("quick")
def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()

    assert fill_wheelhouse.main(["--here", "--folder", str(tmp_path / "file" / "w")]) == 1
    assert "cannot be written: " in capsys.readouterr().err


@pytest.mark.usefixtures("quick")
def test_a_folder_is_filled_again(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "old.whl").touch()

    for folder in (tmp_path / "w", tmp_path / "w", tmp_path / "not yet" / "there" / "w"):
        assert fill_wheelhouse.main(["--here", "--folder", str(folder)]) == 0
    assert {path.name for path in (tmp_path / "w").iterdir()} == {"a.whl", "requirements.txt", "README.txt", "course"}
