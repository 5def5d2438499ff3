"""The request log: what came in and what went out, keys masked, the newest last."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from helpers.secret import MASK

LONGEST_KEPT_BODY: Final = 64 * 1024
_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. Bodies may hold codes: they are shown in practice alone."""

    id: int
    at_ms: int
    method: str
    url: str = field(repr=False)
    request_headers: dict[str, str]
    request_body: str = field(repr=False)
    status: int | None
    reason: str
    response_headers: dict[str, str]
    response_body: str = field(repr=False)
    elapsed_ms: float
    error: str = ""
    fault: str = ""
    """The fault of the menu that struck it, if one did."""
    message_id: str | None = None
    """The message that it sent, if it sent one."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, in the form that ``helpers.display.request_view`` draws."""
        return asdict(self)


class Journal:
    """The last exchanges. Safe to use from many threads."""

    def __init__(self, *, length: int) -> None:
        self._length = length
        self._lock = threading.Lock()
        self._exchanges: OrderedDict[int, Exchange] = OrderedDict()
        self._by_message: dict[str, int] = {}
        self._ids = itertools.count(1)

    def record(self, **members: Any) -> Exchange:
        """Keep an exchange: the members of :class:`Exchange` but for ``id``. The oldest makes room."""
        exchange = Exchange(id=next(self._ids), **members)
        with self._lock:
            self._exchanges[exchange.id] = exchange
            if exchange.message_id:
                self._by_message[exchange.message_id] = exchange.id
            while len(self._exchanges) > self._length:
                _, oldest = self._exchanges.popitem(last=False)
                self._by_message.pop(oldest.message_id or "", None)
        return exchange

    def entries(self) -> list[Exchange]:
        """All that is kept, oldest first."""
        with self._lock:
            return list(self._exchanges.values())

    def get(self, exchange_id: int) -> Exchange | None:
        """The exchange of that number, if it is still kept."""
        with self._lock:
            return self._exchanges.get(exchange_id)

    def for_message(self, message_id: str) -> Exchange | None:
        """The exchange that sent a message, if it is still kept."""
        with self._lock:
            return self._exchanges.get(self._by_message.get(message_id, 0))

    def clear(self) -> None:
        """Forget everything; numbering goes on."""
        with self._lock:
            self._exchanges.clear()
            self._by_message.clear()


def masked_headers(headers: Iterable[tuple[str, str]] | Mapping[str, str]) -> dict[str, str]:
    """Headers as they may be kept: of credentials only their kind."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {name: _masked(name, value) for name, value in pairs}


def _masked(name: str, value: str) -> str:
    if name.lower() not in _SECRET_HEADERS:
        return value
    kind, space, _ = value.partition(" ")
    return f"{kind} {MASK}" if space else MASK


def kept_body(body: bytes) -> str:
    """A body as text, cut where it gets too long to keep."""
    text = body[:LONGEST_KEPT_BODY].decode("utf-8", errors="replace")
    left_out = len(body) - LONGEST_KEPT_BODY
    return text if left_out <= 0 else f"{text}\n({left_out} bytes more)"
