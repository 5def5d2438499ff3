"""What people do with an account: register, add a phone, sign in, change the phone, leave.

A code is sent and checked only behind a right password, so a stranger can neither make a phone ring nor use up
somebody's guesses; and the phone is the saved one, never one that the person who signs in names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Unpack

from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, delete, inspect, update

from helpers.accounts.denials import SIGN_IN, SIGN_IN_FIRST, Denials
from helpers.accounts.enrolment import Enrolment, even_if_unknown
from helpers.accounts.errors import (
    AccountError,
    AskAnOperator,
    NameTaken,
    NoChangeWaiting,
    NoConfirmedPhone,
    NotSignedIn,
    PasswordRefused,
    PhoneAlreadyConfirmed,
    PhoneUnchanged,
    SignInAgain,
    SmsSwitchedOff,
)
from helpers.accounts.other_ways import PASSWORD_CHANGED, SIGN_IN_AGAIN, OtherWays, Ways
from helpers.accounts.passwords import Passwords, normal
from helpers.accounts.phones import PhoneChange, Phones, change_in, notice_words
from helpers.accounts.sessions import PendingSignIn, Session, Ticket, Tokens, way_of
from helpers.accounts.tables import SCHEMA, Row, accounts, metadata
from helpers.alternatives import RecoveryCodeSet, TotpSetup
from helpers.clock import Clock, from_ms
from helpers.database import open_database, reading, transaction, upsert
from helpers.message_length import measure
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import SMS_BINDING, AuthenticatorDisabled, NotPending, Verification, Verifier
from helpers.verification.audit import About
from helpers.verification.errors import without_locals
from helpers.verification.store import turn_of

REAUTHENTICATE_WITHIN: Final = timedelta(minutes=5)
"""How fresh a sign-in must be for a change of phone, which binds a new authenticator (NIST SP 800-63B-4 §4.1.2.1)."""
COOLING_OFF: Final = timedelta(hours=24)
"""How long a new phone waits, so that the owner of the old one reads the notice and can cancel."""
_NO_MORE_TEXTS: Final = "Codes by text are switched off for this account after too many wrong ones."


class Accounts:
    """The accounts of one database.

    Args:
        database_url: the database of the verifier's store: the audit log, which stands there, is written together with
            the deed.
        verifier: sends and checks the codes.
        clock: the time.
        key: hides, in the list of failures, the names that were typed.
        hasher: argon2id; the library's defaults are above OWASP's floor (19 MiB, t=2).
        cooling_off: how long a new phone waits.
        brand: who sends the notice of a change, in plain ASCII.
        contact: where somebody turns to who gets that notice and did not change anything; a telephone number, not a
            link (§4.6 asks for it).

    Raises:
        ValueError: the options make no sense, or the verifier's store is another database.
    """

    def __init__(
        self,
        database_url: str,
        *,
        verifier: Verifier,
        clock: Clock,
        key: Secret[bytes],
        hasher: PasswordHasher | None = None,
        cooling_off: timedelta = COOLING_OFF,
        brand: str = "Your account",
        contact: str = "",
    ) -> None:
        if cooling_off <= timedelta(0):
            raise ValueError("cooling_off is more than nothing: the owner of the old phone needs time to say no.")
        self._cooling_off = cooling_off
        self._words = partial(notice_words, brand=brand, contact=contact)
        # A notice that would not fit is refused now, not at night.
        if measure(self._words(PhoneNumber("+12065550100"), clock.now())).segments > 1:
            raise ValueError("The notice is over one segment: brand and contact are plain ASCII, and short.")
        self._engine = open_database(database_url, metadata, schema=SCHEMA)
        _require_audit_log(self._engine)
        self._verifier = verifier
        self._clock = clock
        self._audit = verifier.audit
        self._passwords = Passwords(
            self._engine, clock=clock, key=key, hasher=hasher or PasswordHasher(), audit=verifier.audit
        )
        self._tokens = Tokens(self._engine, clock=clock)
        self._phones = Phones(self._engine, clock=clock, audit=verifier.audit, limits=verifier.limits)
        self._enrolment = Enrolment(verifier)
        self._denials = Denials(verifier)
        self._other = OtherWays(
            database_url,
            self._engine,
            verifier=verifier,
            clock=clock,
            tokens=self._tokens,
            phone_of=self._confirmed_phone,
            is_fresh=self._is_fresh,
            brand=brand,
            contact=contact,
        )

    # An account, and its password

    @without_locals
    def register(self, name: str, password: str, *, client: str = "") -> None:
        """Open an account.

        Raises:
            NameTaken, PasswordRefused, AccountError: what is wrong, in words.
        """
        name = _plain(name)
        if not name or len(name) > 64:
            raise AccountError("A user name has from 1 to 64 characters.")
        row = {"name": name, "password_hash": self._passwords.new_hash(password, name=name)}
        with self._refusals_audited("register", account=name, client=client), self._transaction(name) as connection:
            # What comes back says it, not the count of rows: of an INSERT, not every driver gives one.
            new = upsert(connection, accounts).values(row).on_conflict_do_nothing().returning(accounts.c.name)
            if connection.execute(new).scalar_one_or_none() is None:
                raise NameTaken
            self._audit.note(connection, event="register", outcome="opened", account=name, client=client)

    @without_locals
    def check_password(self, name: str, password: str, *, client: str) -> Ticket:
        """The first factor.

        Args:
            client: the network address of who asks. Failures are slowed by name and client together, so that a stranger
                elsewhere slows nobody but themselves.

        Raises:
            SignInRefused: unknown user or wrong password. SlowDown: too many tries.
        """
        right = self._passwords.check(_plain(name), password, client=client)
        with self._transaction(right.name) as connection:
            self._passwords.accept(connection, right)
            return Ticket(right.name, self._tokens.issue(connection, "ticket", right.name))

    @without_locals
    def delete_account(self, session: Session, password: str, *, client: str) -> None:
        """Remove an account: its phone is released, its sessions end. The audit log keeps the fact.

        A session alone is not enough: it may be a stolen one.

        Raises:
            SignInRefused: not the account's password. SlowDown, NotSignedIn.
        """
        name = self._tokens.find(session.token, "session")["account"]
        right = self._passwords.check(name, password, client=client)
        # Before the account goes: should the database fail in between, it can be asked for again.
        self._verifier.forget(name)
        with self._transaction(name) as connection:
            self._tokens.require(connection, session.token, "session")
            self._passwords.accept(connection, right)
            gone = delete(accounts).where(accounts.c.name == name).returning(accounts.c.phone)
            phone = PhoneNumber(connection.execute(gone).scalar_one())  # who has a session has a phone
            self._other.forget(connection, name)
            self._tokens.end_all(connection, name)
            about: About = {"account": name, "client": client, "phone": phone}
            self._audit.note(connection, event="delete", outcome="deleted", **about)

    @without_locals
    def change_password(self, session: Session, old: str, new: str, *, client: str) -> None:
        """Another password. Other sessions and sign-ins under way end (OWASP ASVS 5.0, 7.4.3), and a denial is over.

        The phone is told, before it is saved: no crash in between can leave a change that nobody was told of.

        Raises:
            SignInAgain: the sign-in is older than :data:`REAUTHENTICATE_WITHIN`, or than a denial: whoever was in
                before the phone said no must not be the one to answer it.
            SignInRefused: ``old`` is not the account's password. PasswordRefused: ``new`` is a weak one, or the same.
            SlowDown, NotSignedIn.
        """
        token = self._tokens.find(session.token, "session")
        name = token["account"]
        about: About = {"account": name, "client": client}
        with self._refusals_audited("change-password", **about):
            with reading(self._engine) as connection:
                self._denials.require_answerable(connection, token)
            if not self._is_fresh(token):
                raise SignInAgain(SIGN_IN_FIRST)
        right = self._passwords.check(name, old, client=client)
        with self._refusals_audited("change-password", **about):
            if normal(new) == normal(old):
                raise PasswordRefused("That is the password you have. Choose another.")
            password_hash = self._passwords.new_hash(new, name=name)
        self._other.tell(name, PASSWORD_CHANGED, client=client)
        with self._transaction(name) as connection:
            token = self._tokens.require(connection, session.token, "session")
            self._denials.require_answerable(connection, token)  # said no meanwhile: that stands
            self._passwords.accept(connection, right)
            changed = {"password_hash": password_hash, "denied_at": None}
            connection.execute(update(accounts).where(accounts.c.name == name).values(changed))
            self._tokens.end_all(connection, name, but=session.token)
            self._audit.note(connection, event="change-password", outcome="changed", **about)

    # "This was not me"

    def deny(self, connection: Connection, phone: PhoneNumber, *, said_at: datetime, message_id: str) -> int:
        """Somebody at this phone says that a code was not for them: what is under way ends, and the account is told.

        It locks nobody out: nothing proves who wrote that text. An enrolment is only canceled, since the phone's holder
        does not know the account, and the account not the phone.

        Args:
            connection: the caller's transaction.
            said_at, message_id: as for :meth:`Verifier.deny`.

        Returns:
            How many verifications it was about.
        """
        return self._denials.deny(connection, phone, said_at=said_at, message_id=message_id)

    @without_locals
    def acknowledge_denial(self, session: Session, *, client: str = "") -> None:
        """The person was told, and does not change the password: they know who it was.

        Where there is no denial, nothing is to be done.

        Raises:
            SignInAgain: this session is older than the denial. NotSignedIn.
        """
        name = self.who(session)
        with (
            self._refusals_audited("deny", account=name, client=client),
            self._transaction(name) as connection,
        ):
            token = self._tokens.require(connection, session.token, "session")
            self._denials.acknowledge(connection, token, client=client)

    # The phone, once

    @without_locals
    def enrol_phone(self, ticket: Ticket, number: str | PhoneNumber, *, client: str) -> Verification:
        """Save a phone as unconfirmed and text it the one thing it may get before it is confirmed: a code.

        Where nobody can say whether the text left, it goes on all the same: ``delivery`` is then ``unknown``. Several
        accounts may have one phone, as families do; to refuse that would tell a stranger whose numbers are known here.

        Raises:
            PhoneAlreadyConfirmed: the account has its phone. NotSignedIn: the ticket ran out. AskAnOperator.
            PhoneNumberError, and whatever :meth:`Verifier.start` raises.
        """
        name = self._tokens.find(ticket.token, "ticket")["account"]
        with self._refusals_audited("enrol", account=name, client=client):
            if self._row(name)["phone_confirmed_at"] is not None:
                raise PhoneAlreadyConfirmed
            verification = self._enrolment.text(number, account=name, client=client)
            with self._transaction(name) as connection:
                self._tokens.require(connection, ticket.token, "ticket")
                self._phones.save(connection, name, verification.phone)
                about = _about(verification, client=client)
                self._audit.note(connection, event="enrol", outcome="saved", **about)
        return verification

    @without_locals
    def bind_again(self, holder: Ticket | Session, *, client: str) -> Verification:
        """Too many wrong codes switched SMS off: text a code to the saved phone; :meth:`confirm_phone` takes it.

        Only ever the saved phone: could the holder of the password name another, twenty wrong guesses would be the way
        to take an account over. (:meth:`change_phone` is for somebody who has signed in by another way.)

        Args:
            holder: a ticket; or a fresh session, to which too many wrong codes here are no dead end.

        Raises:
            PhoneAlreadyConfirmed: SMS is not switched off. NoConfirmedPhone: there is nothing to bind again.
            AskAnOperator: too many wrong codes here too. SignInAgain: the session is older than
            :data:`REAUTHENTICATE_WITHIN`. NotSignedIn, and whatever :meth:`Verifier.start` raises.
        """
        token = self._find(holder)
        name = token["account"]
        about: About = {"account": name, "client": client, "detail": "bind again"}
        with self._refusals_audited("enrol", **about), self._ways_named(name):
            # A ticket is fresh by its nature; a session may be an old one, or stolen.
            if token["kind"] == "session" and not self._is_fresh(token):
                raise SignInAgain(SIGN_IN_AGAIN)
            phone = self._confirmed_phone(name)
            if not self._verifier.sms_disabled(name):
                raise PhoneAlreadyConfirmed
            self._reopen_binding(token, client=client)
            verification = self._enrolment.text(phone, account=name, client=client)
        self._audit.record(event="enrol", outcome="asked", **_about(verification, client=client, detail="bind again"))
        return verification

    @without_locals
    def confirm_phone(self, holder: Ticket | Session, verification: str, code: str, *, client: str = "") -> PhoneNumber:
        """The code came back: the phone is the account's from now on, or once more.

        Args:
            holder: the ticket or the session that asked for the code, or another ticket of the account.

        Raises:
            NotSignedIn: the ticket ran out. PhoneAlreadyConfirmed: another enrolment was quicker. AskAnOperator.
            Whatever :meth:`Verifier.check` raises.
        """
        token = self._find(holder)
        name = token["account"]
        about: About = {"account": name, "client": client, "verification": verification}
        with self._refusals_audited("confirm", **about), self._ways_named(name):
            row = self._row(name)
            confirmed = row["phone"] if row["phone_confirmed_at"] is not None else None
            # Not after the check: the code of a change of phone must not be used up, or clear a count, here.
            if confirmed and confirmed != self._enrolment.phone_of(verification, account=name).e164:
                raise PhoneAlreadyConfirmed
            approved = self._enrolment.check(verification, code, account=name)
            with self._transaction(name) as connection:
                self._tokens.require(connection, holder.token, token["kind"])
                self._phones.confirm(connection, name, approved.phone)
                self._audit.note(connection, event="confirm", outcome="confirmed", **_about(approved, client=client))
        return approved.phone

    # Signing in, and out

    @without_locals
    def send_code(self, ticket: Ticket, *, client: str) -> PendingSignIn:
        """The second factor begins: text a code to the saved, confirmed phone.

        Raises:
            NoConfirmedPhone, NotSignedIn; and whatever :meth:`Verifier.start` raises. After
            :class:`AuthenticatorDisabled`, :meth:`bind_again` is the way on.
        """
        name = self._tokens.find(ticket.token, "ticket")["account"]
        with self._refusals_audited("sign-in", account=name, client=client), self._ways_named(name):
            phone = self._confirmed_phone(name)
            verification = even_if_unknown(
                lambda: self._verifier.start(phone, account=name, purpose=SIGN_IN, client=client)
            )
            with self._transaction(name) as connection:
                self._tokens.bind(connection, ticket.token, "ticket", verification.id)
        return PendingSignIn(ticket, verification)

    @without_locals
    def resend_code(self, pending: PendingSignIn) -> PendingSignIn:
        """Text a new code for the same sign-in. Raises what :meth:`Verifier.resend` raises, and NotSignedIn."""
        name = self._holder(pending)
        with self._ways_named(name):
            verification = even_if_unknown(
                lambda: self._verifier.resend(pending.verification.id, account=name, purpose=SIGN_IN)
            )
        return PendingSignIn(pending.ticket, verification)

    @without_locals
    def sign_in(self, pending: PendingSignIn, code: str, *, client: str = "") -> Session:
        """Both factors: the ticket of a right password, and the code sent for that ticket.

        Raises:
            NotSignedIn: the ticket ran out, was used, or belongs to another verification.
            Whatever :meth:`Verifier.check` raises.
        """
        name = self._holder(pending)
        with self._ways_named(name):
            approved = self._verifier.check(pending.verification.id, code, account=name, purpose=SIGN_IN)
        with self._transaction(name) as connection:
            self._tokens.redeem(connection, pending.ticket.token, approved.id)
            session = self._tokens.open_session(connection, name, way="sms")
            self._audit.note(connection, event="sign-in", outcome="signed in", **_about(approved, client=client))
        return session

    @without_locals
    def sign_in_with_totp(self, ticket: Ticket, code: str, *, client: str = "") -> Session:
        """Both factors without a text: the ticket of a right password, and the code that the authenticator app shows.

        Raises:
            WrongTotp, TotpUsed: compared and refused. InvalidCode: not a code; nobody is charged.
            NoTotp: the account has no app. TotpDisabled, ChecksPaused: too many wrong ones. NotSignedIn.
        """
        return self._other.sign_in_with_totp(ticket, code, client=client)

    @without_locals
    def sign_in_with_recovery_code(self, ticket: Ticket, code: str, *, client: str = "") -> Session:
        """Both factors without a text: the ticket of a right password, and a recovery code, which is used up by it.

        Raises:
            WrongRecoveryCode: compared and refused. InvalidCode: not a code; nobody is charged.
            NoRecoveryCodes: there are none left. RecoveryCodesDisabled, ChecksPaused: too many wrong ones. NotSignedIn.
        """
        return self._other.sign_in_with_recovery_code(ticket, code, client=client)

    @without_locals
    def ways(self, holder: Ticket | Session) -> Ways:
        """Which second factors the account has. Only who has shown its password is told.

        Raises:
            NotSignedIn.
        """
        name = self._find(holder)["account"]
        confirmed = self._row(name)["phone_confirmed_at"] is not None
        return self._other.of(name, sms=confirmed and not self._verifier.sms_disabled(name))

    @without_locals
    def who(self, session: Session) -> str:
        """The account that a session belongs to.

        Raises:
            NotSignedIn: unknown, signed out, or too old.
        """
        account: str = self._tokens.find(session.token, "session")["account"]
        return account

    @without_locals
    def sign_out(self, session: Session, *, client: str = "") -> None:
        """End a session. Ending one that is over already is fine."""
        with transaction(self._engine) as connection:  # one row, and nothing is read: it needs no turn
            account = self._tokens.end(connection, session.token)
            if account is not None:
                self._audit.note(connection, event="sign-out", outcome="signed out", account=account, client=client)

    @without_locals
    def sign_out_everywhere(self, session: Session, *, client: str = "") -> None:
        """End every session of the account, this one too, and every sign-in under way.

        Raises:
            NotSignedIn: the session is over.
        """
        name = self.who(session)
        with self._transaction(name) as connection:  # a sign-in under way is over by now, or finds its ticket gone
            self._tokens.require(connection, session.token, "session")
            self._tokens.end_all(connection, name)
            self._audit.note(connection, event="sign-out", outcome="everywhere", account=name, client=client)

    # Another way in

    @without_locals
    def add_totp(self, session: Session, *, client: str = "") -> TotpSetup:
        """Make a secret for an authenticator app. It counts once :meth:`confirm_totp` has had a first code of it.

        Raises:
            SignInAgain: the sign-in is older than :data:`REAUTHENTICATE_WITHIN`. NotSignedIn.
        """
        return self._other.add_totp(session, client=client)

    @without_locals
    def confirm_totp(self, session: Session, code: str, *, client: str = "") -> None:
        """A first code came back: the app is the account's, in the place of any before. The phone is told.

        Raises:
            WrongTotp, InvalidCode: not the code. TotpSetupOver: ten minutes have passed. NotSignedIn.
        """
        self._other.confirm_totp(session, code, client=client)

    @without_locals
    def remove_totp(self, session: Session, *, client: str = "") -> None:
        """Forget the authenticator app. The phone is told.

        Raises:
            NoTotp: there is none. SignInAgain, NotSignedIn.
        """
        self._other.remove_totp(session, client=client)

    @without_locals
    def new_recovery_codes(self, session: Session, *, client: str = "") -> RecoveryCodeSet:
        """Make ten recovery codes, in the place of all older ones. The phone is told. Show them: it is the only time.

        Raises:
            SignInAgain, NotSignedIn.
        """
        return self._other.new_recovery_codes(session, client=client)

    @without_locals
    def recovery_codes_left(self, session: Session) -> int:
        """How many recovery codes still work. Raises NotSignedIn."""
        return self._other.codes_left(session)

    # Another phone

    @without_locals
    def change_phone(self, session: Session, number: str | PhoneNumber, *, client: str) -> Verification:
        """Text a code to a new phone. The saved one stays the one for sign-ins.

        Raises:
            SignInAgain: the sign-in is older than :data:`REAUTHENTICATE_WITHIN`. PhoneUnchanged: it is the saved one.
            SmsSwitchedOff: bind the saved phone again first; or sign in by another way, since the phone may be lost.
            AskAnOperator, NotSignedIn, PhoneNumberError, and whatever :meth:`Verifier.start` raises.
        """
        token = self._tokens.find(session.token, "session")
        name = token["account"]
        with self._refusals_audited("change-phone", account=name, client=client):
            if not self._is_fresh(token):
                raise SignInAgain
            phone = PhoneNumber.parse(number)
            self._require_changeable(token, phone)
            self._reopen_binding(token, client=client)
            verification = self._enrolment.text(phone, account=name, client=client)
            with self._transaction(name) as connection:
                self._tokens.bind(connection, session.token, "session", verification.id)
                about = _about(verification, client=client)
                self._audit.note(connection, event="change-phone", outcome="asked", **about)
        return verification

    @without_locals
    def confirm_change(self, session: Session, verification: str, code: str, *, client: str = "") -> PhoneChange:
        """The code came back from the new phone: it waits for :data:`COOLING_OFF`, and the old phone is told.

        A change that waits already is replaced, and the wait starts anew. All other sessions and sign-ins under way end
        (OWASP ASVS 5.0, 7.4.3): whoever should not be in is out, and whoever should can sign in with the old phone.

        Raises:
            NotPending: not a verification that this session asked for, or one that is over. PhoneUnchanged,
            SmsSwitchedOff, AskAnOperator, NotSignedIn, and whatever :meth:`Verifier.check` raises.
        """
        token = self._tokens.find(session.token, "session")
        name = token["account"]
        with self._refusals_audited("change-phone", account=name, client=client, verification=verification):
            if token["verification"] != verification:
                raise NotPending
            old = self._require_changeable(token, self._enrolment.phone_of(verification, account=name))
            # It is not the saved phone that this proves: failures with codes to that one stay counted.
            approved = self._enrolment.check(verification, code, account=name, clears=(SMS_BINDING,))
            takes_effect_at = self._clock.now() + self._cooling_off
            # Told before it is saved: no crash in between can leave a change that nobody was told of.
            told = self._verifier.tell(old, self._words(approved.phone, takes_effect_at), account=name, client=client)
            change = PhoneChange(approved.phone, takes_effect_at, told)
            with self._transaction(name) as connection:
                self._tokens.require(connection, session.token, "session")
                if not self._phones.wait(connection, name, change, old=old, way=way_of(token)):
                    raise NotPending
                self._tokens.end_all(connection, name, but=session.token)
                self._audit.note(connection, event="change-phone", outcome="waits", **_about(approved, client=client))
        return change

    @without_locals
    def waiting_change(self, session: Session) -> PhoneChange | None:
        """The change of phone that waits, for the account's page; None where there is none.

        Raises:
            NotSignedIn.
        """
        return change_in(self._row(self.who(session)))

    @without_locals
    def cancel_change(self, session: Session, *, client: str = "") -> None:
        """End a change of phone that waits. All other sessions and sign-ins under way end, as one of them asked for it.

        Raises:
            NoChangeWaiting: there is none, or it has taken effect. NotSignedIn.
        """
        name = self.who(session)
        with self._refusals_audited("change-phone", account=name, client=client):
            change = change_in(self._row(name))
            with self._transaction(name) as connection:
                self._tokens.require(connection, session.token, "session")
                if change is None or not self._phones.stop_waiting(connection, name):
                    raise NoChangeWaiting
                self._tokens.end_all(connection, name, but=session.token)
                about: About = {"account": name, "client": client, "phone": change.phone}
                self._audit.note(connection, event="change-phone", outcome="canceled", **about)

    # Underneath

    def _transaction(self, name: str) -> AbstractContextManager[Connection]:
        """One transaction about an account, in the turn that its verifications have too."""
        return transaction(self._engine, turn=turn_of(name))

    def _holder(self, pending: PendingSignIn) -> str:
        token = self._tokens.find(pending.ticket.token, "ticket")
        if token["verification"] != pending.verification.id:
            raise NotSignedIn
        account: str = token["account"]
        return account

    def _row(self, name: str) -> Row:
        """An account as it stands now: every look at its phone goes through here, so that a change takes effect."""
        row = self._phones.find(name)
        if row is not None and row["new_phone"] is not None:
            self._phones.settle(row, sms_off=self._verifier.sms_disabled(name))
            row = self._phones.find(name)
        if row is None:  # deleted since its token was looked at
            raise NotSignedIn
        return row

    def _confirmed_phone(self, name: str) -> PhoneNumber:
        row = self._row(name)
        if row["phone_confirmed_at"] is None:
            raise NoConfirmedPhone
        return PhoneNumber(row["phone"])

    def _require_changeable(self, session: Row, new: PhoneNumber) -> PhoneNumber:
        """The saved phone, if it may be changed to ``new``.

        Where SMS is off, a session that a text had opened may not: it may be a thief's, who got hold of the phone for a
        moment and then guessed until its owner was shut out. A session that another authenticator opened may: the phone
        may be lost, and nobody could then ever bind it again. The old phone is told all the same, and the change waits.
        """
        old = self._confirmed_phone(session["account"])
        if new == old:
            raise PhoneUnchanged
        if way_of(session) == "sms" and self._verifier.sms_disabled(session["account"]):
            raise SmsSwitchedOff
        return old

    def _find(self, holder: Ticket | Session) -> Row:
        return self._tokens.find(holder.token, "session" if isinstance(holder, Session) else "ticket")

    def _is_fresh(self, session: Row) -> bool:
        return self._clock.now() - from_ms(session["created_at"]) < REAUTHENTICATE_WITHIN

    def _reopen_binding(self, token: Row, *, client: str) -> None:
        if token["kind"] == "session" and way_of(token) != "sms":
            self._other.reopen_binding(token["account"], way=way_of(token), client=client)

    @contextmanager
    def _ways_named(self, name: str) -> Iterator[None]:
        """Where texts are refused for good, say what else there is: only who has shown the password gets here."""
        try:
            yield
        except (AuthenticatorDisabled, AskAnOperator) as refused:
            instead = self._other.of(name, sms=False).without_sms
            if not instead:
                raise
            raise type(refused)(f"{_NO_MORE_TEXTS} Sign in with {instead}.") from None

    @contextmanager
    def _refusals_audited(self, event: str, **about: Unpack[About]) -> Iterator[None]:
        """What is refused here is written down; what the verifier refuses, it writes down itself."""
        try:
            yield
        except (AccountError, NotPending) as refused:
            self._audit.record(event=event, outcome=type(refused).__name__, **about)
            raise


def _require_audit_log(engine: Engine) -> None:
    with reading(engine) as connection:
        there = inspect(connection).has_table("audit")
    if not there:
        engine.dispose()
        raise ValueError("database_url is another database than the verifier's store: they share the audit log.")


def _about(verification: Verification, /, **more: Unpack[About]) -> About:
    about: About = {
        "account": verification.account,
        "purpose": verification.purpose,
        "verification": verification.id,
        "phone": verification.phone,
    }
    return about | more


def _plain(name: str) -> str:
    return normal(normal(name).casefold()).strip()
