"""The pages and the files that they are made of. Nothing is fetched from elsewhere, and nothing is built."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import Final

from flask import Flask, Response

from helpers.classroom.room import Room
from helpers.display.assets import page_style, script, style
from helpers.simulator.problems import Problem

_JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_STYLE: Final = "text/css; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"


def add_routes(app: Flask, room: Room) -> None:
    """Add them."""

    @app.get("/")
    def join_page() -> Response:
        return Response(_text("join.html"), content_type="text/html; charset=utf-8")

    @app.get("/board")
    def board_page() -> Response:
        return Response(_text("board.html"), content_type="text/html; charset=utf-8")

    @app.get("/class/page/<name>")
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise Problem(404, detail="The pages have no such file.", title="Not Found")
        content_type, _ = _ASSETS[name]
        return Response(_asset(name), content_type=content_type)

    @app.get("/<number>")
    def class_address(number: str) -> Response:
        """Somebody has opened a class address in a browser."""
        if not (number.isdigit() and len(number) == 11):
            raise Problem(404, detail="A class has nothing at this address.", title="Not Found")
        words = "This is a class address, and not a page.\nPaste it into the form “Join a class” in notebook 00.\n"
        return Response(words, content_type=_TEXT)


def _text(name: str) -> str:
    return files("helpers.classroom.page").joinpath(name).read_text(encoding="utf-8")


_ASSETS: Final[dict[str, tuple[str, Callable[[], str]]]] = {
    **{name: (_JAVASCRIPT, partial(_text, name)) for name in ("join.js", "board.js", "parts.js")},
    "class.css": (_STYLE, partial(page_style, "class", package="helpers.classroom.page")),
    **{f"{name}.js": (_JAVASCRIPT, partial(script, name)) for name in ("elements", "request_view")},
    "request_view.css": (_STYLE, partial(style, "request_view")),
}


@cache
def _asset(name: str) -> str:
    return _ASSETS[name][1]()
