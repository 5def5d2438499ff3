"""What a code costs, with few rows and with many, beside django-otp: ``make bench-verification``.

One pair is what one sign-in asks of the engine: a code is sent (to a Flowroute that answers at once) and its right code
is checked. The peer is django-otp's e-mail device, which does the same for Django with a mail box in memory. Both use a
SQLite file in WAL mode with the same ``synchronous``, the same cache and the same patience. Both are filled beforehand:
with a thousand, and with a million verifications of the last 24 hours (and the texts, the send ledger and the audit log
that go with them), or as many users with a device. The sizes are measured in turns, and medians of the rounds compared.

Where ``DATABASE_URL`` names a PostgreSQL server, both are measured there too, each in a schema with the same rows, and
with the server's own settings.

The send budget is raised and the peer's wait between two mails is off (a bench texts more than a person), and nothing
else of the policy. The clock of a database runs only while it is measured, so that as many rows grow old as would in
that time, and no more.

Wanted: at a million rows, a pair costs at most 1.2 times what it costs at a thousand. Exits 1 if that did not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import secrets
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

HOME: Final = Path(__file__).resolve().parent.parent
BENCH: Final = HOME / ".bench"
DJANGO, DJANGO_OTP, PSYCOPG = "5.2.19", "1.7.5", "3.3.9"
WANTED: Final = 1.2
"""How many times the cost at few rows the cost at many may be."""

BUSY_SECONDS: Final = 5
CACHE_KIB: Final = 32_768
ACCOUNTS: Final = 500_000
"""Names that sign-ins are drawn from, at every size."""
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
WARM_UP_SECONDS: Final = 0.5
KEY: Final = bytes(range(32))
ON_SERVER: Final = " on PostgreSQL"
"""Ends the name of an engine that keeps its rows there; its database is an address then, and no path."""


# --- one process of the load ------------------------------------------------------------------------------------------


class Engine(Protocol):
    """What is measured: made anew in each process."""

    def start(self) -> Any:
        """Send a code to somebody."""

    def check(self, started: Any, *, right: bool) -> None:
        """Bring the code back, or a wrong one."""

    def tidy(self, started: Any) -> None:
        """After a wrong code: so that the next measurement finds what this one found."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to measure."""

    engine: str
    database: str
    seconds: float
    now_ms: int
    """Where the clock of the database stands."""
    seed: int
    count_commits: bool = False
    number: int = 0
    """Which of the processes that measure at once."""
    processes: int = 1


@dataclass
class Measured:
    """What a process has measured, in milliseconds."""

    start: list[float] = field(default_factory=list)
    check: list[float] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)
    seconds: float = 0.0
    """What the pairs took."""
    cpu_ms: float = 0.0
    """What the pairs took of a processor: whatever else the machine does, this says less of it."""
    gave_up: int = 0
    """Calls that waited for the write lock until their patience was over."""
    commits: dict[str, int] = field(default_factory=dict)


def work(order: Order) -> None:
    """The life of a process: warm up, say so, wait for the word, measure, tell."""
    engine, locked = make_engine(order)
    measured = Measured()
    load(engine, Measured(), seconds=WARM_UP_SECONDS, locked=locked)
    print("ready", flush=True)
    sys.stdin.readline()
    if order.count_commits:
        measured.commits = commits_of(engine, Path(order.database))
    else:
        used = time.process_time()
        measured.seconds = load(engine, measured, seconds=order.seconds, locked=locked)
        measured.cpu_ms = (time.process_time() - used) * 1000
        guess(engine, measured, seconds=order.seconds / 3, locked=locked)
    print(json.dumps(asdict(measured)), flush=True)


def load(engine: Engine, measured: Measured, *, seconds: float, locked: type[Exception]) -> float:
    """Pair after pair for so long; how long it took in fact."""
    begin = time.perf_counter()
    while (began := time.perf_counter()) < begin + seconds:
        try:
            started = engine.start()
            between = time.perf_counter()
            engine.check(started, right=True)
        except locked:
            measured.gave_up += 1
            continue
        measured.start.append((between - began) * 1000)
        measured.check.append((time.perf_counter() - between) * 1000)
    return time.perf_counter() - begin


