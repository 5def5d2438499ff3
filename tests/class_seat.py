"""A class in this process, and a seat in it: the real server's app, no socket, and a time that tests turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter

from helpers.classroom import create_app, open_room
from helpers.classroom.kept import KeptClass
from helpers.classroom.room import Place, Room
from helpers.clock import Clock
from helpers.shared_network import ClassAddress, SharedNetwork
from helpers.simulator import SimulatorAdapter

WHERE = "192.0.2.7:8025"


@dataclass
class Wire(BaseAdapter):
    """The way to the class. It keeps what goes over it, and can be cut."""

    room: Room
    requests: list[requests.PreparedRequest] = field(default_factory=list)
    proxies: list[Any] = field(default_factory=list)
    timeouts: list[Any] = field(default_factory=list)
    cut: BaseException | None = None

    def __post_init__(self) -> None:
        self._app = SimulatorAdapter(create_app(self.room))

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        self.requests.append(request)
        self.proxies.append(proxies)
        self.timeouts.append(timeout)
        if self.cut is not None:
            raise self.cut
        return self._app.send(request, stream=stream, timeout=timeout)

    def close(self) -> None:
        """It is always there."""

    def forget(self) -> None:
        for kept in (self.requests, self.proxies, self.timeouts):
            kept.clear()

    def paths(self) -> list[str]:
        return [f"{request.method} {request.path_url}" for request in self.requests]

    def keys(self) -> set[str]:
        return {str(request.headers.get("Authorization")) for request in self.requests}


@dataclass
class ClassBench:
    """A class with one learner, whose machine is three minutes late. Waiting turns both clocks."""

    room: Room
    clock: Clock
    wire: Wire
    address_line: str
    place: Place
    network: SharedNetwork = field(init=False)
    late_ms: int = 180_000
    real_seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)
    threads: list[Callable[[], None]] = field(default_factory=list)
    on_pause: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.network = self.connect()

    def connect(self) -> SharedNetwork:
        return SharedNetwork(
            ClassAddress.parse(self.address_line),
            over=lambda: self.wire,
            wall=self.wall,
            monotonic=lambda: self.real_seconds,
            pause=self.pause,
            in_background=self.threads.append,
        )

    def wall(self) -> int:
        return self.clock.now_ms() - self.late_ms

    def pause(self, seconds: float) -> None:
        assert seconds >= 0, "time.sleep refuses it"
        self.pauses.append(seconds)
        self.pass_time(seconds)
        self.on_pause()

    def pass_time(self, seconds: float) -> None:
        self.real_seconds += seconds
        self.clock.advance(seconds=seconds)

    def run_threads(self) -> None:
        while self.threads:
            self.threads.pop(0)()


def class_bench() -> ClassBench:
    clock = Clock.standing_still()
    room = open_room(KeptClass.afresh(name="5b"), clock=clock)
    seat = room.join("Ana", room.code)
    place = room.admit(seat.access_key, seat.secret_key.reveal())
    assert place is not None
    return ClassBench(room=room, clock=clock, wire=Wire(room), address_line=seat.address(WHERE), place=place)
