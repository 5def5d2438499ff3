"""The first factor, and what it takes to be signed in.

right password → *ticket* → code on the saved, confirmed phone → *session*. A code is sent and checked only behind a
right password, so a stranger can neither make a phone ring nor use up somebody's guesses; and the phone is the saved
one, never one that the person who signs in names.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Column, ColumnElement, Integer, MetaData, RowMapping, String, Table, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from helpers.clock import Clock
from helpers.database import open_database, transaction
from helpers.errors import CourseError
from helpers.flowroute import OutcomeUnknown, ServerError
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import Verification, Verifier
from helpers.verification.errors import in_words, without_locals
from helpers.verification import ENROL

SIGN_IN: Final = "sign-in"
MIN_PASSWORD_LENGTH: Final = 8  # NIST SP 800-63B-4 §3.1.1.2: as one of two factors
MAX_PASSWORD_LENGTH: Final = 256
COMMON_PASSWORDS: Final = frozenset(
    {"password", "password1", "12345678", "123456789", "1234567890", "qwertyuiop", "iloveyou", "sunshine", "football"}
)
"""A start of a blocklist (§3.1.1.2). A real site takes a list of leaked passwords."""
TICKET_LIFETIME: Final = timedelta(minutes=15)
SESSION_LIFETIME: Final = timedelta(hours=12)
FREE_TRIES: Final = 3
"""Wrong passwords before the waits begin; each further one doubles the wait, up to MAX_WAIT. Nobody is locked out."""
MAX_WAIT: Final = timedelta(minutes=1)

metadata = MetaData()
accounts = Table(
    "accounts",
    metadata,
    Column("name", String, primary_key=True),
    Column("password_hash", String, nullable=False),
    Column("phone", String),
    Column("phone_confirmed_at", Integer),  # all times: UTC milliseconds
)
tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("kind", String, nullable=False),  # ticket, or session
    Column("account", String, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("verification", String),  # of a ticket: the one that may turn it into a session
)
password_failures = Table(
    "password_failures",
    metadata,
    Column("tried_by", String, primary_key=True),  # an HMAC of name and client: people type passwords as names
    Column("failures", Integer, nullable=False),
    Column("free_at", Integer, nullable=False),
)


class AccountError(CourseError):
    """Anything that stops a registration, an enrolment or a sign-in; ``user_message`` says it to the person."""

    user_message = "That did not work."

    def __init__(self, user_message: str | None = None) -> None:
        if user_message is not None:
            self.user_message = user_message
        super().__init__(self.user_message)


class NameTaken(AccountError):
    """The account exists already."""

    user_message = "That user name is taken. Choose another."


class PasswordRefused(AccountError):
    """Too short, too long, or on the blocklist."""


class SignInRefused(AccountError):
    """Unknown user or wrong password: nobody is told which (OWASP ASVS 5.0, 6.3.8)."""

    user_message = "User name or password is wrong."


class SlowDown(AccountError):
    """Too many wrong passwords for this name from this client; the right one works again after ``retry_after``."""

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many tries. Wait {in_words(retry_after)} and try again.")


class NotSignedIn(AccountError):
    """The ticket or the session is unknown, used or too old."""

    user_message = "Your sign-in has run out. Sign in again."


class NoConfirmedPhone(AccountError):
    """The account has no phone that was confirmed by a code."""

    user_message = "This account has no confirmed phone yet. Add your phone first."


class PhoneAlreadyConfirmed(AccountError):
    """The account has a confirmed phone; changing it is not part of signing in."""

    user_message = "This account has a phone already. Sign in with it."


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


class Accounts:
    """The accounts of one database.

    Args:
        database_url: where they are kept; the verifier's store may be the same file.
        verifier: sends and checks the codes.
        clock: the time.
        key: hides, in the list of failures, the names that were typed.
        hasher: argon2id; the library's defaults are above OWASP's floor (19 MiB, t=2).
    """

    def __init__(
        self,
        database_url: str,
        *,
        verifier: Verifier,
        clock: Clock,
        key: Secret[bytes],
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._engine = open_database(database_url, metadata)
        self._verifier = verifier
        self._clock = clock
        self._key = key
        self._hasher = hasher or PasswordHasher()
        # Somebody who does not exist costs the same work as somebody who does.
        self._nobodys_hash = self._hasher.hash(secrets.token_urlsafe(16))

    @without_locals
    def register(self, name: str, password: str) -> None:
        """Open an account.

        Raises:
            NameTaken, PasswordRefused, AccountError: what is wrong, in words.
        """
        name = _plain(name)
        if not name or len(name) > 64:
            raise AccountError("A user name has from 1 to 64 characters.")
        _refuse_weak(password, name)
        row = insert(accounts).values(name=name, password_hash=self._hasher.hash(_normal(password)))
        with transaction(self._engine) as connection:
            if not connection.execute(row.on_conflict_do_nothing()).rowcount:
                raise NameTaken

    @without_locals
    def check_password(self, name: str, password: str, *, client: str) -> Ticket:
        """The first factor.

        Args:
            client: the network address of who asks. Failures are slowed by name and client together, so that a stranger
                elsewhere slows nobody but themselves.

        Raises:
            SignInRefused: unknown user or wrong password. SlowDown: too many tries.
        """
        name = _plain(name)
        tried_by = hmac.digest(self._key.reveal(), f"{name}\0{client}".encode(), sha256).hex()
        self._count_try(tried_by)
        row = self._account(name)
        known = self._hash_matches(row["password_hash"] if row is not None else self._nobodys_hash, password)
        if row is None or not known:
            raise SignInRefused
        with transaction(self._engine) as connection:
            connection.execute(delete(password_failures).where(password_failures.c.tried_by == tried_by))
        return Ticket(name, self._new_token("ticket", name, TICKET_LIFETIME))

    @without_locals
    def enrol_phone(self, ticket: Ticket, number: str | PhoneNumber, *, client: str) -> Verification:
        """Save a phone as unconfirmed and text it the one thing it may get before it is confirmed: a code.

        Where nobody can say whether the text left, it goes on all the same: ``delivery`` is then ``unknown``.

        Raises:
            PhoneAlreadyConfirmed: the account has its phone. NotSignedIn: the ticket ran out.
            PhoneNumberError, and whatever :meth:`Verifier.start` raises.
        """
        name = self._holder(ticket)
        account = self._account(name)
        if account is not None and account["phone_confirmed_at"] is not None:
            raise PhoneAlreadyConfirmed
        verification = _even_if_unknown(
            lambda: self._verifier.start(number, account=name, purpose=ENROL, client=client)
        )
        self._save_phone(name, verification.phone, confirmed_at=None)
        return verification

    @without_locals
    def confirm_phone(self, ticket: Ticket, verification: str, code: str) -> PhoneNumber:
        """The code came back: the phone is the account's from now on.

        Raises:
            NotSignedIn: the ticket ran out. PhoneAlreadyConfirmed: another enrolment was quicker.
            Whatever :meth:`Verifier.check` raises.
        """
        name = self._holder(ticket)
        approved = self._verifier.check(verification, code, account=name, purpose=ENROL)
        self._save_phone(name, approved.phone, confirmed_at=self._clock.now_ms())
        return approved.phone

    @without_locals
    def send_code(self, ticket: Ticket, *, client: str) -> PendingSignIn:
        """The second factor begins: text a code to the saved, confirmed phone.

        Raises:
            NoConfirmedPhone, NotSignedIn; and whatever :meth:`Verifier.start` raises.
        """
        name = self._holder(ticket)
        account = self._account(name)
        if account is None or account["phone_confirmed_at"] is None:
            raise NoConfirmedPhone
        phone = PhoneNumber(account["phone"])
        verification = _even_if_unknown(
            lambda: self._verifier.start(phone, account=name, purpose=SIGN_IN, client=client)
        )
        mine = (tokens.c.token_hash == _token_hash(ticket.token),)
        with transaction(self._engine) as connection:
            connection.execute(update(tokens).where(*mine).values(verification=verification.id))
        return PendingSignIn(ticket, verification)

    @without_locals
    def resend_code(self, pending: PendingSignIn) -> PendingSignIn:
        """Text a new code for the same sign-in. Raises what :meth:`Verifier.resend` raises, and NotSignedIn."""
        name = self._holder(pending.ticket, _bound_to(pending))
        verification = _even_if_unknown(
            lambda: self._verifier.resend(pending.verification.id, account=name, purpose=SIGN_IN)
        )
        return PendingSignIn(pending.ticket, verification)

    @without_locals
    def sign_in(self, pending: PendingSignIn, code: str) -> Session:
        """Both factors: the ticket of a right password, and the code sent for that ticket.

        Raises:
            NotSignedIn: the ticket ran out, was used, or belongs to another verification.
            Whatever :meth:`Verifier.check` raises.
        """
        name = self._holder(pending.ticket, _bound_to(pending))
        self._verifier.check(pending.verification.id, code, account=name, purpose=SIGN_IN)
        ticket = (tokens.c.token_hash == _token_hash(pending.ticket.token), _bound_to(pending))
        with transaction(self._engine) as connection:
            if not connection.execute(delete(tokens).where(*ticket)).rowcount:
                raise NotSignedIn
        return Session(name, self._new_token("session", name, SESSION_LIFETIME))

    @without_locals
    def who(self, session: Session) -> str:
        """The account that a session belongs to.

        Raises:
            NotSignedIn: unknown, signed out, or too old.
        """
        return self._owner(session.token, "session")

    @without_locals
    def sign_out(self, session: Session) -> None:
        """End a session. Ending one that is over already is fine."""
        with transaction(self._engine) as connection:
            connection.execute(delete(tokens).where(tokens.c.token_hash == _token_hash(session.token)))

    def _holder(self, ticket: Ticket, *also: ColumnElement[bool]) -> str:
        return self._owner(ticket.token, "ticket", *also)

    def _owner(self, token: Secret[str], kind: str, *also: ColumnElement[bool]) -> str:
        live = (
            *also,
            tokens.c.token_hash == _token_hash(token),
            tokens.c.kind == kind,
            tokens.c.expires_at > self._clock.now_ms(),
        )
        with transaction(self._engine) as connection:
            owner: str | None = connection.execute(select(tokens.c.account).where(*live)).scalar_one_or_none()
        if owner is None:
            raise NotSignedIn
        return owner

    def _new_token(self, kind: str, name: str, lifetime: timedelta) -> Secret[str]:
        """A random token; the database keeps only its hash, so a stolen database opens no session."""
        token = Secret(secrets.token_urlsafe(32))
        now = self._clock.now_ms()
        expires_at = now + lifetime // timedelta(milliseconds=1)
        with transaction(self._engine) as connection:
            connection.execute(delete(tokens).where(tokens.c.expires_at <= now))
            connection.execute(
                tokens.insert().values(token_hash=_token_hash(token), kind=kind, account=name, expires_at=expires_at)
            )
        return token

    def _count_try(self, tried_by: str) -> None:
        """Count a try before it is looked at, and refuse it while a wait is running."""
        now = self._clock.now_ms()
        with transaction(self._engine) as connection:
            mine = password_failures.c.tried_by == tried_by
            row = connection.execute(select(password_failures).where(mine)).mappings().one_or_none()
            if row is not None and row["free_at"] > now:
                raise SlowDown(timedelta(milliseconds=row["free_at"] - now))
            failures = (row["failures"] if row is not None else 0) + 1
            doubled = timedelta(seconds=2 ** min(failures - FREE_TRIES, 10)) if failures >= FREE_TRIES else timedelta(0)
            values = {"failures": failures, "free_at": now + min(doubled, MAX_WAIT) // timedelta(milliseconds=1)}
            upsert = insert(password_failures).values(tried_by=tried_by, **values)
            connection.execute(upsert.on_conflict_do_update(index_elements=["tried_by"], set_=values))

    def _hash_matches(self, password_hash: str, password: str) -> bool:
        # An overlong text is no password of ours, and hashing all of it would hand out our processor for free.
        try:
            self._hasher.verify(password_hash, _normal(password[:MAX_PASSWORD_LENGTH]))
        except VerifyMismatchError:
            return False
        return len(password) <= MAX_PASSWORD_LENGTH

    def _account(self, name: str) -> RowMapping | None:
        with transaction(self._engine) as connection:
            return connection.execute(select(accounts).where(accounts.c.name == name)).mappings().one_or_none()

    def _save_phone(self, name: str, phone: PhoneNumber, *, confirmed_at: int | None) -> None:
        """Only while no phone is confirmed: of two enrolments at once, the slower one must not replace the other's."""
        unconfirmed = (accounts.c.name == name, accounts.c.phone_confirmed_at.is_(None))
        save = update(accounts).where(*unconfirmed).values(phone=phone.e164, phone_confirmed_at=confirmed_at)
        with transaction(self._engine) as connection:
            if not connection.execute(save).rowcount:
                raise PhoneAlreadyConfirmed


