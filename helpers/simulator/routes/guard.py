"""Who may use the page and the controls: people and programs that came to this simulator by its own name.

They need no keys, so a web page of somebody else's must not get through: neither by a form or a script that posts
across sites, nor by a name that it lets point at this machine (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, request

from helpers.simulator.problems import Problem

ANY_ADDRESS: Final = "*ip*"
"""Stands among the hosts for every IP address: what was bound to all of them cannot know by which it is called."""

_CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def lock(app: Flask) -> None:
    """Refuse strangers on the page and the controls, and send the page's headers."""

    @app.before_request
    def refuse_strangers() -> None:
        if is_own(request.path):
            hosts: frozenset[str] = app.config["SIMULATOR_HOSTS"]
            _check_host(hosts)
            _check_origin(hosts)
            _check_body()

    @app.after_request
    def shut(response: Response) -> Response:
        if is_own(request.path):
            response.headers.update(HEADERS)
        return response


def is_own(path: str) -> bool:
    """Whether a path is the simulator's own, and no part of Flowroute's API."""
    return path == "/" or path == "/_simulator" or path.startswith("/_simulator/")


def _check_host(hosts: frozenset[str]) -> None:
    if not _is_ours(request.headers.get("Host", ""), hosts):
        # Hosts that were bound are no secret: the greeting prints them.
        names = ", ".join(sorted(hosts - {ANY_ADDRESS})) or "an IP address"
        raise refused(f"The page and the controls answer to their own address alone: {names}.")


def _check_origin(hosts: frozenset[str]) -> None:
    origin = request.headers.get("Origin")
    if origin is not None:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not _is_ours(host, hosts):
            raise refused("Pages of other sites may not use the controls.")
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and not _is_a_followed_link():
        raise refused("Pages of other sites may not use the controls.")


def _is_a_followed_link() -> bool:
    return request.path == "/" and is_navigation()


def is_navigation() -> bool:
    """Somebody followed a link to a page, which changes nothing and shows the other site nothing."""
    fetch = {name: request.headers.get(f"Sec-Fetch-{name}") for name in ("Mode", "Dest")}
    return request.method == "GET" and fetch == {"Mode": "navigate", "Dest": "document"}


def _check_body() -> None:
    """No form can post JSON across sites: a script that tries has to ask first, and is not answered."""
    has_body = (request.content_length or 0) > 0 or "Transfer-Encoding" in request.headers
    if request.method in ("POST", "PUT", "PATCH") and has_body and request.mimetype != "application/json":
        raise Problem(415, detail="Send the body as application/json.", title="Unsupported Media Type")


def _is_ours(host: str, hosts: frozenset[str]) -> bool:
    host = host.lower()
    return host in hosts or (ANY_ADDRESS in hosts and is_address(host))


def is_address(host: str) -> bool:
    """Whether a host, with or without a port, is an IP address."""
    try:
        ipaddress.ip_address(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
    return True


def refused(detail: str) -> Problem:
    """403 in words."""
    return Problem(403, detail=detail, title="Forbidden")
