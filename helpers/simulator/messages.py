"""A message as the simulator keeps it, the API versions that can show it, and the text that a phone gets."""

from __future__ import annotations

import mimetypes
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal
from urllib.parse import urlsplit

from helpers.message_length import MessageLength, measure
from helpers.phone_numbers import PhoneNumber
from helpers.simulator.account import is_toll_free
from helpers.simulator.lifecycle import Script, Step

Direction = Literal["outbound", "inbound"]

INBOUND_NANODOLLARS: Final = 7_000_000
MMS_NANODOLLARS: Final = 9_500_000
MADE_UP_FILE_SIZE: Final = 14_832

_NANP: Final = re.compile(r"\+?(1[2-9][0-9]{2}[2-9][0-9]{6})")


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


@dataclass(frozen=True, slots=True)
class Media:
    """One picture or other file of an MMS. It is never fetched: its type follows from its name (``media-unread``)."""

    id: str
    url: str

    @property
    def file_name(self) -> str:
        """The last part of its path."""
        return urlsplit(self.url).path.rpartition("/")[2] or "media"

    @property
    def mime_type(self) -> str:
        """What its name says it is."""
        return mimetypes.guess_type(self.file_name)[0] or "application/octet-stream"


def media_of(message_id: str, urls: Iterable[str]) -> tuple[Media, ...]:
    """The media of a message, numbered from one."""
    return tuple(Media(f"{message_id}-{number}", url) for number, url in enumerate(urls, 1))


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One message, to a phone or from one. Its numbers are 11 digits; its state is worked out, never stored."""

    id: str
    sender: str
    to: str
    body: str
    sent_at_ms: int
    script: Script
    direction: Direction = "outbound"
    access_key: str = ""
    """Whose it is; empty for the network's own confirmations, which are in no account's records."""
    version: Version = Version.V2_1
    is_mms: bool = False
    media: tuple[Media, ...] = ()
    dlr_callback: str | None = None

    @property
    def phone(self) -> str:
        """The handset's side."""
        return self.to if self.direction == "outbound" else self.sender

    @property
    def number(self) -> str:
        """The side of the number that an account owns."""
        return self.sender if self.direction == "outbound" else self.to

    @property
    def in_records(self) -> bool:
        """Whether it is an account's, and not the network's own confirmation (behaviour ``opt-out-answer``)."""
        return bool(self.access_key)

    @property
    def length(self) -> MessageLength:
        """Encoding and segments (behaviour ``length-and-cost``)."""
        return measure(self.body)

    @property
    def cost_nanodollars(self) -> int:
        """What it costs, in billionths of a US dollar (behaviours ``unit-price``, ``other-prices``)."""
        if self.is_mms:
            return MMS_NANODOLLARS
        return (
            self.length.cost_nanodollars(INBOUND_NANODOLLARS)
            if self.direction == "inbound"
            else self.length.cost_nanodollars()
        )

    @property
    def toll_free(self) -> bool:
        """Whether the account's number is a toll-free one (behaviour ``message-type``)."""
        return is_toll_free(self.number)

    @property
    def arrives_at_ms(self) -> int | None:
        """When it shows on the handset, as UTC milliseconds; ``None`` for never."""
        after = self.script.arrives_after_ms
        return None if after is None else self.sent_at_ms + after

    def receipts_at(self, now_ms: int) -> list[Step]:
        """The receipts there are at ``now_ms``, newest first."""
        return [step for step in reversed(self.script.steps) if self.sent_at_ms + step.after_ms <= now_ms]

    def __repr__(self) -> str:
        towards = "to" if self.direction == "outbound" else "from"
        return f"<Message {self.id} {towards} {masked(self.phone)}>"


@dataclass(frozen=True, slots=True, repr=False)
class ReceivedText:
    """One text on a handset."""

    id: str
    sender: str
    body: str
    arrived_at_ms: int
    media_urls: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # The body may hold a code, and codes belong on the phone only (DESIGN.md, decision 13).
        return f"<ReceivedText {self.id} from {masked(self.sender)}, {len(self.body)} characters>"


def masked(digits: str) -> str:
    """A number as reprs may show it."""
    return PhoneNumber(f"+{digits}").masked
