"""Every mistake and its answer: status, headers, and which members the error has and has not."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app

VERSIONS = ["v2", "v2.1", "v2.2"]


def error_of(answer: requests.Response, status: int, *members: str) -> dict[str, Any]:
    """The one error of ``answer``, after checking its outside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] in ("application/json", "application/vnd.api+json")
    assert list(answer.json()) == ["errors"]
    (error,) = answer.json()["errors"]
    assert sorted(error) == sorted(members)
    assert error["status"] == status
    assert type(error["status"]) is int
    if "id" in members:
        uuid.UUID(error["id"])
    assert isinstance(error, dict)
    return error


NO_KEYS = [
    {"Authorization": None},
    {"Authorization": "Basic !!!"},
    {"Authorization": "Basic Og=="},
    {"Authorization": "Basic /w=="},
    {"Authorization": "Bearer 12345678"},
    {"Authorization": "Basic"},
]


def test_401_for_keys_that_are_missing_or_malformed(
    subtests: pytest.Subtests, session: requests.Session, root: str
) -> None:
    for version in VERSIONS:
        for headers in NO_KEYS:
            with subtests.test(version=version, headers=headers):
                session.auth = lambda request: request  # no keys of its own
                answer = session.post(f"{root}/{version}/messages", json={}, headers=headers)
                error = error_of(answer, 401, "detail", "id", "status", "title")
                assert (error["detail"], error["title"]) == ("Authentication failed.", "Unauthorized")
                assert answer.headers["WWW-Authenticate"] == "Basic"


@pytest.mark.parametrize("keys", [("12345678", "wrong"), ("1234567", "practice-secret"), ("12345678", "")])
def test_401_for_wrong_keys(call: Any, keys: tuple[str, str]) -> None:
    error_of(call("GET", "/v2/messages", auth=keys), 401, "detail", "id", "status", "title")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("sender", ["12065550198", "abc", "2065550199"])
def test_403_for_a_number_that_is_not_ours(send: Any, version: str, sender: str) -> None:
    error = error_of(send(version, **{"from": sender}), 403, "detail", "status", "title")
    assert (error["detail"], error["title"]) == ("", "ActionNotAuthorizedError")


@pytest.mark.parametrize(
    "path", ["/v2.1/messages/mdr2-0", "/nowhere", "/v3/messages", "/v2", "/v2.1//messages", "/static/x"]
)
def test_404_has_no_title(call: Any, path: str) -> None:
    error = error_of(call("GET", path), 404, "detail", "id", "status")
    assert error["detail"] == "Could not find that resource on your account."


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_405_names_the_methods_that_are_allowed(call: Any, method: str) -> None:
    answer = call(method, "/v2.1/messages")
    error = error_of(answer, 405, "detail", "id", "status", "title")
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert error["title"] == "Method Not Allowed"


def test_413_for_a_body_over_one_mebibyte(call: Any) -> None:
    headers = {"Content-Type": "application/json"}
    fits = b'"' + b"x" * (1024 * 1024 - 2) + b'"'
    assert call("POST", "/v2/messages", data=fits, headers=headers).status_code == 400
    error_of(call("POST", "/v2/messages", data=fits + b" ", headers=headers), 413, "detail", "id", "status", "title")


OTHER_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]


def test_415_for_other_types(subtests: pytest.Subtests, call: Any) -> None:
    for version in VERSIONS:
        for content_type in OTHER_TYPES:
            with subtests.test(version=version, content_type=content_type):
                answer = call("POST", f"/{version}/messages", data=b"{}", headers={"Content-Type": content_type})
                error_of(answer, 415, "detail", "id", "status", "title")


NOT_OBJECTS = [
    b"",
    b"{",
    b"[1]",
    b'"text"',
    b"7",
    b"null",
    b"\xff\xfe",
    b'{"to": NaN}',
    b"[" * 100_000,
    b"1" * 5000,
    b"{} {}",
]


def test_400_for_what_is_no_json_object(subtests: pytest.Subtests, call: Any) -> None:
    for version in VERSIONS:
        for body in NOT_OBJECTS:
            with subtests.test(version=version, body=body[:12]):
                answer = call("POST", f"/{version}/messages", data=body, headers={"Content-Type": "application/json"})
                error_of(answer, 400, "detail", "id", "status", "title")


NOT_TEXTS = [None, "", 12065550100, True, ["12065550100"], {"a": 1}, "\ud800"]


def test_422_names_the_field_that_is_missing_or_not_text(subtests: pytest.Subtests, send: Any) -> None:
    for version in VERSIONS:
        for field in ["to", "from", "body"]:
            for value in NOT_TEXTS:
                with subtests.test(version=version, field=field, value=value):
                    error = error_of(send(version, **{field: value}), 422, "detail", "id", "status")
                    attributes = error["detail"]["data"]["attributes"]
                    assert list(attributes) == [field]
                    assert isinstance(attributes[field][0], str)


EMPTY_PAYLOADS = [{}, {"data": {}}, {"data": []}, {"data": {"attributes": "x"}}, {"data": None}]


