"""The course's database: SQLite, or PostgreSQL where several machines share one.

``opening.py`` opens it, and has the transactions; ``sqlite.py`` and ``postgresql.py`` have what only one of them needs.
"""

from helpers.database.opening import (
    DatabaseUnavailable,
    Int64,
    Schema,
    empty_database,
    open_database,
    reading,
    take_turn,
    transaction,
    upsert,
)

__all__ = [
    "DatabaseUnavailable",
    "Int64",
    "Schema",
    "empty_database",
    "open_database",
    "reading",
    "take_turn",
    "transaction",
    "upsert",
]
