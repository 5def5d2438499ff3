"""What becomes of a message after it was accepted: the receipts it gets, and whether it reaches a phone.

A script is data. The state of a message at a time follows from its send time, its script and that time alone, so
turning the clock is all it takes to see the future.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Receipts = Literal["realistic", "instant"]


@dataclass(frozen=True, slots=True)
class Step:
    """One delivery receipt, some milliseconds after the send (flowroute-api.md §6.2, §6.3)."""

    after_ms: int
    level: int
    status: str
    code: int | None
    description: str


@dataclass(frozen=True, slots=True)
class Script:
    """The receipts in order, and when the text shows on the handset (``None``: never)."""

    steps: tuple[Step, ...]
    arrives_after_ms: int | None = None

    def at_once(self) -> Script:
        """The same story with no time between its steps."""
        arrives = None if self.arrives_after_ms is None else 0
        return Script(tuple(replace(step, after_ms=0) for step in self.steps), arrives)


# Behaviours receipts, receipt-delivered, receipt-times.
SUBMITTED: Final = Step(300, 1, "smsc submit", None, "Message has been sent")
BUFFERED: Final = Step(1000, 2, "message buffered", 1003, "Message accepted by Carrier")
DELIVERED: Final = Step(1500, 2, "delivered", 1004, "Message delivered to handset")


def _failed(code: int, description: str) -> Script:
    return Script((SUBMITTED, Step(1000, 2, "failed", code, description)))


USUAL: Final = Script((SUBMITTED, BUFFERED, DELIVERED), arrives_after_ms=1500)

SCRIPTS: Final = {
    "12065550116": _failed(1116, "Destination not text-enabled"),  # receipt-failed
    "12065550117": Script((SUBMITTED, BUFFERED)),  # ends-buffered
    "12065550150": _failed(1150, "Spam"),  # receipt-failed
}
"""Destination numbers with a story of their own."""


def script_for(destination: str, receipts: Receipts) -> Script:
    """The script of a message to ``destination`` (11 digits)."""
    script = SCRIPTS.get(destination, USUAL)
    return script.at_once() if receipts == "instant" else script
