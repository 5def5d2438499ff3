"""Notebook 01's form: the article's Figure 1. An area code, an exchange, a number with its price, and a text from it.

Each step is a form of its own, since what it offers depends on the step before. Another choice above takes away what
stands below. It is for practice alone: a purchase is real money, and live mode makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from helpers.flowroute import FlowrouteClient, FlowrouteError, Forbidden, NumberOnSale, NumbersClient
from helpers.forms.beside_forms import phone_of, requests_of
from helpers.forms.layout import Beside, Stack
from helpers.forms.model import Action, Field, FormModel, FormRefused
from helpers.forms.parts import Parts
from helpers.forms.view import Form
from helpers.phone_numbers import PhoneNumber

T = TypeVar("T")

OFFERED = 10
REGISTERED = (
    "Registered, at once, because this is practice. With a real account you do it in the portal, and it takes days. "
    "Now send again."
)
TAKEN = "Flowroute took the message. It is on the phone in a moment."
TAKEN_IN_VAIN = "Flowroute took the message, but it will not arrive: the number is not registered. Watch the phone."
NOT_YET = "Messaging is turned on some seconds after the purchase. Wait a moment, and press again."
NEVER = "Messaging could not be turned on for this number. Choose another one above."


class ChoiceModel(FormModel):
    """One list and one button. ``use`` gets what was chosen and returns the words to show."""

    def __init__(
        self,
        use: Callable[[str], str],
        *,
        title: str,
        label: str,
        options: Sequence[tuple[str, str]],
        action: str,
        chosen: str = "",
        **traits: Any,
    ) -> None:
        super().__init__(title=title, **traits)
        known = chosen if chosen in dict(options) else ""
        self.fields = (Field("choice", label, kind="select", options=tuple(options), value=known),)
        self.actions = (Action("submit", action, primary=True),)
        self._use = use

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Use what was chosen. Raises FormRefused in the words for developers: this form is for them."""
        if values["choice"] not in dict(self.fields[0].options):
            raise FormRefused("Choose one of the list.", field="choice")
        try:
            return self._use(values["choice"])
        except FlowrouteError as error:
            raise FormRefused(str(error), field="choice") from None


class NewNumberModel(FormModel):
    """The number that was bought: register it, and send a text from it."""

    title = "4 · Your new number"
    fields = (Field("message", "Message", kind="textarea", value="Hello from my new number!"),)
    actions = (Action("send", "Send a text", primary=True, texts=True), Action("register", "Register the number"))

    def __init__(
        self,
        number: PhoneNumber,
        *,
        client: FlowrouteClient,
        to: PhoneNumber,
        register: Callable[[PhoneNumber], None],
        refused: str = NOT_YET,
        **traits: Any,
    ) -> None:
        """``refused`` is what to do when Flowroute takes no message from the number."""
        super().__init__(**traits)
        self._refused = refused
        self._number = number
        self._client = client
        self._to = to
        self._register = register
        self._registered = False

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Register or send. Raises FormRefused."""
        if action == "register":
            self._register(self._number)
            self._registered = True
            if self._refused == NEVER:
                raise FormRefused(f"It is registered, and cannot text all the same. {NEVER}")
            return REGISTERED
        try:
            self._client.send_message(to=self._to, from_=self._number, body=values["message"])
        except Forbidden as error:
            raise FormRefused(f"{error} {self._refused}") from None
        except FlowrouteError as error:
            raise FormRefused(str(error)) from None
        return TAKEN if self._registered else TAKEN_IN_VAIN


class NumberShop(Beside):
    """The steps, one below the other, and the phone that gets the text."""

    def __init__(self, parts: Parts, *, register: Callable[[PhoneNumber], None]) -> None:
        """Open the shop.

        Args:
            parts: practice settings, whatever the mode of the course is.
            register: makes a number one that may text, as 10DLC or a toll-free verification does.

        Raises:
            ValueError: ``parts`` are live.
            FlowrouteError: the area codes cannot be listed.
        """
        if parts.mode != "practice":
            raise ValueError("The shop is for practice alone: give it settings.for_practice().")
        self._parts = parts
        self._register = register
        self._numbers = NumbersClient(parts.client())
        self.steps = Stack()
        self.phone = phone_of(parts)
        self.phone.layout.align_self = "flex-end"  # beside the last step, where the text is sent from
        super().__init__(Stack(self.steps, requests_of(parts)), self.phone)
        self._open_area_codes()

    @property
    def current(self) -> Form:
        """The step that was opened last."""
        form: Form = self.steps.children[-1]
        return form

    def _open_area_codes(self) -> None:
        codes = [(code, code) for code in self._numbers.available_area_codes()]
        model = ChoiceModel(
            self._open_exchanges,
            title="1 · Area code",
            label="Area code",
            options=codes,
            chosen="206",
            action="Show exchanges",
        )
        self._put(0, model)

    def _open_exchanges(self, area_code: str) -> str:
        found = self._numbers.available_exchanges(area_code)
        exchanges = [(exchange, f"{exchange[:3]}-{exchange[3:]}") for exchange in _some(found)]
        model = ChoiceModel(
            self._open_numbers, title="2 · Exchange", label="Exchange", options=exchanges, action="Show numbers"
        )
        self._put(1, model)
        return f"{_count(len(found), 'exchange')} of area code {area_code}. Choose below."

    def _open_numbers(self, exchange: str) -> str:
        found = self._numbers.available_numbers(starts_with=exchange, limit=OFFERED)
        numbers = [(each.number.digits, offer_in_words(each)) for each in _some(found)]
        model = ChoiceModel(self._purchase, title="3 · Number", label="Number", options=numbers, action="Purchase")
        self._put(2, model)
        return f"{_count(len(found), 'number')}, each with its price. Choose below."

    def _purchase(self, digits: str) -> str:
        bought = self._numbers.purchase(PhoneNumber.parse(f"+{digits}"))
        failed = bought.provisioning == "failed"
        model = NewNumberModel(
            bought.number,
            client=self._parts.client(),
            to=self._parts.my_number,
            register=self._register,
            refused=NEVER if failed else NOT_YET,
        )
        self._put(3, model)
        if failed:
            return f"{bought.number.national} is yours, but messaging could not be turned on for it: it cannot text."
        return f"{bought.number.national} is yours. Flowroute turns on messaging for it, which takes a few seconds."

    def _put(self, place: int, model: FormModel) -> None:
        """Open a step; what depended on an older choice goes."""
        kept, gone = self.steps.children[:place], self.steps.children[place:]
        self.steps.children = (*kept, Form(model))
        for form in gone:
            form.close()


def offer_in_words(offer: NumberOnSale) -> str:
    """``(206) 555-0170: $1.25 a month, $1.00 once, Seattle WA``: what a narrow list cuts off is the place."""
    place = f"{offer.rate_center.title()} {offer.state.upper()}".strip()
    prices = f"{_dollars(offer.monthly_cost)} a month, {_dollars(offer.setup_cost)} once"
    return f"{offer.number.national}: {prices}{', ' * bool(place)}{place}"


def _dollars(amount: Decimal | None) -> str:
    return "an unknown price" if amount is None else f"${amount:.2f}"


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _some(found: list[T]) -> list[T]:
    if not found:
        raise FormRefused("Nothing is on sale there any more. Choose another.", field="choice")
    return found
