"""What goes over the wire, one file a part: messages, numbers, callbacks. Here is how a request body is read.

The objects that go in and out are plain ``dict`` objects; what is wrong with one is raised as a ``Problem``.
"""

from __future__ import annotations

import json
from typing import Final, NoReturn

from helpers.simulator import problems

JSON_TYPES: Final = ("application/json", "application/vnd.api+json")

Json = dict[str, object]


def read_object(content_type: str, body: bytes, *, type_may_lack: bool = False, two_forms: bool = True) -> Json:
    """The members of a request body, in either of the two forms (behaviours ``content-types``, ``two-body-forms``).

    Args:
        content_type: the media type without its parameters, in lower case; empty if there was none.
        body: the request body.
        type_may_lack: whether a body without a content type is taken.
        two_forms: whether the JSON:API form is taken beside the flat one.
    """
    if content_type not in JSON_TYPES and not (type_may_lack and not content_type):
        raise problems.unsupported_type()
    fields = json_object(body)
    return _member(_member(fields, "data"), "attributes") if two_forms and "data" in fields else fields


def json_object(body: bytes) -> Json:
    """The JSON object that ``body`` is (behaviour ``error-400``)."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested beyond reason
        raise problems.bad_request("The request body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise problems.bad_request("The request body must be a JSON object.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _member(fields: Json, name: str) -> Json:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}
