"""How often may be guessed, by whom; and that nobody can use up what is somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from databases import BOTH, on
from verification_bench import ANA, ENROL, PHONE, Bench, minutes

from helpers.verification import (
    AuthenticatorDisabled,
    ChecksPaused,
    CodeExpired,
    NotPending,
    Policy,
    SendBudget,
    SendLimitReached,
    TooManyChecks,
    VerificationError,
    WrongCode,
)

NewBench = Callable[..., Bench]
SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
PAUSES = [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def fail(bench: Bench, times: int = 1, **whose: str) -> str:
    """So many wrong codes, each for a verification of its own, two hours apart: the last one's id."""
    whose = {**ANA, **whose}
    for _ in range(times):
        bench.clock.advance(hours=2)
        started = bench.start(**whose)
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **whose)
    return started.id


def paused(bench: Bench, call: Callable[[], object]) -> timedelta:
    """How long the pause still is; nobody was charged, and nobody texted."""
    before, texts = bench.charges(), len(bench.flowroute.texts)
    with pytest.raises(ChecksPaused) as pause:
        call()
    assert (bench.charges(), len(bench.flowroute.texts)) == (before, texts)
    return pause.value.retry_after


# Pauses that grow


@on(*BOTH)
def test_the_pause_doubles_with_each_failure_in_a_row_up_to_an_hour(bench: Bench) -> None:
    """NIST SP 800-63B-4 §3.2.2: waits that grow from 30 seconds to an hour."""
    for failures, seconds in enumerate(PAUSES, start=1):
        verification = fail(bench)
        assert bench.failures() == failures
        if not seconds:
            continue
        left = timedelta(seconds=seconds)
        for code in (bench.code, bench.wrong):
            assert paused(bench, lambda: bench.verifier.check(verification, code, **ANA)) == left  # noqa: B023
        assert paused(bench, bench.start) == left
        bench.clock.advance(seconds=seconds - 0.001)
        assert paused(bench, bench.start) == MILLISECOND
        bench.clock.advance(seconds=0.001)
        assert bench.start().status == "pending"


def test_guessing_on_is_held_up_by_every_failure_from_the_fifth(bench: Bench) -> None:
    started = bench.start()
    for _ in range(4):
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **ANA)
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    other = {**ANA, "purpose": "pay"}
    assert paused(bench, lambda: bench.start(**other)) == 30 * SECOND
    bench.clock.advance(seconds=30)
    paying = bench.start(**other)
    with pytest.raises(WrongCode):
        bench.verifier.check(paying.id, bench.wrong, **other)
    assert paused(bench, lambda: bench.verifier.check(paying.id, bench.code, **other)) == 60 * SECOND


@on(*BOTH)
def test_the_right_code_works_after_the_pause_and_clears_the_count(bench: Bench) -> None:
    fail(bench, 4)
    verification = fail(bench)
    assert paused(bench, lambda: bench.verifier.check(verification, bench.code, **ANA)) == 30 * SECOND
    bench.clock.advance(seconds=30)
    assert bench.verifier.check(verification, bench.code, **ANA).status == "approved"
    assert bench.failures() == 0
    fail(bench, 4)
    assert bench.verifier.check(bench.start(purpose="pay").id, bench.code, account="ana", purpose="pay")


def test_a_right_fifth_code_pauses_nothing(bench: Bench) -> None:
    verification = fail(bench, 4)
    bench.verifier.check(verification, bench.code, **ANA)
    assert bench.verifier.check(bench.start().id, bench.code, **ANA).status == "approved"


def test_a_pause_stops_a_resend_too(bench: Bench) -> None:
    other = {**ANA, "purpose": "pay"}
    fail(bench, 4)
    paying = bench.start(**other)
    bench.clock.advance(seconds=30)
    started = bench.start()
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    assert paused(bench, lambda: bench.verifier.resend(paying.id, **other)) == 30 * SECOND
    bench.clock.advance(seconds=30)
    assert bench.verifier.resend(paying.id, **other).status == "pending"


