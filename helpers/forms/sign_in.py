"""The article's two forms: user name and password, then the code. Together they are the two factors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from helpers.accounts import Accounts, PendingSignIn, Session
from helpers.forms.code import CodeModel, code_model
from helpers.forms.model import Action, Field, FormModel
from helpers.forms.other_way import OtherWayModel, signed_in_words
from helpers.forms.view import Form

WAITING: Final = "First sign in above."


class SignInModel(FormModel):
    """The first factor. A right password texts a code to the saved phone and wakes the code form.

    With ``other``, it also wakes the form for another way: on request, or because texts are switched off.
    """

    title = "Sign in"
    fields = (
        Field("name", "User name", autocomplete="username"),
        Field("password", "Password", kind="password", autocomplete="current-password"),
    )
    actions = (Action("submit", "Sign in", primary=True, texts=True),)

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
        began = self.now_ms()
        self._pending = self._accounts.send_code(ticket, client=self._client)
        self._code.expect(
            check=self._finish, resend=self._send_again, verification=self._pending.verification, since_ms=began
        )
        return f"Password right. {self._pending.words} Type it below."

    def _finish(self, code: str) -> str:
        self.session = self._accounts.sign_in(self._expected(), code, client=self._client)
        if self._other is not None:
            self._other.stop()
        self.status = "Password right, and the code too."
        return signed_in_words(self._accounts, self.session)

    def _keep(self, session: Session) -> None:
        """Somebody came in without a text."""
        self.session = session
        self._code.stop()
        self.status = "Password right. You came in another way."

    def _send_again(self) -> str:
        self._pending = self._accounts.resend_code(self._expected())
        self._code.count_down(self._pending.verification)
        return f"{self._pending.words} The older code no longer works."

    def _expected(self) -> PendingSignIn:
        assert self._pending is not None, "the code form is disabled until there is one"
        return self._pending


def sign_in_forms(accounts: Accounts, *, client: str, **options: Any) -> tuple[Form, Form]:
    """The sign-in form and its code form. ``options``: see :func:`code_model`."""
    code = code_model(WAITING, options)
    return Form(SignInModel(accounts, code, client=client, **options)), Form(code)


def sign_in_forms_with_another_way(accounts: Accounts, *, client: str, **options: Any) -> tuple[Form, Form, Form]:
    """The sign-in form, its code form, and the form for signing in without a text."""
    code = code_model(WAITING, options)
    other = OtherWayModel(accounts, client=client, waiting=WAITING, site=options.get("site", ""), mode=code.mode)
    return Form(SignInModel(accounts, code, client=client, other=other, **options)), Form(code), Form(other)
