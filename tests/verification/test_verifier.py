"""Start, check, resend, cancel: what each accepts, refuses and charges."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from databases import BOTH, on
from verification_bench import ANA, ENROL, FROM, KEY, OTHER_KEY, PHONE, Bench, minutes

from helpers.database import DatabaseUnavailable
from helpers.flowroute import (
    ConnectionFailed,
    FlowrouteError,
    Forbidden,
    InvalidRequest,
    OptedOut,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unauthorized,
)
from helpers.phone_numbers import PhoneNumber, PhoneNumberError
from helpers.secret import Secret
from helpers.verification import (
    AuthenticatorDisabled,
    ChecksPaused,
    CodeExpired,
    CodeReplaced,
    InvalidCode,
    NotPending,
    Policy,
    SendBudget,
    SendLimitReached,
    TooManyChecks,
    TooSoon,
    Verification,
    VerificationError,
    WrongCode,
)

NewBench = Callable[..., Bench]
UNKNOWN = [OutcomeUnknown("no answer"), ServerError(503)]
SURELY_NOT = [Forbidden(403), Unauthorized(401), InvalidRequest(422), OptedOut(400), RateLimited(429)]


def named(value: object) -> str:
    return type(value).__name__ if isinstance(value, BaseException) else str(value)


def use_up_checks(bench: Bench, verification: str, **whose: str) -> None:
    for _ in range(bench.verifier.policy.max_checks):
        with pytest.raises(WrongCode):
            bench.verifier.check(verification, bench.wrong, **{**ANA, **whose})


def disable(bench: Bench) -> None:
    """Bring ana's failures to the cap, over several verifications, each pause waited for."""
    while bench.failures() < bench.verifier.policy.account_failure_cap:
        bench.clock.advance(hours=1)
        guess_until_refused(bench, bench.start().id)


def guess_until_refused(bench: Bench, verification: str) -> None:
    while True:
        try:
            bench.verifier.check(verification, bench.wrong, **ANA)
        except WrongCode:
            continue
        except (ChecksPaused, TooManyChecks, AuthenticatorDisabled):
            return


# Start


def test_start_texts_a_code_and_says_how_it_stands(bench: Bench) -> None:
    started = bench.start()
    assert started.status == "pending"
    assert started.delivery == "accepted"
    assert started.message_id == "mdr2-1"
    assert started.expires_at == bench.clock.now() + minutes(5)
    assert (started.checks_left, started.sends_left) == (5, 2)
    assert (started.account, started.purpose, started.phone.e164) == ("ana", "sign-in", PHONE)
    [(to, body)] = bench.flowroute.texts
    assert to.e164 == PHONE
    assert body.startswith("Example Bank: ")
    assert body.endswith(f"@bank.example #{bench.code}")


def test_a_text_that_left_and_could_not_be_written_down_is_told_as_that(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseUnavailable("The disk is full.")

    monkeypatch.setattr(bench.store, "settle", refuse)
    with pytest.raises(DatabaseUnavailable, match=r"The text has left, .* its code will not work"):
        bench.start()


def test_ids_are_long_and_never_the_same(bench: Bench) -> None:
    ids = {bench.start(f"+1206555{100 + n:04d}", account=f"user{n}").id for n in range(25)}
    assert len(ids) == 25
    assert all(len(each) * 6 >= 128 for each in ids)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+1 876 555 0100", "belongs to JM"),  # eleven digits and +1, and still another country
        ("+1 809 555 0100", "belongs to DO"),
        ("+1 900 555 0100", "premium|No such number"),
        ("+1 800 555 0100", "toll-free"),
        ("+44 7700 900123", "No such number|belongs to"),
        ("+1 206 555 01", "too short"),
        ("+1 106 555 0100", "area code"),
        ("call me", "no letters"),
        ("", "empty"),
    ],
)
def test_a_phone_we_do_not_text_is_refused_before_anything_is_stored(bench: Bench, number: str, words: str) -> None:
    with pytest.raises(PhoneNumberError, match=words):
        bench.start(number)
    assert bench.charges() == {}
    assert bench.flowroute.texts == []


@pytest.mark.parametrize("number", ["+18765550100", "+19002345678"])
def test_a_number_that_was_made_without_the_parser_is_looked_at_all_the_same(bench: Bench, number: str) -> None:
    with pytest.raises(PhoneNumberError):
        bench.verifier.start(PhoneNumber(number), **ANA, client="x")
    assert bench.charges() == {}