def guess(engine: Engine, measured: Measured, *, seconds: float, locked: type[Exception]) -> None:
    """Wrong codes alone; the codes they are wrong for are sent meanwhile, and not timed."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        try:
            started = engine.start()
            began = time.perf_counter()
            engine.check(started, right=False)
            measured.wrong.append((time.perf_counter() - began) * 1000)
            engine.tidy(started)
        except locked:
            measured.gave_up += 1


def commits_of(engine: Engine, database: Path) -> dict[str, int]:
    """How many transactions each call wrote to the log, counted in the log itself: the file beside the database."""
    before = commit_frames(database)
    started = engine.start()
    between = commit_frames(database)
    engine.check(started, right=True)
    after = commit_frames(database)
    started = engine.start()
    last = commit_frames(database)
    engine.check(started, right=False)
    counted = {"start": between - before, "check": after - between, "wrong": commit_frames(database) - last}
    engine.tidy(started)
    return counted


def commit_frames(database: Path) -> int:
    """The frames of the write-ahead log that end a transaction (SQLite's file format, "WAL File Format", §4.1)."""
    log = Path(f"{database}-wal")
    data = log.read_bytes() if log.exists() else b""  # there is none before the first write
    page = int.from_bytes(data[8:12], "big")
    salts = data[16:24]
    frames = (data[place : place + 24] for place in range(32, len(data) - 23, page + 24))
    return sum(frame[8:16] == salts and frame[4:8] != bytes(4) for frame in frames)


def make_engine(order: Order) -> tuple[Engine, type[Exception]]:
    """The engine, and the error it raises where the database stayed locked."""
    chance = random.Random(order.seed)  # noqa: S311  # repeatable, not secret
    if order.engine.startswith("django-otp"):
        return django_engine(order, chance)
    return our_engine(order, chance)


# --- ours -------------------------------------------------------------------------------------------------------------


def our_engine(order: Order, chance: random.Random) -> tuple[Engine, type[Exception]]:
    from sqlalchemy import event

    from helpers.clock import Clock
    from helpers.database import DatabaseUnavailable
    from helpers.display.phone import code_in
    from helpers.flowroute import SentMessage
    from helpers.phone_numbers import PhoneNumber
    from helpers.verification import Store, WrongCode

    class QuickFlowroute:
        """Takes every text at once."""

        body = ""

        def send_message(self, *, to: PhoneNumber, from_: PhoneNumber, body: str) -> SentMessage:
            self.body = body
            return SentMessage(id=f"mdr2-{chance.getrandbits(128):032x}")

    began = time.monotonic()
    clock = Clock(source=lambda: order.now_ms + int((time.monotonic() - began) * 1000))
    store = Store(order.database if order.engine.endswith(ON_SERVER) else f"sqlite:///{order.database}")
    if order.count_commits:
        event.listen(store.engine, "connect", _without_checkpoints)
        store.engine.dispose()
    flowroute = QuickFlowroute()
    verifier = our_verifier(flowroute, store, clock)
    phones = [PhoneNumber(number) for number in fictional_numbers()]

    class Ours:
        def start(self) -> Any:
            account = account_name(chance.randrange(ACCOUNTS))
            started = verifier.start(
                chance.choice(phones), account=account, purpose="sign-in", client=client_address(chance)
            )
            return started, account, code_in(flowroute.body)

        def check(self, started: Any, *, right: bool) -> None:
            verification, account, code = started
            if right:
                verifier.check(verification.id, code, account=account, purpose="sign-in")
                return
            try:
                verifier.check(verification.id, other_than(code), account=account, purpose="sign-in")
            except WrongCode:
                return
            raise AssertionError("a wrong code was taken")

        def tidy(self, started: Any) -> None:
            self.check(started, right=True)

    return Ours(), DatabaseUnavailable


def our_verifier(flowroute: Any, store: Any, clock: Any) -> Any:
    """The default policy, but for the send budget."""
    from decimal import Decimal

    from helpers.phone_numbers import PhoneNumber
    from helpers.secret import Secret
    from helpers.verification import Policy, SendBudget, Verifier

    plenty = 1_000_000_000
    budget = SendBudget(
        per_phone=1000, per_account=1000, per_client=1000, daily_messages=plenty, daily_cents=Decimal(plenty)
    )
    return Verifier(
        flowroute,
        store=store,
        code_key=Secret(KEY),
        from_number=PhoneNumber("+12065550199"),
        brand="Example Bank",
        origin="bank.example",
        clock=clock,
        policy=Policy(budget=budget),
        on_alarm=lambda _: None,
    )


def _without_checkpoints(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA wal_autocheckpoint = 0")


def fictional_numbers() -> list[str]:
    """555-0100 to 555-0199 of every area code there is: reserved for fiction, and enough for a crowd."""
    from helpers.phone_numbers import PhoneNumber, PhoneNumberError

    found = []
    for area in range(201, 990):
        try:
            PhoneNumber.parse(f"+1{area}5550100").require_textable(regions=("US", "CA"))
        except PhoneNumberError:
            continue
        found += [f"+1{area}55501{last:02}" for last in range(100)]
    return found


def account_name(number: int) -> str:
    return f"user-{number:06}"


def client_address(chance: random.Random) -> str:
    """One of four billion (RFC 3849: reserved for documentation)."""
    return f"2001:db8::{chance.getrandbits(16):x}:{chance.getrandbits(16):x}"


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


# --- the peer ---------------------------------------------------------------------------------------------------------


def django_engine(order: Order, chance: random.Random) -> tuple[Engine, type[Exception]]:
    """The e-mail device as its documentation has it used: ``generate_challenge``, then ``verify_token``."""
    set_up_django(order.database, checkpoints=not order.count_commits)
    from django.contrib.auth.models import User
    from django.core import mail
    from django.db import OperationalError
    from django_otp import verify_token
    from django_otp.plugins.otp_email.models import EmailDevice

    mail.outbox = []
    devices = EmailDevice.objects.count() // order.processes  # a share for each: a device has one code at a time

    class Django:
        def start(self) -> Any:
            device = EmailDevice.objects.get(pk=chance.randrange(devices) * order.processes + order.number + 1)
            device.generate_challenge()
            code = re.search(r"\d{6}", mail.outbox.pop().body)
            assert code is not None
            return device, code[0]

        def check(self, started: Any, *, right: bool) -> None:
            device, code = started
            user = User(pk=device.user_id)
            taken = verify_token(user, device.persistent_id, code if right else other_than(code))
            assert (taken is not None) == right

        def tidy(self, started: Any) -> None:
            mine = EmailDevice.objects.filter(pk=started[0].pk)
            mine.update(throttling_failure_count=0, throttling_failure_timestamp=None, last_generated_timestamp=None)

    return Django(), OperationalError


def set_up_django(database: str, *, checkpoints: bool = True) -> None:
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django_otp",
            "django_otp.plugins.otp_email",
        ],
        DATABASES={"default": django_server(database) if "://" in database else django_file(database, checkpoints)},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        OTP_EMAIL_SENDER="bank@bank.example",
        OTP_EMAIL_COOLDOWN_DURATION=0,  # with few devices, the same one comes up again within its minute
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
    )
    django.setup()


