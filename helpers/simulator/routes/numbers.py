"""Finding, buying and keeping numbers: the routes of the Numbers API v2 (flowroute-api.md §8)."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request
from werkzeug.routing import BaseConverter

from helpers.simulator import problems
from helpers.simulator.account import Account, OwnedNumber
from helpers.simulator.catalogue import ProvisionTask, Wanted, stock_of
from helpers.simulator.messages import wire_digits
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.routes import answer, let_in, no_content, read_fields
from helpers.simulator.sending import check_url
from helpers.simulator.wire import Json
from helpers.simulator.wire.numbers import ListQuery, Shapes

MOST: Final = 200
MOST_AREA_CODES: Final = 400
LONGEST_ALIAS: Final = 64

_NUMBER: Final = "/v2/numbers/<phone_number:number>"
_AVAILABLE: Final = "/v2/numbers/available"
_PROVISION: Final = "/v2/message-provision"


class _PhoneNumberConverter(BaseConverter):
    """Digits in a path. Any other word there is no such path, or one of its own."""

    regex = r"\+?[0-9]{1,20}"


def add_routes(app: Flask, network: SimulatedNetwork) -> None:
    """Add the routes of the Numbers API."""
    app.url_map.converters["phone_number"] = _PhoneNumberConverter
    _add_search(app, network)
    _add_list(app, network)
    _add_owned(app, network)
    _add_provisioning(app, network)


def _query(most: int = MOST) -> ListQuery:
    return ListQuery(request.args, address=f"{request.host_url}{request.path.strip('/')}", most=most)


def _shapes() -> Shapes:
    return Shapes(request.host_url)


def _add_search(app: Flask, network: SimulatedNetwork) -> None:
    @app.get(f"{_AVAILABLE}/areacodes")
    def list_area_codes() -> Response:
        let_in(network, f"{_AVAILABLE}/areacodes")
        query = _query(MOST_AREA_CODES)
        wanted = Wanted(max_setup_cost=query.cost())
        query.done()
        codes = dict.fromkeys(item.area_code for item in network.catalogue.offered(network.numbers, wanted))
        return answer(200, query.page(list(codes), _shapes().area_code))

    @app.get(f"{_AVAILABLE}/exchanges")
    def list_exchanges() -> Response:
        let_in(network, f"{_AVAILABLE}/exchanges")
        query = _query()
        wanted = Wanted(starts_with=f"1{query.area_code()}", max_setup_cost=query.cost())
        query.done()
        exchanges = dict.fromkeys(item.exchange for item in network.catalogue.offered(network.numbers, wanted))
        return answer(200, query.page(list(exchanges), _shapes().exchange))

    @app.get(_AVAILABLE)
    def list_available_numbers() -> Response:
        let_in(network, _AVAILABLE)
        query = _query()
        wanted = query.wanted()
        query.done()
        return answer(200, query.page(network.catalogue.offered(network.numbers, wanted), _shapes().on_sale))

    @app.get(f"{_AVAILABLE}/tiers")
    def list_tiers() -> Response:
        let_in(network, f"{_AVAILABLE}/tiers")
        query = _query()
        query.done()
        tiers = dict.fromkeys(item.tier for item in network.catalogue.offered(network.numbers, Wanted()))
        return answer(200, query.page(list(tiers), _shapes().tier))


def _add_list(app: Flask, network: SimulatedNetwork) -> None:
    @app.get("/v2/numbers")
    def list_numbers() -> Response:
        account = let_in(network, "/v2/numbers")
        query = _query()
        wanted, alias = query.wanted(), query.text("alias")
        query.done()
        mine = account.numbers
        fitting = [mine[item.digits] for item in wanted.among(map(stock_of, sorted(mine)))]
        # The whole alias or none of it (numbers-list).
        named = [owned for owned in fitting if alias in ("", owned.attributes.get("alias"))]
        return answer(200, query.page(named, _shapes().listed))


def _add_owned(app: Flask, network: SimulatedNetwork) -> None:
    @app.get(_NUMBER)
    def get_number(number: str) -> Response:
        owned = _owned(let_in(network, "/v2/numbers/{number}"), number)
        return answer(200, _shapes().whole(owned, now_ms=network.clock.now_ms()))

    @app.post(_NUMBER)
    def buy_number(number: str) -> Response:
        account = let_in(network, "/v2/numbers/{number}")
        changes = _read_changes() if request.get_data() else {}  # numbers-buy: no body is needed
        if not changes.get("messaging_enabled"):
            changes.pop("messaging_enabled", None)  # it is off anyway
        digits = wire_digits(number) or ""
        owned = network.catalogue.buy(account, digits, is_owned=lambda each: network.owner_of(each) is not None)
        return _changed(network, account, owned, changes, status=201)

    @app.patch(_NUMBER)
    def update_number(number: str) -> Response:
        account = let_in(network, "/v2/numbers/{number}")
        changes = _read_changes()
        return _changed(network, account, _owned(account, number), changes, status=200)

    @app.delete(_NUMBER)
    def release_number(number: str) -> Response:
        account = let_in(network, "/v2/numbers/{number}")
        network.catalogue.release(account, wire_digits(number) or "")  # numbers-release
        network.feed.note()
        return no_content()


def _owned(account: Account, number: str) -> OwnedNumber:
    owned = account.numbers.get(wire_digits(number) or "")
    if owned is None:
        raise problems.not_found()
    return owned


def _read_changes() -> Json:
    """What may be said of a number when it is bought or changed (behaviours ``numbers-buy``, ``numbers-change``)."""
    fields = read_fields(type_may_lack=True)
    wrong: dict[str, str] = {}
    for name in ("cnam_lookups_enabled", "messaging_enabled", "messaging_email"):
        _check_flag(fields, name, wrong)
    if fields.get("type", "number") != "number":
        wrong["type"] = "This must be: number."
    if not _is_alias(fields.get("alias")):
        wrong["alias"] = f"This must be text of at most {LONGEST_ALIAS} characters."
    if wrong:
        raise problems.invalid(wrong)
    if fields.get("messaging_callback_url") is not None:
        check_url(fields["messaging_callback_url"], "messaging_callback_url")
    return fields


def _check_flag(fields: Json, name: str, wrong: dict[str, str]) -> None:
    if not isinstance(fields.get(name, False), bool):
        wrong[name] = "This field must be true or false."


def _is_alias(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= LONGEST_ALIAS and value.isprintable())


def _changed(
    network: SimulatedNetwork, account: Account, owned: OwnedNumber, changes: Json, *, status: int
) -> Response:
    """Carry the changes out and show the number; 207 if messaging could not be started (behaviour ``numbers-207``)."""
    for name in ("alias", "cnam_lookups_enabled"):
        if name in changes:
            owned.attributes[name] = changes[name]
    task = None
    if "messaging_enabled" in changes:
        task = _provision(network, account, [owned], enable=bool(changes["messaging_enabled"]))
    network.feed.note()
    body = _shapes().whole(owned, now_ms=network.clock.now_ms(), task=task)
    return answer(207 if task and task.failed_at_once else status, body)


def _add_provisioning(app: Flask, network: SimulatedNetwork) -> None:
    @app.post(_PROVISION)
    def provision_messaging() -> Response:
        account = let_in(network, _PROVISION)
        numbers, enable = _read_provision(account, read_fields(type_may_lack=True))
        task = _provision(network, account, numbers, enable=enable)
        network.feed.note()
        return answer(201, {"data": _shapes().task(task, now_ms=network.clock.now_ms())})

    @app.get(f"{_PROVISION}/status/<task_id>")
    def get_provision_task(task_id: str) -> Response:
        account = let_in(network, f"{_PROVISION}/status/{{task}}")
        task = network.catalogue.task(account, task_id)
        return answer(200, {"data": _shapes().task(task, now_ms=network.clock.now_ms())})


def _read_provision(account: Account, fields: Json) -> tuple[list[OwnedNumber], bool]:
    """The numbers, and whether messaging is wanted for them (behaviour ``numbers-mistakes``)."""
    wrong: dict[str, str] = {}
    given = fields.get("numbers")
    texts = given if isinstance(given, list) else []
    found = [account.numbers.get(wire_digits(text) or "") if isinstance(text, str) else None for text in texts]
    mine = {owned.digits: owned for owned in found if owned is not None}
    if not found or None in found:
        wrong["numbers"] = "This must be a list of numbers of your account."
    if fields.get("action") not in ("enable", "disable"):
        wrong["action"] = "This must be one of: enable, disable."
    _check_flag(fields, "email", wrong)
    if wrong:
        raise problems.invalid(wrong)
    if fields.get("callback_url") is not None:
        check_url(fields["callback_url"], "callback_url")
    return list(mine.values()), fields["action"] == "enable"


def _provision(
    network: SimulatedNetwork, account: Account, numbers: list[OwnedNumber], *, enable: bool
) -> ProvisionTask:
    return network.catalogue.provision(account, numbers, enable=enable, now_ms=network.clock.now_ms())
