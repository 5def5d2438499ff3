"""Bad days of a database: each ends in words that say what to do, with nothing changed and no value shown."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, insert, inspect, select

from helpers.database import DatabaseUnavailable, Schema, empty_database, open_database, reading, transaction
from helpers.database import sqlite as database

tables = MetaData()
codes = Table("codes", tables, Column("id", Integer, primary_key=True), Column("text", String(), nullable=False))
uses = Table("uses", tables, Column("id", Integer, primary_key=True), Column("code", ForeignKey("codes.id")))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "course.sqlite"


@pytest.fixture
def url(path):
    return f"sqlite:///{path}"


def rows(engine):
    with transaction(engine) as connection:
        return connection.execute(select(codes.c.text).order_by(codes.c.id)).scalars().all()


def add(engine, text, **values):
    with transaction(engine) as connection:
        connection.execute(insert(codes).values(text=text, **values))


def test_what_is_written_is_there_when_it_is_opened_again(url):
    add(open_database(url, tables), "one")
    assert rows(open_database(url, tables)) == ["one"]


def test_an_exception_rolls_the_transaction_back_and_comes_through(url):
    engine = open_database(url, tables)

    def half_way():
        with transaction(engine) as connection:
            connection.execute(insert(codes).values(text="one"))
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        half_way()
    assert rows(engine) == []


def test_foreign_keys_are_kept(url):
    engine = open_database(url, tables)
    with pytest.raises(DatabaseUnavailable), transaction(engine) as connection:
        connection.execute(insert(uses).values(code=99))


def test_a_database_in_memory_is_the_same_one_in_every_thread():
    engine = open_database("sqlite://", tables)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: add(engine, "x"), range(20)))
    assert rows(engine) == ["x"] * 20


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "course.sqlite",
        "://",
        "sqlite:///x.db?timeout=long",
        "sqlite://ana:s3cret-s3cret@host/course",
        "postgresql://ana:s3cret-s3cret@host:port/course",
    ],
)
def test_an_address_that_makes_no_sense_is_refused_without_its_password(garbage):
    with pytest.raises(DatabaseUnavailable, match="Write it like sqlite:////full/path") as caught:
        open_database(garbage, tables)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "other", ["postgresql://ana:s3cret-s3cret@host/course", "sqlite+aiosqlite:///x.db", "sqlite+nonsense:///x.db"]
)
def test_other_databases_are_refused_without_the_password(other):
    with pytest.raises(DatabaseUnavailable, match="Only SQLite") as caught:
        open_database(other, tables)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_missing_folder_is_named_and_not_made(tmp_path):
    with pytest.raises(DatabaseUnavailable, match="folder of the database does not exist: nowhere"):
        open_database(f"sqlite:///{tmp_path}/nowhere/course.sqlite", tables)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_in_the_files_place_cannot_be_opened(tmp_path):
    with pytest.raises(DatabaseUnavailable, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path}", tables)


def test_a_file_that_is_no_database_is_left_as_it_is(path, url):
    path.write_text("Dear diary, this is no database. " * 50)
    with pytest.raises(DatabaseUnavailable, match="not a database, or is damaged"):
        open_database(url, tables)
    assert path.read_text().startswith("Dear diary")


@pytest.fixture
def read_only(monkeypatch, path):
    """Open the database file read-only: for root, who runs some test machines, file modes stop nothing."""
    create_engine = sqlalchemy.create_engine

    def connect():
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)

    monkeypatch.setattr(
        database, "create_engine", lambda address, **_: create_engine(address, creator=connect, hide_parameters=True)
    )


def test_a_read_only_file_says_so_when_it_is_opened(path, url, request):
    sqlite3.connect(path).executescript("CREATE TABLE other (id INTEGER)")
    request.getfixturevalue("read_only")
    with pytest.raises(DatabaseUnavailable, match=r"read-only\. Give yourself write access .* Nothing was changed"):
        open_database(url, tables)


def test_a_file_that_became_read_only_says_so_when_it_is_written(url, request):
    add(open_database(url, tables), "one")
    request.getfixturevalue("read_only")
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        add(database.create_engine(url), "two")


@pytest.fixture
def locked(monkeypatch, path, url):
    """A database that another program keeps locked, and a wait of a moment instead of five seconds."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.02)
    engine = open_database(url, tables)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield engine, other
    other.close()


def test_a_locked_database_says_what_to_close_and_changes_nothing(locked):
    engine, other = locked
    with pytest.raises(DatabaseUnavailable, match=r"locked by another program .* Close other notebooks"):
        add(engine, "one")
    other.execute("ROLLBACK")
    assert rows(engine) == []


def test_a_locked_database_cannot_be_emptied_and_keeps_its_rows(path, url, monkeypatch):
    add(open_database(url, tables), "one")
    monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.02)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="locked"):
        empty_database(url)
    other.close()
    assert rows(open_database(url, tables)) == ["one"]


def test_a_transaction_holds_the_write_lock_from_its_start(path, url):
    engine = open_database(url, tables)
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with transaction(engine), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


