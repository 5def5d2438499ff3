"""Fuzz the simulator: requests made up from its own OpenAPI file, and every answer held against that file.

``python tests/proof/fuzz_simulator.py --requests 100000`` prints what was asked, answered and found, and exits 1 if any
answer was not what the file says, or a 5xx that nobody ordered. The same seed makes the same requests.
``test_simulator_fuzz.py`` runs a sample of it.

Everything goes through the adapter, in this process: so the event stream ends after what there is, and a connection
that a fault cuts is an exception at once. Nothing waits, and the clock stands still unless a request turns it. Faults
that a request orders are taken back after it; the faulty part of the run orders its own, one before each request.
After a reset schemathesis sends once more, as browsers do: then that second answer counts.

schemathesis makes the requests and compares the answers; it is used as a library, so that its pytest plugin, its own
runner and its settings stay out of the suite.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import itertools
import json
import logging
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, get_args

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app
from helpers.simulator.account import CallbackType
from helpers.simulator.faults import Fault, FaultKind
from helpers.simulator.outcomes import OUTCOMES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT: Final = "https://api.flowroute.com"
KEYS: Final = ("12345678", "practice-secret")
OWN: Final = "12065550199"
TOLL_FREE: Final = "18885550123"
PHONE: Final = "12065550100"
FOR_SALE: Final = ("12065550170", "12065550177", "12125550150")
CALLBACK_TYPES: Final = get_args(CallbackType)
CALLBACK: Final = "http://127.0.0.1:5000/callback"
GOOD_QUERY: Final = {"start_date": "2020-01-01", "end_date": "2030-01-01T00:00:00Z", "limit": "2", "areacode": "206"}
OPTIONS: Final[dict[str, Any]] = {
    "legacy_500": False,
    "receipts": "realistic",
    "record_delay_seconds": 0,
    "strict_callbacks": True,
    "webhook_format": "v2.1",
}
CHECKS: Final = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SPOILT: Final = ("not-json", "truncated")
CASES_AT_A_TIME: Final = 20
MOST_FAILURES_SHOWN: Final = 50
LONGEST_EXAMPLE: Final = 3_000

Json = dict[str, Any]


# --- the description ------------------------------------------------------------------------------------------------


def description() -> Json:
    """The simulator's OpenAPI file."""
    document: Json = json.loads(files("helpers.simulator").joinpath("openapi.json").read_text("utf-8"))
    return document


def closed(document: Json) -> Json:
    """A copy in which answers have no members but those that are named.

    The file itself leaves them open, since Flowroute does (flowroute-api.md §1: clients ignore what they do not know);
    what *we* answer is all described.
    """
    document = copy.deepcopy(document)
    for name, schema in document["components"]["schemas"].items():
        if not name.endswith("Request"):
            _close(schema)
    return document


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    if not isinstance(schema, dict):
        return
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    for name, inner in schema.items():
        if name not in ("examples", "enum", "const"):
            _close(inner)


# --- where it happens -----------------------------------------------------------------------------------------------


