"""A widget that can be read where no kernel runs: on GitHub, in print, in a notebook that was opened again.

Such a widget puts two outputs under its cell: itself, with a line of words, and a still picture of what it shows.
While the widget is alive, its style sheet hides the picture (``shared.css``). Where nothing is alive, JupyterLab says
"model not found" in the place of the widget, and below it stand the picture and what to do.
"""

from __future__ import annotations

from typing import Any

from IPython.display import publish_display_data

from helpers.display.static import still


class Still:
    """Mixed into a widget class, before it. Subclasses say their words and their picture."""

    def _in_words(self) -> str:
        """One or two lines that repeat from run to run: no ids, no times, no codes."""
        return repr(self)

    def _as_html(self) -> str:
        """The picture, as HTML with inline styles alone."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        data, metadata = as_pair(super()._repr_mimebundle_(**kwargs))  # type: ignore[misc]
        if not data:
            return None
        return {**data, "text/plain": self._in_words(), "text/html": self._as_html()}, metadata

    def _ipython_display_(self, **kwargs: Any) -> None:
        bundle = self._repr_mimebundle_(**kwargs)
        if bundle is not None:
            data, metadata = bundle
            picture = {"text/html": still(data.pop("text/html"))}
            publish_display_data(data, metadata)  # type: ignore[no-untyped-call]
            publish_display_data(picture)  # type: ignore[no-untyped-call]


def as_pair(bundle: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata of a MIME bundle: anywidget gives both, ipywidgets the data alone, and either may give None."""
    if bundle is None:
        return {}, {}
    return bundle if isinstance(bundle, tuple) else (bundle, {})
