"""The statements that decide, one by one, and a database that will not have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from databases import BOTH
from sqlalchemy import MetaData
from verification_bench import ANA, PHONE, Bench

from helpers.database import DatabaseUnavailable, open_database, postgresql, sqlite, transaction
from helpers.verification import (
    AuthenticatorDisabled,
    ChecksPaused,
    CodeExpired,
    CodeStillGood,
    NotPending,
    Policy,
    Store,
    TooManyChecks,
    TooSoon,
    VerificationError,
    WrongCode,
)

DATABASES = BOTH
NOW = 1_000_000_000_000


def new_row(name: str = "v1", **values: Any) -> dict[str, Any]:
    row = {
        "id": name,
        "account": "ana",
        "purpose": "sign-in",
        "phone": PHONE,
        "client_key": "c1",
        "status": "sending",
        "generation": 0,
        "key_id": "k1",
        "next_hmac": b"first",
        "code_hmac": None,
        "nonce": None,
        "checks": 0,
        "max_checks": 5,
        "sends": 1,
        "created_at": NOW,
        "sent_at": NOW,
        "resend_at": NOW,
        "expires_at": NOW,
    }
    return row | values


TAKEN = {
    "status": "pending",
    "generation": 1,
    "code_hmac": b"first",
    "expires_at": NOW + 1000,
    "delivery": "accepted",
}


@pytest.fixture
def store(bench: Bench) -> Store:
    return bench.store


def insert(store: Store, row: dict[str, Any]) -> None:
    with store.transaction("ana") as connection:
        store.insert(connection, row)


def settle(store: Store, reserved: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    with store.transaction("ana") as connection:
        return store.settle(connection, reserved, values)


def pending(store: Store, name: str = "v1", **values: Any) -> dict[str, Any]:
    row = new_row(name, **values)
    insert(store, row)
    return settle(store, row, TAKEN)


def reserve_resend(store: Store, row: dict[str, Any], next_hmac: bytes = b"second", *, now: int = NOW) -> bool:
    counted = {"sends": row["sends"] + 1, "sent_at": now, "resend_at": now, "next_hmac": next_hmac}
    with store.transaction("ana") as connection:
        return store.reserve_resend(connection, row, counted)


def approve(store: Store, row: dict[str, Any]) -> bool:
    with store.transaction("ana") as connection:
        return store.approve(connection, row, authenticators=("sms",))


def cancel(store: Store, verification: str) -> Any:
    with store.transaction("ana") as connection:
        return store.cancel(connection, verification, **ANA)


def count(store: Store, verification: str = "v1", *, cap: int = 20, now: int = NOW, **values: Any) -> Any:
    whose = {**ANA, "authenticator": "sms", "key_ids": ["k1"], **values}
    policy = Policy(account_failure_cap=cap, max_checks=1, free_failures=100)
    return store.count_check(verification, policy=policy, now=now, **whose)


def test_a_reserved_start_is_counted_and_accepts_no_checks(store: Store, bench: Bench) -> None:
    insert(store, new_row())
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
    assert not approve(store, compared | {"generation": 2})
    assert store.failures("ana", authenticator="sms") == 1
    assert approve(store, compared)
    assert store.failures("ana", authenticator="sms") == 0
    assert not approve(store, compared)


def test_a_code_that_was_replaced_between_count_and_approve_opens_nothing(store: Store, bench: Bench) -> None:
    row = pending(store)
    compared = count(store)
    assert reserve_resend(store, row)
    settle(store, bench.row("v1"), {"generation": 2, "code_hmac": b"second", "replaced_hmac": row["code_hmac"]})
    assert not approve(store, compared)
    assert bench.row("v1")["status"] == "pending"


def test_a_canceled_code_between_count_and_approve_opens_nothing(store: Store) -> None:
    pending(store)
    compared = count(store)
    assert cancel(store, "v1") is not None
    assert not approve(store, compared)


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
    assert not reserve_resend(store, row, now=NOW + 30_000)
    assert bench.row("v1") == before


def test_a_slow_text_does_not_settle_over_a_newer_one(store: Store, bench: Bench) -> None:
    row = pending(store)
    reserve_resend(store, row, b"slow", now=NOW + 30_000)
    slow = bench.row("v1")
    reserve_resend(store, slow, b"quick", now=NOW + 60_000)
    settle(store, bench.row("v1"), {"generation": 2, "code_hmac": b"quick"})
    now = settle(store, slow, {"generation": 2, "code_hmac": b"slow", "sends": 1})
    assert (now["code_hmac"], now["sends"], now["next_hmac"]) == (b"quick", 3, None)


def test_two_texts_with_the_same_code_are_told_apart_by_their_number(store: Store, bench: Bench) -> None:
    """The same code again: both texts have the same HMAC, and the slow one must not settle for the quick one."""
    row = pending(store)
    reserve_resend(store, row, b"first", now=NOW + 30_000)
    slow = bench.row("v1")
    reserve_resend(store, slow, b"first", now=NOW + 60_000)
    settle(store, slow, {"delivery": "unknown"})
    assert bench.row("v1")["delivery"] == "accepted"
    assert bench.row("v1")["next_hmac"] == b"first"


def test_a_text_does_not_bring_a_canceled_verification_back(store: Store, bench: Bench) -> None:
    """Two starts at once: the first one's text comes back after the second has canceled it."""
    first = new_row("v1")
    insert(store, first)
    insert(store, new_row("v2"))
    assert settle(store, first, TAKEN)["status"] == "canceled"
    assert count(store, "v1") is None


