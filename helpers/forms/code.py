"""The code form: one field for the six digits, and *Send a new code*."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helpers.errors import CourseError
from helpers.forms.base import Action, Field, Form, FormModel


class CodeModel(FormModel):
    """Hands the code on. It is disabled until a code was sent: call :meth:`expect`."""

    title = "Your code"
    fields = (Field("code", "Code", kind="code", autocomplete="one-time-code", maxlength=32, hint="From the text."),)
    actions = (Action("submit", "Check the code", primary=True), Action("resend", "Send a new code"))

    def __init__(self, *, waiting: str, **traits: Any) -> None:
        super().__init__(disabled=True, status=waiting, **traits)
        self._check: Callable[[str], str] | None = None
        self._resend: Callable[[], str] | None = None

    def expect(self, *, check: Callable[[str], str], resend: Callable[[], str]) -> None:
        """A code was sent: from now on ``check`` and ``resend`` are called; each returns the words to show."""
        self._check, self._resend = check, resend
        with self.hold_trait_notifications():
            self.disabled, self.state, self.status = False, "idle", ""

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Check, or send a new one. Raises what the two callables raise."""
        if self._check is None or self._resend is None:
            raise CodeNotExpected
        if action == "resend":
            return self._resend()
        try:
            return self._check(values["code"])
        finally:
            self.values = {"code": ""}


class CodeNotExpected(CourseError):
    """Nobody has sent a code yet."""

    user_message = "No code has been sent yet."


def code_form(*, waiting: str = "First ask for a code above.", **traits: Any) -> Form:
    """The form, disabled with the words ``waiting`` until its model is told to expect a code."""
    return Form(CodeModel(waiting=waiting, **traits))
