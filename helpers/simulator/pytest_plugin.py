"""A pytest fixture for projects of your own: a Flowroute on this machine, fresh for each test.

In ``conftest.py``, all of it::

    pytest_plugins = ["helpers.simulator.pytest_plugin"]

A test that signs in with a code, and one of what happens when Flowroute is down::

    def test_signing_in(simulator):
        app = MyApp(flowroute=simulator.url, keys=(simulator.access_key, simulator.secret_key), sender=simulator.number)
        app.begin_sign_in("12065550100")
        assert app.finish_sign_in(simulator.code("12065550100")) == "welcome"

    def test_flowroute_is_down(simulator):
        simulator.fault("error-503", times=3)
        app = MyApp(flowroute=simulator.url, keys=(simulator.access_key, simulator.secret_key), sender=simulator.number)
        assert app.begin_sign_in("12065550100") == "try again in a minute"
        assert [request.status for request in simulator.requests] == [503, 503, 503]

The address and the keys stay the same for the whole run, so a project may also read them once. Texts arrive at once and
nobody counts requests a second, since a test should not depend on either by chance. To test just that, say so::

    def test_too_fast(simulator):
        simulator.change(rate_limit=True, receipts="realistic")
        simulator.clock.freeze()

Other keys, numbers or options for all tests: a fixture ``simulator_options`` in your ``conftest.py``::

    @pytest.fixture(scope="session")
    def simulator_options():
        return {"numbers": ["12065550121", "18885550122"], "secret_key": "my-secret", "rate_limit": True}

With ``"tls": True`` among them, ``simulator.environment`` is what a client in another process needs to take the
simulator for https://api.flowroute.com/. Nothing here leaves 127.0.0.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from helpers.clock import Clock
    from helpers.simulator.callbacks import Attempt
    from helpers.simulator.faults import Fault, FaultKind, FaultMenu
    from helpers.simulator.journal import Exchange
    from helpers.simulator.messages import Message, ReceivedText
    from helpers.simulator.network import SimulatedNetwork
    from helpers.simulator.server import Running

DEFAULTS: Final[dict[str, Any]] = {
    "access_key": "12345678",
    "secret_key": "practice-secret-key",
    "numbers": ["12065550199"],
    "rate_limit": False,
    "receipts": "instant",
}
"""What is not in ``simulator_options``; the names are those of ``SimulatedNetwork``, and ``tls``."""


class Simulator:
    """A served simulator in the hands of a test."""

    def __init__(self, running: Running, network: SimulatedNetwork, *, secret_key: str) -> None:
        self._running = running
        self._network = network
        self.secret_key: Final = secret_key
        """The password of Basic authentication."""

    @property
    def url(self) -> str:
        """Where the API is: ``http://127.0.0.1:`` and a port, without a slash at the end. The page is there too."""
        return self._running.url

    @property
    def access_key(self) -> str:
        """The user name of Basic authentication."""
        return self._network.accounts[0].access_key

    @property
    def number(self) -> str:
        """A number of the account, to send from: 11 digits."""
        return self._network.numbers[0]

    @property
    def numbers(self) -> tuple[str, ...]:
        """All numbers of the account, those that were bought included."""
        return self._network.numbers

    @property
    def clock(self) -> Clock:
        """The simulator's time: ``simulator.clock.advance(minutes=5)``, ``freeze()``, ``back_to_real()``."""
        return self._network.clock

    @property
    def faults(self) -> FaultMenu:
        """What is to go wrong; :meth:`fault` is the short way to add to it."""
        return self._network.faults

    @property
    def requests(self) -> Sequence[Exchange]:
        """Every request of the API and its answer, oldest first; credentials are masked."""
        return self._network.journal.entries()

    @property
    def callbacks(self) -> Sequence[Attempt]:
        """Every callback that was posted, oldest first. They are posted in the background: wait for what you expect."""
        return self._network.callbacks.attempts()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for a client whose host is fixed in its code: a proxy, and whom to trust.

        Raises:
            RuntimeError: the simulator was not started with ``tls``.
        """
        if self._running.proxy_url is None or self._running.ca_file is None:
            raise RuntimeError('Put "tls": True into simulator_options to have the simulator speak TLS.')
        from helpers.simulator.server.tls import environment

        return environment(self._running.proxy_url, self._running.ca_file)

    def texts(self, phone: str) -> list[ReceivedText]:
        """What has arrived on a phone by now, oldest first: ``sender``, ``body``, ``media_urls``.

        Args:
            phone: 11 digits, with or without a plus.
        """
        return self._network.inbox.texts(phone)

    def code(self, phone: str) -> str:
        """The digits of the code in the newest text on a phone.

        The code is what the text's last line names (``@bank.example #123456``), or else six digits that stand by
        themselves, in one or two groups, or else the first number of four to eight digits.

        Raises:
            LookupError: no text has arrived there, or the newest one holds no code.
        """
        newest = self._network.inbox.latest(phone)
        if newest is None:
            raise LookupError(f"No text has arrived on {phone}.")
        from helpers.simulator.inbox import code_in_text

        code = code_in_text(newest.body)
        if code is None:
            raise LookupError(f"The newest text on {phone} holds no code: {newest.body!r}")
        return code

    def receive(self, from_: str, to: str, body: str = "", *, media_urls: Sequence[str] = ()) -> Message:
        """A phone texts one of the numbers; your callback is told, if you have set one (to 127.0.0.1).

        Raises:
            ValueError: a value is malformed, or ``to`` is nobody's number; the message says which.
        """
        from helpers.simulator.problems import Problem

        try:
            return self._network.receive(from_=from_, to=to, body=body, media_urls=list(media_urls) or None)
        except Problem as problem:
            raise ValueError(f"The simulator cannot take that text: {problem.detail}") from None

    def fault(self, kind: FaultKind, **how: Any) -> Fault:
        """Let something go wrong for the next request, or as ``how`` says: ``times``, ``share``, ``seed``, ``seconds``,
        ``method``, ``path``.

        Raises:
            ValueError: there is no such fault, or a value is out of range; the message says what to do.
        """
        from helpers.simulator.faults import Fault

        return self._network.faults.add(Fault(kind, **how))

    def change(self, **options: Any) -> None:
        """Change options of the simulator until the end of this test: ``rate_limit``, ``receipts``,
        ``record_delay_seconds``, ``legacy_500``, ``webhook_format``, ``strict_callbacks``.

        Raises:
            ValueError: there is no such option, or a value is out of range; the message says which.
        """
        self._network.change_options(**options)

    def __repr__(self) -> str:
        return f"<Simulator at {self.url}>"


@pytest.fixture(scope="session")
def simulator_options() -> dict[str, Any]:
    """Define a fixture of this name in your ``conftest.py`` to have other keys, numbers or options."""
    return {}


class _Served:
    """One address for the whole run, and behind it a network of its own for each test.

    A new network, and not one that was cleared: a request that a client gave up waiting for, or a callback to a slow
    receiver, may still be under way when its test ends, and must not show in the next.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        from helpers.simulator.posting import http_sender
        from helpers.simulator.server import serve_app

        self._options = {**DEFAULTS, **options}
        self._tls = bool(self._options.pop("tls", False))
        self._app: WSGIApplication = self._between_tests
        self._sender = http_sender()
        self.running = serve_app(self._serve, tls=self._tls)

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._app(environ, start_response)

    @staticmethod
    def _between_tests(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("503 Service Unavailable", [("Content-Type", "application/json"), ("Content-Length", "0")])
        return [b""]

    @contextmanager
    def fresh(self) -> Iterator[Simulator]:
        """A simulator to which nothing has happened yet, for as long as the block."""
        from helpers.clock import Clock
        from helpers.simulator.app import create_app
        from helpers.simulator.network import SimulatedNetwork
        from helpers.simulator.server import own_hosts

        network = SimulatedNetwork(clock=Clock(), **self._options)
        network.callbacks.sender = self._sender
        network.callbacks.start()
        running = self.running
        self._app = create_app(network, hosts=own_hosts(running.host, running.port, tls=self._tls))
        try:
            yield Simulator(running, network, secret_key=self._options["secret_key"])
        finally:
            self._app = self._between_tests
            network.faults.close()
            network.feed.close()
            network.callbacks.stop()


@pytest.fixture(scope="session")
def _served_simulator(simulator_options: dict[str, Any]) -> Iterator[_Served]:
    served = _Served(simulator_options)
    with served.running:
        yield served


@pytest.fixture
def simulator(_served_simulator: _Served) -> Iterator[Simulator]:
    """A Flowroute on this machine, with an account of its own, to which nothing has happened yet."""
    with _served_simulator.fresh() as fresh:
        yield fresh
