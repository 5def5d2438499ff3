"""Passwords: which are taken, how they are kept, and how guessing at them is slowed."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Connection, Engine, delete, select

from helpers.accounts.errors import PasswordRefused, SignInRefused, SlowDown
from helpers.accounts.tables import accounts, password_failures
from helpers.clock import Clock
from helpers.database import reading, transaction, upsert
from helpers.secret import Secret
from helpers.verification import AuditLog

MIN_PASSWORD_LENGTH: Final = 8  # NIST SP 800-63B-4 §3.1.1.2: as one of two factors
MAX_PASSWORD_LENGTH: Final = 256
COMMON_PASSWORDS: Final = frozenset(
    {"password", "password1", "12345678", "123456789", "1234567890", "qwertyuiop", "iloveyou", "sunshine", "football"}
)
"""A start of a blocklist (§3.1.1.2). A real site takes a list of leaked passwords."""
FREE_TRIES: Final = 3
"""Wrong passwords before the waits begin; each further one doubles the wait, up to MAX_WAIT. Nobody is locked out."""
MAX_WAIT: Final = timedelta(minutes=1)
FAILURES_KEPT_FOR: Final = timedelta(days=1)
MOST_FAILURES_KEPT: Final = 100_000
"""Counts that are kept at once, about 15 MB. A stranger can fill them at the price of a slow hash each; beyond this the
oldest go. That gives nobody anything: 100,000 hashes to forget a wait of a minute are a bad bargain."""
SWEEP_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class RightPassword:
    """A password that was right a moment ago, and what it was compared with."""

    name: str
    client: str
    tried_by: str = field(repr=False)
    password_hash: str = field(repr=False)


class Passwords:
    """The passwords of one database.

    Args:
        engine: where ``accounts`` and ``password_failures`` are.
        clock: the time.
        key: hides, in the list of failures, the names that were typed.
        hasher: argon2id.
        audit: is told of every password that was compared, right or wrong. Tries that were refused while a wait ran
            cost no hash, so they are not written down: a stranger could fill the log with them for nothing.
    """

    def __init__(
        self, engine: Engine, *, clock: Clock, key: Secret[bytes], hasher: PasswordHasher, audit: AuditLog
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._key = key
        self._hasher = hasher
        self._audit = audit
        # Somebody who does not exist costs the same work as somebody who does.
        self._nobodys_hash = self._hasher.hash(secrets.token_urlsafe(16))

    def new_hash(self, password: str, *, name: str) -> str:
        """The hash of a password for a new account.

        Raises:
            PasswordRefused: it is a weak one; the words say why.
        """
        _refuse_weak(password, name)
        return self._hasher.hash(normal(password))

    def check(self, name: str, password: str, *, client: str) -> RightPassword:
        """Compare a password; the try is counted before.

        Raises:
            SignInRefused: unknown user or wrong password. SlowDown: too many tries.
        """
        tried_by = hmac.digest(self._key.reveal(), f"{name}\0{client}".encode(), sha256).hex()
        self._count_try(tried_by)
        stored = self._stored_hash(name)
        right = self._matches(stored or self._nobodys_hash, password)
        if stored is None or not right:
            # An unknown name may be a password that was typed into the wrong field.
            account = name if stored is not None else ""
            self._audit.record(event="password", outcome=SignInRefused.__name__, account=account, client=client)
            raise SignInRefused
        return RightPassword(name, client, tried_by, stored)

    def accept(self, connection: Connection, right: RightPassword) -> None:
        """Clear the count, and make sure that the account is still the one whose password it was.

        Raises:
            SignInRefused: it was deleted meanwhile; its name may be somebody else's now.
        """
        same = (accounts.c.name == right.name, accounts.c.password_hash == right.password_hash)
        if connection.execute(select(accounts.c.name).where(*same)).one_or_none() is None:
            raise SignInRefused
        connection.execute(delete(password_failures).where(password_failures.c.tried_by == right.tried_by))
        self._audit.note(connection, event="password", outcome="right", account=right.name, client=right.client)

    def _stored_hash(self, name: str) -> str | None:
        with reading(self._engine) as connection:
            query = select(accounts.c.password_hash).where(accounts.c.name == name)
            stored: str | None = connection.execute(query).scalar_one_or_none()
            return stored

    def _matches(self, password_hash: str, password: str) -> bool:
        # An overlong text is no password of ours, and hashing all of it would hand out our processor for free.
        try:
            self._hasher.verify(password_hash, normal(password[:MAX_PASSWORD_LENGTH]))
        except VerifyMismatchError:
            return False
        return len(password) <= MAX_PASSWORD_LENGTH

    def _count_try(self, tried_by: str) -> None:
        """Count a try before it is looked at, and refuse it while a wait is running."""
        now = self._clock.now_ms()
        with transaction(self._engine, turn=f"password {tried_by}") as connection:
            mine = password_failures.c.tried_by == tried_by
            row = connection.execute(select(password_failures).where(mine)).mappings().one_or_none()
            if row is not None and row["free_at"] > now:
                raise SlowDown(timedelta(milliseconds=row["free_at"] - now))
            failures = (row["failures"] if row is not None else 0) + 1
            doubled = timedelta(seconds=2 ** min(failures - FREE_TRIES, 10)) if failures >= FREE_TRIES else timedelta(0)
            values = {"failures": failures, "free_at": now + min(doubled, MAX_WAIT) // timedelta(milliseconds=1)}
            counted = upsert(connection, password_failures).values(tried_by=tried_by, **values)
            connection.execute(counted.on_conflict_do_update(index_elements=["tried_by"], set_=values))
            _sweep(connection, now=now)


def _sweep(connection: Connection, *, now: int) -> None:
    """Forget counts that are over, and those beyond the most that are kept; so many at a time, so that nobody waits.

    Those that somebody else counts at just now are left for the next time.
    """
    column = password_failures.c
    old = select(column.tried_by).where(column.free_at <= now - FAILURES_KEPT_FOR // timedelta(milliseconds=1))
    too_many = select(column.tried_by).order_by(column.free_at.desc()).offset(MOST_FAILURES_KEPT)
    for gone in (old, too_many):
        free = select(column.tried_by).where(column.tried_by.in_(gone.limit(SWEEP_BATCH)))
        free = free.with_for_update(skip_locked=True)  # apart: it would lock what an OFFSET passes over, too
        connection.execute(delete(password_failures).where(column.tried_by.in_(free)))


def normal(text: str) -> str:
    """One normal form, so that the same password from two keyboards is the same (§3.1.1.2)."""
    # Half a surrogate pair, which JSON can spell and no encoder takes, becomes a question mark.
    return unicodedata.normalize("NFKC", text.encode(errors="replace").decode())


def _refuse_weak(password: str, name: str) -> None:
    plain = normal(password)
    if len(plain) < MIN_PASSWORD_LENGTH:
        raise PasswordRefused(f"A password has at least {MIN_PASSWORD_LENGTH} characters. A few words make a good one.")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise PasswordRefused(f"A password has at most {MAX_PASSWORD_LENGTH} characters.")
    if plain.casefold() in COMMON_PASSWORDS or plain.casefold() == name:
        raise PasswordRefused("That password is one of the first that people try. Choose another.")
