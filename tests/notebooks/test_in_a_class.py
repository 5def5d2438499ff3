"""Notebooks 00, 02, 03 and 04 in a class: all cells, over the class's network and over no other."""

from __future__ import annotations

import os
import socket
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import surroundings
from kernels import own_surroundings
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from notebook_files import NOTEBOOKS, read
from run_notebooks import execute

from helpers.classroom import create_app, open_room
from helpers.classroom.kept import KeptClass
from helpers.classroom.room import Place
from helpers.simulator.server import serve_app

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REAL = {"FLOWROUTE_ACCESS_KEY": "87654321", "FLOWROUTE_SECRET_KEY": "AbCdEf0123456789AbCdEf0123456789"}
ALL = ("00-start-here", "02-api-trial", "03-sending", "04-verification")
NOTE_CONNECTIONS = """
import os as _os, sys as _sys, traceback as _traceback


def _note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        if any("/helpers/" in frame.filename for frame in _traceback.extract_stack()):
            with open(_os.environ["CONNECTIONS"], "a") as file:
                print(arguments[1][0], arguments[1][1], file=file)


_sys.addaudithook(_note)
"""
"""Keeps where the course itself connects to; Jupyter has connections of its own."""


@dataclass
class Door:
    """The class, and what came to it: who said which keys, and asked for what."""

    app: WSGIApplication
    came: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.came.append((str(environ.get("HTTP_AUTHORIZATION")), str(environ["PATH_INFO"])))
        return self.app(environ, start_response)


@dataclass
class Lesson:
    place: Place
    door: Door
    port: int
    notebook: NotebookNode
    connections: set[str]

    def printed(self, name: str, cell_id: str) -> str:
        cell = next(cell for cell in self.notebook.cells if cell.metadata["of"] == [name, cell_id])
        return "".join(output.get("text", "") for output in cell.outputs)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    """One after another in one kernel, on a machine with real-looking keys in .env, which nothing may read."""
    room = open_room(KeptClass.afresh(name="5b"))
    seat = room.join("Ana", room.code)
    place = room.admit(seat.access_key, seat.secret_key.reveal())
    assert place is not None
    door = Door(create_app(room))
    folder = tmp_path_factory.mktemp("class")
    with serve_app(door) as running, own_surroundings(folder):
        lines = {**REAL, "FLOWROUTE_SIMULATOR_URL": seat.address(f"127.0.0.1:{running.port}")}
        env = Path(os.environ["TWO_FACTOR_ENV_FILE"])
        env.write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
        env.chmod(0o600)
        note = folder / "note_connections.py"
        note.write_text(NOTE_CONNECTIONS, encoding="utf-8")
        surroundings.add_startup_file(note)
        passed_alone = Path(os.environ["TWO_FACTOR_COURSE_DIR"], "progress", "01.1")
        passed_alone.parent.mkdir(parents=True)
        passed_alone.touch()
        os.environ["CONNECTIONS"] = str(folder / "connections.txt")
        notebook = execute(new_notebook(cells=[cell for name in ALL for cell in _code_cells(name)]))
        connections = set((folder / "connections.txt").read_text(encoding="utf-8").splitlines())
        yield Lesson(place, door, running.port, notebook, connections)
        room.close()


def _code_cells(name: str) -> Iterator[NotebookNode]:
    for cell in read(NOTEBOOKS / f"{name}.ipynb").cells:
        if cell.cell_type == "code":
            yield new_code_cell(cell.source, metadata={**cell.metadata, "of": [name, cell.id]})


def test_every_cell_of_them_runs(lesson: Lesson) -> None:
    for name in ALL[1:]:
        assert "in a class: texts go over the class's network" in lesson.printed(name, "setup")
    assert "Practice mode: no account" in lesson.printed("00-start-here", "setup")
    assert "Success! Signed in as ana" in lesson.printed("04-verification", "step-8-right")


def test_their_texts_went_over_the_class(lesson: Lesson) -> None:
    bodies = [message.body for message in lesson.place.network.messages()]
    assert "Hello from a cell!" in bodies
    assert "Typed by a cell." in bodies
    assert sum("your code is" in body for body in bodies) >= 3
    assert (lesson.place.sent, lesson.place.refused) == (len(bodies), 0)


def test_the_seats_keys_and_no_others_came(lesson: Lesson) -> None:
    seat = lesson.place.seat
    own = b64encode(f"{seat.access_key}:{seat.secret_key.reveal()}".encode()).decode()
    assert {keys for keys, _ in lesson.door.came} == {f"Basic {own}"}


def test_the_course_went_nowhere_else(lesson: Lesson) -> None:
    assert lesson.connections == {f"127.0.0.1 {lesson.port}"}
    assert {path.split("/")[1] for _, path in lesson.door.came} == {"v2", "v2.2", "class"}


def test_what_was_passed_before_joining_was_told(lesson: Lesson) -> None:
    assert lesson.place.seat.passed == ("01.1",)


def test_approvals_were_told(lesson: Lesson) -> None:
    assert lesson.place.verified >= 1


def test_two_machines_of_notebook_05_need_no_class(tmp_path: Path, unused_port: int) -> None:
    """Nobody listens where the class should be, so whatever was sent there would fail."""
    with own_surroundings(tmp_path):
        env = Path(os.environ["TWO_FACTOR_ENV_FILE"])
        env.write_text(f"FLOWROUTE_SIMULATOR_URL=http://12345678:abcde23456@127.0.0.1:{unused_port}/12065550102\n")
        env.chmod(0o600)
        cells = [cell for cell in _code_cells("05-in-production") if cell.metadata["of"][1] in ("setup", "many-code")]
        set_up, many = execute(new_notebook(cells=cells)).cells
    assert f"127.0.0.1:{unused_port} does not answer" in set_up.outputs[0].text
    assert "guesses at once: 20, compared:               5" in many.outputs[0].text


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
