"""Where callbacks go: setting, showing and removing it, for an account and for one number."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork

URL = "https://example.org/flowroute?key=1"
KINDS = ["sms_callback", "mms_callback", "sms_dlr_callback", "mms_dlr_callback", "dlr_callback"]
NEWER = pytest.mark.parametrize("version", ["v2.1", "v2.2"])
EACH_KIND = pytest.mark.parametrize("kind", KINDS)


def assert_nothing_said(answer: Any) -> None:
    assert (answer.status_code, answer.reason, answer.content) == (204, "No Content", b"")
    assert "Content-Type" not in answer.headers


def wrong_fields(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return sorted(answer.json()["errors"][0]["detail"]["data"]["attributes"])


@NEWER
@EACH_KIND
def test_a_callback_is_set_shown_replaced_and_removed(call: Any, version: str, kind: str) -> None:
    path = f"/{version}/messages/{kind}"
    assert call("GET", path).status_code == 404
    assert_nothing_said(call("PUT", path, json={"callback_url": "http://127.0.0.1/before"}))
    assert_nothing_said(call("PUT", path, json={"callback_url": URL}))
    answer = call("GET", path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    product = {"sms_callback": "sms", "mms_callback": "mms"}.get(kind, "dlr")
    attributes = {"api_version": version, "callback_url": URL, "product": product}
    assert answer.json() == {"data": {"attributes": attributes, "type": "callback"}}
    for other in KINDS:
        assert call("GET", f"/{version}/messages/{other}").status_code == (200 if other == kind else 404)
    assert_nothing_said(call("DELETE", path))
    assert call("GET", path).status_code == 404
    assert_nothing_said(call("DELETE", path))  # what is gone stays gone


def test_both_versions_show_one_setting_with_the_version_that_set_it(call: Any) -> None:
    call("PUT", "/v2.2/messages/sms_callback", json={"callback_url": URL})
    shown = call("GET", "/v2.1/messages/sms_callback").json()["data"]["attributes"]
    assert shown["api_version"] == "v2.2"


def test_what_is_not_set_is_404_without_a_title(call: Any) -> None:
    answer = call("GET", "/v2.1/messages/sms_callback")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, sorted(error)) == (404, ["detail", "id", "status"])


JSON_TYPES = ["application/json", "application/vnd.api+json; charset=utf-8", None]
BODY_FORMS: list[Callable[[str], dict[str, Any]]] = [
    lambda url: {"callback_url": url},
    lambda url: {"data": {"attributes": {"callback_url": url}}},
    lambda url: {"callback_url": url, "type": "x"},
]


@NEWER
def test_both_body_forms_with_any_json_type_or_none(subtests: pytest.Subtests, call: Any, version: str) -> None:
    path = f"/{version}/messages/dlr_callback"
    for number, (form, content_type) in enumerate(product(BODY_FORMS, JSON_TYPES)):
        with subtests.test(form=number // len(JSON_TYPES), content_type=content_type):
            body = json.dumps(form(f"{URL}{number}")).encode()
            assert_nothing_said(call("PUT", path, data=body, headers={"Content-Type": content_type}))
            assert call("GET", path).json()["data"]["attributes"]["callback_url"] == f"{URL}{number}"


NO_URLS = [
    None,
    "",
    7,
    True,
    [URL],
    {"url": URL},
    "example.org/x",
    "ftp://example.org/",
    "http://",
    "http:///x",
    "/x",
    "http://example.org/a b",
    "http://example.org/é",
    "http://user@",
    "http://example.org:0/",
    "http://example.org:x/",
    "http://[::1",
    "javascript:alert(1)",
    "http://example.org\\@127.0.0.1/",
    "http://example.org/" + "a" * 2048,
]


@pytest.mark.parametrize(
    "method_and_path",
    [("PUT", "/v2.1/messages/sms_callback"), ("POST", "/v2/numbers/12065550199/relationships/sms_callback")],
)
def test_a_callback_is_an_http_url(
    subtests: pytest.Subtests, call: Any, network: SimulatedNetwork, method_and_path: tuple[str, str]
) -> None:
    for url in NO_URLS:
        with subtests.test(url=url):
            assert wrong_fields(call(*method_and_path, json={"callback_url": url})) == ["callback_url"]
            assert network.accounts[0].callbacks == network.accounts[0].numbers["12065550199"].callbacks == {}


SAYING_NOTHING = [
    (b"", 400),
    (b"{", 400),
    (b'{"callback_url": https://example.org"}', 400),
    (b"[]", 400),
    (b"{}", 422),
    (b'{"data": 7}', 422),
]


def test_a_body_that_says_nothing_is_refused(subtests: pytest.Subtests, call: Any) -> None:
    for body, status in SAYING_NOTHING:
        with subtests.test(body=body):
            for content_type, expected in (("application/json", status), ("text/plain", 415)):
                headers = {"Content-Type": content_type}
                answer = call("PUT", "/v2.2/messages/sms_callback", data=body, headers=headers)
                assert answer.status_code == expected


def test_the_reserved_words_come_before_ids_and_v2_has_none(call: Any) -> None:
    for method in ("POST", "PATCH"):
        answer = call(method, "/v2.1/messages/sms_callback", json={"callback_url": URL})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET, HEAD, PUT")
    answer = call("PUT", "/v2/messages/sms_callback", json={"callback_url": URL})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    for word in ("voice_callback", "SMS_CALLBACK", "sms_callbacks"):
        assert call("PUT", f"/v2.1/messages/{word}", json={"callback_url": URL}).status_code == 405
        assert call("GET", f"/v2.1/messages/{word}").status_code == 404


@EACH_KIND
@pytest.mark.parametrize("number", ["12065550199", "+12065550199"])
def test_a_number_has_callbacks_of_its_own(call: Any, network: SimulatedNetwork, kind: str, number: str) -> None:
    path = f"/v2/numbers/{number}/relationships/{kind}"
    body = {"data": {"attributes": {"callback_url": URL}}}
    assert_nothing_said(call("POST", path, json=body))
    owned = network.accounts[0].numbers
    assert {name: setting.url for name, setting in owned["12065550199"].callbacks.items()} == {kind: URL}
    assert owned["18885550123"].callbacks == network.accounts[0].callbacks == {}
    assert_nothing_said(call("DELETE", path))
    assert_nothing_said(call("DELETE", path))
    assert owned["12065550199"].callbacks == {}


@pytest.mark.parametrize("number", ["12065550198", "2065550199", "120655501990", "x"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_another_number_is_404(call: Any, method: str, number: str) -> None:
    answer = call(method, f"/v2/numbers/{number}/relationships/sms_callback", json={"callback_url": URL})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v2.1/messages/sms_callback"),
        ("GET", "/v2.1/messages/sms_callback"),
        ("DELETE", "/v2.2/messages/sms_callback"),
        ("POST", "/v2/numbers/12065550199/relationships/sms_callback"),
        ("DELETE", "/v2/numbers/12065550199/relationships/sms_callback"),
    ],
)
def test_callbacks_need_keys(call: Any, network: SimulatedNetwork, method: str, path: str) -> None:
    answer = call(method, path, json={"callback_url": URL}, auth=("12345678", "wrong"))
    assert answer.status_code == 401
    assert network.accounts[0].callbacks == {}


def test_callbacks_have_a_rate_of_their_own(send: Any, call: Any, network: SimulatedNetwork, clock: Clock) -> None:
    """The documented illustration: 5 a second to the messages and, independently, 5 to the callbacks (§7)."""
    network.rate_limit = True
    put = [
        call("PUT", f"/v2.1/messages/{kind}", json={"callback_url": URL}).status_code
        for kind in [*KINDS, "sms_callback"]
    ]
    assert put == [204] * 5 + [429]
    assert [send().status_code for _ in range(6)] == [202] * 5 + [429]
    assert call("PUT", "/v2.2/messages/sms_callback", json={"callback_url": URL}).status_code == 204
    clock.advance(seconds=1)
    assert call("DELETE", "/v2.1/messages/sms_callback").status_code == 204
