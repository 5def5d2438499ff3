"""Two other ends of the wire: one that gives the answers it is told, and a real server on this machine."""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
import traceback
from base64 import b64encode
from collections import deque
from collections.abc import Callable

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

ACCESS_KEY = "87654321"
SECRET_KEY = "AbCdEf0123456789AbCdEf0123456789"
BASIC = b64encode(f"{ACCESS_KEY}:{SECRET_KEY}".encode()).decode()


class OddEnd(HTTPAdapter):
    """Gives its answers one after the other, and keeps the requests."""

    def __init__(self, *answers: tuple[int, object] | Exception) -> None:
        super().__init__()
        self.answers = deque(answers)
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request, *_args, **_kwargs):
        self.requests.append(request)
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        status, body, *headers = answer
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.build_response(
            request, HTTPResponse(io.BytesIO(raw), dict(*headers), status=status, preload_content=False)
        )


class WireServer:
    """A server on a real socket. ``serve(connection)`` is run for each whole request, which is counted before."""

    def __init__(self, serve: Callable[[socket.socket], None], wrap: Callable[[socket.socket], socket.socket]) -> None:
        self.received = 0
        self.closing = threading.Event()
        self._serve, self._wrap = serve, wrap
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.closing.is_set():
                connection.close()
                return
            try:
                connection = self._wrap(connection)
                if read_request(connection):
                    self.received += 1
                    self._serve(connection)
            except OSError:
                pass  # the client hung up, which some tests are about
            connection.close()

    def close(self) -> None:
        self.closing.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listener.close()


def read_request(connection: socket.socket) -> bytes:
    """One whole request, its body included; empty if the client hung up first."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65_536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0].split(b":")[1]):
        body += connection.recv(65_536)
    return head + body


def answer_with(status: str, body: bytes, *headers: str) -> Callable[[socket.socket], None]:
    """A whole answer, after which the server closes the connection."""

    def serve(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)

    return serve


def reset(connection: socket.socket) -> None:
    """Close so that the other side sees "connection reset"."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def all_that_can_be_read_of(error: BaseException) -> str:
    """Every text that a log, a notebook or a debugger could make of an error and of what lies behind it."""
    told: list[str] = []
    behind: BaseException | None = error
    while behind is not None:
        told += [str(behind), repr(behind), repr(behind.args), repr(vars(behind))]
        rendered = traceback.TracebackException.from_exception(behind, capture_locals=True)
        told += rendered.format()
        behind = behind.__cause__ or behind.__context__
    return "\n".join(told)
