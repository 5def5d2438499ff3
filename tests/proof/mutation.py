"""Break ``helpers/verification/`` in thousands of small ways, and see whether a test says so each time.

``python tests/proof/mutation.py`` works on a private copy, with the quick tests of ``tests/verification``; the races,
the kills and the long sequences only look at what has survived those. It prints what no test has noticed, and exits 1
unless ``surviving_mutants.toml`` says of each why nothing could.

Two tools make the mutants. mutmut changes operators, arguments, texts and assignments inside functions; it skips
functions with decorators, so in the copy each ``@decorator`` becomes an assignment after the function, which means the
same. What it leaves alone is broken here: a call that is dropped, an error that is not raised, a condition that is
turned round, a number that stands outside a function.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final

HOME: Final = Path(__file__).resolve().parent.parent.parent
MUTMUT: Final = "3.8.1"
TOOL: Final = HOME / ".bench" / f"mutmut-{MUTMUT}"
EXPLAINED: Final = Path(__file__).with_name("surviving_mutants.toml")
PACKAGE: Final = Path("helpers/verification")
TESTS: Final = "tests/verification"
SLOW: Final = ("test_races.py", "test_crashes.py", "test_kill_rounds.py", "test_machine.py")
"""Run on survivors alone."""
WORKERS: Final = 2
LONGEST: Final = 600
"""Seconds for one mutant of ours; one that hangs is one that is noticed."""

PYTEST: Final = (
    *("-p", "no:cacheprovider", "-p", "no:nbval", "-p", "no:xdist", "-p", "no:pytest_cov"),
    *("--allow-hosts=127.0.0.1,::1,localhost", "--allow-unix-socket"),
)
CONFIGURATION: Final = """\
[tool.pytest.ini_options]
addopts = {addopts}
filterwarnings = ["error"]
pythonpath = ["tools"]

[tool.mutmut]
source_paths = ["helpers"]
only_mutate = ["helpers/verification/*"]
also_copy = ["tools", "conftest.py"]
pytest_add_cli_args_test_selection = {selection}
use_git_change_detection = false
track_dependencies = false
use_setproctitle = false
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way in which the code was broken."""

    file: str
    removed: str
    added: str
    name: str = ""
    """Among mutmut's own."""
    text: str = ""
    """The whole file, where the mutant is one of ours."""
    where: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by: line numbers change."""
        return self.file, self.removed, self.added

    def __str__(self) -> str:
        old = "".join(f"\n  - {line}" for line in self.removed.splitlines())
        new = "".join(f"\n  + {line}" for line in self.added.splitlines())
        return f"{self.file} {self.where}{old}{new}"


def changed(file: str, old: str, new: str, *, name: str = "", text: str = "") -> Mutant:
    """A mutant, described by the lines that differ."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))[2:]
    removed, added = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    place = re.match(r"@@ -(\d+)", lines[0]) if lines else None
    return Mutant(file, "\n".join(removed), "\n".join(added), name, text, f"line {place[1]}" if place else name)


# --- the private copy -------------------------------------------------------------------------------------------------


def make_copy(folder: Path) -> None:
    """Everything that the tests of the package need, and nothing that points back here."""
    no_bytecode = shutil.ignore_patterns("__pycache__")
    for name in ("helpers", "tools", TESTS):
        shutil.copytree(HOME / name, folder / name, ignore=no_bytecode)
    shutil.copy(HOME / "conftest.py", folder)
    selection = [TESTS, *(f"--ignore={TESTS}/{name}" for name in SLOW)]
    words = CONFIGURATION.format(addopts=json.dumps(PYTEST), selection=json.dumps(selection))
    (folder / "pyproject.toml").write_text(words)


def environment(folder: Path) -> dict[str, str]:
    """Of the processes that run tests: the copy comes first, and mutmut last."""
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    # Appended, so that what mutmut brings along hides nothing of ours; and so in each process that a test starts.
    (site / "sitecustomize.py").write_text(f"import sys\nsys.path.append({str(TOOL)!r})\n")
    quick = Path("/dev/shm")  # noqa: S108  # where it exists, the disk need not be asked for each commit
    scratch = {"TMPDIR": tempfile.mkdtemp(dir=quick, prefix="mutation-")} if quick.is_dir() else {}
    return os.environ | scratch | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}


def undecorate(source: str) -> str:
    """``@decorator`` above a function as ``name = decorator(name)`` below it."""
    lines = source.split("\n")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for node in sorted(functions, key=lambda node: node.lineno, reverse=True):
        if not node.decorator_list or ast.unparse(node.decorator_list[0]) in ("classmethod", "staticmethod"):
            continue
        made = node.name
        for decorator in reversed(node.decorator_list):
            made = f"{ast.unparse(decorator)}({made})"
        assert node.end_lineno is not None
        lines.insert(node.end_lineno, f"{' ' * node.col_offset}{node.name} = {made}")
        for place in range(node.decorator_list[0].lineno - 1, node.lineno - 1):
            lines[place] = ""
    return "\n".join(lines)


