"""The routes, one file a part of the API; each adds its own to the app. Here is what they share."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Response, request

from helpers.simulator import problems
from helpers.simulator.account import Account
from helpers.simulator.messages import Version
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.wire import Json, read_object


def let_in(network: SimulatedNetwork, endpoint: str) -> Account:
    """Keys first, so that only the account's own requests count against its rate (behaviour ``order-of-checks``)."""
    try:
        keys = request.authorization
    except ValueError:  # letters outside ASCII where base64 is due: the framework does not expect them
        keys = None
    if keys is None or keys.type != "basic":
        raise problems.not_authenticated()
    account = network.authenticate(keys.username or "", keys.password or "")
    network.admit(account, endpoint)
    return account


def answer(status: int, body: Json) -> Response:
    """A JSON answer in the content type of the version that was asked."""
    # The framework would shout the phrase: 202 ACCEPTED.
    line = f"{status} {HTTPStatus(status).phrase}"
    return Response(json.dumps(body, separators=(",", ":")), status=line, content_type=_media_type())


def no_content() -> Response:
    """204: done, and nothing to say."""
    response = Response(status="204 No Content")
    del response.headers["Content-Type"]
    return response


def read_fields(*, type_may_lack: bool = False) -> Json:
    """The members of the request's body, flat or in the JSON:API form."""
    return read_object(request.mimetype, request.get_data(), type_may_lack=type_may_lack)


def _media_type() -> str:
    """By the path: the numbers API answers JSON:API, although it is a v2 (behaviour ``answer-types``)."""
    parts = request.path.split("/")
    if parts[1:3] in (["v2", "numbers"], ["v2", "message-provision"]):
        return Version.V2_1.media_type
    return next((version.media_type for version in Version if parts[1:2] == [version.value]), "application/json")
