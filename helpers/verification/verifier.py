"""The second factor: start, check, resend, cancel.

A verification is one attempt to prove that somebody holds one phone. ``check`` returns or raises, so a forgotten ``if``
lets nobody in. Checking goes in four steps (count, commit, compare, approve); sending stands in ``sending.py``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal, NoReturn, Unpack

from sqlalchemy import Connection

from helpers.clock import Clock, from_ms, to_ms
from helpers.database import take_turn
from helpers.flowroute import FlowrouteClient, FlowrouteError, NotFound
from helpers.listeners import Listeners
from helpers.phone_numbers import PhoneNumber, PhoneNumberError
from helpers.secret import Secret
from helpers.verification import errors
from helpers.verification.audit import About, AuditLog
from helpers.verification.codes import CodeKeys, normalise_code
from helpers.verification.delivery import Delivery, delivery_of
from helpers.verification.guard import Alarm, SendFigures, SendGuard
from helpers.verification.limits import Limits
from helpers.verification.policy import Policy, ResendPolicy
from helpers.verification.sending import ENROL, SMS, SMS_BINDING, Sender, authenticator_of, kind_of
from helpers.verification.store import Row, Store, turn_of

Status = Literal["sending", "pending", "approved", "canceled", "expired", "max_attempts_reached"]
BOTH: Final = (SMS, SMS_BINDING)
DENIED_WITHIN: Final = timedelta(days=1)
"""How far back a "this was not me" reaches."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What the caller may know of one verification. It holds no code."""

    id: str
    account: str
    purpose: str
    phone: PhoneNumber
    status: Status
    expires_at: datetime
    """When the newest code stops working, UTC."""
    resend_at: datetime
    """When a new code may be asked for, UTC."""
    checks_left: int
    sends_left: int
    delivery: Literal["accepted", "unknown", "not sent"] | None
    """Whether Flowroute took the newest text; ``unknown`` where nobody can say."""
    message_ids: tuple[str, ...]
    """Of its texts, oldest first, as far as they are known."""

    @property
    def message_id(self) -> str | None:
        """Of the newest text whose id is known."""
        return self.message_ids[-1] if self.message_ids else None


@dataclass(frozen=True, slots=True)
class Denied:
    """A verification that somebody at its phone said was not theirs."""

    account: str
    purpose: str
    verification: str
    canceled: bool
    """Whether it still waited for its code; False where it was over, approved perhaps."""