def sources(folder: Path) -> Iterator[Path]:
    return (path for path in sorted((folder / PACKAGE).glob("*.py")) if path.name != "__init__.py")


# --- mutmut's mutants -------------------------------------------------------------------------------------------------


def install_mutmut() -> None:
    """In a folder of its own, in a pinned version."""
    if not (TOOL / ".installed").exists():
        shutil.rmtree(TOOL, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(TOOL), f"mutmut=={MUTMUT}"]
        subprocess.run(command, check=True, capture_output=True)
        (TOOL / ".installed").touch()


def by_mutmut(folder: Path, env: dict[str, str], *, sample: int | None, chance: random.Random) -> list[Mutant]:
    """What mutmut makes and the quick tests do not notice."""
    for path in sources(folder):
        path.write_text(undecorate(path.read_text()))
    names: list[str] = []
    if sample is not None:
        mutmut(folder, env, "run", "--max-children", str(WORKERS), "nothing at all", check=False)  # makes the mutants
        names = sorted(statuses(folder))
        names = chance.sample(names, min(sample, len(names)))
    mutmut(folder, env, "run", "--max-children", str(WORKERS), *names, check=True)
    found = statuses(folder)
    counted = Counter(found.values())
    print(f"mutmut: {', '.join(f'{count} {status}' for status, count in counted.most_common())}", flush=True)
    bad = [name for name, status in found.items() if status in ("survived", "no tests", "suspicious")]
    return [shown(folder, env, name) for name in sorted(bad)]


def mutmut(folder: Path, env: dict[str, str], *arguments: str, check: bool) -> str:
    """Run mutmut; what it says last is told where it fails."""
    call = "from mutmut.__main__ import cli; cli()"
    done = subprocess.run(
        [sys.executable, "-c", call, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise RuntimeError("mutmut failed:\n" + (done.stdout + done.stderr)[-3000:])
    return done.stdout


STATUS: Final = {0: "survived", 33: "no tests", 34: "skipped", 35: "suspicious", None: "not tried"}


def statuses(folder: Path) -> dict[str, str]:
    """How each mutant of mutmut's ended."""
    found: dict[str, str] = {}
    for path in (folder / "mutants" / PACKAGE).glob("*.meta"):
        codes = json.loads(path.read_text())["exit_code_by_key"]
        found |= {name: STATUS.get(code, "noticed") for name, code in codes.items()}
    return found


def shown(folder: Path, env: dict[str, str], name: str) -> Mutant:
    """A mutant of mutmut's, by its difference."""
    lines = mutmut(folder, env, "show", name, check=True).splitlines()
    removed = [line[1:].strip() for line in lines if line.startswith("-") and not line.startswith("---")]
    added = [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]
    file = (PACKAGE / f"{name.split('.')[2]}.py").as_posix()
    return Mutant(file, "\n".join(removed), "\n".join(added), name=name, where=name.rpartition(".")[2])


# --- ours -------------------------------------------------------------------------------------------------------------


def ours(path: Path, file: str) -> Iterator[Mutant]:
    """Break one file in the ways that mutmut leaves out."""
    source = path.read_text()
    tree = ast.parse(source)
    inside = {id(node) for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) for node in ast.walk(each)}
    for node in ast.walk(tree):
        for new in broken(node, source, in_function=id(node) in inside):
            yield changed(file, source, new, text=new)


def broken(node: ast.AST, source: str, *, in_function: bool) -> Iterator[str]:
    """The source with one node broken."""
    match node:
        case ast.Expr(value=ast.Call()) if in_function:
            yield put(source, node, "pass")
        case ast.Raise():
            yield put(source, node, "pass")
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield put(source, test, f"(not ({ast.unparse(test)}))")
        case ast.comprehension(ifs=conditions):
            for test in conditions:
                yield put(source, test, f"(not ({ast.unparse(test)}))")
        case ast.Constant(value=int() | float() as number) if not in_function and not isinstance(number, bool):
            yield put(source, node, repr(number + 1))


def put(source: str, node: ast.expr | ast.stmt, new: str) -> str:
    """The source with another text in place of a node. Columns are counted in bytes."""
    lines = source.encode().split(b"\n")
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    before = lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :]
    lines[node.lineno - 1 : node.end_lineno] = [before + new.encode() + after]
    return b"\n".join(lines).decode()


