"""The error answers: which members each one has, and which it has not (flowroute-api.md §4.1)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from helpers.errors import CourseError

LARGEST_MEDIA_BYTES: Final = 767_840

Detail = str | dict[str, object]


class Problem(CourseError):
    """An error answer on its way out (behaviours ``error-shape``, ``error-shape-v2``).

    Whoever calls the network without HTTP meets it too; ``str()`` of it says what the answer would have said.
    """

    def __init__(
        self,
        status: int,
        *,
        detail: Detail,
        title: str | None = None,
        with_id: bool = True,
        code: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {title or ''}".strip() + f": {_in_words(detail) or 'refused'}")
        self.status = status
        self.detail = detail
        self.title = title
        self.with_id = with_id
        self.code = code
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """The JSON body. ``id`` is new each time, as a support reference would be."""
        entry: dict[str, object] = {"detail": self.detail}
        if self.with_id:
            entry["id"] = str(uuid.uuid4())
        entry["status"] = self.status
        if self.code is not None:
            entry["code"] = self.code
        if self.title is not None:
            entry["title"] = self.title
        return {"errors": [entry]}


def _in_words(detail: object) -> str:
    """``to: This field is required.`` from the innermost of a detail that is an object."""
    if not isinstance(detail, Mapping):
        return str(detail)
    inner = detail.get("data", detail)
    inner = inner.get("attributes", inner) if isinstance(inner, Mapping) else inner
    return " ".join(f"{field}: {' '.join(words)}" for field, words in inner.items())


def bad_request(detail: str) -> Problem:
    """400 (behaviour ``error-400``; the title is the one observed in §4.1)."""
    return Problem(400, detail=detail, title="Client Error")


def opted_out() -> Problem:
    """400 with 1110, which stands in two places, since nobody knows its own (``error-1110``, ``error-1110-place``)."""
    return Problem(400, detail="The recipient has opted out (1110).", title="Client Error", code=1110)


def not_authenticated() -> Problem:
    """401 (behaviours ``error-401``, ``challenge``)."""
    return Problem(401, detail="Authentication failed.", title="Unauthorized", headers={"WWW-Authenticate": "Basic"})


def not_authorized() -> Problem:
    """403 (behaviour ``error-403``)."""
    return Problem(403, detail="", title="ActionNotAuthorizedError", with_id=False)


def not_found() -> Problem:
    """404 (behaviour ``error-404``)."""
    return Problem(404, detail="Could not find that resource on your account.")


def method_not_allowed(allowed: str) -> Problem:
    """405 (behaviour ``error-405``)."""
    detail = "The method is not allowed for the requested URL."
    return Problem(405, detail=detail, title="Method Not Allowed", headers={"Allow": allowed})


def too_large(limit: int) -> Problem:
    """413 (behaviour ``error-413``)."""
    return Problem(413, detail=f"The request body is longer than {limit} bytes.", title="Request Entity Too Large")


def unsupported_type() -> Problem:
    """415 (behaviour ``error-415``)."""
    detail = "Send the body as application/json or application/vnd.api+json."
    return Problem(415, detail=detail, title="Unsupported Media Type")


def invalid(fields: Mapping[str, str]) -> Problem:
    """422: ``detail`` is an object with a list of sentences for each field (behaviour ``error-422-shape``)."""
    return Problem(422, detail={"data": {"attributes": {field: [words] for field, words in fields.items()}}})


def not_a_number() -> Problem:
    """422 for a ``to`` that is no phone number (behaviour ``error-422-to``)."""
    return invalid({"to": "Not a phone number of 11 digits, such as 1NPANXXXXXX."})


def media_too_large() -> Problem:
    """422 that names the limit (behaviour ``media-limit``)."""
    return Problem(422, detail=f"The media are larger than {LARGEST_MEDIA_BYTES} bytes.")


def too_many_requests() -> Problem:
    """429 (behaviour ``rate-limit``)."""
    return Problem(429, detail="Too many requests to this endpoint. Wait a second.", title="Too Many Requests")


def server_error() -> Problem:
    """500: asked for by ``legacy_500``, or a fault in the simulator itself."""
    return Problem(500, detail="The server met an unexpected condition.", title="Internal Server Error")


def unavailable() -> Problem:
    """503 (behaviour ``error-503``)."""
    return Problem(503, detail="The service is not available at the moment.", title="Service Unavailable")
