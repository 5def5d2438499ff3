"""The front door: Flowroute's API goes to the seat whose keys came along, the rest to the routes of the class."""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Request

from helpers.classroom import answers, board, guard, learners, pages
from helpers.classroom.kept import ClassFile, KeptClass
from helpers.classroom.room import USUAL_SEATS, Place, Room
from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, problems
from helpers.simulator import create_app as create_api
from helpers.simulator.faults import ConnectionCut
from helpers.simulator.problems import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LONGEST_REQUEST_BODY: Final = 32 * 1024
"""Of the API too: ten times the longest text that Flowroute takes, and small enough that a seat cannot fill memory."""

_log = logging.getLogger(__name__)


def open_room(
    kept: KeptClass,
    *,
    clock: Clock | None = None,
    file: ClassFile | None = None,
    most_seats: int = USUAL_SEATS,
    exercises: Mapping[str, str] | None = None,
) -> Room:
    """A room whose seats speak Flowroute's API. The arguments are those of :class:`Room`; the time is the real one."""
    return Room(
        kept,
        clock=clock or Clock.real(),
        make_app=_api_of,
        file=file,
        most_seats=most_seats,
        exercises=exercises,
    )


def create_app(room: Room, *, names: Collection[str] = ("localhost",)) -> WSGIApplication:
    """Everything that is served to a class.

    Args:
        room: the class.
        names: the names by which browsers may reach this machine, without a port; its addresses need not be listed.
    """
    return _Front(room, _class_app(room, names))


def _api_of(place: Place) -> WSGIApplication:
    app = create_api(place.network)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_REQUEST_BODY

    @app.after_request
    def count(response: Response) -> Response:
        if g.get("message_id"):
            place.note_sent()
        return response

    return app


class _Front:
    """Whose request is it, and is the class going on?"""

    def __init__(self, room: Room, class_app: Flask) -> None:
        self._room = room
        self._class_app = class_app
        # Who has no seat is answered as by a simulator that knows nobody: path, method, then 401.
        self._nobody = create_api(
            SimulatedNetwork(
                clock=room.clock,
                access_key=secrets.token_hex(16),
                secret_key=secrets.token_hex(16),
                numbers=[],
                history=1,
            )
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if not _is_api(path):
            return self._class_app(environ, start_response)
        place = _place_of(self._room, environ)
        if place is None:
            return self._nobody(environ, start_response)
        if self._room.paused:
            return _paused(path)(environ, start_response)
        return _counted(place, environ, start_response)


def _is_api(path: str) -> bool:
    """Whether a path is Flowroute's. The simulator's page and controls are not: they would show a whole network."""
    return path == "/v2" or path.startswith(("/v2/", "/v2.1/", "/v2.2/"))


def _place_of(room: Room, environ: WSGIEnvironment) -> Place | None:
    try:
        keys = Request(environ).authorization
    except ValueError:  # letters outside ASCII where base64 is due
        return None
    if keys is None or keys.type != "basic":
        return None
    return room.admit(keys.username or "", keys.password or "")


def _paused(path: str) -> Response:
    response = _problem_answer(answers.paused())
    if not path.startswith("/v2/"):  # as every answer of the later versions
        response.content_type = "application/vnd.api+json"
    return response


def _counted(place: Place, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The seat's own answer. One that is an error, or that never comes, counts as refused."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        if int(status.split(" ", 1)[0]) >= HTTPStatus.BAD_REQUEST:
            place.note_refused()
        return start_response(status, headers, exc_info)

    try:
        return place.app(environ, start)
    except ConnectionCut:
        place.note_refused()
        raise


def _class_app(room: Room, names: Collection[str]) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_REQUEST_BODY
    app.url_map.merge_slashes = False
    guard.lock(app, names)
    for part in (pages, learners, board):
        part.add_routes(app, room)
    app.register_error_handler(Problem, _problem_answer)
    app.register_error_handler(HTTPException, _http_answer)
    app.register_error_handler(Exception, _fault_answer)
    return app


def _problem_answer(problem: Problem) -> Response:
    status = f"{problem.status} {HTTPStatus(problem.status).phrase}"
    body = json.dumps(problem.body(), separators=(",", ":"))
    response = Response(body, status=status, content_type="application/json")
    response.headers.update(problem.headers)
    return response


def _http_answer(problem: HTTPException) -> Response:
    if isinstance(problem, NotFound):
        return _problem_answer(Problem(404, detail="A class has nothing at this address.", title="Not Found"))
    if isinstance(problem, MethodNotAllowed):
        return _problem_answer(problems.method_not_allowed(", ".join(sorted(problem.valid_methods or ()))))
    if isinstance(problem, RequestEntityTooLarge):
        return _problem_answer(problems.too_large(LONGEST_REQUEST_BODY))
    return _problem_answer(Problem(problem.code or 500, detail=problem.description or "", title=problem.name))


def _fault_answer(fault: Exception) -> Response:
    # Where it happened, never what it held.
    frames = "".join(traceback.format_tb(fault.__traceback__))
    _log.error("The class failed (%s):\n%s", type(fault).__name__, frames)
    return _problem_answer(problems.server_error())
