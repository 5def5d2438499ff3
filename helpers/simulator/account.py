"""An account: its keys, the numbers it owns and what state they are in, and where its callbacks go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret

CallbackType = Literal["sms_callback", "mms_callback", "sms_dlr_callback", "mms_dlr_callback", "dlr_callback"]
Registration = Literal["registered", "pending", "unregistered"]

TOLL_FREE_PREFIXES: Final = ("1800", "1833", "1844", "1855", "1866", "1877", "1888")


@dataclass(slots=True, repr=False)
class OwnedNumber:
    """One number of an account, 11 digits.

    ``registration`` is the state of its 10DLC campaign (long codes) or of its toll-free verification: both are done in
    the portal and have no API (flowroute-api.md §7).
    """

    digits: str
    messaging_enabled: bool = True
    registration: Registration = "registered"
    enabled_at_ms: int | None = None
    """When messaging that was asked for is there (UTC milliseconds); ``None``: nothing is under way."""
    callbacks: dict[CallbackType, CallbackSetting] = field(default_factory=dict)
    attributes: dict[str, object] = field(default_factory=dict)
    """What the Numbers API shows of it: filled when it is bought."""

    @property
    def toll_free(self) -> bool:
        """Whether its prefix is a toll-free one."""
        return is_toll_free(self.digits)

    def can_text_at(self, now_ms: int) -> bool:
        """Whether it may send and get texts at ``now_ms``."""
        return self.messaging_enabled or (self.enabled_at_ms is not None and self.enabled_at_ms <= now_ms)

    def __repr__(self) -> str:
        return f"<OwnedNumber {PhoneNumber(f'+{self.digits}').masked}, {self.registration}>"


@dataclass(frozen=True, slots=True)
class CallbackSetting:
    """A callback address, and the version of the API that it was set with."""

    url: str = field(repr=False)  # it may hold a secret of the receiver's
    api_version: str


class Account:
    """One customer of the simulated Flowroute."""

    def __init__(self, *, access_key: str, secret_key: str) -> None:
        """An account without numbers.

        Raises:
            ValueError: a key is empty, or the access key holds a colon, which Basic authentication has no room for.
        """
        if not access_key or not secret_key or ":" in access_key:
            raise ValueError("Both keys need some text, and the access key no colon; any practice text will do.")
        self.access_key: Final = access_key
        self.secret_key: Final = Secret(secret_key)
        self.numbers: dict[str, OwnedNumber] = {}
        self.callbacks: dict[CallbackType, CallbackSetting] = {}

    def __repr__(self) -> str:
        return f"<Account, {len(self.numbers)} numbers>"


def is_toll_free(digits: str) -> bool:
    """Whether an 11-digit number has a toll-free prefix (behaviour ``message-type``)."""
    return digits.startswith(TOLL_FREE_PREFIXES)
