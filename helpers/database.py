"""Opening the course's database, with errors that say what to do.

SQLite for now. Every write takes the write lock at its start (``BEGIN IMMEDIATE``): two processes never read the same
count and both write it back, which is how a cap of three guesses becomes thirteen. Reading alone takes no lock.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    QueuePool,
    String,
    Table,
    create_engine,
    event,
    inspect,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from helpers.errors import CourseError

BUSY_TIMEOUT_SECONDS = 10.0
"""How long a writer waits for another one before it gives up.

SQLite's waiting is unfair (who has waited longest asks least often): of eight busy writers on a slow disk, one was seen
to wait for six seconds.
"""
SWITCH_AGAIN_SECONDS = 0.02


class DatabaseUnavailable(CourseError):
    """The database cannot be opened, read or written. The message says why and what to do; nothing was changed."""

    user_message = "We can't reach our records right now. Try again in a minute."


_versions = Table(
    "schema_versions",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("version", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Schema:
    """A group of tables that is versioned as one, so that a database of last year still opens.

    Attributes:
        name: tells the groups of one database apart.
        migrations: the first leads from version 1 to version 2, and so on; the newest version is one more than these.
    """

    name: str
    migrations: tuple[Callable[[Connection], None], ...] = ()

    @property
    def version(self) -> int:
        """The version that this program writes."""
        return len(self.migrations) + 1


def open_database(url: str, metadata: MetaData, *, schema: Schema | None = None) -> Engine:
    """Open (or create) the database at ``url`` and the tables of ``metadata`` in it; bring old tables up to date.

    Args:
        url: for example ``sqlite:////home/me/course.sqlite`` or ``sqlite://`` (in memory, gone at the end).
        metadata: the tables that the caller keeps there.
        schema: their version; None for tables that never change.

    Raises:
        DatabaseUnavailable: the address makes no sense, the folder is missing, the file cannot be written, or a newer
            version of the course made it.
    """
    try:
        address = make_url(url)
        if address.drivername not in ("sqlite", "sqlite+pysqlite"):
            raise DatabaseUnavailable("Only SQLite databases are supported so far: write sqlite:////full/path/to/file.")
        _refuse_missing_folder(address.database)
        engine = _engine(address)
    except (ArgumentError, ValueError):
        raise DatabaseUnavailable(
            "The database address is not one: write it like sqlite:////full/path/to/course.sqlite."
        ) from None
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    with reading(engine) as connection:
        if _is_up_to_date(connection, metadata, schema):
            return engine
    with transaction(engine) as connection:
        if schema is not None:
            _bring_up_to_date(connection, metadata, schema)
        metadata.create_all(connection)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One look at the database, all of it as of one moment. It waits for no writer, and must not write.

    Raises:
        DatabaseUnavailable: the database is gone or damaged.
    """
    with errors_in_words(), engine.connect() as connection, connection.execution_options(reading=True).begin():
        yield connection


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction, from the write lock to the commit; any exception rolls it back.

    Raises:
        DatabaseUnavailable: locked by another program for longer than the wait, read-only, or damaged.
    """
    with errors_in_words(), engine.begin() as connection:
        yield connection


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Turn the driver's errors into :class:`DatabaseUnavailable`, without the values, which may be secret."""
    try:
        yield
    except (OperationalError, DatabaseError) as problem:
        raise DatabaseUnavailable(_words(str(problem.orig))) from None


def _words(text: str) -> str:
    if "locked" in text or "busy" in text:
        return (
            f"The database is locked by another program (waited {BUSY_TIMEOUT_SECONDS:.0f} s). Close other notebooks "
            "or tools that have the same file open, then run this again. Nothing was changed."
        )
    if "readonly" in text or "read-only" in text:
        return "The database file is read-only. Give yourself write access to it and its folder. Nothing was changed."
    if "unable to open" in text:
        return "The database file cannot be opened. Check that its folder exists and that you may write there."
    if "not a database" in text or "malformed" in text:
        return "The file is not a database, or is damaged. Move it away and run this again: a new one is made."
    if "full" in text:
        return "The disk is full. Make room and run this again. Nothing was changed."
    return f"The database refused: {text}. Nothing was changed."


def _refuse_missing_folder(path: str | None) -> None:
    if path and path != ":memory:" and not Path(path).parent.is_dir():
        raise DatabaseUnavailable(
            f"The folder of the database does not exist: {Path(path).parent.name}. Make it, or name another path."
        )


def _engine(address: URL) -> Engine:
    in_memory = address.database in (None, "", ":memory:")
    return create_engine(
        address,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        # A database in memory lives in its connection: all threads take turns with the same one.
        **({"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0} if in_memory else {}),
        hide_parameters=True,  # the driver's errors quote the statement, never its values
    )


def _prepare_connection(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions begin too late (at the first write) for a count that is read and written in one go.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # Keys are random, so any page may be next: with SQLite's 2 MB a million rows would be read from the disk anew.
    connection.execute("PRAGMA cache_size = -32768")
    if connection.execute("PRAGMA query_only").fetchone()[0] == 0:
        _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log. While somebody writes without it, SQLite refuses that on the spot.

    So of several programs that open a new database at once, some would be sent away.
    """
    until = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(SWITCH_AGAIN_SECONDS)
        else:
            return


def _begin(connection: Connection) -> None:
    only_reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if only_reading else "BEGIN IMMEDIATE")


def _is_up_to_date(connection: Connection, metadata: MetaData, schema: Schema | None) -> bool:
    """Whether nothing is to be done: opening a database must not wait for those who write to it."""
    there = set(inspect(connection).get_table_names())
    if not there >= set(metadata.tables):
        return False
    if schema is None:
        return True
    if _versions.name not in there:
        return False
    version = connection.execute(select(_versions.c.version).where(_versions.c.name == schema.name))
    return version.scalar_one_or_none() == schema.version


def _bring_up_to_date(connection: Connection, metadata: MetaData, schema: Schema) -> None:
    _versions.create(connection, checkfirst=True)
    mine = _versions.c.name == schema.name
    version = connection.execute(select(_versions.c.version).where(mine)).scalar_one_or_none()
    if version is not None and version > schema.version:
        raise DatabaseUnavailable(
            f"This database was made by a newer version of the course (its {schema.name} tables are version {version}, "
            f"this program knows {schema.version}). Update the course, or name another database. Nothing was changed."
        )
    if version is None:
        # Version 1 was not written down anywhere: tables without a version are of that one.
        connection.execute(_versions.insert().values(name=schema.name, version=schema.version))
        version = 1 if _has_any(connection, metadata) else schema.version
    for migrate in schema.migrations[version - 1 :]:
        migrate(connection)
    connection.execute(_versions.update().where(mine).values(version=schema.version))


def _has_any(connection: Connection, metadata: MetaData) -> bool:
    return bool(set(inspect(connection).get_table_names()) & set(metadata.tables))


def empty_database(url: str) -> None:
    """Drop every table of the database at ``url``: a lesson starts from nothing.

    Raises:
        DatabaseUnavailable: see :func:`open_database`.
    """
    found = MetaData()
    engine = open_database(url, found)
    with errors_in_words():
        found.reflect(engine)
        found.drop_all(engine)
    engine.dispose()