def test_what_takes_no_checks_says_so_during_a_pause_as_well(bench: Bench) -> None:
    """A pause must tell a stranger no more about an id than there is to know without one."""
    fail(bench, 4)
    expired = bench.start(purpose="pay")
    bench.clock.advance(minutes=5)
    bens = bench.start(account="ben")
    started = bench.start()
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    for verification, purpose, error in (
        ("unknown", "sign-in", NotPending),
        (bens.id, "sign-in", NotPending),
        (started.id, "pay", NotPending),
        (expired.id, "pay", CodeExpired),
    ):
        before = bench.charges()
        with pytest.raises(error):
            bench.verifier.check(verification, bench.code, account="ana", purpose=purpose)
        assert bench.charges() == before


def test_the_waits_are_the_policys(new_bench: NewBench) -> None:
    short = {"failure_wait": timedelta(seconds=1), "longest_failure_wait": timedelta(seconds=3)}
    bench = new_bench(Policy(free_failures=2, **short))  # type: ignore[arg-type]
    for seconds in (0, 1, 2, 3, 3):
        fail(bench)
        if seconds:
            assert paused(bench, bench.start) == timedelta(seconds=seconds)
    patient = new_bench(Policy(failure_wait=timedelta(0)))
    started = patient.start(account="ben")
    for _ in range(5):
        with pytest.raises(WrongCode):
            patient.verifier.check(started.id, patient.wrong, account="ben", purpose="sign-in")
    with pytest.raises(TooManyChecks):
        patient.verifier.check(started.id, patient.code, account="ben", purpose="sign-in")


# Which failures count for what


def test_failures_at_signing_in_and_at_binding_a_phone_are_counted_apart(bench: Bench) -> None:
    fail(bench, 4)
    fail(bench, 4, purpose="enrol")
    assert (bench.failures(), bench.failures("sms-binding")) == (4, 4)
    fail(bench, purpose="enrol")
    assert paused(bench, lambda: bench.start(purpose="enrol")) == 30 * SECOND
    started = bench.start()
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"
    assert (bench.failures(), bench.failures("sms-binding")) == (0, 5)
    assert paused(bench, lambda: bench.start(purpose="enrol")) == 30 * SECOND


def test_every_purpose_but_enrolling_is_charged_to_the_same_count(bench: Bench) -> None:
    for purpose in ("sign-in", "pay", "change-phone", "sign-in"):
        fail(bench, purpose=purpose)
    assert (bench.failures(), bench.failures("sms-binding")) == (4, 0)


def test_binding_a_phone_anew_clears_both(bench: Bench) -> None:
    fail(bench, 6)
    enrolling = fail(bench, 4, purpose="enrol")
    bench.verifier.check(enrolling, bench.code, **ENROL)
    assert (bench.failures(), bench.failures("sms-binding")) == (0, 0)
    assert bench.start().status == "pending"


def test_at_the_cap_sms_is_off_whatever_the_clock_says(new_bench: NewBench) -> None:
    bench = new_bench(Policy(account_failure_cap=6))
    fail(bench, 5)
    assert not bench.verifier.sms_disabled("ana")
    verification = fail(bench)
    assert bench.verifier.sms_disabled("ana")
    assert not bench.verifier.sms_disabled("ben")
    bench.clock.advance(seconds=30)
    for _ in range(2):
        for call in (
            bench.start,
            lambda: bench.verifier.resend(verification, **ANA),
            lambda: bench.verifier.check(verification, bench.code, **ANA),
        ):
            before = bench.charges()
            with pytest.raises(AuthenticatorDisabled):
                call()
            assert bench.charges() == before
        bench.clock.advance(minutes=4)
    bench.clock.advance(hours=24 * 365)
    with pytest.raises(AuthenticatorDisabled):
        bench.start()
    assert bench.start(account="ben").status == "pending"


