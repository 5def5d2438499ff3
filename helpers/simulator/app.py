"""Flowroute's API as a WSGI app. Every answer of the API is JSON, errors included; every exchange goes into the log."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Collection
from typing import Final

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from helpers.simulator import faults, problems
from helpers.simulator.journal import kept_body, masked_headers
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.problems import Problem
from helpers.simulator.routes import answer, callbacks, controls, messages, numbers, page

LONGEST_REQUEST_BODY: Final = 1024 * 1024
OWN_PATHS: Final = "/_simulator/"

_log = logging.getLogger(__name__)


def create_app(network: SimulatedNetwork, *, hosts: Collection[str] = ("api.flowroute.com",)) -> Flask:
    """The simulated API over ``network``: mount it on a session, or serve it.

    The checks come in this order (behaviour ``order-of-checks``): path, method, keys, rate, size, content type, JSON,
    fields, whose number.

    Args:
        network: what it is the door of.
        hosts: the names, with their ports, under which the page and the controls may be called.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_REQUEST_BODY
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["SIMULATOR_HOSTS"] = frozenset(host.lower() for host in hosts)
    app.url_map.strict_slashes = False  # slash-at-end
    app.url_map.merge_slashes = False  # it would redirect, and in HTML
    _keep_the_log(app, network)
    faults.install(app, network)
    for part in (callbacks, messages, numbers, controls, page):  # reserved words before ids: of equals, the first wins
        part.add_routes(app, network)
    app.register_error_handler(Problem, _problem_answer)
    app.register_error_handler(HTTPException, _http_answer)
    app.register_error_handler(Exception, _fault_answer)
    return app


def _keep_the_log(app: Flask, network: SimulatedNetwork) -> None:
    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        network.catch_up()

    @app.after_request
    def record(response: Response) -> Response:
        if request.path.startswith(OWN_PATHS) or request.endpoint in ("page", "asset"):
            return response
        try:
            body = kept_body(request.get_data())
        except HTTPException:  # too long to be read
            body = "(too long to be kept)"
        message_id = g.get("message_id")
        cut = isinstance(response, faults.CutAnswer)  # what stands where an answer would
        network.journal.record(
            at_ms=network.clock.now_ms(),
            method=request.method,
            url=request.url,
            request_headers=masked_headers(request.headers.items()),
            request_body=body,
            status=None if cut else response.status_code,
            reason="" if cut else response.status.partition(" ")[2],
            response_headers={} if cut else masked_headers(response.headers.items()),
            response_body=kept_body(response.get_data()),
            error=response.words if isinstance(response, faults.CutAnswer) else "",
            elapsed_ms=(time.perf_counter() - g.began) * 1000,
            fault=g.get("fault", ""),
            message_id=message_id,
        )
        network.feed.note(message_id)
        return response


def _problem_answer(problem: Problem) -> Response:
    response = answer(problem.status, problem.body())
    response.headers.update(problem.headers)
    return response


def _http_answer(problem: HTTPException) -> Response:
    """What the framework itself refuses, in Flowroute's shape."""
    if isinstance(problem, NotFound):
        return _problem_answer(problems.not_found())
    if isinstance(problem, MethodNotAllowed):
        return _problem_answer(problems.method_not_allowed(", ".join(sorted(problem.valid_methods or ()))))
    if isinstance(problem, RequestEntityTooLarge):
        return _problem_answer(problems.too_large(current_app.config["MAX_CONTENT_LENGTH"]))
    return _problem_answer(Problem(problem.code or 500, detail=problem.description or "", title=problem.name))


def _fault_answer(fault: Exception) -> Response:
    # Where it happened, never what it held: the message of an exception may quote a body or a number.
    _log.error(
        "The simulator failed (%s):\n%s", type(fault).__name__, "".join(traceback.format_tb(fault.__traceback__))
    )
    return _problem_answer(problems.server_error())
