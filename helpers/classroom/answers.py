"""What the routes of the class share: who asks, reading a body, and answering in JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from flask import Response, request

from helpers.classroom.room import Place, Room
from helpers.simulator import problems
from helpers.simulator.problems import Problem
from helpers.simulator.wire import json_object

Json = dict[str, Any]

PAUSED_HEADER: Final = "Class-Paused"


def answer(value: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(json.dumps(value, separators=(",", ":")), status=status, content_type="application/json")


def no_content() -> Response:
    """204: done, and nothing to say."""
    response = Response(status="204 No Content")
    del response.headers["Content-Type"]
    return response


def fields(known: Collection[str]) -> Json:
    """The members of the body, which must be a JSON object. A member that is not known is most likely a slip.

    Raises:
        Problem: 415, 400 or 422; it says what to send.
    """
    if request.mimetype != "application/json":
        raise Problem(415, detail="Send the body as application/json.", title="Unsupported Media Type")
    found = json_object(request.get_data())
    unknown = [name for name in found if name not in known]
    if unknown:
        words = f"There is no such member. There are: {', '.join(known)}."
        raise problems.invalid({name[:40]: words for name in unknown[:10]})
    return found


def learners_place(room: Room) -> Place:
    """The seat whose keys came along.

    Raises:
        Problem: 401, as Flowroute says it.
    """
    try:
        keys = request.authorization
    except ValueError:  # letters outside ASCII where base64 is due
        keys = None
    if keys is not None and keys.type == "basic":
        place = room.admit(keys.username or "", keys.password or "")
        if place is not None:
            return place
    raise problems.not_authenticated()


def paused() -> Problem:
    """503: the teacher has paused the class. By the header it can be told from one that was ordered or happened."""
    detail = "The class is paused by your teacher. Nothing was sent. Try again when it goes on."
    return Problem(503, detail=detail, title="Service Unavailable", headers={PAUSED_HEADER: "yes"})


def require_teacher(room: Room) -> None:
    """Let the teacher's key pass.

    Raises:
        Problem: 401.
    """
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not room.is_teacher(key.strip()):
        raise Problem(
            401,
            detail="This is the teacher's. Open the board by the link that the class printed when it was started.",
            title="Unauthorized",
            headers={"WWW-Authenticate": "Bearer"},
        )
