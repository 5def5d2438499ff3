"""One request and its answer, masked, for people to look at."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response

from helpers.display.request_view import request_view, request_view_as_text
from helpers.phone_numbers import mask_numbers
from helpers.secret import MASK

_SHOWN_HEADERS = ("accept", "allow", "content-type", "retry-after", "www-authenticate")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went over the wire. Credentials are masked always; bodies and ids of people in live mode too."""

    method: str
    url: str = field(repr=False)
    request_headers: dict[str, str]
    request_body: str = field(repr=False)
    status: int | None
    """None where no answer came."""
    reason: str
    response_headers: dict[str, str]
    response_body: str = field(repr=False)
    elapsed_ms: float | None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same, as plain values: what a request view draws."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __str__(self) -> str:
        """The exchange as text, without the time it took, so that it repeats."""
        return request_view_as_text(request_view(self.as_dict()))


def record_exchange(
    request: PreparedRequest, response: Response | None, *, mask_bodies: bool, error: str | None = None
) -> Exchange:
    """Make the masked record of a call. ``mask_bodies`` is live mode: real people's numbers, texts and codes."""
    mask = _mask_body if mask_bodies else (lambda body: body)
    return Exchange(
        method=request.method or "",
        url=mask_numbers(request.url or "") if mask_bodies else request.url or "",
        request_headers=_masked_headers(request.headers),
        request_body=mask(_as_text(request.body)),
        status=None if response is None else response.status_code,
        reason="" if response is None else response.reason or "",
        response_headers={} if response is None else _masked_headers(response.headers),
        response_body="" if response is None else mask(_as_text(response.content)),
        elapsed_ms=None if response is None else response.elapsed.total_seconds() * 1000,
        error=error,
    )


def without_path_of(url: str, exchange: Exchange) -> Exchange:
    """The exchange with a URL of its body masked, all but the host: whoever knows the rest can post to it."""
    parts = urlsplit(url)
    return replace(exchange, request_body=exchange.request_body.replace(url, f"{parts.scheme}://{parts.netloc}/{MASK}"))


def _masked_headers(headers: Any) -> dict[str, str]:
    shown = {name: str(value) for name, value in headers.items() if name.lower() in _SHOWN_HEADERS}
    if "Authorization" in headers:
        shown["Authorization"] = f"Basic {MASK}"
    return shown


def _mask_body(body: str) -> str:
    """Keep the shape of a JSON body, and hide every value that may name a person or carry a code."""
    try:
        value = json.loads(body)
        return json.dumps(_mask_value(value), ensure_ascii=False) if isinstance(value, dict | list) else MASK
    except (ValueError, RecursionError):
        return MASK if body else ""


def _mask_value(value: Any, name: str = "") -> Any:
    if name in ("body", "content", "media_urls", "dlr_callback", "callback_url"):
        return MASK
    if isinstance(value, dict):
        return {key: _mask_value(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mask_value(inner) for inner in value]
    if name in ("to", "from") and value:
        return f"{MASK}{str(value)[-2:]}"  # however the number was written
    return mask_numbers(value) if isinstance(value, str) and name not in ("id", "timestamp") else value


def _as_text(body: Any) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
