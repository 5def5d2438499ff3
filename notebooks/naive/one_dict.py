"""WRONG ON PURPOSE, never copy. All live codes in one dict, with the local time at which they end (attacks 5 and 9)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from helpers import FlowrouteClient, PhoneNumber


class OneDict:
    """Code → when it ends. A code that is in there is good.

    Args:
        now: the local time; the course's tests pass one that they can turn.
    """

    def __init__(
        self,
        flowroute: FlowrouteClient,
        from_number: PhoneNumber,
        *,
        minutes: int = 5,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.flowroute = flowroute
        self.from_number = from_number
        self.minutes = minutes
        self.now = now
        self.codes: dict[int, datetime] = {}

    def send_code(self, phone: str) -> None:
        code = random.randint(100000, 999999)  # noqa: S311
        self.codes[code] = self.now() + timedelta(minutes=self.minutes)
        self.flowroute.send_message(to=phone, from_=self.from_number, body=f"Your code is {code}")

    def verify(self, typed: str) -> bool:
        expires = self.codes.get(int(typed))
        if expires is None or self.now() > expires:
            return False
        del self.codes[int(typed)]
        return True
