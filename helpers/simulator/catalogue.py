"""The numbers that the simulated Flowroute sells, and what becomes of one that is bought: the Numbers API's own state.

Nothing here is random: the same numbers are on offer each time, all of the range that is kept for examples
(NPA-555-0100 to 0199). What is on offer follows from who owns what, so a bought number is gone for everybody and a
released one is back.
"""

from __future__ import annotations

import threading
import uuid
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Final, NamedTuple

from helpers.simulator import problems
from helpers.simulator.account import Account, OwnedNumber, is_toll_free
from helpers.simulator.messages import masked

PROVISIONING_MS: Final = 2_000
CANNOT_START: Final = "0177"
"""Messaging cannot be provisioned for a number that ends so (behaviour ``numbers-207``)."""
EXCHANGE: Final = "555"
TASKS_KEPT: Final = 1_000


class Area(NamedTuple):
    """An area code, its state and one rate center in it, in lower case (flowroute-api.md §8.3)."""

    code: str
    state: str
    rate_center: str


_AREAS: Final = """
201 nj jersey city|202 dc washington|203 ct bridgeport|205 al birmingham|206 wa seattle|207 me portland|208 id boise
209 ca stockton|210 tx san antonio|212 ny new york|213 ca los angeles|214 tx dallas|215 pa philadelphia
216 oh cleveland|217 il springfield|218 mn duluth|219 in gary|225 la baton rouge|228 ms gulfport|229 ga albany
231 mi muskegon|239 fl fort myers|251 al mobile|252 nc greenville|253 wa tacoma|254 tx waco|256 al huntsville
260 in fort wayne|262 wi kenosha|269 mi kalamazoo|270 ky bowling green|302 de wilmington|303 co denver
304 wv charleston|305 fl miami|307 wy cheyenne|308 ne grand island|309 il peoria|312 il chicago|313 mi detroit
314 mo st louis|315 ny syracuse|316 ks wichita|317 in indianapolis|318 la shreveport|319 ia cedar rapids
325 tx abilene|330 oh akron|334 al montgomery|336 nc greensboro|337 la lafayette|352 fl gainesville|360 wa vancouver
361 tx corpus christi|386 fl daytona beach|401 ri providence|402 ne omaha|404 ga atlanta|405 ok oklahoma city
406 mt billings|407 fl orlando|408 ca san jose|410 md baltimore|412 pa pittsburgh|413 ma springfield
414 wi milwaukee|415 ca san francisco|417 mo springfield|419 oh toledo|423 tn chattanooga|425 wa bellevue
432 tx midland|435 ut st george|478 ga macon|479 ar fort smith|480 az mesa|501 ar little rock|502 ky louisville
503 or portland|504 la new orleans|505 nm albuquerque|507 mn rochester|508 ma worcester|509 wa spokane
510 ca oakland|512 tx austin|513 oh cincinnati|515 ia des moines|517 mi lansing|518 ny albany|520 az tucson
541 or eugene|559 ca fresno|563 ia davenport|573 mo columbia|574 in south bend|575 nm las cruces|585 ny rochester
601 ms jackson|602 az phoenix|603 nh manchester|605 sd sioux falls|608 wi madison|609 nj trenton|612 mn minneapolis
614 oh columbus|615 tn nashville|616 mi grand rapids|617 ma boston|619 ca san diego|646 ny new york|651 mn st paul
701 nd fargo|702 nv las vegas|704 nc charlotte|713 tx houston|716 ny buffalo|719 co colorado springs|757 va norfolk
775 nv reno|785 ks topeka|801 ut salt lake city|802 vt burlington|803 sc columbia|804 va richmond|806 tx lubbock
808 hi honolulu|813 fl tampa|816 mo kansas city|817 tx fort worth|843 sc charleston|860 ct hartford|865 tn knoxville
901 tn memphis|904 fl jacksonville|907 ak anchorage|910 nc fayetteville|912 ga savannah|915 tx el paso
916 ca sacramento|918 ok tulsa|919 nc raleigh|920 wi green bay|970 co fort collins|973 nj newark
"""
TOLL_FREE_CODES: Final = ("833", "844", "888")

