"""Kill processes at random moments while they start, resend and check, and see after each kill whether all still holds.

Several processes work on one database as fast as they can. The parent kills one (``SIGKILL``: no clean-up, no
``finally``), puts another in its place, takes one look at the database and compares it with the look before and with
what the processes wrote down themselves: each text at the moment it was posted, each approval once it was returned.
Their clock runs 400 times as fast as ours, so that codes expire and waits end meanwhile.

The clock and the choices are injected; the moment at which a kill strikes is as random as it is meant to be.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, Final

import databases
import processes
from sqlalchemy import Connection, make_url

from helpers.clock import LESSON_START, Clock, from_ms, to_ms
from helpers.database import DatabaseUnavailable
from helpers.display.phone import code_in
from helpers.flowroute import FlowrouteError, InvalidRequest, MessageRecord, OutcomeUnknown, SentMessage, ServerError
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import ENROL, Policy, ResendPolicy, SendBudget, Store, VerificationError, Verifier
from helpers.verification.store import Row

SPEED: Final = 400
WORKERS: Final = 4
PEOPLE: Final = 6
ERA: Final = timedelta(minutes=20)
"""After so long new accounts are used: the old ones have long waits, or are at their cap."""
HOUR_MS: Final = 3_600_000
KEY: Final = Secret(bytes(range(32)))
FROM: Final = PhoneNumber("+12065550199")
PURPOSES: Final = ("sign-in", ENROL)
LEAST_PATIENCE, MOST_PATIENCE = 0.0, 0.06
"""Seconds from a worker's first call to its end."""

Facts = dict[str, Any]
"""A row by the names of its columns, or a line of a file."""


def policy_for(resend: ResendPolicy) -> Policy:
    """The default policy, with room for everybody in the send budget: six phones stand for thousands."""
    plenty = 10_000_000
    budget = SendBudget(
        per_phone=plenty,
        per_account=plenty,
        per_client=plenty,
        per_prefix=plenty,
        daily_messages=plenty,
        daily_cents=Decimal(plenty),
        enrolment_share=1.0,
        conversion_floor=0.0,
    )
    return Policy(resend=resend, keep_rows=timedelta(days=3650), budget=budget)  # every row stays to be looked at


# --- what the processes do --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A text at the moment it left."""

    verification: str
    number: int
    generation: int
    account: str
    purpose: str
    phone: str
    code: str
    body: str
    id: str
    at: int


@dataclass(frozen=True, slots=True)
class Paths:
    """The files that all processes share, and their database: one of the files, or where ``server`` says."""

    folder: Path
    server: str = ""
    """The address of an empty PostgreSQL database, or of a schema in one."""

    @property
    def database(self) -> Path:
        return self.folder / "killed.sqlite"

    @property
    def url(self) -> str:
        return self.server or f"sqlite:///{self.database.as_posix()}"

    @property
    def texts(self) -> Path:
        """A line for each text."""
        return self.folder / "texts"

    @property
    def approvals(self) -> Path:
        """A line for each check that returned."""
        return self.folder / "approvals"


def note(path: Path, facts: Facts) -> None:
    """Append one line, and return when the disk has it. One write: a kill leaves all of the line, or nothing."""
    line = json.dumps(facts).encode() + b"\n"
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)


