"""The form that sets an authenticator app up: show the QR code, take the first code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helpers.accounts import Accounts, Session
from helpers.alternatives import TotpSetup
from helpers.forms.model import NOTHING, Action, Field, FormModel, HandOut
from helpers.forms.view import Form


class AuthenticatorAppModel(FormModel):
    """Begins a setup and confirms it. The secret goes to the screen in a message, and is in no trait."""

    title = "Authenticator app"
    fields = (
        Field(
            "code",
            "Code of the app",
            kind="code",
            autocomplete="one-time-code",
            maxlength=32,
            hint="Show the QR code, scan it with the app, and type the six digits that the app shows.",
        ),
    )
    actions = (Action("submit", "Check the code", primary=True), Action("begin", "Show the QR code"))

    def __init__(self, accounts: Accounts, session: Callable[[], Session], *, client: str, **traits: Any) -> None:
        super().__init__(**traits)
        self.setup: TotpSetup | None = None
        """What is waiting for its first code; its secret is hidden in every repr."""
        self._accounts = accounts
        self._session = session
        self._client = client

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Show a new secret, or check its first code. Raises what :class:`Accounts` raises."""
        if action == "begin":
            self.setup = self._accounts.add_totp(self._session(), client=self._client)
            self.hand_out(_on_the_screen(self.setup))
            return f"Scan it within ten minutes, by {self.setup.expires_at:%H:%M:%S} UTC, and type the app's code."
        try:
            self._accounts.confirm_totp(self._session(), values["code"], client=self._client)
        finally:
            self.values = {"code": ""}
        self.setup = None
        self.hand_out(NOTHING)
        return "Your authenticator app is set up. Next time you can sign in with it, without a text."


def authenticator_app_form(accounts: Accounts, session: Callable[[], Session], *, client: str, **traits: Any) -> Form:
    """The form, for whoever ``session`` says is signed in.

    Args:
        session: called at each press; raises what should be shown where nobody is signed in.
    """
    return Form(AuthenticatorAppModel(accounts, session, client=client, **traits))


def _on_the_screen(setup: TotpSetup) -> HandOut:
    return HandOut(
        "Scan this with your authenticator app. If you cannot, type the letters below into it.",
        lines=(setup.by_hand.reveal(),),
        picture=setup.qr_data_uri(),
        picture_words=setup.title,
    )
