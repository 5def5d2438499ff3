"""WRONG ON PURPOSE, never copy. Three tries for each code, and as many codes as you like (attack 2)."""

from __future__ import annotations

import random

from helpers import FlowrouteClient, PhoneNumber

MAX_TRIES = 3


class ThreeTries:
    """One phone, one code at a time."""

    def __init__(self, flowroute: FlowrouteClient, from_number: PhoneNumber, phone: str) -> None:
        self.flowroute = flowroute
        self.from_number = from_number
        self.phone = phone
        self.send_code()

    def send_code(self) -> None:
        """Also behind the button "Send again"."""
        self.code = random.randint(999, 9999)  # noqa: S311
        self.tries = 0
        self.flowroute.send_message(to=self.phone, from_=self.from_number, body=f"Your code is {self.code}")

    def verify(self, typed: str) -> bool:
        if self.tries >= MAX_TRIES:
            return False
        self.tries += 1
        return str(self.code) == typed
