"""POST …/messages: what each version takes and answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from helpers.simulator import SimulatedNetwork

FIELDS = {"to": "12065550100", "from": "12065550199", "body": "Hello"}
VERSIONS = ["v2", "v2.1", "v2.2"]


def test_v2_answers_200_with_the_id_alone(send: Any) -> None:
    answer = send("v2")
    assert (answer.status_code, answer.reason) == (200, "OK")
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["data"]
    assert list(answer.json()["data"]) == ["id"]
    assert re.fullmatch(r"mdr1-[0-9a-f]{32}", answer.json()["data"]["id"])


def test_v21_answers_202_with_links_type_and_id(send: Any, root: str) -> None:
    answer = send("v2.1")
    assert (answer.status_code, answer.reason) == (202, "Accepted")
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    message_id = answer.json()["data"]["id"]
    assert re.fullmatch(r"mdr2-[0-9a-f]{32}", message_id)
    link = f"{root}/v2.1/messages/{message_id}"
    assert answer.json() == {"data": {"links": {"self": link}, "type": "message", "id": message_id}}


def test_v22_answers_202_and_adds_the_price(send: Any, root: str) -> None:
    answer = send("v2.2", body="x" * 161)
    assert answer.status_code == 202
    data = answer.json()["data"]
    assert data["links"]["self"] == f"{root}/v2.2/messages/{data['id']}"
    assert data["id"].startswith("mdr2-")
    assert data["attributes"] == {
        "price_details": {
            "base_rate": "0.0040",
            "charged_cost": "0.0140",
            "segment_count": 2,
            "surcharge_rate": "0.0030",
        }
    }


@pytest.mark.parametrize("key", ["body", "content"])
def test_v2_takes_body_or_content(send: Any, network: SimulatedNetwork, key: str) -> None:
    network.receipts = "instant"
    assert send("v2", **{"body": None, key: "by either name"}).status_code == 200
    latest = network.inbox.latest("12065550100")
    assert latest is not None
    assert latest.body == "by either name"


def test_v2_prefers_body_to_content(send: Any, network: SimulatedNetwork) -> None:
    network.receipts = "instant"
    send("v2", body="from body", content="from content")
    assert [text.body for text in network.inbox.texts("12065550100")] == ["from body"]


def test_v21_does_not_take_content(send: Any) -> None:
    assert send("v2.1", body=None, content="Hello").status_code == 422


@pytest.mark.parametrize("version", ["v2.1", "v2.2"])
def test_v21_and_v22_take_the_json_api_form_and_v2_does_not(call: Any, version: str) -> None:
    wrapped = {"data": {"type": "message", "attributes": FIELDS}}
    assert call("POST", f"/{version}/messages", json=wrapped).status_code == 202
    assert call("POST", "/v2/messages", json=wrapped).status_code == 422


@pytest.mark.parametrize("version", VERSIONS)
def test_numbers_are_taken_with_or_without_plus_and_kept_without(
    send: Any, network: SimulatedNetwork, version: str
) -> None:
    network.receipts = "instant"
    assert send(version, to="+12065550100", **{"from": "+12065550199"}).ok
    (text,) = network.inbox.texts("12065550100")
    assert text.sender == "12065550199"


@pytest.mark.parametrize("version", VERSIONS)
def test_unknown_members_are_ignored(send: Any, version: str) -> None:
    assert send(version, tags=["a"], dlr_callback="http://localhost/dlr").ok


JSON_TYPES = [
    "application/json",
    "application/vnd.api+json",
    "application/json; charset=utf-8",
    "Application/JSON;charset=UTF-8",
]


def test_both_json_types_are_taken_with_or_without_charset(subtests: pytest.Subtests, call: Any) -> None:
    for version in VERSIONS:
        for content_type in JSON_TYPES:
            with subtests.test(version=version, content_type=content_type):
                body = json.dumps({**FIELDS, "body": "Größe €5"}, ensure_ascii=False).encode()
                assert call("POST", f"/{version}/messages", data=body, headers={"Content-Type": content_type}).ok


@pytest.mark.parametrize(("version", "status"), [("v2", 200), ("v2.1", 415), ("v2.2", 415)])
def test_no_content_type_is_taken_by_v2_only(call: Any, version: str, status: int) -> None:
    assert call("POST", f"/{version}/messages", data=json.dumps(FIELDS).encode()).status_code == status


def test_a_slash_at_the_end_changes_nothing(call: Any) -> None:
    answer = call("POST", "/v2.1/messages/", json=FIELDS)
    assert answer.status_code == 202
    assert call("GET", f"/v2.1/messages/{answer.json()['data']['id']}/").status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "*/*", None])
def test_the_accept_header_does_not_matter(call: Any, accept: str | None) -> None:
    assert call("POST", "/v2.1/messages", json=FIELDS, headers={"Accept": accept}).status_code == 202
