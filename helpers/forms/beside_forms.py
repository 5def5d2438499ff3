"""What stands beside a form: the learner's phone, and what went to Flowroute."""

from __future__ import annotations

from collections.abc import Callable

from helpers.flowroute import Exchange
from helpers.forms.parts import Parts
from helpers.forms.phone import Phone
from helpers.forms.request_view import RequestView


def phone_of(parts: Parts, *, reply: Callable[[str], str] | None = None) -> Phone:
    """The learner's phone."""
    return Phone(inbox=parts.inbox, number=parts.my_number, clock=parts.clock, mode=parts.mode, reply=reply)


def requests_of(parts: Parts) -> RequestView:
    """What these parts' clients send and get from now on, folded away until somebody wants to see it."""
    view = RequestView(folded=True)

    def show(exchange: Exchange) -> None:
        view.show(exchange.as_dict())

    parts.on_exchange(show)
    return view
