"""The body of a request on a socket: where it ends, and nothing beyond it."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import errors as email_errors
from io import BufferedIOBase, RawIOBase
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from helpers.simulator.server.connection import Connection

_ABOUT_MULTIPART: Final = (
    email_errors.NoBoundaryInMultipartDefect,
    email_errors.StartBoundaryNotFoundDefect,
    email_errors.MultipartInvariantViolationDefect,
    email_errors.InvalidMultipartContentTransferEncodingDefect,
)

SMALL_REST: Final = 64 * 1024
"""What is left of a body that nobody read: up to so many bytes it is read to keep the connection."""

MOST_GATHERED: Final = 1024 * 1024 + 1
"""Of a body in chunks, one byte more than the app takes: enough for it to see that this is too long."""


class Unreadable(Exception):
    """The head of a request leaves open where its body ends, or asks for what there is not."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Body(RawIOBase):
    """What the app reads: it ends where the request ends. Raises ``OSError`` where the client leaves before that."""

    def __init__(self, source: BufferedIOBase, invite: Callable[[], object] | None) -> None:
        self._source = source
        self._invite = invite
        self.finished = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if self.finished:
            return 0
        if self._invite is not None:
            invite, self._invite = self._invite, None
            invite()
        return self._read_some(memoryview(buffer).cast("B"))

    def _read_some(self, buffer: memoryview) -> int:
        raise NotImplementedError

    @property
    def skippable(self) -> bool:
        """Whether the rest is so little that it can be read to keep the connection."""
        raise NotImplementedError

    def skip(self) -> None:
        """Read the rest."""
        while not self.finished:
            self.read(SMALL_REST)

    def gather(self) -> bytes:
        """The whole body, or its beginning where it is too long for anybody."""
        content = bytearray()
        while not self.finished and len(content) < MOST_GATHERED:
            content += self.read(min(SMALL_REST, MOST_GATHERED - len(content)))
        return bytes(content)

    def _take(self, buffer: memoryview) -> int:
        count = int(self._source.readinto1(buffer))
        if count == 0:
            raise ConnectionError("The client left before its request ended.")
        return count


class _SizedBody(Body):
    """A body whose length was said beforehand; no length is a length of 0."""

    def __init__(self, source: BufferedIOBase, invite: Callable[[], object] | None, length: int) -> None:
        super().__init__(source, invite)
        self._left = length
        self.finished = length == 0

    def _read_some(self, buffer: memoryview) -> int:
        count = self._take(buffer[: self._left])
        self._left -= count
        self.finished = self._left == 0
        return count

    @property
    def skippable(self) -> bool:
        return self.finished or (self._left <= SMALL_REST and self._invite is None)


class _ChunkedBody(Body):
    """A body in chunks, each with its length before it."""

    _chunk = 0

    def _read_some(self, buffer: memoryview) -> int:
        if self._chunk == 0 and not self._next_chunk():
            return 0
        count = self._take(buffer[: self._chunk])
        self._chunk -= count
        if self._chunk == 0 and self._line() != b"":
            raise OSError("A chunk is longer than it says.")
        return count

    def _next_chunk(self) -> bool:
        size = self._line().split(b";", 1)[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
            raise OSError("A chunk does not say how long it is.")
        self._chunk = int(size, 16)
        if self._chunk == 0:
            for _ in range(100):
                if self._line() == b"":  # the end of the trailers, which nobody needs
                    self.finished = True
                    return False
            raise OSError("There are too many trailers.")
        return True

    def _line(self) -> bytes:
        line = self._source.readline(4096)
        if not line.endswith(b"\n"):
            raise OSError("A line of the chunked body does not end.")
        return line.rstrip(b"\r\n")

    @property
    def skippable(self) -> bool:
        return self.finished


def body_of(connection: Connection) -> Body:
    """The body that the head of a request announces.

    Raises:
        Unreadable: two readers could disagree about where it ends, so nobody should guess.
    """
    headers = connection.headers
    lengths = set(headers.get_all("Content-Length", []))
    codings = headers.get_all("Transfer-Encoding", [])
    hosts = len(headers.get_all("Host", []))
    # What the parser says about multipart is about the body, which is not its business: the app answers 415.
    defects = [defect for defect in headers.defects if not isinstance(defect, _ABOUT_MULTIPART)]
    if defects or hosts > 1 or (hosts == 0 and connection.request_version == "HTTP/1.1"):
        raise Unreadable(400)
    if len(lengths) > 1 or (codings and (lengths or connection.request_version != "HTTP/1.1")):
        raise Unreadable(400)
    waits = connection.request_version == "HTTP/1.1" and headers.get("Expect", "").strip().lower() == "100-continue"
    invite = (lambda: connection.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")) if waits else None
    if codings:
        if [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise Unreadable(501)
        return _ChunkedBody(connection.rfile, invite)
    length = lengths.pop() if lengths else "0"
    if not re.fullmatch(r"[0-9]{1,18}", length):
        raise Unreadable(400)
    return _SizedBody(connection.rfile, invite, int(length))
