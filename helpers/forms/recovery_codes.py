"""The form that makes recovery codes and shows them, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helpers.accounts import Accounts, Session
from helpers.forms.model import NOTHING, Action, FormModel, HandOut
from helpers.forms.view import Form


class RecoveryCodesModel(FormModel):
    """Makes ten codes. They go to the screen in a message, and are in no trait."""

    title = "Recovery codes"
    notice = (
        "Ten codes for the day you have no phone. Each works once. Print them, or write them down, and keep them where "
        "you keep your passport. New ones end the old ones."
    )
    actions = (Action("submit", "Make ten codes", primary=True), Action("hide", "I have them: hide them"))

    def __init__(self, accounts: Accounts, session: Callable[[], Session], *, client: str, **traits: Any) -> None:
        super().__init__(**traits)
        self._accounts = accounts
        self._session = session
        self._client = client

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Make them, or take them off the screen. Raises what :class:`Accounts` raises."""
        if action == "hide":
            self.hand_out(NOTHING)
            left = self._accounts.recovery_codes_left(self._session())
            return f"You have {left} recovery code{'' if left == 1 else 's'}."
        made = self._accounts.new_recovery_codes(self._session(), client=self._client)
        self.hand_out(HandOut("Your recovery codes. You will not see them again.", lines=tuple(made.lines())))
        return f"{len(made.codes)} new codes are on the screen, this once. Older ones no longer work."


def recovery_codes_form(accounts: Accounts, session: Callable[[], Session], *, client: str, **traits: Any) -> Form:
    """The form, for whoever ``session`` says is signed in.

    Args:
        session: called at each press; raises what should be shown where nobody is signed in.
    """
    return Form(RecoveryCodesModel(accounts, session, client=client, **traits))
