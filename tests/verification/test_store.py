"""The statements that decide, one by one, and a database that will not have it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from verification_bench import ANA, PHONE, Bench

from helpers import database
from helpers.database import DatabaseUnavailable
from helpers.verification import AuthenticatorDisabled, SendLimitReached, Store

NOW = 1_000_000_000_000


def new_row(name: str = "v1", **values: Any) -> dict[str, Any]:
    row = {
        "id": name,
        "account": "ana",
        "purpose": "sign-in",
        "phone": PHONE,
        "status": "sending",
        "generation": 0,
        "key_id": "k1",
        "code_hmac": None,
        "checks": 0,
        "max_checks": 5,
        "sends": 0,
        "created_at": NOW,
        "sent_at": NOW,
        "expires_at": NOW,
    }
    return row | values


TAKEN = {"status": "pending", "generation": 1, "code_hmac": b"first", "expires_at": NOW + 1000}


@pytest.fixture
def store(bench: Bench) -> Store:
    return bench.store


def pending(store: Store, name: str = "v1", **values: Any) -> dict[str, Any]:
    row = new_row(name, **values)
    store.reserve_start(row, next_hmac=b"first", now=NOW, sends_per_hour=100)
    return store.settle(row, b"first", TAKEN)


def count(store: Store, verification: str = "v1", *, cap: int = 20, now: int = NOW, **values: Any) -> Any:
    whose = {**ANA, "authenticator": "sms", "key_ids": ["k1"], **values}
    return store.count_check(verification, failure_cap=cap, now=now, **whose)


def test_a_reserved_start_is_counted_and_accepts_no_checks(store: Store, bench: Bench) -> None:
    assert store.reserve_start(new_row(), next_hmac=b"first", now=NOW, sends_per_hour=100)
    assert bench.charges() == {"v1": (0, 1, "sending")}
    assert bench.row("v1")["code_hmac"] is None
    assert count(store) is None
    assert bench.charges() == {"v1": (0, 1, "sending")}


def test_a_check_is_charged_to_both_or_to_neither(store: Store, bench: Bench) -> None:
    pending(store)
    assert count(store)["checks"] == 1
    assert bench.charges() == {"v1": (1, 1, "pending"), ("ana", "sms"): 1}
    refused = [
        {"verification": "other"},
        {"account": "ben"},
        {"purpose": "enrol"},
        {"key_ids": ["k2"]},
        {"key_ids": []},
        {"now": NOW + 1000},
    ]
    for values in refused:
        assert count(store, **values) is None
    with pytest.raises(AuthenticatorDisabled):
        count(store, cap=1)
    assert bench.charges() == {"v1": (1, 1, "pending"), ("ana", "sms"): 1}


@pytest.mark.parametrize("status", ["sending", "canceled", "approved"])
def test_only_a_pending_row_takes_checks_whatever_else_it_holds(store: Store, bench: Bench, status: str) -> None:
    pending(store)
    bench.alter("v1", status=status)
    assert count(store) is None
    assert bench.failures() == 0


def test_checks_stop_at_the_rows_own_maximum(store: Store) -> None:
    pending(store, max_checks=2)
    assert [count(store) is not None for _ in range(4)] == [True, True, False, False]


def test_failures_are_kept_by_account_and_authenticator(store: Store) -> None:
    pending(store)
    count(store)
    count(store, authenticator="sms-binding")
    count(store)
    assert store.failures("ana", authenticator="sms") == 2
    assert store.failures("ana", authenticator="sms-binding") == 1
    assert store.failures("ben", authenticator="sms") == 0


def test_only_the_first_approval_counts_and_only_of_the_code_that_was_compared(store: Store) -> None:
    pending(store)
    compared = count(store)
    assert not store.approve(compared | {"generation": 2}, authenticators=("sms",))
    assert store.failures("ana", authenticator="sms") == 1
    assert store.approve(compared, authenticators=("sms",))
    assert store.failures("ana", authenticator="sms") == 0
    assert not store.approve(compared, authenticators=("sms",))


def test_a_code_that_was_replaced_between_count_and_approve_opens_nothing(store: Store, bench: Bench) -> None:
    row = pending(store)
    compared = count(store)
    assert store.reserve_resend(row, next_hmac=b"second", now=NOW, sends_per_hour=100)
    store.settle(row, b"second", {"generation": 2, "code_hmac": b"second", "replaced_hmac": row["code_hmac"]})
    assert not store.approve(compared, authenticators=("sms",))
    assert bench.row("v1")["status"] == "pending"


def test_a_canceled_code_between_count_and_approve_opens_nothing(store: Store) -> None:
    pending(store)
    compared = count(store)
    assert store.cancel("v1", **ANA) is not None
    assert not store.approve(compared, authenticators=("sms",))


@pytest.mark.parametrize(
    "since",
    [
        {"status": "approved"},
        {"status": "canceled"},
        {"checks": 5},
        {"sends": 2},
        {"sent_at": NOW + 1},
    ],
)
def test_a_resend_is_reserved_only_on_the_row_as_it_was_read(store: Store, bench: Bench, since: dict[str, Any]) -> None:
    row = pending(store)
    bench.alter("v1", **since)
    before = bench.row("v1")
    assert not store.reserve_resend(row, next_hmac=b"second", now=NOW + 30_000, sends_per_hour=100)
    assert bench.row("v1") == before


def test_a_slow_text_does_not_settle_over_a_newer_one(store: Store, bench: Bench) -> None:
    row = pending(store)
    store.reserve_resend(row, next_hmac=b"slow", now=NOW + 30_000, sends_per_hour=100)
    again = bench.row("v1")
    store.reserve_resend(again, next_hmac=b"quick", now=NOW + 60_000, sends_per_hour=100)
    store.settle(again, b"quick", {"generation": 2, "code_hmac": b"quick"})
    now = store.settle(row, b"slow", {"generation": 2, "code_hmac": b"slow", "sends": 1})
    assert (now["code_hmac"], now["sends"], now["next_hmac"]) == (b"quick", 3, None)


def test_a_text_does_not_bring_a_canceled_verification_back(store: Store, bench: Bench) -> None:
    """Two starts at once: the first one's text comes back after the second has canceled it."""
    first = new_row("v1")
    store.reserve_start(first, next_hmac=b"one", now=NOW, sends_per_hour=100)
    store.reserve_start(new_row("v2"), next_hmac=b"two", now=NOW, sends_per_hour=100)
    assert store.settle(first, b"one", TAKEN)["status"] == "canceled"
    assert count(store, "v1") is None


