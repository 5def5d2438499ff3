"""A form for one phone number: to look at it (notebook 03), or to enrol it (notebook 04)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helpers.forms.model import Action, Field, FormModel, FormRefused
from helpers.forms.view import Form
from helpers.phone_numbers import PhoneNumber, PhoneNumberError


class PhoneNumberModel(FormModel):
    """Reads the number, then does with it what the notebook says (``use`` returns the words to show)."""

    fields = (
        Field("number", "Phone number", kind="tel", autocomplete="tel", hint="As you would write it: (206) 555-0100."),
    )

    def __init__(
        self,
        use: Callable[[PhoneNumber], str],
        *,
        title: str = "Phone number",
        action: str = "Check",
        texts: bool = False,
        **options: Any,
    ) -> None:
        """``texts``: whether ``use`` sends one. ``options`` are those of :class:`FormModel`."""
        super().__init__(title=title, **options)
        self.actions = (Action("submit", action, primary=True, texts=texts),)
        self._use = use

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Use the number. Raises FormRefused, and whatever ``use`` raises."""
        try:
            return self._use(PhoneNumber.parse(values["number"]))
        except PhoneNumberError as problem:
            raise FormRefused(problem.user_message, field="number") from None


def look_at(number: PhoneNumber) -> str:
    """What a parser sees in a number, and what Flowroute gets."""
    words = f"{number.national}: a {number.kind.value} number of {number.region}. Flowroute gets {number.digits}."
    number.require_textable()
    return words


def phone_number_form(use: Callable[[PhoneNumber], str] = look_at, **traits: Any) -> Form:
    """The form; ``use`` is called with every number that can be read."""
    return Form(PhoneNumberModel(use, **traits))
