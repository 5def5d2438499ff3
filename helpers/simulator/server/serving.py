"""Serving the simulator on a socket, in threads of this process.

Why not a production WSGI server: the fault menu needs the socket itself (to reset it, to break off, to keep silent),
and each page that listens to events holds a connection for as long as it is open. waitress hands no socket out and
spends one of a few worker threads on each such page; gunicorn is not there on Windows. So this is the standard
library's threading socket server (a thread a connection, which costs next to nothing while it waits), with Werkzeug's
request handler for the WSGI environ and ``connection.py`` for what happens on the wire. Werkzeug's own server closes
every connection after one answer; this one keeps them, which halves the work of a class of clients.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import socketserver
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from helpers.simulator.server.connection import Connection

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from helpers.simulator.callbacks import Sender
    from helpers.simulator.network import SimulatedNetwork
    from helpers.simulator.server.tls import ThrowawayAuthority

_GRACE_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.05
_log = logging.getLogger(__name__)


class SimulatorServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens, and gives each connection a thread. ``app`` is set before the first one is taken."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = os.name != "nt"  # there it would let a second simulator take the same port
    multithread = True
    multiprocess = False
    ssl_context = None  # what Werkzeug's handler asks; TLS begins per connection here
    app: WSGIApplication

    def __init__(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, *, most_per_address: int | None = None
    ) -> None:
        """Bind and listen. Of one address so many connections are taken at once; ``None``: all of them.

        Raises:
            OSError: the address is not this machine's, or the port is taken.
        """
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.tls = tls
        self.stopping = False
        self._live: dict[int, socket.socket] = {}
        self._most_per_address = most_per_address
        self._from: Counter[str] = Counter()
        self._ended = threading.Condition()
        super().__init__((host, port), Connection)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def watch(self, sock: socket.socket) -> None:
        """This thread's connection is ``sock`` now."""
        with self._ended:
            self._live[threading.get_ident()] = sock

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for one more: one machine must not take all that the others need."""
        with self._ended:
            return self._most_per_address is None or self._from[client_address[0]] < self._most_per_address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread."""
        with self._ended:
            self._from[client_address[0]] += 1
        try:
            super().process_request(request, client_address)
        except BaseException:  # no more threads
            self._leave(client_address[0])
            raise

    def _leave(self, address: str) -> None:
        with self._ended:
            self._from[address] -= 1
            if not self._from[address]:
                del self._from[address]

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end."""
        self.watch(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._leave(client_address[0])
            with self._ended:
                del self._live[threading.get_ident()]
                self._ended.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a fault of ours; a client that goes away is none."""
        if not isinstance(sys.exc_info()[1], OSError):
            _log.exception("The simulator failed on a connection.")

    def end_connections(self) -> None:
        """End all connections: those that are answering get a moment to finish."""
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            for sock in self._connections():
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(sock, how)  # not SSLSocket's, which would pull TLS from under a reader
            with self._ended:
                if self._ended.wait_for(lambda: not self._live, _GRACE_SECONDS):
                    return

    def _connections(self) -> list[socket.socket]:
        with self._ended:
            return list(self._live.values())