def test_a_new_start_cancels_the_older_one_of_this_account_and_purpose_only(bench: Bench) -> None:
    older = bench.start()
    older_code = bench.code
    enrolling, somebody = bench.start(purpose="enrol"), bench.start(account="ben")
    bench.clock.advance(seconds=30)
    newer = bench.start()
    with pytest.raises(NotPending):
        bench.verifier.check(older.id, older_code, **ANA)
    assert bench.verifier.get(older.id, **ANA).status == "canceled"
    assert bench.verifier.get(enrolling.id, **ENROL).status == "pending"
    assert bench.verifier.get(somebody.id, account="ben", purpose="sign-in").status == "pending"
    assert bench.verifier.check(newer.id, bench.code, **ANA).status == "approved"


@pytest.mark.parametrize("length", [0, 16, 31])
def test_a_short_code_key_is_refused(bench: Bench, length: int) -> None:
    for options in ({"code_key": Secret(b"k" * length)}, {"previous_code_keys": [Secret(b"k" * length)]}):
        with pytest.raises(ValueError, match="32 bytes"):
            bench.another_verifier(**options)


@pytest.mark.parametrize("options", [{"brand": "B\u00e4nk"}, {"origin": "https://bank.example"}, {"brand": "B" * 90}])
def test_a_sender_that_cannot_stand_in_a_text_is_refused_at_once(bench: Bench, options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"brand|origin"):
        bench.another_verifier(**options)


# Check: time


def test_a_code_works_until_one_millisecond_before_it_expires(bench: Bench) -> None:
    started = bench.start()
    bench.clock.advance(minutes=5, seconds=-0.001)
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_at_the_moment_it_expires_it_is_expired(bench: Bench) -> None:
    started = bench.start()
    bench.clock.advance(minutes=5)
    before = bench.charges()
    with pytest.raises(CodeExpired) as late:
        bench.verifier.check(started.id, bench.code, **ANA)
    assert late.value.expired_at == started.expires_at == bench.clock.now()
    assert bench.charges() == before
    assert bench.verifier.get(started.id, **ANA).status == "expired"


def test_a_wrong_code_after_the_end_is_told_the_same_as_the_right_one(bench: Bench) -> None:
    started = bench.start()
    bench.clock.advance(minutes=6)
    said = set()
    for code in (bench.code, bench.wrong):
        with pytest.raises(CodeExpired) as late:
            bench.verifier.check(started.id, code, **ANA)
        said.add(str(late.value))
    assert len(said) == 1


# Check: once, and so many times


def test_the_right_code_works_once(bench: Bench) -> None:
    started = bench.start()
    approved = bench.verifier.check(started.id, bench.code, **ANA)
    assert approved.status == "approved"
    assert approved == bench.verifier.get(started.id, **ANA)
    before = bench.charges()
    for code in (bench.code, bench.wrong):
        with pytest.raises(NotPending):
            bench.verifier.check(started.id, code, **ANA)
    assert bench.charges() == before


def test_wrong_codes_count_down_and_then_even_the_right_one_is_too_late(bench: Bench) -> None:
    started = bench.start()
    told = []
    for _ in range(5):
        with pytest.raises(WrongCode) as wrong:
            bench.verifier.check(started.id, bench.wrong, **ANA)
        told.append(wrong.value.checks_left)
    assert told == [4, 3, 2, 1, 0]
    before = bench.charges()
    for code in (bench.code, bench.wrong):
        with pytest.raises(TooManyChecks):
            bench.verifier.check(started.id, code, **ANA)
    assert bench.charges() == before
    assert bench.verifier.get(started.id, **ANA).status == "max_attempts_reached"
    assert bench.failures() == 5


def test_the_last_check_may_be_the_right_one(bench: Bench) -> None:
    started = bench.start()
    for _ in range(4):
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **ANA)
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_used_up_and_expired_is_still_used_up(bench: Bench) -> None:
    started = bench.start()
    use_up_checks(bench, started.id)
    bench.clock.advance(minutes=6)
    with pytest.raises(TooManyChecks):
        bench.verifier.check(started.id, bench.code, **ANA)


def test_a_code_as_people_type_it_is_right(bench: Bench) -> None:
    started = bench.start()
    code = bench.code
    assert bench.verifier.check(started.id, f" {code[:3]}\u2011{code[3:]}\u200b", **ANA).status == "approved"


