"""Signing in without a text, and what it takes to set that up: an authenticator app, and recovery codes.

Setting one up, or taking one away, is binding an authenticator (NIST SP 800-63B-4 §4.1.2): only a fresh sign-in may do
it, the phone is told, and all other sessions and sign-ins under way end (OWASP ASVS 5.0, 7.4.3). Signing in with one
takes a right password first, as it does with a text; and whoever guesses is counted in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, Unpack

from sqlalchemy import Connection, Engine

from helpers.accounts.errors import AccountError, SignInAgain
from helpers.accounts.sessions import Session, Ticket, Tokens, Way
from helpers.accounts.tables import Row
from helpers.alternatives import (
    RECOVERY,
    TOTP,
    NoTotp,
    RecoveryCodes,
    RecoveryCodeSet,
    Totp,
    TotpSetup,
    WrongRecoveryCode,
    WrongTotp,
)
from helpers.alternatives.tables import SCHEMA, metadata
from helpers.clock import Clock
from helpers.database import open_database, transaction
from helpers.phone_numbers import PhoneNumber
from helpers.verification import SMS_BINDING, VerificationError, Verifier
from helpers.verification.audit import About
from helpers.verification.store import turn_of

SIGN_IN_AGAIN: Final = "To change how you sign in, sign in again first. We want to be sure that it is you."
_APP_SET_UP: Final = "an authenticator app was set up for your account"
_APP_REMOVED: Final = "the authenticator app of your account was removed"
_CODES_MADE: Final = "new recovery codes were made for your account"
_CODE_USED: Final = "a recovery code was used to sign in to your account"
PASSWORD_CHANGED: Final = "the password of your account was changed"  # noqa: S105 (a sentence)


@dataclass(frozen=True, slots=True)
class Ways:
    """Which second factors an account has, for somebody who has shown its password.

    Attributes:
        sms: a confirmed phone.
        totp: an authenticator app.
        recovery: recovery codes that are left.

    A way that was switched off, after too many wrong codes, is not among them.
    """

    sms: bool
    totp: bool
    recovery: bool

    @property
    def without_sms(self) -> str:
        """In words, "" where there is none: ``your authenticator app or a recovery code``."""
        app = ["your authenticator app"] if self.totp else []
        return " or ".join(app + (["a recovery code"] if self.recovery else []))


class OtherWays:
    """The other ways of one database's accounts.

    Args:
        database_url, engine: where the accounts are; the other ways are kept beside them.
        verifier: has the keys, counts the failures, writes the log, and tells the phone.
        clock: the time.
        tokens: the tickets and sessions.
        phone_of: the saved, confirmed phone of an account; raises where there is none.
        is_fresh: whether a session was signed in to a moment ago.
        brand, contact: for the notices, as :class:`Accounts` has them. (Each is shorter than the notice of a change of
            phone, whose length is looked at there.)
    """

    def __init__(
        self,
        database_url: str,
        engine: Engine,
        *,
        verifier: Verifier,
        clock: Clock,
        tokens: Tokens,
        phone_of: Callable[[str], PhoneNumber],
        is_fresh: Callable[[Row], bool],
        brand: str,
        contact: str,
    ) -> None:
        self._words = partial(_notice, brand=brand, contact=contact)
        open_database(database_url, metadata, schema=SCHEMA).dispose()
        self._engine = engine
        self._verifier = verifier
        self._clock = clock
        self._audit = verifier.audit
        self._tokens = tokens
        self._phone_of = phone_of
        self._is_fresh = is_fresh
        self._totp = Totp(engine, keys=verifier.keys, limits=verifier.limits, clock=clock, issuer=brand)
        self._codes = RecoveryCodes(engine, keys=verifier.keys, limits=verifier.limits, clock=clock)

    # Looking

    def of(self, name: str, *, sms: bool) -> Ways:
        """Which ways an account has."""
        disabled = partial(self._verifier.limits.disabled, name)
        return Ways(
            sms=sms,
            totp=self._totp.has(name) and not disabled(authenticator=TOTP),
            recovery=self._codes.left(name) > 0 and not disabled(authenticator=RECOVERY),
        )

    def codes_left(self, session: Session) -> int:
        """How many recovery codes still work."""
        return self._codes.left(self._tokens.find(session.token, "session")["account"])

    # Setting up

    def add_totp(self, session: Session, *, client: str) -> TotpSetup:
        """Make a secret for an app; it counts once :meth:`confirm_totp` has had a code of it."""
        with self._changing(session, "totp", client=client) as name, self._transaction(name) as connection:
            self._tokens.require(connection, session.token, "session")
            setup = self._totp.begin(connection, name)
            self._audit.note(connection, event="totp", outcome="asked", account=name, client=client)
        return setup

    def confirm_totp(self, session: Session, code: str, *, client: str) -> None:
        """A first code came back: the app is the account's.

        (How old the sign-in is was asked a moment ago, when the secret was made: it lives ten minutes.)
        """
        name = self._tokens.find(session.token, "session")["account"]
        with self._refusals_audited("totp", account=name, client=client):
            match = self._totp.first_code(name, code)
            with self._told(session, name, _APP_SET_UP, client=client) as connection:
                self._totp.activate(connection, match)
                self._audit.note(connection, event="totp", outcome="set up", account=name, client=client)

    def remove_totp(self, session: Session, *, client: str) -> None:
        """Forget the app."""
        with self._changing(session, "totp", client=client) as name:
            if not self._totp.has(name):
                raise NoTotp
            with self._told(session, name, _APP_REMOVED, client=client) as connection:
                if not self._totp.remove(connection, name):
                    raise NoTotp
                self._audit.note(connection, event="totp", outcome="removed", account=name, client=client)

    def new_recovery_codes(self, session: Session, *, client: str) -> RecoveryCodeSet:
        """Make ten, in the place of all older ones."""
        with (
            self._changing(session, "recovery-codes", client=client) as name,
            self._told(session, name, _CODES_MADE, client=client) as connection,
        ):
            made = self._codes.replace(connection, name)
            self._audit.note(connection, event="recovery-codes", outcome="made", account=name, client=client)
        return made

    # Signing in

    def sign_in_with_totp(self, ticket: Ticket, code: str, *, client: str) -> Session:
        """The ticket of a right password, and the code that the app shows."""
        name = self._tokens.find(ticket.token, "ticket")["account"]
        with self._refusals_audited("sign-in", account=name, client=client, detail=f"by {TOTP}"):
            match = self._totp.check(name, code)
            with self._transaction(name) as connection:
                session = self._open(connection, ticket, name, "totp", client=client)
                self._totp.use(connection, match)
        return session

    def sign_in_with_recovery_code(self, ticket: Ticket, code: str, *, client: str) -> Session:
        """The ticket of a right password, and a code from paper. The phone is told: this is how accounts are recovered.

        (NIST SP 800-63B-4 §4.2 wants the notice. It leaves before the code is used up: no crash in between can leave a
        recovery that nobody was told of.)
        """
        name = self._tokens.find(ticket.token, "ticket")["account"]
        with self._refusals_audited("sign-in", account=name, client=client, detail=f"by {RECOVERY}"):
            match = self._codes.check(name, code)
            self.tell(name, _CODE_USED, client=client)
            with self._transaction(name) as connection:
                session = self._open(connection, ticket, name, "recovery", client=client)
                self._codes.use(connection, match)
        return session

    # For the phone

    def reopen_binding(self, name: str, *, way: Way, client: str) -> None:
        """Let a phone be confirmed again where too many wrong codes had ended that.

        Whoever is signed in without a text has shown the password and another authenticator: to them the counter, which
        is there against guesses behind a password alone, must be no dead end.
        """
        if not self._verifier.limits.disabled(name, authenticator=SMS_BINDING):
            return
        with self._transaction(name) as connection:
            self._verifier.limits.clear(connection, name, authenticators=(SMS_BINDING,))
            about: About = {"account": name, "client": client, "detail": f"by {way}"}
            self._audit.note(connection, event="restore", outcome="binding restored", **about)

    def tell(self, name: str, what: str, *, client: str) -> None:
        """Text a notice to an account's phone: how the account is signed in to has changed, or will in a moment."""
        self._verifier.tell(self._phone_of(name), self._words(what), account=name, client=client)

    def forget(self, connection: Connection, name: str) -> None:
        """An account is being deleted: its other ways go with it."""
        self._totp.remove(connection, name)
        self._codes.remove(connection, name)

    # Underneath

    @contextmanager
    def _changing(self, session: Session, event: str, *, client: str) -> Iterator[str]:
        """Something changes about how an account is signed in to: whose it is, if the sign-in is fresh."""
        token = self._tokens.find(session.token, "session")
        name: str = token["account"]
        with self._refusals_audited(event, account=name, client=client):
            if not self._is_fresh(token):
                raise SignInAgain(SIGN_IN_AGAIN)
            yield name

    @contextmanager
    def _told(self, session: Session, name: str, what: str, *, client: str) -> Iterator[Connection]:
        """Tell the phone, then do it: no crash in between can leave a change that nobody was told of."""
        self.tell(name, what, client=client)
        with self._transaction(name) as connection:
            self._tokens.require(connection, session.token, "session")
            yield connection
            self._tokens.end_all(connection, name, but=session.token)

    def _open(self, connection: Connection, ticket: Ticket, name: str, way: Way, *, client: str) -> Session:
        self._tokens.use(connection, ticket.token)
        session = self._tokens.open_session(connection, name, way=way)
        about: About = {"account": name, "client": client, "detail": f"by {way}"}
        self._audit.note(connection, event="sign-in", outcome="signed in", **about)
        return session

    def _transaction(self, name: str) -> AbstractContextManager[Connection]:
        return transaction(self._engine, turn=turn_of(name))

    @contextmanager
    def _refusals_audited(self, event: str, **about: Unpack[About]) -> Iterator[None]:
        """What is refused is written down: each wrong code, and of everything else the same once a minute."""
        try:
            yield
        except (WrongTotp, WrongRecoveryCode) as wrong:
            self._audit.record(event=event, outcome=type(wrong).__name__, **about)
            raise
        except (AccountError, VerificationError) as refused:
            self._audit.record_refusal(event=event, outcome=type(refused).__name__, **about)
            raise


def _notice(what: str, *, brand: str, contact: str) -> str:
    """For the phone: who, what, and what to do (NIST SP 800-63B-4 §4.6). No link and no code."""
    call = f" or call {contact}" if contact else ""
    return f"{brand}: {what}. Not you? Sign in and set it right{call}."
