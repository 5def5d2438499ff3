"""WRONG ON PURPOSE, never copy. Attempts counted in a database: read, look, add one, write (attack 3)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

MAX_ATTEMPTS = 3


class TooManyAttempts(Exception):
    """Three are enough."""


def open_database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    database.execute("CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, code TEXT, attempts INTEGER)")
    return database


def save_code(path: Path, name: str, code: str) -> None:
    with closing(open_database(path)) as database:
        database.execute("INSERT OR REPLACE INTO users VALUES (?, ?, 0)", (name, code))


def verify(database: sqlite3.Connection, name: str, typed: str) -> bool:
    code, attempts = database.execute("SELECT code, attempts FROM users WHERE name = ?", (name,)).fetchone()
    if attempts >= MAX_ATTEMPTS:
        raise TooManyAttempts
    save_attempts(database, name, attempts + 1)
    return bool(typed == code)


def save_attempts(database: sqlite3.Connection, name: str, attempts: int) -> None:
    database.execute("UPDATE users SET attempts = ? WHERE name = ?", (attempts, name))
