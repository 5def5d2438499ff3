"""What is kept of a class: whole, for its owner alone, and through a start, a full disk and a damaged file."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from classroom_bench import Classroom, Learner
from werkzeug.test import Client

from helpers.classroom import create_app, open_room
from helpers.classroom.kept import ClassFile, ClassFileUnreadable, KeptClass
from helpers.classroom.seats import Seat
from helpers.classroom.sheet import write_sheet
from helpers.secret import Secret


@pytest.fixture
def file(tmp_path: Path) -> ClassFile:
    return ClassFile(tmp_path / "classroom.json")


def test_the_class_goes_on_after_a_start(file: ClassFile) -> None:
    first = Classroom(file=file)
    ana, ben = first.join("Ana"), first.join("Ben")
    ana.call("POST", "/class/progress", json={"passed": ["01.1"]})
    ana.send()
    first.room.remove(ben.seat.id)
    kept = file.load()
    assert kept is not None
    again = open_room(kept, clock=first.clock)
    assert (again.code, again.name) == (first.room.code, "8b")
    assert again.is_teacher(first.room.teacher_key.reveal())
    [place] = again.places
    assert place.seat == first.room.place(ana.seat.id).seat
    assert place.seat.passed == ("01.1",)
    same = Learner(place.seat, Client(create_app(again)))
    assert same.send().status_code == 202, "nobody joins again"
    assert len(same.texts()) == 1, "the messages of the time before are gone"
    assert again.join("Chi", again.code).id == 3, "no number is given twice"


def test_no_class_yet(file: ClassFile) -> None:
    assert file.load() is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_its_owner_may_read_it(file: ClassFile, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        file.save(KeptClass.afresh())
        file.save(KeptClass.afresh())
        write_sheet(tmp_path / "sheet.html", [], class_name="", host="192.0.2.7:8025")
    finally:
        os.umask(old)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_whoever_reads_meets_a_whole_file(file: ClassFile) -> None:
    classroom = Classroom(file=file, most_seats=100)
    classroom.join()
    threads = [threading.Thread(target=classroom.join, args=(f"n{number}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert file.load() is not None
    kept = file.load()
    assert kept is not None
    assert len(kept.seats) == 21, "the last one written is the newest"
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name], "no draft is left"


def test_no_older_state_is_written_over_a_newer_one(file: ClassFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """One writes at a time, and what is written is read while it is that one's turn."""
    room = Classroom(file=file).room
    turns: list[bool] = []
    kept, save = room.kept, file.save
    monkeypatch.setattr(room, "kept", lambda: turns.append(room._saving.locked()) or kept())
    monkeypatch.setattr(file, "save", lambda state: turns.append(room._saving.locked()) or save(state))
    room.join("Ana", room.code)
    assert turns == [True, True]


def test_a_disk_that_is_full_ends_no_class(file: ClassFile, monkeypatch: pytest.MonkeyPatch) -> None:
    classroom = Classroom(file=file)
    classroom.join("Ana")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("helpers.classroom.kept.os.fsync", full)
        ben = classroom.join("Ben")
        assert ben.send().status_code == 202
        assert classroom.board()["not_kept"] == "No space left on device"
        kept = file.load()
        assert kept is not None
        assert [seat.name for seat in kept.seats] == ["Ana"], "what stood there is unchanged"
        assert list(file.path.parent.iterdir()) == [file.path], "no draft with keys is left"
    classroom.join("Chi")
    assert classroom.board()["not_kept"] == ""
    kept = file.load()
    assert kept is not None
    assert [seat.name for seat in kept.seats] == ["Ana", "Ben", "Chi"]


def good() -> dict[str, object]:
    seat = {"id": 1, "name": "Ana", "access_key": "12345678", "secret_key": "abcdefghjk", "number": "12065550102"}
    return {
        "version": 1,
        "name": "",
        "code": "ABCDE",
        "teacher_key": "k",
        "next_seat": 1,
        "seats": [{**seat, "joined_at_ms": 1, "passed": []}],
    }


def test_a_file_by_hand_is_read(file: ClassFile) -> None:
    file.path.write_text(json.dumps(good()), encoding="utf-8")
    kept = file.load()
    assert kept is not None
    assert kept.next_seat == 2, "a number that is taken is not given again"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "\ud800",
        json.dumps({**good(), "version": 2}),
        json.dumps({**good(), "code": 7}),
        json.dumps({**good(), "next_seat": "1"}),
        json.dumps({**good(), "seats": {"a": 1}}),
        json.dumps({**good(), "seats": [{}]}),
        *(
            json.dumps({**good(), "seats": [{**good()["seats"][0], **wrong}]})  # type: ignore[index]
            for wrong in ({"passed": ["x"]}, {"number": "911"}, {"access_key": "x"}, {"secret_key": "O0l1"})
        ),
    ],
)
def test_a_damaged_file_says_what_to_do(file: ClassFile, text: str) -> None:
    file.path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ClassFileUnreadable, match=r"classroom\.json.*--new"):
        file.load()


def test_a_file_that_cannot_be_opened_says_so(file: ClassFile) -> None:
    file.path.mkdir()
    with pytest.raises(ClassFileUnreadable, match="--new"):
        file.load()


def test_nothing_shows_keys(file: ClassFile) -> None:
    classroom = Classroom(file=file)
    ana = classroom.join()
    kept = classroom.room.kept()
    place = classroom.room.place(ana.seat.id)
    texts = [repr(each) for each in (kept, ana.seat, place, classroom.room, place.network)]
    for secret in (kept.code, kept.teacher_key.reveal(), ana.seat.access_key, ana.seat.secret_key.reveal()):
        assert all(secret not in text for text in texts), texts
    assert all(ana.seat.number not in text for text in texts)


def test_a_sheet_has_a_strip_for_each_seat(tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    path.write_text("an old one")
    key: Secret[str] = Secret("abcdefghjk")
    number = "12065550102"
    seats = [
        Seat(
            id=n,
            name=f"Seat <{n}>",
            access_key=f"1234567{n}",
            secret_key=key,
            number=number,
            joined_at_ms=0,
        )
        for n in (1, 2)
    ]
    write_sheet(path, seats, class_name="8 <b>", host="192.0.2.7:8025")
    text = path.read_text(encoding="utf-8")
    assert "http://12345671:abcdefghjk@192.0.2.7:8025/12065550102" in text
    assert text.count('class="strip"') == 2
    assert "8 &lt;b&gt; · Seat &lt;1&gt;" in text
    assert "<b>" not in text
    assert "an old one" not in text
