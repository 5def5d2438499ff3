"""Five requests a second for each endpoint."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork


@pytest.fixture
def limited(network: SimulatedNetwork) -> SimulatedNetwork:
    network.rate_limit = True
    return network


@pytest.mark.usefixtures("limited")
def test_the_sixth_within_a_second_is_429(send: Any, clock: Clock) -> None:
    assert [send().status_code for _ in range(6)] == [202] * 5 + [429]
    clock.advance(seconds=0.999)
    answer = send()
    assert answer.status_code == 429
    (error,) = answer.json()["errors"]
    assert sorted(error) == ["detail", "id", "status", "title"]
    assert "Retry-After" not in answer.headers
    clock.advance(seconds=0.001)
    assert send().status_code == 202


@pytest.mark.usefixtures("limited")
def test_the_first_attempt_opens_the_window(send: Any, clock: Clock) -> None:
    send()
    clock.advance(seconds=0.9)
    assert [send().status_code for _ in range(5)] == [202] * 4 + [429]
    clock.advance(seconds=0.1)
    assert [send().status_code for _ in range(6)] == [202] * 5 + [429]


@pytest.mark.usefixtures("limited")
def test_failed_attempts_count_and_foreign_keys_do_not(send: Any, call: Any) -> None:
    assert [send(to="x").status_code for _ in range(5)] == [422] * 5
    assert send().status_code == 429
    for _ in range(9):
        assert call("GET", "/v2.2/messages", auth=("a", "b")).status_code == 401
    assert send("v2.2").status_code == 202


@pytest.mark.usefixtures("limited")
def test_each_endpoint_counts_for_itself_and_gets_count_too(send: Any, call: Any) -> None:
    assert [call("GET", "/v2.1/messages").status_code for _ in range(5)] == [422] * 5
    assert send("v2.1").status_code == 429
    assert send("v2.2").status_code == 202
    assert send("v2").status_code == 200
    assert [call("GET", f"/v2.1/messages/{n}").status_code for n in range(6)] == [404] * 5 + [429]


@pytest.mark.usefixtures("limited")
def test_the_documented_example_46_attempts_in_10_seconds_43_taken(send: Any, clock: Clock) -> None:
    taken = 0
    for attempts in (5, 5, 7, 4, 5, 6, 3, 5, 5, 1):
        taken += sum(send().status_code == 202 for _ in range(attempts))
        clock.advance(seconds=1)
    assert taken == 43


def test_it_can_be_switched_at_run_time_and_begins_afresh(send: Any, network: SimulatedNetwork) -> None:
    assert {send().status_code for _ in range(8)} == {202}
    for _ in range(2):
        network.rate_limit = True
        assert [send().status_code for _ in range(6)] == [202] * 5 + [429]
        network.rate_limit = False
    assert send().status_code == 202


class _Dawdling(dict[str, tuple[int, int]]):
    """Lets other threads in between reading and writing, where a missing lock would show."""

    def get(self, key: str, default: Any = None) -> Any:
        found = super().get(key, default)
        time.sleep(0)
        return found


def test_many_threads_get_five_between_them(limited: SimulatedNetwork, send: Any) -> None:
    limited._windows = _Dawdling()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: send().status_code, range(60)))
    assert sorted(statuses) == [202] * 5 + [429] * 55
