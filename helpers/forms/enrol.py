"""Adding a phone: what a number is worth, then the number, then the code that confirms it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.accounts import Accounts, Ticket
from helpers.alternatives import RESTRICTED_NOTICE
from helpers.forms.base import Form
from helpers.forms.code import CodeModel
from helpers.forms.phone_number import PhoneNumberModel
from helpers.phone_numbers import PhoneNumber
from helpers.verification import Verification


class EnrolModel(PhoneNumberModel):
    """Texts the number its one code and wakes the code form.

    The notice stands above the field (NIST SP 800-63B-4 §3.2.9): it is read before the number is typed.
    """

    notice = RESTRICTED_NOTICE

    def __init__(
        self, accounts: Accounts, ticket: Callable[[], Ticket], code: CodeModel, *, client: str, **traits: Any
    ) -> None:
        super().__init__(self._text, title="Add your phone", action="Text me a code", **traits)
        self.phone: PhoneNumber | None = None
        """The phone, once a code has confirmed it."""
        self._accounts = accounts
        self._ticket = ticket
        self._code = code
        self._client = client

    def _text(self, number: PhoneNumber) -> str:
        verification = self._accounts.enrol_phone(self._ticket(), number, client=self._client)

        def confirm(code: str) -> str:
            self.phone = self._accounts.confirm_phone(self._ticket(), verification.id, code, client=self._client)
            return f"Your phone ending in {self.phone.last_two} is confirmed. Next time we text your code to it."

        self._code.expect(check=confirm, resend=lambda: self._text(number))
        return _words(verification)


def enrol_forms(accounts: Accounts, ticket: Callable[[], Ticket], *, client: str, **traits: Any) -> tuple[Form, Form]:
    """The form for the number and its code form.

    Args:
        ticket: called at each press; raises what should be shown where no password was given.
    """
    code = CodeModel(waiting="First type your number above.", **traits)
    return Form(EnrolModel(accounts, ticket, code, client=client, **traits)), Form(code)


def _words(verification: Verification) -> str:
    tried = "We tried to text" if verification.delivery == "unknown" else "We texted"
    return f"{tried} a code to the phone ending in {verification.phone.last_two}. Type it below."