def test_a_code_with_leading_zeros_is_right_as_text(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.verification.codes.secrets.randbelow", lambda _bound: 42)
    started = bench.start()
    assert bench.code == "000042"
    with pytest.raises(InvalidCode):
        bench.verifier.check(started.id, "42", **ANA)
    assert bench.verifier.check(started.id, "000042", **ANA).status == "approved"


# Check: nobody else's, nothing else's, and nobody is charged


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_what_is_no_code_charges_nobody(bench: Bench, typed: str) -> None:
    started = bench.start()
    before = bench.charges()
    for verification in (started.id, "unknown"):
        with pytest.raises(InvalidCode):
            bench.verifier.check(verification, typed, **ANA)
    assert bench.charges() == before
    assert bench.verifier.get(started.id, **ANA).checks_left == 5


def test_unknown_and_foreign_are_the_same_to_a_stranger(bench: Bench) -> None:
    hers = bench.start()
    his = bench.start(account="ben")
    before = bench.charges()
    mallory = {"account": "mallory", "purpose": "sign-in"}
    said = set()
    for verification in (hers.id, his.id, "unknown", "", hers.id + " ", hers.id.swapcase()):
        for code in (*bench.flowroute.codes, bench.wrong):
            with pytest.raises(NotPending) as refused:
                bench.verifier.check(verification, code, **mallory)
            said.add((type(refused.value), str(refused.value), refused.value.user_message, len(refused.value.__dict__)))
        for call in (bench.verifier.resend, bench.verifier.cancel, bench.verifier.get):
            with pytest.raises(NotPending) as refused:
                call(verification, **mallory)
            said.add((type(refused.value), str(refused.value), refused.value.user_message, len(refused.value.__dict__)))
    assert len(said) == 1
    assert bench.charges() == before


def test_a_code_is_good_for_its_own_account_and_purpose_only(bench: Bench) -> None:
    started = bench.start()
    before = bench.charges()
    for other in ({"account": "ben"}, {"purpose": "enrol"}, {"purpose": "sign-in "}, {"account": "Ana"}):
        with pytest.raises(NotPending):
            bench.verifier.check(started.id, bench.code, **{**ANA, **other})
    assert bench.charges() == before


def test_a_code_of_one_verification_does_not_open_another(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.start(account="ben")
    bens = bench.code
    anas = bench.start()
    assert bens != bench.code
    with pytest.raises(WrongCode):
        bench.verifier.check(anas.id, bens, **ANA)


@pytest.mark.parametrize("column", ["account", "purpose", "phone", "id"])
def test_an_edited_row_accepts_nothing(bench: Bench, column: str) -> None:
    """Mistake 6: whoever can move a code to another phone or account in the database still lacks the code key."""
    started = bench.start()
    bench.alter(started.id, **{column: "+12065550111" if column == "phone" else "moved"})
    whose = {"account": "moved"} if column == "account" else {"purpose": "moved"} if column == "purpose" else {}
    with pytest.raises(WrongCode):
        bench.verifier.check("moved" if column == "id" else started.id, bench.code, **{**ANA, **whose})


def test_a_hmac_copied_into_another_row_opens_nothing(bench: Bench) -> None:
    mallorys = bench.start(account="mallory")
    known, stored = bench.code, bench.row(mallorys.id)["code_hmac"]
    anas = bench.start()
    bench.alter(anas.id, code_hmac=stored)
    with pytest.raises(WrongCode):
        bench.verifier.check(anas.id, known, **ANA)


# The account's count of failures


def test_failures_add_up_over_verifications_until_sms_is_off(bench: Bench) -> None:
    disable(bench)
    assert bench.failures() == 20
    bench.clock.advance(hours=1)
    older = next(row for row in bench.charges() if isinstance(row, str))
    before, texts = bench.charges(), len(bench.flowroute.texts)
    with pytest.raises(AuthenticatorDisabled):
        bench.start()
    with pytest.raises(AuthenticatorDisabled):
        bench.verifier.check(older, bench.code, **ANA)
    assert bench.charges() == before
    assert len(bench.flowroute.texts) == texts


def test_the_right_code_does_not_open_a_disabled_account(new_bench: NewBench) -> None:
    bench = new_bench(Policy(account_failure_cap=5, max_checks=5))
    pending = bench.start()
    other = bench.start(purpose="change-address")
    use_up_checks(bench, other.id, purpose="change-address")
    right = bench.flowroute.codes[0]
    with pytest.raises(AuthenticatorDisabled):
        bench.verifier.check(pending.id, right, **ANA)
    bench.clock.advance(minutes=1)
    with pytest.raises(AuthenticatorDisabled):
        bench.verifier.resend(pending.id, **ANA)
    assert bench.verifier.get(pending.id, **ANA).status == "pending"


def test_other_accounts_go_on(bench: Bench) -> None:
    disable(bench)
    bens = bench.start(account="ben")
    assert bench.verifier.check(bens.id, bench.code, account="ben", purpose="sign-in").status == "approved"


def test_binding_the_phone_again_switches_sms_on(bench: Bench) -> None:
    disable(bench)
    enrolling = bench.start(purpose="enrol")
    with pytest.raises(WrongCode):
        bench.verifier.check(enrolling.id, bench.wrong, **ENROL)
    assert (bench.failures(), bench.failures("sms-binding")) == (20, 1)
    bench.verifier.check(enrolling.id, bench.code, **ENROL)
    assert (bench.failures(), bench.failures("sms-binding")) == (0, 0)
    bench.clock.advance(seconds=30)
    signing_in = bench.start()
    assert bench.verifier.check(signing_in.id, bench.code, **ANA).status == "approved"


def test_guessing_at_the_binding_has_a_cap_of_its_own(new_bench: NewBench) -> None:
    bench = new_bench(Policy(account_failure_cap=5))
    use_up_checks(bench, bench.start(purpose="enrol").id, purpose="enrol")
    with pytest.raises(AuthenticatorDisabled):
        bench.start(purpose="enrol")
    assert bench.failures() == 0
    assert bench.verifier.check(bench.start().id, bench.code, **ANA).status == "approved"
    assert bench.failures("sms-binding") == 5


def test_success_clears_the_failures_and_so_they_are_in_a_row(bench: Bench) -> None:
    started = bench.start()
    for _ in range(4):
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **ANA)
    assert bench.failures() == 4
    bench.verifier.check(started.id, bench.code, **ANA)
    assert bench.failures() == 0


def test_a_sign_in_does_not_clear_the_failures_of_the_binding(bench: Bench) -> None:
    enrolling = bench.start(purpose="enrol")
    with pytest.raises(WrongCode):
        bench.verifier.check(enrolling.id, bench.wrong, **ENROL)
    bench.verifier.check(bench.start().id, bench.code, **ANA)
    assert bench.failures("sms-binding") == 1


# Resend


def test_a_resend_sends_a_new_code_for_the_same_verification(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    started = bench.start()
    bench.clock.advance(seconds=30)
    again = bench.verifier.resend(started.id, **ANA)
    assert again.id == started.id
    assert again.expires_at == bench.clock.now() + minutes(5)
    assert again.sends_left == started.sends_left - 1
    assert again.message_id == "mdr2-2"
    old, new = bench.flowroute.codes
    assert old != new
    assert [to.e164 for to, _ in bench.flowroute.texts] == [PHONE, PHONE]
    with pytest.raises(CodeReplaced) as replaced:
        bench.verifier.check(started.id, old, **ANA)
    assert replaced.value.checks_left == 4
    assert "newest text" in replaced.value.user_message
    assert bench.failures() == 1
    assert bench.verifier.check(started.id, new, **ANA).status == "approved"


def test_guess_resend_guess_goes_on_counting(bench: Bench) -> None:
    """Mistake 1: asking for a new code must not refill the guesses (NIST SP 800-63B-4 §3.1.3.2)."""
    started = bench.start()
    for _ in range(3):
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **ANA)
    bench.clock.advance(seconds=30)
    assert bench.verifier.resend(started.id, **ANA).checks_left == 2
    assert bench.failures() == 3
    for left in (1, 0):
        with pytest.raises(WrongCode) as wrong:
            bench.verifier.check(started.id, bench.wrong, **ANA)
        assert wrong.value.checks_left == left
    with pytest.raises(TooManyChecks):
        bench.verifier.check(started.id, bench.code, **ANA)
    bench.clock.advance(seconds=30)
    with pytest.raises(TooManyChecks):
        bench.verifier.resend(started.id, **ANA)
    assert len(bench.flowroute.texts) == 2


def test_starting_again_does_not_refill_the_accounts_failures(bench: Bench) -> None:
    use_up_checks(bench, bench.start().id)
    bench.clock.advance(seconds=30)
    again = bench.start()
    with pytest.raises(WrongCode):
        bench.verifier.check(again.id, bench.wrong, **ANA)
    assert bench.failures() == 6
    bench.clock.advance(seconds=60)
    bench.start()
    assert bench.failures() == 6


@pytest.mark.parametrize("waited", [0, 1, 29.999])
def test_too_soon_says_how_long_to_the_millisecond(bench: Bench, waited: float) -> None:
    started = bench.start()
    bench.clock.advance(seconds=waited)
    before = bench.charges()
    with pytest.raises(TooSoon) as soon:
        bench.verifier.resend(started.id, **ANA)
    assert soon.value.retry_after == timedelta(seconds=30) - timedelta(seconds=waited)
    assert bench.charges() == before
    bench.clock.advance(seconds=soon.value.retry_after.total_seconds())
    bench.verifier.resend(started.id, **ANA)
    assert len(bench.flowroute.texts) == 2


def test_the_wait_runs_from_the_newest_text_and_doubles(bench: Bench) -> None:
    started = bench.start()
    assert started.resend_at == bench.clock.now() + timedelta(seconds=30)
    bench.clock.advance(seconds=40)
    again = bench.verifier.resend(started.id, **ANA)
    assert again.resend_at == bench.clock.now() + timedelta(seconds=60)
    bench.clock.advance(seconds=10)
    with pytest.raises(TooSoon) as soon:
        bench.verifier.resend(started.id, **ANA)
    assert soon.value.retry_after == timedelta(seconds=50)


def test_starting_again_does_not_get_round_the_wait(bench: Bench) -> None:
    """Mistake 8: a page reload, or a double click on "send", is no second text."""
    started = bench.start()
    for _ in range(2):
        with pytest.raises(TooSoon):
            bench.start()
    bench.verifier.cancel(started.id, **ANA)
    with pytest.raises(TooSoon):
        bench.start()
    assert len(bench.flowroute.texts) == 1
    bench.clock.advance(seconds=30)
    assert bench.start().resend_at == bench.clock.now() + timedelta(seconds=60)


def test_an_approval_ends_the_wait(bench: Bench) -> None:
    bench.verifier.check(bench.start().id, bench.code, **ANA)
    again = bench.start()
    assert again.resend_at == bench.clock.now() + timedelta(seconds=30)


def test_only_so_many_texts_for_one_verification(bench: Bench) -> None:
    started = bench.start()
    for wait in (30, 60):
        bench.clock.advance(seconds=wait)
        left = bench.verifier.resend(started.id, **ANA).sends_left
    assert left == 0
    bench.clock.advance(minutes=2)
    with pytest.raises(SendLimitReached) as limit:
        bench.verifier.resend(started.id, **ANA)
    assert (limit.value.retry_after, limit.value.limit) == (None, "verification")
    assert len(bench.flowroute.texts) == 3
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_a_code_that_ran_out_can_be_sent_anew_until_the_attempt_is_over(bench: Bench) -> None:
    started = bench.start()
    bench.clock.advance(minutes=15, seconds=-0.001)
    bench.verifier.resend(started.id, **ANA)
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"
    late = bench.start()
    bench.clock.advance(minutes=15)
    with pytest.raises(NotPending):
        bench.verifier.resend(late.id, **ANA)


def test_there_is_nothing_to_resend_once_it_is_over(bench: Bench) -> None:
    approved, canceled = bench.start(), bench.start(account="ben")
    bench.verifier.check(approved.id, bench.flowroute.codes[0], **ANA)
    bench.verifier.cancel(canceled.id, account="ben", purpose="sign-in")
    bench.clock.advance(minutes=1)
    for verification, account in ((approved.id, "ana"), (canceled.id, "ben")):
        with pytest.raises(NotPending):
            bench.verifier.resend(verification, account=account, purpose="sign-in")
    assert len(bench.flowroute.texts) == 2


# Cancel


def test_a_canceled_verification_accepts_nothing(bench: Bench) -> None:
    started = bench.start()
    assert bench.verifier.cancel(started.id, **ANA).status == "canceled"
    before = bench.charges()
    with pytest.raises(NotPending):
        bench.verifier.check(started.id, bench.code, **ANA)
    with pytest.raises(NotPending):
        bench.verifier.cancel(started.id, **ANA)
    assert bench.charges() == before


# The budget (every limit has its tests in test_guard.py)


def test_an_account_gets_so_many_texts_an_hour(bench: Bench) -> None:
    for number in range(10):
        bench.start(f"+1206555{100 + number:04d}", purpose=f"purpose-{number}")
        bench.clock.advance(seconds=60)
    before = bench.charges()
    with pytest.raises(SendLimitReached) as limit:
        bench.start("+12065550150")
    assert (limit.value.limit, limit.value.retry_after) == ("account", minutes(50))
    assert bench.charges() == before
    bench.clock.advance(minutes=50, seconds=-0.001)
    with pytest.raises(SendLimitReached) as limit:
        bench.start("+12065550150")
    assert limit.value.retry_after == timedelta(milliseconds=1)
    bench.clock.advance(seconds=0.001)
    bench.start("+12065550150")


def test_a_refused_start_leaves_the_older_one_alone(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_account=1)))
    last = bench.start()
    bench.clock.advance(seconds=30)
    with pytest.raises(SendLimitReached):
        bench.start()
    assert bench.verifier.check(last.id, bench.code, **ANA).status == "approved"


