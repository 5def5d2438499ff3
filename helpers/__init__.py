"""SMS two-factor authentication with Flowroute: the public names, nothing else.

A name is loaded when it is first used, so that ``python -m helpers.simulator`` starts without the course's other
libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.accounts import Accounts
    from helpers.clock import Clock
    from helpers.flowroute import FlowrouteClient
    from helpers.phone_numbers import PhoneNumber
    from helpers.settings import Settings
    from helpers.verification import Policy, Store, Verifier

__all__ = ["Accounts", "Clock", "FlowrouteClient", "PhoneNumber", "Policy", "Settings", "Store", "Verifier"]

_HOMES = {
    "Accounts": "helpers.accounts",
    "Clock": "helpers.clock",
    "FlowrouteClient": "helpers.flowroute",
    "PhoneNumber": "helpers.phone_numbers",
    "Policy": "helpers.verification",
    "Settings": "helpers.settings",
    "Store": "helpers.verification",
    "Verifier": "helpers.verification",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # the next look-up is an ordinary one
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
