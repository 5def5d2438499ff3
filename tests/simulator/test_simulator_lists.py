"""GET …/messages: filters, order and pages."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app


def bodies(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [record["attributes"]["body"] for record in answer.json()["data"]]


@pytest.fixture
def three(send: Any, clock: Clock) -> None:
    """Sent at 17:00:00.000, 17:00:10.000 and 17:00:20.000 UTC on 2 March 2026."""
    for body in ("first", "second", "third"):
        send(body=body)
        clock.advance(seconds=10)


@pytest.mark.usefixtures("three")
def test_newest_first_and_no_next_on_the_last_page(call: Any) -> None:
    answer = call("GET", "/v2.1/messages?start_date=2026-03-02")
    assert bodies(answer) == ["third", "second", "first"]
    assert answer.json()["links"] == {}


@pytest.mark.usefixtures("three")
def test_next_repeats_the_filters_with_dates_in_full(call: Any, root: str) -> None:
    answer = call("GET", "/v2.1/messages?start_date=2017-12-01&end_date=2027-01-08&limit=2")
    assert answer.json()["links"]["next"] == (
        f"{root}/v2.1/messages?limit=2&start_date=2017-12-01T00%3A00%3A00%2B00%3A00"
        "&end_date=2027-01-08T00%3A00%3A00%2B00%3A00&offset=2"
    )
    following = requests.Request("GET", answer.json()["links"]["next"]).prepare().path_url
    assert bodies(call("GET", following)) == ["first"]


DATES = [
    "2026-03-02",
    "2026-03-02T17:00:10.00Z",
    "2026-03-02T17:00:10Z",
    "2026-03-02T17%3A00%3A10.00Z",
    "2026-03-02T17:00:10",
    "2026-03-02T17:00:10.000000000Z",
    "2026-03-02T17%3A00%3A10%2B00%3A00",
    "2026-03-02T12:00:10-05:00",
    "2026-03-02T18:00:10+01:00",  # a plus that was not escaped arrives as a space
]


@pytest.mark.usefixtures("three")
def test_every_form_of_a_date(subtests: pytest.Subtests, call: Any) -> None:
    for start in DATES:
        with subtests.test(start=start):
            expected = ["third", "second", "first"] if start == "2026-03-02" else ["third", "second"]
            assert bodies(call("GET", f"/v2.1/messages?start_date={start}")) == expected


@pytest.mark.usefixtures("three")
def test_both_ends_belong_to_the_range(call: Any) -> None:
    span = "start_date=2026-03-02T17:00:00Z&end_date=2026-03-02T17:00:10.00Z"
    assert bodies(call("GET", f"/v2.1/messages?{span}")) == ["second", "first"]
    assert bodies(call("GET", "/v2.1/messages?start_date=2026-03-02&end_date=2026-03-02")) == []
    assert bodies(call("GET", "/v2.1/messages/?start_date=2026-03-03")) == []


WRONG_FILTERS = [
    "",
    "start_date=",
    "start_date=yesterday",
    "start_date=2026-13-01",
    "start_date=20260302",
    "start_date=2026-W10-1",
    "start_date=2026-03-02+17:00:10",  # a space elsewhere is one
    "start_date=0001-01-01T00:00:00%2B10:00",
    "start_date=2026-03-02&end_date=",
    "start_date=2026-03-02&end_date=soon",
    "start_date=2026-03-02&limit=0",
    "start_date=2026-03-02&limit=-1",
    "start_date=2026-03-02&limit=two",
    "start_date=2026-03-02&limit=1.5",
    "start_date=2026-03-02&limit=",
    "start_date=2026-03-02&limit=" + "9" * 5000,
    "start_date=2026-03-02&offset=-1",
    "start_date=2026-03-02&offset=%D9%A1",
]


@pytest.mark.usefixtures("three")
def test_a_wrong_filter_is_422(subtests: pytest.Subtests, call: Any) -> None:
    for query in WRONG_FILTERS:
        with subtests.test(query=query):
            answer = call("GET", f"/v2.1/messages?{query}")
            assert answer.status_code == 422
            (error,) = answer.json()["errors"]
            assert len(error["detail"]["data"]["attributes"]) == 1


@pytest.mark.usefixtures("three")
def test_ten_unless_limit_says_otherwise(call: Any, send: Any) -> None:
    for _ in range(10):
        send()
    assert len(bodies(call("GET", "/v2.1/messages?start_date=2026-03-02"))) == 10
    assert len(bodies(call("GET", "/v2.1/messages?start_date=2026-03-02&limit=100000"))) == 13
    assert bodies(call("GET", "/v2.1/messages?start_date=2026-03-02&offset=100000")) == []


@pytest.mark.usefixtures("three")
def test_lists_keep_the_generations_apart(call: Any, send: Any) -> None:
    send("v2", body="old")
    assert bodies(call("GET", "/v2/messages?start_date=2026-03-02")) == ["old"]
    assert bodies(call("GET", "/v2.2/messages?start_date=2026-03-02")) == ["third", "second", "first"]


@settings(max_examples=60, deadline=None)
@given(
    gaps_ms=st.lists(st.integers(0, 5000), max_size=25),
    limit=st.integers(1, 30),
    version=st.sampled_from(["v2", "v2.1", "v2.2"]),
    delay_seconds=st.sampled_from([0.0, 2.5]),
)
def test_following_next_yields_each_message_exactly_once(
    gaps_ms: list[int], limit: int, version: str, delay_seconds: float
) -> None:
    """Also while time passes, and new messages are sent, between the pages."""
    clock = Clock.standing_still()
    network = SimulatedNetwork(
        clock=clock,
        access_key="1",
        secret_key="s",
        numbers=["12065550199"],
        rate_limit=False,
        record_delay_seconds=delay_seconds,
    )
    root = "https://api.flowroute.com"
    with requests.Session() as session:
        session.mount(f"{root}/", SimulatorAdapter(create_app(network)))
        session.auth = ("1", "s")

        def send(body: str) -> None:
            fields = {"to": "12065550100", "from": "12065550199", "body": body}
            assert session.post(f"{root}/{version}/messages", json=fields).ok

        for number, gap in enumerate(gaps_ms):
            send(str(number))
            clock.advance(seconds=gap / 1000)
        clock.advance(seconds=delay_seconds)
        url: str | None = f"{root}/{version}/messages?start_date=2026-03-01&limit={limit}"
        seen: list[str] = []
        while url:
            answer = session.get(url)
            page = bodies(answer)
            assert 0 < len(page) <= limit or not gaps_ms
            seen += page
            url = answer.json()["links"].get("next")
            clock.advance(seconds=0.5)
            send("later")
    assert seen == [str(number) for number in reversed(range(len(gaps_ms)))]