class Arena:
    """A network with something in it, its app behind an adapter, and values that a good request can use."""

    def __init__(self, *, chance: random.Random, rate_limit: bool) -> None:
        self.chance = chance
        self.rate_limit = rate_limit
        self.network = SimulatedNetwork(
            clock=Clock.standing_still(),
            access_key=KEYS[0],
            secret_key=KEYS[1],
            numbers=[OWN, TOLL_FREE],
            rate_limit=False,
            history=100,
        )
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = KEYS
        self.session.mount("https://", SimulatorAdapter(create_app(self.network)))
        self.network.callbacks.register(CALLBACK, _receiver)
        self.known: dict[str, list[str]] = {}
        self.plant()

    def close(self) -> None:
        """Let go of the session."""
        self.session.close()

    def plant(self) -> None:
        """Begin again, with a message of each kind, a task and a log."""
        self.network.rate_limit = False
        self.network.reset()
        known: defaultdict[str, list[str]] = defaultdict(list)
        message = {"to": PHONE, "from": OWN, "body": "@bank.example #123456"}
        for version in ("v2", "v2.1", "v2.2"):
            sent = self._post(f"/{version}/messages", message)
            known["mdr1" if version == "v2" else "mdr2"].append(sent["data"]["id"])
        picture = {**message, "media_urls": ["https://www.example.org/map.png"], "dlr_callback": CALLBACK}
        known["mdr2"].append(self._post("/v2.1/messages", picture)["data"]["id"])
        reply = {"from": PHONE, "to": OWN, "body": "Hello"}
        known["mdr2"].append(self._post("/_simulator/incoming", reply)["id"])
        for kind in CALLBACK_TYPES:
            self.session.put(f"{ROOT}/v2.1/messages/{kind}", json={"callback_url": CALLBACK})
        known["number"] = [OWN, TOLL_FREE, *FOR_SALE]
        enable = {"numbers": [OWN, TOLL_FREE], "action": "enable"}
        known["task"] = [self._post("/v2/message-provision", enable)["data"]["id"]]
        known["request"] = [str(exchange.id) for exchange in self.network.journal.entries()]
        self.known = dict(known)
        self.network.rate_limit = self.rate_limit

    def _post(self, path: str, body: Json) -> Json:
        answer: Json = self.session.post(ROOT + path, json=body).json()
        return answer

    def tidy(self) -> None:
        """What a request may have turned must not make other requests fail, hang or run out of things to find."""
        network = self.network
        network.faults.clear()
        if network.clock.running:
            network.clock.freeze()
        if self.rate_limit:
            network.clock.advance(seconds=0.1)
        if network.rate_limit != self.rate_limit or any(network.options[name] != OPTIONS[name] for name in OPTIONS):
            network.change_options(**OPTIONS, rate_limit=self.rate_limit)
        self._give_back()
        if not self._is_whole():
            self.plant()

    def _give_back(self) -> None:
        """What was bought can be bought again."""
        for account in self.network.accounts:
            for digits in set(FOR_SALE) & set(account.numbers):
                self.network.catalogue.release(account, digits)

    def _is_whole(self) -> bool:
        """Whether the numbers can text, and the oldest message that was planted has not made room for newer ones."""
        try:
            self.network.message(self.known["mdr1"][0])
        except KeyError:
            return False
        owned = [self.network.owner_of(digits) for digits in (OWN, TOLL_FREE)]
        return all(found is not None and found[1].messaging_enabled for found in owned)

    def enliven(self, case: Case) -> None:
        """Put things that exist where made-up ones would only be refused at the door."""
        path = case.operation.path
        for name in case.path_parameters or {}:
            found = self.known.get(kind_of(path, name), [])
            if found and self.chance.random() < 0.6:
                case.path_parameters[name] = self.chance.choice(found)
        for name, value in GOOD_QUERY.items():
            if name in (case.query or {}) and self.chance.random() < 0.5:
                case.query[name] = value
        if isinstance(case.body, dict):
            self._enliven_body(case.body, incoming=path.endswith("/incoming"))

    def _enliven_body(self, body: Json, *, incoming: bool) -> None:
        good: Json = {
            "to": OWN if incoming else self.chance.choice([PHONE, *(outcome.number for outcome in OUTCOMES)]),
            "from": PHONE if incoming else self.chance.choice([OWN, TOLL_FREE]),
            "dlr_callback": CALLBACK,
            "callback_url": CALLBACK,
            "media_urls": ["https://www.example.org/map.png"],
            "numbers": [OWN],
        }
        for name, value in body.items():
            if isinstance(value, dict):
                self._enliven_body(value, incoming=incoming)
            elif name in good and self.chance.random() < 0.7:
                body[name] = good[name]


def _receiver(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Takes every callback: what is posted must not break anything either."""
    start_response("200 OK", [])
    return []


def kind_of(path: str, name: str) -> str:
    """Which of the known values can stand for a path parameter."""
    if name == "id":
        if path.startswith("/_simulator/requests"):
            return "request"
        return "mdr1" if path.startswith("/v2/") else "mdr2"
    return name


# --- what came of it ------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was asked and answered, and what was wrong with it."""

    requests: int = 0
    answers: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)

    def count(self, operation: str, outcome: str) -> None:
        """One request, and its status or what cut it off."""
        self.requests += 1
        self.answers[operation][outcome] += 1

    def fail(self, operation: str, words: str, example: str) -> None:
        """Something was wrong: of all requests that show it, the shortest is kept."""
        key = (operation, words)
        self.failures[key] += 1
        if key not in self.examples or len(example) < len(self.examples[key]):
            self.examples[key] = example

    def report(self) -> Iterator[str]:
        """The figures, line by line."""
        for operation, outcomes in sorted(self.answers.items()):
            yield f"{operation:<62} " + "  ".join(f"{name}: {n}" for name, n in sorted(outcomes.items()))
        for (operation, words), times in self.failures.most_common(MOST_FAILURES_SHOWN):
            yield f"\nFAILED {times} times: {operation}\n{words}\n{self.examples[operation, words]}"


