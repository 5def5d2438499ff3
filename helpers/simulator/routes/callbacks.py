"""Where callbacks go: for the account, and for one number (flowroute-api.md §6.4, §6.5)."""

from __future__ import annotations

from typing import get_args

from flask import Flask, Response

from helpers.simulator import problems
from helpers.simulator.account import Account, CallbackSetting, CallbackType, OwnedNumber
from helpers.simulator.messages import wire_digits
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.routes import answer, let_in, no_content, read_fields
from helpers.simulator.sending import check_url

_KINDS = ", ".join(f"'{kind}'" for kind in get_args(CallbackType))
# The reserved words share their place in the path with message ids, and win.
_ACCOUNT_LEVEL = f"/<any('v2.1', 'v2.2'):version>/messages/<any({_KINDS}):kind>"
_NUMBER_LEVEL = f"/v2/numbers/<number>/relationships/<any({_KINDS}):kind>"


def add_routes(app: Flask, network: SimulatedNetwork) -> None:
    """Add the routes that set, show and remove callbacks (behaviour ``callback-settings``)."""

    @app.put(_ACCOUNT_LEVEL)
    def set_callback(version: str, kind: CallbackType) -> Response:
        account = let_in(network, f"/{version}/messages/{{callback_type}}")
        network.set_callback(account, kind, CallbackSetting(_url(), version))
        return no_content()

    @app.get(_ACCOUNT_LEVEL)
    def get_callback(version: str, kind: CallbackType) -> Response:
        account = let_in(network, f"/{version}/messages/{{callback_type}}")
        setting = account.callbacks.get(kind)
        if setting is None:  # callback-unset
            raise problems.not_found()
        attributes = {"api_version": setting.api_version, "callback_url": setting.url, "product": _product(kind)}
        return answer(200, {"data": {"attributes": attributes, "type": "callback"}})

    @app.delete(_ACCOUNT_LEVEL)
    def delete_callback(version: str, kind: CallbackType) -> Response:
        account = let_in(network, f"/{version}/messages/{{callback_type}}")
        network.set_callback(account, kind, None)
        return no_content()

    @app.post(_NUMBER_LEVEL)
    def set_number_callback(number: str, kind: CallbackType) -> Response:
        owned = _owned(let_in(network, "/v2/numbers/{number}/relationships/{callback_type}"), number)
        network.set_callback(owned, kind, CallbackSetting(_url(), "v2"))
        return no_content()

    @app.delete(_NUMBER_LEVEL)  # callback-removal
    def delete_number_callback(number: str, kind: CallbackType) -> Response:
        owned = _owned(let_in(network, "/v2/numbers/{number}/relationships/{callback_type}"), number)
        network.set_callback(owned, kind, None)
        return no_content()


def _url() -> str:
    """Both body forms, and no content type at all: the .NET SDK sends none (behaviour ``callback-bodies``)."""
    return check_url(read_fields(type_may_lack=True).get("callback_url"), "callback_url")


def _product(kind: CallbackType) -> str:
    return "dlr" if kind.endswith("dlr_callback") else kind.partition("_")[0]  # callback-product


def _owned(account: Account, number: str) -> OwnedNumber:
    owned = account.numbers.get(wire_digits(number) or "")
    if owned is None:
        raise problems.not_found()
    return owned