@pytest.mark.parametrize("status", ["canceled", "approved"])
def test_a_text_settles_only_a_row_that_is_still_as_it_was_reserved(store: Store, bench: Bench, status: str) -> None:
    row = new_row()
    insert(store, row)
    bench.alter("v1", status=status)
    assert settle(store, row, TAKEN)["status"] == status
    assert bench.row("v1")["code_hmac"] is None


def test_a_text_does_not_bring_an_approved_verification_back(store: Store, bench: Bench) -> None:
    reserve_resend(store, pending(store), now=NOW + 30_000)
    reserved = bench.row("v1")
    assert approve(store, count(store))
    assert settle(store, reserved, TAKEN | {"generation": 2})["status"] == "approved"
    assert bench.row("v1")["next_hmac"] is None


def test_a_deleted_account_s_text_settles_nowhere(store: Store) -> None:
    row = new_row()
    insert(store, row)
    with store.transaction("ana") as connection:
        store.forget(connection, "ana")
    assert settle(store, row, TAKEN)["status"] == "canceled"
    assert store.find("v1", **ANA) is None


def test_a_pause_begins_with_the_failure_that_earns_it_and_ends_to_the_millisecond(store: Store) -> None:
    pending(store)
    policy = Policy(free_failures=2)
    keys = {**ANA, "authenticator": "sms", "policy": policy, "key_ids": ["k1"]}
    assert store.count_check("v1", now=NOW, **keys)
    assert store.count_check("v1", now=NOW, **keys)
    with pytest.raises(ChecksPaused) as paused:
        store.count_check("v1", now=NOW + 500, **keys)
    assert paused.value.retry_after.total_seconds() == 29.5
    assert store.failures("ana", authenticator="sms") == 2
    assert store.count_check("no such", now=NOW + 500, **keys) is None  # a code that can't be good needs no pause
    with store.transaction("ana") as connection, pytest.raises(ChecksPaused):
        store.require_free(connection, "ana", authenticator="sms", policy=policy, now=NOW + 29_999)
    with store.transaction("ana") as connection:
        store.require_free(connection, "ana", authenticator="sms", policy=policy, now=NOW + 30_000)
        store.require_free(connection, "ana", authenticator="sms-binding", policy=policy, now=NOW)


