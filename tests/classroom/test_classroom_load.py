"""A small class at once, over HTTP: everybody joins, sends and reads, and nobody meets anybody else's texts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from helpers.classroom import Room, create_app, open_room
from helpers.classroom.kept import KeptClass
from helpers.simulator.faults import Fault
from helpers.simulator.server import Running, serve_app

LEARNERS = 8
PHONE = "12065550100"


@pytest.fixture
def room() -> Room:
    return open_room(KeptClass.afresh())


@pytest.fixture
def served(room: Room) -> Iterator[Running]:
    with serve_app(create_app(room)) as running:
        yield running
        room.close()


class Course:
    """What the course of one learner asks over HTTP."""

    def __init__(self, served: Running, room: Room, name: str) -> None:
        joined = requests.post(f"{served.url}/class/join", json={"name": name, "code": room.code}, timeout=30).json()
        self.url, self.number, self.name = served.url, joined["number"], joined["name"]
        access_key, secret_key = joined["address"].removeprefix("http://").partition("@")[0].split(":")
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (access_key, secret_key)

    def texts(self, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.session.get(f"{self.url}/class/texts{query}", timeout=30).json()
        return found

    def send(self, body: str) -> requests.Response:
        wanted = {"to": PHONE, "from": self.number, "body": body}
        return self.session.post(f"{self.url}/v2.1/messages", json=wanted, timeout=30)


def asked_again(course: Course, seq: int) -> dict[str, Any]:
    """Held until there is news, on a connection of its own."""
    path = f"{course.url}/class/texts?after={seq}&wait=20"
    found: dict[str, Any] = requests.get(path, auth=course.session.auth, timeout=30).json()
    return found


def lesson(course: Course, start: threading.Barrier) -> list[str]:
    """Send twice, each time while news is waited for; returns the bodies of all texts that were ever seen."""
    start.wait(30)
    seen: list[str] = []
    for body in (f"first of {course.name}", f"second of {course.name}"):
        seq = course.texts()["seq"]
        with ThreadPoolExecutor(1) as other:
            held = other.submit(asked_again, course, seq)
            sent = course.send(body)
            assert sent.status_code == 202, sent.text
            seen += [text["body"] for text in held.result()["texts"]]
        record = course.session.get(f"{course.url}/v2.1/messages/{sent.json()['data']['id']}", timeout=30).json()
        seen.append(record["data"]["attributes"]["body"])
        listed = course.session.get(f"{course.url}/v2.1/messages?start_date=2020-01-01", timeout=30).json()
        seen += [each["attributes"]["body"] for each in listed["data"]]
    course.session.post(f"{course.url}/class/progress", json={"passed": ["04.1"]}, timeout=30)
    return seen


def test_a_class_at_once(served: Running, room: Room) -> None:
    start = threading.Barrier(LEARNERS)
    with ThreadPoolExecutor(LEARNERS) as threads:
        courses = list(threads.map(lambda _: Course(served, room, "Ana"), range(LEARNERS)))
        lessons = list(threads.map(lambda course: lesson(course, start), courses))
    assert {course.name for course in courses} == {"Ana", *(f"Ana ({n})" for n in range(2, LEARNERS + 1))}
    for course, seen in zip(courses, lessons, strict=True):
        own = [f"first of {course.name}", f"second of {course.name}"]
        assert set(seen) == set(own)
        assert [text["body"] for text in course.texts()["texts"]] == own
        course.session.close()
    assert [(place.sent, place.refused, place.seat.passed) for place in room] == [(2, 0, ("04.1",))] * LEARNERS


def test_what_breaks_on_the_wire_breaks_for_that_seat_alone(served: Running, room: Room) -> None:
    ana, ben = Course(served, room, "Ana"), Course(served, room, "Ben")
    room.order_fault(Fault("reset-after"), seat_id=1)
    with pytest.raises(requests.ConnectionError):
        ana.send("nobody was told")
    assert ben.send("fine").status_code == 202
    assert [text["body"] for text in ana.texts()["texts"]] == ["nobody was told"], "it was carried out"
    room.order_fault(Fault("no-answer"), seat_id=1)
    with ThreadPoolExecutor(1) as other:
        silent = other.submit(ana.send, "never answered")
        assert ben.send("fine").status_code == 202
        for _ in range(5_000):  # until the request of the other one is there
            if room.place(1).refused == 2:
                break
            ben.texts()
        assert room.place(1).refused == 2
        served.stop()
        with pytest.raises(requests.ConnectionError):
            silent.result(10)
