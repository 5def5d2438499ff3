"""The guard in front of the real network: in live mode every request passes here before it leaves the machine.

Two rules stand in the transport, where no caller can forget them: only phones on the allow-list are texted, and only so
many a day. The day's count is written to the database before the text is sent, by the machine's own time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from sqlalchemy import Column, Integer, MetaData, String, Table
from urllib3.util.retry import Retry

from helpers.clock import Clock
from helpers.database import DatabaseUnavailable, open_database, transaction, upsert
from helpers.flowroute.errors import LiveGuardRefused
from helpers.phone_numbers import PhoneNumber, PhoneNumberError

_tables = MetaData()
_days = Table(
    "live_sends",
    _tables,
    Column("day", String, primary_key=True),  # UTC date
    Column("sent", Integer, nullable=False),
)

# urllib3 repeats a POST only where the connection was never made; read=0 and status=0 say so aloud. An answer with a
# Retry-After is an answer like any other: the caller gets it and decides.
_RETRY = Retry(connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.5, respect_retry_after_header=False)


class LiveGuard(HTTPAdapter):
    """A requests transport adapter that lets a send through only if the allow-list and the daily cap agree.

    Args:
        allowed: the phones that may be texted.
        daily_cap: texts per UTC day, all phones together.
        database_url: where the day's count is kept.
        clock: real time; tests pass another.
    """

    def __init__(self, *, allowed: Collection[PhoneNumber], daily_cap: int, database_url: str, clock: Clock) -> None:
        if daily_cap < 1:
            raise ValueError("daily_cap is at least 1; to send nothing, stay in practice mode.")
        super().__init__(max_retries=_RETRY)
        self._allowed = frozenset(allowed)
        self._daily_cap = daily_cap
        self._engine = open_database(database_url, _tables)
        self._clock = clock

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Check, count, then send.

        Raises:
            LiveGuardRefused: not on the allow-list, the day's cap is used up, or the count cannot be written.
        """
        if request.method != "GET":
            self._check_recipient(request)
            self._count_one()
        return super().send(request, stream, timeout, verify, cert, proxies)

    def _check_recipient(self, request: PreparedRequest) -> None:
        path = urlsplit(request.url or "").path
        if request.method != "POST" or not path.rstrip("/").endswith("/messages"):
            raise LiveGuardRefused(
                f"This course changes nothing on a live account but sending texts; not {request.method}."
            )
        recipient = _recipient(request.body)
        if recipient is None:
            raise LiveGuardRefused("In live mode the to number must be a whole, valid number. Nothing was sent.")
        if recipient not in self._allowed:
            raise LiveGuardRefused(
                f"The phone ending in {recipient.last_two} is not on your allow-list. To text it, add it to "
                "FLOWROUTE_ALLOWED_RECIPIENTS in .env. Nothing was sent."
            )

    def _count_one(self) -> None:
        today = f"{datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC):%Y-%m-%d}"
        try:
            with transaction(self._engine) as connection:
                row = upsert(connection, _days).values(day=today, sent=1)
                one_more, room = {"sent": _days.c.sent + 1}, _days.c.sent < self._daily_cap
                count = row.on_conflict_do_update(index_elements=[_days.c.day], set_=one_more, where=room)
                counted = connection.execute(count.returning(_days.c.sent)).scalar_one_or_none()
        except DatabaseUnavailable as problem:
            raise LiveGuardRefused(f"The day's texts cannot be counted, so nothing was sent. {problem}") from None
        if counted is None:
            raise LiveGuardRefused(
                f"Today's {self._daily_cap} live texts are used up. They come back at midnight UTC; or raise "
                "FLOWROUTE_DAILY_CAP in .env. Nothing was sent."
            )


def _recipient(body: Any) -> PhoneNumber | None:
    try:
        message = json.loads(body)
        if "data" in message and "to" in message:
            return None  # two answers to "who gets it?": no telling which one Flowroute would take
        message = message["data"]["attributes"] if "data" in message else message
        return PhoneNumber.parse("+" + str(message["to"]).lstrip("+"))
    except (ValueError, TypeError, KeyError, PhoneNumberError):
        return None
