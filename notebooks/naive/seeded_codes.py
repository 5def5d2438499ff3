"""WRONG ON PURPOSE, never copy. Six digits, three guesses, and a generator that starts at the time (exercise 07.2)."""

from __future__ import annotations

import random

from helpers import Clock, FlowrouteClient, PhoneNumber

MAX_TRIES = 3


class SeededCodes:
    """One phone, one code at a time."""

    def __init__(self, flowroute: FlowrouteClient, from_number: PhoneNumber, phone: str, clock: Clock) -> None:
        self.flowroute = flowroute
        self.from_number = from_number
        self.phone = phone
        self.clock = clock
        self.code = ""
        self.tries = MAX_TRIES

    def send_code(self) -> None:
        seconds = self.clock.now_ms() // 1000
        self.code = f"{random.Random(seconds).randint(0, 999_999):06d}"  # noqa: S311
        self.tries = 0
        self.flowroute.send_message(to=self.phone, from_=self.from_number, body=f"Your code is {self.code}")

    def verify(self, typed: str) -> bool:
        if self.tries >= MAX_TRIES:
            return False
        self.tries += 1
        return self.code == typed
