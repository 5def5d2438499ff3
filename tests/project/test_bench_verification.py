"""The bench of the second factor measures what it says. How long anything takes is no matter of a test."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import bench_verification as bench
import pytest

ROWS = 60


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that the bench has filled."""
    path = tmp_path_factory.mktemp("bench") / "filled.sqlite"
    bench.fill_ours(str(path), ROWS, now_ms=int(time.time() * 1000))
    return path


def order(database: Path, **changes: object) -> bench.Order:
    values = {"engine": "ours", "database": str(database), "seconds": 0.0, "now_ms": int(time.time() * 1000), "seed": 1}
    return bench.Order(**{**values, **changes})  # type: ignore[arg-type]


def test_it_fills_what_an_engine_of_a_day_would_hold(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        counted = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # a constant
            for table in ("verifications", "texts", "audit", "account_limits", "send_totals")
        }
        indexes = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        [(checked,)] = connection.execute("PRAGMA integrity_check")
    assert counted["verifications"] == ROWS
    assert counted["texts"] >= ROWS
    assert counted["audit"] > counted["texts"], "the checks are written down too"
    assert counted["account_limits"]
    assert counted["send_totals"]
    assert {"verifications_by_account", "verifications_by_time", "audit_by_account"} <= indexes, "all made again"
    assert checked == "ok"


def test_pairs_and_guesses_run_on_it(database: Path) -> None:
    engine, locked = bench.make_engine(order(database))
    measured = bench.Measured()
    assert bench.load(engine, measured, seconds=0.05, locked=locked) >= 0.05
    bench.guess(engine, measured, seconds=0.01, locked=locked)
    assert len(measured.start) == len(measured.check) > 0
    assert measured.wrong
    assert not measured.gave_up


def test_it_counts_the_transactions_of_each_call(database: Path) -> None:
    engine, _ = bench.make_engine(order(database, count_commits=True))
    counted = bench.commits_of(engine, database)
    assert min(counted.values()) >= 1
    assert set(counted) == {"start", "check", "wrong"}


@pytest.mark.parametrize("transactions", [0, 1, 3])
def test_transactions_are_counted_in_the_log(tmp_path: Path, transactions: int) -> None:
    path = tmp_path / "counted.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE things (name TEXT)")
        before = bench.commit_frames(path)
        for _ in range(transactions):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO things VALUES (?)", [("x" * 3000,)] * 5)  # more pages than one
            connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")  # nothing was written
        assert bench.commit_frames(path) - before == transactions


def test_what_is_wanted_decides_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    plan = bench.Plan((10, 100), (1, 2), 1, 1.0, peers=False)
    figures: dict[bench.Key, bench.Figures] = {}
    for rows, processes, pairs in ((10, 1, 120), (10, 2, 120), (100, 1, 100), (100, 2, 100)):
        each = bench.Figures()
        each.add([bench.Measured(start=[1.0] * pairs, check=[1.0] * pairs, seconds=1.0, cpu_ms=5.0)])
        figures["ours", rows, processes] = each
    assert bench.print_verdict(plan, ["ours"], figures)
    figures["ours", 100, 2].rates = [99.0]
    assert not bench.print_verdict(plan, ["ours"], figures)
    assert "DID NOT HOLD" in capsys.readouterr().out


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 101)]
    random.Random(1).shuffle(values)  # noqa: S311
    assert [bench.percentile(values, percent) for percent in (0, 50, 99, 100)] == [1.0, 51.0, 100.0, 100.0]
