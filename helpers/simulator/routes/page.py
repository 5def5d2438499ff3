"""The page at ``/`` and the files that it is made of. Nothing is fetched from elsewhere, and nothing is built."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import Final

from flask import Flask, Response, request

from helpers.display.assets import page_style, script, style
from helpers.simulator import problems
from helpers.simulator.faults import IN_PROCESS
from helpers.simulator.network import SimulatedNetwork

_JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_STYLE: Final = "text/css; charset=utf-8"


def add_routes(app: Flask, network: SimulatedNetwork) -> None:
    """Add the page. The guard of the controls stands in front of it as well."""

    @app.get("/")
    def page() -> Response:
        if request.environ.get(IN_PROCESS):  # no browser comes that way, and Flowroute has nothing there (error-404)
            raise problems.not_found()
        return Response(_text("index.html"), content_type="text/html; charset=utf-8")

    @app.get("/_simulator/page/<name>")
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise problems.not_found()
        content_type, _ = _ASSETS[name]
        return Response(_asset(name), content_type=content_type)


def _text(name: str) -> str:
    return files("helpers.simulator.page").joinpath(name).read_text(encoding="utf-8")


# The phone and the request view are the ones of the notebooks.
_ASSETS: Final[dict[str, tuple[str, Callable[[], str]]]] = {
    "page.css": (_STYLE, partial(page_style, "page", package="helpers.simulator.page")),
    **{
        name: (_JAVASCRIPT, partial(_text, name))
        for name in ("page.js", "store.js", "parts.js", "inspector.js", "panels.js")
    },
    **{f"{name}.js": (_JAVASCRIPT, partial(script, name)) for name in ("elements", "phone", "request_view")},
    **{f"{name}.css": (_STYLE, partial(style, name)) for name in ("phone", "request_view")},
}


@cache
def _asset(name: str) -> str:
    return _ASSETS[name][1]()
