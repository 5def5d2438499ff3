"""Reading the values of a message: which are well formed, and what is said about those that are not (§2, §4.3)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from helpers.phone_numbers import PhoneNumber
from helpers.simulator import problems
from helpers.simulator.messages import wire_digits
from helpers.simulator.problems import LARGEST_MEDIA_BYTES
from helpers.simulator.wire.messages import SendRequest

MOST_MEDIA: Final = 10
LONGEST_URL: Final = 2_048
TOO_LARGE_MARK: Final = "too-large"
"""A media URL with this in its name stands for a file over the limit: media are never fetched."""

_NOT_A_NUMBER: Final = "Not a phone number of 11 digits, such as 1NPANXXXXXX."
_NOT_A_URL: Final = "This must be an http or https URL."


class Checked(NamedTuple):
    """A message whose values are well formed. Numbers are 11 digits."""

    to: str
    sender: str
    body: str
    is_mms: bool = False
    media_urls: tuple[str, ...] = ()
    dlr_callback: str | None = None


def check_sending(wanted: SendRequest) -> Checked:
    """The values of a send, or a 422 that names all that is wrong (``error-422-missing``, ``error-422-to``)."""
    wrong: dict[str, str] = {}
    to = _text(wanted.to, "to", wrong)
    sender = _text(wanted.from_, "from", wrong)
    media = _media(wanted.media_urls, wrong)
    body = _text(wanted.body, "body", wrong, required=not media)  # mms-body
    is_mms = _truth(wanted.is_mms, "is_mms", wrong) or bool(media)
    callback = None if wanted.dlr_callback in (None, "") else _url(wanted.dlr_callback, "dlr_callback", wrong)
    digits = wire_digits(to)
    if digits is None and "to" not in wrong:
        wrong["to"] = _NOT_A_NUMBER
    if wrong or digits is None:
        raise problems.invalid(wrong)
    too_large = any(TOO_LARGE_MARK in url for url in media) or len(body.encode()) > LARGEST_MEDIA_BYTES
    if is_mms and too_large:  # media-limit
        raise problems.media_too_large()
    # A malformed sender is nobody's number, which is a 403 of its own.
    return Checked(digits, wire_digits(sender) or sender, body, is_mms, media, callback)


def check_receiving(*, from_: object, to: object, body: object, media_urls: object) -> Checked:
    """The values of a text from a phone, or a 422 that names all that is wrong."""
    wrong: dict[str, str] = {}
    from_, to = (each.digits if isinstance(each, PhoneNumber) else each for each in (from_, to))
    media = _media(media_urls, wrong)
    text = _text(body, "body", wrong, required=not media)
    phone = _digits(_text(from_, "from", wrong), "from", wrong)
    number = _digits(_text(to, "to", wrong), "to", wrong)
    if wrong:
        raise problems.invalid(wrong)
    return Checked(number, phone, text, bool(media), media)


def check_url(value: object, field: str) -> str:
    """A callback URL, or a 422 that names the field (behaviour ``callback-url``)."""
    wrong: dict[str, str] = {}
    url = _url(_text(value, field, wrong), field, wrong)
    if wrong:
        raise problems.invalid(wrong)
    return url


def _digits(text: str, field: str, wrong: dict[str, str]) -> str:
    digits = wire_digits(text)
    if digits is None and field not in wrong:
        wrong[field] = _NOT_A_NUMBER
    return digits or ""


def _text(value: object, field: str, wrong: dict[str, str], *, required: bool = True) -> str:
    """``value`` if it is text with something in it; else a note in ``wrong`` (behaviour ``error-422-missing``)."""
    if value is None or value == "":
        if required:
            wrong[field] = "This field is required."
    elif not isinstance(value, str) or not _encodable(value):
        wrong[field] = "This field must be text."
    else:
        return value
    return ""


def _media(value: object, wrong: dict[str, str]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_MEDIA:  # media-urls
        wrong["media_urls"] = f"This must be a list of URLs, {MOST_MEDIA} at most."
        return ()
    return tuple(_url(each, "media_urls", wrong) for each in value)


def _truth(value: object, field: str, wrong: dict[str, str]) -> bool:
    """A boolean, or the word for one, which several SDKs send (behaviour ``is-mms-as-text``)."""
    if value is None or value == "":
        return False
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        wrong[field] = "This field must be true or false."
        return False
    return value


def _url(value: object, field: str, wrong: dict[str, str]) -> str:
    if field in wrong:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not _is_url(value):
        wrong[field] = _NOT_A_URL
        return ""
    return value


# Printable ASCII without a space, as a URL on the wire is; of a backslash no two programs make the same.
_PLAIN: Final = re.compile(r"[!-\[\]-~]+")


def _is_url(text: str) -> bool:
    if not _PLAIN.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can spell it, no phone can show it
        return False
    return True