def by_us(folder: Path, env: dict[str, str], *, sample: int | None, chance: random.Random) -> list[Mutant]:
    """What we break and the quick tests do not notice."""
    mutants = [mutant for path in sources(HOME) for mutant in ours(path, path.relative_to(HOME).as_posix())]
    if sample is not None:
        mutants = chance.sample(mutants, min(sample, len(mutants)))
    copies: SimpleQueue[Path] = SimpleQueue()
    for copy in (folder / f"worker-{number}" for number in range(WORKERS)):
        shutil.rmtree(copy, ignore_errors=True)  # from the last time, where --keep was given
        make_copy(copy)
        copies.put(copy)

    def survives(mutant: Mutant) -> bool:
        copy = copies.get()
        try:
            seen = noticed(mutant, copy, env, quick_tests(copy, mutant))
        finally:
            copies.put(copy)
        if not seen and mutant.where:
            print(f"  not noticed by the quick tests: {mutant}", flush=True)  # the whole run takes long
        return not seen

    whole = Mutant(mutants[0].file, "", "", text=(HOME / mutants[0].file).read_text())
    if not survives(whole):
        raise RuntimeError("The tests fail before anything is broken.")
    with ThreadPoolExecutor(WORKERS) as pool:
        survived = list(pool.map(survives, mutants))
    found = list(itertools.compress(mutants, survived))
    print(f"ours: {len(mutants) - len(found)} noticed, {len(found)} survived", flush=True)
    return found


def quick_tests(copy: Path, mutant: Mutant) -> list[str]:
    """The quick tests, those that are named after the file first."""
    first = f"test_{Path(mutant.file).stem}.py"
    found = [path for path in sorted((copy / TESTS).glob("test_*.py")) if path.name not in SLOW]
    return [path.relative_to(copy).as_posix() for path in sorted(found, key=lambda path: path.name != first)]


def noticed(mutant: Mutant, copy: Path, env: dict[str, str], tests: Sequence[str]) -> bool:
    """Whether a test fails, or nothing ends at all."""
    path = copy / mutant.file
    before = path.read_text()
    path.write_text(mutant.text)
    command = [sys.executable, "-m", "pytest", "-x", "-q", *tests]
    try:
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(before)
    return done.returncode != 0


# --- survivors --------------------------------------------------------------------------------------------------------


def second_look(folder: Path, env: dict[str, str], survivors: Iterable[Mutant]) -> list[Mutant]:
    """What the races, the kills and the long sequences do not notice either."""
    tests = [f"{TESTS}/{name}" for name in SLOW if (HOME / TESTS / name).exists()]
    left = []
    for mutant in survivors:
        if mutant.name:
            run_in, with_it = folder / "mutants", env | {"MUTANT_UNDER_TEST": mutant.name}
            command = [sys.executable, "-m", "pytest", "-x", "-q", *tests]
            done = subprocess.run(command, cwd=run_in, env=with_it, capture_output=True, check=False)
            found = done.returncode != 0
        else:
            found = noticed(mutant, folder / "worker-0", env, tests)
        if not found:
            left.append(mutant)
    return left


def explained() -> dict[tuple[str, str, str], str]:
    """Why a mutant means the same as the code."""
    entries = tomllib.loads(EXPLAINED.read_text("utf-8")).get("mutant", []) if EXPLAINED.exists() else []
    return {(each["file"], each["removed"].strip(), each["added"].strip()): each["why"] for each in entries}


def report(survivors: Sequence[Mutant]) -> bool:
    """Print what nobody has explained; whether that is nothing."""
    known = explained()
    unexplained = [mutant for mutant in survivors if mutant.key not in known]
    for mutant in unexplained:
        print(f"\n{mutant}")
    print(f"\n{len(survivors)} survived; {len(survivors) - len(unexplained)} of them are explained.")
    return not unexplained


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, help="only so many mutants of each tool, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="for the sample (1)")
    parser.add_argument("--only", choices=("mutmut", "ours"), help="one of the two tools")
    parser.add_argument("--no-second-look", action="store_true", help="leave the slow tests out")
    parser.add_argument(
        "--keep", type=Path, help="work in this folder and leave it; mutmut goes on where it was stopped"
    )
    wanted = parser.parse_args(arguments)
    chance = random.Random(wanted.seed)  # noqa: S311  # repeatable, not secret
    install_mutmut()
    folder = wanted.keep or Path(tempfile.mkdtemp(prefix="mutation-"))
    env = environment(folder)
    survivors: list[Mutant] = []
    try:
        if wanted.only != "ours":
            if not (folder / "pyproject.toml").exists():
                make_copy(folder)
            survivors += by_mutmut(folder, env, sample=wanted.sample, chance=chance)
        if wanted.only != "mutmut":
            survivors += by_us(folder, env, sample=wanted.sample, chance=chance)
        if not wanted.no_second_look:
            survivors = second_look(folder, env, survivors)
    finally:
        if "TMPDIR" in env:
            shutil.rmtree(env["TMPDIR"], ignore_errors=True)
        if wanted.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if report(survivors) else 1


if __name__ == "__main__":
    sys.exit(main())
