"""Notebook 00's form: join a class with one line from the teacher, and leave it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from helpers.forms.model import Action, Field, FormModel, FormRefused
from helpers.forms.view import Form

VARIABLE: Final = "FLOWROUTE_SIMULATOR_URL"
_JOIN: Final = Action("join", "Join the class", primary=True)
_LEAVE: Final = Action("leave", "Leave the class")


_IN_ONE: Final = "You are in a class. With another address you change to another seat."
_LIVE: Final = "Your .env says live, and a class is practice. Choose practice in the form of notebook 01 first."


class JoinClassModel(FormModel):
    """Asks the class who sits there, and keeps the address in ``.env`` if it answers."""

    title = "Join a class"
    fields = (
        # Not kept in the form: with it anybody could send texts from this seat.
        Field("address", "Class address", hint="One line from your teacher. It begins with http://."),
    )

    def __init__(
        self,
        *,
        ask: Callable[[str], str],
        save: Callable[[Mapping[str, str]], Path],
        leave: Callable[[str], Path],
        variables: Callable[[], Mapping[str, str]],
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._ask = ask
        self._save = save
        self._leave = leave
        self._variables = variables
        self.actions = (_JOIN,)
        if variables().get(VARIABLE, "").strip():
            self.notice, self.actions = _IN_ONE, (_JOIN, _LEAVE)

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Join or leave. Raises FormRefused; SettingsError where the file cannot be written."""
        return self._go() if action == "leave" else self._come(values["address"].strip())

    def _come(self, address: str) -> str:
        if self._variables().get("FLOWROUTE_MODE", "").strip().lower() == "live":
            raise FormRefused(_LIVE)
        try:
            name = self._ask(address)
        except Exception as problem:
            words = getattr(problem, "user_message", None)
            if not isinstance(words, str):
                raise
            raise FormRefused(f"{words} Nothing was saved.", field="address") from None
        path = self._save({VARIABLE: address})
        self.values = {"address": ""}
        return (
            f"You are {name}. Notebooks 02 to 04 text over the class's network now: choose Run → Run All Cells there, "
            f"also where you did before. (The address is in {path.name}. To leave the class, run this cell again.)"
        )

    def _go(self) -> str:
        path = self._leave(VARIABLE)
        return (
            f"You have left the class: its line is gone from {path.name}. In open notebooks choose Run → Run All Cells."
        )


def join_class_form(
    *,
    ask: Callable[[str], str],
    save: Callable[[Mapping[str, str]], Path],
    leave: Callable[[str], Path],
    variables: Callable[[], Mapping[str, str]],
) -> Form:
    """The form, for :func:`helpers.shared_network.ask_class`, and ``helpers.settings``' ``save_env``,
    ``remove_from_env`` and ``read_variables``.

    Args:
        ask: asks the class at an address, and returns the name of whoever sits there.
        save: writes variables into ``.env``.
        leave: takes a variable out of it.
        variables: what is set now. Where that names a class, the form has a button to leave it.
    """
    return Form(JoinClassModel(ask=ask, save=save, leave=leave, variables=variables))
