"""Hostile and made-up requests: no 5xx that nobody ordered, and no answer that the OpenAPI file does not describe.

A sample of the long run in ``tests/proof/fuzz_simulator.py``, and by hand what a generator does not think of: broken
JSON, values of every wrong type in every place, bad keys, tricks with paths and lengths, the last ones on a socket.
"""

from __future__ import annotations

import base64
import json
import random
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any

import pytest
import requests
from test_simulator_openapi import (
    DOCUMENT,
    FOR_SALE,
    OPERATIONS,
    OWN,
    PHONE,
    ROOT,
    TEXT,
    Operation,
    address,
    body_of,
    fuzz_simulator,
    held,
    hold,
)

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, create_app

SAMPLE = 1_100
JSON = {"Content-Type": "application/json"}


def words(text: str) -> list[str]:
    """What stands between the spaces."""
    return text.split()


# --- made up from the description -----------------------------------------------------------------------------------


def test_a_sample_of_made_up_requests_finds_nothing() -> None:
    tally = fuzz_simulator.fuzz(wanted=SAMPLE, number=1, at_a_time=2)
    assert not tally.failures, "\n".join(tally.report())
    assert tally.requests == SAMPLE
    assert set(tally.answers) == {f"{method} {path}" for method, path in OPERATIONS}
    outcomes = {outcome for counter in tally.answers.values() for outcome in counter}
    assert {"200", "201", "202", "204", "400", "401", "403", "404", "422", "429", "500", "503"} <= outcomes
    assert {"ReadTimeout", "ChunkedEncodingError"} <= outcomes, "the faults struck"


def test_the_same_seed_makes_the_same_requests() -> None:
    first, second = (fuzz_simulator.fuzz(wanted=150, number=7, at_a_time=3) for _ in range(2))
    assert first.answers == second.answers


