"""The OpenAPI file is valid, complete and marked with its evidence, and what the simulator answers is what it says.

Answers are held against a closed copy of the file: a member that is not described is a mistake, on one side or the
other.
"""

from __future__ import annotations

import ast
import importlib
import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app

sys.path.insert(0, str(Path(__file__).parent.parent / "proof"))
fuzz_simulator = importlib.import_module("fuzz_simulator")

ROOT, KEYS = fuzz_simulator.ROOT, fuzz_simulator.KEYS
OWN, TOLL_FREE, PHONE = fuzz_simulator.OWN, fuzz_simulator.TOLL_FREE, fuzz_simulator.PHONE
FOR_SALE, NO_MESSAGING, _ = fuzz_simulator.FOR_SALE
CALLBACK = fuzz_simulator.CALLBACK
METHODS = ("get", "put", "post", "delete", "patch")
FILE = files("helpers.simulator").joinpath("openapi.json")
DOCUMENT = fuzz_simulator.description()
TEXT = {"to": PHONE, "from": OWN, "body": "Your code is 123456"}
PICTURE = {"to": PHONE, "from": OWN, "media_urls": ["https://www.example.org/map.png"], "dlr_callback": CALLBACK}

SECTIONS = {
    *("1", "2", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4"),
    *("6.1", "6.2", "6.3", "6.4", "6.5", "7", "8.1", "8.2", "8.3", "8.4", "8.5", "9", "10", "11", "12"),
}
"""The sections of flowroute-api.md; §10 has rows 1 to 29."""

Operation = tuple[str, str]


def operations() -> dict[Operation, dict[str, Any]]:
    """Every operation by its method, in capitals, and its path."""
    return {
        (method.upper(), path): item[method]
        for path, item in DOCUMENT["paths"].items()
        for method in METHODS
        if method in item
    }


OPERATIONS = operations()


def walk(value: Any, *pointer: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """``value`` and all that is in it, each with the way there; what examples hold is left out."""
    yield pointer, value
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(name, each) for name, each in value.items() if name not in ("example", "examples", "enum", "const")]
    elif isinstance(value, list):
        inner = [(str(place), each) for place, each in enumerate(value)]
    for name, each in inner:
        yield from walk(each, *pointer, name)


def validator(document: dict[str, Any], *pointer: str) -> Draft202012Validator:
    """Holds values against the schema at that place in the document."""
    registry: Registry[Any] = Registry().with_resource("urn:api", DRAFT202012.create_resource(document))
    path = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
    schema = {"$ref": f"urn:api#/{path}"}
    return Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)


# --- the file itself ------------------------------------------------------------------------------------------------


def test_it_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_is_written_in_one_way() -> None:
    assert FILE.read_bytes().decode() == json.dumps(DOCUMENT, indent=2, ensure_ascii=False) + "\n"


def expanded(rule: str) -> list[str]:
    """A route's rule as paths of the description: each word of a choice is a path, every other part has no name."""
    choice = re.search(r"<any\((?P<words>[^)]*)\):\w+>", rule)
    if choice is None:
        return [re.sub(r"<[^>]+>", "{}", rule)]
    words = ast.literal_eval(f"({choice['words']},)")
    return [path for word in words for path in expanded(rule.replace(choice[0], word, 1))]


