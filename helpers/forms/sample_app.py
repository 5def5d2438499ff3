"""The article's two-form sample app, whole: Example Bank with one customer, her forms, and her phone beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from helpers.accounts import Accounts
from helpers.forms.beside_forms import phone_of, requests_of
from helpers.forms.clock_knob import ClockKnob
from helpers.forms.layout import Beside, Stack
from helpers.forms.parts import Parts
from helpers.forms.sign_in import sign_in_forms, sign_in_forms_with_another_way
from helpers.forms.view import Form

CUSTOMER: Final = "ana"
PASSWORD: Final = "correct horse battery staple"  # noqa: S105 (the lessons print it)
HOME: Final = "198.51.100.7"
"""The network address that the customer signs in from (RFC 5737: reserved for examples)."""


class SampleApp(Beside):
    """The two forms, the phone, the clock, and what went to Flowroute. A cell can type into the forms and press."""

    def __init__(
        self,
        parts: Parts,
        bank: Accounts | None = None,
        *,
        another_way: bool = False,
        reply: Callable[[str], str] | None = None,
    ) -> None:
        """Show the forms for ``bank``; None opens a new one (see :func:`open_bank`).

        Args:
            another_way: whether a third form, ``other``, stands below, for signing in without a text.
            reply: texts an answer from the phone and returns the words to show; None for a phone that cannot answer.
        """
        bank = bank or open_bank(parts)
        self.phone = phone_of(parts, reply=reply)
        self.other: Form | None = None
        if another_way:
            self.sign_in, self.code, self.other = sign_in_forms_with_another_way(
                bank, client=HOME, mode=parts.mode, site=parts.origin, clock=parts.clock, messages=self.phone
            )
        else:
            self.sign_in, self.code = sign_in_forms(
                bank, client=HOME, mode=parts.mode, site=parts.origin, clock=parts.clock, messages=self.phone
            )
        self.requests = requests_of(parts)
        forms = (self.sign_in, self.code, *([self.other] if self.other else []))
        super().__init__(Stack(*forms, self.requests), Stack(self.phone, ClockKnob(parts.clock), grow=False))


def open_bank(parts: Parts, bank: Accounts | None = None) -> Accounts:
    """Example Bank's accounts with one customer, ana, whose phone is confirmed by a code that came back.

    Args:
        bank: its accounts, where they are special; the parts' own if not given.

    Raises what registering and enrolling raise: see :class:`Accounts`.
    """
    bank = bank or parts.accounts()
    bank.register(CUSTOMER, PASSWORD)
    ticket = bank.check_password(CUSTOMER, PASSWORD, client=HOME)
    enrolment = bank.enrol_phone(ticket, parts.my_number, client=HOME)
    parts.wait_for_text()
    bank.confirm_phone(ticket, enrolment.id, parts.code_from_phone())
    return bank