def noted(path: Path, *, last: int | None = None) -> list[Facts]:
    """The lines of a file; at most so many bytes from its end."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        begin = max(0, size - last) if last is not None else 0
        file.seek(begin)
        lines = file.read().split(b"\n")
    return [json.loads(line) for line in (lines[1:] if begin else lines) if line]


class NotingStore(Store):
    """Remembers which text of which verification was reserved last: the one that is posted next."""

    planned: Facts

    def insert(self, connection: Connection, row: Row) -> None:
        super().insert(connection, row)
        self._plan(row, row)

    def reserve_resend(self, connection: Connection, row: Row, values: Row) -> bool:
        self._plan(row, values)
        return super().reserve_resend(connection, row, values)

    def _plan(self, row: Row, values: Row) -> None:
        new = values["next_hmac"] != row["code_hmac"]  # the same code again is no new generation
        self.planned = {name: row[name] for name in ("account", "purpose", "phone")} | {
            "verification": row["id"],
            "number": values["sends"],
            "generation": row["generation"] + new,
            # Its time by Flowroute, too: while a worker waits for the disk, minutes go by on a clock this fast.
            "at": values["sent_at"],
        }


class FilingFlowroute:
    """Writes each text down as it leaves. Now and then it refuses one, or its answer gets lost before or after."""

    def __init__(self, paths: Paths, store: NotingStore, chance: random.Random, *, reliable: bool = False) -> None:
        self._paths = paths
        self._store = store
        self._chance = chance
        self._reliable = reliable

    def send_message(self, *, to: PhoneNumber, from_: PhoneNumber, body: str) -> SentMessage:
        fate = 1.0 if self._reliable else self._chance.random()
        if fate < 0.03:
            raise InvalidRequest(400)
        if fate < 0.06:
            raise ServerError(502)
        text = Text(
            **self._store.planned,
            code=code_in(body) or "",
            body=body,
            id=f"mdr2-{self._chance.getrandbits(96):024x}",
        )
        assert text.phone == to.e164, "posted to another phone than the one that was reserved"
        note(self._paths.texts, asdict(text))
        if fate < 0.12:
            raise OutcomeUnknown("The answer got lost.")
        return SentMessage(id=text.id)

    def list_messages(self, *, start: Any, end: Any) -> Iterator[MessageRecord]:
        for text in noted(self._paths.texts):
            if to_ms(start) <= text["at"] <= to_ms(end):
                yield MessageRecord(
                    id=text["id"],
                    status="",
                    direction="outbound",
                    to=PhoneNumber(text["phone"]),
                    from_=FROM,
                    body=text["body"],
                    amount_nanodollars=None,
                    amount_display="",
                    message_encoding=None,
                    message_type="longcode",
                    is_mms=False,
                    timestamp=from_ms(text["at"]),
                    receipts=(),
                )


def verifier_on(
    paths: Paths, *, policy: Policy, clock: Clock, chance: random.Random, reliable: bool = False
) -> tuple[Verifier, Store]:
    """A verifier of this process, and its store."""
    store = NotingStore(paths.url)
    flowroute: Any = FilingFlowroute(paths, store, chance, reliable=reliable)
    verifier = Verifier(
        flowroute,
        store=store,
        code_key=KEY,
        from_number=FROM,
        brand="Example Bank",
        origin="bank.example",
        clock=clock,
        policy=policy,
        on_alarm=lambda _: None,
    )
    return verifier, store


class Worker:
    """One process: makes one call after the other, whatever comes of it."""

    def __init__(self, paths: Paths, *, policy: Policy, clock: Clock, chance: random.Random) -> None:
        self._paths = paths
        self._chance = chance
        self._clock = clock
        self._verifier, self._store = verifier_on(paths, policy=policy, clock=clock, chance=chance)

    def close(self) -> None:
        """Give the database file back."""
        self._store.engine.dispose()

    def call(self) -> None:
        """Do one of the things that people do."""
        [deed] = self._chance.choices(
            (self._start, self._resend, self._check, self._guess, self._cancel), (4, 3, 8, 3, 1)
        )
        # A database that is locked for five seconds is no finding here: the machine may be that slow.
        with suppress(VerificationError, FlowrouteError, DatabaseUnavailable):
            deed()

    def _start(self) -> None:
        person = self._chance.randrange(PEOPLE)
        era = self._clock.now_ms() // (ERA // timedelta(milliseconds=1))
        self._verifier.start(
            f"+1206555{100 + person:04d}",
            account=f"person-{era}-{person}",
            purpose=self._chance.choice(PURPOSES),
            client="198.51.100.7",
        )

    def _resend(self) -> None:
        if text := self._some_text():
            self._verifier.resend(text["verification"], **_whose(text))

    def _check(self) -> None:
        """Type the code of a text: of a new or an old one, of one that was used. At most one of them may open."""
        if text := self._some_text():
            approved = self._verifier.check(text["verification"], text["code"], **_whose(text))
            note(self._paths.approvals, {"verification": approved.id, "code": text["code"]})

    def _guess(self) -> None:
        if text := self._some_text():
            wrong = f"{(int(text['code']) + 1) % 10**6:06d}"
            with suppress(VerificationError):
                approved = self._verifier.check(text["verification"], wrong, **_whose(text))
                note(self._paths.approvals, {"verification": approved.id, "code": wrong})

    def _cancel(self) -> None:
        if text := self._some_text():
            self._verifier.cancel(text["verification"], **_whose(text))

    def _some_text(self) -> Facts | None:
        recent = noted(self._paths.texts, last=4096)
        return self._chance.choice(recent) if recent else None


def _whose(text: Facts) -> dict[str, str]:
    return {"account": text["account"], "purpose": text["purpose"]}


def fast_clock(epoch_ns: int) -> Clock:
    """The same for all processes: it stood at the lesson's start at ``epoch_ns`` and runs 400 times as fast."""
    start = to_ms(LESSON_START)
    return Clock(source=lambda: start + (time.time_ns() - epoch_ns) * SPEED // 1_000_000)


def work(paths: Paths, policy: Policy, epoch_ns: int, seed: str, ready: Pipe) -> None:
    """The life of a worker: it ends when it is killed, or when nobody is there any more to kill it."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    worker: Worker | None = None
    while worker is None and not ready.poll():
        with suppress(DatabaseUnavailable):  # busy for five seconds, as above
            worker = Worker(paths, policy=policy, clock=fast_clock(epoch_ns), chance=chance)
    ready.send(True)
    while worker is not None and not ready.poll():
        worker.call()


# --- what has to hold -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """Everything there is, at one moment."""

    texts: list[Facts]
    """From the file: what has left. Read first, so that the database must know of each."""
    approvals: list[Facts]
    began: int
    """The time before and after the database was read."""
    ended: int
    rows: Mapping[str, list[Facts]]
    """By table."""

    def by(self, table: str, *names: str) -> dict[tuple[Any, ...], Facts]:
        """The rows of a table under a key."""
        return {tuple(row[name] for name in names): row for row in self.rows[table]}


TABLES: Final = ("verifications", "texts", "account_limits", "cool_downs", "sends", "send_totals", "audit")


def look_at(paths: Paths, clock: Clock) -> Look:
    """Read the files, then the database, all of it in one reading transaction, with the driver and nothing of ours."""
    texts, approvals = noted(paths.texts), noted(paths.approvals)
    began = clock.now_ms()
    with reading(paths) as connection:
        rows = {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in TABLES}  # noqa: S608  # a constant
    return Look(texts, approvals, began, clock.now_ms(), rows)


@contextmanager
def reading(paths: Paths) -> Iterator[Any]:
    """A connection that sees the database as of one moment."""
    if paths.server:
        from psycopg.rows import dict_row

        with databases.connect(make_url(paths.server)) as connection:
            connection.row_factory = dict_row
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection
        return
    with closing(sqlite3.connect(paths.database, isolation_level=None, timeout=30)) as file:
        file.row_factory = sqlite3.Row
        file.execute("BEGIN")
        yield file
        file.execute("COMMIT")


def broken(look: Look, before: Look | None = None, *, policy: Policy) -> list[str]:
    """What does not hold, in words; nothing where all is well."""
    rules: Iterable[Iterator[str]] = (
        _verifications_are_whole(look, policy),
        _texts_are_counted(look),
        _texts_are_numbered(look),
        _nothing_leaves_twice(look),
        _no_code_works_twice(look),
        _charges_come_in_pairs(look, policy),
        _the_ledger_is_whole(look),
        *([rule(before, look) for rule in BETWEEN] if before is not None else ()),
    )
    return list(chain.from_iterable(rules))


def _verifications_are_whole(look: Look, policy: Policy) -> Iterator[str]:
    """No row is half-written: each field fits the others."""
    live: Counter[tuple[str, str]] = Counter()
    for row in look.rows["verifications"]:
        for rule, holds in _row_rules(row, policy).items():
            if not holds:
                yield f"verification {row['id']}: not so: {rule}"
        live[row["account"], row["purpose"]] += row["status"] in ("sending", "pending")
    for whose, count in live.items():
        if count > 1:
            yield f"{whose} has {count} verifications at once"


def _row_rules(row: Facts, policy: Policy) -> dict[str, bool]:
    status, generation, sends = row["status"], row["generation"], row["sends"]
    hmacs = [row[name] for name in ("next_hmac", "code_hmac", "replaced_hmac")]
    return {
        "the status is one of four": status in ("sending", "pending", "approved", "canceled"),
        "checks are from 0 to the most": 0 <= row["checks"] <= row["max_checks"] == policy.max_checks,
        "sends are from 1 to the most": 1 <= sends <= policy.max_sends,
        "codes are not more than sends": 0 <= generation <= sends,
        "an HMAC is whole": all(value is None or len(value) == 32 for value in hmacs),
        "sending: nothing is good yet": status != "sending"
        or (sends == 1 and generation == 0 and row["checks"] == 0 and row["next_hmac"] is not None),
        "pending or approved: there is a code": status not in ("pending", "approved") or generation >= 1,
        "a code has its HMAC": (row["code_hmac"] is not None) == (generation >= 1),
        "the code before has its HMAC": (row["replaced_hmac"] is not None) == (generation >= 2),
        "a code has a delivery": generation == 0 or row["delivery"] in ("accepted", "unknown", "not sent"),
        "a code has a nonce only under the same-code-again policy": generation == 0
        or (row["nonce"] is not None) == (policy.resend is ResendPolicy.SAME_CODE),
        "ended: no code is on its way": status not in ("approved", "canceled") or row["next_hmac"] is None,
        "approved: it was checked": status != "approved" or row["checks"] >= 1,
        "times are in order": row["created_at"] <= row["sent_at"] < row["resend_at"],
        "a code lives as long as the policy says": generation == 0
        or row["created_at"] < row["expires_at"] <= row["sent_at"] + policy.code_lifetime // timedelta(milliseconds=1),
    }


def _texts_are_counted(look: Look) -> Iterator[str]:
    """Each text that has left was counted before it did; each that is said to have left has."""
    verifications, counted = look.by("verifications", "id"), look.by("texts", "verification", "number")
    left = {(text["verification"], text["number"]): text for text in look.texts}
    for key in left:
        row = verifications.get(key[:1])
        if row is None or row["sends"] < key[1] or key not in counted:
            yield f"text {key} left and is not counted"
    for key, row in counted.items():
        text = left.get(key)
        if row["message_id"] is not None and text is not None and row["message_id"] != text["id"]:
            yield f"text {key} has the id of another one"
        if (row["message_id"] is not None) != (row["outcome"] == "accepted"):
            yield f"text {key} is {row['outcome']} with the id {row['message_id']}"
        if row["outcome"] == "not sent" and text is not None:
            yield f"text {key} left, and is said not to have"


def _texts_are_numbered(look: Look) -> Iterator[str]:
    """As many texts as sends, and no text without its verification."""
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for row in look.rows["texts"]:
        numbers[row["verification"]].append(row["number"])
    for row in look.rows["verifications"]:
        if sorted(numbers.pop(row["id"], [])) != list(range(1, row["sends"] + 1)):
            yield f"verification {row['id']} has {row['sends']} sends and other texts"
    for verification in numbers:
        yield f"the texts of {verification} belong to nothing"


def _nothing_leaves_twice(look: Look) -> Iterator[str]:
    left = Counter((text["verification"], text["number"]) for text in look.texts)
    ids = Counter(row["message_id"] for row in look.rows["texts"] if row["message_id"])
    for which, count in chain(left.items(), ids.items()):
        if count > 1:
            yield f"text {which} was sent {count} times"


def _no_code_works_twice(look: Look) -> Iterator[str]:
    """An approval is one row, one entry in the log, and one check that returned at most; and it was the good code."""
    rows = look.by("verifications", "id")
    approved = {row["id"] for row in look.rows["verifications"] if row["status"] == "approved"}
    returned = Counter(line["verification"] for line in look.approvals)
    logged = Counter(
        row["verification"] for row in look.rows["audit"] if row["event"] == "check" and row["outcome"] == "approved"
    )
    for verification in returned | logged:
        if returned[verification] > 1 or logged[verification] > 1:
            yield f"{verification} was approved twice"
        if verification not in approved:
            yield f"{verification} was approved and is not"
    for verification in approved - set(logged):
        yield f"{verification} is approved and nobody wrote it down"
    codes: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for text in look.texts:
        codes[text["verification"], text["generation"]].add(text["code"])
    for line in look.approvals:
        row = rows.get((line["verification"],))
        if row is not None and line["code"] not in codes[row["id"], row["generation"]]:
            yield f"{line['verification']} was opened by a code that was not the good one"


def _charges_come_in_pairs(look: Look, policy: Policy) -> Iterator[str]:
    """A check is charged to the account and to the verification, or to none of them."""
    checks: Counter[tuple[str, str]] = Counter()
    cleared: set[tuple[str, str]] = set()
    for row in look.rows["verifications"]:
        account, authenticator = row["account"], "sms-binding" if row["purpose"] == ENROL else "sms"
        checks[account, authenticator] += row["checks"]
        if row["status"] == "approved":
            cleared |= {(account, authenticator), (account, "sms")}
            cleared |= {(account, "sms-binding")} if row["purpose"] == ENROL else set()
    limits = {key: row["failures"] for key, row in look.by("account_limits", "account", "authenticator").items()}
    for key in {*checks, *limits}:
        failures = limits.get(key, 0)
        if not 0 <= failures <= policy.account_failure_cap:
            yield f"{key} has {failures} failures"
        if failures > checks[key] or (failures < checks[key] and key not in cleared):
            yield f"{key} has {failures} failures and {checks[key]} checks"


def _the_ledger_is_whole(look: Look) -> Iterator[str]:
    """Each text stands once in the day's totals, in all and for its prefix, and under all its keys for an hour."""
    messages: Counter[str] = Counter()
    approved = 0
    for row in look.rows["send_totals"]:
        messages["in all" if row["prefix"] == "" else "by prefix"] += row["messages"]
        approved += row["approved"] if row["prefix"] == "" else 0
    texts = len(look.rows["texts"])
    for where in ("in all", "by prefix"):
        if messages[where] != texts:
            yield f"{messages[where]} texts are counted {where}, and there are {texts}"
    if approved != sum(row["status"] == "approved" for row in look.rows["verifications"]):
        yield f"{approved} approvals are counted, and there are others"
    keys = Counter(row["text"] for row in look.rows["sends"])
    purposes = {row["id"]: row["purpose"] for row in look.rows["verifications"]}
    for row in look.rows["texts"]:
        name = f"{row['verification']}:{row['number']}"
        wanted = 4 if purposes.get(row["verification"]) == ENROL else 3
        # Older ones may have been swept meanwhile.
        if row["sent_at"] > look.ended - HOUR_MS and keys[name] != wanted:
            yield f"text {name} is counted under {keys[name]} keys of {wanted}"
    for row in look.rows["cool_downs"]:
        if row["texts"] < 1 or row["free_at"] <= row["sent_at"]:
            yield f"the wait of {row['account']} is none"


COUNTS: Final = {
    "verifications": (("id",), ("checks", "sends", "generation", "sent_at")),
    "send_totals": (("day", "prefix", "kind"), ("messages", "nanodollars", "approved")),
}
FIXED: Final = ("account", "purpose", "phone", "client_key", "max_checks", "created_at")
NEXT: Final = {
    "sending": {"sending", "pending", "approved", "canceled"},
    "pending": {"pending", "approved", "canceled"},
    "approved": {"approved"},
    "canceled": {"canceled"},
}
NEXT_OUTCOME: Final = {
    "sending": {"sending", "accepted", "unknown", "not sent"},
    "unknown": {"unknown", "accepted", "not sent"},
    "accepted": {"accepted"},
    "not sent": {"not sent"},
}


def _no_count_goes_back(before: Look, look: Look) -> Iterator[str]:
    for table, (key, counts) in COUNTS.items():
        now = look.by(table, *key)
        for name, old in before.by(table, *key).items():
            if name not in now:
                yield f"{table} {name} is gone"
                continue
            for count in counts:
                if now[name][count] < old[count]:
                    yield f"{table} {name}: {count} went back from {old[count]} to {now[name][count]}"


def _only_approvals_clear_failures(before: Look, look: Look) -> Iterator[str]:
    approvals = _approvals_of(look)
    approvals.subtract(_approvals_of(before))
    limits = look.by("account_limits", "account", "authenticator")
    for key, old in before.by("account_limits", "account", "authenticator").items():
        failures = limits[key]["failures"] if key in limits else 0
        if failures < old["failures"] and not approvals[key[0]]:
            yield f"{key}: failures went back from {old['failures']} to {failures}"


def _what_is_ended_stays_ended(before: Look, look: Look) -> Iterator[str]:
    after = look.by("verifications", "id")
    for key, old in before.by("verifications", "id").items():
        new = after.get(key, old)
        if new["status"] not in NEXT.get(old["status"], set()):
            yield f"verification {key}: from {old['status']} to {new['status']}"
        if any(new[name] != old[name] for name in FIXED):
            yield f"verification {key}: what it was started for has changed"
    outcomes = look.by("texts", "verification", "number")
    for key, old in before.by("texts", "verification", "number").items():
        if key not in outcomes or outcomes[key]["outcome"] not in NEXT_OUTCOME.get(old["outcome"], set()):
            yield f"text {key} was {old['outcome']} and is not any more"


def _approvals_of(look: Look) -> Counter[str]:
    return Counter(row["account"] for row in look.rows["verifications"] if row["status"] == "approved")


def _the_log_only_grows(before: Look, look: Look) -> Iterator[str]:
    old, new = (sorted(each.rows["audit"], key=lambda row: row["number"]) for each in (before, look))
    if _digest(new[: len(old)]) != _digest(old):
        yield "the audit log has lost an entry, or one has changed"


BETWEEN: Final = (
    _no_count_goes_back,
    _only_approvals_clear_failures,
    _what_is_ended_stays_ended,
    _the_log_only_grows,
)


def _digest(rows: list[Facts]) -> bytes:
    return hashlib.sha256(json.dumps(rows).encode()).digest()


# --- the rounds -------------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What came of it."""

    kills: int = 0
    looks: int = 0
    texts: int = 0
    approvals: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    """The entries of the audit log, by event and outcome."""
    cut_off: int = 0
    """Texts that were reserved by a process that was killed before it could write down what became of them."""
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.looks} looks; {self.texts} texts left, {self.approvals} checks returned, "
            f"{self.cut_off} sends were cut off in the middle"
        )


