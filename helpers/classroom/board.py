"""What the teacher's page asks, with the teacher's key: how everybody is doing, and what holds for the whole room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from flask import Flask, Response

from helpers.classroom.answers import Json, answer, fields, no_content, require_teacher
from helpers.classroom.masking import masked_exchange
from helpers.classroom.room import NoSuchSeat, Place, Room
from helpers.display.request_view import request_view
from helpers.simulator import Fault, problems
from helpers.simulator.faults import FaultKind, InvalidFault
from helpers.simulator.problems import Problem

T = TypeVar("T")

EXCHANGES_SHOWN: Final = 100
FAULT_WORDS: Final[dict[FaultKind, str]] = {
    "latency": "Answers come late",
    "error-500": "The server fails (500)",
    "error-503": "The service is not available (503)",
    "error-429": "Too many requests (429)",
    "reset-before": "The line breaks, nothing was done",
    "reset-after": "The line breaks, but it was done",
    "not-json": "The answer is a web page",
    "truncated": "The answer breaks off in the middle",
    "no-answer": "No answer ever comes",
}
"""Every kind of fault as the board's menu offers it."""
_FAULT: Final = ("kind", "times", "share", "seed", "seconds", "method", "path", "seat")


def add_routes(app: Flask, room: Room) -> None:
    """Add them. Each asks for the teacher's key first."""
    _add_looking(app, room)
    _add_breaking(app, room)
    _add_seats(app, room)


def _add_looking(app: Flask, room: Room) -> None:
    @app.get("/class/board")
    def board() -> Response:
        require_teacher(room)
        return answer(_board(room))

    @app.get("/class/board/<int:seat_id>/requests")
    def requests_of(seat_id: int) -> Response:
        require_teacher(room)
        place = _found(lambda: room.place(seat_id))
        latest = place.network.journal.entries()[-EXCHANGES_SHOWN:]
        return answer({"name": place.seat.name, "requests": [_exchange(each.as_dict()) for each in latest]})


def _add_breaking(app: Flask, room: Room) -> None:
    @app.post("/class/board/pause")
    def pause() -> Response:
        require_teacher(room)
        paused = fields(("paused",)).get("paused")
        if not isinstance(paused, bool):
            raise problems.invalid({"paused": "Write true or false."})
        room.paused = paused
        return answer({"paused": paused})

    @app.post("/class/board/faults")
    def break_it() -> Response:
        require_teacher(room)
        wanted = fields(_FAULT)
        seat_id = _seat_id(wanted)
        try:
            fault = Fault.from_dict({name: value for name, value in wanted.items() if name != "seat"})
            _found(lambda: room.order_fault(fault, seat_id=seat_id))
        except InvalidFault as problem:
            raise problems.invalid(problem.fields) from None
        return answer({"faults": room.faults()}, 201)

    @app.delete("/class/board/faults")
    def mend() -> Response:
        require_teacher(room)
        room.mend()
        return no_content()


def _add_seats(app: Flask, room: Room) -> None:
    @app.post("/class/board/reset")
    def reset() -> Response:
        require_teacher(room)
        wanted = fields(("seat", "progress"))
        progress = wanted.get("progress", False)
        if "seat" not in wanted:
            raise problems.invalid({"seat": "Write the number of a seat, or null for the whole class."})
        if not isinstance(progress, bool):
            raise problems.invalid({"progress": "Write true to take the passed exercises away too, or leave it out."})
        seat_id = _seat_id(wanted)
        _found(lambda: room.reset(seat_id=seat_id, progress=progress))
        return no_content()

    @app.delete("/class/board/<int:seat_id>")
    def remove(seat_id: int) -> Response:
        require_teacher(room)
        _found(lambda: room.remove(seat_id))
        return no_content()


def _seat_id(wanted: Json) -> int | None:
    seat_id = wanted.get("seat")
    if seat_id is not None and (isinstance(seat_id, bool) or not isinstance(seat_id, int)):
        raise problems.invalid({"seat": "Write the number of a seat, or null for the whole class."})
    return seat_id


def _found(look: Callable[[], T]) -> T:
    try:
        return look()
    except NoSuchSeat as problem:
        raise Problem(404, detail=str(problem), title="Not Found") from None


def _board(room: Room) -> Json:
    return {
        "name": room.name,
        "code": room.code,
        "now_ms": room.clock.now_ms(),
        "paused": room.paused,
        "faults": room.faults(),
        "fault_kinds": [{"kind": kind, "words": words} for kind, words in FAULT_WORDS.items()],
        "exercises": [{"id": each, "title": title} for each, title in room.exercises.items()],
        "most_seats": room.most_seats,
        "join_addresses": list(room.join_addresses),
        "not_kept": room.not_kept,
        "seats": [_seat_view(room, place) for place in room.places],
    }


def _seat_view(room: Room, place: Place) -> Json:
    seat = place.seat
    return {
        "id": seat.id,
        "name": seat.name,
        "joined_at_ms": seat.joined_at_ms,
        "last_seen_ms": place.last_seen_ms,
        "sent": place.sent,
        "refused": place.refused,
        "verified": place.verified,
        "passed": list(seat.passed),
        "next": room.next_exercise(seat.passed),
    }


def _exchange(whole: Json) -> Json:
    masked = masked_exchange(whole)
    return {
        "id": masked["id"],
        "at_ms": masked["at_ms"],
        "fault": masked["fault"],
        "view": request_view(masked),
    }
