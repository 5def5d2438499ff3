"""The last request and its answer, beside the form that made it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import anywidget
import traitlets

from helpers.display.assets import script, style
from helpers.display.request_view import NOTHING_SENT, request_view, request_view_as_html, request_view_as_text


class RequestView(anywidget.AnyWidget):
    """One HTTP exchange on the screen. :meth:`show` puts another in its place; :attr:`exchanges` keeps the last 20."""

    _esm = script("request_view")
    _css = style("request_view")
    _shown = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        self.exchanges: deque[Mapping[str, Any]] = deque(maxlen=20)
        super().__init__(_shown={"empty": NOTHING_SENT})

    def show(self, exchange: Mapping[str, Any]) -> None:
        """Show an exchange, as :mod:`helpers.display.request_view` describes it, masked."""
        self.exchanges.append(exchange)
        self._shown = request_view(exchange)

    def __repr__(self) -> str:
        if not self.exchanges:
            return f"<Request view · {NOTHING_SENT.lower()}>"
        shown = self._shown
        return f"<Request view · {shown['method']} {urlsplit(shown['url']).path} → {shown['answer']}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None and self.exchanges:
            bundle[0]["text/plain"] = request_view_as_text(self._shown)
            bundle[0]["text/html"] = request_view_as_html(self._shown)
        return bundle
