"""How long a text is to Flowroute: its encoding, its segments, what it costs.

Source: Flowroute's page on message length and concatenation (flowroute-api.md §7). The numbers differ from the GSM
standard's (160/153 and 70/67), which is why the rule is a value you can pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ASCII_ENCODING: Final = 0
UCS2_ENCODING: Final = 8

NANODOLLARS_PER_SEGMENT: Final = 4_000_000
NANODOLLARS_PER_CENT: Final = 10_000_000
"""$0.0040 a segment: the price in Flowroute's printed examples (observed, 2016 to 2018). Your own price list rules."""


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """How many characters fit in a text that stays whole, and in each piece of one that is cut up."""

    name: str
    ascii_single: int
    ascii_piece: int
    ucs2_single: int
    ucs2_piece: int


FLOWROUTE: Final = SegmentRule("Flowroute's documentation", 160, 140, 70, 70)
GSM_STANDARD: Final = SegmentRule("the GSM standard", 160, 153, 70, 67)


@dataclass(frozen=True, slots=True)
class MessageLength:
    """The size of one text."""

    encoding: int
    """Flowroute's ``message_encoding``: 0 for ASCII, 8 for UCS-2."""
    characters: int
    """Characters; in UCS-2, UTF-16 units, so an emoji counts two (assumed: Flowroute does not say)."""
    segments: int
    """The pieces it travels in. Each is billed."""

    @property
    def encoding_name(self) -> str:
        """``ASCII`` or ``UCS-2``."""
        return "ASCII" if self.encoding == ASCII_ENCODING else "UCS-2"

    def cost_nanodollars(self, per_segment: int = NANODOLLARS_PER_SEGMENT) -> int:
        """What it costs, in billionths of a US dollar (Flowroute's ``amount_nanodollars``)."""
        return self.segments * per_segment


def measure(body: str, *, rule: SegmentRule = FLOWROUTE) -> MessageLength:
    """Measure a text: only ASCII gives encoding 0; one other character turns the whole text into UCS-2.

    An empty text counts as one segment.
    """
    if body.isascii():
        return MessageLength(ASCII_ENCODING, len(body), _segments(len(body), rule.ascii_single, rule.ascii_piece))
    units = len(body.encode("utf-16-le", "surrogatepass")) // 2
    return MessageLength(UCS2_ENCODING, units, _segments(units, rule.ucs2_single, rule.ucs2_piece))


def display_amount(nanodollars: int) -> str:
    """An amount as Flowroute prints it: a dollar sign and four decimals, ``$0.0040``."""
    return f"${nanodollars / 1_000_000_000:.4f}"


def _segments(length: int, single: int, piece: int) -> int:
    return 1 if length <= single else -(-length // piece)
