"""The tables: a database of an older version still opens, and everything it knew is still true."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accounts_site import PASSWORD, CountingHasher, Site
from sqlalchemy import create_engine, inspect

from helpers.accounts import Accounts, NotSignedIn, Session, SignInAgain
from helpers.accounts.tables import SCHEMA
from helpers.database import DatabaseUnavailable
from helpers.secret import Secret

NewSite = Callable[..., Site]

VERSION_1 = (
    "CREATE TABLE accounts (name VARCHAR NOT NULL, password_hash VARCHAR NOT NULL, phone VARCHAR, "
    "phone_confirmed_at INTEGER, PRIMARY KEY (name))",
    "CREATE TABLE tokens (token_hash VARCHAR NOT NULL, kind VARCHAR NOT NULL, account VARCHAR NOT NULL, "
    "expires_at INTEGER NOT NULL, verification VARCHAR, PRIMARY KEY (token_hash))",
    "CREATE TABLE password_failures (tried_by VARCHAR NOT NULL, failures INTEGER NOT NULL, free_at INTEGER NOT NULL, "
    "PRIMARY KEY (tried_by))",
)
OURS = ("accounts", "tokens", "password_failures")


def run(url: str, *statements: tuple[str, tuple[Any, ...]]) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement, values in statements:
            connection.exec_driver_sql(statement, values)
    engine.dispose()


@pytest.fixture
def old(new_site: NewSite) -> Site:
    """A site whose accounts tables are those of version 1, with ana signed in; and not opened since."""
    site = new_site()
    site.accounts._engine.dispose()
    expires_at = site.clock.now_ms() + 3_600_000
    run(
        site.settings.database_url,
        *((f"DROP TABLE {table}", ()) for table in OURS),
        ("DELETE FROM schema_versions WHERE name = 'accounts'", ()),
        *((statement, ()) for statement in VERSION_1),
        (
            "INSERT INTO accounts VALUES ('ana', ?, '+12065550100', 1700000000000)",
            (CountingHasher().hash(PASSWORD),),
        ),
        ("INSERT INTO accounts VALUES ('ben', 'x', NULL, NULL)", ()),
        (
            "INSERT INTO tokens VALUES (?, 'session', 'ana', ?, NULL)",
            (hashlib.sha256(b"old session").hexdigest(), expires_at),
        ),
        ("INSERT INTO password_failures VALUES ('somebody', 2, 1700000000000)", ()),
    )
    return site


def shape(url: str) -> dict[str, Any]:
    """Names, types and indexes of the tables. (Whether a column may be empty is told by its rows.)"""
    engine = create_engine(url)
    found = inspect(engine)
    shapes = {
        table: (
            {(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(table)},
            {(index["name"], *index["column_names"]) for index in found.get_indexes(table)},
        )
        for table in OURS
    }
    engine.dispose()
    return shapes


def test_an_old_database_opens_and_goes_on(old: Site) -> None:
    old.accounts = old.more_accounts(hasher=old.hasher)
    session = Session("ana", Secret("old session"), old.clock.now())
    assert old.accounts.who(session) == "ana"
    assert old.accounts.waiting_change(session) is None
    with pytest.raises(SignInAgain):  # when it was signed in to is not known, so not lately
        old.asked_to_change(session)
    fresh = old.signed_in()
    assert old.changed(fresh).phone.last_two == "11"
    with pytest.raises(NotSignedIn):
        old.accounts.who(session)
    assert [row["tried_by"] for row in old.rows("password_failures")] == []  # swept: it is long over
    assert [row["name"] for row in old.rows("accounts")] == ["ana", "ben"]


def test_old_and_new_databases_have_one_shape(old: Site, new_site: NewSite, tmp_path: Path) -> None:
    accounts = old.more_accounts(hasher=old.hasher)
    migrated = shape(old.settings.database_url)
    accounts._engine.dispose()
    run(old.settings.database_url, *((f"DROP TABLE {table}", ()) for table in OURS))
    run(old.settings.database_url, ("DELETE FROM schema_versions WHERE name = 'accounts'", ()))
    old.accounts = old.more_accounts(hasher=old.hasher)
    assert shape(old.settings.database_url) == migrated


def test_the_version_is_written_down_and_a_second_start_changes_nothing(old: Site) -> None:
    for _ in range(2):
        old.more_accounts(hasher=old.hasher)._engine.dispose()
        versions = {row["name"]: row["version"] for row in old.rows("schema_versions")}
        assert versions["accounts"] == SCHEMA.version


def test_a_database_of_a_newer_version_is_left_alone(old: Site) -> None:
    old.more_accounts(hasher=old.hasher)._engine.dispose()
    run(old.settings.database_url, ("UPDATE schema_versions SET version = version + 1 WHERE name = 'accounts'", ()))
    with pytest.raises(DatabaseUnavailable, match="newer version"):
        old.more_accounts(hasher=old.hasher)


def test_accounts_and_codes_share_one_database(site: Site, tmp_path: Path) -> None:
    """An entry of the audit log stands or falls with its deed: that takes one transaction."""
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    with pytest.raises(ValueError, match="share the audit log"):
        Accounts(elsewhere, verifier=site.verifier, clock=site.clock, key=site.settings.code_key)
