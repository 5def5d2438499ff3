"""Bad days of a PostgreSQL server, as ``test_database.py`` has those of a file: words that say what to do."""

from __future__ import annotations

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import databases
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, inspect, make_url, select

from helpers import database as package
from helpers.database import (
    DatabaseUnavailable,
    Schema,
    empty_database,
    open_database,
    opening,
    postgresql,
    reading,
    take_turn,
    transaction,
)

DATABASES = ("postgresql",)
SECRET = "s3cret-s3cret"
tables = MetaData()
codes = Table("codes", tables, Column("id", Integer, primary_key=True), Column("text", String(), nullable=False))


@pytest.fixture
def engine(database_url):
    engine = open_database(database_url, tables)
    yield engine
    engine.dispose()


def add(engine, text, **values):
    with transaction(engine) as connection:
        connection.execute(insert(codes).values(text=text, **values))


def seen(connection):
    return connection.execute(select(codes.c.text).order_by(codes.c.id)).scalars().all()


def rows(engine):
    with reading(engine) as connection:
        return seen(connection)


def test_an_exception_rolls_the_transaction_back_and_comes_through(engine):
    def half_way():
        with transaction(engine) as connection:
            connection.execute(insert(codes).values(text="one"))
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        half_way()
    assert rows(engine) == []


def test_one_reading_is_of_one_moment_and_a_writer_sees_what_was_committed_meanwhile(engine):
    with reading(engine) as reader, transaction(engine) as writer:
        assert seen(reader) == seen(writer) == []
        add(engine, "one")
        assert seen(reader) == []
        assert seen(writer) == ["one"]


def test_a_reading_cannot_write_and_leaves_nothing_of_that_to_the_next_transaction(engine):
    with pytest.raises(DatabaseUnavailable, match="read-only"), reading(engine) as connection:
        connection.execute(insert(codes).values(text="one"))
    add(engine, "two")
    assert rows(engine) == ["two"]


@pytest.mark.parametrize("values", [{"id": 1}, {"id": "not-a-number-123456"}, {"text": None}])
def test_a_refused_row_is_told_without_its_values(engine, values):
    add(engine, "first", id=1)
    with pytest.raises(DatabaseUnavailable, match="The database refused") as caught:
        add(engine, **{"text": SECRET, **values})
    shown = "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None
    for text in (str(caught.value), shown, str(caught.value.__context__)):
        assert SECRET not in text
        assert "123456" not in text
        assert "DETAIL" not in text


def test_what_postgresql_cannot_keep_is_refused_in_words(engine):
    with pytest.raises(DatabaseUnavailable, match=r"The database refused \(DataError\)"):
        add(engine, "a\0b")


@pytest.mark.parametrize(
    "changed",
    [{"port": 1}, {"password": SECRET, "username": "nobody"}, {"database": "no_such"}, {"host": "no.invalid"}],
)
def test_a_server_that_does_not_take_us_is_told_without_the_password(database_url, changed):
    address = make_url(database_url).set(**changed)
    with pytest.raises(DatabaseUnavailable, match=r"cannot be reached, does not take us.* in DATABASE_URL") as caught:
        open_database(address.render_as_string(hide_password=False), tables)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_connection_that_was_ended_meanwhile_is_made_anew(engine, database_url):
    add(engine, "one")
    end_all(database_url)
    assert rows(engine) == ["one"]


def test_a_connection_that_is_ended_in_the_middle_is_told_and_nothing_was_changed(engine, database_url):
    def half_way():
        with transaction(engine) as connection:
            connection.execute(insert(codes).values(text="one"))
            end_all(database_url)
            connection.execute(insert(codes).values(text="two"))

    with pytest.raises(DatabaseUnavailable, match=r"being stopped or started|went away"):
        half_way()
    assert rows(engine) == []


def end_all(database_url):
    """What a server does that is started again."""
    with databases.connect(make_url(database_url)) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND application_name = current_setting('application_name')"
        )


def test_a_turn_is_waited_for_so_long_and_no_longer(database_url, monkeypatch):
    monkeypatch.setattr(postgresql, "WAIT_SECONDS", 0.02)
    engine = open_database(database_url, tables)
    with transaction(engine, turn="ana"):
        with pytest.raises(DatabaseUnavailable, match="Somebody else has held"), transaction(engine, turn="ana"):
            pass
        with transaction(engine, turn="ben"), transaction(engine):
            pass
    with transaction(engine, turn="ana") as connection:
        take_turn(connection, "ana")  # one's own turn is no obstacle
    engine.dispose()


def test_another_schema_of_the_same_database_has_turns_of_its_own(database_url, monkeypatch):
    monkeypatch.setattr(postgresql, "WAIT_SECONDS", 0.2)
    with databases.schema_of_its_own(databases.server()) as elsewhere:
        here, there = open_database(database_url, tables), open_database(elsewhere, tables)
        with transaction(here, turn="account ana"), transaction(there, turn="account ana"):
            pass  # neither has waited
        with (
            transaction(here, turn="account ana"),
            pytest.raises(DatabaseUnavailable),
            transaction(here, turn="account ana"),
        ):
            pass
        here.dispose()
        there.dispose()


def test_who_finds_no_connection_free_is_told(database_url, monkeypatch):
    for name, value in (("POOL_SIZE", 1), ("POOL_OVERFLOW", 0), ("WAIT_SECONDS", 0.02)):
        monkeypatch.setattr(postgresql, name, value)
    engine = open_database(database_url, tables)
    with transaction(engine), pytest.raises(DatabaseUnavailable, match="All connections"), transaction(engine):
        pass
    engine.dispose()


def test_who_reads_and_writes_back_in_one_turn_loses_nothing(engine):
    add(engine, "0")
    together = threading.Barrier(8)

    def count_up(_):
        together.wait(30)
        for _ in range(10):
            with transaction(engine, turn="count") as connection:
                [before] = seen(connection)
                connection.execute(codes.update().values(text=str(int(before) + 1)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(8)))
    assert rows(engine) == ["80"]


def test_eight_may_make_the_same_tables_at_once(database_url):
    together = threading.Barrier(8)

    def make(_):
        together.wait(30)
        engine = open_database(database_url, tables, schema=Schema("course", (never,)))
        engine.dispose()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(8)))


def never(connection):
    raise AssertionError("a new database needs no migration")


def test_emptying_drops_every_table_of_this_schema_and_of_no_other(engine, database_url):
    with databases.schema_of_its_own(databases.server()) as other_url:
        other = open_database(other_url, tables)
        add(other, "kept")
        with transaction(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE more (id INTEGER)")
        empty_database(database_url)
        assert inspect(engine).get_table_names() == []
        assert rows(other) == ["kept"]
        other.dispose()


def test_without_its_driver_it_says_what_to_install(monkeypatch, database_url):
    monkeypatch.setattr(opening.postgresql, "find_spec", lambda _: None)
    with pytest.raises(DatabaseUnavailable, match=r"pip install -e \.\[postgres\]"):
        package.open_database(database_url, tables)
