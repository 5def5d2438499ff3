"""Outcomes chosen by input: send to one of these numbers, and see that answer or that receipt.

Every other number gets its text. Whatever the tag says, that a *number* brings the outcome about is this simulator's
own device: real phones have no such numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from helpers.simulator import problems
from helpers.simulator.behaviours import Tag
from helpers.simulator.lifecycle import LATE, NEVER_ARRIVES, OUT_OF_ORDER, USUAL, Script, failed
from helpers.simulator.problems import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to a message to ``number``, with the evidence that Flowroute knows such an end."""

    number: str = field(repr=False)
    title: str
    what: str
    tag: Tag
    source: str
    script: Script = USUAL
    refusal: Callable[[], Problem] | None = None

    @property
    def group(self) -> Literal["answer", "receipt"]:
        """Whether the API refuses the message at once, or accepts it and tells more in a receipt."""
        return "answer" if self.refusal else "receipt"


OUTCOMES: Final = (
    Outcome(
        "12065550110", "400, code 1110", "the recipient has opted out", "documented", "§7", refusal=problems.opted_out
    ),
    Outcome("12065550133", "403", "not allowed", "documented", "§4.2", refusal=problems.not_authorized),
    Outcome("12065550132", "422", "a value is invalid", "assumed", "§4.3", refusal=problems.not_a_number),
    Outcome("12065550139", "429", "too many requests", "documented", "§4.2", refusal=problems.too_many_requests),
    Outcome("12065550155", "500", "the server failed", "documented", "§4.2", refusal=problems.server_error),
    Outcome("12065550153", "503", "the server is not available", "documented", "§4.2", refusal=problems.unavailable),
    Outcome(
        "12065550116",
        "receipt 1116",
        "failed: the destination is not text-enabled",
        "documented",
        "§6.3",
        script=failed(1116, "Destination not text-enabled"),
    ),
    Outcome("12065550150", "receipt 1150", "failed: spam", "documented", "§6.3", script=failed(1150, "Spam")),
    Outcome(
        "12065550112",
        "receipt 1201",
        "failed: the message is too long",
        "documented",
        "§6.3",
        script=failed(1201, "Message too long"),
    ),
    Outcome(
        "12065550117",
        "receipt 1003, then silence",
        "accepted by the carrier and never delivered",
        "observed",
        "§6.2",
        script=NEVER_ARRIVES,
    ),
    Outcome("12065550118", "delivered late", "the text arrives after 90 seconds", "assumed", "§6.2", script=LATE),
    Outcome(
        "12065550119",
        "receipts out of order",
        "delivered is told first, then what came before it",
        "assumed",
        "§6.1",
        script=OUT_OF_ORDER,
    ),
)

_BY_NUMBER: Final = {outcome.number: outcome for outcome in OUTCOMES}
_EVERY_OTHER: Final = Outcome("", "delivered", "the text arrives after 1.5 seconds", "assumed", "§12")


def outcome_for(destination: str) -> Outcome:
    """What becomes of a message to ``destination``, 11 digits (behaviours ``ends-buffered``, ``outcomes``)."""
    return _BY_NUMBER.get(destination, _EVERY_OTHER)
