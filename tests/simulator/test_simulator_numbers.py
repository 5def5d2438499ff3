"""The Numbers API: what is on sale, buying it, turning messages on, and what an account owns."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.clock import Clock
from helpers.phone_numbers import PhoneNumber
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app
from helpers.simulator.account import Account
from helpers.simulator.catalogue import AREAS, stock
from helpers.simulator.problems import Problem

FLOWROUTE = "https://api.flowroute.com"
NUMBER = "12065550170"
CANNOT_START = "12125550177"
OTHER_KEYS = ("87654321", "another-secret")


def ids(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["data"]]


def wrong_fields(answer: requests.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return sorted(answer.json()["errors"][0]["detail"]["data"]["attributes"])


@pytest.fixture
def other(network: SimulatedNetwork, call: Any) -> Any:
    """Calls of a second account on the same network."""
    network.add_account(access_key=OTHER_KEYS[0], secret_key=OTHER_KEYS[1], numbers=["12065550198"])
    return partial(call, auth=OTHER_KEYS)


# --- what is on sale ------------------------------------------------------------------------------------------------


def test_area_codes_point_at_their_exchanges(call: Any, root: str) -> None:
    answer = call("GET", "/v2/numbers/available/areacodes?max_setup_cost=3.25&limit=3")
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    assert answer.json()["data"][0] == {
        "type": "areacode",
        "id": "201",
        "links": {"related": f"{root}/v2/numbers/available/exchanges?areacode=201"},
    }
    # The links show the whole dollars alone, as in a printed answer.
    assert answer.json()["links"] == {
        "self": f"{root}/v2/numbers/available/areacodes?max_setup_cost=3&limit=3&offset=0",
        "next": f"{root}/v2/numbers/available/areacodes?max_setup_cost=3&limit=3&offset=3",
    }


def test_exchanges_point_at_their_numbers(call: Any, root: str) -> None:
    answer = call("GET", "/v2/numbers/available/exchanges?areacode=206")
    assert answer.json() == {
        "data": [
            {
                "type": "exchange",
                "id": "206555",
                "links": {"related": f"{root}/v2/numbers/available?starts_with=1206555"},
            }
        ],
        "links": {"self": f"{root}/v2/numbers/available/exchanges?areacode=206&limit=10&offset=0"},
    }
    assert len(ids(call("GET", "/v2/numbers/available/exchanges?limit=200"))) == len(AREAS) + 3


def test_a_search_shows_numbers_with_their_price(call: Any, root: str) -> None:
    answer = call("GET", "/v2/numbers/available?starts_with=1206&contains=3&ends_with=3&limit=1")
    assert answer.json() == {
        "data": [
            {
                "attributes": {
                    "rate_center": "seattle",
                    "value": "12065550173",
                    "monthly_cost": 1.25,
                    "state": "wa",
                    "number_type": "longcode",
                    "setup_cost": 1.0,
                    "inbound_rate": 0.012,
                    "rate_type": "local",
                    "tier": "Standard",
                    "iso_country": "US",
                },
                "type": "number",
                "id": "12065550173",
                "links": {"related": f"{root}/v2/numbers/12065550173"},
            }
        ],
        "links": {
            "self": f"{root}/v2/numbers/available?contains=3&ends_with=3&starts_with=1206&limit=1&offset=0",
            "next": f"{root}/v2/numbers/available?contains=3&ends_with=3&starts_with=1206&limit=1&offset=1",
        },
    }


@pytest.mark.parametrize("start", ["646", "1646", "%2B1646", "+1646", "16465550"])
def test_country_code_1_is_assumed_and_shown_in_the_links(call: Any, root: str, start: str) -> None:
    answer = call("GET", f"/v2/numbers/available?starts_with={start}&limit=1")
    assert ids(answer) == ["16465550100"]
    shown = "%2B1646" if start in ("%2B1646", "+1646") else start if start.startswith("1") else f"1{start}"
    assert f"starts_with={shown}&" in answer.json()["links"]["next"]
    assert ids(call("GET", answer.json()["links"]["next"].removeprefix(root))) == ["16465550101"]


def test_another_country_has_no_numbers(call: Any) -> None:
    assert ids(call("GET", "/v2/numbers/available?starts_with=%2B44")) == []
    assert ids(call("GET", "/v2/numbers/available?iso_country=be")) == []
    assert len(ids(call("GET", "/v2/numbers/available?iso_country=us"))) == 10


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("state=WA", "12065550170"),
        ("state=wa&rate_center=Spokane", "15095550100"),
        ("number_type=toll-free", "18335550100"),
        ("number_type=longcode&order_by=number,desc", "19735550199"),
        ("tier=Toll-Free", "18335550100"),
        ("max_setup_cost=1.5&starts_with=844", None),
        ("max_setup_cost=2&starts_with=844", "18445550100"),
        ("state=", "12015550100"),
    ],
)
def test_filters(call: Any, query: str, first: str | None) -> None:
    assert ids(call("GET", f"/v2/numbers/available?{query}&limit=1")) == ([first] if first else [])


@pytest.mark.parametrize("field", ["number", "value", "tn", "state", "rate_center", "monthly_cost", "number_type"])
def test_order(call: Any, field: str) -> None:
    name = "value" if field in ("number", "tn") else field
    for direction, reverse in (("", False), (",asc", False), (",desc", True)):
        answer = call("GET", f"/v2/numbers/available?ends_with=0150&limit=200&order_by={field}{direction}")
        shown = [item["attributes"][name] for item in answer.json()["data"]]
        assert shown == sorted(shown, reverse=reverse)
        assert len(set(shown)) > 1


def test_tiers(call: Any, root: str) -> None:
    answer = call("GET", "/v2/numbers/available/tiers?limit=1")
    assert answer.json() == {
        "data": [{"type": "tier", "id": "Standard", "links": {"related": f"{root}/v2/numbers?tier=Standard"}}],
        "links": {
            "self": f"{root}/v2/numbers/available/tiers?limit=1&offset=0",
            "next": f"{root}/v2/numbers/available/tiers?limit=1&offset=1",
        },
    }


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v2/numbers/available/areacodes", 400),
        ("/v2/numbers/available/exchanges", 200),
        ("/v2/numbers/available", 200),
        ("/v2/numbers/available/tiers", 200),
        ("/v2/numbers", 200),
    ],
)
def test_limits(call: Any, path: str, most: int) -> None:
    assert "limit=10&offset=0" in call("GET", path).json()["links"]["self"]
    assert call("GET", f"{path}?limit={most}").status_code == 200
    for limit in (most + 1, 0, -1, "", "two", "1.5", "9" * 5000):
        assert wrong_fields(call("GET", f"{path}?limit={limit}")) == ["limit"]
    assert wrong_fields(call("GET", f"{path}?offset=-1")) == ["offset"]
    assert ids(call("GET", f"{path}?offset=100000")) == []


@pytest.mark.parametrize(
    "query",
    [
        "starts_with=x",
        "contains=%2B1",
        "ends_with=7a",
        "number_type=mobile",
        "iso_country=USA",
        "order_by=price",
        "order_by=number,up",
        "max_setup_cost=free",
        "max_setup_cost=-1",
        "max_setup_cost=nan",
    ],
)
def test_a_mistake_in_a_search_is_422_and_named(call: Any, query: str) -> None:
    assert wrong_fields(call("GET", f"/v2/numbers/available?{query}")) == [query.partition("=")[0]]
    assert wrong_fields(call("GET", f"/v2/numbers/available?{query}&limit=0")) == sorted(
        [query.partition("=")[0], "limit"]
    )


def test_an_area_code_has_three_digits(call: Any) -> None:
    for code in ("20", "2066", "1206", "abc", "106"):
        assert wrong_fields(call("GET", f"/v2/numbers/available/exchanges?areacode={code}")) == ["areacode"]
    assert ids(call("GET", "/v2/numbers/available/exchanges?areacode=416")) == []


def test_what_is_on_sale_is_real_by_its_digits_and_kept_for_examples() -> None:
    assert len(AREAS) >= 100
    assert {item.digits[4:8] for item in stock()} == {"5550"}
    assert {item.digits[8] for item in stock()} == {"1"}
    for item in stock():
        if item.digits.endswith("0170"):
            assert PhoneNumber.parse(f"+{item.digits}").region == "US"
    seattle = [item.digits for item in stock() if item.area_code == "206"]
    assert (seattle[0], seattle[-1]) == ("12065550170", "12065550198")  # the rest are the practice phones


@settings(max_examples=25, deadline=None)
@given(limit=st.integers(1, 200), start=st.sampled_from(["206", "20", "88", "2065550", "999"]), owned=st.integers(0, 3))
def test_following_next_yields_each_number_exactly_once(limit: int, start: str, owned: int) -> None:
    mine = [f"1206555017{digit}" for digit in range(owned)]
    network = SimulatedNetwork(
        clock=Clock.standing_still(), access_key="1", secret_key="s", numbers=mine or ["12065550100"], rate_limit=False
    )
    seen: list[str] = []
    with requests.Session() as session:
        session.mount(f"{FLOWROUTE}/", SimulatorAdapter(create_app(network)))
        session.auth = ("1", "s")
        url: str | None = f"{FLOWROUTE}/v2/numbers/available?starts_with={start}&contains=01&ends_with=7&limit={limit}"
        while url:
            answer = session.get(url)
            seen += ids(answer)
            url = answer.json()["links"].get("next")
    whole = start if start.startswith("1") else f"1{start}"
    assert seen == [
        item.digits
        for item in stock()
        if item.digits.startswith(whole) and item.digits.endswith("7") and item.digits not in mine
    ]


# --- buying ---------------------------------------------------------------------------------------------------------


def test_a_purchase_answers_201_with_the_whole_number(call: Any, root: str) -> None:
    answer = call("POST", f"/v2/numbers/{NUMBER}")
    assert (answer.status_code, answer.reason) == (201, "Created")
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    link = {"self": f"{root}/v2/numbers/{NUMBER}"}
    assert answer.json() == {
        "data": {
            "attributes": {
                "alias": None,
                "cnam_lookups_enabled": True,
                "rate_center": "seattle",
                "value": NUMBER,
                "monthly_cost": 1.25,
                "state": "wa",
                "number_type": "longcode",
                "setup_cost": 1.0,
                "inbound_rate": 0.012,
                "rate_type": "local",
                "tier": "Standard",
                "iso_country": "US",
                "status": "PURCHASED",
                "note": None,
                "messaging_enabled": False,
            },
            "id": NUMBER,
            "links": link,
            "relationships": {
                "cnam_preset": {"data": None},
                "e911_address": {"data": None},
                "failover_route": {"data": None},
                "primary_route": {"data": {"id": "0", "type": "route"}},
            },
            "type": "number",
        },
        "included": [
            {
                "attributes": {"alias": "sip-reg", "route_type": "sip-reg", "value": None, "edge_strategy_id": None},
                "id": "0",
                "links": {"self": f"{root}/v2/routes/0"},
                "type": "route",
            }
        ],
        "links": link,
    }
    assert call("GET", f"/v2/numbers/{NUMBER}").json() == answer.json()


def test_a_bought_number_is_gone_for_everybody_and_a_released_one_is_back(call: Any, other: Any) -> None:
    search = "/v2/numbers/available?starts_with=1206555017&limit=1"
    assert ids(call("GET", search)) == [NUMBER]
    assert other("POST", f"/v2/numbers/{NUMBER}").status_code == 201
    assert ids(call("GET", search)) == ["12065550171"]
    for method in ("POST", "GET", "PATCH", "DELETE"):
        assert call(method, f"/v2/numbers/{NUMBER}", json={}).status_code == 404
    assert other("POST", f"/v2/numbers/{NUMBER}").status_code == 404

    released = other("DELETE", f"/v2/numbers/+{NUMBER}")
    assert (released.status_code, released.content, released.headers.get("Content-Type")) == (204, b"", None)
    assert ids(call("GET", search)) == [NUMBER]
    assert call("POST", f"/v2/numbers/+{NUMBER}").status_code == 201


@pytest.mark.parametrize("number", ["12065550199", "12065550169", "12065550198", "206555", "14165550150", "1" * 20])
def test_404_for_a_number_that_nobody_sells(call: Any, other: Any, number: str) -> None:
    answer = call("POST", f"/v2/numbers/{number}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    assert answer.json()["errors"][0]["detail"] == "Could not find that resource on your account."


def test_of_two_buyers_at_once_one_gets_the_number(network: SimulatedNetwork) -> None:
    """The second one comes while the first is still being asked about."""
    first = network.accounts[0]
    second = network.add_account(access_key=OTHER_KEYS[0], secret_key=OTHER_KEYS[1], numbers=[])
    winners: list[Account] = []

    def is_owned(digits: str) -> bool:
        return network.owner_of(digits) is not None

    def buy(account: Account, asked: Callable[[str], bool]) -> None:
        with contextlib.suppress(Problem):
            network.catalogue.buy(account, NUMBER, is_owned=asked)
            winners.append(account)

    rival = threading.Thread(target=buy, args=[second, is_owned])

    def while_the_rival_tries(digits: str) -> bool:
        answer = is_owned(digits)
        rival.start()
        rival.join(timeout=0.3)  # it has to wait, so this runs out; without the lock it would be done long before
        return answer

    buy(first, while_the_rival_tries)
    rival.join()
    assert winners == [first]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/numbers/available/areacodes"),
        ("GET", "/v2/numbers/available/exchanges"),
        ("GET", "/v2/numbers/available"),
        ("GET", "/v2/numbers/available/tiers"),
        ("GET", "/v2/numbers"),
        ("GET", f"/v2/numbers/{NUMBER}"),
        ("POST", f"/v2/numbers/{NUMBER}"),
        ("PATCH", f"/v2/numbers/{NUMBER}"),
        ("DELETE", f"/v2/numbers/{NUMBER}"),
        ("POST", "/v2/message-provision"),
        ("GET", "/v2/message-provision/status/1"),
    ],
)
def test_every_operation_needs_the_keys_and_keeps_the_rate(
    call: Any, network: SimulatedNetwork, method: str, path: str
) -> None:
    answer = call(method, path, auth=("12345678", "wrong"))
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    network.rate_limit = True
    assert [call(method, path).status_code == 429 for _ in range(6)] == [False] * 5 + [True]


def test_a_method_that_a_path_has_not_is_405(call: Any) -> None:
    for path in ("/v2/numbers", "/v2/numbers/available", "/v2/numbers/available/areacodes"):
        answer = call("POST", path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert call("PUT", f"/v2/numbers/{NUMBER}").headers["Allow"] == "DELETE, GET, HEAD, PATCH, POST"
    assert call("HEAD", "/v2/numbers").status_code == 200
    assert call("GET", "/v2/numbers/anything").status_code == 404


# --- messaging ------------------------------------------------------------------------------------------------------


def task_of(answer: requests.Response) -> dict[str, Any]:
    return next(part for part in answer.json()["included"] if part["type"] == "message_provisioning_status")


def test_messaging_comes_some_seconds_after_it_was_asked_for(call: Any, root: str, send: Any, clock: Clock) -> None:
    bought = call("POST", f"/v2/numbers/{NUMBER}", json={"messaging_enabled": True})
    assert bought.status_code == 201
    assert bought.json()["data"]["attributes"]["messaging_enabled"] is False
    task = task_of(bought)
    assert task["attributes"] == {"status": "processing", "tn": NUMBER}
    path = task["links"]["self"].removeprefix(root)
    assert path == f"/v2/message-provision/status/{task['id']}"

    clock.advance(seconds=1.999)
    assert call("GET", path).json() == {"data": task}
    assert send(**{"from": NUMBER}).status_code == 403
    clock.advance(seconds=0.001)
    assert call("GET", path).json()["data"]["attributes"]["status"] == "successful"
    assert call("GET", f"/v2/numbers/{NUMBER}").json()["data"]["attributes"]["messaging_enabled"] is True
    assert send(**{"from": NUMBER}).status_code == 202


def test_a_fresh_number_cannot_text_unless_asked_to(call: Any, send: Any, clock: Clock) -> None:
    for body in (None, {"messaging_enabled": False}):
        bought = call("POST", f"/v2/numbers/{NUMBER}", json=body)
        assert [part["type"] for part in bought.json()["included"]] == ["route"]
        clock.advance(minutes=5)
        assert send(**{"from": NUMBER}).status_code == 403
        assert call("DELETE", f"/v2/numbers/{NUMBER}").status_code == 204


def test_texts_of_a_bought_number_fail_until_it_is_registered(
    call: Any, send: Any, clock: Clock, network: SimulatedNetwork
) -> None:
    call("POST", f"/v2/numbers/{NUMBER}", json={"messaging_enabled": True})
    clock.advance(seconds=2)

    def status_of_a_text() -> str:
        message_id = send(**{"from": NUMBER}).json()["data"]["id"]
        clock.advance(seconds=5)
        record = call("GET", f"/v2.1/messages/{message_id}").json()["data"]["attributes"]
        return str(record["status"])

    assert status_of_a_text() == "failed"
    network.set_registration(NUMBER, "registered")
    assert status_of_a_text() == "delivered"


def test_207_where_messaging_cannot_be_started(call: Any, clock: Clock) -> None:
    path = f"/v2/numbers/{CANNOT_START}"
    bought = call("POST", path, json={"messaging_enabled": True})
    assert (bought.status_code, bought.reason) == (207, "Multi-Status")
    assert task_of(bought)["attributes"] == {"status": "failed", "tn": CANNOT_START}
    clock.advance(seconds=5)
    assert call("GET", path).json()["data"]["attributes"]["messaging_enabled"] is False  # but it is bought
    changed = call("PATCH", path, json={"messaging_enabled": True})
    assert (changed.status_code, task_of(changed)["attributes"]["status"]) == (207, "failed")
    assert call("PATCH", path, json={"messaging_enabled": False}).status_code == 200


def test_messaging_is_turned_on_and_off_for_several_numbers(call: Any, send: Any, clock: Clock) -> None:
    for number in (NUMBER, CANNOT_START):
        call("POST", f"/v2/numbers/{number}")
    numbers = [f"+{NUMBER}", CANNOT_START, NUMBER]
    answer = call("POST", "/v2/message-provision", json={"numbers": numbers, "action": "enable", "email": True})
    assert answer.status_code == 201
    task = answer.json()["data"]
    assert task["type"] == "message_bulk_provisioning_status"
    assert task["attributes"] == {
        "message": "",
        "numbers": {"failed": [CANNOT_START], "processing": [NUMBER], "successful": []},
        "status": "processing",
    }
    clock.advance(seconds=2)
    path = f"/v2/message-provision/status/{task['id']}"
    assert call("GET", path).json()["data"]["attributes"] == {
        "message": "",
        "numbers": {"failed": [CANNOT_START], "processing": [], "successful": [NUMBER]},
        "status": "successful",
    }
    assert send(**{"from": NUMBER}).status_code == 202

    off = call("POST", "/v2/message-provision", json={"numbers": [NUMBER], "action": "disable"})
    assert off.json()["data"]["attributes"] == {"status": "processing", "tn": NUMBER}
    assert send(**{"from": NUMBER}).status_code == 403


def test_asking_twice_does_not_take_longer(call: Any, send: Any, clock: Clock) -> None:
    call("POST", f"/v2/numbers/{NUMBER}", json={"messaging_enabled": True})
    clock.advance(seconds=1.5)
    call("PATCH", f"/v2/numbers/{NUMBER}", json={"messaging_enabled": True})
    clock.advance(seconds=0.5)
    assert send(**{"from": NUMBER}).status_code == 202
    call("PATCH", f"/v2/numbers/{NUMBER}", json={"messaging_enabled": True})
    assert send(**{"from": NUMBER}).status_code == 202


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"numbers": None}, "numbers"),
        ({"numbers": []}, "numbers"),
        ({"numbers": "12065550199"}, "numbers"),
        ({"numbers": ["12065550199", 7]}, "numbers"),
        ({"numbers": ["12065550199", "12065550198"]}, "numbers"),
        ({"action": "start"}, "action"),
        ({"action": ["enable"]}, "action"),
        ({"email": "yes"}, "email"),
        ({"callback_url": "ftp://127.0.0.1/"}, "callback_url"),
    ],
)
def test_a_mistake_in_a_provisioning_is_422_and_named(
    call: Any, other: Any, change: dict[str, Any], field: str
) -> None:
    body = {"numbers": ["12065550199"], "action": "enable", **change}
    assert wrong_fields(call("POST", "/v2/message-provision", json=body)) == [field]


def test_a_task_is_its_accounts_own(call: Any, other: Any) -> None:
    body = {"data": {"attributes": {"numbers": ["12065550199"], "action": "enable"}}}
    task = call("POST", "/v2/message-provision", json=body).json()["data"]
    path = f"/v2/message-provision/status/{task['id']}"
    assert call("GET", path).status_code == 200
    assert other("GET", path).status_code == 404
    assert call("GET", "/v2/message-provision/status/nothing").status_code == 404


# --- what an account owns -------------------------------------------------------------------------------------------


def test_the_list_shows_the_accounts_own_numbers(call: Any, root: str, other: Any) -> None:
    answer = call("GET", "/v2/numbers")
    assert ids(answer) == ["12065550199", "18885550123"]
    assert answer.json()["data"][0] == {
        "attributes": {
            "rate_center": "seattle",
            "value": "12065550199",
            "state": "wa",
            "number_type": "longcode",
            "alias": None,
            "cnam_lookups_enabled": True,
        },
        "type": "number",
        "id": "12065550199",
        "links": {"self": f"{root}/v2/numbers/12065550199"},
    }
    assert answer.json()["links"] == {"self": f"{root}/v2/numbers?limit=10&offset=0"}
    assert ids(call("GET", "/v2/numbers?starts_with=888")) == ["18885550123"]
    assert ids(call("GET", "/v2/numbers?contains=5550199")) == ["12065550199"]
    assert ids(call("GET", "/v2/numbers?ends_with=23&limit=1&offset=0")) == ["18885550123"]
    assert ids(call("GET", "/v2/numbers?tier=Standard")) == ["12065550199"]
    assert "offset=1" in call("GET", "/v2/numbers?limit=1").json()["links"]["next"]
    assert "next" not in call("GET", "/v2/numbers?limit=2").json()["links"]


def test_a_number_is_given_a_name(call: Any, root: str) -> None:
    path = "/v2/numbers/12065550199"
    changed = call("PATCH", path, json={"type": "number", "alias": "Front desk", "cnam_lookups_enabled": False})
    assert changed.status_code == 200
    attributes = changed.json()["data"]["attributes"]
    assert (attributes["alias"], attributes["cnam_lookups_enabled"]) == ("Front desk", False)
    assert ids(call("GET", "/v2/numbers?alias=Front%20desk")) == ["12065550199"]
    assert ids(call("GET", "/v2/numbers?alias=Front")) == []  # no part of a name
    assert call("GET", "/v2/numbers?alias=Front%20desk").json()["links"]["self"] == (
        f"{root}/v2/numbers?alias=Front%20desk&limit=10&offset=0"
    )
    nested = {"data": {"type": "number", "attributes": {"alias": None}}}
    assert call("PATCH", path, json=nested).json()["data"]["attributes"]["alias"] is None
    assert call("GET", path).json()["data"]["attributes"]["cnam_lookups_enabled"] is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("alias", 7),
        ("alias", "x" * 65),
        ("alias", "\ud800"),
        ("alias", "two\nlines"),
        ("cnam_lookups_enabled", "yes"),
        ("messaging_enabled", "true"),
        ("messaging_email", "a@example.org"),
        ("messaging_callback_url", "not a url"),
        ("type", "route"),
    ],
)
def test_a_mistake_in_a_change_is_422_and_changes_nothing(call: Any, field: str, value: object) -> None:
    before = call("GET", "/v2/numbers/12065550199").json()
    body = {"alias": "New", field: value}
    assert wrong_fields(call("PATCH", "/v2/numbers/12065550199", json=body)) == [field]
    assert wrong_fields(call("POST", f"/v2/numbers/{NUMBER}", json=body)) == [field]
    assert call("GET", "/v2/numbers/12065550199").json() == before
    assert ids(call("GET", "/v2/numbers?starts_with=206")) == ["12065550199"]  # nothing was bought


def test_a_change_needs_a_body_of_json(call: Any) -> None:
    path = "/v2/numbers/12065550199"
    assert call("PATCH", path, data=b"{}").status_code == 200  # no content type at all
    assert call("PATCH", path).status_code == 400
    for method, number in (("PATCH", "12065550199"), ("POST", NUMBER)):
        for data, kind, status in ((b"{", "application/json", 400), (b"{}", "text/plain", 415)):
            answer = call(method, f"/v2/numbers/{number}", data=data, headers={"Content-Type": kind})
            assert answer.status_code == status


def test_a_released_number_is_nobodys_until_the_reset(
    call: Any, root: str, send: Any, network: SimulatedNetwork
) -> None:
    bought = call("POST", f"/v2/numbers/{NUMBER}", json={"messaging_enabled": True})
    assert call("DELETE", "/v2/numbers/12065550199").status_code == 204
    assert send().status_code == 403
    assert call("DELETE", "/v2/numbers/12065550199").status_code == 404
    network.reset()
    assert send().status_code == 202
    assert ids(call("GET", "/v2/numbers")) == ["12065550199", "18885550123"]
    path = task_of(bought)["links"]["self"].removeprefix(root)
    assert call("GET", path).status_code == 404


def test_what_changes_is_news_for_the_page(call: Any, network: SimulatedNetwork) -> None:
    for method, path, body in (
        ("POST", f"/v2/numbers/{NUMBER}", {}),
        ("PATCH", f"/v2/numbers/{NUMBER}", {"alias": "New"}),
        ("DELETE", f"/v2/numbers/{NUMBER}", None),
    ):
        before = network.feed.seq
        assert call(method, path, json=body).ok
        assert network.feed.seq > before