AREAS: Final = {line[:3]: Area(*line.split(" ", 2)) for line in _AREAS.strip().replace("\n", "|").split("|")}


class Stock(NamedTuple):
    """What is known of a number by its 11 digits: where it is, what it is, and what it costs in US dollars."""

    digits: str
    state: str
    rate_center: str
    number_type: str
    monthly_cost: float
    setup_cost: float
    inbound_rate: float
    rate_type: str
    tier: str
    iso_country: str = "US"

    def __repr__(self) -> str:
        return f"<Stock {masked(self.digits)}>"

    @property
    def area_code(self) -> str:
        """Three digits."""
        return self.digits[1:4]

    @property
    def exchange(self) -> str:
        """Area code and exchange, six digits, as the API names an exchange (§8.2)."""
        return self.digits[1:7]


def stock_of(digits: str) -> Stock:
    """The facts about a number, ours or not (behaviour ``numbers-prices``); an area we do not know stays empty."""
    if is_toll_free(digits):
        return Stock(digits, "", "", "toll-free", 1.75, 2.0, 0.025, "toll-free", "Toll-Free")
    _, state, rate_center = AREAS.get(digits[1:4], Area("", "", ""))
    return Stock(digits, state, rate_center, "longcode", 1.25, 1.0, 0.012, "local", "Standard")


@cache
def stock() -> tuple[Stock, ...]:
    """Every number there is to sell, in order (behaviour ``numbers-stock``)."""
    codes = sorted((*AREAS, *TOLL_FREE_CODES))
    return tuple(stock_of(f"1{code}{EXCHANGE}{line:04d}") for code in codes for line in _lines(code))


def _lines(code: str) -> range:
    # 206-555-01xx are the practice phones, and 0199 the practice account's own number: nobody sells those.
    return range(170, 199) if code == "206" else range(100, 200)


