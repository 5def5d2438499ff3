"""A requests transport that hands each request to a WSGI app in this process: no socket, no port, no thread."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from http.client import HTTPMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class SimulatorAdapter(HTTPAdapter):
    """Mount it: ``session.mount("https://api.flowroute.com/", SimulatorAdapter(app))``.

    ``timeout``, ``verify``, ``cert`` and ``proxies`` have no meaning without a socket and are ignored.
    """

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._app = app

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Run the app on ``request`` and give its whole answer back."""
        # buffered: the body is read to its end and the app's iterator closed, as a server would.
        chunks, status, headers = run_wsgi_app(self._app, _environ(request), buffered=True)
        code, _, reason = status.partition(" ")
        raw = HTTPResponse(
            body=io.BytesIO(b"".join(chunks)),
            headers=HTTPHeaderDict(headers.items()),
            status=int(code),
            reason=reason,
            version=11,
            version_string="HTTP/1.1",
            preload_content=False,
            original_response=_Original(headers),  # type: ignore[arg-type]  # requests reads cookies from it
            request_method=request.method,
            request_url=request.url,
        )
        return self.build_response(request, raw)


class _Original:
    """As much of ``http.client.HTTPResponse`` as urllib3 and the cookie jar look at."""

    def __init__(self, headers: Headers) -> None:
        self.msg = HTTPMessage()
        for name, value in headers:
            self.msg.add_header(name, value)

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        pass


def _environ(request: PreparedRequest) -> dict[str, Any]:
    url = urlsplit(request.url or "")
    headers = Headers((_text(name), _text(value)) for name, value in request.headers.items())
    # The length is counted from the body itself: a generator's request says "chunked" instead.
    headers.remove("Transfer-Encoding")
    headers.remove("Content-Length")
    host = url.netloc.rpartition("@")[2]
    builder = EnvironBuilder(
        path=url.path or "/",
        base_url=f"{url.scheme}://{host}/",
        query_string=url.query,
        method=request.method or "GET",
        headers=headers,
        data=_body_bytes(request.body),
    )
    try:
        return builder.get_environ()
    finally:
        builder.close()


def _body_bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    chunks: Iterable[str | bytes] = body
    return b"".join(chunk.encode() if isinstance(chunk, str) else chunk for chunk in chunks)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