class Killing:
    """The processes, and who kills them."""

    def __init__(self, paths: Paths, *, resend: ResendPolicy, seed: int) -> None:
        self.paths = paths
        self.policy = policy_for(resend)
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._epoch_ns = time.time_ns()
        self.clock = fast_clock(self._epoch_ns)
        self._processes = processes.fresh()
        self._born = 0

    def run(self, rounds: int) -> Outcome:
        """Kill so often; stop at the first thing that does not hold."""
        outcome = Outcome()
        Store(self.paths.url).engine.dispose()  # the tables, so that the first look finds them
        before: Look | None = None
        with ExitStack() as stack:
            workers = [self._begin(stack) for _ in range(WORKERS)]
            while outcome.kills < rounds and not outcome.broken:
                place = self._chance.randrange(WORKERS)
                self._kill(*workers[place])
                outcome.kills += 1
                workers[place] = self._begin(stack)
                before = self._look(outcome, before)
        # All are gone now: what they left has to work on.
        outcome.broken += self._whole_file() + self._goes_on()
        self._count(outcome, self._look(outcome, before))
        return outcome

    def _begin(self, stack: ExitStack) -> tuple[Any, Pipe]:
        mine, theirs = self._processes.Pipe()
        self._born += 1
        job = (self.paths, self.policy, self._epoch_ns, f"{self._seed} {self._born}", theirs)
        process = self._processes.Process(target=work, args=job, daemon=True)
        process.start()
        theirs.close()
        stack.callback(_end, process, mine)
        return process, mine

    def _kill(self, process: Any, ready: Pipe) -> None:
        if not ready.poll(60):
            raise RuntimeError("A worker did not come up within a minute.")
        try:
            ready.recv()
        except EOFError:
            raise RuntimeError("A worker ended by itself; what it said stands above.") from None
        # Waits for nothing that happens: how long a worker may live is the choice that this is about.
        process.join(self._chance.uniform(LEAST_PATIENCE, MOST_PATIENCE))
        if process.exitcode is not None:
            raise RuntimeError(f"A worker ended by itself with {process.exitcode}.")
        _end(process, ready)

    def _look(self, outcome: Outcome, before: Look | None) -> Look:
        look = look_at(self.paths, self.clock)
        outcome.looks += 1
        outcome.broken += [
            f"after {outcome.kills} kills: {words}" for words in broken(look, before, policy=self.policy)
        ]
        return look

    def _whole_file(self) -> list[str]:
        if self.paths.server:  # its files are in the server's hands, and nobody kills that
            return []
        with closing(sqlite3.connect(self.paths.database)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else [f"the file is damaged: {words}" for words in found]

    def _goes_on(self) -> list[str]:
        """Whoever comes next signs in as if nothing had been."""
        whose = {"account": "who comes after", "purpose": "sign-in"}
        verifier, store = verifier_on(
            self.paths, policy=self.policy, clock=self.clock, chance=self._chance, reliable=True
        )
        try:
            started = verifier.start("+12065550100", **whose, client="198.51.100.7")
            verifier.check(started.id, noted(self.paths.texts)[-1]["code"], **whose)
        except (VerificationError, DatabaseUnavailable) as error:
            return [f"whoever came after was refused: {error!r}"]
        finally:
            store.engine.dispose()
        return []

    def _count(self, outcome: Outcome, look: Look) -> None:
        outcome.texts = len(look.texts)
        outcome.approvals = len(look.approvals)
        outcome.calls = Counter(f"{row['event']}: {row['outcome']}" for row in look.rows["audit"])
        outcome.cut_off = sum(row["outcome"] == "sending" for row in look.rows["texts"])


def _end(process: Any, pipe: Pipe) -> None:
    if process.is_alive():
        os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.join()
    pipe.close()
