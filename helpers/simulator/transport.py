"""A requests transport that hands each request to a WSGI app in this process: no socket, no port, no thread."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterable, Mapping
from datetime import timedelta
from http.client import HTTPMessage, IncompleteRead
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse, Timeout
from urllib3.exceptions import ProtocolError
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from helpers.simulator.faults import IN_PROCESS, ConnectionCut, InProcess

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class SimulatorAdapter(HTTPAdapter):
    """Mount it: ``session.mount("https://api.flowroute.com/", SimulatorAdapter(app))``.

    ``verify``, ``cert`` and ``proxies`` have no meaning without a socket and are ignored. ``timeout`` counts where the
    fault menu makes an answer late or keeps it back: then it raises at once what a real wait would have ended in.
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
        """Run the app on ``request`` and give its whole answer back.

        Raises:
            requests.ConnectionError: the fault menu cut the connection, or keeps silent and there is no ``timeout``.
            requests.ReadTimeout: the answer would have come after the read ``timeout``, or never.
        """
        aside = InProcess()
        environ = {**_environ(request), IN_PROCESS: aside}
        patience = _read_timeout(timeout)
        try:
            # buffered: the body is read to its end and the app's iterator closed, as a server would.
            chunks, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        except ConnectionCut as cut:
            raise _what_requests_raises(cut, request, patience) from None
        late = aside.late_seconds
        if patience is not None and late > patience:
            raise _read_timed_out(request, patience)
        response = self.build_response(request, _raw(request, b"".join(chunks), status, headers))
        if late:
            _take_longer(request, late)
        return response


def _raw(request: PreparedRequest, body: bytes, status: str, headers: Headers) -> HTTPResponse:
    code, _, reason = status.partition(" ")
    return HTTPResponse(
        body=_Content(body, promised=headers.get("Content-Length", type=int)),
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


def _read_timeout(timeout: Any) -> float | None:
    """Of all the forms that requests takes, how long one may wait for the answer, in seconds."""
    if isinstance(timeout, Timeout):
        timeout = timeout.clone()
        timeout.start_connect()  # a total is for connecting too, which took no time here
        timeout = timeout.read_timeout
    elif isinstance(timeout, tuple):
        timeout = timeout[1]
    return float(timeout) if isinstance(timeout, (int, float)) else None


def _what_requests_raises(
    cut: ConnectionCut, request: PreparedRequest, patience: float | None
) -> requests.RequestException:
    if cut.cut == "reset":  # the very objects that a reset socket leads to
        reset = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return requests.ConnectionError(ProtocolError("Connection aborted.", reset), request=request)
    if patience is not None:
        return _read_timed_out(request, patience)
    words = "No answer will come, and without a timeout you would wait for ever. Give the request a timeout."
    return requests.ConnectionError(words, request=request)


def _read_timed_out(request: PreparedRequest, patience: float) -> requests.ReadTimeout:
    host = urlsplit(request.url or "").hostname
    return requests.ReadTimeout(f"{host}: Read timed out. (read timeout={patience:g})", request=request)


def _take_longer(request: PreparedRequest, seconds: float) -> None:
    """Let ``response.elapsed`` tell the latency. A session measures it after the adapter and then calls the hooks."""

    def add(response: Response, **_: Any) -> None:
        response.elapsed += timedelta(seconds=seconds)
        request.hooks["response"].remove(add)

    request.hooks["response"].append(add)


class _Content(io.BytesIO):
    """The body as ``http.client`` would read it: one that is shorter than promised is an error when read to its end."""

    def __init__(self, body: bytes, *, promised: int | None) -> None:
        super().__init__(body)
        self._missing = max(0, (promised or 0) - len(body)) if body else 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self._missing and (size is None or size < 0):
            raise IncompleteRead(data, self._missing)
        return data


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
        path=f"/{url.path.lstrip('/')}",  # slashes-in-front: or the builder takes what follows two for a host
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