ORDERS: Final = {
    "monthly_cost": "monthly_cost",
    "iso_country": "iso_country",
    "number_type": "number_type",
    "state": "state",
    "rate_center": "rate_center",
    "number": "digits",
    "value": "digits",
    "tn": "digits",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for (behaviour ``numbers-search``); empty is anything. ``order_by`` is a key of `ORDERS`."""

    starts_with: str = ""
    contains: str = ""
    ends_with: str = ""
    rate_center: str = ""
    state: str = ""
    number_type: str = ""
    iso_country: str = ""
    tier: str = ""
    max_setup_cost: float | None = None
    order_by: str = ""
    descending: bool = False

    def among(self, items: Iterable[Stock]) -> list[Stock]:
        """Those of ``items``, which come by number, that are asked for; by number, unless told otherwise."""
        for test in self._tests():
            items = filter(test, items)
        if not self.order_by:
            return list(items)
        name = ORDERS[self.order_by]
        return sorted(items, key=lambda item: str(getattr(item, name)), reverse=self.descending)

    def _tests(self) -> Iterator[Callable[[Stock], bool]]:
        """One test for each thing that is asked for; places and countries in either case (§8.3)."""
        if self.starts_with:
            yield lambda item: item.digits.startswith(self.starts_with)
        if self.contains:
            yield lambda item: self.contains in item.digits
        if self.ends_with:
            yield lambda item: item.digits.endswith(self.ends_with)
        for name in ("rate_center", "state", "number_type", "iso_country", "tier"):
            if text := getattr(self, name).lower():
                yield partial(_has, name, text)
        if (cost := self.max_setup_cost) is not None:
            yield lambda item: item.setup_cost <= cost


def _has(name: str, text: str, item: Stock) -> bool:
    return bool(getattr(item, name).lower() == text)


@dataclass(frozen=True, slots=True)
class ProvisionTask:
    """Messaging being turned on or off for some numbers (behaviour ``numbers-provision``)."""

    id: str
    access_key: str
    digits: tuple[str, ...] = field(repr=False)
    failed: frozenset[str] = field(repr=False)
    ready_at_ms: int

    @property
    def failed_at_once(self) -> bool:
        """Whether it could not start for any of its numbers."""
        return set(self.digits) == self.failed

    def status(self, now_ms: int) -> str:
        """How far it is at ``now_ms``, in one word."""
        if self.failed_at_once:
            return "failed"
        return "successful" if now_ms >= self.ready_at_ms else "processing"

    def sorted(self, now_ms: int) -> dict[str, list[str]]:
        """Its numbers by how far each is at ``now_ms``."""
        going = [number for number in self.digits if number not in self.failed]
        done = now_ms >= self.ready_at_ms
        return {
            "failed": [number for number in self.digits if number in self.failed],
            "processing": [] if done else going,
            "successful": going if done else [],
        }


class Catalogue:
    """One pool of numbers for all accounts, and the provisioning tasks. Safe to use from many threads.

    Behaviour ``numbers-pool``.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: OrderedDict[str, ProvisionTask] = OrderedDict()

    def offered(self, owned: Collection[str], wanted: Wanted) -> list[Stock]:
        """What is on sale and asked for, in the order asked for; ``owned`` are the numbers that somebody has."""
        taken = frozenset(owned)
        return [item for item in wanted.among(_beginning_with(wanted.starts_with)) if item.digits not in taken]

    def buy(self, account: Account, digits: str, *, is_owned: Callable[[str], bool]) -> OwnedNumber:
        """Give a number on sale to ``account``. It cannot text yet, and is not registered (``numbers-fresh``).

        ``is_owned`` is asked under this catalogue's lock: of two buyers at once one gets the number.

        Raises:
            Problem: 404, it is not on sale or somebody has it.
        """
        with self._lock:
            if not is_sold(digits) or is_owned(digits):
                raise problems.not_found()
            number = OwnedNumber(digits, messaging_enabled=False, registration="unregistered")
            # A new dict: other threads may be going through the old one.
            account.numbers = {**account.numbers, digits: number}
        return number

    def release(self, account: Account, digits: str) -> None:
        """Take a number from the account: it is on sale again, if it ever was.

        Raises:
            Problem: 404, the account does not own it.
        """
        with self._lock:
            if digits not in account.numbers:
                raise problems.not_found()
            account.numbers = {number: owned for number, owned in account.numbers.items() if number != digits}

    def provision(
        self, account: Account, numbers: Iterable[OwnedNumber], *, enable: bool, now_ms: int
    ) -> ProvisionTask:
        """Turn messaging on, after some seconds by the clock, or off at once (behaviour ``numbers-provision-time``)."""
        numbers = tuple(numbers)
        failed = frozenset(owned.digits for owned in numbers if enable and owned.digits.endswith(CANNOT_START))
        ready_at_ms = now_ms + PROVISIONING_MS
        with self._lock:
            for owned in numbers:
                if enable and owned.digits not in failed and not owned.can_text_at(now_ms):
                    owned.enabled_at_ms = owned.enabled_at_ms or ready_at_ms
                elif not enable:
                    owned.messaging_enabled, owned.enabled_at_ms = False, None
            task = ProvisionTask(
                str(uuid.uuid4()), account.access_key, tuple(owned.digits for owned in numbers), failed, ready_at_ms
            )
            self._tasks[task.id] = task
            if len(self._tasks) > TASKS_KEPT:
                self._tasks.popitem(last=False)
        return task

    def task(self, account: Account, task_id: str) -> ProvisionTask:
        """The account's provisioning task of that id.

        Raises:
            Problem: 404, the account has none of that id.
        """
        with self._lock:
            task = self._tasks.get(task_id)
        if task is None or task.access_key != account.access_key:
            raise problems.not_found()
        return task

    def reset(self) -> None:
        """Forget the provisioning tasks; the numbers are the accounts'."""
        with self._lock:
            self._tasks.clear()


def _beginning_with(digits: str) -> Sequence[Stock]:
    """A run of the stock, which is in order."""
    items = stock()
    first = bisect_left(items, digits, key=_digits)
    return items[first : bisect_left(items, digits + ":", first, key=_digits)]  # a colon comes after every digit


def _digits(item: Stock) -> str:
    return item.digits


@cache
def _sold() -> frozenset[str]:
    return frozenset(item.digits for item in stock())


def is_sold(digits: str) -> bool:
    """Whether it belongs to the stock, whoever has it now."""
    return digits in _sold()