@pytest.mark.parametrize("counter", ["sms", "sms-binding"])
def test_an_operator_can_switch_sms_on_again(new_bench: NewBench, counter: str) -> None:
    bench = new_bench(Policy(account_failure_cap=6))
    whose = ENROL if counter == "sms-binding" else ANA
    fail(bench, 6, **whose)
    fail(bench, 4, account="ben")
    bench.verifier.restore_sms("ana", by="Olga")
    assert (bench.failures(), bench.failures("sms-binding")) == (0, 0)
    assert not bench.verifier.sms_disabled("ana")
    bench.clock.advance(seconds=30)
    assert bench.verifier.check(bench.start(**whose).id, bench.code, **whose).status == "approved"
    assert bench.failures(account="ben") == 4
    for _ in range(2):
        bench.verifier.restore_sms("nobody", by="Olga")  # harmless
    assert bench.failures(account="nobody") == 0


def test_a_restored_account_is_not_paused(bench: Bench) -> None:
    fail(bench, 8)
    bench.verifier.restore_sms("ana", by="Olga")
    bench.clock.advance(seconds=30)
    assert bench.start().status == "pending"


# An account that is deleted


@on(*BOTH)
def test_a_deleted_account_leaves_no_number_and_no_count_but_the_texts_stay_counted(new_bench: NewBench) -> None:
    """Else deleting and registering anew would buy new texts to the same phone."""
    bench = new_bench(Policy(budget=SendBudget(per_account=2, per_phone=2)))
    started = bench.start()
    bench.start(purpose="enrol")
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    bens = bench.start("+12065550111", account="ben")
    bench.verifier.forget("ana")
    kept = {place.split(".")[0] for place, value in bench.stored_values() if value == "ana"}
    assert kept == {"audit"}
    assert not [place for place, value in bench.stored_values() if PHONE in str(value)]
    assert not [place for place, value in bench.stored_values() if place == "texts.verification" and value != bens.id]
    assert bench.verifier.get(bens.id, account="ben", purpose="sign-in").message_ids == ("mdr2-3",)
    with pytest.raises(NotPending):
        bench.verifier.check(started.id, bench.flowroute.codes[0], **ANA)
    with pytest.raises(SendLimitReached) as limit:
        bench.start()
    assert limit.value.limit == "account"


# A stranger can lock nobody out


def counts_of(bench: Bench, account: str) -> dict[str, object]:
    """Everything that is counted for an account, and how its verifications stand."""
    ids = {value for place, value in bench.stored_values() if place == "verifications.id"}
    mine = {id_ for id_ in ids if bench.row(id_)["account"] == account}
    return {str(key): value for key, value in bench.charges().items() if key in mine or account in key}


def test_without_the_password_nothing_reaches_an_accounts_counts(bench: Bench) -> None:
    """A stranger has no ticket for ana, so the site never names her account for him: only his own, or none."""
    hers = bench.start()
    before = counts_of(bench, "ana")
    for account in ("mallory", "", "ANA", "ana "):
        for purpose in ("sign-in", "enrol"):
            for verification in (hers.id, "unknown"):
                for code in (bench.code, bench.wrong):
                    with pytest.raises(NotPending):
                        bench.verifier.check(verification, code, account=account, purpose=purpose)
                for call in (bench.verifier.resend, bench.verifier.cancel, bench.verifier.get):
                    with pytest.raises(NotPending):
                        call(verification, account=account, purpose=purpose)
    assert counts_of(bench, "ana") == before
    assert bench.verifier.check(hers.id, bench.code, **ANA).checks_left == 4


def flood(bench: Bench, phones: list[str], accounts: int) -> None:
    """Enrol phones on many accounts, guess their codes wrong, ask for more texts, until nothing goes any more."""
    for n in range(accounts):
        whose = {"account": f"mallory{n}", "purpose": "enrol"}
        try:
            started = bench.verifier.start(phones[n % len(phones)], **whose, client=f"203.0.113.{n}")
        except SendLimitReached:
            continue
        for _ in range(6):
            with pytest.raises(VerificationError):
                bench.verifier.check(started.id, bench.wrong, **whose)
    bench.clock.advance(seconds=30)