def test_resends_spend_the_same_budget_whatever_the_purpose(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_account=3)))
    started = bench.start()
    bench.start(purpose="enrol")
    bench.clock.advance(seconds=30)
    bench.verifier.resend(started.id, **ANA)
    bench.clock.advance(seconds=60)
    before = bench.charges()
    with pytest.raises(SendLimitReached) as limit:
        bench.verifier.resend(started.id, **ANA)
    assert limit.value.retry_after == minutes(58.5)  # the first two texts were sent a minute and a half ago
    assert bench.charges() == before
    assert bench.start(account="ben").status == "pending"


def test_a_refund_does_not_shorten_the_wait_that_is_told(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_account=1)))
    bench.flowroute.failure = ConnectionFailed("no network")
    with pytest.raises(ConnectionFailed):
        bench.start()
    bench.flowroute.failure = None
    bench.clock.advance(minutes=30)
    bench.start()
    bench.clock.advance(minutes=1)
    with pytest.raises(SendLimitReached) as limit:
        bench.start()
    assert limit.value.retry_after == minutes(59)


# When the send fails


@pytest.mark.parametrize("failure", UNKNOWN, ids=named)
def test_a_first_text_of_unknown_fate_goes_on_and_its_code_works(bench: Bench, failure: FlowrouteError) -> None:
    """Mistake 12: a time-out is no reason to send again. The outcome is unknown, and the code is good."""
    bench.flowroute.failure = failure
    with pytest.raises(type(failure)) as caught:
        bench.start()
    told = caught.value.verification
    assert isinstance(told, Verification)
    assert (told.status, told.delivery, told.message_id) == ("pending", "unknown", None)
    assert not caught.value.safe_to_resend
    assert len(bench.flowroute.texts) == 1
    assert bench.charges() == {told.id: (0, 1, "pending")}
    assert bench.verifier.check(told.id, bench.code, **ANA).status == "approved"


