"""What can be chosen about the network, at its start and while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, get_args

from helpers.simulator.lifecycle import Receipts
from helpers.simulator.wire.callbacks import WebhookFormat

if TYPE_CHECKING:
    from helpers.simulator.network import SimulatedNetwork

T = TypeVar("T")

LONGEST_RECORD_DELAY_SECONDS: Final = 86_400

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "receipts": get_args(Receipts),
    "webhook_format": get_args(WebhookFormat),
}
_SWITCHES: Final = ("rate_limit", "legacy_500", "strict_callbacks")
OPTIONS: Final = (*_SWITCHES, *_CHOICES, "record_delay_seconds")
"""The names of all options."""


class Option(Generic[T]):
    """An attribute of the network that can be set at any time, and is checked when it is."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, network: SimulatedNetwork, _owner: type) -> T:
        value: T = network.options[self._name]
        return value

    def __set__(self, network: SimulatedNetwork, value: T) -> None:
        network.change_options(**{self._name: value})


def check_options(options: dict[str, Any]) -> None:
    """Refuse an option that there is not, or a value that it does not take.

    Raises:
        ValueError: names the option and says what it takes.
    """
    for name, value in options.items():
        if name in _CHOICES:
            if value not in _CHOICES[name]:
                raise ValueError(f"{name} is one of: {', '.join(_CHOICES[name])}.")
        elif name in _SWITCHES:
            if not isinstance(value, bool):
                raise ValueError(f"{name} is true or false.")
        elif name == "record_delay_seconds":
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not 0 <= value <= LONGEST_RECORD_DELAY_SECONDS:
                raise ValueError(f"The record delay is a number of seconds from 0 to {LONGEST_RECORD_DELAY_SECONDS}.")
        else:
            raise ValueError(f"There is no option of that name; there are: {', '.join(OPTIONS)}.")
