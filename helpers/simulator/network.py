"""The simulated network: whose keys and numbers, what was sent, and the rules that accept or refuse.

It knows nothing of HTTP. What it refuses it raises as a :class:`~helpers.simulator.problems.Problem`.
Media, callbacks, opt-out and the Numbers API are not simulated yet.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final, get_args

from helpers.clock import Clock
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.simulator import problems
from helpers.simulator.inbox import Inbox
from helpers.simulator.lifecycle import Receipts, script_for
from helpers.simulator.messages import Message, Version, digits_of, wire_digits

REQUESTS_PER_WINDOW: Final = 5
WINDOW_MS: Final = 1000
LONGEST_RECORD_DELAY_SECONDS: Final = 86_400


class SimulatedNetwork:
    """One account, its numbers, and everything it has sent. Safe to use from many threads."""

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
    ) -> None:
        """Set up the network.

        Args:
            clock: the time that moves the messages.
            access_key: user name of the account's Basic authentication.
            secret_key: its password.
            numbers: the account's own numbers, 11 digits each, with or without ``+``.
            rate_limit: whether the sixth request within a second is refused (may be changed later).
            receipts: ``"realistic"`` (they come over 1.5 s) or ``"instant"``; counts for messages sent from now on.
            record_delay_seconds: how long a record cannot be looked up after its send.
            legacy_500: whether v2 answers 500 to a malformed ``to``, as it once did (may be changed later).

        Raises:
            ValueError: a number or a key is malformed, the delay is out of range, or ``receipts`` is unknown.
        """
        if not access_key or not secret_key or ":" in access_key:
            raise ValueError("Both keys need some text, and the access key no colon; any practice text will do.")
        if not 0 <= record_delay_seconds <= LONGEST_RECORD_DELAY_SECONDS:
            raise ValueError(f"The record delay is a number of seconds from 0 to {LONGEST_RECORD_DELAY_SECONDS}.")
        self.clock = clock
        self.inbox = Inbox(clock)
        self.numbers: Final = tuple(dict.fromkeys(digits_of(number) for number in numbers))
        self.legacy_500 = legacy_500
        self.record_delay_seconds = record_delay_seconds
        self._access_key = Secret(access_key)
        self._secret_key = Secret(secret_key)
        self._lock = threading.Lock()
        self._messages: dict[str, Message] = {}
        self._windows: dict[str, tuple[int, int]] = {}
        self.rate_limit = rate_limit
        self.receipts = receipts

    @property
    def rate_limit(self) -> bool:
        """Whether requests are limited. Setting it also forgets the attempts so far."""
        return self._rate_limit

    @rate_limit.setter
    def rate_limit(self, on: bool) -> None:
        with self._lock:
            self._rate_limit = on
            self._windows.clear()

    @property
    def receipts(self) -> Receipts:
        """``"realistic"`` or ``"instant"``, for messages sent from now on."""
        return self._receipts

    @receipts.setter
    def receipts(self, receipts: Receipts) -> None:
        if receipts not in get_args(Receipts):
            raise ValueError(f"receipts is one of: {', '.join(get_args(Receipts))}.")
        self._receipts = receipts

    def authenticate(self, access_key: str, secret_key: str) -> None:
        """Refuse keys that are not the account's (behaviour ``error-401``), in constant time."""
        known = Secret(access_key) == self._access_key
        right = Secret(secret_key) == self._secret_key
        if not (known & right):
            raise problems.not_authenticated()

    def admit(self, endpoint: str) -> None:
        """Count one attempt on ``endpoint``, refuse the surplus (behaviours ``rate-limit``, ``rate-window``)."""
        with self._lock:
            if not self._rate_limit:
                return
            now = self.clock.now_ms()
            opened, attempts = self._windows.get(endpoint, (now, 0))
            if not opened <= now < opened + WINDOW_MS:
                opened, attempts = now, 0
            self._windows[endpoint] = (opened, attempts + 1)
        if attempts >= REQUESTS_PER_WINDOW:
            raise problems.too_many_requests()

    def send(self, version: Version, *, to: object, from_: object, body: object) -> Message:
        """Accept a message, or refuse it as flowroute-api.md §4.3 says. The values are as they came in the JSON."""
        destination, sender, text = self._checked(version, to=to, from_=from_, body=body)
        with self._lock:
            script = script_for(destination, self._receipts)
            message = Message(version.new_id(), sender, destination, text, self.clock.now_ms(), script)
            self._messages[message.id] = message
        self.inbox.expect(message)
        return message

    def find(self, version: Version, message_id: str) -> Message:
        """The message of that id, once its record is there (behaviours ``record-delay``, ``generations-apart``)."""
        with self._lock:
            message = self._messages.get(message_id)
        if message is None or not message.id.startswith(version.id_prefix) or not self._recorded(message):
            raise problems.not_found()
        return message

    def sent_between(self, version: Version, start_ms: int, end_ms: int) -> list[Message]:
        """The recorded messages of that version's generation, both ends included, newest first (``list-order``)."""
        with self._lock:
            messages = list(self._messages.values())
        messages.sort(key=lambda message: message.sent_at_ms)
        return [
            message
            for message in reversed(messages)
            if start_ms <= message.sent_at_ms <= end_ms
            and message.id.startswith(version.id_prefix)
            and self._recorded(message)
        ]

    def newest_record_ms(self) -> int:
        """The latest send time that a record can have by now, as UTC milliseconds (behaviour ``list-end``)."""
        return self.clock.now_ms() - round(self.record_delay_seconds * 1000)

    def _recorded(self, message: Message) -> bool:
        return message.sent_at_ms <= self.newest_record_ms()

    def _checked(self, version: Version, *, to: object, from_: object, body: object) -> tuple[str, str, str]:
        wrong: dict[str, str] = {}
        destination_text = _text(to, "to", wrong)
        sender_text = _text(from_, "from", wrong)
        body_text = _text(body, "body", wrong)
        destination = wire_digits(destination_text)
        if to is not None and destination is None:
            if version.legacy and self.legacy_500:  # legacy-500
                raise problems.server_error()
            wrong["to"] = "Not a phone number of 11 digits, such as 1NPANXXXXXX."  # error-422-to
        if wrong or destination is None:
            raise problems.invalid(wrong)
        sender = wire_digits(sender_text)
        if sender not in self.numbers:
            raise problems.not_authorized()
        return destination, sender, body_text

    def __repr__(self) -> str:
        return f"<SimulatedNetwork, {len(self.numbers)} numbers, {len(self._messages)} messages sent>"


def _text(value: object, field: str, wrong: dict[str, str]) -> str:
    """``value`` if it is text with something in it; else a note in ``wrong`` (behaviour ``error-422-missing``)."""
    if value is None or value == "":
        wrong[field] = "This field is required."
    elif not isinstance(value, str) or not _encodable(value):
        wrong[field] = "This field must be text."
    else:
        return value
    return ""


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can spell it, no phone can show it
        return False
    return True
