"""The second factor: start, check, resend, cancel.

A verification is one attempt to prove that somebody holds one phone. ``check`` returns or raises, so a forgotten ``if``
lets nobody in. Sending goes in three steps (reserve, post, settle), checking in four (count, commit, compare, approve).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NoReturn

from helpers.clock import Clock, from_ms
from helpers.database import DatabaseUnavailable
from helpers.flowroute import ConnectionFailed, FlowrouteClient, FlowrouteError, OutcomeUnknown, ServerError
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import codes, errors
from helpers.verification.policy import Policy
from helpers.verification.store import Row, Store

Status = Literal["sending", "pending", "approved", "canceled", "expired", "max_attempts_reached"]

ENROL: Final = "enrol"
"""The purpose of a verification that binds a phone to an account."""
SMS: Final = "sms"
SMS_BINDING: Final = "sms-binding"  # counted apart, so that a phone can be bound again after SMS was switched off


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
    checks_left: int
    sends_left: int
    delivery: Literal["accepted", "unknown"] | None
    """Whether Flowroute took the newest text; ``unknown`` where nobody can say."""
    message_id: str | None


class Verifier:
    """Sends codes and checks them.

    Args:
        flowroute: sends the texts.
        store: keeps the verifications.
        code_key: 32 bytes that live apart from the database.
        previous_code_keys: keys that codes of the last minutes were made with, while a key is being changed.
        from_number: the number of the account that texts come from.
        brand: who sends the text, in plain ASCII, for example ``Example Bank``.
        origin: the host name of the site that the code is for, for example ``bank.example``.
        policy: the numbers to live by.
        clock: the time.

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
    ) -> None:
        self.policy = policy or Policy()
        self._flowroute = flowroute
        self._store = store
        self._key = code_key
        self._keys = {codes.key_id(key): key for key in (*previous_code_keys, code_key)}
        self._from = from_number
        self._brand = brand
        self._origin = origin
        self._clock = clock
        if any(len(key.reveal()) < 32 for key in self._keys.values()):
            raise ValueError("The code key has at least 32 bytes: secrets.token_bytes(32).")
        self._text("0" * self.policy.code_digits)  # a brand or origin that cannot be sent is refused now, not at night

    @errors.without_locals
    def start(self, to: str | PhoneNumber, *, account: str, purpose: str, client: str) -> Verification:
        """Text a new code to a phone. An older verification of the account for this purpose is canceled.

        Args:
            to: the phone. For a sign-in, only ever the one that is saved and confirmed.
            account: whose phone it is to be.
            purpose: what the code is good for, for example ``sign-in``; good there and nowhere else.
            client: the network address of who asks. Not counted yet: the send guard will.

        Returns:
            A pending verification.

        Raises:
            PhoneNumberError: no number, or not one we text.
            SendLimitReached: the account has had its texts for this hour.
            AuthenticatorDisabled: no codes by SMS for this account until the phone is bound again.
            FlowrouteError: the send failed; ``error.verification`` says what became of it. After
                :class:`OutcomeUnknown` or :class:`ServerError` the text may arrive, and its code works.
            DatabaseUnavailable: nothing was changed.
        """
        phone = PhoneNumber.parse(to).require_textable(regions=self.policy.regions)
        now = self._clock.now_ms()
        self._store.sweep(now=now, older_than_ms=_ms(self.policy.attempt_lifetime))
        row: Row = {
            "id": secrets.token_urlsafe(24),
            "account": account,
            "purpose": purpose,
            "phone": phone.e164,
            "status": "sending",
            "generation": 0,
            "key_id": codes.key_id(self._key),
            "code_hmac": None,
            "checks": 0,
            "max_checks": self.policy.max_checks,
            "sends": 0,
            "created_at": now,
            "sent_at": now,
            "expires_at": now,
        }
        return self._send(row, reserve=self._store.reserve_start)

    @errors.without_locals
    def check(self, verification: str, code: str, *, account: str, purpose: str) -> Verification:
        """Check what the person typed. Returns only if it is right; that works once.

        Args:
            verification: the id from :meth:`start`.
            code: as typed; spaces, hyphens and full-width digits are fine.
            account, purpose: what the verification was started for.

        Returns:
            The approved verification.

        Raises:
            InvalidCode: not a code; nobody is charged.
            WrongCode, CodeReplaced: compared and refused; ``checks_left``.
            CodeExpired: too late; ``expired_at``.
            TooManyChecks, NotPending, AuthenticatorDisabled: not compared; nobody is charged.
            DatabaseUnavailable: nothing was changed.
        """
        typed = codes.normalise_code(code, digits=self.policy.code_digits)
        row = self._store.count_check(
            verification,
            account=account,
            purpose=purpose,
            authenticator=_authenticator(purpose),
            failure_cap=self.policy.account_failure_cap,
            key_ids=list(self._keys),
            now=self._clock.now_ms(),
        )
        if row is None:
            self._refuse(verification, account=account, purpose=purpose)
        if hmac.compare_digest(self._hmac(row, typed, generation=row["generation"]), row["code_hmac"]):
            cleared = (SMS, SMS_BINDING) if purpose == ENROL else (SMS,)
            if not self._store.approve(row, authenticators=cleared):
                self._refuse(verification, account=account, purpose=purpose)
            return self._shown(row | {"status": "approved"})
        checks_left = row["max_checks"] - row["checks"]
        older = self._hmac(row, typed, generation=row["generation"] - 1)
        if hmac.compare_digest(older, row["replaced_hmac"] or b""):
            raise errors.CodeReplaced(checks_left)
        raise errors.WrongCode(checks_left)

    @errors.without_locals
    def resend(self, verification: str, *, account: str, purpose: str) -> Verification:
        """Text a new code for the same verification; the old one dies when the new text has left.

        No count goes back: checks used stay used (NIST SP 800-63B-4 §3.1.3.2).

        Raises:
            TooSoon: ``retry_after``. SendLimitReached: this verification or this account has had its texts.
            TooManyChecks, NotPending, AuthenticatorDisabled: nothing to send a new code for.
            FlowrouteError: as for :meth:`start`; if it was surely not sent, the old code goes on working.
            DatabaseUnavailable: nothing was changed.
        """
        row = self._find(verification, account=account, purpose=purpose)
        now = self._clock.now_ms()
        over = now >= row["created_at"] + _ms(self.policy.attempt_lifetime)
        if over or self._status(row) in ("sending", "approved", "canceled"):
            raise errors.NotPending
        if row["checks"] >= row["max_checks"]:
            raise errors.TooManyChecks
        if row["sends"] >= self.policy.max_sends:
            raise errors.SendLimitReached(None)
        wait = row["sent_at"] + _ms(self.policy.resend_after) - now
        if wait > 0:
            raise errors.TooSoon(timedelta(milliseconds=wait))
        return self._send(row, reserve=self._store.reserve_resend)

    @errors.without_locals
    def cancel(self, verification: str, *, account: str, purpose: str) -> Verification:
        """End a pending verification: its code opens nothing any more.

        Raises:
            NotPending: nothing to cancel.
        """
        row = self._store.cancel(verification, account=account, purpose=purpose)
        if row is None:
            raise errors.NotPending
        return self._shown(row)

    @errors.without_locals
    def get(self, verification: str, *, account: str, purpose: str) -> Verification:
        """How a verification stands now.

        Raises:
            NotPending: unknown, or somebody else's.
        """
        return self._shown(self._find(verification, account=account, purpose=purpose))

    def _find(self, verification: str, *, account: str, purpose: str) -> Row:
        row = self._store.find(verification, account=account, purpose=purpose)
        if row is None:
            raise errors.NotPending
        return row

    def _send(self, row: Row, *, reserve: Callable[..., bool]) -> Verification:
        """Reserve, post, settle: the new code takes over when its text has left, or may have, and not before."""
        failures = self._store.failures(row["account"], authenticator=_authenticator(row["purpose"]))
        if failures >= self.policy.account_failure_cap:
            raise errors.AuthenticatorDisabled
        now = self._clock.now_ms()
        code = codes.new_code(self.policy.code_digits)
        next_hmac = self._hmac(row, code, generation=row["generation"] + 1)
        if not reserve(row, next_hmac=next_hmac, now=now, sends_per_hour=self.policy.account_sends_per_hour):
            # Somebody else was quicker, and what they did decides what this caller is told.
            return self.resend(row["id"], account=row["account"], purpose=row["purpose"])
        taken = {
            "status": "pending",
            "generation": row["generation"] + 1,
            "code_hmac": next_hmac,
            "replaced_hmac": row["code_hmac"],
            "expires_at": now + _ms(self.policy.code_lifetime),
        }
        refused = {"status": "canceled" if row["status"] == "sending" else "pending"}
        refunded = {"sends": row["sends"], "sent_at": row["sent_at"]}
        try:
            sent = self._flowroute.send_message(to=PhoneNumber(row["phone"]), from_=self._from, body=self._text(code))
        except (OutcomeUnknown, ServerError) as error:
            unknown = taken | {"delivery": "unknown", "message_id": None}
            error.verification = self._shown(self._store.settle(row, next_hmac, unknown))
            raise
        except FlowrouteError as error:
            ended = refused | refunded if isinstance(error, ConnectionFailed) else refused
            error.verification = self._shown(self._store.settle(row, next_hmac, ended))
            raise
        accepted = taken | {"delivery": "accepted", "message_id": sent.id}
        try:
            return self._shown(self._store.settle(row, next_hmac, accepted))
        except DatabaseUnavailable as problem:
            raise DatabaseUnavailable(
                f"The text has left, but that could not be written down, so its code will not work. {problem}"
            ) from None

    def _refuse(self, verification: str, *, account: str, purpose: str) -> NoReturn:
        """Say why a check was not accepted, as far as this caller may know."""
        row = self._find(verification, account=account, purpose=purpose)
        match self._status(row):
            case "max_attempts_reached":
                raise errors.TooManyChecks
            case "expired":
                raise errors.CodeExpired(from_ms(row["expires_at"]))
            case "pending":  # a new code took over between count and approve
                raise errors.CodeReplaced(row["max_checks"] - row["checks"])
            case _:
                raise errors.NotPending

    def _status(self, row: Row) -> Status:
        status: Status = row["status"]
        if status != "pending":
            return status
        if row["key_id"] not in self._keys:
            return "canceled"  # its key was taken away: nobody can say any more which code is right
        if row["checks"] >= row["max_checks"]:
            return "max_attempts_reached"
        return "expired" if self._clock.now_ms() >= row["expires_at"] else "pending"

    def _shown(self, row: Row) -> Verification:
        return Verification(
            id=row["id"],
            account=row["account"],
            purpose=row["purpose"],
            phone=PhoneNumber(row["phone"]),
            status=self._status(row),
            expires_at=from_ms(row["expires_at"]),
            checks_left=row["max_checks"] - row["checks"],
            sends_left=max(0, self.policy.max_sends - row["sends"]),
            delivery=row["delivery"],
            message_id=row["message_id"],
        )

    def _hmac(self, row: Row, code: str, *, generation: int) -> bytes:
        return codes.code_hmac(
            self._keys[row["key_id"]],
            verification=row["id"],
            account=row["account"],
            purpose=row["purpose"],
            phone=row["phone"],
            generation=generation,
            code=code,
        )

    def _text(self, code: str) -> str:
        return codes.code_text(code, brand=self._brand, origin=self._origin, lifetime=self.policy.code_lifetime)


def _authenticator(purpose: str) -> str:
    return SMS_BINDING if purpose == ENROL else SMS


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
