"""A simulated network on a clock that stands still, and plain requests to talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app

KEYS = ("12345678", "practice-secret")
ROOT = "https://api.flowroute.com"

Call = Callable[..., requests.Response]


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


@pytest.fixture
def session(network: SimulatedNetwork) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount(f"{ROOT}/", SimulatorAdapter(create_app(network)))
        session.auth = KEYS
        yield session


@pytest.fixture
def call(session: requests.Session) -> Call:
    """``call("POST", "/v2/messages", json=…)``"""

    def call(method: str, path: str, **options: Any) -> requests.Response:
        return session.request(method, ROOT + path, **options)

    return call


@pytest.fixture
def send(call: Call) -> Call:
    """``send("v2.1", to="12065550101")``: a good message but for what is named; ``None`` leaves a member out."""

    def send(version: str = "v2.1", **changes: Any) -> requests.Response:
        fields = {"to": "12065550100", "from": "12065550199", "body": "Your code is 123456", **changes}
        return call("POST", f"/{version}/messages", json={k: v for k, v in fields.items() if v is not None})

    return send