class Running:
    """A simulator that is being served. Use it with ``with``, or call :meth:`stop`."""

    def __init__(
        self,
        server: SimulatorServer,
        *,
        host: str,
        network: SimulatedNetwork | None = None,
        authority: ThrowawayAuthority | None = None,
    ) -> None:
        self.host: Final = host
        self.port: Final = server.port
        self.network: Final = network
        self._server = server
        self._authority = authority
        self._thread = threading.Thread(
            target=server.serve_forever, args=(_POLL_SECONDS,), name="simulator", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it is, over plain HTTP, without a slash at the end."""
        return f"http://{_bracketed(self.host)}:{self.port}"

    @property
    def proxy_url(self) -> str | None:
        """With TLS: what to give a client as ``HTTPS_PROXY``, so that it finds ``https://api.flowroute.com/`` here."""
        return self.url if self._authority is not None else None

    @property
    def ca_file(self) -> Path | None:
        """With TLS: the certificate to trust, in PEM. It is removed at the end."""
        return self._authority.ca_file if self._authority is not None else None

    def start(self) -> None:
        """Take connections from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections, let go of everybody who waits, and end. Once is enough."""
        if self._server.stopping:
            return
        self._server.stopping = True
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        if self.network is not None:
            self.network.faults.close()
            self.network.feed.close()
        self._server.end_connections()
        if self.network is not None:
            self.network.callbacks.stop()
        if self._authority is not None:
            self._authority.close()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    network: SimulatedNetwork,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: bool = False,
    ca_file: Path | None = None,
    hosts: Collection[str] = (),
    callbacks_anywhere: bool = False,
) -> Running:
    """Serve ``network`` in the background, from now until ``stop()`` or the end of the ``with`` block.

    Args:
        network: what is served; its callbacks go out over HTTP from now on.
        host: the address to listen on.
        port: the port; 0 takes a free one, and ``.port`` says which.
        tls: whether the same port also speaks TLS, with a certificate that ``.ca_file`` vouches for.
        ca_file: where to write that file; unless given, into a folder of its own.
        hosts: names by which the page and the controls may be reached, beside those of this machine.
        callbacks_anywhere: whether callbacks may go to other machines.

    Raises:
        OSError: it cannot listen there, or cannot write ``ca_file``.
    """
    from helpers.simulator.app import create_app

    server, authority = _bind(host, port, tls=tls, ca_file=ca_file)
    server.app = create_app(network, hosts=own_hosts(host, server.port, tls=tls) | set(hosts))
    network.callbacks.sender = _sender(anywhere=callbacks_anywhere)
    network.callbacks.start()
    running = Running(server, host=host, network=network, authority=authority)
    running.start()
    return running


def serve_app(
    app: WSGIApplication,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: bool = False,
    most_per_address: int | None = None,
) -> Running:
    """Serve any WSGI app in the same way. ``most_per_address``: how many connections one address may have at once.

    Raises:
        OSError: it cannot listen there.
    """
    server, authority = _bind(host, port, tls=tls, ca_file=None, most_per_address=most_per_address)
    server.app = app
    running = Running(server, host=host, authority=authority)
    running.start()
    return running


def own_hosts(host: str, port: int, *, tls: bool = False) -> set[str]:
    """The ``Host`` headers that the page and the controls answer to: names that no stranger's page can have.

    A browser that was lured to a stranger's name for this machine says that name here, and is refused.
    """
    names = {_bracketed(name) for name in ("127.0.0.1", "localhost", "::1", host)}
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        names.add("*ip*")  # by any address of this machine; an address is no name that could be pointed elsewhere
    found = {f"{name}:{port}" for name in names - {"*ip*"}} | (names & {"*ip*"})
    if port == 80:
        found |= names
    return found | ({"api.flowroute.com"} if tls else set())


def _bind(
    host: str, port: int, *, tls: bool, ca_file: Path | None, most_per_address: int | None = None
) -> tuple[SimulatorServer, ThrowawayAuthority | None]:
    server = SimulatorServer(host, port, most_per_address=most_per_address)
    if not tls:
        return server, None
    from helpers.simulator.server.tls import ThrowawayAuthority  # here: without --tls nothing of it is loaded

    try:
        authority = ThrowawayAuthority(host=host, ca_file=ca_file)
    except BaseException:
        server.server_close()
        raise
    server.tls = authority.context
    return server, authority


def _sender(*, anywhere: bool) -> Sender:
    """Posts over HTTP; what it needs for that is loaded with the first callback."""
    made: list[Sender] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        if not made:
            from helpers.simulator.posting import http_sender

            made.append(http_sender(anywhere=anywhere))
        return made[0](url, body, headers)

    return post


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
