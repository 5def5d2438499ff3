"""Twenty pages listen to events, and the simulator still sends: no stream takes a worker from a client."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
import requests

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork
from helpers.simulator.server import serve

STREAMS = 20
KEYS = ("12345678", "practice-secret")
FIELDS = {"to": "12065550100", "from": "12065550199", "body": "Hello"}


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


@pytest.fixture
def running_network() -> SimulatedNetwork:
    return SimulatedNetwork(
        clock=Clock(), access_key=KEYS[0], secret_key=KEYS[1], numbers=["12065550199"], rate_limit=False
    )


def test_twenty_event_streams_are_open_and_it_still_sends(running_network: SimulatedNetwork) -> None:
    with serve(running_network) as server, ExitStack() as opened:
        streams = [
            opened.enter_context(requests.get(f"{server.url}/_simulator/events", stream=True, timeout=30))
            for _ in range(STREAMS)
        ]
        assert {stream.headers["Content-Type"].split(";")[0] for stream in streams} == {"text/event-stream"}
        with requests.Session() as session:
            for _ in range(25):
                sent = session.post(f"{server.url}/v2.1/messages", json=FIELDS, auth=KEYS, timeout=30)
                assert sent.status_code == 202
        last = sent.json()["data"]["id"]
        for stream in streams:
            assert told_of(stream, last)


def test_the_streams_end_when_the_simulator_does(running_network: SimulatedNetwork) -> None:
    with serve(running_network) as server:
        streams = [requests.get(f"{server.url}/_simulator/events", stream=True, timeout=30) for _ in range(STREAMS)]
    for stream in streams:
        with stream:
            for _ in stream.iter_lines():  # each comes to its end, and in good order
                pass


def told_of(stream: requests.Response, message_id: str) -> bool:
    """Read until the news of this message."""
    for line in stream.iter_lines():
        if line.startswith(b"data: "):
            news = json.loads(line.removeprefix(b"data: "))
            if message_id in {message["id"] for message in news.get("messages", [])}:
                return True
    return False