def test_it_describes_the_routes_and_no_others() -> None:
    network = SimulatedNetwork(clock=Clock(), access_key="1", secret_key="s", numbers=[])
    routes = [
        (method, path)
        for rule in create_app(network).url_map.iter_rules()
        if rule.rule != "/" and not rule.rule.startswith("/_simulator/page/")  # for people, not for programs
        for path in expanded(rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    ours = {(method, re.sub(r"(?<=relationships/)\w+", "{}", path)) for method, path in routes}
    described = {(method, re.sub(r"\{[^}]+\}", "{}", path)) for method, path in OPERATIONS}
    assert ours == described
    assert len(OPERATIONS) == len(described), "two paths that differ in the name of a parameter alone"


def test_operations_have_names_and_words_of_their_own() -> None:
    hooks = [item["post"] for item in DOCUMENT["webhooks"].values()]
    names = [operation["operationId"] for operation in [*OPERATIONS.values(), *hooks]]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for operation in OPERATIONS.values():
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= tags
    assert tags == {tag for operation in OPERATIONS.values() for tag in operation["tags"]}


def marked() -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Everything that must say where it comes from."""
    for pointer, value in walk(DOCUMENT):
        in_paths = pointer[:1] in (("paths",), ("webhooks",)) and len(pointer) == 3
        field = len(pointer) > 1 and pointer[-2] == "properties"
        shared = len(pointer) == 3 and pointer[:2] in (("components", "parameters"), ("components", "responses"))
        header = len(pointer) > 1 and pointer[-2] == "headers"
        if in_paths or field or shared or header:
            yield pointer, value


MARKED = list(marked())


def test_everything_says_where_it_comes_from() -> None:
    assert len(MARKED) > 400
    one = r"§(?P<section>\d+(\.\d+)?)( row (?P<row>\d+))?"
    for pointer, value in MARKED:
        evidence, source = value.get("x-evidence"), value.get("x-source", "")
        if evidence == "simulator":
            assert source == "this project", pointer
            continue
        assert evidence in ("documented", "observed", "assumed"), pointer
        assert re.fullmatch(
            rf"flowroute-api\.md {one}(, {one})*".replace("?P<section>", "").replace("?P<row>", ""), source
        )
        for cited in re.finditer(one, source):
            assert cited["section"] in SECTIONS, pointer
            assert cited["row"] is None or (cited["section"] == "10" and 1 <= int(cited["row"]) <= 29), pointer


def test_the_controls_are_ours_and_need_no_keys_and_nothing_else_is_so() -> None:
    for (_, path), operation in OPERATIONS.items():
        ours = path.startswith("/_simulator/")
        assert (operation["x-evidence"] == "simulator") is ours
        assert (operation.get("security") == []) is ours
    assert DOCUMENT["security"] == [{"basicAuth": []}]


def test_every_field_is_described() -> None:
    for pointer, value in MARKED:
        assert value.get("description"), pointer


def examples() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every example, with the way to the schema that it must fit."""
    for pointer, value in walk(DOCUMENT):
        if not isinstance(value, dict):
            continue
        if "schema" in value:
            named = [each["value"] for each in value.get("examples", {}).values()]
            for example in [*named, *([value["example"]] if "example" in value else [])]:
                yield (*pointer, "schema"), example
        elif isinstance(value.get("examples"), list):
            for example in value["examples"]:
                yield pointer, example


EXAMPLES = list(examples())


def test_examples_fit_their_schemas() -> None:
    assert len(EXAMPLES) > 400
    document = fuzz_simulator.closed(DOCUMENT)
    for pointer, example in EXAMPLES:
        problem = next(validator(document, *pointer).iter_errors(example), None)
        assert problem is None, f"{'/'.join(pointer)}: {problem.message if problem else ''}"


def test_every_body_and_every_answer_has_an_example() -> None:
    for pointer, value in walk(DOCUMENT):
        if pointer[-2:-1] == ("content",) and "/" in pointer[-1] and "/_simulator/openapi.json" not in pointer:
            assert "example" in value or "examples" in value, pointer


def test_it_holds_numbers_for_examples_only() -> None:
    numbers = re.findall(r"(?<![0-9a-f-])1[0-9]{10}(?![0-9a-f])", FILE.read_text("utf-8"))
    assert numbers
    assert {number for number in numbers if not re.fullmatch(r"12065550[1][0-9]{2}", number)} == set()
    assert "—" not in FILE.read_text("utf-8")


# --- what is really answered ----------------------------------------------------------------------------------------


@pytest.fixture
def arena() -> Iterator[Any]:
    arena = fuzz_simulator.Arena(chance=random.Random(1), rate_limit=False)  # noqa: S311
    arena.session.headers["Accept"] = "*/*"
    yield arena
    arena.close()


CLOSED = fuzz_simulator.closed(DOCUMENT)


@cache
def held(*pointer: str) -> Draft202012Validator:
    """Holds values against the closed schema at that place."""
    return validator(CLOSED, *pointer)


def hold(answer: requests.Response, operation: Operation) -> None:
    """``answer`` is one that the description has for ``operation``: its status, its content type, its body."""
    method, path = operation
    response = OPERATIONS[operation]["responses"].get(str(answer.status_code))
    assert response is not None, f"{operation}: {answer.status_code} {answer.text}"
    pointer = ["paths", path, method.lower(), "responses", str(answer.status_code)]
    if "$ref" in response:
        pointer = response["$ref"].removeprefix("#/").split("/")
        response = DOCUMENT["components"]["responses"][pointer[-1]]
    if "content" not in response:
        assert (answer.content, answer.headers.get("Content-Type")) == (b"", None)
        return
    (media_type,) = response["content"]
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    value = answer.json() if "json" in media_type else answer.text
    problem = next(held(*pointer, "content", media_type, "schema").iter_errors(value), None)
    assert problem is None, f"{operation}: {problem.message if problem else ''}\n{answer.text}"
    for name, header in response.get("headers", {}).items():
        assert answer.headers[name] == header["schema"]["const"]


def address(arena: Any, operation: Operation) -> str:
    """The path of an operation with values in it that exist."""
    path = operation[1]
    for name in re.findall(r"\{(\w+)\}", path):
        if name == "callback_type":
            value = "sms_callback"
        elif operation == ("POST", "/v2/numbers/{number}"):
            value = FOR_SALE
        elif name == "id" and "faults" in path:
            arena.session.post(f"{ROOT}/_simulator/faults", json={"kind": "error-503", "path": "/v2"})
            value = "1"
        else:
            value = arena.known[fuzz_simulator.kind_of(path, name)][0]
        path = path.replace(f"{{{name}}}", value)
    return path


BODIES: dict[Operation, Any] = {
    ("POST", "/v2/message-provision"): {"numbers": [OWN], "action": "enable"},
    ("PATCH", "/v2/numbers/{number}"): {"alias": "front desk", "messaging_enabled": True},
    ("PATCH", "/_simulator/settings"): {"receipts": "instant"},
    ("PUT", "/_simulator/clock"): {"state": "frozen"},
    ("POST", "/_simulator/clock/advance"): {"seconds": 1.5},
    ("POST", "/_simulator/incoming"): {"from": PHONE, "to": OWN, "body": "Hello"},
    ("POST", "/_simulator/messages/{id}/receipts"): {"status": "failed", "code": 1116},
    ("POST", "/_simulator/faults"): {"kind": "latency", "seconds": 1},
    ("PATCH", "/_simulator/numbers/{number}"): {"registration": "pending"},
}


def body_of(operation: Operation) -> Any:
    """A good body, for an operation that takes one."""
    if "requestBody" not in OPERATIONS[operation]:
        return None
    if operation in BODIES:
        return BODIES[operation]
    if operation[1].endswith("/messages"):
        return TEXT
    return {} if operation == ("POST", "/v2/numbers/{number}") else {"callback_url": CALLBACK}


QUERIES = {("GET", f"/{version}/messages"): {"start_date": "2020-01-01"} for version in ("v2", "v2.1", "v2.2")}
NAMES = [f"{method} {path}" for method, path in OPERATIONS]


@pytest.fixture(params=list(OPERATIONS), ids=NAMES)
def operation(request: pytest.FixtureRequest) -> Operation:
    method, path = request.param
    return method, path


def ask(arena: Any, operation: Operation, **changes: Any) -> requests.Response:
    """A good request, but for what is named."""
    if operation[1].endswith("_callback") and operation[0] == "GET":
        arena.session.put(f"{ROOT}{operation[1]}", json={"callback_url": CALLBACK})
    wanted = {"params": QUERIES.get(operation), "json": body_of(operation), **changes}
    path = wanted.pop("path", None) or address(arena, operation)
    answer: requests.Response = arena.session.request(operation[0], ROOT + path, **wanted)
    return answer


def test_a_good_request_gets_the_answer_that_is_described(arena: Any, operation: Operation) -> None:
    answer = ask(arena, operation)
    assert 200 <= answer.status_code < 300, answer.text
    hold(answer, operation)


Wrong = Callable[[Any, Operation], requests.Response]


def without_keys(arena: Any, operation: Operation) -> requests.Response:
    return ask(arena, operation, auth=("12345678", "wrong"))


def ordered(kind: str) -> Wrong:
    def wrong(arena: Any, operation: Operation) -> requests.Response:
        arena.session.post(f"{ROOT}/_simulator/faults", json={"kind": kind, "times": None})
        return ask(arena, operation)

    return wrong


def with_bytes(body: bytes, content_type: str = "application/json") -> Wrong:
    def wrong(arena: Any, operation: Operation) -> requests.Response:
        return ask(arena, operation, json=None, data=body, headers={"Content-Type": content_type})

    return wrong


def from_elsewhere(arena: Any, operation: Operation) -> requests.Response:
    if operation[1].startswith("/_simulator/"):
        return ask(arena, operation, headers={"Origin": "https://elsewhere.example"})
    return ask(arena, operation, json={**TEXT, "from": "12065550198"})


NOWHERE = {"id": "4040404", "number": "12065550188", "task": "none"}


def with_nothing_there(arena: Any, operation: Operation) -> requests.Response:
    path = operation[1].replace("{callback_type}", "sms_callback")
    for name, value in NOWHERE.items():
        path = path.replace(f"{{{name}}}", value)
    if path == operation[1]:  # a callback address that is not set
        arena.session.delete(ROOT + path)
        answer: requests.Response = arena.session.request(operation[0], ROOT + path)
        return answer
    if operation == ("POST", "/v2/numbers/{number}"):
        path = path.replace(NOWHERE["number"], OWN)
    return ask(arena, operation, path=path)


def with_a_wrong_value(arena: Any, operation: Operation) -> requests.Response:
    if operation[1] == "/_simulator/phones/{number}/messages":
        return ask(arena, operation, path="/_simulator/phones/nobody/messages")
    if body_of(operation) is None:
        return ask(arena, operation, params={"limit": "0", "offset": "x", "after": "x", "start_date": "tomorrow"})
    wrong = {"alias": 5, "action": 7, "seconds": -1, "state": 0, "registration": 3, "receipts": "never", "to": 5}
    return ask(arena, operation, json=wrong)


def on_a_clock_that_is_real(arena: Any, operation: Operation) -> requests.Response:
    network = SimulatedNetwork(clock=Clock.real(), access_key=KEYS[0], secret_key=KEYS[1], numbers=[OWN])
    arena.session.mount("https://", SimulatorAdapter(create_app(network)))
    return ask(arena, operation)


MISTAKES: dict[str, Wrong] = {
    "400": with_bytes(b"{"),
    "401": without_keys,
    "403": from_elsewhere,
    "404": with_nothing_there,
    "409": on_a_clock_that_is_real,
    "413": with_bytes(b" " * (1024 * 1024 + 1)),
    "415": with_bytes(b"{}", "text/plain"),
    "422": with_a_wrong_value,
    "429": ordered("error-429"),
    "500": ordered("error-500"),
    "503": ordered("error-503"),
}


def test_every_mistake_that_is_described_can_be_made(arena: Any, operation: Operation) -> None:
    """Each error that the description lists really comes, and in the form that it says."""
    for status in OPERATIONS[operation]["responses"]:
        if status.startswith("2"):
            continue
        arena.tidy()
        answer = MISTAKES[status](arena, operation)
        assert str(answer.status_code) == status, f"{status} is described, but: {answer.status_code} {answer.text}"
        hold(answer, operation)


def test_answers_with_more_in_them(arena: Any) -> None:
    """Media, receipts, tasks, more pages, a purchase without messaging, an opted-out phone."""

    def get(path: str, template: str, **query: str) -> Any:
        answer = arena.session.get(ROOT + path, params=query)
        hold(answer, ("GET", template))
        return answer.json()

    post = arena.session.post
    arena.network.clock.advance(seconds=5)
    for version in ("v2.1", "v2.2"):
        sent = post(f"{ROOT}/{version}/messages", json=PICTURE)
        hold(sent, ("POST", f"/{version}/messages"))
        arena.network.clock.advance(seconds=5)
        record = get(f"/{version}/messages/{sent.json()['data']['id']}", f"/{version}/messages/{{id}}")
        assert record["included"]
        page = get(f"/{version}/messages", f"/{version}/messages", start_date="2020-01-01", limit="1")
        assert page["links"]["next"]
        assert page["data"][0]["attributes"]["delivery_receipts"]
    for search in ("areacodes", "exchanges", "tiers"):
        template = f"/v2/numbers/available/{search}"
        assert get(template, template, limit="1")["links"]["next"]
    for limit in ("1", "200"):
        get("/v2/numbers/available", "/v2/numbers/available", limit=limit, starts_with="1888")

    bought = post(f"{ROOT}/v2/numbers/{NO_MESSAGING}", json={"messaging_enabled": True})
    hold(bought, ("POST", "/v2/numbers/{number}"))
    assert bought.status_code == 207
    changed = arena.session.patch(f"{ROOT}/v2/numbers/{NO_MESSAGING}", json={"messaging_enabled": True})
    hold(changed, ("PATCH", "/v2/numbers/{number}"))
    assert changed.status_code == 207
    task = post(f"{ROOT}/v2/message-provision", json={"numbers": [OWN, NO_MESSAGING], "action": "enable"})
    hold(task, ("POST", "/v2/message-provision"))
    assert task.json()["data"]["attributes"]["numbers"]["failed"] == [NO_MESSAGING]

    post(f"{ROOT}/_simulator/incoming", json={"from": PHONE, "to": OWN, "body": "STOP"})
    refused = post(f"{ROOT}/v2.2/messages", json=TEXT)
    hold(refused, ("POST", "/v2.2/messages"))
    assert refused.json()["errors"][0]["code"] == 1110
    for path in ("state", "snapshot", "phones", "requests", "callbacks", "numbers", "magic-numbers", "behaviours"):
        assert get(f"/_simulator/{path}", f"/_simulator/{path}")


def test_the_events_hold_what_is_described(arena: Any) -> None:
    def events(after: str) -> dict[str, Any]:
        answer = arena.session.get(f"{ROOT}/_simulator/events", params={"after": after})
        hold(answer, ("GET", "/_simulator/events"))
        found = re.findall(r"event: (\w+)\ndata: (.*)\n", answer.text)
        return {name: json.loads(data) for name, data in found}

    before = arena.network.feed.seq
    arena.session.post(f"{ROOT}/v2.1/messages", json=TEXT)
    change = events(str(before))["change"]
    held("components", "schemas", "Change").validate(change)
    assert change["messages"]
    held("components", "schemas", "Reload").validate(events("999999999")["reload"])


@pytest.mark.parametrize(
    ("webhook_format", "incoming", "receipt"),
    [("v2.1", "incomingMessage", "deliveryReceipt"), ("v2", "incomingMessageV2", "deliveryReceiptV2")],
)
def test_what_is_posted_is_what_the_webhooks_say(arena: Any, webhook_format: str, incoming: str, receipt: str) -> None:
    posted: list[tuple[str, Any]] = []

    def receiver(environ: Any, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        posted.append((environ["PATH_INFO"], json.loads(body)))
        start_response("200 OK", [])
        return []

    network = arena.network
    network.reset()
    network.webhook_format = webhook_format
    network.callbacks.register("http://127.0.0.1:5000/", receiver)
    for kind, goes_to in zip(fuzz_simulator.CALLBACK_TYPES, (incoming, incoming, receipt, receipt), strict=False):
        url = {"callback_url": f"http://127.0.0.1:5000/{goes_to}"}
        arena.session.put(f"{ROOT}/v2.1/messages/{kind}", json=url)
    picture = {"media_urls": PICTURE["media_urls"]}
    for said in ({"body": "Hello"}, picture, {**picture, "body": "Hello"}):
        for version in ("v2.1", "v2.2"):
            arena.session.post(f"{ROOT}/{version}/messages", json={"to": PHONE, "from": OWN, **said})
        arena.session.post(f"{ROOT}/_simulator/incoming", json={"from": PHONE, "to": OWN, **said})
    network.clock.advance(minutes=5)
    assert {path for path, _ in posted} == {f"/{incoming}", f"/{receipt}"}
    assert len([path for path, _ in posted if path == f"/{incoming}"]) == 3
    assert len([path for path, _ in posted if path == f"/{receipt}"]) == 3 * 2 * 3
    for path, payload in posted:
        pointer = ("webhooks", path[1:], "post", "requestBody", "content", "application/json", "schema")
        held(*pointer).validate(payload)


def test_what_is_not_described_is_noticed() -> None:
    """The other tests could not fail if a closed schema let everything pass."""
    accepted = {"data": {"id": "mdr1-" + 32 * "0"}}
    accepts = held("components", "schemas", "AcceptedV2")
    assert accepts.is_valid(accepted)
    assert not accepts.is_valid({"data": {**accepted["data"], "more": 1}})
    assert not accepts.is_valid({"data": {"id": 7}})
    assert validator(DOCUMENT, "components", "schemas", "AcceptedV2").is_valid({**accepted, "more": 1})