def test_the_fuzzer_notices_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 5xx that nobody ordered, a status and a member that are not described."""
    document = fuzz_simulator.description()
    state = document["components"]["schemas"]["State"]
    state["properties"].pop("counts")
    state["required"].remove("counts")
    document["paths"] = {
        path: item
        for path, item in document["paths"].items()
        if path in ("/_simulator/state", "/v2.1/messages/{id}", "/v2/numbers/available/tiers")
    }
    document["paths"]["/v2.1/messages/{id}"]["get"]["responses"].pop("404")
    monkeypatch.setattr(fuzz_simulator, "description", lambda: document)

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("helpers.simulator.catalogue.Catalogue.offered", broken)
    found = set(fuzz_simulator.fuzz(wanted=60, number=1, at_a_time=3).failures)
    assert ("GET /_simulator/state", "200: Response violates schema") in found
    assert ("GET /v2.1/messages/{id}", "404: Undocumented status code") in found
    assert ("GET /v2/numbers/available/tiers", "500: nobody ordered it") in found


# --- bodies ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def arena() -> Iterator[Any]:
    arena = fuzz_simulator.Arena(chance=random.Random(1), rate_limit=False)  # noqa: S311
    yield arena
    arena.close()


@pytest.fixture(autouse=True)
def still_well(request: pytest.FixtureRequest) -> Iterator[None]:
    """After whatever was done to it, it answers as if nothing had been."""
    yield
    if "arena" in request.fixturenames:
        arena = request.getfixturevalue("arena")
        arena.tidy()
        assert arena.session.post(f"{ROOT}/v2.1/messages", json=TEXT).status_code == 202


WITH_BODY = [operation for operation in OPERATIONS if "requestBody" in OPERATIONS[operation]]
NAMES = [f"{method} {path}" for method, path in WITH_BODY]
BROKEN = {
    "nothing": b"",
    "white space": b" \n",
    "half an object": b'{"to":',
    "not UTF-8": b'{"to": "\xff"}',
    "UTF-16": '{"to": "1"}'.encode("utf-16"),
    "half a surrogate in UTF-8": b'{"to": "\xed\xa0\x80"}',
    "NaN": b'{"to": NaN}',
    "Infinity": b'{"to": -Infinity}',
    "5,000 digits": b'{"to": ' + b"9" * 5_000 + b"}",
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep in a member": b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a null byte": b'{"to": "1"}\x00',
    "two values": b"{} {}",
    "single quotes": b"{'to': 1}",
    "a comma too many": b'{"to": "1",}',
    "a list": b"[]",
    "text": b'"to"',
    "null": b"null",
    "a form": b"to=12065550100&from=12065550199&body=x",
}


def send_bytes(arena: Any, operation: Operation, body: bytes, **headers: str) -> requests.Response:
    arena.tidy()
    path = address(arena, operation)
    answer: requests.Response = arena.session.request(operation[0], ROOT + path, data=body, headers={**JSON, **headers})
    hold(answer, operation)
    assert answer.status_code < 500, "described, since it can be ordered; but nobody did"
    return answer


@pytest.mark.parametrize("operation", WITH_BODY, ids=NAMES)
def test_what_is_no_json_object_is_refused(arena: Any, operation: Operation) -> None:
    for name, body in BROKEN.items():
        if name == "nothing" and not body_is_required(operation):
            continue
        answer = send_bytes(arena, operation, body)
        assert answer.status_code in ((400, 415) if name == "nothing" else (400,)), name


def body_is_required(operation: Operation) -> bool:
    reference = OPERATIONS[operation]["requestBody"]["$ref"].rpartition("/")[2]
    return bool(DOCUMENT["components"]["requestBodies"][reference]["required"])


ODD: list[Any] = [None, True, False, 0, -1, 1, 1.5, 1e308, 10**30, -(10**400), [], [[]], [None], [{}], ["x"] * 1_000]
ODD += [
    {},
    {"data": {}},
    {"attributes": None},
    {"": ""},
    "",
    " ",
    "x",
    "\ud800",
    "\x00",
    "\u202e",
    "\n",
    "12065550100\n",
]
ODD += ["é" * 3_000, "x" * 100_000, "1" * 5_000, "1206555010\u0660", "http://\x00/", "<img src=x onerror=alert(1)>"]
ODD += words("""
http:// http://[ http://[::1 http://a:99999999999 http://127.0.0.1:0/ http://user:password@127.0.0.1/ //127.0.0.1/
http://١٢٧.0.0.1/ javascript:alert(1) file:///etc/passwd + NaN 1e999 true
""")


def fields_of(operation: Operation) -> set[str]:
    """Every name that the body of an operation knows, at any depth."""
    body = OPERATIONS[operation]["requestBody"]["$ref"].rpartition("/")[2]
    names: set[str] = set()
    waiting, seen = [DOCUMENT["components"]["requestBodies"][body]], set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            names |= set(value.get("properties", ()))
            waiting += [each for name, each in value.items() if name not in ("example", "examples")]
            reference = str(value.get("$ref", "")).rpartition("/")[2]
            if reference and reference not in seen:
                seen.add(reference)
                waiting.append(DOCUMENT["components"]["schemas"][reference])
    return names


# The callback addresses of an account are one piece of code.
DIFFERENT = [
    each for each in WITH_BODY if "callback" not in each[1] or each[1].endswith(("v2.1/messages/sms_callback", "}"))
]


@pytest.mark.parametrize("operation", DIFFERENT, ids=[f"{method} {path}" for method, path in DIFFERENT])
def test_odd_values_in_every_field_are_taken_or_refused_as_described(arena: Any, operation: Operation) -> None:
    good, ours = body_of(operation), operation[1].startswith("/_simulator/")
    for start, field in enumerate(sorted(fields_of(operation)), WITH_BODY.index(operation)):
        for place, value in enumerate(ODD, start):
            body = json.dumps({**good, field: value})
            if place % 2 and not ours:  # the one form for one value, the other for the next
                body = f'{{"data": {{"type": "message", "attributes": {body}}}}}'
            answer = send_bytes(arena, operation, body.encode())
            # Nothing that came is quoted back where it could run.
            assert "onerror" not in answer.text or answer.status_code < 400


@pytest.mark.parametrize("operation", WITH_BODY, ids=NAMES)
def test_odd_spellings_of_good_json(arena: Any, operation: Operation) -> None:
    good = json.dumps(body_of(operation))
    twice = f"{good[:-1]}{', ' if good != '{}' else ''}{good[1:]}"
    big = json.dumps({**body_of(operation), **({} if "/_simulator/" in operation[1] else {"more": ["x" * 90] * 9_000})})
    for body in (good.encode("utf-8-sig"), twice.encode(), b"\n\t " + good.encode() + b" \r\n", big.encode()):
        assert send_bytes(arena, operation, body).status_code < 300, body[:200]
    unlikely = good.replace("{", '{"1e999": 1e999, "\\u0000": "\\ud83d", "": {"": [1e-999]}, ', 1).replace(", }", "}")
    send_bytes(arena, operation, unlikely.encode())


@pytest.mark.parametrize("operation", WITH_BODY, ids=NAMES)
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/jsonx",
        "json",
        "application/json;",
        "application/json; charset=utf-7",
        "\xff",
        "a" * 9_000,
    ],
)
def test_odd_content_types(arena: Any, operation: Operation, content_type: str) -> None:
    body = json.dumps(body_of(operation) or {"alias": None}).encode()
    answer = send_bytes(arena, operation, body, **{"Content-Type": content_type})
    assert answer.status_code == 415 or content_type.startswith("application/json;") or not content_type


# --- keys -----------------------------------------------------------------------------------------------------------


def basic(keys: bytes) -> str:
    return "Basic " + base64.b64encode(keys).decode()


BAD_KEYS = {
    "no value": "Basic",
    "a space": "Basic ",
    "not base64": "Basic !!!",
    "half of it": basic(b"12345678:practice-secret")[:-3],
    "no colon": basic(b"12345678"),
    "only a colon": basic(b":"),
    "not UTF-8": basic(b"\xff\xfe:\xff"),
    "null bytes": basic(b"12345678\x00:practice-secret"),
    "a space before": basic(b" 12345678:practice-secret"),
    "a colon too many": basic(b"12345678:practice-secret:"),
    "very long": basic(b"1" * 40_000 + b":s"),
    "letters of elsewhere": "Basic ÄÖÜ",
    "bearer": "Bearer 12345678",
    "digest": 'Digest username="12345678", realm="',
    "two schemes": f"Bearer x, {basic(b'12345678:practice-secret')}",
    "nothing": "",
}


@pytest.mark.parametrize("header", BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_keys_are_401_everywhere(arena: Any, header: str) -> None:
    for operation in OPERATIONS:
        if not operation[1].startswith("/_simulator/"):
            url = ROOT + address(arena, operation)
            request = requests.Request(operation[0], url, headers={"Authorization": header.encode("utf-8")})
            answer = arena.session.send(request.prepare())
            assert answer.status_code == 401, operation
            hold(answer, operation)


# --- queries --------------------------------------------------------------------------------------------------------

QUERIES = words("""
limit=0 limit=-1 limit=1e3 limit=%D9%A1 limit=1%00 limit=&offset= offset=999999999999999 after=-1
start_date=0000-00-00 start_date=9999-12-31T23:59:59-23:59 start_date=0001-01-01T00:00:00%2B23:59 start_date=%ff%fe
start_date=2026-02-30 start_date=2026-01-01&end_date=2020-01-01 start_date=2026-01-01T25:00 start_date[]=1
start_date=2026-01-01T00:00:00.1234567890Z start_date=2026-01-01&start_date=x
starts_with=%2B1 starts_with=1%202 contains=%25 ends_with=.* areacode=206&areacode=x order_by=__class__
order_by=state,,asc max_setup_cost=nan max_setup_cost=1e5 max_setup_cost=-0 state=%00 alias=%F0%9F%98%80
tier=%3Cscript%3E iso_country=US%0d%0aX-Injected:1 &&&=== % %zz=%zz ?
""")
QUERIES += ["limit=" + "9" * 5_000, "offset=9" * 400, "start_date=" + "9" * 9_999, "rate_center=" + "x" * 9_000]
QUERIES += ["a" * 9_000, "&".join(f"p{number}=1" for number in range(2_000))]


@pytest.mark.parametrize("path", sorted({path for method, path in OPERATIONS if method == "GET" and "{" not in path}))
def test_odd_queries(arena: Any, path: str) -> None:
    for query in QUERIES:
        answer = arena.session.get(f"{ROOT}{path}?{query}")
        hold(answer, ("GET", path))
        assert answer.status_code < 500, query[:100]
        assert "X-Injected" not in answer.headers


def test_the_links_of_an_odd_query_lead_somewhere(arena: Any) -> None:
    """What a link echoes is a good query again."""
    first = arena.session.get(
        f"{ROOT}/v2/numbers?rate_center=%26limit%3D0%23&alias=a%0d%0ab&state=%F0%9F%98%80&limit=1"
    )
    assert first.status_code == 200
    again = arena.session.get(first.json()["links"]["self"].replace("http://", "https://"))
    assert again.json() == first.json()


# --- on the wire ----------------------------------------------------------------------------------------------------


@pytest.fixture
def wire(door: Any, clock: Clock) -> Any:
    """The address of a served simulator."""
    network = SimulatedNetwork(
        clock=clock,
        access_key=fuzz_simulator.KEYS[0],
        secret_key=fuzz_simulator.KEYS[1],
        numbers=[OWN],
        rate_limit=False,
    )
    door.app = create_app(network, hosts=[f"127.0.0.1:{door.running.port}"])
    return ("127.0.0.1", door.running.port)


def say(wire: tuple[str, int], request: bytes) -> tuple[HTTPResponse, bytes]:
    """Send bytes as they are, and read the answer."""
    with socket.create_connection(wire, timeout=20) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        return response, response.read()


def asked(wire: tuple[str, int], target: bytes, *, method: bytes = b"GET", more: bytes = b"") -> bytes:
    keys = basic(b":".join(key.encode() for key in fuzz_simulator.KEYS)).encode()
    head = b"%b %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: %b\r\nConnection: close\r\n" % (
        *(method, target, wire[1], keys),
    )
    return head + more + b"\r\n"


TARGETS = b"""
/v2.1/%2e%2e/v2/messages /v2.1/../v2.1/messages /v2.1/messages/%2e%2e%2f%2e%2e%2fetc%2fpasswd //v2.1/messages
/v2.1//messages /v2.1/messages// /v2.1/messages/./x /v2.1/messages;x=1 /v2.1/messages%00 /v2.1/messages/%00
/v2.1/messages/%ff%fe /v2.1/messages/% /v2.1/messages/%zz /v2.1/messages/%252e /v2.1%2fmessages /V2.1/messages
/v2.1/messages/mdr2-%0d%0aX-Injected:%20yes /v2.1/messages/mdr2-x?%0d%0aX-Injected:1 /v2.1/messages%20 /v2.10/messages
/v2.1/messages/SMS_CALLBACK /v2.1/messages/sms_callback%0a /v2/numbers/%D9%A1%D9%A2 /v2/numbers/-1
/v2/numbers/12065550170/relationships/ /v2/message-provision/status/%2e
/_simulator /_simulator/ /_simulator/%2e%2e/state /_simulator//state /%5fsimulator/x /_simulator/page/%00
/_simulator/page/%2e%2e%2fopenapi.json /_simulator/page/..%5c..%5capp.py /_simulator/requests/99999999999999999999
/_simulator/requests/-1 http://elsewhere.example/v2.1/messages http://[/ * v2.1/messages \\v2
""".split()
TARGETS += [
    b"/_simulator/faults/\xd9\xa1",
    b"/\xff\xfe",
    b"/v2.1/messages/" + b"a" * 60_000,
    b"/v2/numbers/" + b"1" * 3_000,
]


@pytest.mark.parametrize("method", [b"GET", b"POST", b"DELETE", b"BREW", b"get", b"TRACE", b"OPTIONS"])
def test_no_path_leads_astray(wire: tuple[str, int], method: bytes) -> None:
    """Whatever the path: an error in JSON; never a redirect, a file, or a header of the caller's."""
    for target in TARGETS:
        response, body = say(wire, asked(wire, target, method=method))
        assert 400 <= response.status < 500, target
        assert response.getheader("X-Injected") is None
        assert response.getheader("Location") is None
        assert response.getheader("Content-Type") in ("application/json", "application/vnd.api+json"), target
        held("components", "schemas", "Errors").validate(json.loads(body))
        assert b"Traceback" not in body
        assert target[:9] == b"/v2.1/mes" or target not in body