@pytest.mark.parametrize("status", ["canceled", "approved"])
def test_a_text_settles_only_a_row_that_is_still_as_it_was_reserved(store: Store, bench: Bench, status: str) -> None:
    row = new_row()
    store.reserve_start(row, next_hmac=b"first", now=NOW, sends_per_hour=100)
    bench.alter("v1", status=status)
    assert store.settle(row, b"first", TAKEN)["status"] == status
    assert bench.row("v1")["code_hmac"] is None


def test_a_text_does_not_bring_an_approved_verification_back(store: Store, bench: Bench) -> None:
    row = pending(store)
    store.reserve_resend(row, next_hmac=b"second", now=NOW + 30_000, sends_per_hour=100)
    assert store.approve(count(store), authenticators=("sms",))
    assert store.settle(row, b"second", TAKEN | {"generation": 2})["status"] == "approved"
    assert bench.row("v1")["next_hmac"] is None


def test_the_budget_counts_sixty_minutes_to_the_millisecond(store: Store, bench: Bench) -> None:
    pending(store)
    for now, wait_ms in ((NOW, 3_600_000), (NOW + 3_599_999, 1)):
        with pytest.raises(SendLimitReached) as limit:
            store.reserve_start(new_row("v2"), next_hmac=b"x", now=now, sends_per_hour=1)
        assert limit.value.retry_after is not None
        assert limit.value.retry_after.total_seconds() * 1000 == wait_ms
    assert list(bench.charges()) == ["v1"]
    assert bench.row("v1")["status"] == "pending"
    assert store.reserve_start(new_row("v2"), next_hmac=b"x", now=NOW + 3_600_000, sends_per_hour=1)


def test_the_sweep_ends_old_sending_rows_only(store: Store, bench: Bench) -> None:
    for name, created_at in (("old", NOW - 1000), ("new", NOW - 999)):
        row = new_row(name, account=name, created_at=created_at)
        store.reserve_start(row, next_hmac=b"x", now=created_at, sends_per_hour=100)
    pending(store, "good", created_at=NOW - 5000)
    assert store.sweep(now=NOW, older_than_ms=1000) == 1
    assert [bench.row(name)["status"] for name in ("old", "new", "good")] == ["canceled", "sending", "pending"]
    assert bench.row("old")["sends"] == 1


def test_two_rows_of_one_id_cannot_be(store: Store) -> None:
    pending(store)
    with pytest.raises(DatabaseUnavailable) as refused:
        store.reserve_start(new_row(account="ben"), next_hmac=b"x", now=NOW, sends_per_hour=100)
    assert PHONE not in str(refused.value)
    assert refused.value.__cause__ is None


# A database that will not have it


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with closing(sqlite3.connect(folder / "bench.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_locked_database_changes_nothing_and_says_so(
    bench: Bench, new_bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = bench.start()
    before = bench.charges()
    monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.01)
    impatient = new_bench()
    impatient.clock.advance(seconds=30)
    verifier = impatient.verifier
    with locked(tmp_path):
        for call in (
            lambda: verifier.start(PHONE, **ANA, client="x"),
            lambda: verifier.check(started.id, bench.code, **ANA),
            lambda: verifier.resend(started.id, **ANA),
            lambda: verifier.cancel(started.id, **ANA),
            lambda: verifier.get(started.id, **ANA),
        ):
            with pytest.raises(DatabaseUnavailable, match="locked"):
                call()
    assert impatient.flowroute.texts == []
    assert bench.charges() == before
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_what_is_stored_outlives_the_process_that_stored_it(bench: Bench, new_bench: Any) -> None:
    started = bench.start()
    bench.close()
    assert new_bench().verifier.check(started.id, bench.code, **ANA).status == "approved"
