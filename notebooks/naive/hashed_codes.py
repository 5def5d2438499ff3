"""WRONG ON PURPOSE, never copy. "We store only a hash", and a line in the log (attack 10)."""

from __future__ import annotations

import hashlib
import logging
import secrets
import sqlite3

from helpers import FlowrouteClient, PhoneNumber

log = logging.getLogger(__name__)


class HashedCodes:
    """The newest code of each user, hashed."""

    def __init__(self, flowroute: FlowrouteClient, from_number: PhoneNumber) -> None:
        self.flowroute = flowroute
        self.from_number = from_number
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.database.execute("CREATE TABLE codes (name TEXT PRIMARY KEY, code_hash TEXT)")

    def send_code(self, name: str, phone: str) -> None:
        code = f"{secrets.randbelow(10**6):06d}"
        self.database.execute("INSERT OR REPLACE INTO codes VALUES (?, ?)", (name, hashed(code)))
        self.flowroute.send_message(to=phone, from_=self.from_number, body=f"Your code is {code}")
        log.info("Sent code %s to %s", code, phone)

    def verify(self, name: str, typed: str) -> bool:
        row = self.database.execute("SELECT code_hash FROM codes WHERE name = ?", (name,)).fetchone()
        return row is not None and bool(row[0] == hashed(typed))


def hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
