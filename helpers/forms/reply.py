"""A form to answer from the practice phone: what stands in it is texted to the site's number (notebook 06)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helpers.forms.model import Action, Field, FormModel
from helpers.forms.view import Form

LONGEST_REPLY = 1600


class ReplyModel(FormModel):
    """Texts what was typed. Disabled where there is no practice phone: then your own is the one to answer from."""

    title = "Answer from Ana's phone"
    fields = (Field("body", "Text", maxlength=LONGEST_REPLY, hint="NO, STOP, UNSTOP, HELP, or anything else."),)
    actions = (Action("submit", "Send", primary=True),)

    def __init__(self, send: Callable[[str], str], **traits: Any) -> None:
        super().__init__(**traits)
        self._send = send
        if self.mode == "live":
            self.disabled, self.status = True, "Answer on your own phone."

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Send it; the field is empty after that. Raises what ``send`` raises."""
        words = self._send(values["body"])
        self.values = {"body": ""}
        return words


def reply_form(send: Callable[[str], str], **traits: Any) -> Form:
    """The form; ``send`` is called with each text and returns the words to show."""
    return Form(ReplyModel(send, **traits))
