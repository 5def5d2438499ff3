"""``python -m helpers.classroom``: what it says, what it takes, and that it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from helpers.classroom import __main__ as start
from helpers.classroom import open_room, own_addresses
from helpers.classroom.kept import ClassFile, KeptClass


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A class in a process of its own, and its greeting."""
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers.classroom", "--host", "127.0.0.1", "--port", "0", *options],
        env={**os.environ, "TWO_FACTOR_COURSE_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    greeting = ""
    for line in process.stdout:
        greeting += line
        if "Ctrl-C" in line:
            break
    try:
        yield process, greeting
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def seen(url: str, key: str) -> object:
    """When the learner who joined last was seen, as the board says it."""
    answer = requests.get(f"{url}/class/board", headers={"Authorization": f"Bearer {key}"}, timeout=10)
    return answer.json()["seats"][-1]["last_seen_ms"]


def test_a_class_is_started_goes_on_and_ends(tmp_path: Path) -> None:
    with started(tmp_path, "--name", "Year 8b", "--sheet", "2") as (process, greeting):
        url = re.search(r"http://127\.0\.0\.1:\d+", greeting)
        code = re.search(r"Class code  ([A-Z2-9]{5})$", greeting, re.MULTILINE)
        key = re.search(r"/board#key=(\S{43})$", greeting, re.MULTILINE)
        assert url, greeting
        assert code, greeting
        assert key, greeting
        assert "The class Year 8b is open" in greeting
        assert "The last class" not in greeting
        sheet = (tmp_path / "classroom-sheet.html").read_text(encoding="utf-8")
        assert len(re.findall(re.escape(f"@{url[0].removeprefix('http://')}/12065550"), sheet)) == 2
        joined = requests.post(f"{url[0]}/class/join", json={"name": "Ana", "code": code[1]}, timeout=10).json()
        seat = joined["address"].rpartition("/")[0]
        seq = requests.get(f"{seat}/class/texts", timeout=10).json()["seq"]
        before = seen(url[0], key[1])
        held = ThreadPoolExecutor().submit(requests.get, f"{seat}/class/texts?after={seq}&wait=25", timeout=30)
        looks = (seen(url[0], key[1]) for _ in range(5_000))  # each look is a request of its own
        assert any(each != before for each in looks), "the request never came"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert held.result(10).json()["texts"] == [], "who waits for texts is let go, and answered"
    with started(tmp_path) as (process, greeting):
        assert "The last class goes on: 3 seats" in greeting
        assert code[1] in greeting
        assert key[1] in greeting
        port = re.search(r"127\.0\.0\.1:(\d+)", greeting)
        assert port
        board = requests.get(
            f"http://127.0.0.1:{port[1]}/class/board", headers={"Authorization": f"Bearer {key[1]}"}, timeout=10
        ).json()
        assert board["name"] == "Year 8b"
        assert [seat["name"] for seat in board["seats"]] == ["Seat 1", "Seat 2", "Ana"]
        assert board["exercises"][0]["id"] == "01.1"
        assert board["join_addresses"] == [f"http://127.0.0.1:{port[1]}"]
        process.terminate()
        assert process.wait(10) == 0


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    with pytest.raises(SystemExit) as ended:
        start.main(options)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "teacher.local"), "an address such as 0.0.0.0"),
        (("--port", "x"), "from 0 to 65535"),
        (("--port", "65536"), "from 0 to 65535"),
        (("--learners", "0"), "from 1 to 500"),
        (("--learners", "501"), "from 1 to 500"),
        (("--sheet", "-1"), "from 1 to 500"),
        (("--address", "http://x"), "without a port"),
        (("--address", "x:8025"), "without a port"),
        (("--name", " "), "1 to 40 characters"),
        (("--learners", "2", "--sheet", "3"), "Only 2 of 2 seats are left"),
    ],
)
def test_bad_options_say_what_to_write(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    monkeypatch.setattr(start.command_line, "stop_signals", lambda: None)  # handlers are the process's
    host = () if "--host" in options else ("--host", "127.0.0.1")
    port = () if "--port" in options else ("--port", "0")
    assert words in refused(capsys, *host, *port, *options)


def test_a_damaged_class_and_a_folder_that_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    (tmp_path / "classroom.json").write_text("{")
    assert "Add --new" in refused(capsys, "--host", "127.0.0.1", "--port", "0")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "file"))
    assert "TWO_FACTOR_COURSE_DIR" in refused(capsys, "--host", "127.0.0.1", "--port", "0")


def test_a_port_that_is_taken_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with started(tmp_path / "first") as (_, greeting):
        port = re.search(r"127\.0\.0\.1:(\d+)", greeting)
        assert port
        monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "second"))
        monkeypatch.setattr(start.command_line, "stop_signals", lambda: None)
        assert "Try another --port" in refused(capsys, "--host", "127.0.0.1", "--port", port[1])


def test_the_greeting_for_a_whole_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "own_addresses", lambda: ["192.0.2.7", "198.51.100.4"])
    parse = start._parser().parse_args
    assert start._hosts(parse([])) == ["192.0.2.7", "198.51.100.4"]
    assert start._hosts(parse(["--address", "Teacher.local"])) == ["teacher.local"]
    assert start._hosts(parse(["--host", "192.0.2.9"])) == ["192.0.2.9"]
    monkeypatch.setattr(start, "own_addresses", list)
    assert start._hosts(parse([])) == ["127.0.0.1"], "a machine without a network teaches itself"


def test_own_addresses_are_ones_that_others_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_addresses, "_SOMEWHERE", "127.0.0.1")  # a test goes nowhere else
    found = [(0, 0, 0, "", (address, 0)) for address in ("127.0.1.1", "192.0.2.7", "192.0.2.7", "198.51.100.4")]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: found)
    monkeypatch.setattr("socket.gethostname", lambda: "Desk.school.example")
    assert own_addresses.own_addresses() == ["192.0.2.7", "198.51.100.4"]
    assert own_addresses.own_names() == {"localhost", "desk", "desk.local", "desk.school.example"}


def test_a_start_that_fails_forgets_no_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = ClassFile(tmp_path / "classroom.json")
    file.save(KeptClass.afresh(name="8b"))
    before = file.path.read_bytes()
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    monkeypatch.setattr(start.command_line, "stop_signals", lambda: None)
    monkeypatch.setattr(start, "serve_app", lambda *_, **__: raised(OSError(98, "Address already in use")))
    assert "cannot listen" in refused(capsys, "--host", "127.0.0.1", "--port", "0", "--new")
    assert file.path.read_bytes() == before


def test_a_new_class_says_what_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = ClassFile(tmp_path / "classroom.json")
    room = open_room(KeptClass.afresh(), file=file)
    room.join("Ana", room.code)
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    monkeypatch.setattr(start.command_line, "stop_signals", lambda: None)
    monkeypatch.setattr(start.command_line, "wait_for", lambda _: None)
    assert start.main(["--host", "127.0.0.1", "--port", "0", "--new"]) == 0
    assert "The last class is forgotten, with its 1 seat" in capsys.readouterr().out
    assert file.load() != room.kept()


def raised(problem: Exception) -> None:
    raise problem


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")
@pytest.mark.parametrize(("soft", "hard", "most"), [(256, -1, 1024), (256, 1024, 256), (65_536, 65_536, 1024)])
def test_a_class_takes_more_files_and_one_address_a_quarter(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, most: int
) -> None:
    import resource

    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    assert start._share_of_files() == most
    assert asked == ([(most * 4, hard)] if soft < most * 4 else [])
