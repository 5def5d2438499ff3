"""Opening a database, and the two kinds of transactions, with errors that say what to do.

Two processes must never read the same count and both write it back: that is how a cap of three guesses becomes
thirteen. So those who write take turns. SQLite has one turn for all: a transaction takes the write lock at its start
(``BEGIN IMMEDIATE``). PostgreSQL has one for each thing that is counted (:func:`take_turn`). Reading waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    inspect,
    select,
)
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from helpers.database import postgresql, sqlite
from helpers.errors import CourseError

Int64 = BigInteger().with_variant(Integer(), "sqlite")
"""Milliseconds and nanodollars: PostgreSQL's INTEGER ends at two billion, SQLite's does not."""
_HOW_TO_WRITE = "Write it like sqlite:////full/path/to/course.sqlite or postgresql+psycopg://user:password@host/name."


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
        url: for example ``sqlite:////home/me/course.sqlite``, ``sqlite://`` (in memory, gone at the end) or
            ``postgresql+psycopg://user:password@host/name``, whose tables stand in the user's schema.
        metadata: the tables that the caller keeps there.
        schema: their version; None for tables that never change.

    Raises:
        DatabaseUnavailable: the address makes no sense, the folder is missing, the file cannot be written, the server
            cannot be reached, or a newer version of the course made it.
    """
    engine = _engine(url)
    with reading(engine) as connection:
        if _is_up_to_date(connection, metadata, schema):
            return engine
    with transaction(engine, turn="schema") as connection:
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
    with errors_in_words(), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.execution_options(reading=True).begin():
            yield connection


@contextmanager
def transaction(engine: Engine, *, turn: str = "") -> Iterator[Connection]:
    """One transaction, from the lock to the commit; any exception rolls it back.

    Args:
        turn: what is read and then written in it, for example ``account ana``: see :func:`take_turn`.

    Raises:
        DatabaseUnavailable: locked by another program for longer than the wait, read-only, damaged or gone.
    """
    with errors_in_words(), engine.begin() as connection:
        if turn:
            take_turn(connection, turn)
        yield connection


def take_turn(connection: Connection, turn: str) -> None:
    """Of those who name the same turn, let one go on at a time, each to the end of its transaction.

    On SQLite a transaction that writes has the only turn there is from its start.
    """
    if connection.dialect.name == "postgresql":
        postgresql.take_turn(connection, turn)


def upsert(connection: Connection, table: Table) -> sqlite_dialect.Insert:
    """An ``INSERT`` that knows ``ON CONFLICT``. Both databases spell it alike, SQLAlchemy has one for each."""
    if connection.dialect.name == "postgresql":
        return postgresql_dialect.insert(table)  # type: ignore[return-value]
    return sqlite_dialect.insert(table)


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Turn the driver's errors into :class:`DatabaseUnavailable`, without the values, which may be secret."""
    try:
        yield
    except NoConnectionFree:
        raise DatabaseUnavailable(
            "All connections to the database are in use. Try again in a moment. Nothing was changed."
        ) from None
    except DatabaseError as problem:
        postgres = type(problem.orig).__module__.startswith("psycopg")
        words = postgresql.in_words(problem.orig) if postgres else sqlite.in_words(problem.orig)
        # PostgreSQL quotes the row that it refuses: it must not be found behind our error either.
        problem.args, problem.orig, problem.__cause__, problem.__context__ = (words,), None, None, None
        raise DatabaseUnavailable(words) from None


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        if address.drivername in ("sqlite", "sqlite+pysqlite"):
            if folder := sqlite.missing_folder(address):
                raise DatabaseUnavailable(
                    f"The folder of the database does not exist: {folder}. Make it, or name another path."
                )
            return sqlite.new_engine(address)
        if address.drivername != "postgresql+psycopg":
            raise DatabaseUnavailable(f"Only SQLite and PostgreSQL are supported. {_HOW_TO_WRITE}")
        if not postgresql.has_driver():
            raise DatabaseUnavailable("PostgreSQL needs its driver. Install it: pip install -e .[postgres]")
        return postgresql.new_engine(address)
    except (ArgumentError, ValueError):
        raise DatabaseUnavailable(f"The database address is not one. {_HOW_TO_WRITE}") from None


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
