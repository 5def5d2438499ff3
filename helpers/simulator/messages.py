"""A message as the simulator keeps it, the API versions that can show it, and the text that a phone gets."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Final

from helpers.message_length import MessageLength, measure
from helpers.phone_numbers import PhoneNumber
from helpers.simulator.lifecycle import Script, Step

_NANP: Final = re.compile(r"\+?(1[2-9][0-9]{2}[2-9][0-9]{6})")
_TOLL_FREE: Final = ("1800", "1833", "1844", "1855", "1866", "1877", "1888")


class Version(Enum):
    """The three versions of the Messages API, by their first path segment."""

    V2 = "v2"
    V2_1 = "v2.1"
    V2_2 = "v2.2"

    @property
    def legacy(self) -> bool:
        """Whether it is v2, whose records and ids are a generation apart."""
        return self is Version.V2

    @property
    def id_prefix(self) -> str:
        """How its ids begin (flowroute-api.md §2.1, §2.2)."""
        return "mdr1-" if self.legacy else "mdr2-"

    @property
    def media_type(self) -> str:
        """The content type of its answers (behaviour ``answer-types``)."""
        return "application/json" if self.legacy else "application/vnd.api+json"

    def new_id(self) -> str:
        """A fresh message id: the prefix and 32 hexadecimal digits."""
        return self.id_prefix + uuid.uuid4().hex


def wire_digits(text: str) -> str | None:
    """The 11 digits of a North American number, or ``None`` (behaviour ``plus-or-not``; flowroute-api.md §12)."""
    match = _NANP.fullmatch(text)
    return match[1] if match else None


def digits_of(number: str | PhoneNumber) -> str:
    """The 11 digits of a number that a caller of this package gave.

    Raises:
        ValueError: it is not one.
    """
    digits = wire_digits(number.digits if isinstance(number, PhoneNumber) else number)
    if digits is None:
        raise ValueError("A number of the simulator is written with 11 digits, like 12065550100 or +12065550100.")
    return digits


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One message that was accepted. Its numbers are 11 digits; its state is worked out, never stored."""

    id: str
    sender: str
    to: str
    body: str
    sent_at_ms: int
    script: Script

    @property
    def length(self) -> MessageLength:
        """Encoding and segments (behaviour ``length-and-cost``)."""
        return measure(self.body)

    @property
    def toll_free(self) -> bool:
        """Whether a toll-free number sent it (behaviour ``message-type``)."""
        return self.sender.startswith(_TOLL_FREE)

    @property
    def arrives_at_ms(self) -> int | None:
        """When it shows on the handset, as UTC milliseconds; ``None`` for never."""
        after = self.script.arrives_after_ms
        return None if after is None else self.sent_at_ms + after

    def receipts_at(self, now_ms: int) -> list[Step]:
        """The receipts there are at ``now_ms``, newest first."""
        return [step for step in reversed(self.script.steps) if self.sent_at_ms + step.after_ms <= now_ms]

    def __repr__(self) -> str:
        return f"<Message {self.id} to {masked(self.to)}>"


@dataclass(frozen=True, slots=True, repr=False)
class ReceivedText:
    """One text on a handset."""

    id: str
    sender: str
    body: str
    arrived_at_ms: int

    def __repr__(self) -> str:
        # The body may hold a code, and codes belong on the phone only (DESIGN.md, decision 13).
        return f"<ReceivedText {self.id} from {masked(self.sender)}, {len(self.body)} characters>"


def masked(digits: str) -> str:
    """A number as reprs may show it."""
    return PhoneNumber(f"+{digits}").masked
