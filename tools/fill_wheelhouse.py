"""Put everything that ``make lab`` needs into one folder, for a room without a network: ``make wheelhouse``.

On a good line::

    python tools/fill_wheelhouse.py                                             # laptops of every kind below
    python tools/fill_wheelhouse.py --platforms windows macos --pythons 3.12    # fewer, so a smaller folder
    python tools/fill_wheelhouse.py --here                                      # this machine's kind alone

The folder is all that a laptop needs: the learner's libraries in the pinned versions, checked by their hashes and
without what only the tests need, and the course itself, in ``course/``, without what is yours (``.env``, progress, a
class's keys). In the room, in ``course/``: ``make lab WHEELS=..``, or the lines that the folder's ``README.txt`` gives.
"""

from __future__ import annotations

import argparse
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
DEFAULT_FOLDER: Final = ROOT / "wheelhouse"
COURSE: Final = "course"
_FIRST_WORDS: Final = "Everything for a laptop in a room without a network:"
"""By these a folder is known as one that was made here."""
PYTHONS: Final = ("3.11", "3.12", "3.13")
_UV: Final = Path(sys.executable).with_name("uv")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of laptop: how uv calls it, and which wheels it takes, by their tags."""

    target: str
    tags: tuple[str, ...]


def _manylinux(machine: str) -> tuple[str, ...]:
    # pip takes a tag that is named here as it is written: unlike on the machine itself, an older glibc is not implied.
    return tuple(f"manylinux_2_{minor}_{machine}" for minor in range(28, 4, -1)) + tuple(
        f"{old}_{machine}" for old in ("manylinux2014", "manylinux2010", "manylinux1")
    )


KINDS: Final[dict[str, Kind]] = {
    "windows": Kind("x86_64-pc-windows-msvc", ("win_amd64",)),
    "macos": Kind("aarch64-apple-darwin", ("macosx_14_0_arm64",)),
    "macos-intel": Kind("x86_64-apple-darwin", ("macosx_14_0_x86_64",)),
    "linux": Kind("x86_64-manylinux_2_28", _manylinux("x86_64")),
    "linux-arm": Kind("aarch64-manylinux_2_28", _manylinux("aarch64")),
}
USUAL: Final = ("windows", "macos", "linux")


class WheelhouseFailed(Exception):
    """A step failed. The message says which, and what the program said that failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the folder. 0 if it is whole."""
    options = _parser().parse_args(arguments)
    kinds = [_this_kind()] if options.here else options.platforms
    pythons = [f"{sys.version_info.major}.{sys.version_info.minor}"] if options.here else options.pythons
    began = time.perf_counter()
    try:
        fill(options.folder, kinds=kinds, pythons=pythons)
    except WheelhouseFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"{problem.filename or options.folder} cannot be written: {problem.strerror}.", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in options.folder.rglob("*") if path.is_file())
    count = len(list(options.folder.glob("*.whl")))
    seconds = time.perf_counter() - began
    print(f"{options.folder.name}: {count} wheels, {size / 1e6:,.0f} MB, in {seconds:.0f} s.")
    print(f"Copy {options.folder.name} to each laptop. There, in its folder {COURSE}: make lab WHEELS=..")
    return 0


def fill(folder: Path, *, kinds: Iterable[str], pythons: Iterable[str]) -> None:
    """Make the folder anew: the wheels for each kind of laptop with each Python, the list of them, and how to use it.

    Raises:
        WheelhouseFailed: a wheel is not to be had, or something else stands in the folder. What stood in it before is
            unchanged then.
    """
    kinds, pythons = tuple(kinds), tuple(pythons)
    _require_ours(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".wheelhouse-") as place:
        draft = Path(place)
        lock = draft / "requirements.txt"
        _lock(lock)
        for name in kinds:
            for python in pythons:
                print(f"{name}, Python {python} …", flush=True)
                _download(draft, lock, KINDS[name], python)
        (draft / "README.txt").write_text(_how_to_use(kinds, pythons), encoding="utf-8")
        _copy_the_course(draft / COURSE, leave_out=folder)
        folder.mkdir(exist_ok=True)
        for path in list(folder.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in list(draft.iterdir()):
            shutil.move(path, folder / path.name)  # the folder may be a stick of its own


def _require_ours(folder: Path) -> None:
    """A folder that is named by mistake is somebody's: it is emptied only where nothing but a wheelhouse is in it."""
    others = [path.name for path in folder.iterdir() if not _is_part(path)] if folder.exists() else []
    if others:
        raise WheelhouseFailed(
            f"{folder} holds other things ({others[0]}), and would be emptied. Name a new folder, for example "
            f"--folder {folder / 'wheelhouse'}."
        )


