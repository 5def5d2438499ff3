"""Signing in another way than by text: with an authenticator app, or with a recovery code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helpers.accounts import Accounts, Session, Ticket
from helpers.forms.model import Action, Field, FormModel, FormRefused
from helpers.forms.view import Form


class OtherWayModel(FormModel):
    """The second factor without a text. It is disabled until the password was right: :meth:`expect`."""

    title = "Another way"
    fields = (
        Field(
            "code",
            "Code of your authenticator app",
            kind="code",
            autocomplete="one-time-code",
            maxlength=32,
            required=False,
        ),
        # Like a password: it can be shown, and is forgotten after each press.
        Field("recovery", "Recovery code", kind="password", required=False, hint="Sixteen letters and digits; once."),
    )
    actions = (
        Action("submit", "Sign in with the app", primary=True),
        Action("recovery", "Sign in with a recovery code"),
    )

    def __init__(self, accounts: Accounts, *, client: str, waiting: str, **traits: Any) -> None:
        super().__init__(disabled=True, status=waiting, **traits)
        self._waiting = waiting
        self._accounts = accounts
        self._client = client
        self._ticket: Ticket | None = None
        self._signed_in: Callable[[Session], None] = lambda _session: None

    def expect(self, ticket: Ticket, *, signed_in: Callable[[Session], None]) -> None:
        """The password was right: from now on this ticket may be used, and ``signed_in`` gets the session."""
        self._ticket, self._signed_in = ticket, signed_in
        with self.hold_trait_notifications():
            self.disabled, self.state, self.status = False, "idle", ""

    def stop(self) -> None:
        """Somebody is signed in, or another name was typed: the ticket is over."""
        self._ticket = None
        with self.hold_trait_notifications():
            self.disabled, self.state, self.status = True, "idle", self._waiting

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Sign in. Raises what :class:`Accounts` raises."""
        assert self._ticket is not None, "the form is disabled until there is one"
        by_app = action == "submit"
        name = "code" if by_app else "recovery"
        if not values[name].strip():
            raise FormRefused("Fill this in.", field=name)
        sign_in = self._accounts.sign_in_with_totp if by_app else self._accounts.sign_in_with_recovery_code
        try:
            session = sign_in(self._ticket, values[name], client=self._client)
        finally:
            self.values = {"code": "", "recovery": ""}
        self._signed_in(session)
        return f"{signed_in_words(self._accounts, session)}{self._codes_left(session)}"

    def _codes_left(self, session: Session) -> str:
        if session.way != "recovery":
            return ""
        left = self._accounts.recovery_codes_left(session)
        return f" You have {left} recovery code{'' if left == 1 else 's'} left."


def signed_in_words(accounts: Accounts, session: Session) -> str:
    """What a person is told who has just signed in, in whichever way."""
    return f"You are signed in as {accounts.who(session)}. {session.words}".rstrip()


def other_way_form(accounts: Accounts, *, client: str, waiting: str = "First sign in above.", **traits: Any) -> Form:
    """The form, disabled with the words ``waiting`` until its model is told to expect somebody."""
    return Form(OtherWayModel(accounts, client=client, waiting=waiting, **traits))
