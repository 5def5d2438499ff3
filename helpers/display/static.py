"""Still pictures in plain HTML, for places where no kernel runs: GitHub, print, a notebook before its first run.

They stand in the notebooks' stored outputs. So they hold no ids, nothing that changes from run to run, and no phone
number that could be somebody's.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from helpers.message_length import NANODOLLARS_PER_SEGMENT
from helpers.phone_numbers import PhoneNumber, PhoneNumberError

ABOUT_A_TEXT: Final = f"about ${NANODOLLARS_PER_SEGMENT / 1_000_000_000:.3f}"
"""What a text of one segment costs, in words; carrier surcharges come on top."""
NO_MATHS: Final = "mathjax_ignore"
"""A class for what may hold two dollar signs: JupyterLab makes a formula of what stands between them elsewhere."""

_FRAME = "display:inline-block;vertical-align:top;border:1px solid;border-radius:14px;padding:4px 20px;margin:4px"
_BOX = "display:inline-block;min-width:240px;border:1px solid;border-radius:8px;padding:6px 12px"
_BUTTON = "display:inline-block;border:1px solid;border-radius:8px;padding:6px 16px"
_EXAMPLE_NUMBER = re.compile(r"\+1\d{3}55501\d\d")


def card(*parts: str) -> str:
    """A frame around parts that are HTML already."""
    return f'<div style="{_FRAME}">{"".join(parts)}</div>'


def box_as_html(text: str) -> str:
    """A field with what stands in it."""
    mark = f' class="{NO_MATHS}"' if "$" in text else ""  # a price; elsewhere the stored pictures stay as short
    return f'<span{mark} style="{_BOX}">{escape(text) or "&nbsp;"}</span>'


def button_as_html(label: str, *, primary: bool) -> str:
    """A button; the one that Enter presses is bold."""
    words = f"<strong>{escape(label)}</strong>" if primary else escape(label)
    return f'<span style="{_BUTTON}">{words}</span>'


def still(picture: str) -> str:
    """A picture that the style sheet of a living widget hides (``.tf-still`` in ``shared.css``), and what to do."""
    words = "A picture of what stands here while the notebook runs. To use it, run this cell: Shift+Enter."
    return f'<div class="tf-still">{picture}<p><small>{words}</small></p></div>'


def badge_words(mode: str, *, texts: bool) -> str:
    """Practice or LIVE. ``texts``: what carries the badge can send one, and then its cost is said."""
    if mode == "practice":
        return "Practice"
    return f"LIVE: sends a real text, {ABOUT_A_TEXT}" if texts else "LIVE"


def badge(mode: str, *, texts: bool) -> str:
    """The same, for a still picture."""
    return f"<small>· {badge_words(mode, texts=texts)}</small>"


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
