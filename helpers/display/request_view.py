"""One HTTP exchange, what went out and what came back, as plain data for ``request_view.js``, as text and as HTML.

An exchange is a plain dict with the keys ``method``, ``url``, ``request_headers``, ``request_body``, ``status``,
``reason``, ``response_headers``, ``response_body``, ``elapsed_ms`` and ``error``. It arrives masked.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from helpers.display.static import card
from helpers.secret import MASK

NOTHING_SENT = "Nothing sent yet"
MASKED_NOTE: Final = "# Parts of this are masked (••). Put your own values there before you run it."

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
        "curl": curl_command(exchange),
    }


def curl_command(exchange: Mapping[str, Any]) -> str:
    """The request as a command line for a POSIX shell: what was sent, with the credentials as variables.

    The variables are called as in ``.env``: ``FLOWROUTE_ACCESS_KEY`` and ``FLOWROUTE_SECRET_KEY``. Where parts of the
    request are masked, as all texts and numbers are in live mode, the first line says so.
    """
    headers = {name.lower(): value for name, value in exchange["request_headers"].items()}
    method, url, body = exchange["method"], exchange["url"], exchange["request_body"]
    # curl would wait for the body of an answer to HEAD, which has none.
    content_type = headers.get("content-type", "")
    options = ["--head" if method == "HEAD" else f"--request {shlex.quote(method)}"]
    if headers.get("authorization", "").lower().startswith("basic "):
        options.append('--user "$FLOWROUTE_ACCESS_KEY:$FLOWROUTE_SECRET_KEY"')
    if "accept" in headers:
        options.append(f"--header {shlex.quote('Accept: ' + headers['accept'])}")
    if body:
        # Without a value, the header is left out: curl would otherwise say that the body is a form.
        options.append(f"--header {shlex.quote(f'Content-Type: {content_type}'.rstrip())}")
        options.append(f"--data-raw {shlex.quote(body)}")  # raw: a body that begins with @ names no file
    # Without globoff, curl would take brackets in an address for a row of addresses.
    curl = "curl --globoff" if re.search(r"[\[\]{}]", url) else "curl"
    command = " \\\n  ".join([f"{curl} {shlex.quote(url)}", *options])
    return f"{MASKED_NOTE}\n{command}" if MASK[:2] in f"{url}{body}" else command


def summary_line(view: Mapping[str, Any] | None, *, count: int) -> str:
    """How many requests there were, and what became of the last one: in one line, without ids."""
    if view is None:
        return NOTHING_SENT
    requests = f"{count:,} request{'' if count == 1 else 's'} to Flowroute"
    return f"{requests} · the last: {view['method']} {_path_without_ids(view['url'])} → {view['answer']}"


def summary_as_html(line: str) -> str:
    """The summary line as a still picture."""
    return card(f"<p>{escape(line)}</p>")


def _path_without_ids(url: str) -> str:
    """The path of an address with "…" for ids and numbers: all parts with a digit or a mask, but for the version."""
    parts = urlsplit(url).path.split("/")
    return "/".join("…" if re.search(r"[0-9•]", part) and not _VERSION.fullmatch(part) else part for part in parts)


_VERSION = re.compile(r"v\d(\.\d)?")


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
    except (ValueError, RecursionError):  # no JSON, or nested beyond reason
        return body


def _took(elapsed_ms: float | None) -> str:
    if elapsed_ms is None:
        return ""
    return f"{elapsed_ms:.1f} ms" if elapsed_ms < 10 else f"{elapsed_ms:.0f} ms"
