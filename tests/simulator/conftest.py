"""A simulated network on a clock that stands still, and plain requests to talk to it: in process, and over HTTP.

Every test that asks for ``session``, ``call`` or ``send`` runs at both ends. Only what needs neither (the network's own
methods, and properties that hypothesis tries hundreds of times) stays in process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests
from flask import Flask

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app
from helpers.simulator.server import Running, serve_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEYS = ("12345678", "practice-secret")
FLOWROUTE = "https://api.flowroute.com"

Call = Callable[..., requests.Response]


class Door:
    """A server that is started once; every test puts its own app behind it."""

    app: WSGIApplication

    def __init__(self) -> None:
        self.running: Running = serve_app(self)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)


@dataclass
class Post:
    """One callback, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    payload: Any


@dataclass
class Receiver:
    """A WSGI app that takes callbacks, notes them, and answers what the test says."""

    url: str
    statuses: list[int] = field(default_factory=list)
    """The answers to come; then 200."""
    then: Callable[[], object] = field(default=lambda: None)
    """What it does before it answers."""
    posts: list[Post] = field(default_factory=list)

    @property
    def payloads(self) -> list[Any]:
        return [post.payload for post in self.posts]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        names = {"CONTENT_TYPE": "Content-Type"}
        names |= {name: name[5:].replace("_", "-").title() for name in environ if name.startswith("HTTP_")}
        headers = {written: environ[name] for name, written in names.items() if name in environ}
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")
        self.posts.append(Post(environ["REQUEST_METHOD"], path, headers, json.loads(body.decode())))
        self.then()
        start_response(f"{self.statuses.pop(0) if self.statuses else 200} As You Like", [])
        return [b"thanks"]


@pytest.fixture
def clock() -> Clock:
    return Clock.standing_still()


@pytest.fixture
def network(clock: Clock) -> SimulatedNetwork:
    return SimulatedNetwork(
        clock=clock,
        access_key=KEYS[0],
        secret_key=KEYS[1],
        numbers=["12065550199", "+18885550123"],
        rate_limit=False,
    )


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    door = Door()
    with door.running:
        yield door


class Stage:
    """Stands for the network of the test that runs: setting up the routes takes longer than most tests."""

    network: SimulatedNetwork

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def staged_app(stage: Stage, door: Door) -> Flask:
    return create_app(cast("SimulatedNetwork", stage), hosts=["api.flowroute.com", f"127.0.0.1:{door.running.port}"])


@pytest.fixture
def app(network: SimulatedNetwork, stage: Stage, staged_app: Flask) -> Flask:
    """The API over this test's network. Event streams remember: tests of them make an app of their own."""
    stage.network = network
    return staged_app


@pytest.fixture(params=["adapter", "http"])
def end(request: pytest.FixtureRequest) -> str:
    """Which way to the simulator."""
    return str(request.param)


@pytest.fixture
def root(end: str, app: Flask, door: Door) -> str:
    """Where the API is, without a slash at the end."""
    if end == "adapter":
        return FLOWROUTE
    door.app = app
    return door.running.url


@pytest.fixture
def session(root: str, app: Flask) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        if root == FLOWROUTE:
            session.mount(f"{root}/", SimulatorAdapter(app))
        session.auth = KEYS
        yield session


@pytest.fixture
def call(session: requests.Session, root: str) -> Call:
    """``call("POST", "/v2/messages", json=…)``"""

    def call(method: str, path: str, **options: Any) -> requests.Response:
        return session.request(method, root + path, timeout=30, **options)

    return call


@pytest.fixture
def send(call: Call) -> Call:
    """``send("v2.1", to="12065550101")``: a good message but for what is named; ``None`` leaves a member out."""

    def send(version: str = "v2.1", **changes: Any) -> requests.Response:
        fields = {"to": "12065550100", "from": "12065550199", "body": "Your code is 123456", **changes}
        return call("POST", f"/{version}/messages", json={k: v for k, v in fields.items() if v is not None})

    return send


@pytest.fixture
def receiver(network: SimulatedNetwork) -> Receiver:
    """Takes callbacks in this process, under its ``url``."""
    receiver = Receiver("http://127.0.0.1:9000")
    network.callbacks.register(f"{receiver.url}/", receiver)
    return receiver
