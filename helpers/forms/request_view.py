"""The last requests and their answers, beside the form that made them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import anywidget
import traitlets

from helpers.display.assets import script, style
from helpers.display.request_view import (
    NOTHING_SENT,
    request_view,
    request_view_as_html,
    request_view_as_text,
    summary_as_html,
    summary_line,
)
from helpers.forms.still import Still

TITLE = "What went to Flowroute"


class RequestView(Still, anywidget.AnyWidget):
    """HTTP exchanges on the screen, one at a time: the newest, unless somebody has gone back to look at another.

    Args:
        folded: begin as one line that opens, for a form whose reader may or may not want to look behind it. Its still
            picture is that line alone: no ids, no codes, no texts.
        title: what the view is called.
    """

    _esm = script("request_view")
    _css = style("request_view")
    _shown = traitlets.Dict().tag(sync=True)

    def __init__(self, *, folded: bool = False, title: str = TITLE) -> None:
        self.exchanges: deque[Mapping[str, Any]] = deque(maxlen=20)
        self._views: deque[dict[str, Any]] = deque(maxlen=20)
        self._count = 0
        self._folded = folded
        self._title = title
        super().__init__(_shown=self._picture())

    def show(self, exchange: Mapping[str, Any]) -> None:
        """Show an exchange, as :mod:`helpers.display.request_view` describes it, masked. The last 20 are kept."""
        self._count += 1
        self.exchanges.append(exchange)
        self._views.append({**request_view(exchange), "number": self._count})
        self._shown = self._picture()

    @property
    def _newest(self) -> dict[str, Any] | None:
        return self._views[-1] if self._views else None

    @property
    def _summary(self) -> str:
        return summary_line(self._newest, count=self._count)

    def _picture(self) -> dict[str, Any]:
        return {
            "title": self._title,
            "folded": self._folded,
            "summary": self._summary,
            "empty": NOTHING_SENT,
            "count": self._count,
            "exchanges": list(self._views),
        }

    def __repr__(self) -> str:
        newest = self._newest
        if newest is None:
            return f"<Request view · {NOTHING_SENT.lower()}>"
        if self._folded:
            return f"<Request view · {self._summary}>"
        return f"<Request view · {newest['method']} {urlsplit(newest['url']).path} → {newest['answer']}>"

    def _in_words(self) -> str:
        if self._folded:
            return self._summary
        return repr(self) if self._newest is None else request_view_as_text(self._newest)

    def _as_html(self) -> str:
        if self._folded or self._newest is None:
            return summary_as_html(self._summary)
        return request_view_as_html(self._newest)
