"""The teacher's JSON: how everybody is doing, and what holds for the whole room."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from classroom_bench import EXERCISES, Classroom, Learner, words

from helpers.classroom.board import FAULT_WORDS
from helpers.simulator.faults import MOST_FAULTS, FaultKind


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/1/requests"),
        ("POST", "/pause"),
        ("POST", "/faults"),
        ("DELETE", "/faults"),
        ("POST", "/reset"),
        ("DELETE", "/1"),
    ],
)
@pytest.mark.parametrize("key", ["", "Bearer", "Bearer x", "Basic x", "Bearer é"])
def test_all_of_it_needs_the_teachers_key(classroom: Classroom, ana: Learner, method: str, path: str, key: str) -> None:
    ana.send()
    body = {"json": {"paused": True}} if method == "POST" else {}
    answer = classroom.ask(method, f"/class/board{path}", headers={"Authorization": key} if key else {}, **body)
    assert answer.status_code == 401
    assert "by the link that the class printed" in words(answer)
    assert not classroom.room.paused
    assert len(ana.texts()) == 1


def test_the_board_of_a_class(classroom: Classroom, ana: Learner, ben: Learner) -> None:
    start = classroom.clock.now_ms()
    ana.send()
    ana.send(to="911")
    ana.call("POST", "/class/verified", json={"id": "v1"})
    ana.call("POST", "/class/progress", json={"passed": ["01.1", "02.1"]})
    classroom.clock.advance(minutes=2)
    board = classroom.board()
    assert board["name"] == "8b"
    assert board["code"] == classroom.room.code
    assert board["now_ms"] == start + 120_000
    assert board["paused"] is False
    assert board["faults"] == []
    assert board["exercises"] == [{"id": each, "title": title} for each, title in EXERCISES.items()]
    assert board["seats"] == [
        {
            "id": ana.seat.id,
            "name": "Ana",
            "joined_at_ms": start,
            "last_seen_ms": start,
            "sent": 1,
            "refused": 1,
            "verified": 1,
            "passed": ["01.1", "02.1"],
            "next": "03.1",
        },
        {
            "id": ben.seat.id,
            "name": "Ben",
            "joined_at_ms": start,
            "last_seen_ms": None,
            "sent": 0,
            "refused": 0,
            "verified": 0,
            "passed": [],
            "next": "01.1",
        },
    ]


def test_the_board_holds_no_keys_and_no_numbers(classroom: Classroom, ana: Learner) -> None:
    ana.send()
    text = classroom.teacher("GET").text + classroom.teacher("GET", f"/{ana.seat.id}/requests").text
    for secret in (ana.seat.access_key, ana.seat.secret_key.reveal(), ana.seat.number, "12065550100"):
        assert secret not in text
    assert classroom.room.teacher_key.reveal() not in text


@pytest.mark.parametrize(
    ("passed", "following"),
    [
        ([], "01.1"),
        (["01.1"], "01.2"),
        (["02.1"], "03.1"),
        (["01.1", "03.1"], "01.2"),
        (list(EXERCISES), None),
        (["07.9"], "01.1"),
    ],
)
def test_where_a_learner_is(classroom: Classroom, passed: list[str], following: str | None) -> None:
    assert classroom.room.next_exercise(passed) == following


def test_without_exercises_nobody_knows_the_next() -> None:
    assert Classroom(exercises=None).room.next_exercise(["01.1"]) is None


def test_pause_and_go_on(classroom: Classroom, ana: Learner) -> None:
    assert classroom.teacher("POST", "/pause", json={"paused": True}).get_json() == {"paused": True}
    assert ana.send().status_code == 503
    assert classroom.board()["paused"] is True
    classroom.teacher("POST", "/pause", json={"paused": False})
    assert ana.send().status_code == 202


@pytest.mark.parametrize("body", [{}, {"paused": "yes"}, {"paused": 1}, {"paused": None}, {"pause": True}])
def test_a_pause_that_cannot_be_read_is_a_422(classroom: Classroom, body: dict[str, Any]) -> None:
    answer = classroom.teacher("POST", "/pause", json=body)
    assert answer.status_code == 422
    assert not classroom.room.paused


# --- Faults ---


def test_every_fault_has_words_on_the_menu(classroom: Classroom) -> None:
    assert set(FAULT_WORDS) == set(get_args(FaultKind))
    assert [each["kind"] for each in classroom.board()["fault_kinds"]] == list(FAULT_WORDS)


def test_a_fault_for_everyone_is_in_force_until_it_has_struck_at_every_seat(
    classroom: Classroom, ana: Learner, ben: Learner
) -> None:
    answer = classroom.teacher("POST", "/faults", json={"kind": "error-500", "times": 2})
    assert answer.status_code == 201
    seats_left = []
    for learner in (ana, ana, ben, ben):
        assert learner.send().status_code == 500
        seats_left.append([each["seats_left"] for each in classroom.board()["faults"]])
    assert seats_left == [[2], [1], [1], []]
    assert (ana.send().status_code, ben.send().status_code) == (202, 202)


def test_one_without_an_end_waits_for_those_who_join_later_until_it_is_mended(classroom: Classroom) -> None:
    classroom.teacher("POST", "/faults", json={"kind": "error-503", "times": None})
    classroom.teacher("POST", "/faults", json={"kind": "error-500", "times": 1})
    assert [each["kind"] for each in classroom.board()["faults"]] == ["error-503"], "an empty room has no next request"
    ana = classroom.join()
    assert [ana.send().status_code for _ in range(2)] == [503, 503]
    [fault] = classroom.board()["faults"]
    assert fault == {"kind": "error-503", "times": None, "seconds": None, "seat": None, "seats_left": 1}
    assert classroom.teacher("DELETE", "/faults").status_code == 204
    assert ana.send().status_code == 202
    assert classroom.board()["faults"] == []
    assert classroom.join().send().status_code == 202


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "nonsense"}, "kind"),
        ({"kind": "latency"}, "seconds"),
        ({"kind": "latency", "seconds": 601}, "seconds"),
        ({"kind": "error-500", "times": 0}, "times"),
        ({"kind": "error-500", "seconds": 1}, "seconds"),
        ({"kind": "error-500", "path": "/_simulator/x"}, "path"),
        ({"kind": "error-500", "seat": "1"}, "seat"),
        ({"kind": "error-500", "seat": True}, "seat"),
        ({"kind": "error-500", "tims": 1}, "tims"),
    ],
)
def test_a_fault_that_cannot_be_ordered_is_a_422(classroom: Classroom, ana: Learner, body: Any, field: str) -> None:
    answer = classroom.teacher("POST", "/faults", json=body)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"][0]["detail"]["data"]["attributes"]
    assert ana.send().status_code == 202


def test_a_seat_that_is_not_there_is_a_404(classroom: Classroom) -> None:
    for method, path, body in (
        ("POST", "/faults", {"kind": "error-500", "seat": 9}),
        ("POST", "/reset", {"seat": 9}),
        ("DELETE", "/9", None),
        ("GET", "/9/requests", None),
    ):
        answer = classroom.teacher(method, path, **({"json": body} if body else {}))
        assert answer.status_code == 404
        assert "no seat 9" in words(answer)


# --- Reset and removal ---


def busy(learner: Learner) -> None:
    learner.send()
    learner.send(to="911")
    learner.call("POST", "/class/verified", json={"id": "v"})
    learner.call("POST", "/class/progress", json={"passed": ["01.1"]})


def test_one_seat_is_reset_and_no_other(classroom: Classroom, ana: Learner, ben: Learner) -> None:
    busy(ana)
    busy(ben)
    assert classroom.teacher("POST", "/reset", json={"seat": ana.seat.id}).status_code == 204
    assert ana.texts() == []
    assert len(ben.texts()) == 1
    row, other = classroom.row(ana), classroom.row(ben)
    assert (row["sent"], row["refused"], row["verified"], row["passed"]) == (0, 0, 0, ["01.1"])
    assert (other["sent"], other["refused"], other["verified"], other["passed"]) == (1, 1, 1, ["01.1"])
    assert classroom.teacher("GET", f"/{ana.seat.id}/requests").get_json()["requests"] == []
    ana.call("POST", "/class/verified", json={"id": "v"})
    assert classroom.row(ana)["verified"] == 1


def test_everybody_is_reset_and_mended(classroom: Classroom, ana: Learner, ben: Learner) -> None:
    busy(ana)
    busy(ben)
    classroom.teacher("POST", "/faults", json={"kind": "error-500", "times": None})
    assert classroom.teacher("POST", "/reset", json={"seat": None, "progress": True}).status_code == 204
    assert [(row["sent"], row["passed"]) for row in classroom.board()["seats"]] == [(0, []), (0, [])]
    assert classroom.board()["faults"] == []
    assert (ana.send().status_code, ben.send().status_code) == (202, 202)


def test_a_seat_that_is_reset_stays_under_the_rooms_fault(classroom: Classroom, ana: Learner) -> None:
    classroom.teacher("POST", "/faults", json={"kind": "error-500", "times": None})
    classroom.teacher("POST", "/faults", json={"kind": "error-503", "times": None, "seat": ana.seat.id})
    classroom.teacher("POST", "/reset", json={"seat": ana.seat.id})
    assert ana.send().status_code == 500
    assert [(each["kind"], each["seats_left"]) for each in classroom.board()["faults"]] == [("error-500", 1)]


@pytest.mark.parametrize("body", [{}, {"seat": "1"}, {"seat": 1.0}, {"seat": None, "progress": "yes"}, {"all": True}])
def test_a_reset_that_cannot_be_read_resets_nobody(classroom: Classroom, ana: Learner, body: dict[str, Any]) -> None:
    ana.send()
    assert classroom.teacher("POST", "/reset", json=body).status_code == 422
    assert len(ana.texts()) == 1


def test_a_mistaken_join_is_taken_away(classroom: Classroom, ana: Learner, ben: Learner) -> None:
    assert classroom.teacher("DELETE", f"/{ana.seat.id}").status_code == 204
    assert ana.call("GET", "/class/me").status_code == 401
    assert ana.send().status_code == 401
    assert ben.send().status_code == 202
    assert [row["name"] for row in classroom.board()["seats"]] == ["Ben"]
    again = classroom.join("Ana")
    assert again.seat.name == "Ana"
    assert again.seat.id not in (ana.seat.id, ben.seat.id)


def test_a_seat_that_is_taken_away_lets_its_questions_go_and_is_under_no_fault(
    classroom: Classroom, ana: Learner
) -> None:
    place = classroom.room.place(ana.seat.id)
    classroom.teacher("POST", "/faults", json={"kind": "error-500", "times": None})
    classroom.room.remove(ana.seat.id)
    assert place.network.feed.closed
    assert classroom.board()["faults"][0]["seats_left"] == 0


def test_an_empty_room_takes_no_more_faults_than_a_seat_does(classroom: Classroom) -> None:
    for _ in range(MOST_FAULTS):
        assert classroom.teacher("POST", "/faults", json={"kind": "error-500", "times": None}).status_code == 201
    answer = classroom.teacher("POST", "/faults", json={"kind": "error-500", "times": None})
    assert answer.status_code == 422
    assert "Mend first" in words(answer)
    assert classroom.join().send().status_code == 500
