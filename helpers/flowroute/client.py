"""Flowroute's messages API, in four calls: send, get, list, and where to post what comes in.

Every call goes through one private method and a ``requests.Session`` that the caller passes in. What is mounted on that
session decides where the calls go: the real network, or a simulator in the same process.
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeVar, get_args
from urllib.parse import quote

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from helpers.flowroute.errors import ConnectionFailed, FlowrouteError, OutcomeUnknown, api_error
from helpers.flowroute.exchange import Exchange, record_exchange, without_path_of
from helpers.flowroute.records import MessageRecord, SentMessage, message_record, sent_message
from helpers.listeners import Listeners
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret

BASE_URL: Final = "https://api.flowroute.com"
ApiVersion = Literal["v2", "v2.1", "v2.2"]
CallbackKind = Literal["sms_callback", "mms_callback", "sms_dlr_callback", "mms_dlr_callback"]
PAGE_SIZE: Final = 50
T = TypeVar("T")
TIMEOUT_SECONDS: Final = (5.0, 20.0)
"""To connect, and to wait for the answer."""


class FlowrouteClient:
    """A client for one account.

    Args:
        access_key: the account's Access Key; spaces around it are cut off.
        secret_key: its Secret Key, hidden in a :class:`~helpers.secret.Secret`.
        session: where calls go; see :meth:`helpers.settings.Settings.session`.
        api_version: ``v2.2``, ``v2.1`` or ``v2``.
        timeout: seconds to connect, and seconds to wait for the answer.
        mask_bodies: hide texts and numbers in :attr:`last_exchange` (live mode).
        on_exchange: called with each :class:`Exchange`, masked as it is kept, failed ones too. What it raises is
            logged by its name and does not touch the call.
    """

    def __init__(
        self,
        *,
        access_key: str,
        secret_key: Secret[str],
        session: requests.Session,
        api_version: ApiVersion = "v2.2",
        timeout: tuple[float, float] = TIMEOUT_SECONDS,
        mask_bodies: bool = True,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        if api_version not in get_args(ApiVersion):
            raise ValueError(f"api_version is one of {', '.join(get_args(ApiVersion))}, not {api_version!r}.")
        self.api_version: ApiVersion = api_version
        self.last_exchange: Exchange | None = None
        self._auth = _BasicAuth(access_key, secret_key)
        self._session = session
        self._timeout = timeout
        self._mask_bodies = mask_bodies
        self._listeners: Listeners[Exchange] = Listeners()
        if on_exchange is not None:
            self._listeners.add(on_exchange)

    def send_message(
        self, *, to: str | PhoneNumber, from_: str | PhoneNumber, body: str, dlr_callback: str | None = None
    ) -> SentMessage:
        """Text ``body`` to ``to`` from a number of the account (flowroute-api.md §2).

        Numbers go out as they stand if they are text, so that a wrong one gets Flowroute's own answer. A
        :class:`PhoneNumber` goes out as digits. Nothing is ever sent twice: a POST is repeated only if the connection
        was never made.

        Args:
            dlr_callback: a URL that gets this message's delivery receipts (v2.1 and v2.2).

        Returns:
            The message's id, and from v2.2 its price. 200 on v2, 202 on v2.1 and v2.2: taken, not delivered.

        Raises:
            FlowrouteError: see :mod:`helpers.flowroute.errors`; ``safe_to_resend`` says whether to try again.
        """
        message = {"to": _wire_number(to), "from": _wire_number(from_), "body": body}
        if dlr_callback is not None:
            message["dlr_callback"] = dlr_callback
        payload: Any = message
        if self.api_version != "v2":
            payload = {"data": {"type": "message", "attributes": message}}
        return self._call("POST", "/messages", read=sent_message, json_body=payload)

    def get_message(self, message_id: str, *, api_version: ApiVersion | None = None) -> MessageRecord:
        """The record of one message: status, receipts, cost (flowroute-api.md §3.1).

        Args:
            api_version: where to look, if not on the client's own: ``mdr1-`` ids are on v2, others on v2.1 and v2.2.

        Raises:
            NotFound: no such message, or its record is not there yet: some seconds may pass after the send.
            FlowrouteError: see :mod:`helpers.flowroute.errors`.
        """
        path = f"/messages/{quote(message_id, safe='')}"
        return self._call("GET", path, read=_one_record, api_version=api_version)

    def set_callback(self, kind: CallbackKind, url: str) -> None:
        """Say where Flowroute posts what comes in (flowroute-api.md §6.4); always a call of v2.2.

        Args:
            kind: ``sms_callback`` for texts, ``sms_dlr_callback`` for receipts; ``mms_…`` likewise.
            url: masked in :attr:`last_exchange` but for its host: its path holds a secret.

        Raises:
            FlowrouteError: see :mod:`helpers.flowroute.errors`. The live guard lets no such call out.
        """
        self._call(
            "PUT",
            f"/messages/{kind}",
            read=lambda _: True,
            json_body={"callback_url": url},
            api_version="v2.2",
            secret_url=url,
        )

    def list_messages(
        self, *, start: datetime, end: datetime | None = None, limit: int | None = None, page_size: int = PAGE_SIZE
    ) -> Iterator[MessageRecord]:
        """The account's messages since ``start``, newest first, fetched page by page as you go (§3.2).

        Args:
            start: earliest time, with a time zone.
            end: latest time, with a time zone; None for now.
            limit: the most records to give in all; None for every one.
            page_size: records per request.

        Raises:
            ValueError: a time without a time zone, or a limit below one.
            FlowrouteError: see :mod:`helpers.flowroute.errors`.
        """
        if start.tzinfo is None or (end is not None and end.tzinfo is None):
            raise ValueError("Times need a time zone: datetime(2026, 3, 2, tzinfo=UTC), or settings.clock.now().")
        if page_size < 1 or (limit is not None and limit < 1):
            raise ValueError("limit and page_size are at least 1.")
        return self._pages(start, end, limit, page_size)

    def _pages(
        self, start: datetime, end: datetime | None, limit: int | None, page_size: int
    ) -> Iterator[MessageRecord]:
        offset = 0
        seen: set[str] = set()
        while True:
            size = page_size if limit is None else min(page_size, limit - len(seen))
            query = {"start_date": _wire_time(start), "limit": size, "offset": offset}
            if end is not None:
                query["end_date"] = _wire_time(end + timedelta(microseconds=9_999))  # up, or the newest is missed
            items, more = self._call("GET", "/messages", read=_page, query=query)
            for record in map(message_record, items):
                # A message that arrives between two pages moves the rest down: nothing is given twice.
                if record is not None and record.id not in seen:
                    seen.add(record.id)
                    yield record
                if len(seen) == limit:
                    return
            offset += len(items)
            if not more:
                return

    def _call(
        self,
        method: str,
        path: str,
        *,
        read: Callable[[Any], T | None],
        json_body: Any = None,
        query: dict[str, Any] | None = None,
        api_version: ApiVersion | None = None,
        secret_url: str | None = None,
    ) -> T:
        """Make one request and read its answer with ``read``, which gives None where the answer is no use.

        ``api_version`` is for calls that know one version only (numbers.py); ``secret_url`` stands in the body, and is
        kept nowhere.
        """
        request = self._session.prepare_request(
            requests.Request(
                method,
                f"{BASE_URL}/{api_version or self.api_version}{path}",
                params=query,
                json=json_body,
                headers={"Accept": self._media_type(), **({"Content-Type": self._media_type()} if json_body else {})},
                auth=self._auth,
            )
        )
        response = self._send(request, secret_url)
        answer = _json_or_none(response)
        if not response.ok:
            raise api_error(response.status_code, answer)
        result = read(answer) if response.status_code < 300 else None  # redirects are not followed
        if result is None:
            raise OutcomeUnknown(
                f"Flowroute answered {response.status_code}, but not with what was asked for. {_what_next(method)}"
            )
        return result

    def _send(self, request: requests.PreparedRequest, secret_url: str | None) -> requests.Response:
        try:
            response = self._session.send(request, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as problem:
            failure = _failure(problem, request.method or "")
        except FlowrouteError as refused:
            # Said by what is mounted on the session: the live guard, or practice mode's closed door.
            failure = refused
        else:
            self._record(request, response, secret_url)
            return response
        self._record(request, None, secret_url, error=str(failure))
        # "from None" and the bare raise keep the prepared request, which carries the credentials, out of the traceback.
        raise failure from None

    def _record(
        self,
        request: requests.PreparedRequest,
        response: requests.Response | None,
        secret_url: str | None,
        *,
        error: str | None = None,
    ) -> None:
        exchange = record_exchange(request, response, mask_bodies=self._mask_bodies, error=error)
        self.last_exchange = without_path_of(secret_url, exchange) if secret_url else exchange
        self._listeners.tell(self.last_exchange)

    def _media_type(self) -> str:
        return "application/json" if self.api_version == "v2" else "application/vnd.api+json"


class _BasicAuth(AuthBase):
    """Writes the Authorization header at the last moment, so that no other object holds the key in the open."""

    def __init__(self, access_key: str, secret_key: Secret[str]) -> None:
        self._access_key = access_key.strip()
        self._secret_key = secret_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        pair = f"{self._access_key}:{self._secret_key.reveal().strip()}".encode()
        request.headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        return request


def _failure(problem: requests.RequestException, method: str) -> FlowrouteError:
    """Tell the failure that surely sent nothing from the one that may have."""
    if never_connected(problem):
        *_, cause = _causes(problem)
        return ConnectionFailed(
            f"No connection to {BASE_URL.removeprefix('https://')} could be made ({type(cause).__name__}), "
            "so nothing was sent. Check the network, and whether a firewall or proxy stands in between."
        )
    return OutcomeUnknown(f"No whole answer came ({type(problem).__name__}). {_what_next(method)}")


def never_connected(problem: requests.RequestException) -> bool:
    """Whether the connection was surely never made, so that nothing was sent."""
    never = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
    return any(isinstance(cause, never) for cause in _causes(problem))


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """The problem and what lies inside it: requests wraps urllib3's errors, which wrap the system's."""
    current: object = problem
    while isinstance(current, BaseException):
        yield current
        inner = getattr(current, "reason", None)
        current = inner if isinstance(inner, BaseException) else next(iter(current.args), None)


def _what_next(method: str) -> str:
    if method == "POST":
        return "The text may be on its way: look at the message list before you send it again."
    return "Ask again in a moment."


def _json_or_none(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):  # not JSON, or nested beyond reason
        return None


def _one_record(answer: Any) -> MessageRecord | None:
    return message_record(answer.get("data")) if isinstance(answer, dict) else None


def _page(answer: Any) -> tuple[list[Any], bool] | None:
    """The items of one page, and whether there are more."""
    items = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        return None
    links = answer.get("links")
    return items, bool(items) and isinstance(links, dict) and bool(links.get("next"))


def _wire_number(number: str | PhoneNumber) -> str:
    return number.digits if isinstance(number, PhoneNumber) else number


def _wire_time(moment: datetime) -> str:
    """``2026-03-02T17:00:00.00Z``: the documented form, two decimals (§3.2)."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 10_000:02d}Z"
