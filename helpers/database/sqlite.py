"""SQLite: one file, one writer at a time."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

BUSY_TIMEOUT_SECONDS = 10.0
"""How long a writer waits for another one before it gives up.

SQLite's waiting is unfair (who has waited longest asks least often): of eight busy writers on a slow disk, one was seen
to wait for six seconds.
"""
SWITCH_AGAIN_SECONDS = 0.02


def new_engine(address: URL) -> Engine:
    """The connections to a file, each ready for use."""
    in_memory = address.database in (None, "", ":memory:")
    engine = create_engine(
        address,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        # A database in memory lives in its connection: all threads take turns with the same one.
        **({"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0} if in_memory else {}),
        hide_parameters=True,  # the driver's errors quote the statement, never its values
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def missing_folder(address: URL) -> str | None:
    """The name of the folder that the file should be in, if it is not there."""
    path = address.database
    there = not path or path == ":memory:" or Path(path).parent.is_dir()
    return None if there else Path(str(path)).parent.name


def in_words(problem: BaseException | None) -> str:
    """What went wrong, and what to do; without the values, which may be secret."""
    text = str(problem)
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


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
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
