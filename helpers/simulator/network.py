"""The simulated network: whose keys and numbers, what was sent, and the rules that accept or refuse.

It knows nothing of HTTP. What it refuses it raises as a :class:`~helpers.simulator.problems.Problem`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, get_args

from helpers.clock import Clock
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.simulator import problems
from helpers.simulator.account import Account, CallbackSetting, CallbackType, OwnedNumber, Registration
from helpers.simulator.callbacks import CallbackCentre, Due
from helpers.simulator.catalogue import Catalogue
from helpers.simulator.faults import FaultMenu
from helpers.simulator.feed import Feed
from helpers.simulator.inbox import Inbox
from helpers.simulator.journal import Journal
from helpers.simulator.lifecycle import NOT_REGISTERED, Receipts, Script, Step
from helpers.simulator.messages import Direction, Message, Version, digits_of, media_of, wire_digits
from helpers.simulator.options import Option, check_options
from helpers.simulator.outcomes import outcome_for
from helpers.simulator.sending import Checked, check_receiving, check_sending
from helpers.simulator.wire import Json
from helpers.simulator.wire import callbacks as payloads
from helpers.simulator.wire.callbacks import WebhookFormat
from helpers.simulator.wire.messages import SendRequest

REQUESTS_PER_WINDOW: Final = 5
MMS_PER_WINDOW: Final = 1
WINDOW_MS: Final = 1000
HISTORY: Final = 10_000

STOPPED: Final = "You have opted out and will get no more messages from this number. Reply UNSTOP to get them again."
STARTED: Final = "You have opted in again and will get messages from this number. Reply STOP to end them."

_NOBODY: Final = Secret("nobody has this key")


class SimulatedNetwork:
    """Accounts, their numbers, and everything they have sent and got. Safe to use from many threads."""

    def __init__(
        self,
        *,
        clock: Clock,
        access_key: str,
        secret_key: str,
        numbers: Iterable[str | PhoneNumber],
        rate_limit: bool = True,
        receipts: Receipts = "realistic",
        record_delay_seconds: float = 0.0,
        legacy_500: bool = False,
        webhook_format: WebhookFormat = "v2.1",
        strict_callbacks: bool = True,
        history: int = HISTORY,
    ) -> None:
        """Set up the network with one account; :meth:`add_account` adds more.

        Args:
            clock: the time that moves the messages.
            access_key: user name of the account's Basic authentication.
            secret_key: its password.
            numbers: the account's own numbers, 11 digits each, with or without ``+``.
            rate_limit: whether the sixth request within a second is refused.
            receipts: ``"realistic"`` (they come over 1.5 s), ``"instant"``, or ``"manual"`` (only by
                :meth:`set_receipt`); counts for messages sent from now on.
            record_delay_seconds: how long a record cannot be looked up after its send.
            legacy_500: whether v2 answers 500 to a malformed ``to``, as it once did.
            webhook_format: how callbacks are written, the older way (``"v2"``) or the newer.
            strict_callbacks: whether a callback must be answered 200, or any 2xx will do.
            history: how many messages, requests and callback attempts are kept; the oldest make room.

        Raises:
            ValueError: a number or a key is malformed, or a setting is out of range; the message says which.
        """
        if isinstance(history, bool) or not isinstance(history, int) or history < 1:
            raise ValueError("history is how many messages are kept: a whole number, 1 or more.")
        self.clock = clock
        self.history: Final = history
        self.feed: Final = Feed()
        self.inbox: Final = Inbox(clock)
        self.journal: Final = Journal(length=history)
        self.faults: Final = FaultMenu()
        self.catalogue: Final = Catalogue()
        self.callbacks: Final = CallbackCentre(
            clock=clock, feed=self.feed, address=self._callback_of, taken=self._taken, length=4 * history
        )
        self._lock = threading.RLock()
        self._accounts: dict[str, Account] = {}
        self._given: dict[str, tuple[str, ...]] = {}
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self._windows: dict[tuple[str, str], tuple[int, int]] = {}
        self._opted_out: set[tuple[str, str]] = set()
        self.options: dict[str, Any] = {}
        self._started_with: Final = {
            "rate_limit": rate_limit,
            "receipts": receipts,
            "record_delay_seconds": record_delay_seconds,
            "legacy_500": legacy_500,
            "webhook_format": webhook_format,
            "strict_callbacks": strict_callbacks,
        }
        self.change_options(**self._started_with)
        self.add_account(access_key=access_key, secret_key=secret_key, numbers=numbers)
        clock.on_turn(self._turned)

    # --- options ------------------------------------------------------------------------------------------------

    rate_limit = Option[bool]()
    """Whether requests are limited. Setting it also forgets the attempts so far."""
    receipts = Option[Receipts]()
    record_delay_seconds = Option[float]()
    legacy_500 = Option[bool]()
    webhook_format = Option[WebhookFormat]()
    strict_callbacks = Option[bool]()

    def change_options(self, **options: Any) -> None:
        """Change some options of the constructor, for what happens from now on: all that are named, or none.

        Raises:
            ValueError: a value is out of range; the message says which.
        """
        check_options(options)
        with self._lock:
            self.options = {**self.options, **options}
            if "rate_limit" in options:
                self._windows.clear()
        self.feed.note()

    # --- accounts and numbers -----------------------------------------------------------------------------------

    def add_account(self, *, access_key: str, secret_key: str, numbers: Iterable[str | PhoneNumber]) -> Account:
        """Add an account with its numbers; they can text at once.

        Raises:
            ValueError: a key or a number is malformed, or taken already.
        """
        account = Account(access_key=access_key, secret_key=secret_key)
        digits = tuple(dict.fromkeys(digits_of(number) for number in numbers))
        with self._lock:
            if access_key in self._accounts:
                raise ValueError("Two accounts cannot have the same access key.")
            taken = [number for number in digits if self.owner_of(number)]
            if taken:
                raise ValueError("Two accounts cannot own the same number.")
            account.numbers = {number: OwnedNumber(number) for number in digits}
            self._accounts[access_key] = account
            self._given[access_key] = digits
        return account

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts."""
        return tuple(self._accounts.values())

    @property
    def numbers(self) -> tuple[str, ...]:
        """All numbers that an account owns, 11 digits each."""
        with self._lock:
            return tuple(number for account in self._accounts.values() for number in account.numbers)

    def owner_of(self, digits: str) -> tuple[Account, OwnedNumber] | None:
        """Whose number that is; ``None`` for nobody's."""
        with self._lock:
            for account in self._accounts.values():
                if digits in account.numbers:
                    return account, account.numbers[digits]
        return None

    def set_registration(self, digits: str, registration: Registration) -> None:
        """What the portal does: the state of a number's 10DLC campaign or toll-free verification (no API, §7).

        Raises:
            KeyError: nobody owns the number.
            ValueError: that is no such state.
        """
        if registration not in get_args(Registration):
            raise ValueError(f"registration is one of: {', '.join(get_args(Registration))}.")
        owned = self.owner_of(digits)
        if owned is None:
            raise KeyError(digits)
        owned[1].registration = registration
        self.feed.note()

    def authenticate(self, access_key: str, secret_key: str) -> Account:
        """The account of these keys, or a refusal (``error-401``). The secret is compared in constant time."""
        account = self._accounts.get(access_key)
        right = Secret(secret_key) == (account.secret_key if account else _NOBODY)
        if account is None or not right:
            raise problems.not_authenticated()
        return account

    def admit(self, account: Account, endpoint: str, limit: int = REQUESTS_PER_WINDOW) -> None:
        """Count one attempt on ``endpoint``, refuse the surplus (behaviours ``rate-limit``, ``rate-window``)."""
        key = (account.access_key, endpoint)
        with self._lock:
            if not self.rate_limit:
                return
            now = self.clock.now_ms()
            opened, attempts = self._windows.get(key, (now, 0))
            if not opened <= now < opened + WINDOW_MS:
                opened, attempts = now, 0
            self._windows[key] = (opened, attempts + 1)
        if attempts >= limit:
            raise problems.too_many_requests()

    # --- messages -----------------------------------------------------------------------------------------------

    def send(self, account: Account, version: Version, wanted: SendRequest) -> Message:
        """Accept a message, or refuse it as flowroute-api.md §4.3 says. The values are as they came in the JSON."""
        if version.legacy and self.legacy_500 and wanted.to is not None and not _is_number(wanted.to):  # legacy-500
            raise problems.server_error()
        checked = check_sending(wanted)
        now = self.clock.now_ms()
        number = account.numbers.get(checked.sender)
        if number is None or not number.can_text_at(now):  # error-403, not-enabled
            raise problems.not_authorized()
        if checked.is_mms:
            self.admit(account, f"/{version.value}/messages, MMS", MMS_PER_WINDOW)  # rate-mms
        message = _message(checked, version, account, now_ms=now, script=self._script(checked, number))
        self._keep(message)
        for step in message.script.steps:
            self.callbacks.plan("receipt", message.id, now + step.after_ms + step.late_ms, step)
        return message

    def _script(self, checked: Checked, number: OwnedNumber) -> Script:
        if (checked.to, number.digits) in self._opted_out:  # error-1110
            raise problems.opted_out()
        outcome = outcome_for(checked.to)
        if outcome.refusal is not None:
            raise outcome.refusal()
        script = outcome.script if number.registration == "registered" else NOT_REGISTERED
        return (script.with_media() if checked.is_mms else script).told(self.receipts)

    def receive(self, *, from_: object, to: object, body: object = None, media_urls: object = None) -> Message:
        """A phone texts a number of an account: kept, posted to its callback, and heard (``opt-out``).

        Raises:
            Problem: 422, naming what is wrong with a value.
        """
        checked = check_receiving(from_=from_, to=to, body=body, media_urls=media_urls)
        owned = self.owner_of(checked.to)
        now = self.clock.now_ms()
        if owned is None or not owned[1].can_text_at(now):
            raise problems.invalid({"to": "No account of this simulator owns that number, or it cannot get texts."})
        version = Version.V2 if self.webhook_format == "v2" else Version.V2_1  # incoming-ids
        message = _message(checked, version, owned[0], now_ms=now, script=Script(()), direction="inbound")
        self._keep(message)
        self._hear(message)
        self.callbacks.plan("incoming", message.id, now)
        self.callbacks.catch_up()
        return message

    def _hear(self, message: Message) -> None:
        """STOP and UNSTOP, alone in a text (behaviours ``opt-out``, ``opt-out-answer``)."""
        word = message.body.strip().upper()
        pair = (message.phone, message.number)
        if word == "STOP":
            self._opted_out.add(pair)
        elif word == "UNSTOP":
            self._opted_out.discard(pair)
        else:
            return
        answer = Message(
            id=Version.V2_1.new_id(),
            sender=message.number,
            to=message.phone,
            body=STOPPED if word == "STOP" else STARTED,
            sent_at_ms=message.sent_at_ms,
            script=Script((), arrives_after_ms=0),
        )
        self._keep(answer)

    def set_receipt(
        self, message_id: str, *, status: str, code: int | None, level: int = 2, description: str = ""
    ) -> Message:
        """Give a message one receipt more, now (behaviour ``receipts-by-hand``).

        Raises:
            KeyError: there is no message of that id that an account sent.
        """
        with self._lock:
            message = self._messages[message_id]
            if message.direction == "inbound" or not message.in_records:
                raise KeyError(message_id)
            now = self.clock.now_ms()
            step = Step(now - message.sent_at_ms, level, status, code, description)
            message = replace(message, script=message.script.and_then(step))
        self._keep(message)
        self.callbacks.plan("receipt", message.id, now, step)
        self.callbacks.catch_up()
        return message

    def message(self, message_id: str) -> Message:
        """The message of that id, whosever it is.

        Raises:
            KeyError: there is none, or it had to make room.
        """
        with self._lock:
            return self._messages[message_id]

    def messages(self) -> list[Message]:
        """All messages that are kept, of all accounts, in both directions, oldest first."""
        with self._lock:
            return list(self._messages.values())

    def find(self, account: Account, version: Version, message_id: str) -> Message:
        """The account's message of that id, once its record is there (``record-delay``, ``generations-apart``)."""
        with self._lock:
            message = self._messages.get(message_id)
        if message is None or not self._listed(account, version, message):
            raise problems.not_found()
        return message

    def sent_between(self, account: Account, version: Version, start_ms: int, end_ms: int) -> list[Message]:
        """The account's records of that version's generation, both ends included, newest first (``list-order``)."""
        messages = [
            message
            for message in reversed(self.messages())
            if start_ms <= message.sent_at_ms <= end_ms and self._listed(account, version, message)
        ]
        return sorted(messages, key=lambda message: message.sent_at_ms, reverse=True)

    def newest_record_ms(self) -> int:
        """The latest send time that a record can have by now, as UTC milliseconds (behaviour ``list-end``)."""
        return self.clock.now_ms() - round(self.record_delay_seconds * 1000)

    def _listed(self, account: Account, version: Version, message: Message) -> bool:
        return (
            message.access_key == account.access_key
            and message.id.startswith(version.id_prefix)
            and message.sent_at_ms <= self.newest_record_ms()
        )

    def _keep(self, message: Message) -> None:
        with self._lock:
            self._messages[message.id] = message
            oldest = self._messages.popitem(last=False)[1] if len(self._messages) > self.history else None
        if oldest is not None and oldest.direction == "outbound":
            self.inbox.forget(oldest)
        if message.direction == "outbound":
            self.inbox.expect(message)
        self.feed.note(message.id)

    # --- callbacks ----------------------------------------------------------------------------------------------

    def set_callback(self, owner: Account | OwnedNumber, kind: CallbackType, setting: CallbackSetting | None) -> None:
        """Set or remove (``None``) where callbacks of one kind go, for an account or for one number."""
        with self._lock:
            if setting is None:
                owner.callbacks.pop(kind, None)
            else:
                owner.callbacks[kind] = setting
        self.feed.note()

    def catch_up(self) -> None:
        """Post the callbacks that are due by the clock."""
        self.callbacks.catch_up()

    def _callback_of(self, due: Due) -> tuple[str, Json] | None:
        with self._lock:
            message = self._messages.get(due.message_id)
        url = self._callback_url(message, due) if message else None
        if message is None or url is None:
            return None
        if due.step is None:
            return url, payloads.incoming(message, webhook_format=self.webhook_format, callback_url=url)
        return url, payloads.receipt(message, due.step, webhook_format=self.webhook_format)

    def _callback_url(self, message: Message, due: Due) -> str | None:
        """Message, number, account (behaviours ``callback-levels``, ``callback-number-first``, ``callback-types``)."""
        if due.kind == "receipt" and message.dlr_callback:
            return message.dlr_callback
        service = "mms" if message.is_mms else "sms"
        kinds: tuple[CallbackType, ...] = (
            (f"{service}_dlr_callback", "dlr_callback")  # type: ignore[assignment]
            if due.kind == "receipt"
            else (f"{service}_callback",)
        )
        account = self._accounts.get(message.access_key)
        number = account.numbers.get(message.number) if account else None
        for owner in (number, account):
            for kind in kinds:
                setting = owner.callbacks.get(kind) if owner else None
                if setting is not None:
                    return setting.url
        return None

    def _taken(self, status: int) -> bool:
        return status == 200 if self.strict_callbacks else 200 <= status < 300

    # --- all of it ----------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Back to the start: settings, numbers, callbacks; no messages, no log, no faults. The clock stays as it is."""
        with self._lock:
            for account in self._accounts.values():
                account.numbers = {digits: OwnedNumber(digits) for digits in self._given[account.access_key]}
                account.callbacks.clear()
            self._messages.clear()
            self._opted_out.clear()
        self.catalogue.reset()
        self.callbacks.clear()
        self.faults.clear()
        self.inbox.clear()
        self.journal.clear()
        self.change_options(**self._started_with)
        self.feed.forget()

    def _turned(self) -> None:
        self.feed.note()
        self.callbacks.catch_up()

    def __repr__(self) -> str:
        return f"<SimulatedNetwork, {len(self.numbers)} numbers, {len(self._messages)} messages sent>"


def _message(
    checked: Checked,
    version: Version,
    account: Account,
    *,
    now_ms: int,
    script: Script,
    direction: Direction = "outbound",
) -> Message:
    message_id = version.new_id()
    return Message(
        id=message_id,
        sender=checked.sender,
        to=checked.to,
        body=checked.body,
        sent_at_ms=now_ms,
        script=script,
        direction=direction,
        access_key=account.access_key,
        version=version,
        is_mms=checked.is_mms,
        media=media_of(message_id, checked.media_urls),
        dlr_callback=checked.dlr_callback,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, str) and wire_digits(value) is not None
