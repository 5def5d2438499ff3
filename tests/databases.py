"""The databases of the tests: a SQLite file each, or a schema each on a PostgreSQL server that ``DATABASE_URL`` names.

A test that uses the fixture ``database_url`` runs on SQLite. It runs on both where its file says ``DATABASES = BOTH``,
or it is marked ``@on(*BOTH)``.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import surroundings
from sqlalchemy import URL, make_url

BOTH = ("sqlite", "postgresql")
HOW = (
    "no PostgreSQL: set DATABASE_URL to a server whose database these tests may make schemas in, for example "
    "postgresql+psycopg://course:course@localhost/course (README.md, For maintainers)"
)


def on(*engines: str) -> pytest.MarkDecorator:
    """Run one test on these engines, whatever its file says."""
    return pytest.mark.parametrize("database_url", engines, indirect=True)


def server() -> URL:
    """The PostgreSQL server. Where there is none, the test is skipped with a reason; in CI it fails."""
    address = os.environ.get(surroundings.TESTS_DATABASE_URL)
    if address:
        return make_url(address)
    if os.environ.get("CI") == "true":
        pytest.fail(HOW)
    pytest.skip(HOW)


def connect(address: URL) -> Any:
    """Another program's connection, each statement at once."""
    import psycopg

    where = address.translate_connect_args(username="user", database="dbname")
    return psycopg.connect(**where, **address.query, autocommit=True)


def sqlite_file(folder: Path) -> str:
    """The address of a file in a folder."""
    return f"sqlite:///{(folder / 'bench.sqlite').as_posix()}"


@contextmanager
def schema_of_its_own(address: URL) -> Iterator[str]:
    """An empty schema, named in the address, and gone with everything in it at the end."""
    schema = f"test_{secrets.token_hex(8)}"
    # These tests end programs, never the server: its disk need not be waited for.
    options = f"-csearch_path={schema} -csynchronous_commit=off"
    with connect(address) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield address.update_query_dict({"options": options, "application_name": schema}).render_as_string(
                hide_password=False
            )
        finally:
            # A test may have failed in the middle of a transaction, whose locks would be waited for.
            connection.execute("SET client_min_messages = warning; SET lock_timeout = '5s'")
            connection.execute(f"DROP SCHEMA {schema} CASCADE")