def django_file(database: str, checkpoints: bool) -> dict[str, Any]:
    pragmas = f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -{CACHE_KIB};"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": database,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": BUSY_SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": pragmas + ("" if checkpoints else "PRAGMA wal_autocheckpoint = 0;"),
        },
    }


def django_server(address: str) -> dict[str, Any]:
    where = connection_to(address)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": where["dbname"],
        "USER": where["user"],
        "PASSWORD": where["password"],
        "HOST": where["host"],
        "PORT": where["port"],
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": where["options"]},
    }


def fill_django(database: str, rows: int, *, now_ms: int) -> None:
    """Users with one device each; how a third of them stand, as after a wrong code or an unused one."""
    set_up_django(database)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    chance = random.Random(rows)  # noqa: S311  # repeatable, not secret
    then = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime((now_ms - DAY_MS) / 1000))
    with bulk_loading(Path(database)) as connection:
        connection.executemany(
            "INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, "
            "date_joined, first_name) VALUES (?, '!', 0, ?, '', ?, 0, 1, ?, '')",
            ((n + 1, account_name(n), f"user-{n:06}@bank.example", then) for n in range(rows)),
        )
        connection.executemany(
            "INSERT INTO otp_email_emaildevice (id, name, confirmed, token, valid_until, user_id, "
            "throttling_failure_count, created_at, email) VALUES (?, 'email', 1, ?, ?, ?, ?, ?, NULL)",
            (
                (n + 1, f"{chance.randrange(10**6):06}" if n % 3 == 0 else None, then, n + 1, 0, then)
                for n in range(rows)
            ),
        )


