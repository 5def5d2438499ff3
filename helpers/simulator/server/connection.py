"""One connection of a served simulator: HTTP/1.1 read from a socket, the app's answer written to it.

Werkzeug's request handler makes the WSGI environ. The rest is ours, since here a connection is also what goes wrong:
faults reset it, break it off or keep it silent, and each request on a kept connection must begin where the last ended.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import socket
import ssl
import struct
import sys
import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from werkzeug.serving import WSGIRequestHandler

from helpers.simulator import problems
from helpers.simulator.faults import ConnectionCut, Cut
from helpers.simulator.problems import Problem
from helpers.simulator.server.request_body import SMALL_REST, Body, Unreadable, body_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from helpers.simulator.server.serving import SimulatorServer

IDLE_SECONDS: Final = 60
"""How long a client may keep silent, before a request or within one."""
LONGEST_LINE: Final = 65_536
TUNNEL_TARGET: Final = "api.flowroute.com:443"

_LINGER_SECONDS: Final = 2
_LONGEST_LINGER_BYTES: Final = 256 * 1024 * 1024
_TLS_HANDSHAKE: Final = b"\x16"
_NO_BODY: Final = (204, 304)
_WORDS: Final = {
    400: "This is not an HTTP request that can be read.",
    403: f"The only tunnel is to {TUNNEL_TARGET}, while the simulator runs with --tls.",
    414: f"The request line is longer than {LONGEST_LINE} bytes.",
    431: "The request headers are too many or too long.",
    501: "This transfer coding is not implemented. Send the body with a Content-Length, or chunked.",
    505: "Speak HTTP/1.1 or HTTP/1.0.",
}
_log = logging.getLogger(__name__)


class Connection(WSGIRequestHandler):
    """Answers the requests of one client, one after the other, until either side has enough."""

    server: SimulatorServer  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True  # or a small answer waits for the client's delayed acknowledgement

    # --- reading ------------------------------------------------------------------------------------------------

    def handle(self) -> None:
        """Serve until the connection ends. Where the client goes away, the server takes the error and says nothing."""
        if self.server.tls is not None and self._is_tls():
            self._start_tls()
        self.close_connection = False
        while not self.close_connection and not self.server.stopping:
            self.handle_one_request()

    def handle_one_request(self) -> None:
        """Read one request and answer it; what cannot be read is answered too, and ends the connection."""
        self.close_connection = True
        self.command, self.requestline, self.request_version = "", "", "HTTP/1.0"
        self.raw_requestline = self.rfile.readline(LONGEST_LINE + 1)
        if self.raw_requestline in (b"\r\n", b"\n"):  # some clients end a body with a line break too many
            self.raw_requestline = self.rfile.readline(LONGEST_LINE + 1)
        if len(self.raw_requestline) > LONGEST_LINE:
            self.send_error(414)
        elif self.raw_requestline and self.parse_request():
            if self.command == "CONNECT":
                self._open_tunnel()
            else:
                self.run_wsgi()

    def handle_expect_100(self) -> bool:
        """``100 Continue`` is sent when the app begins to read the body, and so never for what it refuses unread."""
        return True

    def run_wsgi(self) -> None:
        """Hand the request to the app and its answer to the client."""
        try:
            body = body_of(self)
            environ = self.make_environ()
            self._give(body, environ)
        except Unreadable as problem:
            self.send_error(problem.status)
        except (OSError, ValueError):  # chunks that break their rules; an address with brackets that do not match
            self.send_error(400)
        else:
            self._answer(environ, body)

    def _give(self, body: Body, environ: WSGIEnvironment) -> None:
        """Let the app read the body. One in chunks is gathered first, so that its length is known as any other's."""
        environ["wsgi.url_scheme"] = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        environ["wsgi.input"] = io.BufferedReader(body)
        if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None:
            content = body.gather()
            environ |= {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}
            del environ["wsgi.input_terminated"]

    # --- answering ----------------------------------------------------------------------------------------------

    def _answer(self, environ: WSGIEnvironment, body: Body) -> None:
        answer = _Answer(self, body)
        try:
            answer.run(environ)
        except ConnectionCut as cut:
            self._cut(cut.cut)
            return
        except OSError:
            self.close_connection = True
            raise
        except Exception as fault:
            _log_fault(fault)
            self.close_connection = True
            if not answer.begun:
                self.send_problem(problems.server_error())
            return
        self._finish_reading(body)

    def _finish_reading(self, body: Body) -> None:
        """Leave the connection where the next request begins, or end it so that the answer still arrives."""
        if not self.close_connection:
            body.skip()
        elif not body.finished:
            self._linger()

    def _linger(self) -> None:
        """Say that nothing more comes and take what still does: closing on unread bytes would destroy the answer."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.connection, socket.SHUT_WR)  # not SSLSocket's, which gives up TLS as well
            self.connection.settimeout(_LINGER_SECONDS)
            taken = 0
            while taken < _LONGEST_LINGER_BYTES and (data := self.connection.recv(SMALL_REST)):
                taken += len(data)

    def _cut(self, cut: Cut) -> None:
        self.close_connection = True
        if cut == "silence":
            self._keep_silent()
        else:
            self._reset()

    def _reset(self) -> None:
        """Close with a reset (RST) instead of an orderly end: lingering for no time at all does that."""
        form = "hh" if sys.platform == "win32" else "ii"
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(form, 1, 0))
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    def _keep_silent(self) -> None:
        """Until the client leaves, or the simulator stops."""
        self.connection.settimeout(None)
        while self.connection.recv(SMALL_REST):
            pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse in Flowroute's shape what never reaches the app. Nothing of the request is quoted."""
        self.send_problem(Problem(code, detail=_WORDS.get(code, _WORDS[400]), title=HTTPStatus(code).phrase))

    def send_problem(self, problem: Problem) -> None:
        """Write an error answer and end the connection."""
        self.close_connection = True
        content = json.dumps(problem.body(), separators=(",", ":")).encode()
        head = self.head(f"{problem.status} {HTTPStatus(problem.status).phrase}", _headers_for(content))
        self.wfile.write(head if self.command == "HEAD" else head + content)
        self._linger()

    def head(self, status: str, headers: Iterable[tuple[str, str]]) -> bytes:
        """The beginning of an answer, up to the empty line."""
        said = [*headers]
        names = {name.lower() for name, _ in said}
        own = [("Server", "flowroute-simulator"), ("Date", self.date_time_string())]
        said += [(name, value) for name, value in own if name.lower() not in names]
        if self.close_connection:
            said.append(("Connection", "close"))
        elif self.request_version == "HTTP/1.0":
            said.append(("Connection", "keep-alive"))
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in said), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    # --- TLS and the tunnel -------------------------------------------------------------------------------------

    def _is_tls(self) -> bool:
        """Whether the client begins a TLS handshake: its first byte is none that an HTTP request begins with."""
        return bool(self.connection.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE)

    def _start_tls(self) -> None:
        assert self.server.tls is not None
        self.rfile.close()
        self.wfile.close()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.server.watch(self.connection)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = _SocketWriter(self.connection)

    def _open_tunnel(self) -> None:
        """A tunnel that ends in itself: for clients whose host is fixed and who know a proxy. It leads nowhere else."""
        nested = isinstance(self.connection, ssl.SSLSocket)
        if self.server.tls is None or nested or self.path.lower() != TUNNEL_TARGET:
            self.send_error(403)
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if self._is_tls():
            self._start_tls()
            self.close_connection = False

    def finish(self) -> None:
        """Close what was opened here; the server closes the socket it gave."""
        with contextlib.suppress(OSError):
            super().finish()
        if self.connection is not self.request:
            self.connection.close()

    # --- quiet --------------------------------------------------------------------------------------------------

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # Werkzeug's name
        """Nothing is printed: addresses and headers may hold credentials, and the page shows the request log."""