def _even_if_unknown(send: Callable[[], Verification]) -> Verification:
    """A text that may have left is waited for: its code works. Any other failure goes up to the caller."""
    try:
        return send()
    except (OutcomeUnknown, ServerError) as error:
        verification: Verification = error.verification
        return verification


def _bound_to(pending: PendingSignIn) -> ColumnElement[bool]:
    return tokens.c.verification == pending.verification.id


def _plain(name: str) -> str:
    return _normal(_normal(name).casefold()).strip()


def _normal(text: str) -> str:
    # §3.1.1.2: one normal form before hashing, so that the same password from two keyboards is the same.
    # Half a surrogate pair, which JSON can spell and no encoder takes, becomes a question mark.
    return unicodedata.normalize("NFKC", text.encode(errors="replace").decode())


def _token_hash(token: Secret[str]) -> str:
    return sha256(token.reveal().encode()).hexdigest()


def _refuse_weak(password: str, name: str) -> None:
    plain = _normal(password)
    if len(plain) < MIN_PASSWORD_LENGTH:
        raise PasswordRefused(f"A password has at least {MIN_PASSWORD_LENGTH} characters. A few words make a good one.")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise PasswordRefused(f"A password has at most {MAX_PASSWORD_LENGTH} characters.")
    if plain.casefold() in COMMON_PASSWORDS or plain.casefold() == name:
        raise PasswordRefused("That password is one of the first that people try. Choose another.")