# Reading


def seen(connection):
    return connection.execute(select(codes.c.text).order_by(codes.c.id)).scalars().all()


def test_reading_waits_for_no_writer_and_sees_nothing_of_what_is_half_done(locked):
    engine, other = locked
    other.execute("INSERT INTO codes (text) VALUES ('half')")
    with reading(engine) as connection:
        assert seen(connection) == []
    other.execute("COMMIT")
    with reading(engine) as connection:
        assert seen(connection) == ["half"]


def test_one_reading_is_of_one_moment_and_holds_no_writer_up(path, url):
    engine = open_database(url, tables)
    add(engine, "one")
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with reading(engine) as connection:
        assert seen(connection) == ["one"]
        other.execute("INSERT INTO codes (text) VALUES ('two')")
        assert seen(connection) == ["one"]
    other.close()
    assert rows(engine) == ["one", "two"]


def test_a_transaction_after_a_reading_takes_the_lock_again(path, url):
    """The connection comes from a pool: what was only for reading must not stay with it."""
    engine = open_database(url, tables)
    with reading(engine) as connection:
        seen(connection)
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with transaction(engine), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_reading_gives_its_connection_back_when_something_breaks():
    engine = open_database("sqlite://", tables)  # one connection for all

    def half_way():
        with reading(engine):
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        half_way()
    assert rows(engine) == []


def test_a_file_that_is_damaged_meanwhile_is_told_in_words_when_it_is_read(path, url):
    engine = open_database(url, tables)
    add(engine, "one")
    engine.dispose()
    path.write_text("Dear diary, this is no database. " * 50)
    with pytest.raises(DatabaseUnavailable, match="not a database, or is damaged"), reading(engine) as connection:
        seen(connection)


def test_a_writer_waits_for_another_one_that_is_soon_done(path, url):
    engine = open_database(url, tables)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.05, lambda: other.execute("COMMIT"))
    release.start()
    add(engine, "one")
    release.join()
    other.close()
    assert rows(engine) == ["one"]


SECRET = "s3cret-s3cret"


@pytest.mark.parametrize("values", [{"id": 1}, {"id": "not-a-number-123456"}])
def test_a_refused_row_is_told_without_its_values(url, values):
    engine = open_database(url, tables)
    add(engine, "first", id=1)
    with pytest.raises(DatabaseUnavailable) as caught:
        add(engine, SECRET, **values)
    shown = "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None
    for text in (str(caught.value), repr(caught.value), shown, str(caught.value.__context__)):
        assert SECRET not in text
        assert "123456" not in text


def test_the_words_for_a_stranger_name_no_cause():
    assert "Try again in a minute" in DatabaseUnavailable("locked").user_message


def test_emptying_drops_every_table_also_unknown_ones(path, url):
    engine = open_database(url, tables)
    add(engine, "one")
    with transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER)")
        connection.execute(insert(uses).values(code=1))
    empty_database(url)
    assert inspect(engine).get_table_names() == []
    assert rows(open_database(url, tables)) == []


def test_emptying_a_database_that_is_not_there_yet_is_fine(url):
    empty_database(url)


def _count_up(url: str, start) -> None:
    engine = open_database(url, tables)
    start.wait()
    for _ in range(25):
        with transaction(engine) as connection:
            seen = connection.execute(select(codes.c.text)).scalar_one()
            connection.execute(codes.update().values(text=str(int(seen) + 1)))


def test_processes_that_read_and_write_back_lose_nothing(url):
    add(open_database(url, tables), "0")
    processes = multiprocessing.get_context("fork")
    start = processes.Barrier(4)
    workers = [processes.Process(target=_count_up, args=(url, start)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert rows(open_database(url, tables)) == ["100"]


def _open(url: str, start, results) -> None:
    start.wait()
    try:
        open_database(url, tables)
        results.put("opened")
    except DatabaseUnavailable as problem:
        results.put(str(problem))


def test_processes_may_make_the_same_database_at_once(url):
    processes = multiprocessing.get_context("fork")
    start, results = processes.Barrier(8), processes.Queue()
    workers = [processes.Process(target=_open, args=(url, start, results)) for _ in range(8)]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=20) for _ in workers] == ["opened"] * 8
    for worker in workers:
        worker.join()


# Versions

OLD = "CREATE TABLE codes (id INTEGER PRIMARY KEY, old_text VARCHAR NOT NULL)"


def renamed(connection):
    connection.exec_driver_sql("ALTER TABLE codes RENAME COLUMN old_text TO text")


def louder(connection):
    connection.exec_driver_sql("UPDATE codes SET text = text || '!'")


def never(connection):
    raise AssertionError("this migration was done before")


