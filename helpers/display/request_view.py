"""One HTTP exchange, what went out and what came back, as plain data for ``request_view.js``, as text and as HTML.

An exchange is a plain dict with the keys ``method``, ``url``, ``request_headers``, ``request_body``, ``status``,
``reason``, ``response_headers``, ``response_body``, ``elapsed_ms`` and ``error``. It arrives masked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from helpers.display.static import card
from helpers.secret import MASK

NOTHING_SENT = "Nothing sent yet"

_REQUEST_HEADERS = frozenset({"authorization", "content-type", "accept"})
_RESPONSE_HEADERS = frozenset({"content-type", "allow", "retry-after", "www-authenticate"})


def request_view(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """All that ``renderRequestView`` needs: the headers that matter, JSON made readable, the answer in words."""
    status = exchange["status"]
    return {
        "method": exchange["method"],
        "url": exchange["url"],
        "request_headers": _headers(exchange["request_headers"], _REQUEST_HEADERS),
        "request_body": _readable(exchange["request_body"]),
        "answer": "No answer" if status is None else f"{status} {exchange['reason'] or ''}".strip(),
        "good": status is not None and 200 <= status < 300,
        "response_headers": _headers(exchange["response_headers"], _RESPONSE_HEADERS),
        "response_body": _readable(exchange["response_body"]),
        "took": _took(exchange["elapsed_ms"]),
        "error": exchange["error"] or "",
    }


def request_view_as_text(view: Mapping[str, Any]) -> str:
    """The exchange as plain text, without the time it took, so that it repeats."""
    return f"{_request_as_text(view)}\n\n→ {view['answer']}\n{_answer_as_text(view)}".rstrip()


def request_view_as_html(view: Mapping[str, Any]) -> str:
    """The exchange as a still picture, without the time it took, so that it repeats."""
    mark = "✓" if view["good"] else "✗"
    return card(
        f"<p><strong>Request</strong></p><pre>{escape(_request_as_text(view))}</pre>",
        f"<p><strong>Answer</strong> {mark} {escape(view['answer'])}</p>",
        f"<pre>{escape(_answer_as_text(view))}</pre>",
    )


def _request_as_text(view: Mapping[str, Any]) -> str:
    return _message_as_text([f"{view['method']} {view['url']}"], view["request_headers"], view["request_body"])


def _answer_as_text(view: Mapping[str, Any]) -> str:
    error = [view["error"]] if view["error"] else []
    return _message_as_text(error, view["response_headers"], view["response_body"])


def _message_as_text(first: list[str], headers: list[list[str]], body: str) -> str:
    head = [*first, *(f"{name}: {value}" for name, value in headers)]
    return "\n".join([*head, "", body] if body else head)


def _headers(headers: Mapping[str, str], wanted: frozenset[str]) -> list[list[str]]:
    return [[name, _masked(name, value)] for name, value in headers.items() if name.lower() in wanted]


def _masked(name: str, value: str) -> str:
    """Credentials arrive masked; this is the last door before the screen, so it does not rely on that."""
    return f"{value.split(' ')[0]} {MASK}" if name.lower() == "authorization" else value


def _readable(body: str) -> str:
    """JSON with line breaks; anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def _took(elapsed_ms: float | None) -> str:
    if elapsed_ms is None:
        return ""
    return f"{elapsed_ms:.1f} ms" if elapsed_ms < 10 else f"{elapsed_ms:.0f} ms"
