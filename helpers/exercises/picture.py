"""How a verdict looks in a notebook. It reads well without style too: JupyterLab cleans what it does not trust."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from helpers.display.static import NO_MATHS

_EDGES: Final = {
    "RIGHT": "var(--jp-success-color1, #388e3c)",
    "WRONG": "var(--jp-error-color1, #d32f2f)",
    "NOT_ATTEMPTED": "var(--jp-border-color1, #9e9e9e)",
}
_FRAME: Final = "border-left:4px solid {edge};padding:2px 0 2px 12px;margin:4px 0"
_CODE: Final = "overflow-x:auto;padding:6px 0"


def verdict_as_html(*, mark: str, tone: str, words: str, hints: Sequence[str], solution: str) -> str:
    """The words with their mark; the hints and a solution folded away below them.

    Args:
        mark: what stands in front, in bold.
        tone: ``RIGHT``, ``WRONG`` or ``NOT_ATTEMPTED``: the colour of the edge; ``mark`` says the same in words.
        words: plain text, with code between backticks; so are ``hints``.
        solution: Python code.
    """
    parts = [
        f"<p><strong>{escape(mark)}</strong> {with_code(words)}</p>",
        *(folded(f"Hint {number}", f"<p>{with_code(hint)}</p>") for number, hint in enumerate(hints, start=1)),
        solution_as_html(solution, summary="A solution" if hints else "Another way to write it"),
    ]
    return f'<div class="{NO_MATHS}" style="{_FRAME.format(edge=_EDGES[tone])}">{"".join(parts)}</div>'


def solution_as_html(solution: str, *, summary: str) -> str:
    """Code, folded away."""
    return folded(summary, f'<pre style="{_CODE}"><code>{escape(solution.strip())}</code></pre>')


def folded(summary: str, content: str) -> str:
    """Something that opens at a click, or at Enter; every browser knows how."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def with_code(text: str) -> str:
    """Plain text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))