def try_case(case: Case, arena: Arena, tally: Tally, *, fault: FaultKind | None) -> None:
    """Send one request and hold the answer against the description; with ``fault``, order that first."""
    label = case.operation.label
    if fault is not None:
        arena.network.faults.add(Fault(fault, seconds=5.0 if fault == "latency" else None))
    try:
        response = case.call(base_url=ROOT, session=arena.session, timeout=arena.chance.choice([1, 10]))
    except requests.RequestException as problem:
        tally.count(label, type(problem).__name__)
        if fault is None:
            tally.fail(label, f"no answer: {problem!r}", case.as_curl_command())
        return
    except Exception as problem:  # whatever it was, no request may lead to it
        tally.count(label, type(problem).__name__)
        tally.fail(label, f"an exception came through: {problem!r}", case.as_curl_command())
        return
    tally.count(label, str(response.status_code))
    ordered = fault is not None and not case.operation.path.startswith("/_simulator/")
    for words, more in _mistakes(case, response, ordered=ordered, spoilt=ordered and fault in SPOILT):
        tally.fail(label, f"{response.status_code}: {words}", f"{case.as_curl_command()}\n{more}"[:LONGEST_EXAMPLE])


def _mistakes(case: Case, response: Any, *, ordered: bool, spoilt: bool) -> Iterator[tuple[str, str]]:
    if response.status_code >= 500 and not ordered and not _asks_for_5xx(case):
        yield "nobody ordered it", ""
    checks = CHECKS
    if spoilt:  # a body that is not JSON is what was ordered
        checks = [status_code_conformance]
    elif response.headers.get("content-type", [""])[0].startswith("text/event-stream"):
        # It would hold single events against the schema of the whole text; test_simulator_openapi.py looks into them.
        checks = [check for check in CHECKS if check is not response_schema_conformance]
    try:
        case.validate_response(response, checks=checks)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield getattr(failure, "title", type(failure).__name__), str(failure)


def _asks_for_5xx(case: Case) -> bool:
    """Whether it texts one of the destinations that stand for a failure of the server."""
    asking = [each.number for each in OUTCOMES if each.refusal is not None and each.refusal().status >= 500]
    return any(number in json.dumps(case.body, default=str) for number in asking)


# --- the requests ---------------------------------------------------------------------------------------------------


def made_up(operation: APIOperation, mode: GenerationMode, *, count: int, number: int) -> list[Case]:
    """At most ``count`` requests to an operation: good ones, or bad ones. The same ``number`` makes the same ones."""
    found: list[Case] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        found.append(case)

    try:
        collect()
    except Unsatisfiable:  # nothing to be wrong with: no parameters and no body
        return []
    return found[:count]


def fuzz(*, wanted: int, number: int, at_a_time: int = CASES_AT_A_TIME) -> Tally:
    """Send ``wanted`` requests, spread over all operations.

    Making a request up takes longer than answering it, so each is sent four times, with other known values in it each
    time: twice to a plain network, once to one that limits the rate, and once with a fault ordered before it.

    Args:
        wanted: how many requests.
        number: the seed.
        at_a_time: how many an operation gets made up in a round, good and bad ones each.
    """
    schema = schemathesis.openapi.from_dict(closed(description()))
    operations = [result.ok() for result in schema.get_all_operations()]
    tally = Tally()
    for turn in itertools.count():
        chance = random.Random(f"{number} {turn}")  # noqa: S311  # repeatable, not secret
        with contextlib.ExitStack() as stack:
            plain, limited, faulty = (
                stack.enter_context(contextlib.closing(Arena(chance=chance, rate_limit=limits)))
                for limits in (False, True, False)
            )
            for case in _round(operations, turn=turn, number=number, count=at_a_time):
                for arena in (plain, plain, limited, faulty):
                    if tally.requests >= wanted:
                        return tally
                    arena.enliven(case)
                    fault = chance.choice(get_args(FaultKind)) if arena is faulty else None
                    try_case(case, arena, tally, fault=fault)
                    arena.tidy()
    raise AssertionError("unreachable")


def _round(operations: Sequence[APIOperation], *, turn: int, number: int, count: int) -> Iterator[Case]:
    for place, operation in enumerate(operations):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            each = hash((number, turn, place, mode is GenerationMode.POSITIVE))
            yield from made_up(operation, mode, count=count, number=each)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz, print the figures, and say by the exit code whether all was well."""
    parser = argparse.ArgumentParser(description="Send made-up requests to the simulator and check every answer.")
    parser.add_argument("--requests", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same requests (1)")
    wanted = parser.parse_args(arguments)
    logging.getLogger("helpers.simulator").addHandler(logging.StreamHandler())
    began = time.perf_counter()
    tally = fuzz(wanted=wanted.requests, number=wanted.seed)
    seconds = time.perf_counter() - began
    for line in tally.report():
        print(line)
    rate = tally.requests / seconds
    print(f"\n{tally.requests} requests in {seconds:.0f} s ({rate:.0f} a second), seed {wanted.seed}")
    print(f"{len(tally.failures)} kinds of failure" if tally.failures else "no failures")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
