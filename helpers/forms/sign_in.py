"""The article's two forms: user name and password, then the code. Together they are the two factors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpers.accounts import Accounts, PendingSignIn, Session
from helpers.forms.base import Action, Field, Form, FormModel
from helpers.forms.code import CodeModel
from helpers.forms.other_way import OtherWayModel, signed_in_words


class SignInModel(FormModel):
    """The first factor. A right password texts a code to the saved phone and wakes the code form.

    With ``other``, it also wakes the form for another way: on request, or because texts are switched off.
    """

    title = "Sign in"
    fields = (
        Field("name", "User name", autocomplete="username"),
        Field("password", "Password", kind="password", autocomplete="current-password"),
    )
    actions = (Action("submit", "Sign in", primary=True),)

    def __init__(
        self, accounts: Accounts, code: CodeModel, *, client: str, other: OtherWayModel | None = None, **traits: Any
    ) -> None:
        super().__init__(**traits)
        self.session: Session | None = None
        """Set once both factors were shown."""
        self._accounts = accounts
        self._code = code
        self._other = other
        self._client = client
        self._pending: PendingSignIn | None = None

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Check the password and send the code. Raises what :class:`Accounts` raises."""
        ticket = self._accounts.check_password(values["name"], values["password"], client=self._client)
        if self._other is not None and self._accounts.ways(ticket).without_sms:
            self._other.expect(ticket, signed_in=self._keep)
        self._pending = self._accounts.send_code(ticket, client=self._client)
        self._code.expect(check=self._finish, resend=self._send_again)
        return f"Password right. {self._pending.words} Type it below."

    def _finish(self, code: str) -> str:
        self.session = self._accounts.sign_in(self._expected(), code, client=self._client)
        if self._other is not None:
            self._other.stop()
        return signed_in_words(self._accounts, self.session)

    def _keep(self, session: Session) -> None:
        self.session = session

    def _send_again(self) -> str:
        self._pending = self._accounts.resend_code(self._expected())
        return f"{self._pending.words} The older code no longer works."

    def _expected(self) -> PendingSignIn:
        assert self._pending is not None, "the code form is disabled until there is one"
        return self._pending


def sign_in_forms(accounts: Accounts, *, client: str, **traits: Any) -> tuple[Form, Form]:
    """The sign-in form and its code form."""
    code = CodeModel(waiting="First sign in above.", **traits)
    return Form(SignInModel(accounts, code, client=client, **traits)), Form(code)


def sign_in_forms_with_another_way(accounts: Accounts, *, client: str, **traits: Any) -> tuple[Form, Form, Form]:
    """The sign-in form, its code form, and the form for signing in without a text."""
    code = CodeModel(waiting="First sign in above.", **traits)
    other = OtherWayModel(accounts, client=client, waiting="First sign in above.", **traits)
    return Form(SignInModel(accounts, code, client=client, other=other, **traits)), Form(code), Form(other)
