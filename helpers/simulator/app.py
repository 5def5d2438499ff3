"""The routes: Flowroute's Messages API as a WSGI app. Every answer is JSON, errors included."""

from __future__ import annotations

import json
import logging
import traceback
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from helpers.clock import to_ms
from helpers.simulator import problems, wire
from helpers.simulator.messages import Version
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.problems import Problem

LONGEST_REQUEST_BODY: Final = 1024 * 1024

_MESSAGES: Final = "/<any('v2', 'v2.1', 'v2.2'):version>/messages"
_log = logging.getLogger(__name__)


def create_app(network: SimulatedNetwork) -> Flask:
    """The simulated API over ``network``: mount it on a session, or serve it.

    The checks come in this order (behaviour ``order-of-checks``): path, method, keys, rate, size, content type, JSON,
    fields, whose number.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_REQUEST_BODY
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.strict_slashes = False  # slash-at-end
    app.url_map.merge_slashes = False  # it would redirect, and in HTML
    _add_message_routes(app, network)
    app.register_error_handler(Problem, _problem_answer)
    app.register_error_handler(HTTPException, _http_answer)
    app.register_error_handler(Exception, _fault_answer)
    return app


def _add_message_routes(app: Flask, network: SimulatedNetwork) -> None:
    @app.post(_MESSAGES)
    def send(version: str) -> Response:
        _let_in(network, f"/{version}/messages")
        api = Version(version)
        wanted = wire.read_send(api, request.mimetype, request.get_data())
        message = network.send(api, to=wanted.to, from_=wanted.from_, body=wanted.body)
        status, body = wire.accepted(api, message, request.host_url)
        return _answer(status, body)

    @app.get(_MESSAGES)
    def list_(version: str) -> Response:
        _let_in(network, f"/{version}/messages")
        api = Version(version)
        filters = wire.read_filters(request.args.to_dict(), default_end_ms=network.newest_record_ms())
        messages = network.sent_between(api, to_ms(filters.start), to_ms(filters.end))
        return _answer(200, wire.page(api, messages, filters, now_ms=network.clock.now_ms(), root=request.host_url))

    @app.get(f"{_MESSAGES}/<message_id>")
    def look_up(version: str, message_id: str) -> Response:
        _let_in(network, f"/{version}/messages/{{id}}")
        api = Version(version)
        message = network.find(api, message_id)
        return _answer(200, {"data": wire.record(api, message, now_ms=network.clock.now_ms())})


def _let_in(network: SimulatedNetwork, endpoint: str) -> None:
    """Keys first, so that only the account's own requests count against its rate."""
    keys = request.authorization
    if keys is None or keys.type != "basic":
        raise problems.not_authenticated()
    network.authenticate(keys.username or "", keys.password or "")
    network.admit(endpoint)


def _answer(status: int, body: wire.Json) -> Response:
    line = f"{status} {HTTPStatus(status).phrase}"  # the framework would shout the phrase: 202 ACCEPTED
    return Response(json.dumps(body, separators=(",", ":")), status=line, content_type=_media_type())


def _media_type() -> str:
    segment = request.path.split("/")[1] if "/" in request.path else ""
    return next((version.media_type for version in Version if version.value == segment), "application/json")


def _problem_answer(problem: Problem) -> Response:
    answer = _answer(problem.status, problem.body())
    answer.headers.update(problem.headers)
    return answer


def _http_answer(problem: HTTPException) -> Response:
    """What the framework itself refuses, in Flowroute's shape."""
    if isinstance(problem, NotFound):
        return _problem_answer(problems.not_found())
    if isinstance(problem, MethodNotAllowed):
        return _problem_answer(problems.method_not_allowed(", ".join(sorted(problem.valid_methods or ()))))
    if isinstance(problem, RequestEntityTooLarge):
        return _problem_answer(problems.too_large(LONGEST_REQUEST_BODY))
    return _problem_answer(Problem(problem.code or 500, detail=problem.description or "", title=problem.name))


def _fault_answer(fault: Exception) -> Response:
    # Where it happened, never what it held: the message of an exception may quote a body or a number.
    _log.error(
        "The simulator failed (%s):\n%s", type(fault).__name__, "".join(traceback.format_tb(fault.__traceback__))
    )
    return _problem_answer(problems.server_error())