SPELLINGS = b"""
/_simulator/state //_simulator/state /_simulator%2fstate /%5fsimulator/state /_simulator/state/ /// / /?x /%2f
http://elsewhere.example/_simulator/state /_simulator/page/page.js
""".split()


@pytest.mark.parametrize("target", SPELLINGS, ids=lambda target: target.decode())
def test_no_spelling_of_a_path_gets_past_the_lock_of_the_controls(wire: tuple[str, int], target: bytes) -> None:
    request = asked(wire, target).replace(b"Host: 127.0.0.1", b"Host: elsewhere.example")
    response, body = say(wire, request)
    assert (response.status, response.getheader("Content-Type")) == (403, "application/json")
    assert b"own address" in body


LENGTHS = {
    b"Content-Length: 99999999999999\r\n": 413,
    b"Content-Length: 1048577\r\n": 413,
    b"Content-Length: -1\r\n": 400,
    b"Content-Length: 1e3\r\n": 400,
    b"Content-Length: +1\r\n": 400,
    b"Content-Length: \xd9\xa1\r\n": 400,
    b"Content-Length: 2\r\nContent-Length: 3\r\n": 400,
    b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n": 400,
    b"Transfer-Encoding: gzip, chunked\r\n": 501,
    b"Transfer-Encoding: nonsense\r\n": 501,
}


