"""What becomes of a message after it was accepted: the receipts it gets, and whether it reaches a phone.

A script is data. The state of a message at a time follows from its send time, its script and that time alone, so
turning the clock is all it takes to see the future.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Receipts = Literal["realistic", "instant", "manual"]


@dataclass(frozen=True, slots=True)
class Step:
    """One delivery receipt, some milliseconds after the send (flowroute-api.md §6.2, §6.3)."""

    after_ms: int
    level: int
    status: str
    code: int | None
    description: str
    late_ms: int = 0
    """How much later than it happened it is posted. The record knows of it when it happens."""


@dataclass(frozen=True, slots=True)
class Script:
    """The receipts in the order they come, and when the text shows on the handset (``None``: never)."""

    steps: tuple[Step, ...]
    arrives_after_ms: int | None = None

    def at_once(self) -> Script:
        """The same story with no time between its steps."""
        arrives = None if self.arrives_after_ms is None else 0
        return Script(tuple(replace(step, after_ms=0, late_ms=0) for step in self.steps), arrives)

    def with_media(self) -> Script:
        """The same story for an MMS, whose first receipt is worded otherwise (behaviour ``receipts``)."""
        steps = (replace(step, status="mmsc submit") if step.status == "smsc submit" else step for step in self.steps)
        return Script(tuple(steps), self.arrives_after_ms)

    def told(self, receipts: Receipts) -> Script:
        """The story as the simulator is set to tell it (behaviours ``receipt-times``, ``receipts-by-hand``)."""
        if receipts == "manual":
            return Script(())
        return self.at_once() if receipts == "instant" else self

    def and_then(self, step: Step) -> Script:
        """One receipt more, set by hand; the one that says delivered brings the text to the handset."""
        arrives = self.arrives_after_ms
        if step.code == DELIVERED.code and arrives is None:
            arrives = step.after_ms
        # Sorted, and the later one last among equals: receipts are read from the end.
        return Script(tuple(sorted((*self.steps, step), key=lambda each: each.after_ms)), arrives)


# Behaviours receipts, receipt-delivered, receipt-times.
SUBMITTED: Final = Step(300, 1, "smsc submit", None, "Message has been sent")
BUFFERED: Final = Step(1000, 2, "message buffered", 1003, "Message accepted by Carrier")
DELIVERED: Final = Step(1500, 2, "delivered", 1004, "Message delivered to handset")

USUAL: Final = Script((SUBMITTED, BUFFERED, DELIVERED), arrives_after_ms=1500)
NEVER_ARRIVES: Final = Script((SUBMITTED, BUFFERED))
LATE: Final = Script((SUBMITTED, BUFFERED, replace(DELIVERED, after_ms=90_000)), arrives_after_ms=90_000)
OUT_OF_ORDER: Final = replace(
    USUAL, steps=(replace(SUBMITTED, late_ms=2200), replace(BUFFERED, late_ms=1000), DELIVERED)
)


def failed(code: int, description: str) -> Script:
    """Handed over, then refused by the carrier (behaviour ``receipt-failed``)."""
    return Script((SUBMITTED, Step(1000, 2, "failed", code, description)))


NOT_REGISTERED: Final = failed(1103, "Source not authorized")
"""Behaviour ``not-registered``: the number has no 10DLC campaign, or no toll-free verification."""
