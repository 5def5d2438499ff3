"""What can go wrong when talking to Flowroute.

FlowrouteError
├── ConnectionFailed      nothing was sent: the connection was never made      safe to send again
├── OutcomeUnknown        it may have been sent: look before you send again    NOT safe
├── LiveGuardRefused      our own guard in front of the real network said no   nothing was sent
└── ApiError              Flowroute answered, and the answer is an error
    ├── Unauthorized      401
    ├── Forbidden         403
    ├── NotFound          404
    ├── InvalidRequest    400, 405, 413, 415, 422
    │   └── OptedOut      400 with code 1110
    ├── RateLimited       429
    └── ServerError       5xx: after a POST it may have been sent              NOT safe

``str(error)`` is for the developer and says what to do; ``error.user_message`` is fit for a stranger's screen.
Statuses: flowroute-api.md §4.2 and §4.3.
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from helpers.errors import CourseError
from helpers.phone_numbers import mask_numbers

_OUR_MISTAKE = "We could not send the text. That is our mistake, not yours: try again later."


class FlowrouteError(CourseError):
    """Any failure of a call to Flowroute."""

    user_message = "We could not send the text. Try again in a minute."
    safe_to_resend: bool = False
    """Whether sending the same text again can not make two of it."""

    verification: Any = None
    """The verification that the call was made for, when a verifier made it (see ``Verifier.start``)."""


class ConnectionFailed(FlowrouteError):
    """The connection was never made, so nothing was sent."""

    user_message = "We can't reach the text service. Check your connection and try again."
    safe_to_resend = True


class OutcomeUnknown(FlowrouteError):
    """The request left, and no usable answer came: the text may be on its way. Look it up before sending again."""

    user_message = "We can't tell yet whether your text was sent. Wait a minute for it before you ask for another."


class LiveGuardRefused(FlowrouteError):
    """The guard in front of the real network refused: not on the allow-list, or today's cap is used up."""

    user_message = "This course is set up to text only a few phones, a few times a day. No text was sent."
    safe_to_resend = True


class ApiError(FlowrouteError):
    """Flowroute answered with an error.

    Attributes:
        status: the HTTP status, int.
        title: Flowroute's short name for it, or "".
        detail: what Flowroute says; a text, or an object of field errors (flowroute-api.md §4.1).
        error_id: ``errors[].id``, to quote to Flowroute's support; None where the answer had none.
    """

    advice: ClassVar[str] = "Read the detail, and Flowroute's page on errors."

    def __init__(self, status: int, *, title: str = "", detail: Any = "", error_id: str | None = None) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.error_id = error_id
        # Flowroute may quote the number it was sent; whoever prints the error did not ask for it.
        said = mask_numbers(detail if isinstance(detail, str) else json.dumps(detail, sort_keys=True))
        words = " ".join(part for part in (title, f"({said})" if said else "") if part)
        super().__init__(f"Flowroute answered {status}{' ' + words if words else ''}. {self.advice}")


class Unauthorized(ApiError):
    """401: the Access Key or the Secret Key is wrong."""

    advice = "Check the Access Key and the Secret Key: the right pair, no extra spaces, not expired."
    user_message = _OUR_MISTAKE
    safe_to_resend = True


class Forbidden(ApiError):
    """403: these keys may not do this; when sending, most often ``from_`` is not a number of your account."""

    advice = "Check that the from number is on your account and enabled for messages."
    user_message = _OUR_MISTAKE
    safe_to_resend = True


class NotFound(ApiError):
    """404: no such message on your account, or not yet: a record can take some seconds to appear."""

    advice = "Check the id. A record can take some seconds to appear after the send: wait and look again."
    safe_to_resend = True


class InvalidRequest(ApiError):
    """400, 405, 413, 415 or 422: Flowroute could not use what was sent."""

    advice = "Check each value: to and from as 11 digits (or + and 11 digits), and a body."
    user_message = "We could not send a text to that number. Check the number."
    safe_to_resend = True


class OptedOut(InvalidRequest):
    """400 with code 1110: this phone answered STOP to this number and gets no texts from it until it sends UNSTOP."""

    advice = "The owner of this phone sent STOP. Only they can undo it, by texting UNSTOP to your number."
    user_message = "This phone has blocked our texts. To get them again, text UNSTOP to our number."


class RateLimited(ApiError):
    """429: more than five requests in a second. Wait at least one second (flowroute-api.md §7)."""

    advice = "Wait at least one second before the next request; Flowroute takes five a second."
    user_message = "We are sending many texts right now. Wait a few seconds and try again."
    safe_to_resend = True


class ServerError(ApiError):
    """5xx: Flowroute failed. After a POST the text may have been accepted all the same."""

    advice = "Flowroute failed on its side. Look at the message list before you send the same text again."
    user_message = OutcomeUnknown.user_message


_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    400: InvalidRequest,
    405: InvalidRequest,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
}


def api_error(status: int, body: Any) -> ApiError:
    """The error for an answer. ``body`` is its JSON, or None where it had none; odd shapes are tolerated."""
    first = _first_error(body)
    detail = first.get("detail") or ""
    kind = ServerError if status >= 500 else _BY_STATUS.get(status, ApiError)
    if status == 400 and _opted_out(first):
        kind = OptedOut
    error_id = first.get("id")
    return kind(
        status,
        title=str(first.get("title") or ""),
        detail=detail if isinstance(detail, str | dict | list) else str(detail),
        error_id=str(error_id) if error_id else None,
    )


def _first_error(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        return {}
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return errors[0]
    # One old SDK also knew a lone text under "error" (flowroute-api.md §4.1).
    return {"detail": body["error"]} if isinstance(body.get("error"), str) else {}


def _opted_out(error: dict[str, Any]) -> bool:
    # Where 1110 stands in the JSON is not documented (flowroute-api.md §7): look in both likely places.
    return any(re.search(r"(?<!\d)1110(?!\d)", str(error.get(place, ""))) for place in ("code", "detail"))
