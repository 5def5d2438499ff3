"""No secret that a notebook makes or uses is found outside the places that may hold it; and Run All always arrives.

Each notebook runs twice in one kernel, the last notebook first, all in one course folder: it must reach its bottom from
a used kernel too, and whatever another one has left. (nbval takes the usual way: once each, the first one first.)

It runs with a ledger (see ledger.py), and everything it leaves is searched for what the ledger names. The
places that may hold something: cells tagged ``shows-code`` for codes, the two ``phone`` columns for numbers, the file
``practice-code-key`` for the key; and example numbers (555-0100 to 555-0199) may stand in notebooks.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import surroundings
from kernels import notebook_of, own_surroundings
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from notebook_files import all_notebooks, read, tags
from run_notebooks import client_for

LEDGER = Path(__file__).with_name("ledger.py")
MADE_UP_CODES = {"000000", "123456"}
NO_SECRETS = {"12345678"}  # the practice access key: a user name, which the simulator compares like a key
SHORTEST_SECRET = 8  # a notebook may also type "wrong" as a password, and say the word
NUMBER_COLUMNS = {"accounts.phone", "accounts.new_phone", "verifications.phone"}
KEY_FILE = "practice-code-key"
EXAMPLE_NUMBER = re.compile(r"\+1\d{3}55501\d\d")
DIGITS_ALONE = re.compile(r"(?<![0-9A-Za-z])[0-9]+(?![0-9A-Za-z])")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
BASIC_CREDENTIALS = re.compile(r"Basic [A-Za-z0-9+/]{8,}")
CODE_IN_TEXT = re.compile(r"your code is [0-9]{6}|@\S+ #[0-9]{6}")

# The phone you see, what it stands in, a hint.
ON_THE_SCREEN = ("Phone", "Beside", "Stack", "SampleApp", "AddPhone", "NumberShop", "Field")
WRITE_REPRS = f"""
import gc, os, pathlib
ours = [(type(thing), thing) for thing in gc.get_objects() if str(type(thing).__module__).startswith("helpers.")]
words = {{repr(thing) for kind, thing in ours if kind.__name__ not in {ON_THE_SCREEN}}}
pathlib.Path(os.environ["LEDGER_FOLDER"], "reprs.txt").write_text("\\n".join(words), encoding="utf-8")
"""


@dataclass(frozen=True)
class Run:
    """One notebook that has run, and what it left."""

    notebook: NotebookNode
    widgets: Any
    folder: Path
    ledger: frozenset[tuple[str, str]]

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")


def run(notebook: NotebookNode, folder: Path, *, times: int = 1) -> Run:
    notebook = deepcopy(notebook)
    client = client_for(notebook)
    last = new_code_cell(WRITE_REPRS)
    with own_surroundings(folder), (folder / "stderr.txt").open("w") as stderr:
        os.environ["LEDGER_FOLDER"] = str(folder)
        surroundings.add_startup_file(LEDGER)
        with client.setup_kernel(stderr=stderr):
            for index, cell in [*enumerate(notebook.cells)] * times:
                client.execute_cell(cell, index)
            client.nb.cells.append(last)
            client.execute_cell(last, len(notebook.cells) - 1)
            client.nb.cells.pop()
    entries = [json.loads(line) for line in (folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines()]
    return Run(notebook, client.widget_state, folder, frozenset((entry["kind"], entry["value"]) for entry in entries))


def leaks(run: Run) -> list[str]:
    """Everything that is where it may not be: ``place: kind``."""
    codes, secrets, numbers = codes_of(run), secrets_of(run), numbers_of(run)
    found = [*leaks_in_outputs(run.notebook, run), *search("widgets", words_in(run.widgets), secrets)]
    for place in ("log.txt", "stderr.txt", "reprs.txt"):
        found += search(place, [run.read(place)], codes | secrets | numbers)
    for place, values in columns(run).items():
        found += search(place, words_in(values), codes | secrets | ({} if place in NUMBER_COLUMNS else numbers))
    for file in (run.folder / "course").iterdir():
        if file.name != KEY_FILE:
            found += search(file.name, [file.read_bytes().decode("latin-1")], codes | secrets)
    return sorted(set(found))


def leaks_in_outputs(notebook: NotebookNode, run: Run) -> Iterator[str]:
    always, codes = secrets_of(run) | numbers_of(run, examples=False), codes_of(run)
    for cell in notebook.cells:
        wanted = always if "shows-code" in tags(cell) else always | codes
        yield from search(f"output of {cell.get('id')}", words_in(cell.get("outputs", [])), wanted)


Wanted = dict[str, str]
"""What to look for → kind: codes as they are, all else as a regular expression."""


def codes_of(run: Run) -> Wanted:
    return {without_zeros(value): kind for kind, value in run.ledger if kind == "code" and value not in MADE_UP_CODES}


def without_zeros(digits: str) -> str:
    """As it looks where it was kept as a number, which loses the zeros in front (unless hardly any is left)."""
    number = digits.lstrip("0")
    return number if len(number) > 4 else digits


def secrets_of(run: Run) -> Wanted:
    ids = {value for kind, value in run.ledger if kind == "id"}
    return {BASIC_CREDENTIALS.pattern: "credentials"} | {
        re.escape(spelling): kind
        for kind, value in run.ledger
        if kind in ("secret", "password") and len(value) >= SHORTEST_SECRET and value not in ids | NO_SECRETS
        for spelling in spellings(value)
    }


def spellings(value: str) -> set[str]:
    """A secret as it is; bytes, which the ledger has in hexadecimal, also as themselves and as Python writes them."""
    if not re.fullmatch(r"([0-9a-f]{2}){16,}", value):
        return {value}
    raw = bytes.fromhex(value)
    return {value, raw.decode("latin-1"), repr(raw)[2:-1]}


def numbers_of(run: Run, *, examples: bool = True) -> Wanted:
    numbers = {value for kind, value in run.ledger if kind == "number"}
    wanted = {}
    for number in numbers:
        if examples or not EXAMPLE_NUMBER.fullmatch(number):
            wanted[re.escape(number[1:])] = "number"  # +12065550100 and 12065550100
            wanted[rf"{number[2:5]}\D{{0,2}}{number[5:8]}\D?{number[8:]}"] = "number"  # as people write it
    return wanted


def search(place: str, words: list[str], wanted: Wanted) -> list[str]:
    text = ANSI.sub("", "\n".join(words))
    numbers = {without_zeros(digits) for digits in DIGITS_ALONE.findall(text)}
    lines = "\n".join(dict.fromkeys(text.split("\n")))  # a log says most of what it says a thousand times

    def stands_in_it(what: str, kind: str) -> bool:
        if kind == "code":
            return what in numbers
        may_be_broken = kind == "number" or "\n" in what  # from one line to the next, whichever that is
        return bool(compiled(what).search(text if may_be_broken else lines))

    return [f"{place}: {kind}" for kind in {kind for what, kind in wanted.items() if stands_in_it(what, kind)}]


compiled = cache(re.compile)  # re itself remembers 512, and a notebook has more secrets than that


def words_in(value: Any) -> list[str]:
    """All texts and numbers in a value, however deep."""
    if isinstance(value, dict):
        return [word for key, inner in value.items() for word in (str(key), *words_in(inner))]
    if isinstance(value, list | tuple):
        return [word for inner in value for word in words_in(inner)]
    return [value.decode("latin-1") if isinstance(value, bytes) else str(value)]


def columns(run: Run) -> dict[str, list[Any]]:
    """Every value in every database, by ``table.column``."""
    found = defaultdict(list)
    for table, row in rows(run):
        for column, value in row.items():
            found[f"{table}.{column}"].append(value)
    return found


def rows(run: Run) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row in every database, with its table's name."""
    for file in sorted((run.folder / "course").glob("*.sqlite")):
        with closing(sqlite3.connect(file)) as database:
            database.row_factory = sqlite3.Row
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 (the name is the database's own)
                    yield table, dict(row)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One course folder for all of them: what a notebook leaves there must not trip the next one."""
    return tmp_path_factory.mktemp("course")


@pytest.mark.parametrize("path", all_notebooks()[::-1], ids=lambda path: path.stem)
def test_a_notebook_keeps_its_secrets(path: Path, tmp_path: Path, course: Path) -> None:
    (tmp_path / "course").symlink_to(course)
    stored = read(path)
    fresh = run(stored, tmp_path, times=2)
    assert leaks(fresh) == []
    assert list(leaks_in_outputs(stored, fresh)) == []


@pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem)
def test_stored_outputs_hold_codes_only_where_a_tag_says_so(path: Path) -> None:
    untagged = [cell for cell in read(path).cells if "shows-code" not in tags(cell)]
    assert [cell.id for cell in untagged if CODE_IN_TEXT.search("\n".join(words_in(cell.get("outputs", []))))] == []


START = """
import logging, secrets, sqlite3, sys
from helpers import PhoneNumber, Settings
settings = Settings.for_notebook("leaks")
verifier = settings.verifier()
code = "0"
while code.startswith("0"):  # kept as a number it loses them, and what is left may be too short to be known
    settings.clock.advance(minutes=10)
    started = verifier.start(settings.my_number, account="ana", purpose="sign-in", client="198.51.100.7")
    settings.clock.advance(seconds=2)
    code = settings.code_from_phone()
database = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
"""
LEAKS = {
    "print(code)": {"output of 1: code"},
    "raise ValueError(f'not {code}')": {"output of 2: code"},
    "print(settings.secret_key.reveal())": {"output of 3: secret"},
    "print('Basic MTIzNDU2Nzg6c2VjcmV0')": {"output of 4: credentials"},
    "print(PhoneNumber.parse('206-555-0200').national)": {"output of 5: number"},
    "print(settings.my_number.national)": set(),  # an example number
    "logging.getLogger('bank').debug('code %s', code)": {"log.txt: code"},
    "print(settings.my_number.e164, file=sys.__stderr__, flush=True)": {"stderr.txt: number"},
    "database.execute('CREATE TABLE notes (text, amount, data)')": set(),
    "database.execute('INSERT INTO notes (text) VALUES (?)', (f'to {settings.my_number.digits}',))": {
        "notes.text: number"
    },
    "database.execute('INSERT INTO notes (amount) VALUES (?)', (int(code),))": {"notes.amount: code"},
    "database.execute('INSERT INTO notes (data) VALUES (?)', (settings.code_key.reveal(),))": {"notes.data: secret"},
    "database.execute('UPDATE verifications SET delivery = ?', (code,))": {"verifications.delivery: code"},
    # The audit log masks what it is told, and is searched all the same: a hand of one's own can write anything there.
    "verifier.audit.record(event='x', outcome='y', account=settings.my_number.national)": set(),
    "verifier.audit.record(event='x', outcome='y', client=settings.my_number.e164)": set(),
    "verifier.audit.record(event='x', outcome='y', detail=f'call {settings.my_number.digits} at once')": set(),
    "verifier.audit.record(event='x', outcome='y', detail=f'typed {code}')": {"audit.detail: code"},
    "verifier.audit.record(event='x', outcome=settings.my_number.e164)": {"audit.outcome: number"},
    "verifier.audit.record(event='x', outcome='y', verification=secrets.token_urlsafe(32))": {
        "audit.verification: secret"
    },
    "verifier.start(settings.my_number, account='ben', purpose='sign-in', client='x'); verifier.forget('ben')": set(),
    "type(settings.clock).__repr__ = lambda clock: code": {"reprs.txt: code"},
}


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A notebook that does all of it."""
    notebook = notebook_of(START, *LEAKS, tags=("raises-exception",))
    for number, cell in enumerate(notebook.cells):
        cell.id = str(number)
    return run(notebook, tmp_path_factory.mktemp("leaky"))


def test_every_leak_is_found_and_nothing_else(leaky: Run) -> None:
    found = {leak for leak in leaks(leaky) if not leak.startswith("leaks.sqlite")}  # the columns' own file
    assert found == set().union(*LEAKS.values())


def test_a_tagged_cell_may_show_the_code_and_nothing_else(leaky: Run) -> None:
    tagged = deepcopy(leaky.notebook)
    for cell in tagged.cells:
        cell.metadata["tags"] = ["shows-code"]
    assert "output of 1: code" not in leaks_in_outputs(tagged, leaky)
    assert "output of 3: secret" in leaks_in_outputs(tagged, leaky)


def test_the_ledger_names_every_kind(leaky: Run) -> None:
    assert {kind for kind, _ in leaky.ledger} >= {"code", "id", "secret", "number"}


@pytest.mark.parametrize(("code", "kept"), [("012345", "12345"), ("012345", "012345"), ("482915", "482915")])
def test_a_code_is_found_also_where_it_was_kept_as_a_number(code: str, kept: str) -> None:
    assert search("note", [f"id={kept}, x"], {without_zeros(code): "code"}) == ["note: code"]


@pytest.mark.parametrize(("what", "kind"), [("abc_def", "secret"), ("ab\\\ncd", "secret"), (r"206\D?555", "number")])
def test_what_a_log_says_among_many_lines_alike_is_found(what: str, kind: str) -> None:
    wanted = {what: kind}
    assert search("log", ["BEGIN\n206\n" * 2, "(abc_def)", "BEGIN", "ab\nmore\nab\ncd", "206\n555"], wanted)
    assert search("log", ["BEGIN\n206\n" * 2, "(abc-def)", "BEGIN", "ab\nmore\nab\n555"], wanted) == []


@pytest.mark.parametrize("words", ["a12345", "123456", "1 2345", "12345b"])
def test_a_part_of_a_longer_word_is_no_code(words: str) -> None:
    assert search("note", [words], {without_zeros("012345"): "code"}) == []


def test_what_is_left_of_many_zeros_is_no_code() -> None:
    assert search("note", ["12"], {without_zeros("000012"): "code"}) == []
