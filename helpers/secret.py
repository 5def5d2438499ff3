"""A value that stays out of sight: shown by no repr, str, format, traceback or pickle.

Source of the rule: OWASP Logging Cheat Sheet, "Data to exclude" (access tokens, passwords, keys).
"""

from __future__ import annotations

import hmac
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T", str, bytes)

MASK = "••••••••"


class Secret(Generic[T]):
    """Holds a key or a password. Only :meth:`reveal` gives it out, so a search for that word finds every use."""

    __slots__ = ("__value",)

    def __init__(self, value: T) -> None:
        self.__value: T = value

    def reveal(self) -> T:
        """The value itself. Call it at the last moment and keep no name for the result."""
        return self.__value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_as_bytes(self.__value), _as_bytes(other.reveal()))

    def __hash__(self) -> NoReturn:
        raise TypeError("a Secret cannot be a dictionary key or a set member")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied into a file")


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
