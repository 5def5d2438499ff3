"""A database of last year: its verifications end, its counts of failures go on, and nothing else is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from databases import sqlite_file
from sqlalchemy import inspect
from verification_bench import ANA, PHONE, Bench

from helpers.database import DatabaseUnavailable, empty_database, transaction
from helpers.verification import AuthenticatorDisabled, ChecksPaused, NotPending, Store, WrongCode

NewBench = Callable[..., Bench]

VERSION_1 = (
    """CREATE TABLE verifications (
        id VARCHAR NOT NULL PRIMARY KEY, account VARCHAR NOT NULL, purpose VARCHAR NOT NULL, phone VARCHAR NOT NULL,
        status VARCHAR NOT NULL, generation INTEGER NOT NULL, key_id VARCHAR NOT NULL, next_hmac BLOB, code_hmac BLOB,
        replaced_hmac BLOB, checks INTEGER NOT NULL, max_checks INTEGER NOT NULL, sends INTEGER NOT NULL,
        created_at INTEGER NOT NULL, sent_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, message_id VARCHAR,
        delivery VARCHAR)""",
    "CREATE INDEX verifications_by_account ON verifications (account, created_at)",
    """CREATE TABLE account_limits (
        account VARCHAR NOT NULL, authenticator VARCHAR NOT NULL, failures INTEGER NOT NULL,
        PRIMARY KEY (account, authenticator))""",
    """INSERT INTO verifications (id, account, purpose, phone, status, generation, key_id, checks, max_checks, sends,
        created_at, sent_at, expires_at) VALUES ('v1', 'ana', 'sign-in', '+12065550100', 'pending', 1, 'k', 0, 5, 1,
        0, 0, 4000000000000)""",
    "INSERT INTO account_limits VALUES ('ana', 'sms', 18), ('ben', 'sms-binding', 3)",
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file with the tables of version 1, a live verification and counted failures."""
    path = tmp_path / "bench.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in VERSION_1:
            connection.execute(statement)
    return path


def shape(path: Path) -> dict[str, Any]:
    """The columns, indexes and keys of every table; only their order is left out."""
    engine = sqlalchemy.create_engine(f"sqlite:///{path.as_posix()}")
    look = inspect(engine)
    found = {
        name: (
            {column["name"]: (str(column["type"]), column["nullable"]) for column in look.get_columns(name)},
            {index["name"]: index["column_names"] for index in look.get_indexes(name)},
            look.get_pk_constraint(name)["constrained_columns"],
        )
        for name in look.get_table_names()
    }
    engine.dispose()
    return found


def others(path: Path) -> list[tuple[str, str]]:
    """What else there is, triggers above all."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type NOT IN ('table', 'index') ORDER BY 1")
        return rows.fetchall()


def test_failures_are_kept_and_verifications_end(old: Path, new_bench: NewBench) -> None:
    bench = new_bench()
    assert (bench.failures(), bench.failures("sms-binding", "ben")) == (18, 3)
    with pytest.raises(NotPending):
        bench.verifier.get("v1", **ANA)
    assert PHONE not in {value for _, value in bench.stored_values()}


def test_an_old_database_becomes_what_a_new_one_is(old: Path, new_bench: NewBench, tmp_path: Path) -> None:
    new_bench()
    (tmp_path / "new").mkdir()
    Bench(sqlite_file(tmp_path / "new")).close()
    assert shape(old) == shape(tmp_path / "new" / "bench.sqlite")
    assert len(others(old)) == 3
    assert others(old) == others(tmp_path / "new" / "bench.sqlite")


def test_the_second_factor_works_and_counts_on(old: Path, new_bench: NewBench) -> None:
    bench = new_bench()
    started = bench.start()
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    with pytest.raises(ChecksPaused):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    bench.clock.advance(hours=1)
    again = bench.start()
    with pytest.raises(WrongCode):
        bench.verifier.check(again.id, bench.wrong, **ANA)
    assert bench.verifier.sms_disabled("ana")
    with pytest.raises(AuthenticatorDisabled):
        bench.verifier.check(again.id, bench.code, **ANA)
    bens = {"account": "ben", "purpose": "enrol"}
    assert bench.verifier.check(bench.start(**bens).id, bench.code, **bens).status == "approved"
    assert bench.failures("sms-binding", "ben") == 0


def test_it_is_migrated_once(old: Path, new_bench: NewBench) -> None:
    started = new_bench().start()
    assert new_bench().verifier.get(started.id, **ANA) == started


def refuses_changes(store: Store) -> bool:
    for statement in ("UPDATE audit SET outcome = 'approved'", "DELETE FROM audit"):
        with pytest.raises(DatabaseUnavailable, match="append-only"), transaction(store.engine) as connection:
            connection.exec_driver_sql(statement)
    return True


def test_the_audit_log_of_an_old_database_can_only_be_added_to(old: Path, new_bench: NewBench) -> None:
    bench = new_bench()
    bench.start()
    assert refuses_changes(bench.store)
    assert [entry.outcome for entry in bench.verifier.audit.entries()] == ["sent"]


def test_a_database_with_an_audit_log_can_be_emptied_and_used_again(new_bench: NewBench, tmp_path: Path) -> None:
    """A lesson starts from nothing. The triggers that keep the log are no obstacle, and come back with it."""
    new_bench().start()
    path = tmp_path / "bench.sqlite"
    empty_database(f"sqlite:///{path.as_posix()}")
    assert (shape(path), others(path)) == ({}, [])
    again = new_bench()
    assert again.verifier.audit.entries() == []
    assert again.start().status == "pending"
    assert refuses_changes(again.store)
