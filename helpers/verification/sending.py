"""How a text leaves: reserve, post, settle.

Reserve: budget, wait and code are counted and committed first, so that a crash can only ever cost a text, not give one
away. Post: nothing is locked meanwhile. Settle: the new code takes over when its text has left, or may have.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, Unpack

from sqlalchemy import Connection

from helpers.clock import Clock, from_ms
from helpers.database import DatabaseUnavailable
from helpers.display.phone import code_in
from helpers.flowroute import (
    ConnectionFailed,
    FlowrouteClient,
    FlowrouteError,
    MessageRecord,
    OutcomeUnknown,
    ServerError,
)
from helpers.message_length import measure
from helpers.phone_numbers import PhoneNumber
from helpers.verification.audit import About, AuditLog
from helpers.verification.codes import CodeKeys, code_text, derived_code, new_code
from helpers.verification.errors import TooSoon
from helpers.verification.guard import Alarm, Kind, PlannedText, SendGuard
from helpers.verification.policy import Policy, ResendPolicy
from helpers.verification.store import CoolDown, Row, Store

ENROL: Final = "enrol"
"""The purpose of a verification that binds a phone to an account."""
SMS: Final = "sms"
SMS_BINDING: Final = "sms-binding"  # counted apart, so that a phone can be bound again after SMS was switched off

LISTED_AFTER: Final = timedelta(seconds=20)
"""A message that is not in the list by then did not leave (assumed: records appear within seconds, §3.1)."""
SWEEP_BATCH: Final = 100
_LONGEST_IN_WORDS: Final = timedelta(seconds=89)

log = logging.getLogger("helpers.verification")


@dataclass(frozen=True, slots=True)
class NextCode:
    """A code that is about to be texted, and what its verification becomes once it has left."""

    code: str
    hmac: bytes
    lifetime: timedelta
    becomes: Row


@dataclass(frozen=True, slots=True)
class Reserved:
    """One text that was counted and has not left yet."""

    row: Row
    before: Row
    text: PlannedText
    cool_down: CoolDown
    alarms: list[Alarm]


class Sender:
    """Sends the texts of one verifier."""

    def __init__(
        self,
        flowroute: FlowrouteClient,
        *,
        store: Store,
        guard: SendGuard,
        audit: AuditLog,
        keys: CodeKeys,
        policy: Policy,
        clock: Clock,
        from_number: PhoneNumber,
        brand: str,
        origin: str,
        on_alarm: Callable[[Alarm], None] | None,
        invite_no: bool,
    ) -> None:
        self._flowroute = flowroute
        self._store = store
        self._guard = guard
        self._audit = audit
        self._keys = keys
        self._policy = policy
        self._clock = clock
        self._from = from_number
        self._brand = brand
        self._origin = origin
        self._invite_no = invite_no
        self._on_alarm = on_alarm or _log_alarm
        # A brand or origin that cannot be sent is refused now, not at night: "89 seconds" are the longest words.
        self._body("0" * policy.code_digits, min(policy.code_lifetime, _LONGEST_IN_WORDS))

    def send(self, row: Row, *, event: Literal["start", "resend"], client: str) -> Row | None:
        """Text the next code of a verification.

        Returns:
            The row as it stands after; None where it had changed since it was read, and nothing was done.

        Raises:
            AuthenticatorDisabled, ChecksPaused, TooSoon, SendLimitReached: nothing was reserved.
            FlowrouteError: with the row as it stands in ``error.verification``.
        """
        now = self._clock.now_ms()
        following = self._next_code(row, now=now)
        body = self._body(following.code, following.lifetime)
        reserved = self._reserve(row, following, segments=measure(body).segments, now=now)
        if reserved is None:
            return None
        try:
            return self._post(reserved, following, body, event=event, client=client)
        finally:
            for alarm in reserved.alarms:
                self._give(alarm)

    def _give(self, alarm: Alarm) -> None:
        try:
            self._on_alarm(alarm)
        except Exception:  # a text has left: whoever waits for its verification must get it
            log.exception("on_alarm failed")

    def _post(self, reserved: Reserved, following: NextCode, body: str, *, event: str, client: str) -> Row:
        taken = following.becomes | {"status": "pending"}
        row = reserved.row
        try:
            sent = self._flowroute.send_message(to=PhoneNumber(row["phone"]), from_=self._from, body=body)
        except FlowrouteError as error:
            error.verification = self._settle_failure(reserved, taken, error, event=event, client=client)
            raise
        try:
            return self._settle(reserved, taken, "accepted", event=event, client=client, message_id=sent.id)
        except DatabaseUnavailable as problem:
            raise DatabaseUnavailable(
                f"The text has left, but that could not be written down, so its code will not work. {problem}"
            ) from None

    def resolve(self, row: Row, *, wait: bool) -> Row:
        """Find out from the message list whether a text of unknown outcome left. Our text is known by its code.

        Args:
            wait: whether to refuse while it is too early to tell.

        Raises:
            TooSoon: it is too early to tell.
            FlowrouteError: the list cannot be read; nobody knows more than before.
        """
        sent_at = from_ms(row["sent_at"])
        too_early = sent_at + LISTED_AFTER - self._clock.now()
        if too_early > timedelta(0) and wait:
            raise TooSoon(too_early)
        listed = self._flowroute.list_messages(start=sent_at - timedelta(seconds=5), end=sent_at + timedelta(minutes=1))
        # Under the same-code-again policy, an older text of this verification has the same code.
        older = {text["message_id"] for text in self._store.texts(row["id"]) if text["number"] < row["sends"]}
        found = next((record for record in listed if record.id not in older and self._is_ours(row, record)), None)
        if found is None and too_early > timedelta(0):
            return row
        delivery, message_id = ("accepted", found.id) if found is not None else ("not sent", "")
        with self._store.transaction(row["account"]) as connection:
            self._store.settle_text(connection, row["id"], row["sends"], outcome=delivery, message_id=message_id)
            self._audit.note(connection, event="delivery", outcome=delivery, **_about(row, message_id=message_id))
            return self._store.resolve(connection, row, delivery)

    def tell(self, phone: PhoneNumber, words: str, *, account: str, client: str) -> bool:
        """Text a notice without a code to a confirmed phone. It is counted, and no limit refuses it.

        Returns:
            False where it surely did not leave.
        """
        with self._store.transaction(account) as connection:
            self._guard.notice(connection, segments=measure(words).segments, now=self._clock.now_ms())
        message_id, outcome = "", "sent"
        try:
            message_id = self._flowroute.send_message(to=phone, from_=self._from, body=words).id
        except (OutcomeUnknown, ServerError):
            outcome = "unknown"
        except FlowrouteError as error:
            outcome = type(error).__name__
        self._audit.record(
            event="notice", outcome=outcome, account=account, client=client, phone=phone, message_id=message_id
        )
        return outcome in ("sent", "unknown")

    def _next_code(self, row: Row, *, now: int) -> NextCode:
        return self._same_code(row, now=now) or self._fresh_code(row, now=now)

    def _same_code(self, row: Row, *, now: int) -> NextCode | None:
        """The code that is good now, made again, where the policy wants it so."""
        left = row["expires_at"] - now
        # A text cannot promise less than a second: a code in its last one counts as expired.
        if self._policy.resend is not ResendPolicy.SAME_CODE or row["nonce"] is None or left < 1000:
            return None
        code = derived_code(self._keys.key_of(row), row["nonce"], digits=self._policy.code_digits)
        if not self._keys.match(row, code, generation=row["generation"], stored=row["code_hmac"]):
            return None  # made under another number of digits, before a restart
        return NextCode(code, row["code_hmac"], timedelta(milliseconds=left), {})

    def _fresh_code(self, row: Row, *, now: int) -> NextCode:
        digits, nonce = self._policy.code_digits, None
        if self._policy.resend is ResendPolicy.SAME_CODE:
            nonce = secrets.token_bytes(16)
            code = derived_code(self._keys.key_of(row), nonce, digits=digits)
        else:
            code = new_code(digits)
        generation = row["generation"] + 1
        becomes: Row = {
            "generation": generation,
            "code_hmac": self._keys.hmac(row, code, generation=generation),
            "replaced_hmac": row["code_hmac"],
            "nonce": nonce,
            "expires_at": now + self._policy.code_lifetime // timedelta(milliseconds=1),
        }
        return NextCode(code, becomes["code_hmac"], self._policy.code_lifetime, becomes)

    def _reserve(self, row: Row, following: NextCode, *, segments: int, now: int) -> Reserved | None:
        account, purpose, number = row["account"], row["purpose"], row["sends"] + 1
        text = PlannedText(
            f"{row['id']}:{number}", PhoneNumber(row["phone"]), account, row["client_key"], kind_of(purpose), segments
        )
        new = row["status"] == "sending"
        with self._store.transaction(account) as connection:
            authenticator = authenticator_of(purpose)
            self._store.require_free(connection, account, authenticator=authenticator, policy=self._policy, now=now)
            if new and self._policy.resend is ResendPolicy.REFUSE:
                self._store.require_none_live(
                    connection, account=account, purpose=purpose, key_ids=self._keys.ids, now=now
                )
            cool_down = self._store.take_cool_down(
                connection, account=account, purpose=purpose, policy=self._policy, now=now
            )
            counted = {"sends": number, "sent_at": now, "resend_at": cool_down.free_at, "next_hmac": following.hmac}
            if new:
                self._store.insert(connection, row | counted)
            elif not self._store.reserve_resend(connection, row, counted):
                connection.rollback()
                return None
            alarms = self._guard.reserve(connection, text, now=now)
            self._store.add_text(connection, row["id"], number, sent_at=now)
            for alarm in alarms:
                self._audit.note(connection, event="alarm", outcome="conversion", detail=alarm.words)
            self._sweep(connection, now=now)
        return Reserved(row | counted, row, text, cool_down, alarms)

    def _settle_failure(self, reserved: Reserved, taken: Row, error: FlowrouteError, *, event: str, client: str) -> Row:
        if isinstance(error, OutcomeUnknown | ServerError):
            return self._settle(reserved, taken, "unknown", event=event, client=client)
        before = reserved.before
        # The first text of a verification that failed ends it; a failed resend leaves the old code as it was.
        kept: Row = {"status": "canceled" if before["status"] == "sending" else "pending"}
        if isinstance(error, ConnectionFailed):
            kept |= {name: before[name] for name in ("sends", "sent_at", "resend_at")}
        outcome = type(error).__name__
        return self._settle(reserved, kept, "not sent", event=event, client=client, outcome=outcome)

    def _settle(
        self,
        reserved: Reserved,
        values: Row,
        delivery: Literal["accepted", "unknown", "not sent"],
        *,
        event: str,
        client: str,
        message_id: str = "",
        outcome: str = "",
    ) -> Row:
        row = reserved.row
        if delivery != "not sent":
            values = values | {"delivery": delivery}
        with self._store.transaction(row["account"]) as connection:
            settled = self._store.settle(connection, row, values)
            if outcome == ConnectionFailed.__name__:
                self._guard.refund(connection, reserved.text, sent_at=row["sent_at"])
                self._store.give_back_cool_down(connection, reserved.cool_down)
                self._store.remove_text(connection, row["id"], row["sends"])
            else:
                self._store.settle_text(connection, row["id"], row["sends"], outcome=delivery, message_id=message_id)
            self._audit.note(
                connection,
                event=event,
                outcome=outcome or {"accepted": "sent"}.get(delivery, delivery),
                **_about(row, client=client, message_id=message_id),
            )
            return settled

    def _sweep(self, connection: Connection, *, now: int) -> None:
        kept = self._policy.keep_rows // timedelta(milliseconds=1)
        self._store.sweep(connection, older_than=now - kept, batch=SWEEP_BATCH)
        self._guard.sweep(connection, now=now, batch=SWEEP_BATCH)

    def _is_ours(self, row: Row, record: MessageRecord) -> bool:
        code = code_in(record.body)
        to_it = record.to is not None and record.to.e164 == row["phone"]
        return (
            to_it
            and code is not None
            and self._keys.match(row, code, generation=row["generation"], stored=row["code_hmac"])
        )

    def _body(self, code: str, lifetime: timedelta) -> str:
        return code_text(code, brand=self._brand, origin=self._origin, lifetime=lifetime, reply_no=self._invite_no)


def authenticator_of(purpose: str) -> str:
    """Which of an account's counters the checks of a purpose are charged to."""
    return SMS_BINDING if purpose == ENROL else SMS


def kind_of(purpose: str) -> Kind:
    """Whether texts for a purpose go to a phone that was confirmed before."""
    return "enrolment" if purpose == ENROL else "confirmed"


def _about(row: Row, **more: Unpack[About]) -> About:
    about: About = {
        "account": row["account"],
        "purpose": row["purpose"],
        "verification": row["id"],
        "phone": PhoneNumber(row["phone"]),
    }
    return about | more


def _log_alarm(alarm: Alarm) -> None:
    log.warning(alarm.words)