@pytest.mark.parametrize("failure", [*SURELY_NOT, ConnectionFailed("no network")], ids=named)
def test_a_first_text_that_surely_was_not_sent_ends_it(bench: Bench, failure: FlowrouteError) -> None:
    """Mistake 13: a row that stays live when its text was never sent."""
    bench.flowroute.failure = failure
    with pytest.raises(type(failure)) as caught:
        bench.start()
    told = caught.value.verification
    assert (told.status, told.delivery) == ("canceled", None)
    refunded = isinstance(failure, ConnectionFailed)
    assert bench.charges() == {told.id: (0, 0 if refunded else 1, "canceled")}
    with pytest.raises(NotPending):
        bench.verifier.check(told.id, bench.code, **ANA)


@pytest.mark.parametrize(("failure", "texts"), [(Forbidden(403), 3), (ConnectionFailed("no network"), 20)], ids=named)
def test_only_a_connection_that_failed_gives_the_text_back(new_bench: NewBench, failure: Any, texts: int) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_account=3)))
    bench.flowroute.failure = failure
    for number in range(20):
        with pytest.raises((type(failure), SendLimitReached)):
            bench.start(purpose=f"purpose-{number}")
    assert len(bench.flowroute.texts) == texts


@pytest.mark.parametrize("failure", UNKNOWN, ids=named)
def test_after_a_resend_of_unknown_fate_the_new_code_is_the_one(bench: Bench, failure: FlowrouteError) -> None:
    started = bench.start()
    bench.clock.advance(minutes=1)
    bench.flowroute.failure = failure
    with pytest.raises(type(failure)) as caught:
        bench.verifier.resend(started.id, **ANA)
    told = caught.value.verification
    assert (told.id, told.status, told.delivery) == (started.id, "pending", "unknown")
    assert told.message_ids == started.message_ids == ("mdr2-1",)  # the second text's is not known
    assert (told.expires_at, told.sends_left) == (bench.clock.now() + minutes(5), 1)
    old, new = bench.flowroute.codes
    with pytest.raises(CodeReplaced):
        bench.verifier.check(started.id, old, **ANA)
    assert bench.verifier.check(started.id, new, **ANA).status == "approved"