class _Answer:
    """The app's answer on its way to the socket: head and first bytes in one piece, then whatever comes."""

    def __init__(self, connection: Connection, body: Body) -> None:
        self._connection = connection
        self._request_body = body
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._left: int | None = None
        self._chunked = False
        self._bodiless = False
        self.begun = False

    def run(self, environ: WSGIEnvironment) -> None:
        """Call the app and write all that it gives."""
        parts = self._connection.server.app(environ, self._start)
        try:
            for part in parts:
                self._write(part)
            if not self.begun:
                self._write(b"")
            if self._chunked:
                self._connection.wfile.write(b"0\r\n\r\n")
        finally:
            if hasattr(parts, "close"):
                parts.close()
        if self._left:  # fewer bytes than promised (fault-bodies): only the end of the connection tells the client
            self._connection.close_connection = True

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        if self.begun:
            raise RuntimeError("The answer is on its way already.")
        self._status, self._headers = status, headers
        return self._write

    def _write(self, data: bytes) -> None:
        head = b"" if self.begun else self._begin()
        self.begun = True
        if self._bodiless:
            data = b""
        elif self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if self._chunked and data:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        if head or data:
            self._connection.wfile.write(head + data)

    def _begin(self) -> bytes:
        """Decide how the client will know where the answer ends, and whether the connection outlives it."""
        connection = self._connection
        if not self._request_body.skippable:
            connection.close_connection = True
        length = next((value for name, value in self._headers if name.lower() == "content-length"), None)
        code = int(self._status.split(" ", 1)[0])
        self._bodiless = connection.command == "HEAD" or code in _NO_BODY or 100 <= code < 200
        if self._bodiless:
            return connection.head(self._status, self._headers)
        if length is not None:
            self._left = int(length)
        elif connection.request_version == "HTTP/1.1":
            self._chunked = True
            return connection.head(self._status, [*self._headers, ("Transfer-Encoding", "chunked")])
        else:
            connection.close_connection = True
        return connection.head(self._status, self._headers)


def _headers_for(content: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]


def _log_fault(fault: Exception) -> None:
    # Where it happened, never what it held: the message of an exception may quote a body or a number.
    frames = "".join(traceback.format_tb(fault.__traceback__))
    _log.error("The simulator failed (%s):\n%s", type(fault).__name__, frames)


class _SocketWriter(io.BufferedIOBase):
    """Writes whole pieces to a socket, as the handler's own does before TLS."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._sock.sendall(data)
        return len(data)
