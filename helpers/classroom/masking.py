"""A learner's requests as a teacher may see them: how the API is used, and no code, no key and no whole number.

The rule is the other way round than a list of secrets: every digit is hidden unless it is known to be harmless (a
time, a status, a price, a message id). So a code that stands where nobody expects one is hidden as well.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from helpers.secret import MASK

Json = dict[str, Any]

_HIDDEN: Final = "•"
_NUMBER: Final = re.compile(r"(?<!\d)\+?1?\d{10}(?!\d)")
_LONG_NUMBER: Final = re.compile(r"\d{3,}")
_SAFE: Final = re.compile(
    r"mdr[12]-[0-9a-f]{32}(-\d{1,2})?"  # a message, or a picture of one
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an error's reference
    r"|\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?"
    r"|\$?\d{1,2}\.\d{2,9}"
    r"|v2(\.\d)?"
)
_SAFE_MEMBERS: Final = frozenset(
    ("status", "status_code", "level", "code", "amount_nanodollars", "segment_count", "message_encoding", "file_size")
)
_TEXT_MEMBERS: Final = frozenset(("body", "content", "text"))
_URL_MEMBERS: Final = frozenset(("dlr_callback", "callback_url", "media_urls", "url"))
_SAFE_HEADERS: Final = frozenset(("content-length", "host", "retry-after"))
_HEADERS_WITH_VERSIONS: Final = frozenset(("accept", "content-type", "user-agent"))


def masked_exchange(exchange: Mapping[str, Any]) -> Json:
    """A copy of an exchange of the simulator's journal in which codes, keys and numbers are hidden."""
    return {
        **exchange,
        "url": _url(exchange["url"]),
        "request_headers": _headers(exchange["request_headers"]),
        "request_body": _body(exchange["request_body"], answer=False),
        "response_headers": _headers(exchange["response_headers"]),
        "response_body": _body(exchange["response_body"], answer=True),
        "message_id": None,
    }


def masked_text(text: str) -> str:
    """Of numbers the last two digits, of everything else no digit at all."""
    kept: list[str] = []
    end = 0
    for match in _NUMBER.finditer(text):
        kept += [_without_digits(text[end : match.start()]), _number(match[0])]
        end = match.end()
    return "".join([*kept, _without_digits(text[end:])])


def _hidden(found: re.Match[str]) -> str:
    return _HIDDEN * len(found[0])


def _number(text: str) -> str:
    return f"{_without_digits(text[:-2])}{text[-2:]}"


def _without_digits(text: str) -> str:
    """Nothing that is read as a number: digits of every script, and those in circles or raised."""
    return "".join(_HIDDEN if unicodedata.category(each).startswith("N") else each for each in text)


# --- bodies --------------------------------------------------------------------------------------------------------


def _body(text: str, *, answer: bool) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # cut off, a page, or nothing that can be read: nothing in it is known
        return _without_digits(text)
    refusal = answer and isinstance(value, dict) and "errors" in value
    try:
        return json.dumps(_Reader(answer=answer, refusal=refusal).value(value, member=""), ensure_ascii=False)
    except RecursionError:  # nested beyond reason, and yet the parser could read it
        return _without_digits(text)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Goes through the JSON of a request, where nothing is known, or of an answer, whose shape is the simulator's."""

    answer: bool
    refusal: bool
    """Whether it says what is wrong. Such an answer quotes nothing of the request, so short numbers may stay."""

    def value(self, value: Any, *, member: str) -> Any:
        """``member``: the name under which the value stands, which says what it may be."""
        if isinstance(value, dict):
            return {masked_text(name): self.value(each, member=name) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each, member=member) for each in value]
        if isinstance(value, str):
            return self._string(value, member=member)
        if value is None or isinstance(value, bool) or (self.answer and member in _SAFE_MEMBERS):
            return value
        return masked_text(str(value))

    def _string(self, text: str, *, member: str) -> str:
        if member in _TEXT_MEMBERS:
            return _without_digits(text)
        if member in _URL_MEMBERS:
            return _without_path(text)
        if self.answer and member in ("self", "next"):
            return _url(text)
        if self.answer and _SAFE.fullmatch(text):
            return text
        if self.refusal:
            return _LONG_NUMBER.sub(_hidden, text)
        return masked_text(text)


def _without_path(address: str) -> str:
    """Where a callback goes, without its path: what is in there may be a secret of the receiver's."""
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that do not match
        return _HIDDEN * 3
    return f"{parts.scheme}:{'//' if parts.netloc else ''}{_HIDDEN * 3}" if parts.scheme else _HIDDEN * 3


# --- addresses and headers -------------------------------------------------------------------------------------------


def _url(address: str) -> str:
    """Host and port stay; of the path and the query what is known to be harmless."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return _without_digits(address)
    host = parts.netloc.rpartition("@")[2]
    path = "/".join(_segment(each) for each in parts.path.split("/"))
    query = "&".join(f"{masked_text(name)}={_parameter(name, value)}" for name, value in parse_qsl(parts.query, True))
    return f"{parts.scheme}://{host}{path}{'?' if query else ''}{query}"


def _segment(text: str) -> str:
    return text if _SAFE.fullmatch(text) else masked_text(text)


def _parameter(name: str, value: str) -> str:
    harmless = _SAFE.fullmatch(value) or (name in ("limit", "offset") and re.fullmatch(r"[0-9]{1,3}", value))
    return quote(value, safe=":+") if harmless else masked_text(value)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: _header(name.lower(), value) for name, value in headers.items()}


def _header(name: str, value: str) -> str:
    if name == "authorization":
        return f"{value.partition(' ')[0]} {MASK}"
    if name in _HEADERS_WITH_VERSIONS:  # short numbers say something; a long one may be a code
        return _LONG_NUMBER.sub(_hidden, value)
    return value if name in _SAFE_HEADERS else masked_text(value)
