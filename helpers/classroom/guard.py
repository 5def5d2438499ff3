"""Keeps pages of other sites away from the class: a browser in the room must not be used against it.

What is asked with a seat's keys or the teacher's key is safe from that already. Joining and the pages need no key. So
what comes from a browser has to come from a page of this server, by an address or a name of this machine: a stranger's
name that is made to point here (DNS rebinding) is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Flask, Response, request

from helpers.simulator.routes import guard as simulators

PAGES = ("/", "/board")
_ASK_FOR_KEYS = ("/class/me", "/class/texts", "/class/progress", "/class/verified", "/class/board")


def lock(app: Flask, names: Collection[str]) -> None:
    """Refuse strangers, and send the headers that shut a page in.

    Args:
        app: the app of the class.
        names: the names of this machine, without a port; its addresses need not be listed.
    """
    known = frozenset(name.lower() for name in names)

    @app.before_request
    def refuse_strangers() -> None:
        # What asks for keys is shut to a page under a stranger's name, which has none. It can send the header, though.
        if not request.path.startswith(_ASK_FOR_KEYS):
            _check_host(known)
        _check_origin()

    @app.after_request
    def shut(response: Response) -> Response:
        response.headers.update(simulators.HEADERS)
        return response


def _check_host(names: Collection[str]) -> None:
    host = request.headers.get("Host", "")
    if _host_name(host) not in names and not simulators.is_address(host):
        raise simulators.refused(
            "A class answers to the address of the teacher's machine, such as 192.0.2.7, and to its own name. Open the "
            "address on the board, or let the teacher start the class with --address and the name that you used."
        )


def _host_name(host: str) -> str:
    """A ``Host`` without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _check_origin() -> None:
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.headers.get('Host', '')}".lower()
    foreign = origin is not None and origin.lower() != own
    if foreign or (request.headers.get("Sec-Fetch-Site") == "cross-site" and not _is_a_followed_link()):
        raise simulators.refused("Pages of other sites may not use the class.")


def _is_a_followed_link() -> bool:
    return request.path in PAGES and simulators.is_navigation()