class Verifier:
    """Sends codes and checks them.

    Args:
        flowroute: sends the texts.
        store: keeps the verifications.
        code_key: 32 bytes that live apart from the database.
        previous_code_keys: keys that were there before, while a key is being changed: of codes of the last minutes, of
            recovery codes, and of the secrets of authenticator apps, which move to the new key when they are used next.
        from_number: the number of the account that texts come from.
        brand: who sends the text, in plain ASCII, for example ``Example Bank``.
        origin: the host name of the site that the code is for, for example ``bank.example``.
        policy: the numbers to live by.
        clock: the time.
        on_alarm: is told when too few texts lead to an approval; a warning in the log by default.
        invite_no: whether a text says "Not you? Reply NO.": only where :mod:`helpers.webhooks` runs, or nobody listens.

    Raises:
        ValueError: brand or origin cannot stand in a text, or the key is shorter than 32 bytes.
    """

    def __init__(
        self,
        flowroute: FlowrouteClient,
        *,
        store: Store,
        code_key: Secret[bytes],
        from_number: PhoneNumber,
        brand: str,
        origin: str,
        clock: Clock,
        policy: Policy | None = None,
        previous_code_keys: Sequence[Secret[bytes]] = (),
        on_alarm: Callable[[Alarm], None] | None = None,
        invite_no: bool = False,
    ) -> None:
        self.policy = policy or Policy()
        self.audit = AuditLog(store.engine, clock=clock)
        self.guard = SendGuard(self.policy.budget, key=code_key)
        self.limits = Limits(store, policy=self.policy, clock=clock)
        self._approved: Listeners[[str]] = Listeners()
        self._flowroute = flowroute
        self._store = store
        self.keys = self._keys = CodeKeys(code_key, previous_code_keys)
        self._clock = clock
        self._sender = Sender(
            flowroute,
            store=store,
            guard=self.guard,
            audit=self.audit,
            keys=self._keys,
            policy=self.policy,
            clock=clock,
            from_number=from_number,
            brand=brand,
            origin=origin,
            on_alarm=on_alarm,
            invite_no=invite_no,
        )

    @errors.without_locals
    def start(self, to: str | PhoneNumber, *, account: str, purpose: str, client: str) -> Verification:
        """Text a new code to a phone. An older verification of the account for this purpose is canceled.

        Args:
            to: the phone. For a sign-in, only ever the one that is saved and confirmed.
            account: whose phone it is to be.
            purpose: what the code is good for, for example ``sign-in``; good there and nowhere else.
            client: the network address of who asks; texts are counted by it.

        Returns:
            A pending verification.

        Raises:
            PhoneNumberError: no number, or not one we text.
            TooSoon: the wait since the account's last text for this purpose is not over.
            SendLimitReached: the send guard refused; ``limit`` says which budget is used up.
            ChecksPaused, AuthenticatorDisabled: no code could be checked now, so none is sent.
            FlowrouteError: the send failed; ``error.verification`` says what became of it. After
                :class:`OutcomeUnknown` or :class:`ServerError` the text may arrive, and its code works.
            DatabaseUnavailable: nothing was changed.
        """
        with self._refusals_audited("start", account=account, purpose=purpose, client=client):
            phone = self.guard.require_textable(to)
            before = self._store.newest(account=account, purpose=purpose)
            if before is not None and before["delivery"] == "unknown" and before["status"] == "pending":
                self._require_waited(before)
                self._sender.resolve(before, wait=True)
            return self._send(self._new_row(phone, account, purpose, client), event="start", client=client)

    @errors.without_locals
    def check(
        self, verification: str, code: str, *, account: str, purpose: str, clears: Sequence[str] | None = None
    ) -> Verification:
        """Check what the person typed. Returns only if it is right; that works once.

        Args:
            verification: the id from :meth:`start`.
            code: as typed; spaces, hyphens and full-width digits are fine.
            account, purpose: what the verification was started for.
            clears: the authenticators whose failures in a row end with an approval; by default those of the purpose.

        Returns:
            The approved verification.

        Raises:
            InvalidCode: not a code; nobody is charged.
            WrongCode, CodeReplaced: compared and refused; ``checks_left``.
            CodeExpired: too late; ``expired_at``.
            TooManyChecks, NotPending, ChecksPaused, AuthenticatorDisabled: not compared; nobody is charged.
            DatabaseUnavailable: nothing was changed.
        """
        typed = normalise_code(code, digits=self.policy.code_digits)
        with self._refusals_audited("check", verification=verification, account=account, purpose=purpose):
            self._require_checkable(verification, account=account, purpose=purpose)
            row = self._store.count_check(
                verification,
                account=account,
                purpose=purpose,
                authenticator=authenticator_of(purpose),
                policy=self.policy,
                key_ids=self._keys.ids,
                now=self._clock.now_ms(),
            )
            if row is None:
                self._refuse(self._find(verification, account=account, purpose=purpose))
            if not self._keys.match(row, typed, generation=row["generation"], stored=row["code_hmac"]):
                raise self._wrong(row, typed)
            if clears is None:
                clears = BOTH if purpose == ENROL else (SMS,)
            if not self._approve(row, clears):
                self._refuse(self._find(verification, account=account, purpose=purpose))
            self._approved.tell(row["id"])
            return self._shown(row | {"status": "approved"})

    def on_approved(self, listener: Callable[[str], object]) -> Callable[[], None]:
        """Call ``listener`` with the id of each verification that :meth:`check` approves, once that is committed.

        What it raises is logged by its name and does not touch the check. Returns a function that ends it.
        """
        return self._approved.add(listener)

    @errors.without_locals
    def resend(self, verification: str, *, account: str, purpose: str) -> Verification:
        """Text another code for the same verification, as the policy's ``resend`` has it.

        No count goes back: checks used stay used (NIST SP 800-63B-4 §3.1.3.2). A code dies only when the text with the
        next one has left, or may have.

        Raises:
            TooSoon: ``retry_after``. SendLimitReached: this verification or the send guard has no text left.
            TooManyChecks, NotPending, ChecksPaused, AuthenticatorDisabled: nothing to send a new code for.
            FlowrouteError: as for :meth:`start`; if it was surely not sent, the old code goes on working.
            DatabaseUnavailable: nothing was changed.
        """
        with self._refusals_audited("resend", verification=verification, account=account, purpose=purpose):
            return self._resend(verification, account=account, purpose=purpose)

    @errors.without_locals
    def cancel(self, verification: str, *, account: str, purpose: str) -> Verification:
        """End a pending verification: its code opens nothing any more.

        Raises:
            NotPending: nothing to cancel.
        """
        about: About = {"verification": verification, "account": account, "purpose": purpose}
        with self._refusals_audited("cancel", **about):
            with self._store.transaction(account) as connection:
                row = self._store.cancel(connection, verification, account=account, purpose=purpose)
                if row is None:
                    raise errors.NotPending
                self.audit.note(connection, event="cancel", outcome="canceled", **about)
            return self._shown(row)

    @errors.without_locals
    def get(self, verification: str, *, account: str, purpose: str) -> Verification:
        """How a verification stands now.

        Raises:
            NotPending: unknown, or somebody else's.
        """
        return self._shown(self._find(verification, account=account, purpose=purpose))

    @errors.without_locals
    def delivery(self, verification: str, *, account: str, purpose: str) -> Delivery:
        """Look up what became of the newest text: on its way, delivered and not typed, or undeliverable.

        Raises:
            NotPending: unknown, or somebody else's.
            FlowrouteError: it cannot be looked up.
        """
        row = self._find(verification, account=account, purpose=purpose)
        if row["delivery"] == "unknown":
            self._sender.resolve(row, wait=False)
        texts = self._store.texts(verification)
        if not texts or texts[-1]["outcome"] == "not sent":
            return Delivery("not sent")
        if texts[-1]["message_id"] is None:
            return Delivery("unknown")
        try:
            return delivery_of(self._flowroute.get_message(texts[-1]["message_id"]))
        except NotFound:  # taken, and its record is not there yet
            return Delivery("on its way", texts[-1]["message_id"])

    @errors.without_locals
    def tell(self, phone: PhoneNumber, words: str, *, account: str, client: str) -> bool:
        """Text a notice without a code to a confirmed phone. It is counted, and no limit refuses it.

        Returns:
            False where it surely did not leave; the audit log says why.
        """
        return self._sender.tell(phone, words, account=account, client=client)

    def deny(
        self, connection: Connection, phone: PhoneNumber, *, said_at: datetime, message_id: str
    ) -> tuple[Denied, ...]:
        """Somebody at this phone says that a text was not for them: what waits for its code ends.

        Only what was started before they said so (a word that comes late, or twice, must not end what began after it),
        and within a day before. Where nothing waits any more, the last attempt is what they speak of.

        Args:
            connection: the caller's transaction.
            said_at: when, UTC.
            message_id: of the text that said so, for the audit log.

        Returns:
            What was denied, oldest first; empty where this phone was texted nothing.
        """
        before = to_ms(said_at)
        texted = partial(self._store.texted, connection, phone=phone.e164, since=before - _ms(DENIED_WITHIN))
        for account in sorted({row["account"] for row in texted(before=before)}):
            take_turn(connection, turn_of(account))
        rows = texted(before=before)  # as they stand now that nobody else changes them
        # One whose code has run out is still pending in its row: a resend could wake it.
        pending = [row for row in rows if row["status"] == "pending"]
        for row in pending:
            self._store.cancel(connection, row["id"], account=row["account"], purpose=row["purpose"])
        denied = tuple(
            Denied(row["account"], row["purpose"], row["id"], row in pending) for row in pending or rows[-1:]
        )
        for each in denied:
            self.audit.note(
                connection,
                event="deny",
                outcome="canceled" if each.canceled else "too late",
                account=each.account,
                purpose=each.purpose,
                verification=each.verification,
                message_id=message_id,
                phone=phone,
            )
        return denied

    def sms_disabled(self, account: str) -> bool:
        """Whether the account's failures are at the cap: no codes by SMS until its phone is bound again."""
        return self._store.failures(account, authenticator=SMS) >= self.policy.account_failure_cap

    def restore_sms(self, account: str, *, by: str) -> None:
        """Switch codes by SMS on again, for somebody whose identity was proved in another way.

        Args:
            by: who decided it; the audit log keeps it.
        """
        with self._store.transaction(account) as connection:
            self._store.clear_failures(connection, account, authenticators=BOTH)
            self.audit.note(connection, event="restore", outcome="restored", account=account, detail=f"by {by}")

    def forget(self, account: str) -> None:
        """Remove what is kept of an account that is being deleted. Its entries in the audit log stay."""
        with self._store.transaction(account) as connection:
            self._store.forget(connection, account)
            self.audit.note(connection, event="forget", outcome="forgotten", account=account)

    def figures(self, *, prefix: str = "") -> SendFigures:
        """Today's texts (UTC): how many, what they cost, how many led to an approval.

        Args:
            prefix: only numbers that begin so, for example ``+1206555``; "" for all.
        """
        return self.guard.figures(self._store.engine, now=self._clock.now_ms(), prefix=prefix)

    def _new_row(self, phone: PhoneNumber, account: str, purpose: str, client: str) -> Row:
        now = self._clock.now_ms()
        return {
            "id": _new_id(),
            "account": account,
            "purpose": purpose,
            "phone": phone.e164,
            "client_key": self.guard.client_key(client),
            "status": "sending",
            "generation": 0,
            "key_id": self._keys.current_id,
            "code_hmac": None,
            "nonce": None,
            "checks": 0,
            "max_checks": self.policy.max_checks,
            "sends": 0,
            "created_at": now,
            "sent_at": now,
            "resend_at": now,
            "expires_at": now,
        }

    def _find(self, verification: str, *, account: str, purpose: str) -> Row:
        row = self._store.find(verification, account=account, purpose=purpose)
        if row is None:
            raise errors.NotPending
        return row

    def _resend(self, verification: str, *, account: str, purpose: str) -> Verification:
        row = self._find(verification, account=account, purpose=purpose)
        if row["delivery"] == "unknown":
            self._require_open(row)
            self._require_waited(row)
            row = self._sender.resolve(row, wait=True)  # takes a while: the row may be another one afterwards
        self._require_resendable(row)
        return self._send(row, event="resend", client="")

    def _send(self, row: Row, *, event: Literal["start", "resend"], client: str) -> Verification:
        try:
            sent = self._sender.send(row, event=event, client=client)
        except FlowrouteError as error:
            error.verification = self._shown(error.verification)
            raise
        if sent is None:  # somebody else was quicker, and what they did decides what this caller is told
            return self._resend(row["id"], account=row["account"], purpose=row["purpose"])
        return self._shown(sent)

    def _require_open(self, row: Row) -> None:
        """Refuse where another code could not be typed in anyway."""
        over = self._clock.now_ms() >= row["created_at"] + _ms(self.policy.attempt_lifetime)
        if over or self._status(row) in ("sending", "approved", "canceled"):
            raise errors.NotPending
        if self._status(row) == "max_attempts_reached":
            raise errors.TooManyChecks

    def _require_resendable(self, row: Row) -> None:
        self._require_open(row)
        now = self._clock.now_ms()
        live = self._status(row) == "pending" and row["delivery"] != "not sent"
        if live and self.policy.resend is ResendPolicy.REFUSE:
            raise errors.CodeStillGood(timedelta(milliseconds=row["expires_at"] - now))
        if row["sends"] >= self.policy.max_sends:
            raise errors.SendLimitReached(None, limit="verification", why="Policy.max_sends is used up.")
        self._require_waited(row)

    def _require_waited(self, row: Row) -> None:
        if (wait := row["resend_at"] - self._clock.now_ms()) > 0:
            raise errors.TooSoon(timedelta(milliseconds=wait))

    def _approve(self, row: Row, clears: Sequence[str]) -> bool:
        purpose = row["purpose"]
        phone = PhoneNumber(row["phone"])
        with self._store.transaction(row["account"]) as connection:
            won = self._store.approve(connection, row, authenticators=clears)
            if won:
                self.guard.approved(connection, phone, kind_of(purpose), now=self._clock.now_ms())
                about: About = {
                    "account": row["account"],
                    "purpose": purpose,
                    "verification": row["id"],
                    "phone": phone,
                }
                self.audit.note(connection, event="check", outcome="approved", **about)
            return won

    def _wrong(self, row: Row, typed: str) -> errors.WrongCode:
        checks_left = row["max_checks"] - row["checks"]
        older = self._keys.match(row, typed, generation=row["generation"] - 1, stored=row["replaced_hmac"])
        newer = self._keys.match(row, typed, generation=row["generation"] + 1, stored=row["next_hmac"])
        if newer:  # a phone can be quicker than Flowroute's answer to us
            words = "That code is so new that it does not work yet. Type it again in a moment, or ask for a new one."
            return errors.WrongCode(checks_left, words=words)
        return errors.CodeReplaced(checks_left) if older else errors.WrongCode(checks_left)

    def _require_checkable(self, verification: str, *, account: str, purpose: str) -> None:
        """Refuse what is plainly over by reading alone: a flood of guesses must not hold everybody's write lock.

        What passes here is decided again where it is counted.
        """
        failures = self._store.failures(account, authenticator=authenticator_of(purpose))
        if failures >= self.policy.account_failure_cap:
            raise errors.AuthenticatorDisabled
        row = self._find(verification, account=account, purpose=purpose)
        if self._status(row) != "pending":
            self._refuse(row)

    def _refuse(self, row: Row) -> NoReturn:
        """Say why a check was not accepted, as far as this caller may know."""
        match self._status(row):
            case "max_attempts_reached":
                raise errors.TooManyChecks
            case "expired":
                raise errors.CodeExpired(from_ms(row["expires_at"]))
            case "pending":  # a new code took over between count and approve
                raise errors.CodeReplaced(row["max_checks"] - row["checks"])
            case _:
                raise errors.NotPending

    @contextmanager
    def _refusals_audited(self, event: str, **about: Unpack[About]) -> Iterator[None]:
        try:
            yield
        except (errors.VerificationError, PhoneNumberError) as error:
            if isinstance(error, errors.SendLimitReached):
                about["detail"] = error.limit
            if isinstance(error, errors.WrongCode):
                self.audit.record(event=event, outcome=type(error).__name__, **about)
            else:
                self.audit.record_refusal(event=event, outcome=type(error).__name__, **about)
            raise

    def _status(self, row: Row) -> Status:
        status: Status = row["status"]
        now = self._clock.now_ms()
        if status == "sending" and now >= row["created_at"] + _ms(self.policy.attempt_lifetime):
            return "canceled"  # left behind by a crash
        if status != "pending":
            return status
        if row["key_id"] not in self._keys.ids:
            return "canceled"  # its key was taken away: nobody can say any more which code is right
        if row["checks"] >= row["max_checks"]:
            return "max_attempts_reached"
        return "expired" if now >= row["expires_at"] else "pending"

    def _shown(self, row: Row) -> Verification:
        return Verification(
            id=row["id"],
            account=row["account"],
            purpose=row["purpose"],
            phone=PhoneNumber(row["phone"]),
            status=self._status(row),
            expires_at=from_ms(row["expires_at"]),
            resend_at=from_ms(row["resend_at"]),
            checks_left=row["max_checks"] - row["checks"],
            sends_left=max(0, self.policy.max_sends - row["sends"]),
            delivery=row["delivery"],
            message_ids=tuple(text["message_id"] for text in self._store.texts(row["id"]) if text["message_id"]),
        )


def _new_id() -> str:
    """Hard to guess, and no secret all the same: an id opens nothing without its account and its code."""
    return secrets.token_urlsafe(24)


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
