"""Tickets and sessions: random tokens, of which the database keeps only the hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

from sqlalchemy import Connection, Engine, delete, select, update

from helpers.accounts.denials import denied_at
from helpers.accounts.errors import NotSignedIn
from helpers.accounts.tables import Row, tokens
from helpers.clock import Clock
from helpers.database import reading
from helpers.secret import Secret
from helpers.verification import Verification

TICKET_LIFETIME: Final = timedelta(minutes=15)
SESSION_LIFETIME: Final = timedelta(hours=12)

Kind = Literal["ticket", "session"]
Way = Literal["sms", "totp", "recovery"]
"""Which second factor was shown: a code by text, an authenticator app, a recovery code."""
_LIFETIMES: Final[dict[Kind, timedelta]] = {"ticket": TICKET_LIFETIME, "session": SESSION_LIFETIME}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A right password was given: for a short time, this may ask for a code and bring it back."""

    account: str
    token: Secret[str]


@dataclass(frozen=True, slots=True)
class Session:
    """Signed in: both factors were shown."""

    account: str
    token: Secret[str]
    signed_in_at: datetime
    """When, UTC. Here to be shown; what counts is the time in the database."""
    way: Way = "sms"
    """By which second factor. Here to be shown; what counts is the way in the database."""
    denied_at: datetime | None = None
    """When somebody at the account's phone said that a sign-in was not theirs, UTC; None where nobody did, or where it
    was answered since (:meth:`Accounts.acknowledge_denial`, :meth:`Accounts.change_password`)."""

    @property
    def words(self) -> str:
        """What the person is told right after signing in; "" where there is nothing to tell."""
        if self.denied_at is None:
            return ""
        return (
            f"On {self.denied_at:%Y-%m-%d} at {self.denied_at:%H:%M} UTC somebody at your phone said that a sign-in "
            "was not theirs. If that was you: whoever tried has your password. Change it."
        )


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A ticket and the verification whose code turns it into a session."""

    ticket: Ticket
    verification: Verification = field(repr=False)

    @property
    def words(self) -> str:
        """What the person may be told before they are signed in: the last two digits, no more."""
        phone = f"your phone ending in {self.verification.phone.last_two}"
        if self.verification.delivery == "unknown":
            return f"We tried to text a code to {phone}, and can't tell whether it left. Wait a minute for it."
        return f"We texted a code to {phone}."


class Tokens:
    """The tickets and sessions of one database. A stolen database opens none of them.

    A method that takes a ``connection`` is part of its caller's transaction: what a token allowed a moment ago is
    asked again where it is done, since the account may be gone by then, and its name somebody else's.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def find(self, token: Secret[str], kind: Kind) -> Row:
        """The row of a live token.

        Raises:
            NotSignedIn: unknown, used, or too old.
        """
        with reading(self._engine) as connection:
            return self.require(connection, token, kind)

    def require(self, connection: Connection, token: Secret[str], kind: Kind) -> Row:
        """As :meth:`find`, inside a transaction."""
        live = (tokens.c.token_hash == _hash(token), tokens.c.kind == kind, tokens.c.expires_at > self._clock.now_ms())
        found = connection.execute(select(tokens).where(*live)).one_or_none()
        if found is None:
            raise NotSignedIn
        return found._asdict()

    def issue(self, connection: Connection, kind: Kind, account: str, *, way: Way | None = None) -> Secret[str]:
        """A new random token; those that have run out are thrown away. A session remembers its ``way``."""
        token = Secret(secrets.token_urlsafe(32))
        now = self._clock.now_ms()
        expires_at = now + _LIFETIMES[kind] // timedelta(milliseconds=1)
        # Everybody's, so not those that somebody is at work on: two who threw away at once would wait for each other.
        old = select(tokens.c.token_hash).where(tokens.c.expires_at <= now).with_for_update(skip_locked=True)
        connection.execute(delete(tokens).where(tokens.c.token_hash.in_(old)))
        row = {"token_hash": _hash(token), "kind": kind, "account": account, "way": way}
        connection.execute(tokens.insert().values(row | {"created_at": now, "expires_at": expires_at}))
        return token

    def open_session(self, connection: Connection, account: str, *, way: Way) -> Session:
        """Both factors were shown: a new session, which knows whether the phone has said no meanwhile."""
        token = self.issue(connection, "session", account, way=way)
        return Session(account, token, self._clock.now(), way, denied_at(connection, account))

    def bind(self, connection: Connection, token: Secret[str], kind: Kind, verification: str) -> None:
        """From now on this token, and no other, may bring the code of this verification back.

        Raises:
            NotSignedIn: it has ended meanwhile.
        """
        self.require(connection, token, kind)
        mine = tokens.c.token_hash == _hash(token)
        connection.execute(update(tokens).where(mine).values(verification=verification))

    def redeem(self, connection: Connection, ticket: Secret[str], verification: str) -> None:
        """Use a ticket up, for the verification it is bound to.

        Raises:
            NotSignedIn: it was used already, or is bound to another by now.
        """
        mine = (tokens.c.token_hash == _hash(ticket), tokens.c.verification == verification)
        if not connection.execute(delete(tokens).where(*mine)).rowcount:
            raise NotSignedIn

    def use(self, connection: Connection, ticket: Secret[str]) -> None:
        """Use a ticket up for a way that has no verification. A code that was texted for it is worth nothing now.

        Raises:
            NotSignedIn: it was used, or ran out, meanwhile.
        """
        now = self._clock.now_ms()
        live = (tokens.c.token_hash == _hash(ticket), tokens.c.kind == "ticket", tokens.c.expires_at > now)
        if not connection.execute(delete(tokens).where(*live)).rowcount:
            raise NotSignedIn

    def end(self, connection: Connection, token: Secret[str]) -> str | None:
        """End a token. The account it belonged to; None where there was no such token."""
        mine = delete(tokens).where(tokens.c.token_hash == _hash(token))
        account: str | None = connection.execute(mine.returning(tokens.c.account)).scalar_one_or_none()
        return account

    def end_all(self, connection: Connection, account: str, *, but: Secret[str] | None = None) -> None:
        """End all tickets and sessions of an account, with one exception at most."""
        kept = "" if but is None else _hash(but)
        connection.execute(delete(tokens).where(tokens.c.account == account, tokens.c.token_hash != kept))


def way_of(session: Row) -> Way:
    """By which way a session was signed in to."""
    way: Way = session["way"] or "sms"
    return way


def _hash(token: Secret[str]) -> str:
    return sha256(token.reveal().encode()).hexdigest()