def test_who_enrols_a_strangers_phone_uses_up_none_of_that_strangers_texts_checks_or_waits(bench: Bench) -> None:
    flood(bench, [PHONE], accounts=12)
    with pytest.raises(SendLimitReached) as limit:
        bench.start(account="mallory", purpose="enrol")
    assert limit.value.limit == "phone"
    assert counts_of(bench, "ana") == {}

    started = bench.start()
    assert (started.checks_left, started.sends_left) == (5, 2)
    for seconds in (30, 60):
        bench.clock.advance(seconds=seconds)
        started = bench.verifier.resend(started.id, **ANA)
    for _ in range(4):
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **ANA)
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_a_days_flood_of_enrolments_leaves_room_for_sign_ins(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(daily_messages=20, per_prefix=1000)))
    flood(bench, [f"+1206555{n:04d}" for n in range(110, 130)], accounts=13)
    with pytest.raises(SendLimitReached) as limit:
        bench.start("+12065550109", account="mallory", purpose="enrol")
    assert limit.value.limit == "enrolment messages"
    for n in range(10):
        whose = {"account": f"honest{n}", "purpose": "sign-in"}
        started = bench.start(f"+1206555{n + 110:04d}", **whose)
        assert bench.verifier.check(started.id, bench.code, **whose).status == "approved"


def test_a_phone_that_strangers_enrol_can_be_enrolled_by_its_owner_an_hour_later(bench: Bench) -> None:
    """This much a stranger can do: the limit of a phone that nobody has confirmed is everybody's. It is an hour."""
    flood(bench, [PHONE], accounts=5)
    with pytest.raises(SendLimitReached) as limit:
        bench.start(purpose="enrol")
    assert limit.value.retry_after == minutes(60) - 30 * SECOND
    bench.clock.advance(minutes=59.5)
    assert bench.verifier.check(bench.start(purpose="enrol").id, bench.code, **ENROL).status == "approved"


# Other authenticators


@on(*BOTH)
def test_another_authenticator_is_counted_paused_and_ended_on_its_own(new_bench: NewBench) -> None:
    """NIST SP 800-63B-4 §3.2.2 counts for each authenticator of an account."""
    bench = new_bench(Policy(account_failure_cap=6, free_failures=5))
    limits = bench.verifier.limits
    for failures in range(1, 6):
        assert not limits.disabled("ana", authenticator="totp")
        limits.charge("ana", authenticator="totp")
        assert bench.failures("totp") == failures
    with pytest.raises(ChecksPaused) as paused:
        limits.charge("ana", authenticator="totp")
    assert paused.value.retry_after == timedelta(seconds=30)
    bench.clock.advance(seconds=30)
    limits.charge("ana", authenticator="totp")
    assert limits.disabled("ana", authenticator="totp")
    bench.clock.advance(hours=2)
    with pytest.raises(AuthenticatorDisabled):
        limits.charge("ana", authenticator="totp")
    assert bench.failures("totp") == 6
    assert not limits.disabled("ana", authenticator="sms")
    assert not limits.disabled("ben", authenticator="totp")
    with bench.store.transaction("ana") as connection:
        limits.clear(connection, "ana", authenticators=("totp",))
    limits.charge("ana", authenticator="totp")
    assert bench.failures("totp") == 1


@pytest.mark.parametrize(
    ("clears", "left"),
    [(None, (0, 0)), (("sms-binding",), (2, 0)), (("sms",), (0, 1)), ((), (2, 1))],
)
def test_an_approval_ends_the_rows_it_is_told_to(
    bench: Bench, clears: tuple[str, ...] | None, left: tuple[int, int]
) -> None:
    """The code of a new phone proves that one, and says nothing about the old one."""
    for _ in range(2):
        bench.verifier.limits.charge("ana", authenticator="sms")
    started = bench.start(purpose="enrol")
    bench.verifier.check(started.id, bench.code, **ENROL, clears=clears)
    assert (bench.failures("sms"), bench.failures("sms-binding")) == left
