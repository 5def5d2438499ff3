"""A class to try things with: in process, on a clock that stands still."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from werkzeug.test import Client, TestResponse

from helpers.classroom import Room, create_app, open_room
from helpers.classroom.kept import ClassFile, KeptClass
from helpers.classroom.seats import Seat
from helpers.clock import Clock

HOST = "192.0.2.7:8025"
PHONE = "12065550100"
CODE = "482915"
EXERCISES = {"01.1": "Keys", "01.2": "A number", "02.1": "One request", "03.1": "A code"}


def basic(access_key: str, secret_key: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{access_key}:{secret_key}'.encode()).decode()}"}


@dataclass
class Learner:
    """Somebody in the room, with what their course would ask."""

    seat: Seat
    client: Client

    @property
    def keys(self) -> dict[str, str]:
        return basic(self.seat.access_key, self.seat.secret_key.reveal())

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Host": HOST, **self.keys, **options.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **options)

    def send(self, body: str = f"Your code is {CODE}", *, version: str = "v2.1", **fields: Any) -> TestResponse:
        wanted = {"to": PHONE, "from": self.seat.number, "body": body, **fields}
        return self.call("POST", f"/{version}/messages", json=wanted)

    def texts(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/class/texts{query}").get_json()["texts"]
        return found


class Classroom:
    """The room, its app, and a way to be anybody in it."""

    def __init__(self, *, file: ClassFile | None = None, kept: KeptClass | None = None, **options: Any) -> None:
        self.clock = Clock.standing_still()
        options.setdefault("exercises", EXERCISES)
        self.room: Room = open_room(kept or KeptClass.afresh(name="8b"), clock=self.clock, file=file, **options)
        self.client = Client(create_app(self.room, names=["localhost", "teacher.local"]))

    def join(self, name: str = "Ana") -> Learner:
        return Learner(self.room.join(name, self.room.code), self.client)

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        """As anybody, without keys."""
        return self.client.open(path, method=method, headers={"Host": HOST, **options.pop("headers", {})}, **options)

    def teacher(self, method: str, path: str = "", **options: Any) -> TestResponse:
        key = {"Authorization": f"Bearer {self.room.teacher_key.reveal()}"}
        return self.ask(method, f"/class/board{path}", headers=key, **options)

    def board(self) -> dict[str, Any]:
        found: dict[str, Any] = self.teacher("GET").get_json()
        return found

    def row(self, learner: Learner) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.board()["seats"] if each["id"] == learner.seat.id)
        return found


def words(answer: TestResponse) -> str:
    """What an error answer says, in one string."""
    return str(answer.get_json()["errors"][0]["detail"])
