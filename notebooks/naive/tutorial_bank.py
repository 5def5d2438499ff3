"""WRONG ON PURPOSE, never copy. Signing in with a code by text, as many tutorials have it (attacks 1, 4, 6-8, 12)."""

from __future__ import annotations

import random
import re

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from helpers import FlowrouteClient, PhoneNumber

hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's least: this part is in order


class TutorialBank:
    """Two pages: user name and password; then the code from the text."""

    def __init__(self, flowroute: FlowrouteClient, from_number: PhoneNumber) -> None:
        self.flowroute = flowroute
        self.from_number = from_number
        self.users: dict[str, dict[str, str]] = {}
        self.codes: dict[str, int] = {}

    def sign_up(self, name: str, password: str, phone: str) -> None:
        self.users[name] = {"password": hasher.hash(password), "phone": phone}

    def log_in(self, name: str, password: str) -> str:
        """The first page. What it returns stands on the screen."""
        if name not in self.users:
            return "Unknown user."
        try:
            hasher.verify(self.users[name]["password"], password)
        except VerifyMismatchError:
            return "Wrong password."
        self.send_code(name, self.users[name]["phone"])
        return "We sent you a code."

    def send_code(self, name: str, phone: str) -> None:
        """Behind the button "Send again", which posts the hidden fields ``name`` and ``phone`` of the page."""
        if not re.match(r"^\d{11}$", phone):
            raise ValueError("must be 11 digits")
        code = random.randint(100000, 999999)  # noqa: S311
        self.codes[name] = code
        self.flowroute.send_message(to=phone, from_=self.from_number, body=f"Your code is {code}")

    def verify(self, name: str, typed: str) -> bool:
        """The second page."""
        return str(self.codes[name]) == typed
