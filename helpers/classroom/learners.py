"""What a learner's browser and course ask of the class: to join, who I am, my texts, and what I have done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from flask import Flask, Response, request

from helpers.classroom.answers import Json, answer, fields, learners_place, no_content, paused
from helpers.classroom.joining import TooManyWrongCodes, WrongClassCode
from helpers.classroom.room import ClassFull, Place, Room
from helpers.classroom.seats import MOST_EXERCISES, InvalidName, Seat, are_exercises, clean_name
from helpers.simulator import problems
from helpers.simulator.feed import Feed
from helpers.simulator.problems import Problem

LONGEST_WAIT_SECONDS: Final = 25
_LONGEST_ID: Final = 64


def add_routes(app: Flask, room: Room, *, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Add them. ``monotonic`` gives real seconds: it measures how long a request for texts is held."""
    _add_seat(app, room)
    _add_texts(app, room, monotonic)
    _add_reports(app, room)


def _add_seat(app: Flask, room: Room) -> None:
    @app.post("/class/join")
    def join() -> Response:
        wanted = fields(("name", "code"))
        seat = _join(room, wanted)
        host = request.headers.get("Host", "")  # by this name the learner's machine reaches us: that is proven
        return answer({"name": seat.name, "number": seat.number, "address": seat.address(host)}, 201)

    @app.get("/class/me")
    def me() -> Response:
        place = learners_place(room)
        return answer(
            {
                "name": place.seat.name,
                "number": place.seat.number,
                "now_ms": room.clock.now_ms(),
                "paused": room.paused,
            }
        )


def _add_texts(app: Flask, room: Room, monotonic: Callable[[], float]) -> None:
    @app.get("/class/texts")
    def texts() -> Response:
        place = learners_place(room)
        after, wait = _whole("after"), _whole("wait", most=LONGEST_WAIT_SECONDS)
        # Counted from the start of the class: a count of an earlier class is always an older one.
        seq = place.network.feed.seq
        if after is not None:
            known = after - room.started_ms
            with place.holding() as may:
                seconds = (wait or 0) if may else 0
                seq = _news_of_texts(place.network.feed, known, seconds=seconds, monotonic=monotonic)
        return answer({"seq": room.started_ms + seq, "now_ms": room.clock.now_ms(), "texts": _texts(place)})

    @app.post("/class/texts")
    def text_from_phone() -> Response:
        place = learners_place(room)
        if room.paused:
            raise paused()
        wanted = fields(("from", "to", "body"))
        message = place.network.receive(from_=wanted.get("from"), to=wanted.get("to"), body=wanted.get("body"))
        return answer({"id": message.id}, 201)


def _add_reports(app: Flask, room: Room) -> None:
    @app.post("/class/progress")
    def progress() -> Response:
        place = learners_place(room)
        passed = fields(("passed",)).get("passed")
        if not are_exercises(passed):
            words = f'Give a list of exercise ids such as ["03.2"], {MOST_EXERCISES} at most.'
            raise problems.invalid({"passed": words})
        assert isinstance(passed, list)
        room.set_progress(place, passed)
        return no_content()

    @app.post("/class/verified")
    def verified() -> Response:
        place = learners_place(room)
        found = fields(("id",)).get("id")
        if not isinstance(found, str) or not 1 <= len(found) <= _LONGEST_ID:
            raise problems.invalid({"id": f"Give text of 1 to {_LONGEST_ID} characters: the same for the same one."})
        place.note_verified(found)
        return no_content()


def _join(room: Room, wanted: Json) -> Seat:
    try:
        return room.join(clean_name(wanted.get("name")), wanted.get("code"), address=request.remote_addr or "")
    except InvalidName as problem:
        raise problems.invalid({"name": str(problem)}) from None
    except WrongClassCode as problem:
        raise Problem(403, detail=str(problem), title="Forbidden") from None
    except TooManyWrongCodes as problem:
        wait = {"Retry-After": str(problem.retry_after)}
        raise Problem(429, detail=str(problem), title="Too Many Requests", headers=wait) from None
    except ClassFull as problem:
        raise Problem(409, detail=str(problem), title="Conflict") from None


def _news_of_texts(feed: Feed, after: int, *, seconds: float, monotonic: Callable[[], float]) -> int:
    """Wait until a text is new or changed since ``after``, for so long at most; the count of changes by then.

    Requests that send nothing are counted as well: they end no wait, or a class that looks things up would have every
    phone asked for again and again.
    """
    deadline = monotonic() + seconds
    if after > feed.seq:  # never counted here: whoever asks has to begin anew
        return feed.seq
    while True:
        seq = feed.wait(after, max(0.0, deadline - monotonic()))
        changed = feed.changed_since(after)
        if changed is None or changed or feed.closed or monotonic() >= deadline:
            return seq
        after = seq


def _texts(place: Place) -> list[Json]:
    """Every text that is on a phone of this network or on its way there, in the order of arrival."""
    arrivals = [
        (message.arrives_at_ms, message)
        for message in place.network.messages()
        if message.arrives_at_ms is not None  # one from a phone arrives on none
    ]
    return [
        {
            "id": message.id,
            "to": message.to,
            "from": message.sender,
            "body": message.body,
            "arrives_at_ms": at_ms,
            "media": [media.url for media in message.media],
        }
        for at_ms, message in sorted(arrivals, key=lambda pair: pair[0])
    ]


def _whole(name: str, *, most: int | None = None) -> int | None:
    """A whole number of the query; ``None`` where it is not there."""
    text = request.args.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15 or (most is not None and int(text) > most):
        words = "Give a whole number, 0 or more." if most is None else f"Give a whole number from 0 to {most}."
        raise problems.invalid({name: words})
    return int(text)
