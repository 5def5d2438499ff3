"""Faults on purpose: each must turn the run of a notebook red, or the notebooks would not notice it in CI either.

Each fault is put into a copy of the helpers with one notebook beside it, and nbval runs all of these, set up as in this
repository. That the kernels import the copy and not the installed helpers shows in the same result: faults are noticed.
To add a fault, add one entry to ``MUTANTS``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from notebook_files import NOTEBOOKS

COURSE = NOTEBOOKS.parent
SET_UP = ("tools", "tests/notebooks/sanitize.cfg", "conftest.py", "pyproject.toml")
PLUGIN = Path(__file__).with_name("noticed.py")
PROCESSES = 2


@dataclass(frozen=True)
class Change:
    """``old``, which stands in ``file`` exactly once, becomes ``new``."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A fault, and the notebook that must notice it."""

    fault: str
    notebook: str
    changes: tuple[Change, ...]

    @property
    def folder(self) -> str:
        """The name of its copy."""
        return re.sub(r"\W+", "-", f"{self.fault} {self.notebook}")


STORE = "helpers/verification/store.py"
VERIFIER = "helpers/verification/verifier.py"
SENDING = "helpers/verification/sending.py"

QUICK = Change(
    "helpers/accounts/accounts.py", "PasswordHasher()", "PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)"
)
"""No fault: half the time of notebook 04 is honest work on passwords, and a fault does not need it."""

MUTANTS = (
    Mutant(
        "any code is right",
        "04-verification",
        (Change(VERIFIER, 'if not self._keys.match(row, typed, generation=row["generation"],', "if not dict("),),
    ),
    Mutant(
        "a code never expires",
        "04-verification",
        (
            Change(VERIFIER, 'return "expired" if now >= row["expires_at"] else', 'return "expired" if now < 0 else'),
            Change(
                STORE,
                '*_mine(verification, account, purpose),\n            table.status == "pending",\n'
                "            table.checks < table.max_checks,\n            table.expires_at > now,",
                '*_mine(verification, account, purpose),\n            table.status == "pending",\n'
                "            table.checks < table.max_checks,",
            ),
        ),
    ),
    Mutant(
        "a used ticket and a used code work again",
        "04-verification",
        (
            Change(STORE, '.values(status="approved", next_hmac=None)', ".values(next_hmac=None)"),
            Change(
                "helpers/accounts/sessions.py",
                "execute(delete(tokens).where(*mine)).rowcount",
                "execute(select(tokens).where(*mine)).all()",
            ),
        ),
    ),
    Mutant(
        "a guess is not counted",
        "04-verification",
        (Change(STORE, "checks=table.checks + 1", "checks=table.checks"),),
    ),
    Mutant(
        "a new code gives the guesses back",
        "04-verification",
        (Change(SENDING, '"replaced_hmac": row["code_hmac"],', '"replaced_hmac": row["code_hmac"], "checks": 0,'),),
    ),
    Mutant(
        "a new code leaves the old one alive",
        "04-verification",
        (
            Change(SENDING, 'generation = row["generation"] + 1', "generation = 1"),
            Change(SENDING, '"code_hmac": self._keys.hmac(', '"code_hmac": row["code_hmac"] or self._keys.hmac('),
        ),
    ),
    Mutant(
        "a wrong password is right",
        "04-verification",
        (
            Change(
                "helpers/accounts/passwords.py",
                "except VerifyMismatchError:\n            return False",
                "except VerifyMismatchError:\n            return True",
            ),
        ),
    ),
    Mutant(
        "v2.1 and v2.2 answer 200",
        "02-api-trial",
        (Change("helpers/simulator/wire/messages.py", 'return 202, {"data": data}', 'return 200, {"data": data}'),),
    ),
    Mutant(
        "a foreign from is accepted",
        "02-api-trial",
        (
            Change(
                "helpers/simulator/network.py", "= account.numbers.get(checked.sender)", "= OwnedNumber(checked.sender)"
            ),
        ),
    ),
    Mutant(
        "a number that is not registered texts",
        "01-setup",
        (Change("helpers/simulator/network.py", 'if number.registration == "registered" else', "if number else"),),
    ),
    Mutant(
        "STOP is not heard",
        "02-api-trial",
        (Change("helpers/simulator/network.py", "self._opted_out.add(pair)", "pass"),),
    ),
    Mutant(
        "a lost answer looks like an answer",
        "02-api-trial",
        (Change("helpers/simulator/faults.py", 'fault.kind == "reset-after"', 'fault.kind == "never"'),),
    ),
    Mutant(
        "the keys are shown",
        "02-api-trial",
        (
            Change("helpers/flowroute/exchange.py", 'f"Basic {MASK}"', 'headers["Authorization"]'),
            Change("helpers/display/request_view.py", 'name.lower() == "authorization"', 'name == ""'),
        ),
    ),
    Mutant(
        "premium lines are texted",
        "03-sending",
        (Change("helpers/phone_numbers.py", "if self.kind not in kinds:", "if self.kind is None:"),),
    ),
    Mutant(
        "the text lost the line that binds it to a site",
        "03-sending",
        (Change("helpers/verification/codes.py", "\\n\\n@{origin} #{code}", ""),),
    ),
    Mutant(
        "a printed line is another one",
        "02-api-trial",
        (
            Change(
                "notebooks/02-api-trial.ipynb",
                '"three sends, three times 202 Accepted\\n"',
                '"three sends, all of them arrived\\n"',
            ),
        ),
    ),
    Mutant(
        "a cell no longer fails",
        "04-verification",
        (Change("notebooks/04-verification.ipynb", '"    accounts.sign_in(pending, right)\\n"', '"    pass\\n"'),),
    ),
)