def _copy_the_course(target: Path, *, leave_out: Path) -> None:
    """The course as a learner begins with it: nothing that was installed, made or written here comes along."""
    yours = shutil.ignore_patterns(
        ".git", ".env", ".venv", ".course", ".bench", ".wheelhouse-*", "wheelhouse", "build", "node_modules",
        "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", ".ipynb_checkpoints", ".virtual_documents", ".coverage",
    )  # fmt: skip

    def ignored(folder: str, names: list[str]) -> set[str]:
        settings = {name for name in names if name.startswith(".env.") and name != ".env.example"}
        itself = {name for name in names if Path(folder, name) == leave_out.absolute()}
        return yours(folder, names) | settings | itself

    shutil.copytree(ROOT, target, ignore=ignored)


def _is_part(path: Path) -> bool:
    if path.is_dir():  # a stick may hold a folder of that name, with somebody's work in it
        words = path.with_name("README.txt")
        return path.name == COURSE and words.is_file() and words.read_text(encoding="utf-8").startswith(_FIRST_WORDS)
    return path.suffix == ".whl" or path.name in ("requirements.txt", "README.txt")


def _lock(target: Path) -> None:
    """What a learner needs of the pinned list, for every system; hashes and markers included."""
    arguments = ["--universal", "--generate-hashes", "--python-version", PYTHONS[0], "--no-annotate", "--no-header"]
    pinned = str(ROOT / "requirements.txt")
    _run(_UV, "pip", "compile", "--quiet", *arguments, "-c", pinned, str(ROOT / "pyproject.toml"), "-o", str(target))


def _download(folder: Path, lock: Path, kind: Kind, python: str) -> None:
    known: set[str] = set()
    for release in (f"{python}.0", f"{python}.99"):  # a few requirements differ from one release to a later one
        new = _needed(lock, kind, release) - known
        if new:
            chosen = folder / "chosen.txt"
            chosen.write_text("\n".join(sorted(new)), encoding="utf-8")
            _fetch(folder, kind, release, "--require-hashes", "-r", str(chosen))
            chosen.unlink()
        known |= new
    _fetch(folder, kind, f"{python}.99", *_tools())


def _needed(lock: Path, kind: Kind, release: str) -> set[str]:
    """The entries of the list that count on this kind of laptop with this Python, each with its hashes."""
    chosen = _run(
        _UV, "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--no-header", str(lock),
        "--python-platform", kind.target, "--python-version", release,
    )  # fmt: skip
    return set(re.split(r"\n(?=\S)", chosen.strip()))


def _tools() -> list[str]:
    """What installs the rest: uv in the version of the Makefile, and what builds the course itself."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    version = re.search(r"^UV_VERSION := (\S+)$", makefile, re.MULTILINE)
    builder = re.search(r'requires = \["(setuptools[^"]*)"\]', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert version is not None
    assert builder is not None
    return [f"uv=={version[1]}", builder[1]]


def _fetch(folder: Path, kind: Kind, release: str, *what: str) -> None:
    tags = [part for tag in kind.tags for part in ("--platform", tag)]
    abi = "cp" + "".join(release.split(".")[:2])
    _run(
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--only-binary=:all:", "--dest", str(folder), *tags, "--python-version", release, "--implementation", "cp",
        "--abi", abi, "--abi", "abi3", "--abi", "none", *what,
    )  # fmt: skip


def _run(*command: str | Path) -> str:
    """Run a program and return what it printed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        lines = done.stderr.splitlines()
        said = [line for line in lines if line.lower().startswith("error") and "Ignored" not in line] or lines[-5:]
        step = " ".join([Path(command[0]).name, *map(str, command[1:4])])
        raise WheelhouseFailed(
            "\n".join([f"{step} failed. Is the line good?", *(said or done.stderr.splitlines()[-5:])])
        )
    return done.stdout


def _this_kind() -> str:
    machine = platform.machine().lower()
    arm = machine in ("arm64", "aarch64")
    return {
        "Windows": "windows",
        "Darwin": "macos" if arm else "macos-intel",
        "Linux": "linux-arm" if arm else "linux",
    }[platform.system()]


def _how_to_use(kinds: Sequence[str], pythons: Sequence[str]) -> str:
    return f"""\
{_FIRST_WORDS} the course, and all that it needs.
For: {", ".join(kinds)}; Python {", ".join(pythons)} (Python itself is not in here).

In the folder {COURSE} of this one:

    make lab WHEELS=..

or without make (Windows: py -3.12 for python3, and .venv\\Scripts\\ for .venv/bin/):

    python3 -m venv .venv
    .venv/bin/python -m pip install --no-index --find-links .. --require-hashes -r ../requirements.txt
    .venv/bin/python -m pip install --no-index --find-links .. --no-deps -e .
    .venv/bin/python -m jupyterlab --LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Put everything that make lab needs into one folder.")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="where to put it (wheelhouse)")
    parser.add_argument("--platforms", nargs="+", choices=KINDS, default=USUAL, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--pythons", nargs="+", choices=(*PYTHONS, "3.14"), default=PYTHONS, metavar="VERSION")
    parser.add_argument("--here", action="store_true", help="for this machine's kind and Python alone")
    return parser


if __name__ == "__main__":
    sys.exit(main())
