"""Adding a phone: what a number is worth, then the number, then the code that confirms it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from helpers.accounts import Accounts, Ticket
from helpers.alternatives import RESTRICTED_NOTICE
from helpers.forms.beside_forms import phone_of, requests_of
from helpers.forms.clock_knob import ClockKnob
from helpers.forms.code import CodeModel, code_model
from helpers.forms.layout import Beside, Stack
from helpers.forms.parts import Parts
from helpers.forms.phone_number import PhoneNumberModel
from helpers.forms.sample_app import HOME, PASSWORD
from helpers.forms.view import Form
from helpers.phone_numbers import PhoneNumber
from helpers.verification import Verification

NEW_CUSTOMER: Final = "ben"
"""Has a password, and no phone yet."""


class EnrolModel(PhoneNumberModel):
    """Texts the number its one code and wakes the code form.

    The notice stands above the field (NIST SP 800-63B-4 §3.2.9): it is read before the number is typed.
    """

    notice = RESTRICTED_NOTICE

    def __init__(
        self, accounts: Accounts, ticket: Callable[[], Ticket], code: CodeModel, *, client: str, **options: Any
    ) -> None:
        super().__init__(self._ask_for_code, title="Add your phone", action="Text me a code", texts=True, **options)
        self.phone: PhoneNumber | None = None
        """The phone, once a code has confirmed it."""
        self._accounts = accounts
        self._ticket = ticket
        self._code = code
        self._client = client

    def _ask_for_code(self, number: PhoneNumber) -> str:
        return f"{self._text(number)} Type it below."

    def _text(self, number: PhoneNumber) -> str:
        began = self.now_ms()
        verification = self._accounts.enrol_phone(self._ticket(), number, client=self._client)

        def confirm(code: str) -> str:
            self.phone = self._accounts.confirm_phone(self._ticket(), verification.id, code, client=self._client)
            self.status = "Your phone is confirmed."
            return f"Your phone ending in {self.phone.last_two} is confirmed. Next time we text your code to it."

        def again() -> str:
            return f"{self._text(number)} The older code no longer works."

        self._code.expect(check=confirm, resend=again, verification=verification, since_ms=began)
        return _words(verification)


def enrol_forms(accounts: Accounts, ticket: Callable[[], Ticket], *, client: str, **options: Any) -> tuple[Form, Form]:
    """The form for the number and its code form. ``options`` are those of :func:`code_model`.

    Args:
        ticket: called at each press; raises what should be shown where no password was given.
    """
    code = code_model("First type your number above.", options)
    code.title = "Confirm your phone"
    return Form(EnrolModel(accounts, ticket, code, client=client, **options)), Form(code)


class AddPhone(Beside):
    """Example Bank's page for a customer who has a password and no phone yet, and a phone to add. In practice alone."""

    def __init__(self, parts: Parts) -> None:
        """Open an account without a phone and show the forms.

        Raises:
            ValueError: ``parts`` are live. There you add your own phone, and the course does it in code cells.
        """
        if parts.mode != "practice":
            raise ValueError("This page is for practice alone: give it settings.for_practice().")
        bank = parts.accounts()
        bank.register(NEW_CUSTOMER, PASSWORD)
        self.phone = phone_of(parts)
        self.number, self.code = enrol_forms(
            bank,
            lambda: bank.check_password(NEW_CUSTOMER, PASSWORD, client=HOME),
            client=HOME,
            site=parts.origin,
            clock=parts.clock,
            messages=self.phone,
        )
        super().__init__(
            Stack(self.number, self.code, requests_of(parts)), Stack(self.phone, ClockKnob(parts.clock), grow=False)
        )


def _words(verification: Verification) -> str:
    tried = "We tried to text" if verification.delivery == "unknown" else "We texted"
    return f"{tried} a code to the phone ending in {verification.phone.last_two}."
