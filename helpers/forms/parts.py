"""What a form is handed: the parts of :class:`helpers.settings.Settings` that it needs, by shape and not by import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from helpers.accounts import Accounts
from helpers.clock import Clock
from helpers.display.phone import InboxLike
from helpers.flowroute import ApiVersion, Exchange, FlowrouteClient
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret


class Parts(Protocol):
    """Anything with a mode, a clock, numbers, an inbox, a client and accounts: in fact, ``Settings``."""

    @property
    def mode(self) -> Literal["practice", "live"]: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def from_number(self) -> PhoneNumber: ...
    @property
    def my_number(self) -> PhoneNumber: ...
    @property
    def access_key(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def inbox(self) -> InboxLike | None: ...
    def accounts(self) -> Accounts: ...
    def code_from_phone(self) -> str: ...
    def client(
        self, *, api_version: ApiVersion = "v2.2", access_key: str | None = None, secret_key: Secret[str] | None = None
    ) -> FlowrouteClient: ...
    def on_exchange(self, listener: Callable[[Exchange], None], /) -> Callable[[], None]: ...
