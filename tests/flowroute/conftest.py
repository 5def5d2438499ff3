"""Clients for every test: one with an other end that says what it is told, one with a real server on this machine."""

from __future__ import annotations

import pytest
import requests
from flowroute_wire import ACCESS_KEY, SECRET_KEY, OddEnd, WireServer
from requests.adapters import HTTPAdapter

from helpers.flowroute import FlowrouteClient
from helpers.flowroute import client as client_module
from helpers.secret import Secret


@pytest.fixture
def odd_client():
    """Makes a client whose other end gives the answers you pass; the end is ``client.end``."""

    def make(*answers, **options) -> FlowrouteClient:
        session = requests.Session()
        end = OddEnd(*answers)
        session.mount("https://", end)
        options = {"access_key": ACCESS_KEY, "secret_key": Secret(SECRET_KEY), **options}
        client = FlowrouteClient(session=session, **options)
        client.end = end
        return client

    return make


@pytest.fixture
def wire(monkeypatch):
    """Starts a server with ``wire(serve)`` and points clients at it; the server is closed at the end."""
    servers = []

    def start(serve, *, wrap=lambda connection: connection, scheme="http") -> WireServer:
        server = WireServer(serve, wrap)
        servers.append(server)
        monkeypatch.setattr(client_module, "BASE_URL", f"{scheme}://127.0.0.1:{server.port}")
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def wire_client():
    """Makes a client that talks to what BASE_URL says through ``adapter``, with short waits."""
    sessions = []

    def make(adapter: HTTPAdapter | None = None, **options) -> FlowrouteClient:
        session = requests.Session()
        session.trust_env = False
        session.mount(f"{client_module.BASE_URL}/", adapter or HTTPAdapter())
        sessions.append(session)
        options = {"timeout": (1.0, 0.1), **options}
        return FlowrouteClient(access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY), session=session, **options)

    yield make
    for session in sessions:
        session.close()