def test_422_names_all_fields_at_once(subtests: pytest.Subtests, call: Any) -> None:
    for version in ["v2.1", "v2.2"]:
        for payload in EMPTY_PAYLOADS:
            with subtests.test(version=version, payload=payload):
                error = error_of(call("POST", f"/{version}/messages", json=payload), 422, "detail", "id", "status")
                assert sorted(error["detail"]["data"]["attributes"]) == ["body", "from", "to"]


MALFORMED = [
    "206-555-0100",
    "2065550100",
    "120655501000",
    "11065550100",
    "++12065550100",
    "442079460000",
    " 12065550100",
]


def test_422_for_a_malformed_to(subtests: pytest.Subtests, send: Any, network: SimulatedNetwork) -> None:
    for version in VERSIONS:
        for to in [*MALFORMED, "12065550100\n", "1206555010٠"]:
            with subtests.test(version=version, to=to):
                error = error_of(send(version, to=to), 422, "detail", "id", "status")
                assert list(error["detail"]["data"]["attributes"]) == ["to"]
                assert to.strip() not in json.dumps(error)


def test_v2_answers_500_to_a_malformed_to_while_legacy_500_is_on(
    subtests: pytest.Subtests, send: Any, network: SimulatedNetwork
) -> None:
    for to in MALFORMED:
        with subtests.test(to=to):
            network.legacy_500 = True
            error_of(send("v2", to=to), 500, "detail", "id", "status", "title")
            error_of(send("v2.1", to=to), 422, "detail", "id", "status")
            error_of(send("v2", to=None), 422, "detail", "id", "status")
            network.legacy_500 = False
            error_of(send("v2", to=to), 422, "detail", "id", "status")


def test_the_checks_come_in_their_order(call: Any, network: SimulatedNetwork) -> None:
    """Every step mends the first mistake of the one before, and meets the next."""
    network.rate_limit = True
    huge, text = b"x" * 1_100_000, {"Content-Type": "text/plain"}
    jsonish = {"Content-Type": "application/json"}
    wrong = {"auth": ("a", "b"), "data": huge, "headers": text}
    assert call("PUT", "/nowhere", **wrong).status_code == 404
    assert call("PUT", "/v2.1/messages", **wrong).status_code == 405
    assert call("POST", "/v2.1/messages", **wrong).status_code == 401
    for _ in range(5):
        assert call("POST", "/v2.1/messages", data=huge, headers=text).status_code == 413
    assert call("POST", "/v2.1/messages", data=huge, headers=text).status_code == 429
    network.rate_limit = False
    assert call("POST", "/v2.1/messages", data=b"{", headers=text).status_code == 415
    assert call("POST", "/v2.1/messages", data=b"{", headers=jsonish).status_code == 400
    fields = {"to": "x", "from": "12065550150", "body": "Hello"}
    assert call("POST", "/v2.1/messages", json=fields).status_code == 422
    assert call("POST", "/v2.1/messages", json={**fields, "to": "12065550100"}).status_code == 403


def test_errors_come_in_the_type_of_their_version(call: Any) -> None:
    assert call("DELETE", "/v2/messages").headers["Content-Type"] == "application/json"
    assert call("DELETE", "/v2.1/messages").headers["Content-Type"] == "application/vnd.api+json"
    assert call("GET", "/v2.2/nowhere").headers["Content-Type"] == "application/vnd.api+json"
    assert call("GET", "/nowhere").headers["Content-Type"] == "application/json"


def test_a_fault_of_our_own_is_json_too_and_its_log_holds_no_values(
    send: Any, network: SimulatedNetwork, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*wanted: object) -> None:
        raise RuntimeError(f"body was: {wanted}")

    monkeypatch.setattr(network, "send", broken)
    with caplog.at_level(logging.ERROR):
        error_of(send("v2.1"), 500, "detail", "id", "status", "title")
    assert "RuntimeError" in caplog.text
    assert "123456" not in caplog.text


def test_nothing_that_was_refused_is_kept(send: Any, network: SimulatedNetwork) -> None:
    send(to="x")
    send(body="")
    send(**{"from": "12065550150"})
    assert "0 messages" in repr(network)
    assert network.inbox.next_arrival_ms("12065550100") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["data", "attributes", "to", "from", "body", "content", "media_urls", "is_mms", "dlr_callback", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def in_process() -> Iterator[requests.Session]:
    """One network for hundreds of bodies, without a socket."""
    network = SimulatedNetwork(
        clock=Clock.standing_still(), access_key="1", secret_key="s", numbers=["12065550199"], rate_limit=False
    )
    with requests.Session() as session:
        session.mount("https://", SimulatorAdapter(create_app(network)))
        session.auth = ("1", "s")
        yield session


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(version=st.sampled_from(VERSIONS), body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_no_body_gives_a_5xx_or_anything_but_json(in_process: requests.Session, version: str, body: bytes) -> None:
    answer = in_process.post(
        f"https://api.flowroute.com/{version}/messages",
        data=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in (200, 202, 400, 403, 422)
    assert isinstance(answer.json(), dict)