@pytest.mark.parametrize("failure", [*SURELY_NOT, ConnectionFailed("no network")], ids=named)
def test_after_a_resend_that_surely_failed_the_old_code_goes_on(bench: Bench, failure: FlowrouteError) -> None:
    started = bench.start()
    bench.clock.advance(minutes=1)
    bench.flowroute.failure = failure
    with pytest.raises(type(failure)) as caught:
        bench.verifier.resend(started.id, **ANA)
    told = caught.value.verification
    refunded = isinstance(failure, ConnectionFailed)
    assert (told.status, told.delivery, told.message_id) == ("pending", "accepted", "mdr2-1")
    assert told.expires_at == started.expires_at
    assert told.sends_left == (2 if refunded else 1)
    old, never_sent = bench.flowroute.codes
    with pytest.raises(WrongCode) as wrong:
        bench.verifier.check(started.id, never_sent, **ANA)
    assert not isinstance(wrong.value, CodeReplaced)
    assert bench.verifier.check(started.id, old, **ANA).status == "approved"


def test_after_a_connection_failed_the_resend_can_be_tried_again_at_once(bench: Bench) -> None:
    started = bench.start()
    bench.clock.advance(minutes=1)
    bench.flowroute.failure = ConnectionFailed("no network")
    for _ in range(5):
        with pytest.raises(ConnectionFailed):
            bench.verifier.resend(started.id, **ANA)
    bench.flowroute.failure = None
    assert bench.verifier.resend(started.id, **ANA).sends_left == 1


