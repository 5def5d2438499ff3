"""Notebook 01's form: keys, number and mode, into ``.env``. A secret goes in and is never shown again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from helpers.forms.model import Action, Field, FormModel, FormRefused, Look
from helpers.forms.view import Form
from helpers.phone_numbers import PhoneNumber, PhoneNumberError

_VARIABLES: Final = {
    "mode": "FLOWROUTE_MODE",
    "access_key": "FLOWROUTE_ACCESS_KEY",
    "secret_key": "FLOWROUTE_SECRET_KEY",
    "number": "FLOWROUTE_NUMBER",
    "recipients": "FLOWROUTE_ALLOWED_RECIPIENTS",
    "daily_cap": "FLOWROUTE_DAILY_CAP",
}
_MODES: Final = (("practice", "practice: no account, no cost"), ("live", "live: real texts, real money"))
CODE_KEY: Final = "TWO_FACTOR_CODE_KEY"


class CredentialsModel(FormModel):
    """Checks what was typed and hands the variables to ``save``. A field left empty keeps what the file has."""

    title = "Your .env"
    fields = (
        Field("mode", "Mode", kind="select", options=_MODES),
        Field(
            "access_key",
            "Access Key",
            required=False,
            looked_at=True,
            hint="Eight digits, from the portal's API Control page.",
        ),
        Field(
            "secret_key",
            "Secret Key",
            kind="password",
            required=False,
            hint="It goes into the file and is never shown again.",
        ),
        Field("number", "Your Flowroute number", kind="tel", required=False, hint="The number texts are sent from."),
        Field(
            "recipients",
            "Phones that may be texted",
            required=False,
            looked_at=True,
            hint="Your own phone first. Commas between several. Nobody else is ever texted.",
        ),
        Field(
            "daily_cap",
            "Live texts a day, at most",
            required=False,
            looked_at=True,
            hint="20 unless you say otherwise.",
        ),
    )
    actions = (Action("save", "Save to .env", primary=True),)

    def __init__(
        self,
        *,
        save: Callable[[Mapping[str, str]], Path],
        variables: Callable[[], Mapping[str, str]],
        new_code_key: Callable[[], str],
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._save = save
        self._variables = variables
        self._new_code_key = new_code_key
        # The list starts at what the file says: whoever changes the cap alone must not change the mode with it.
        mode = variables().get("FLOWROUTE_MODE", "").strip().lower()
        chosen = mode if mode in dict(_MODES) else "practice"
        self.fields = (replace(self.fields[0], value=chosen), *self.fields[1:])

    def look(self, name: str, text: str) -> Look | None:
        """Whether the field could be saved as it stands; what is saved says it again."""
        if not text.strip():
            return None
        try:
            checked = _checked(name, text.strip())
        except FormRefused as refusal:
            return Look(good=False, words=refusal.user_message)
        if name == "access_key" and not (checked.isascii() and checked.isdigit() and len(checked) == 8):
            return Look(good=False, words="An Access Key has eight digits.")
        return Look(good=True, words=_as_written(name, checked))

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Save what was filled in. Raises FormRefused for a field, SettingsError where the file cannot be written."""
        typed = {_VARIABLES[name]: _checked(name, text.strip()) for name, text in values.items() if text.strip()}
        if not self._variables().get(CODE_KEY):
            typed[CODE_KEY] = self._new_code_key()
        path = self._save(typed)
        return (
            f"Saved in {path.name}: {', '.join(sorted(typed))}. Only you can read the file; what else stood in it was "
            "kept. Run the notebook's first cell again to use it."
        )


def credentials_form(
    *,
    save: Callable[[Mapping[str, str]], Path],
    variables: Callable[[], Mapping[str, str]],
    new_code_key: Callable[[], str],
) -> Form:
    """The form, for ``helpers.settings``' ``save_env``, ``read_variables`` and ``new_code_key``."""
    return Form(CredentialsModel(save=save, variables=variables, new_code_key=new_code_key))


def _checked(name: str, text: str) -> str:
    if name == "number":
        return _number(name, text).e164
    if name == "recipients":
        phones = [_number(name, part, textable=True) for part in text.replace(";", ",").split(",") if part.strip()]
        return ",".join(phone.e164 for phone in phones)
    if name == "daily_cap" and not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 1000):
        raise FormRefused("Write a whole number from 1 to 1000.", field=name)
    if name in ("access_key", "secret_key") and any(character.isspace() for character in text):
        raise FormRefused("A key has no spaces inside. Copy it again from the portal.", field=name)
    if name == "access_key" and not (text.isascii() and text.isdigit()):
        raise FormRefused("An Access Key has digits alone. Copy it again from the portal.", field=name)
    return text


def _as_written(name: str, checked: str) -> str:
    """What will be saved, as people write it."""
    if name in ("number", "recipients"):
        return ", ".join(PhoneNumber.parse(number).national for number in checked.split(","))
    return {"access_key": "Eight digits", "daily_cap": f"At most {checked} a day"}[name]


def _number(name: str, text: str, *, textable: bool = False) -> PhoneNumber:
    try:
        number = PhoneNumber.parse(text)
        return number.require_textable() if textable else number
    except PhoneNumberError as problem:
        raise FormRefused(problem.user_message, field=name) from None