# --- the same on a server ---------------------------------------------------------------------------------------------


def connection_to(address: str) -> dict[str, Any]:
    """The parts of an address, as psycopg has them; without SQLAlchemy, which the peer does not have."""
    parts = urlsplit(address)
    return {
        "host": parts.hostname or "",
        "port": parts.port or 5432,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": parts.path.lstrip("/"),
        "options": dict(parse_qsl(parts.query)).get("options", ""),
    }


@contextmanager
def schema(server: str) -> Iterator[str]:
    """An empty schema on the server, gone at the end; the address of it."""
    import psycopg

    name = f"bench_{secrets.token_hex(8)}"
    with psycopg.connect(**connection_to(server), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        try:
            yield urlsplit(server)._replace(query=urlencode({"options": f"-csearch_path={name}"})).geturl()
        finally:
            connection.execute("SET client_min_messages = warning")
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def copy_to_server(engine: str, path: str, address: str) -> None:
    """Make the tables in an empty schema, and copy the rows of a filled file into them."""
    import psycopg

    tables = ["auth_user", "otp_email_emaildevice"]
    if engine == "ours":
        from helpers.verification import Store
        from helpers.verification.tables import metadata

        Store(address).engine.dispose()
        tables = [table.name for table in metadata.sorted_tables]
    else:
        set_up_django(address)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
    with psycopg.connect(**connection_to(address)) as server, closing(sqlite3.connect(path)) as file:
        server.execute("SET TIME ZONE 'UTC'")
        for table in tables:
            rows = file.execute(f"SELECT * FROM {table}")  # noqa: S608  # our own names
            columns = ", ".join(column[0] for column in rows.description)
            with server.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        if engine == "ours":
            server.execute("SELECT setval(pg_get_serial_sequence('audit', 'number'), max(number)) FROM audit")
    with psycopg.connect(**connection_to(address), autocommit=True) as server:
        for table in tables:
            server.execute(f"VACUUM ANALYZE {table}")


# --- filling ours -----------------------------------------------------------------------------------------------------


def fill_ours(database: str, rows: int, *, now_ms: int) -> None:
    """Verifications as a day leaves them, evenly spread: 85 % approved, one in ten with a second text."""
    from helpers.clock import Clock
    from helpers.phone_numbers import PhoneNumber
    from helpers.verification import Store
    from helpers.verification.guard import PlannedText
    from helpers.verification.tables import metadata

    store = Store(f"sqlite:///{database}")
    verifier = our_verifier(None, store, Clock())
    store.engine.dispose()
    chance = random.Random(rows)  # noqa: S311  # repeatable, not secret
    phones = fictional_numbers()
    tables: dict[str, list[tuple[Any, ...]]] = {table.name: [] for table in metadata.sorted_tables}
    accounts: set[str] = set()
    waiting: dict[str, int] = {}
    totals: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])

    def one(at: int) -> None:
        verification, account = secrets.token_urlsafe(24), account_name(chance.randrange(min(ACCOUNTS, rows // 2)))
        phone, client = chance.choice(phones), client_address(chance)
        client_key = verifier.guard.client_key(client)
        sends = 2 if chance.random() < 0.1 else 1
        status = chance.choices(("approved", "canceled", "pending"), (85, 10, 5))[0]
        sent_at = at + 31_000 * (sends - 1)
        tables["verifications"].append(
            (
                *(verification, account, "sign-in", phone, client_key, status, sends, "0" * 8, None),
                *(chance.randbytes(32), chance.randbytes(32) if sends > 1 else None, None),
                *(1 if status == "approved" else 0, 5, sends, at, sent_at, sent_at + 30_000, sent_at + 300_000),
                "accepted",
            )
        )
        about = (account, client, "sign-in", verification)
        for number in range(1, sends + 1):
            message, then = f"mdr2-{chance.getrandbits(128):032x}", at + 31_000 * (number - 1)
            tables["texts"].append((verification, number, then, "accepted", message))
            event = "start" if number == 1 else "resend"
            tables["audit"].append((None, then, event, "sent", *about, message, f"••{phone[-2:]}", ""))
            if then > now_ms - HOUR_MS:
                text = PlannedText(f"{verification}:{number}", PhoneNumber(phone), account, client_key, "confirmed", 1)
                tables["sends"].extend((key, then, text.id) for _, key, _ in verifier.guard._rates(text))
            for prefix in ("", phone[:8]):
                totals[then // DAY_MS, prefix][0] += 1
                totals[then // DAY_MS, prefix][1] += status == "approved" and number == sends
        if status == "approved":
            tables["audit"].append((None, sent_at + 15_000, "check", "approved", *about, "", f"••{phone[-2:]}", ""))
            waiting.pop(account, None)
        else:
            waiting[account] = sent_at
        accounts.add(account)

    with bulk_loading(Path(database)) as connection:
        # Not up to the present: no wait of anybody's last text is running any more.
        for number, at in enumerate(sorted(chance.randrange(now_ms - DAY_MS, now_ms - 120_000) for _ in range(rows))):
            one(at)
            if number % 50_000 == 0:
                _insert(connection, tables)
        tables["account_limits"] = [(account, "sms", chance.choice((0, 0, 0, 1)), 0) for account in sorted(accounts)]
        tables["cool_downs"] = [(account, "sign-in", 1, at, at + 30_000) for account, at in waiting.items()]
        tables["send_totals"] = [
            (day, prefix, "confirmed", count, count * 7_000_000, approved, 0)
            for (day, prefix), (count, approved) in totals.items()
        ]
        _insert(connection, tables)


def _insert(connection: sqlite3.Connection, tables: dict[str, list[tuple[Any, ...]]]) -> None:
    for name, rows in tables.items():
        if rows:
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {name} VALUES ({places})", rows)  # noqa: S608  # our own names
            rows.clear()


@contextmanager
def bulk_loading(database: Path) -> Iterator[sqlite3.Connection]:
    """One big transaction without the disk's word for each page; the indexes are made at the end, in one go each."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF;")
        connection.execute("BEGIN")
        indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        named = indexes.fetchall()
        for name, _ in named:
            connection.execute(f'DROP INDEX "{name}"')
        yield connection
        for _, sql in named:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# --- side by side -----------------------------------------------------------------------------------------------------

Key = tuple[str, int, int]
"""Engine, rows, processes."""


@dataclass
class Database:
    """A filled file, or a filled schema on the server."""

    engine: str
    python: Path
    path: Path | str
    rows: int
    now_ms: int


class Figures:
    """All rounds of one engine, one size and one number of processes."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.cpu_ms: list[float] = []
        self.p99: defaultdict[str, list[float]] = defaultdict(list)
        self.p50: defaultdict[str, list[float]] = defaultdict(list)
        self.gave_up = 0

    def add(self, measured: Sequence[Measured]) -> None:
        pairs = sum(len(each.check) for each in measured)
        if not pairs:
            raise RuntimeError("Not one pair came through: the machine is too busy, or --seconds too few.")
        self.rates.append(sum(len(each.check) / each.seconds for each in measured))
        self.cpu_ms.append(sum(each.cpu_ms for each in measured) / pairs)
        self.gave_up += sum(each.gave_up for each in measured)
        for what in ("start", "check", "wrong"):
            took = [one for each in measured for one in getattr(each, what)]
            if took:
                self.p50[what].append(percentile(took, 50))
                self.p99[what].append(percentile(took, 99))

    @property
    def rate(self) -> float:
        """Pairs a second: the median of the rounds."""
        return statistics.median(self.rates)

    @property
    def cpu(self) -> float:
        """Milliseconds of a processor for a pair: the median of the rounds."""
        return statistics.median(self.cpu_ms)

    def took(self, what: str) -> str:
        """The median and the 99th percentile, in milliseconds; the medians of the rounds."""
        if not self.p50[what]:
            return "–"
        return f"{statistics.median(self.p50[what]):.2f}, {statistics.median(self.p99[what]):.1f} ms"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, int]
    processes: tuple[int, ...]
    rounds: int
    seconds: float
    peers: bool


def side_by_side(plan: Plan) -> bool:
    """Fill, measure in turns, print. Whether ours stayed within what is wanted."""
    BENCH.mkdir(exist_ok=True)
    figures: defaultdict[Key, Figures] = defaultdict(Figures)
    with tempfile.TemporaryDirectory(dir=BENCH, prefix="verification-") as folder, ExitStack() as schemas:
        databases = list(filled(Path(folder), plan))
        databases += [on_server(each, schemas) for each in databases] if server_wanted() else []
        files = [each for each in databases if not each.engine.endswith(ON_SERVER)]
        commits = {each.engine: measure(each, processes=1, seconds=0, seed=0, count_commits=True) for each in files}
        for turn in range(plan.rounds):
            for processes in plan.processes:
                # There and back: whatever gets slower or quicker in the course of a round falls on both sizes.
                for each in databases if turn % 2 else reversed(databases):
                    seed = hash((turn, processes, each.rows))
                    measured = measure(each, processes=processes, seconds=plan.seconds, seed=seed)
                    figures[each.engine, each.rows, processes].add(measured)
            print(f"Round {turn + 1} of {plan.rounds} is done.", file=sys.stderr, flush=True)
    engines = list(dict.fromkeys(each.engine for each in databases))
    print_figures(plan, engines, figures, {engine: measured[0].commits for engine, measured in commits.items()})
    return print_verdict(plan, engines, figures)


def filled(folder: Path, plan: Plan) -> Iterator[Database]:
    """The databases, ours and the peer's of each size, the peer left out with a reason where it cannot be had."""
    pythons = {"ours": Path(sys.executable)}
    if plan.peers:
        try:
            pythons["django-otp"] = django_python()
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as problem:
            print(f"Left out: django-otp. {problem}\n", flush=True)
    for rows in plan.sizes:
        for engine, python in pythons.items():
            path, now_ms, began = folder / f"{engine}-{rows}.sqlite", int(time.time() * 1000), time.perf_counter()
            run(python, __file__, "--fill", engine, path, str(rows), str(now_ms))
            size = path.stat().st_size / 1e6
            took = time.perf_counter() - began
            print(f"{engine}, {rows:,} rows: filled in {took:.0f} s, {size:,.0f} MB.", file=sys.stderr, flush=True)
            yield Database(engine, python, path, rows, now_ms)
    if hasattr(os, "sync"):
        os.sync()  # what is still on its way to the disk must not be paid for by the first measurement


def server_wanted() -> bool:
    """Whether there is a server to measure on; said where there is none."""
    if os.environ.get("DATABASE_URL"):
        return True
    print("Left out: PostgreSQL. Set DATABASE_URL to postgresql+psycopg://user:password@host/name.\n", flush=True)
    return False


def on_server(file: Database, schemas: ExitStack) -> Database:
    """The rows of a file in a schema."""
    address, began = schemas.enter_context(schema(os.environ["DATABASE_URL"])), time.perf_counter()
    run(file.python, __file__, "--copy", file.engine, file.path, address)
    took = time.perf_counter() - began
    print(f"{file.engine}{ON_SERVER}, {file.rows:,} rows: copied in {took:.0f} s.", file=sys.stderr, flush=True)
    return Database(f"{file.engine}{ON_SERVER}", file.python, address, file.rows, file.now_ms)


def measure(
    database: Database, *, processes: int, seconds: float, seed: int, count_commits: bool = False
) -> list[Measured]:
    """So many processes at once: all are warm before the first one begins."""
    orders = [
        Order(
            database.engine,
            str(database.path),
            seconds,
            database.now_ms,
            seed + number,
            count_commits,
            number,
            processes,
        )
        for number in range(processes)
    ]
    began = time.perf_counter()
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(database.python, order)) for order in orders]
        for each in workers:
            expect_line(each)
        for each in workers:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        measured = [Measured(**json.loads(expect_line(each))) for each in workers]
    database.now_ms += int((time.perf_counter() - began) * 1000)
    return measured


@contextmanager
def worker(python: Path, order: Order) -> Iterator[subprocess.Popen[str]]:
    """A process of ours, ended at the end."""
    command: list[str | Path] = [python, __file__, "--work", json.dumps(asdict(order))]
    with subprocess.Popen(command, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603  # ours
        try:
            yield running
        finally:
            running.kill()


def expect_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("A process ended before it had measured; what it said stands above.")
    return line


def django_python() -> Path:
    """A virtual environment of its own for the peer, in pinned versions."""
    home = BENCH / f"django-otp-{DJANGO_OTP}-psycopg-{PSYCOPG}"
    python = home / "bin" / "python"
    done = home / ".installed"
    if not done.exists():
        shutil.rmtree(home, ignore_errors=True)
        run(sys.executable, "-m", "venv", home)
        run(
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            f"django=={DJANGO}",
            f"django-otp=={DJANGO_OTP}",
            f"psycopg[binary]=={PSYCOPG}",
        )
        done.touch()
    return python


def run(*command: str | Path) -> None:
    """Run a program; what it says is told where it fails."""
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=1800, check=False)  # noqa: S603  # ours
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip().splitlines()[-1:]}")


# --- what is said -----------------------------------------------------------------------------------------------------


def print_figures(
    plan: Plan, engines: Iterable[str], figures: dict[Key, Figures], commits: dict[str, dict[str, int]]
) -> None:
    """The table, in Markdown. Times: the median and the 99th percentile."""
    print(
        "| engine | rows | processes | pairs a second | processor | start | check | check of a wrong code | gave up |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for engine in engines:
        for rows in plan.sizes:
            for processes in plan.processes:
                each = figures[engine, rows, processes]
                facts = (engine, f"{rows:,}", str(processes), f"{each.rate:,.0f}", f"{each.cpu:.1f} ms")
                times = (each.took(what) for what in ("start", "check", "wrong"))
                print(f"| {' | '.join((*facts, *times, str(each.gave_up)))} |")
    print()
    for engine, counted in commits.items():
        told = ", ".join(f"{what} {count}" for what, count in counted.items())
        print(f"Transactions written by {engine}: {told}.")
    print()


def print_verdict(plan: Plan, engines: Sequence[str], figures: dict[Key, Figures]) -> bool:
    """The ratios; whether ours stayed within what is wanted."""
    few, many = plan.sizes
    held = True
    for engine in engines:
        ratios = {
            processes: figures[engine, few, processes].rate / figures[engine, many, processes].rate
            for processes in plan.processes
        }
        cpu = (
            figures[engine, many, processes].cpu / figures[engine, few, processes].cpu for processes in plan.processes
        )
        told = "; ".join(
            f"{processes}: {ratio:.2f} (processor {used:.2f})"
            for (processes, ratio), used in zip(ratios.items(), cpu, strict=True)
        )
        print(f"Cost of a pair of {engine} at {many:,} rows, divided by that at {few:,}, by processes: {told}.")
        if engine.startswith("ours"):
            held = held and max(ratios.values()) <= WANTED
    for peer in engines:
        ours = peer.replace("django-otp", "ours") if peer.startswith("django-otp") else "ours"
        if ours == peer:
            continue
        told = "; ".join(
            f"{rows:,} rows, {processes}: "
            f"{figures[ours, rows, processes].rate / figures[peer, rows, processes].rate:.2f}"
            for rows in plan.sizes
            for processes in plan.processes
        )
        print(f"Pairs a second of {ours}, divided by those of {peer}: {told}.")
    print(f"Wanted of ours: at most {WANTED} times the cost at {few:,}. That {'held' if held else 'DID NOT HOLD'}.")
    return held


# --- the command ------------------------------------------------------------------------------------------------------

FILLERS: Final[dict[str, Callable[..., None]]] = {"ours": fill_ours, "django-otp": fill_django}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured (5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long one measurement takes (4)")
    parser.add_argument("--quick", action="store_true", help="small numbers: to see that it runs, not to compare")
    parser.add_argument("--no-peers", action="store_true", help="measure ours alone; nothing is installed")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--fill", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--copy", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.work:
        work(Order(**json.loads(options.work)))
        return 0
    if options.fill:
        engine, path, rows, now_ms = options.fill
        FILLERS[engine](path, int(rows), now_ms=int(now_ms))
        return 0
    if options.copy:
        copy_to_server(*options.copy)
        return 0
    plan = Plan((1_000, 1_000_000), (1, 2, 8), options.rounds, options.seconds, not options.no_peers)
    if options.quick:
        plan = Plan((200, 2_000), (1, 2), 1, 0.3, not options.no_peers)
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores.\n")
    return 0 if side_by_side(plan) else 1


if __name__ == "__main__":
    sys.exit(main())
