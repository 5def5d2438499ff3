"""Notebook 02's form: "Try It Out", the article's way to meet the API. One request by hand, and its whole answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import traitlets

from helpers.flowroute import ApiVersion, Exchange, FlowrouteClient, FlowrouteError
from helpers.forms.model import Action, Field, FormModel, FormRefused, Look, look_at_number
from helpers.forms.parts import Parts
from helpers.forms.request_view import RequestView
from helpers.forms.view import Form
from helpers.secret import Secret

_FROM_SETTINGS = "Empty: the one of your settings."


class TryItModel(FormModel):
    """Sends one message, exactly as typed, and keeps the exchange for the view."""

    title = "Try it out"
    actions = (Action("submit", "Try it!", primary=True, texts=True),)
    exchange = traitlets.Instance(Exchange, allow_none=True)

    def __init__(
        self, *, make_client: Callable[..., FlowrouteClient], access_key: str, to: str, from_: str, **traits: Any
    ) -> None:
        super().__init__(**traits)
        self._make_client = make_client
        self.fields = (
            Field(
                "version",
                "API version",
                kind="select",
                options=(("v2", "v2, as in the article"), ("v2.1", "v2.1"), ("v2.2", "v2.2, today's")),
            ),
            Field("access_key", "Access Key", value=access_key, required=False, hint=_FROM_SETTINGS),
            Field("secret_key", "Secret Key", kind="password", required=False, hint=_FROM_SETTINGS),
            Field("to", "To", kind="tel", value=to, hint="11 digits: 1, area code, number."),
            Field("from", "From", kind="tel", value=from_, hint="A number of your account."),
            Field("message", "Message", kind="textarea", value="Hello from the course!"),
        )

    def look(self, name: str, text: str) -> Look | None:
        """A wrong number may be sent from here, to see what Flowroute says to it; so it is no more than named."""
        seen = look_at_number(text)
        return seen if seen is None or seen.good else Look(good=False, words=f"{seen.words} Flowroute will say so too.")

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Send it as it stands: a wrong value is to get Flowroute's own answer, so nothing is checked here."""
        secret = values["secret_key"].strip()
        client = self._make_client(
            api_version=cast(ApiVersion, values["version"]),
            access_key=values["access_key"].strip() or None,
            secret_key=Secret(secret) if secret else None,
        )
        try:
            sent = client.send_message(to=values["to"], from_=values["from"], body=values["message"])
        except FlowrouteError as error:
            raise FormRefused(str(error)) from None  # the developer's words: this form is for developers
        finally:
            self.exchange = client.last_exchange
        status = f"{client.last_exchange.status} {client.last_exchange.reason}" if client.last_exchange else ""
        return f"{status}: Flowroute took the message. Taken is not delivered: look it up by its id, {sent.id}."


def try_it_form(parts: Parts) -> tuple[Form, RequestView]:
    """The form, and the view that shows what it sent and got."""
    model = TryItModel(
        make_client=parts.client,
        access_key=parts.access_key if parts.mode == "practice" else "",
        to=parts.my_number.digits,
        from_=parts.from_number.digits,
        mode=parts.mode,
    )
    view = RequestView()

    def show(change: dict[str, Any]) -> None:
        if change["new"] is not None:
            view.show(change["new"].as_dict())

    model.observe(show, "exchange")
    return Form(model), view
