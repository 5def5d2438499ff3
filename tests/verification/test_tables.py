"""The tables, as they are made, brought up to date and dropped."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect

from helpers.database import empty_database, open_database
from helpers.verification import Store
from helpers.verification.tables import SCHEMA, metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "course.sqlite"


def url_of(path: Path) -> str:
    return f"sqlite:///{path.as_posix()}"


def test_the_second_factor_s_tables_of_version_1_are_brought_up_to_date(path: Path) -> None:
    """Failures in a row must outlive an update; the codes of that minute need not."""
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE verifications (id VARCHAR PRIMARY KEY, phone VARCHAR NOT NULL, message_id VARCHAR)")
        old.execute("INSERT INTO verifications VALUES ('v1', '+12065550100', 'mdr2-1')")
        old.execute(
            "CREATE TABLE account_limits (account VARCHAR NOT NULL, authenticator VARCHAR NOT NULL, "
            "failures INTEGER NOT NULL, PRIMARY KEY (account, authenticator))"
        )
        old.execute("INSERT INTO account_limits VALUES ('ana', 'sms', 19)")
    store = Store(url_of(path))
    assert store.failures("ana", authenticator="sms") == 19
    assert store.find("v1", account="ana", purpose="sign-in") is None
    assert SCHEMA.version == 2
    fresh = open_database("sqlite://", metadata)
    for table in metadata.tables:
        found = [{column["name"] for column in inspect(engine).get_columns(table)} for engine in (store.engine, fresh)]
        assert found[0] == found[1], table


def test_emptying_also_drops_the_log_that_refuses_deletions(path: Path) -> None:
    store = Store(url_of(path))
    empty_database(url_of(path))
    assert inspect(store.engine).get_table_names() == []
    assert Store(url_of(path)).failures("ana", authenticator="sms") == 0