def test_after_a_refusal_the_resend_has_to_wait(bench: Bench) -> None:
    started = bench.start()
    bench.clock.advance(minutes=1)
    bench.flowroute.failure = RateLimited(429)
    with pytest.raises(RateLimited):
        bench.verifier.resend(started.id, **ANA)
    with pytest.raises(TooSoon):
        bench.verifier.resend(started.id, **ANA)
    assert len(bench.flowroute.texts) == 2


# Keys


@on(*BOTH)
def test_a_key_can_be_changed_while_codes_are_live(bench: Bench) -> None:
    started, other = bench.start(), bench.start(account="ben")
    rotated = bench.another_verifier(code_key=OTHER_KEY, previous_code_keys=[KEY])
    with pytest.raises(WrongCode):
        rotated.check(started.id, bench.wrong, **ANA)
    assert rotated.check(started.id, bench.flowroute.codes[0], **ANA).status == "approved"
    bench.clock.advance(seconds=30)
    bens = {"account": "ben", "purpose": "sign-in"}
    rotated.resend(other.id, **bens)
    with pytest.raises(CodeReplaced):
        rotated.check(other.id, bench.flowroute.codes[1], **bens)
    assert rotated.check(other.id, bench.code, **bens).status == "approved"


@on(*BOTH)
def test_a_live_code_works_through_the_whole_change_of_a_key_and_not_beyond_it(bench: Bench) -> None:
    """The old key goes once the codes made with it are over; what is left of them then is canceled."""
    bens, cems = ({"account": name, "purpose": "sign-in"} for name in ("ben", "cem"))
    bench.start()
    late, left = bench.start(**bens), bench.start(**cems)
    both = bench.another_verifier(code_key=OTHER_KEY, previous_code_keys=[KEY])
    assert both.check(late.id, bench.flowroute.codes[1], **bens).status == "approved"
    new = both.start(PHONE, account="dia", purpose="sign-in", client="x")
    assert bench.row(new.id)["key_id"] != bench.row(left.id)["key_id"]
    alone = bench.another_verifier(code_key=OTHER_KEY)
    assert alone.get(left.id, **cems).status == "canceled"
    with pytest.raises(NotPending):
        alone.check(left.id, bench.flowroute.codes[2], **cems)
    assert bench.row(left.id)["checks"] == bench.failures(account="cem") == 0
    assert alone.check(new.id, bench.code, account="dia", purpose="sign-in").status == "approved"


@on(*BOTH)
def test_new_codes_are_made_with_the_new_key(bench: Bench) -> None:
    rotated = bench.another_verifier(code_key=OTHER_KEY, previous_code_keys=[KEY])
    started = rotated.start(PHONE, **ANA, client="x")
    alone = bench.another_verifier(code_key=OTHER_KEY)
    assert alone.check(started.id, bench.code, **ANA).status == "approved"


@on(*BOTH)
def test_a_key_that_is_gone_ends_its_verifications_without_a_crash_or_a_charge(bench: Bench) -> None:
    started = bench.start()
    forgetful = bench.another_verifier(code_key=OTHER_KEY)
    before = bench.charges()
    with pytest.raises(NotPending):
        forgetful.check(started.id, bench.code, **ANA)
    bench.clock.advance(seconds=30)
    with pytest.raises(NotPending):
        forgetful.resend(started.id, **ANA)
    assert forgetful.get(started.id, **ANA).status == "canceled"
    assert bench.charges() == before


# Nothing leaks


