"""Still pictures in plain HTML, for places where no kernel runs: GitHub, print, a notebook before its first run.

They stand in the notebooks' stored outputs. So they hold no ids, nothing that changes from run to run, and no phone
number that could be somebody's.
"""

from __future__ import annotations

import re

from helpers.phone_numbers import PhoneNumber, PhoneNumberError

_FRAME = "display:inline-block;border:1px solid #bbb;border-radius:8px;padding:4px 16px;margin:4px 0"
_EXAMPLE_NUMBER = re.compile(r"\+1\d{3}55501\d\d")
_BADGES = {"practice": "Practice", "live": "LIVE: sends a real text"}


def card(*parts: str) -> str:
    """A frame around parts that are HTML already."""
    return f'<div style="{_FRAME}">{"".join(parts)}</div>'


def badge(mode: str) -> str:
    """Practice or LIVE, as words."""
    return f"<small>· {_BADGES[mode]}</small>"


def number_for_print(number: PhoneNumber) -> str:
    """A number as people write it if it is reserved for examples (xxx-555-0100 to 0199), else masked."""
    return number.national if _EXAMPLE_NUMBER.fullmatch(number.e164) else number.masked


def typed_number_for_print(text: str, *, mode: str) -> str:
    """What was typed into a number field, if it may stand in a notebook: a real number never; a slip in practice."""
    try:
        number = PhoneNumber.parse(text)
    except PhoneNumberError:
        return text if mode == "practice" else ""
    return text if _EXAMPLE_NUMBER.fullmatch(number.e164) else number.masked