def test_a_pause_does_not_end_early_for_a_check(store: Store, bench: Bench) -> None:
    bench_row = pending(store)
    bench.alter("v1", expires_at=NOW + 100_000)
    keys = {**ANA, "authenticator": "sms", "policy": Policy(free_failures=1), "key_ids": ["k1"]}
    assert store.count_check("v1", now=NOW, **keys)
    with pytest.raises(ChecksPaused):
        store.count_check("v1", now=NOW + 29_999, **keys)
    row = store.count_check("v1", now=NOW + 30_000, **keys)
    assert row is not None
    assert row["checks"] == bench_row["checks"] + 2


def take(store: Store, now: int, **values: str) -> Any:
    with store.transaction("ana") as connection:
        return store.take_cool_down(connection, policy=Policy(), now=now, **{**ANA, **values})


def test_the_wait_for_a_text_belongs_to_account_and_purpose(store: Store) -> None:
    assert take(store, NOW).free_at == NOW + 30_000
    with pytest.raises(TooSoon) as too_soon:
        take(store, NOW + 29_999)
    assert too_soon.value.retry_after.total_seconds() == 0.001
    assert take(store, NOW, account="ben").free_at == take(store, NOW, purpose="enrol").free_at == NOW + 30_000
    assert take(store, NOW + 30_000).free_at == NOW + 90_000


@pytest.mark.parametrize(("idle", "wait"), [(3_599_999, 60_000), (3_600_000, 30_000)])
def test_the_wait_is_short_again_an_hour_after_the_last_text(store: Store, idle: int, wait: int) -> None:
    take(store, NOW)
    assert take(store, NOW + idle).free_at == NOW + idle + wait


def test_a_wait_is_given_back_only_as_it_was_taken(store: Store) -> None:
    first = take(store, NOW)
    with store.transaction("ana") as connection:
        store.give_back_cool_down(connection, first)
    again = take(store, NOW)
    assert again.free_at == NOW + 30_000
    newer = take(store, NOW + 30_000)
    with store.transaction("ana") as connection:
        store.give_back_cool_down(connection, again)
    with pytest.raises(TooSoon):
        take(store, newer.free_at - 1)


def live(store: Store, *, now: int = NOW, key_ids: tuple[str, ...] = ("k1",)) -> None:
    with store.transaction("ana") as connection:
        store.require_none_live(connection, **ANA, key_ids=key_ids, now=now)


def test_a_live_code_is_one_that_could_be_typed_in(store: Store, bench: Bench) -> None:
    live(store)
    insert(store, new_row())
    live(store)
    settle(store, new_row(), TAKEN)
    with pytest.raises(CodeStillGood) as still_good:
        live(store, now=NOW + 1)
    assert still_good.value.retry_after.total_seconds() == 0.999
    live(store, now=NOW + 1000)
    live(store, key_ids=("k2",))
    for values in ({"checks": 5}, {"delivery": "not sent"}, {"status": "approved"}, {"account": "ben"}):
        before = {name: bench.row("v1")[name] for name in values}
        bench.alter("v1", **values)
        live(store)
        bench.alter("v1", **before)
    with pytest.raises(CodeStillGood):
        live(store)


def test_old_verifications_go_with_their_texts_so_many_at_a_time(store: Store, bench: Bench) -> None:
    for number in range(5):
        insert(store, new_row(f"v{number}", account=f"a{number}", created_at=NOW + number))
        with store.transaction("ana") as connection:
            store.add_text(connection, f"v{number}", 1, sent_at=NOW)
    with store.transaction("ana") as connection:
        assert store.sweep(connection, older_than=NOW + 3, batch=3) == 3
        assert store.sweep(connection, older_than=NOW + 3, batch=3) == 1
        assert store.sweep(connection, older_than=NOW + 3, batch=3) == 0
    assert list(bench.charges()) == ["v4"]
    assert [len(store.texts(f"v{number}")) for number in range(5)] == [0, 0, 0, 0, 1]