@pytest.mark.parametrize("header", LENGTHS, ids=lambda header: header.decode("latin-1").strip().replace("\r\n", ", "))
def test_lengths_that_lie_are_refused_at_once(wire: tuple[str, int], header: bytes) -> None:
    """Before the body is there: nobody waits for what was promised."""
    start = asked(wire, b"/v2.1/messages", method=b"POST", more=b"Content-Type: application/json\r\n" + header)
    response, body = say(wire, start)
    assert response.status == LENGTHS[header]
    held("components", "schemas", "Errors").validate(json.loads(body))


NOT_HTTP = [
    b"\r\n\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /v2.1/messages\r\n\r\n",
    b"GET /v2.1/messages HTTP/9.9\r\n\r\n",
    b"GET /v2.1/messages HTTP/1.1 extra\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    b"GET /v2.1/messages HTTP/1.1\r\n" + b"X: 1\r\n" * 300 + b"\r\n",
    b"GET /v2.1/messages HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"\x00\x01\x02\r\n\r\n",
    b"CONNECT elsewhere.example:443 HTTP/1.1\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", NOT_HTTP, ids=lambda request_bytes: repr(request_bytes[:28]))
def test_what_is_no_good_http_harms_nobody(wire: tuple[str, int], request_bytes: bytes) -> None:
    """It is refused, or the connection ends without a word; the next request is answered."""
    with socket.create_connection(wire, timeout=20) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert not answer.startswith(b"HTTP/1.1 2")
    assert b"Traceback" not in answer
    good = json.dumps({**TEXT, "to": PHONE}).encode()
    more = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(good)
    response, _ = say(wire, asked(wire, b"/v2.1/messages", method=b"POST", more=more) + good)
    assert response.status == 202


def test_a_purchase_is_made_once_however_often_it_is_asked_for(arena: Any) -> None:
    """The one thing that cannot be undone by asking again."""
    arena.tidy()
    arena.session.delete(f"{ROOT}/v2/numbers/{FOR_SALE}")
    statuses = [arena.session.post(f"{ROOT}/v2/numbers/{FOR_SALE}").status_code for _ in range(3)]
    assert statuses == [201, 404, 404]