def made_by_hand(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def everything(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def versions(path):
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT name, version FROM schema_versions"))


def test_a_new_database_is_of_the_newest_version_and_needs_no_migration(path, url):
    engine = open_database(url, tables, schema=Schema("course", (never, never)))
    assert versions(path) == {"course": 3}
    assert rows(engine) == []


def test_tables_without_a_version_are_of_the_first_and_every_migration_is_done_in_turn(path, url):
    made_by_hand(path, OLD, "INSERT INTO codes (old_text) VALUES ('one')")
    engine = open_database(url, tables, schema=Schema("course", (renamed, louder)))
    assert rows(engine) == ["one!"]
    assert versions(path) == {"course": 3}


def test_only_the_migrations_that_are_missing_are_done(path, url):
    add(open_database(url, tables, schema=Schema("course", (never,))), "one")
    engine = open_database(url, tables, schema=Schema("course", (never, louder, louder)))
    assert rows(engine) == ["one!!"]
    assert versions(path) == {"course": 4}


def test_what_is_up_to_date_is_left_as_it_is(path, url):
    schema = Schema("course", (never, never))
    add(open_database(url, tables, schema=schema), "one")
    before = everything(path)
    open_database(url, tables, schema=schema)
    assert everything(path) == before


def test_a_newer_database_is_refused_with_what_to_do_and_left_as_it_is(path, url):
    add(open_database(url, tables, schema=Schema("course", (never, never))), "one")
    before = everything(path)
    more = MetaData()
    Table("more", more, Column("id", Integer, primary_key=True))
    with pytest.raises(DatabaseUnavailable) as newer:
        open_database(url, more, schema=Schema("course", (never,)))
    for words in ("newer version", "its course tables are version 3", "knows 2", "Update the course"):
        assert words in str(newer.value)
    assert everything(path) == before


@pytest.mark.parametrize(
    ("statement", "error"), [("UPDATE codes SET nonsense = 1", DatabaseUnavailable), (None, KeyError)]
)
def test_a_migration_that_fails_leaves_everything_as_it_was(path, url, statement, error):
    made_by_hand(path, OLD, "INSERT INTO codes (old_text) VALUES ('one')")
    before = everything(path)

    def break_off(connection):
        connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")
        if statement is None:
            raise KeyError("stop")
        connection.exec_driver_sql(statement)

    with pytest.raises(error):
        open_database(url, tables, schema=Schema("course", (renamed, break_off)))
    assert everything(path) == before
    assert rows(open_database(url, tables, schema=Schema("course", (renamed, louder)))) == ["one!"]


def test_groups_of_tables_in_one_database_have_versions_of_their_own(path, url):
    accounts = MetaData()
    Table("accounts", accounts, Column("id", Integer, primary_key=True))
    open_database(url, tables, schema=Schema("course", (never,)))
    open_database(url, accounts, schema=Schema("accounts", (never, never)))
    assert versions(path) == {"course": 2, "accounts": 3}
    open_database(url, tables, schema=Schema("course", (never,)))
    assert versions(path) == {"course": 2, "accounts": 3}


def test_without_a_schema_nothing_is_written_down(path, url):
    open_database(url, tables)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        versions(path)


def writer_without_the_log(path):
    """Somebody who writes to a database that has no write-ahead log yet, and has not committed."""
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("CREATE TABLE IF NOT EXISTS notes (text)")
    writer.execute("BEGIN IMMEDIATE")
    return closing(writer)


def test_who_opens_a_new_database_while_another_writes_waits_for_the_log(path, url, monkeypatch):
    """SQLite itself does not wait at this one point: eight who opened a new file at once were seven, now and then."""
    with writer_without_the_log(path) as writer:
        waits = []

        def wait(seconds):
            waits.append(seconds)
            if len(waits) == 3:
                writer.execute("COMMIT")

        monkeypatch.setattr(database.time, "sleep", wait)
        open_database(url, tables)
    assert waits == [database.SWITCH_AGAIN_SECONDS] * 3


def test_who_writes_for_ever_is_told_of(path, url, monkeypatch):
    now = iter(range(0, 1000, 4))
    monkeypatch.setattr(database.time, "monotonic", lambda: next(now))
    waits = []
    monkeypatch.setattr(database.time, "sleep", waits.append)
    with writer_without_the_log(path), pytest.raises(DatabaseUnavailable, match="locked by another program"):
        open_database(url, tables)
    assert len(waits) == 2  # at 4 and at 8 seconds; at 12 it is enough


def _migrate(url: str, start, results) -> None:
    start.wait()
    try:
        open_database(url, tables, schema=Schema("course", (renamed, louder)))
        results.put("opened")
    except DatabaseUnavailable as problem:
        results.put(str(problem))


def test_processes_that_open_an_old_database_at_once_migrate_it_once(path, url):
    made_by_hand(path, OLD, "INSERT INTO codes (old_text) VALUES ('one')")
    processes = multiprocessing.get_context("fork")
    start, results = processes.Barrier(8), processes.Queue()
    workers = [processes.Process(target=_migrate, args=(url, start, results)) for _ in range(8)]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=20) for _ in workers] == ["opened"] * 8
    for worker in workers:
        worker.join()
    assert rows(open_database(url, tables)) == ["one!"]
