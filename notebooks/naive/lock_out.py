"""WRONG ON PURPOSE, never copy. Limits that a stranger can use up for somebody else (attack 11)."""

from __future__ import annotations

from collections import Counter

from helpers import FlowrouteClient, PhoneNumber
from naive.tutorial_bank import TutorialBank

MAX_WRONG_PASSWORDS = 5
MAX_TEXTS = 5


class LockOutBank(TutorialBank):
    """The tutorial's bank, made "safe": wrong passwords lock the account, and no phone gets more than five texts."""

    def __init__(self, flowroute: FlowrouteClient, from_number: PhoneNumber) -> None:
        super().__init__(flowroute, from_number)
        self.wrong: Counter[str] = Counter()
        self.texts: Counter[str] = Counter()

    def log_in(self, name: str, password: str) -> str:
        if self.wrong[name] >= MAX_WRONG_PASSWORDS:
            return "Your account is locked. Call us."
        screen = super().log_in(name, password)
        self.wrong[name] = self.wrong[name] + 1 if screen == "Wrong password." else 0
        return screen

    def add_phone(self, name: str, phone: str) -> None:
        """The page of somebody who is new: which phone is yours? We text it a code."""
        self.send_code(name, phone)

    def send_code(self, name: str, phone: str) -> None:
        if self.texts[phone] >= MAX_TEXTS:
            raise ValueError("too many texts to this phone")
        self.texts[phone] += 1
        super().send_code(name, phone)