def every_outcome(bench: Bench) -> list[BaseException | Verification]:
    """A run through most of what can happen; what came back, in order."""
    seen: list[BaseException | Verification] = []

    def run(call: Callable[..., Verification], *arguments: Any, **keywords: Any) -> None:
        try:
            seen.append(call(*arguments, **keywords))
        except (VerificationError, FlowrouteError, PhoneNumberError) as error:
            seen.append(error)

    verifier = bench.verifier
    for failure in (None, *UNKNOWN, *SURELY_NOT, ConnectionFailed("no network")):
        account = {"account": f"user-{type(failure).__name__}", "purpose": "sign-in"}
        bench.flowroute.failure = failure
        run(verifier.start, PHONE, **account, client="x")
        bench.flowroute.failure = None
        bench.clock.advance(minutes=1)
        started = verifier.start("206-555-0123", **account, client="x")
        first = bench.code
        run(verifier.check, started.id, bench.wrong, **account)
        run(verifier.check, started.id, f"{first}9", **account)
        run(verifier.resend, started.id, **account)
        bench.clock.advance(seconds=61)
        bench.flowroute.failure = failure
        run(verifier.resend, started.id, **account)
        run(verifier.check, started.id, first, **account)
        run(verifier.check, "unknown", first, **account)
        bench.clock.advance(minutes=6)
        run(verifier.check, started.id, bench.code, **account)
        bench.clock.advance(hours=1)
    run(verifier.start, "+18765550100", **ANA, client="x")
    run(verifier.start, "206-555-012", **ANA, client="x")
    return seen


def secrets_of(bench: Bench) -> list[str]:
    numbers = [
        form for to, _ in bench.flowroute.texts for form in (to.digits, to.national, to.digits[1:], "206-555-01")
    ]
    return [*bench.flowroute.codes, *numbers, "8765550100", KEY.reveal().hex(), repr(KEY.reveal())[2:-1]]


def test_no_repr_message_or_traceback_shows_a_code_or_a_number(bench: Bench) -> None:
    outcomes = every_outcome(bench)
    kinds = {type(outcome).__name__ for outcome in outcomes}
    assert {"Verification", "WrongCode", "CodeExpired", "InvalidCode", "TooSoon", "Forbidden", "ServerError"} <= kinds
    shown = []
    for outcome in outcomes:
        shown += [repr(outcome), str(outcome)]
        if isinstance(outcome, BaseException):
            shown += [outcome.user_message, repr(outcome.__dict__)]  # type: ignore[attr-defined]
            frames = traceback.TracebackException.from_exception(outcome, capture_locals=True)
            # Below this file: what our own frames hold. What a caller's frame holds is the caller's affair.
            shown += [repr(frame.locals) for frame in frames.stack if frame.filename != __file__]
            assert outcome.__context__ is None
    text = "\n".join(shown)
    assert not [secret for secret in secrets_of(bench) if secret in text]


def test_a_mistake_of_ours_keeps_its_traceback(bench: Bench) -> None:
    bench.flowroute.failure = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError) as mistake:
        bench.start()
    assert "send_message" in {entry.name for entry in mistake.traceback}


def test_no_log_line_shows_a_code_or_a_number(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    every_outcome(bench)
    assert not [secret for secret in secrets_of(bench) if secret in caplog.text]


@on(*BOTH)
def test_the_database_holds_numbers_in_one_column_and_codes_nowhere(bench: Bench) -> None:
    every_outcome(bench)
    stored = bench.stored_values()
    assert len(stored) > 100
    holders = set()
    for place, value in stored:
        texts = [value.hex(), value.decode("latin-1")] if isinstance(value, bytes) else [str(value)]
        for secret in secrets_of(bench):
            # An id or an HMAC in hexadecimal may hold six digits in a row by chance, so a code counts as a whole word.
            if any(re.search(rf"(?<![0-9a-zA-Z_-]){re.escape(secret)}(?![0-9a-zA-Z_-])", text) for text in texts):
                holders.add(place)
    assert holders == {"verifications.phone"}


def test_the_store_and_the_verifier_show_nothing(bench: Bench) -> None:
    shown = f"{bench.verifier!r} {bench.store!r} {vars(bench.verifier)!r}"
    assert FROM.digits not in shown
    assert KEY.reveal().hex() not in shown
    assert repr(KEY.reveal())[2:-1] not in shown


# Who is told


def test_an_approval_is_told_when_it_is_committed_and_nothing_else_is(bench: Bench) -> None:
    told: list[tuple[str, str]] = []
    bench.verifier.on_approved(lambda found: told.append((found, bench.row(found)["status"])))
    started = bench.start()
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    assert told == []
    bench.verifier.check(started.id, bench.code, **ANA)
    with pytest.raises(NotPending):
        bench.verifier.check(started.id, bench.code, **ANA)
    assert told == [(started.id, "approved")]


def test_who_is_told_cannot_undo_it_and_can_stop_listening(bench: Bench) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("the board is away")

    told: list[str] = []
    bench.verifier.on_approved(fail)
    stop = bench.verifier.on_approved(told.append)
    started = bench.start()
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"
    assert told == [started.id]
    stop()
    another = bench.start(account="ben")
    bench.verifier.check(another.id, bench.code, **{**ANA, "account": "ben"})
    assert told == [started.id]