def test_an_outcome_that_became_known_is_not_put_over_a_newer_text(store: Store, bench: Bench) -> None:
    row = pending(store)
    bench.alter("v1", delivery="unknown")
    with store.transaction("ana") as connection:
        assert store.resolve(connection, row | {"sends": 2}, "accepted")["delivery"] == "unknown"
        assert store.resolve(connection, row, "not sent")["delivery"] == "not sent"
        assert store.resolve(connection, row, "accepted")["delivery"] == "not sent"


def test_two_rows_of_one_id_cannot_be(store: Store) -> None:
    pending(store)
    with pytest.raises(DatabaseUnavailable) as refused:
        insert(store, new_row(account="ben"))
    assert PHONE not in str(refused.value)
    assert refused.value.__cause__ is None


# A database that will not have it


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else is at work: on SQLite in the file, on PostgreSQL on ana's account, and does not come to an end."""
    other = open_database(url, MetaData())
    with transaction(other, turn="account ana"):
        yield
    other.dispose()


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a test would take as long as people wait for a lock."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", 0.01)
    monkeypatch.setattr(postgresql, "WAIT_SECONDS", 0.01)


@pytest.mark.usefixtures("nobody_waits")
def test_a_locked_database_changes_nothing_and_says_so(bench: Bench, new_bench: Any, database_url: str) -> None:
    started = bench.start()
    before = bench.charges()
    impatient = new_bench()
    impatient.clock.advance(seconds=30)
    verifier = impatient.verifier
    with locked(database_url):
        for call in (
            lambda: verifier.start(PHONE, **ANA, client="x"),
            lambda: verifier.check(started.id, bench.code, **ANA),
            lambda: verifier.resend(started.id, **ANA),
            lambda: verifier.cancel(started.id, **ANA),
        ):
            with pytest.raises(DatabaseUnavailable, match=r"locked|Somebody else has held"):
                call()
        assert verifier.get(started.id, **ANA).status == "pending"  # looking takes no lock
    assert impatient.flowroute.texts == []
    assert bench.charges() == before
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


@pytest.mark.parametrize(
    ("refused", "since"),
    [
        (TooManyChecks, {"checks": 5}),
        (CodeExpired, {"expires_at": NOW}),
        (NotPending, {"status": "canceled"}),
        (NotPending, {"status": "approved"}),
        (NotPending, {"account": "ben"}),
    ],
)
@pytest.mark.usefixtures("nobody_waits")
def test_a_flood_of_checks_of_what_is_over_takes_no_write_lock(
    new_bench: Any, database_url: str, refused: type[VerificationError], since: dict[str, Any]
) -> None:
    """One lock serves everybody: whoever holds one ticket must not be able to keep it busy."""
    bench = new_bench()
    started = bench.start()
    bench.alter(started.id, **since)

    def check() -> None:
        with pytest.raises(refused):
            bench.verifier.check(started.id, bench.code, **ANA)

    check()
    with locked(database_url):
        for _ in range(3):
            check()


@pytest.mark.usefixtures("nobody_waits")
def test_a_flood_of_checks_of_a_disabled_account_takes_no_write_lock(new_bench: Any, database_url: str) -> None:
    bench = new_bench(Policy(account_failure_cap=1, max_checks=1))
    started = bench.start()
    other = bench.start(purpose="change-address")
    with pytest.raises(WrongCode):
        bench.verifier.check(other.id, bench.wrong, account="ana", purpose="change-address")

    def check() -> None:
        with pytest.raises(AuthenticatorDisabled):
            bench.verifier.check(started.id, bench.flowroute.codes[0], **ANA)

    check()
    with locked(database_url):
        check()


def test_what_is_stored_outlives_the_process_that_stored_it(bench: Bench, new_bench: Any) -> None:
    started = bench.start()
    bench.close()
    assert new_bench().verifier.check(started.id, bench.code, **ANA).status == "approved"