HEALTHY = tuple(Mutant("no fault", notebook, ()) for notebook in sorted({mutant.notebook for mutant in MUTANTS}))

Cells = dict[str, set[str]]
"""What became of the cells of one copy: ``PASSED``, ``FAILED`` or ``ERROR``, and which."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cells]:
    """The folder of each copy, and what became of its cells."""
    place = tmp_path_factory.mktemp("mutants")
    for name in SET_UP:
        copy(COURSE / name, place / name)
    copy(PLUGIN, place / PLUGIN.name)
    for mutant in MUTANTS + HEALTHY:
        make(mutant, place / mutant.folder)
    notebooks = [f"{mutant.folder}/notebooks/{mutant.notebook}.ipynb" for mutant in MUTANTS + HEALTHY]
    runs = [nbval(place, notebooks[part::PROCESSES]) for part in range(PROCESSES)]
    found: dict[str, Cells] = defaultdict(lambda: defaultdict(set))
    for run in runs:
        for line in run.communicate()[0].splitlines():
            if match := re.match(r"(PASSED|FAILED|ERROR) ([^/]+)/.*?::(Cell \d+)", line):
                found[match[2]][match[1]].add(match[3])
    return found


def make(mutant: Mutant, folder: Path) -> None:
    copy(COURSE / "helpers", folder / "helpers")
    copy(NOTEBOOKS / "naive", folder / "notebooks" / "naive")
    copy(NOTEBOOKS / f"{mutant.notebook}.ipynb", folder / "notebooks" / f"{mutant.notebook}.ipynb")
    for change in (QUICK, *mutant.changes):
        file = folder / change.file
        text = file.read_text(encoding="utf-8")
        assert text.count(change.old) == 1, f"{change.file} holds this {text.count(change.old)} times: {change.old}"
        text = text.replace(change.old, change.new)
        if file.suffix == ".py":
            compile(text, str(file), "exec")  # a fault that is no Python would be noticed by anything
        file.write_text(text, encoding="utf-8")
        for compiled in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
            compiled.unlink()  # Python knows an old one by size and second alone


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        # With what Python has compiled, or each kernel compiles the whole package anew.
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
    else:
        shutil.copy(source, target)


def nbval(place: Path, notebooks: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "--color=no", "--tb=no", "-rpfE", "-p", PLUGIN.stem, *notebooks],
        cwd=place,
        env=os.environ | {"PYTHONPATH": ".."},  # a kernel stands in the notebooks folder of its copy
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.fault)
def test_the_notebook_notices(mutant: Mutant, results: dict[str, Cells]) -> None:
    cells = results[mutant.folder]
    assert cells["FAILED"], f"{mutant.notebook} does not notice this fault: {mutant.fault}"
    assert cells["PASSED"], "nothing works at all: this fault proves nothing"


@pytest.mark.parametrize("healthy", HEALTHY, ids=lambda healthy: healthy.notebook)
def test_without_a_fault_the_copy_is_green(healthy: Mutant, results: dict[str, Cells]) -> None:
    assert set(results[healthy.folder]) == {"PASSED"}


def test_there_are_enough_faults() -> None:
    assert len(MUTANTS) >= 8
