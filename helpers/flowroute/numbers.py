"""Finding and buying a number of your own: Flowroute's numbers API, in five calls (flowroute-api.md §8).

It goes by the same private call as the messages. In live mode the guard lets none but the looking-up through: this
course buys nothing with real money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from helpers.flowroute.client import FlowrouteClient
from helpers.flowroute.errors import NotFound, OutcomeUnknown
from helpers.phone_numbers import PhoneNumber, PhoneNumberError

T = TypeVar("T")


class NumberNotAvailable(NotFound):
    """404 to a purchase: somebody else has the number, or nobody sells it. Nothing was bought."""

    advice = "Somebody else has this number by now, or nobody sells it. Search again, and choose another."
    user_message = "This number is not on sale any more. Choose another."


@dataclass(frozen=True, slots=True)
class NumberOnSale:
    """A number that can be bought. Costs are in US dollars; None where Flowroute's answer holds none."""

    number: PhoneNumber
    monthly_cost: Decimal | None
    setup_cost: Decimal | None
    state: str
    rate_center: str


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of the account."""

    number: PhoneNumber
    messaging_enabled: bool
    """Whether it can text by now. Turning messaging on takes Flowroute a while, also after it was asked for."""
    provisioning: str = ""
    """How far that is, where the answer says so: ``processing``, ``successful`` or ``failed``."""


class NumbersClient:
    """The numbers side of an account.

    Args:
        client: whose keys and session it uses; its API version does not matter, numbers are always v2.
    """

    def __init__(self, client: FlowrouteClient) -> None:
        self._client = client

    def available_area_codes(self, *, limit: int = 400) -> list[str]:
        """Area codes with numbers on sale, such as ``206``; 400 at most (§8.1). Raises FlowrouteError."""
        return self._call("GET", "/available/areacodes", _all_of(_id), query={"limit": limit})

    def available_exchanges(self, area_code: str, *, limit: int = 200) -> list[str]:
        """Exchanges of an area code with numbers on sale, such as ``206555``; 200 at most (§8.2).

        Raises:
            FlowrouteError: see :mod:`helpers.flowroute.errors`.
        """
        return self._call("GET", "/available/exchanges", _all_of(_id), query={"areacode": area_code, "limit": limit})

    def available_numbers(self, *, starts_with: str = "", limit: int = 10) -> list[NumberOnSale]:
        """Numbers on sale with their price; 200 at most (§8.3).

        Args:
            starts_with: the first digits, for example an exchange; the country code may be left out.
            limit: the most numbers to give.

        Raises:
            FlowrouteError: see :mod:`helpers.flowroute.errors`.
        """
        query = {"starts_with": starts_with, "limit": limit} if starts_with else {"limit": limit}
        return self._call("GET", "/available", _all_of(_on_sale), query=query)

    def get(self, number: PhoneNumber) -> OwnNumber:
        """One number of the account (§8.5). Raises NotFound if it is not yours, or another FlowrouteError."""
        return self._call("GET", f"/{number.digits}", _own)

    def purchase(self, number: PhoneNumber, *, messaging: bool = True) -> OwnNumber:
        """Buy a number; with ``messaging``, also ask that it may text, which it can some time later (§8.4).

        Raises:
            NumberNotAvailable: it is not on sale; nothing was bought.
            OutcomeUnknown: no usable answer came; it may be yours. :meth:`get` tells.
            FlowrouteError: see :mod:`helpers.flowroute.errors`.
        """
        try:
            return self._call("POST", f"/{number.digits}", _own, json_body={"messaging_enabled": messaging})
        except NotFound as gone:
            raise NumberNotAvailable(
                gone.status, title=gone.title, detail=gone.detail, error_id=gone.error_id
            ) from None
        except OutcomeUnknown:
            raise OutcomeUnknown(
                "No usable answer came: the number may be yours by now. Look at your numbers before you buy another."
            ) from None

    def _call(self, method: str, path: str, read: Callable[[Any], T | None], **options: Any) -> T:
        return self._client._call(method, f"/numbers{path}", read=read, api_version="v2", **options)


def _all_of(read: Callable[[dict[str, Any]], T | None]) -> Callable[[Any], list[T] | None]:
    """Reads a list; what in it cannot be read is left out."""

    def read_all(answer: Any) -> list[T] | None:
        items = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(items, list):
            return None
        return [found for item in items if isinstance(item, dict) and (found := read(item)) is not None]

    return read_all


def _id(item: dict[str, Any]) -> str | None:
    return str(item["id"]) if item.get("id") else None


def _on_sale(item: dict[str, Any]) -> NumberOnSale | None:
    number, attributes = _number(item.get("id")), item.get("attributes")
    if number is None or not isinstance(attributes, dict):
        return None
    return NumberOnSale(
        number=number,
        monthly_cost=_dollars(attributes.get("monthly_cost")),
        setup_cost=_dollars(attributes.get("setup_cost")),
        state=str(attributes.get("state") or ""),
        rate_center=str(attributes.get("rate_center") or ""),
    )


def _own(answer: Any) -> OwnNumber | None:
    data = answer.get("data") if isinstance(answer, dict) else None
    number, attributes = (_number(data.get("id")), data.get("attributes")) if isinstance(data, dict) else (None, None)
    if number is None or not isinstance(attributes, dict):
        return None
    return OwnNumber(number, attributes.get("messaging_enabled") is True, _provisioning(answer.get("included")))


def _provisioning(included: Any) -> str:
    for part in included if isinstance(included, list) else ():
        if isinstance(part, dict) and part.get("type") == "message_provisioning_status":
            attributes = part.get("attributes")
            return str(attributes.get("status") or "") if isinstance(attributes, dict) else ""
    return ""


def _number(value: Any) -> PhoneNumber | None:
    try:
        return PhoneNumber.parse(f"+{value}") if value else None
    except PhoneNumberError:
        return None


def _dollars(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
