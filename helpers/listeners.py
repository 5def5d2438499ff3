"""Those who want to be told: a list of functions to call, of which none can break the work that is told about."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")
_log = logging.getLogger(__name__)


class Listeners(Generic[P]):
    """Functions to call when something has happened, in the order in which they were added."""

    def __init__(self) -> None:
        self._all: list[Callable[P, object]] = []

    def add(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Call ``listener`` from now on; returns a function that ends it, and may be called more than once."""
        mine = [listener]  # so that one that was added twice is ended once
        self._all.append(listener)

        def stop() -> None:
            if mine and mine.pop() in self._all:
                self._all.remove(listener)

        return stop

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call them all. What one raises is logged by its name, without its words, and goes no further."""
        for listener in tuple(self._all):
            try:
                listener(*args, **kwargs)
            except Exception as problem:
                _log.warning("A listener failed: %s", type(problem).__name__)

    def __repr__(self) -> str:
        return f"<Listeners: {len(self._all)}>"
