"""The Numbers API over the wire: the queries of its lists, and how it writes down numbers (flowroute-api.md §8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from helpers.simulator import problems
from helpers.simulator.account import OwnedNumber
from helpers.simulator.catalogue import ORDERS, ProvisionTask, Stock, Wanted, stock_of
from helpers.simulator.wire import Json

DEFAULT_LIMIT: Final = 10
NUMBER_TYPES: Final = ("longcode", "toll-free")

T = TypeVar("T")


class ListQuery:
    """The query of a list: reads its values, notes what is wrong with them, and remembers them for the links.

    Behaviours ``numbers-limits``, ``numbers-mistakes``, ``numbers-links``.

    Args:
        arguments: the query as it came.
        address: where the list is, without its query.
        most: the largest ``limit``.
    """

    def __init__(self, arguments: Mapping[str, str], *, address: str, most: int) -> None:
        self._arguments = arguments
        self._address = address
        self._echo: dict[str, str] = {}
        self._wrong: dict[str, str] = {}
        self._limit = self._count("limit", default=DEFAULT_LIMIT, least=1, most=most)
        self._offset = self._count("offset", default=0, least=0, most=10**15 - 1)

    def text(self, name: str) -> str:
        """A value as it stands; empty if it is not given."""
        value = self._arguments.get(name, "")
        if value:
            self._echo[name] = value
        return value

    def matching(self, name: str, pattern: str, words: str) -> str:
        """A value that fits ``pattern``, or a note that says ``words``."""
        value = self.text(name)
        if value and not re.fullmatch(pattern, value):
            self._wrong[name] = words
        return value

    def area_code(self) -> str:
        """``areacode``: three digits."""
        return self.matching("areacode", r"[2-9][0-9]{2}", "This must be an area code of three digits.")

    def cost(self) -> float | None:
        """``max_setup_cost`` in dollars; the links show its whole part (behaviour ``numbers-cost-echo``)."""
        text = self.matching("max_setup_cost", r"[0-9]{1,9}(\.[0-9]{0,9})?", "This must be an amount, such as 1.50.")
        if not text or "max_setup_cost" in self._wrong:
            return None
        self._echo["max_setup_cost"] = str(int(float(text)))
        return float(text)

    def wanted(self) -> Wanted:
        """All filters of a search for numbers."""
        order = self.matching("order_by", f"({'|'.join(ORDERS)})(,(asc|desc))?", _one_of(ORDERS))
        field, _, direction = order.partition(",")
        return Wanted(
            starts_with=self._start(),
            contains=self.matching("contains", "[0-9]{1,15}", "This must be digits."),
            ends_with=self.matching("ends_with", "[0-9]{1,15}", "This must be digits."),
            rate_center=self.text("rate_center"),
            state=self.text("state"),
            number_type=self.matching("number_type", "|".join(NUMBER_TYPES), _one_of(NUMBER_TYPES)),
            iso_country=self.matching("iso_country", "[A-Za-z]{2}", "This must be a country code of two letters."),
            tier=self.text("tier"),
            max_setup_cost=self.cost(),
            order_by=field,
            descending=direction == "desc",
        )

    def done(self) -> None:
        """Refuse the query if anything in it was wrong."""
        if self._wrong:
            raise problems.invalid(self._wrong)

    def page(self, items: list[T], shown: Callable[[T], Json]) -> Json:
        """One page of ``items``, with links to itself and, unless it is the last, to the next."""
        end = self._offset + self._limit
        links = {"self": self._link(self._offset)}
        if end < len(items):
            links["next"] = self._link(end)
        return {"data": [shown(item) for item in items[self._offset : end]], "links": links}

    def _start(self) -> str:
        """The digits that a number begins with, country code and all (behaviour ``numbers-country-code``)."""
        # A plus that was not escaped comes as a space.
        value = self.matching("starts_with", r"[ +]?[0-9]{1,15}", "This must be digits.").replace(" ", "+")
        if value:
            self._echo["starts_with"] = value = value if value[0] in "+1" else f"1{value}"
        return value.removeprefix("+")

    def _link(self, offset: int) -> str:
        query = {**dict(sorted(self._echo.items())), "limit": self._limit, "offset": offset}
        return f"{self._address}?{urlencode(query, quote_via=quote)}"

    def _count(self, name: str, *, default: int, least: int, most: int) -> int:
        text = self._arguments.get(name)
        if text is None:
            return default
        if not re.fullmatch("[0-9]{1,15}", text) or not least <= int(text) <= most:
            self._wrong[name] = f"This must be a whole number from {least} to {most}."
            return default
        return int(text)


def _one_of(choices: Iterable[str]) -> str:
    return f"This must be one of: {', '.join(choices)}."


class Shapes:
    """How the API writes down what it sells and what an account has.

    Args:
        root: the address that the caller used, with a slash at its end (behaviour ``own-address``).
    """

    def __init__(self, root: str) -> None:
        self._numbers = f"{root}v2/numbers"
        self._root = root

    def area_code(self, code: str) -> Json:
        """An area code with numbers on sale (§8.1)."""
        return self._pointer("areacode", code, f"{self._numbers}/available/exchanges?areacode={code}")

    def exchange(self, exchange: str) -> Json:
        """An exchange with numbers on sale: area code and exchange, six digits (§8.2)."""
        return self._pointer("exchange", exchange, f"{self._numbers}/available?starts_with=1{exchange}")

    def tier(self, tier: str) -> Json:
        """A price class with numbers on sale (behaviour ``numbers-tiers``)."""
        return self._pointer("tier", tier, f"{self._numbers}?tier={quote(tier, safe='')}")

    def on_sale(self, item: Stock) -> Json:
        """A number on sale (§8.3)."""
        return {"attributes": facts(item), **self._pointer("number", item.digits, f"{self._numbers}/{item.digits}")}

    def listed(self, owned: OwnedNumber) -> Json:
        """A number in the list of an account's (§8.5)."""
        known = facts(stock_of(owned.digits))
        attributes = {name: known[name] for name in ("rate_center", "value", "state", "number_type")}
        link = {"self": f"{self._numbers}/{owned.digits}"}
        return {"attributes": {**attributes, **_kept(owned)}, "type": "number", "id": owned.digits, "links": link}

    def whole(self, owned: OwnedNumber, *, now_ms: int, task: ProvisionTask | None = None) -> Json:
        """One number of an account, with a route for voice, which is not simulated, and the task it set off (§8.4)."""
        link = {"self": f"{self._numbers}/{owned.digits}"}
        data = {
            "attributes": {**_kept(owned), **facts(stock_of(owned.digits)), **_state(owned, now_ms)},
            "id": owned.digits,
            "links": link,
            "relationships": {
                **{name: {"data": None} for name in ("cnam_preset", "e911_address", "failover_route")},
                "primary_route": {"data": {"id": "0", "type": "route"}},
            },
            "type": "number",
        }
        route: Json = {
            "attributes": {"alias": "sip-reg", "route_type": "sip-reg", "value": None, "edge_strategy_id": None},
            "id": "0",
            "links": {"self": f"{self._root}v2/routes/0"},
            "type": "route",
        }
        included = [route, *([self.task(task, now_ms=now_ms)] if task else [])]
        return {"data": data, "included": included, "links": link}

    def task(self, task: ProvisionTask, *, now_ms: int) -> Json:
        """A provisioning task: in short for one number, by status for more (behaviour ``numbers-provision``)."""
        one = len(task.digits) == 1
        status: Json = {"status": task.status(now_ms)}
        return {
            "attributes": status | ({"tn": task.digits[0]} if one else {"message": "", "numbers": task.sorted(now_ms)}),
            "id": task.id,
            "links": {"self": f"{self._root}v2/message-provision/status/{task.id}"},
            "type": "message_provisioning_status" if one else "message_bulk_provisioning_status",
        }

    def _pointer(self, kind: str, name: str, related: str) -> Json:
        return {"type": kind, "id": name, "links": {"related": related}}


def facts(item: Stock) -> Json:
    """What is known of a number by its digits, as attributes."""
    return {
        "rate_center": item.rate_center,
        "value": item.digits,
        "monthly_cost": item.monthly_cost,
        "state": item.state,
        "number_type": item.number_type,
        "setup_cost": item.setup_cost,
        "inbound_rate": item.inbound_rate,
        "rate_type": item.rate_type,
        "tier": item.tier,
        "iso_country": item.iso_country,
    }


def _kept(owned: OwnedNumber) -> Json:
    kept = owned.attributes
    return {"alias": kept.get("alias"), "cnam_lookups_enabled": kept.get("cnam_lookups_enabled", True)}


def _state(owned: OwnedNumber, now_ms: int) -> Json:
    return {"status": "PURCHASED", "note": None, "messaging_enabled": owned.can_text_at(now_ms)}
