"""Asking for another code: a new one, the same one, or none; and the wait that grows with each text."""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from verification_bench import ANA, KEY, OTHER_KEY, PHONE, Bench, minutes

from helpers.flowroute import Forbidden
from helpers.verification import (
    CodeExpired,
    CodeReplaced,
    CodeStillGood,
    InvalidCode,
    NotPending,
    Policy,
    ResendPolicy,
    SendBudget,
    TooManyChecks,
    TooSoon,
    Verification,
    WrongCode,
)
from helpers.verification.codes import derived_code

NewBench = Callable[..., Bench]
SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
NEW, SAME, REFUSE = ResendPolicy.NEW_CODE, ResendPolicy.SAME_CODE, ResendPolicy.REFUSE
PLENTY = SendBudget(per_phone=100, per_account=100)


@pytest.fixture
def same(new_bench: NewBench) -> Bench:
    return new_bench(Policy(resend=SAME))


@pytest.fixture
def refusing(new_bench: NewBench) -> Bench:
    return new_bench(Policy(resend=REFUSE))


def promised(bench: Bench) -> str:
    """How long the newest text says that its code works."""
    found = re.search(r"It works for ([0-9]+ \w+)\.", bench.flowroute.texts[-1][1])
    assert found
    return found[1]


def approved(bench: Bench, verification: str, code: str) -> bool:
    return bench.verifier.check(verification, code, **ANA).status == "approved"


def under(bench: Bench, policy: ResendPolicy, **options: Any) -> None:
    """The site is started anew with another policy."""
    bench.verifier = bench.another_verifier(policy=Policy(resend=policy, **options))


# Two texts that arrive out of order


def test_of_two_texts_out_of_order_the_older_is_refused_where_each_has_its_own_code(bench: Bench) -> None:
    started = bench.start()
    bench.clock.advance(seconds=30)
    bench.verifier.resend(started.id, **ANA)
    slow, quick = bench.flowroute.codes
    with pytest.raises(CodeReplaced, match="older text"):
        bench.verifier.check(started.id, slow, **ANA)
    assert approved(bench, started.id, quick)


def test_two_texts_out_of_order_do_no_harm_where_both_have_the_same_code(same: Bench) -> None:
    started = same.start()
    same.clock.advance(seconds=30)
    again = same.verifier.resend(started.id, **ANA)
    slow, quick = same.flowroute.codes
    assert slow == quick
    assert again.message_ids == ("mdr2-1", "mdr2-2")
    assert approved(same, started.id, slow)
    with pytest.raises(NotPending):  # the other text's code is used up with it
        same.verifier.check(started.id, quick, **ANA)


@pytest.mark.parametrize("policy", [NEW, SAME])
def test_no_policy_gives_a_check_back(new_bench: NewBench, policy: ResendPolicy) -> None:
    bench = new_bench(Policy(resend=policy))
    started = bench.start()
    for _ in range(3):
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **ANA)
    bench.clock.advance(seconds=30)
    assert bench.verifier.resend(started.id, **ANA).checks_left == 2
    for left in (1, 0):
        with pytest.raises(WrongCode) as wrong:
            bench.verifier.check(started.id, bench.wrong, **ANA)
        assert wrong.value.checks_left == left
    with pytest.raises(TooManyChecks):
        bench.verifier.check(started.id, bench.code, **ANA)


# The same code again


def test_the_same_code_never_lives_longer_than_the_first_text_said(same: Bench) -> None:
    started = same.start()
    for wait in (30, 60):
        same.clock.advance(seconds=wait)
        assert same.verifier.resend(started.id, **ANA).expires_at == started.expires_at
    assert len(set(same.flowroute.codes)) == 1
    same.clock.advance(minutes=3.5)
    assert same.clock.now() == started.expires_at
    with pytest.raises(CodeExpired):
        same.verifier.check(started.id, same.code, **ANA)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(seconds=30), "4 minutes"),
        (timedelta(minutes=3), "2 minutes"),
        (timedelta(minutes=3, seconds=30), "60 seconds"),
        (timedelta(minutes=3, seconds=30, milliseconds=1), "89 seconds"),
        (timedelta(minutes=4, seconds=58, milliseconds=1), "1 second"),
        (timedelta(minutes=4, seconds=59), "1 second"),
    ],
)
def test_a_text_promises_no_more_than_is_left(same: Bench, after: timedelta, words: str) -> None:
    started = same.start()
    assert promised(same) == "5 minutes"
    same.clock.advance(seconds=after.total_seconds())
    same.verifier.resend(started.id, **ANA)
    assert promised(same) == words
    assert len(set(same.flowroute.codes)) == 1


@pytest.mark.parametrize("after", [minutes(5) - SECOND + MILLISECOND, minutes(5), minutes(13)])
def test_in_its_last_second_and_later_another_code_takes_over(same: Bench, after: timedelta) -> None:
    started = same.start()
    same.clock.advance(seconds=after.total_seconds())
    again = same.verifier.resend(started.id, **ANA)
    assert again.expires_at == same.clock.now() + minutes(5)
    assert promised(same) == "5 minutes"
    old, new = same.flowroute.codes
    assert old != new
    with pytest.raises(CodeReplaced):
        same.verifier.check(started.id, old, **ANA)
    same.clock.advance(seconds=60)
    same.verifier.resend(started.id, **ANA)
    assert same.code == new  # and that one is sent again from now on
    assert approved(same, started.id, new)


def test_a_text_that_surely_was_not_sent_leaves_the_same_code_as_it_was(same: Bench) -> None:
    started = same.start()
    same.clock.advance(seconds=30)
    same.flowroute.failure = Forbidden(403)
    with pytest.raises(Forbidden):
        same.verifier.resend(started.id, **ANA)
    assert same.verifier.get(started.id, **ANA).expires_at == started.expires_at
    assert approved(same, started.id, same.flowroute.codes[0])


def test_another_verification_has_another_code(same: Bench) -> None:
    for n in range(20):
        same.start(account=f"user{n}", to=f"+1206555{100 + n:04d}")
    assert len(set(same.flowroute.codes)) == 20


def test_a_brand_that_fits_at_first_fits_every_later_text_too(bench: Bench) -> None:
    """ "89 seconds" are longer words than "5 minutes": a text must not fail at its second sending."""
    fits = 0
    for length in range(1, 160):
        try:
            verifier = bench.another_verifier(brand="B" * length, policy=Policy(resend=SAME))
        except ValueError:
            break
        fits = length
    assert fits > 20
    started = verifier.start(PHONE, **ANA, client="x")
    bench.clock.advance(seconds=211)
    verifier.resend(started.id, **ANA)
    assert promised(bench) == "89 seconds"
    assert len(bench.flowroute.texts[-1][1]) <= 160


# Where the same code comes from


def test_a_code_is_derived_from_the_nonce_and_the_key_and_can_be_from_nothing_else(same: Bench) -> None:
    """Who has the database and not the key has two random-looking values, and no way from one to a code."""
    hits = 0
    for n in range(10):
        started = same.start(account=f"user{n}", to=f"+1206555{100 + n:04d}")
        nonce = same.row(started.id)["nonce"]
        assert len(nonce) == 16
        assert derived_code(KEY, nonce) == same.code
        hits += derived_code(OTHER_KEY, nonce) == same.code
        stored = [value for place, value in same.stored_values() if not place.startswith("audit.")]
        assert same.code not in stored
        assert int(same.code) not in stored
    assert hits == 0
    assert len({value for place, value in same.stored_values() if place == "verifications.nonce"}) == 10


def test_under_the_other_policies_there_is_nothing_to_derive_a_code_from(new_bench: NewBench) -> None:
    for policy in (NEW, REFUSE):
        bench = new_bench(Policy(resend=policy))
        assert bench.row(bench.start(account=policy.name).id)["nonce"] is None


@pytest.mark.parametrize("digits", [6, 8, 10])
def test_a_derived_code_is_the_remainder_of_a_draw_below_the_bound(
    monkeypatch: pytest.MonkeyPatch, digits: int
) -> None:
    """2⁶⁴ is no multiple of a million: draws above the last one are thrown away, or low codes would come oftener."""
    bound = 2**64 - 2**64 % 10**digits
    draws = iter([2**64 - 1, bound, bound - 1])
    asked = []

    def draw(_key: bytes, message: bytes, _digest: object) -> bytes:
        asked.append(message)
        return next(draws).to_bytes(8, "big") + b"the rest"

    monkeypatch.setattr("helpers.verification.codes.hmac.digest", draw)
    assert derived_code(KEY, b"n" * 16, digits=digits) == "9" * digits
    assert len(set(asked)) == 3
    assert all(b"n" * 16 in message for message in asked)


def test_draws_that_never_fit_end_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("helpers.verification.codes.hmac.digest", lambda *what: asked.append(what) or b"\xff" * 32)
    with pytest.raises(AssertionError, match=r"^a hundred draws above a bound that one in a billion passes$"):
        derived_code(KEY, b"n" * 16)
    assert len(set(asked)) == 100


def test_a_derived_code_keeps_its_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.verification.codes.hmac.digest", lambda *_: (42).to_bytes(8, "big"))
    assert derived_code(KEY, b"n" * 16) == "000042"


def test_every_digit_comes_up_as_often_as_the_others() -> None:
    """Chi-square, 9 degrees of freedom: 27.9 is passed by chance once in a thousand. The nonces are fixed."""
    codes = [derived_code(KEY, n.to_bytes(16, "big")) for n in range(20_000)]
    for place in range(6):
        counts = Counter(code[place] for code in codes)
        assert sum((counts[digit] - 2000) ** 2 / 2000 for digit in "0123456789") < 27.9
    thousands = Counter(int(code) // 20_000 for code in codes)  # 50 slices; 85.4 is one in a thousand at 49
    assert sum((thousands[part] - 400) ** 2 / 400 for part in range(50)) < 85.4


def test_the_key_of_derived_codes_is_used_for_nothing_that_is_stored() -> None:
    """A stored value that were an HMAC of the same message would give the code away."""
    drawn = hmac.digest(KEY.reveal(), b"derived code" + b"n" * 16 + bytes(4), "sha256")
    assert derived_code(KEY, b"n" * 16) == f"{int.from_bytes(drawn[:8], 'big') % 10**6:06d}"


# Policies and keys that change while codes are live


@pytest.mark.parametrize(("before", "after"), list(permutations(ResendPolicy, 2)), ids=lambda policy: policy.name)
def test_a_policy_can_be_changed_while_codes_are_live(
    new_bench: NewBench, before: ResendPolicy, after: ResendPolicy
) -> None:
    bench = new_bench(Policy(resend=before))
    started = bench.start()
    under(bench, after)
    bench.clock.advance(seconds=30)
    if after is REFUSE:
        with pytest.raises(CodeStillGood):
            bench.verifier.resend(started.id, **ANA)
        assert approved(bench, started.id, bench.code)
        return
    bench.verifier.resend(started.id, **ANA)
    old, new = bench.flowroute.codes
    assert old != new  # no nonce was kept for the old one, or none is wanted
    with pytest.raises(CodeReplaced):
        bench.verifier.check(started.id, old, **ANA)
    assert approved(bench, started.id, new)


def test_back_to_the_same_code_only_a_code_that_was_derived_is_sent_again(same: Bench) -> None:
    started = same.start()
    under(same, NEW)
    same.clock.advance(seconds=30)
    same.verifier.resend(started.id, **ANA)
    under(same, SAME)
    same.clock.advance(seconds=60)
    same.verifier.resend(started.id, **ANA)
    assert len(set(same.flowroute.codes)) == 3
    assert approved(same, started.id, same.code)


def test_the_same_code_survives_a_restart(same: Bench) -> None:
    started = same.start()
    under(same, SAME)
    same.clock.advance(seconds=30)
    same.verifier.resend(started.id, **ANA)
    assert len(set(same.flowroute.codes)) == 1


def test_where_codes_have_become_longer_the_short_one_is_not_sent_again(same: Bench) -> None:
    started = same.start()
    under(same, SAME, code_digits=8)
    same.clock.advance(seconds=30)
    same.verifier.resend(started.id, **ANA)
    short, long = same.flowroute.codes
    assert (len(short), len(long)) == (6, 8)
    with pytest.raises(InvalidCode):
        same.verifier.check(started.id, short, **ANA)
    assert approved(same, started.id, long)


def test_the_same_code_comes_from_the_old_key_while_a_key_is_being_changed(same: Bench) -> None:
    started = same.start()
    same.verifier = same.another_verifier(policy=Policy(resend=SAME), code_key=OTHER_KEY, previous_code_keys=[KEY])
    same.clock.advance(seconds=30)
    same.verifier.resend(started.id, **ANA)
    assert len(set(same.flowroute.codes)) == 1
    assert approved(same, started.id, same.code)
    fresh = same.start()
    assert derived_code(OTHER_KEY, same.row(fresh.id)["nonce"]) == same.code


def test_without_the_old_key_the_same_code_cannot_be_made_again(same: Bench) -> None:
    started = same.start()
    same.verifier = same.another_verifier(policy=Policy(resend=SAME), code_key=OTHER_KEY)
    same.clock.advance(seconds=30)
    with pytest.raises(NotPending):
        same.verifier.resend(started.id, **ANA)
    assert len(same.flowroute.texts) == 1


# No code while one is live


@pytest.mark.parametrize("call", ["start", "resend"])
def test_while_a_code_is_live_there_is_no_other(refusing: Bench, call: str) -> None:
    started = refusing.start()

    def ask() -> Verification:
        return refusing.start() if call == "start" else refusing.verifier.resend(started.id, **ANA)

    before = refusing.charges()
    for passed, left in ((0, minutes(5)), (31, minutes(5) - 31 * SECOND), (268.999, MILLISECOND)):
        refusing.clock.advance(seconds=passed)
        with pytest.raises(CodeStillGood, match="The code we sent still works") as refused:
            ask()
        assert refused.value.retry_after == left
        assert isinstance(refused.value, TooSoon)
    assert refusing.charges() == before
    refusing.clock.advance(seconds=0.001)
    again = ask()
    assert len(refusing.flowroute.texts) == 2
    assert approved(refusing, again.id, refusing.code)


def test_what_other_people_and_purposes_have_is_nobody_elses_live_code(refusing: Bench) -> None:
    refusing.start()
    refusing.start(account="ben")
    refusing.start(purpose="pay")
    assert len(refusing.flowroute.texts) == 3


def test_a_code_that_is_over_before_its_time_makes_room(refusing: Bench) -> None:
    approved(refusing, refusing.start().id, refusing.code)
    second = refusing.start()  # the first was used
    refusing.verifier.cancel(second.id, **ANA)
    refusing.clock.advance(seconds=30)
    third = refusing.start()
    for _ in range(5):
        with pytest.raises(WrongCode):
            refusing.verifier.check(third.id, refusing.wrong, **ANA)
    refusing.clock.advance(seconds=60)
    refusing.start()
    assert len(refusing.flowroute.texts) == 4


def test_a_first_text_that_was_not_sent_is_no_live_code(refusing: Bench) -> None:
    refusing.flowroute.failure = Forbidden(403)
    with pytest.raises(Forbidden):
        refusing.start()
    refusing.flowroute.failure = None
    refusing.clock.advance(seconds=30)
    assert approved(refusing, refusing.start().id, refusing.code)


def test_a_code_whose_key_is_gone_is_no_live_code(refusing: Bench) -> None:
    """Nobody can say any more which code is right, so nobody is to wait for it."""
    refusing.start()
    refusing.verifier = refusing.another_verifier(policy=Policy(resend=REFUSE), code_key=OTHER_KEY)
    refusing.clock.advance(seconds=30)
    assert approved(refusing, refusing.start().id, refusing.code)


# The wait that grows


def start(bench: Bench, _: str) -> Verification:
    return bench.start()


def cancel_and_start(bench: Bench, verification: str) -> Verification:
    bench.verifier.cancel(verification, **ANA)
    return bench.start()


def resend(bench: Bench, verification: str) -> Verification:
    return bench.verifier.resend(verification, **ANA)


def in_turn(bench: Bench, verification: str) -> Verification:
    return (resend if len(bench.flowroute.texts) % 2 else start)(bench, verification)


@pytest.mark.parametrize("ask", [start, cancel_and_start, resend, in_turn])
def test_the_wait_doubles_with_each_text_up_to_the_longest(new_bench: NewBench, ask: Any) -> None:
    long = Policy(budget=PLENTY, max_sends=10, attempt_lifetime=timedelta(hours=2))
    bench = new_bench(long)
    last = bench.start()
    for seconds in (30, 60, 120, 240, 480, 600, 600, 600):
        assert last.resend_at == bench.clock.now() + seconds * SECOND
        bench.clock.advance(seconds=seconds - 0.001)
        texts = len(bench.flowroute.texts)
        for call in (bench.start, lambda: resend(bench, last.id)):  # noqa: B023 (called at once)
            with pytest.raises(TooSoon) as soon:
                call()
            assert soon.value.retry_after == MILLISECOND
        assert len(bench.flowroute.texts) == texts
        bench.clock.advance(seconds=0.001)
        last = ask(bench, last.id)
        assert bench.verifier.get(last.id, **ANA).resend_at == last.resend_at


def test_the_waits_are_the_policys(new_bench: NewBench) -> None:
    bench = new_bench(Policy(resend_after=timedelta(seconds=7), longest_resend_wait=timedelta(seconds=20)))
    for seconds in (7, 14, 20, 20):
        assert bench.start().resend_at == bench.clock.now() + seconds * SECOND
        bench.clock.advance(seconds=seconds)


def test_an_approval_clears_the_wait(bench: Bench) -> None:
    for _ in range(3):
        last = bench.start()
        bench.clock.advance(minutes=5, seconds=-1)
    approved(bench, last.id, bench.code)
    assert bench.start().resend_at == bench.clock.now() + 30 * SECOND


def test_each_account_and_purpose_waits_for_itself(bench: Bench) -> None:
    bench.start()
    others = [bench.start(account="ben"), bench.start(purpose="enrol")]
    assert {other.resend_at - bench.clock.now() for other in others} == {30 * SECOND}
    bench.verifier.check(others[1].id, bench.code, account="ana", purpose="enrol")
    with pytest.raises(TooSoon):  # an approval for one purpose does not clear the wait of another
        bench.start()
    bench.start(purpose="enrol")


def test_who_comes_back_after_an_hour_starts_afresh(bench: Bench) -> None:
    for seconds in (30, 60):
        bench.start()
        bench.clock.advance(seconds=seconds)
    bench.start()
    bench.clock.advance(minutes=60, seconds=-0.001)
    assert bench.start().resend_at == bench.clock.now() + 240 * SECOND
    bench.clock.advance(minutes=60)
    assert bench.start().resend_at == bench.clock.now() + 30 * SECOND


def test_asking_too_soon_makes_the_wait_no_longer(bench: Bench) -> None:
    started = bench.start()
    for _ in range(20):
        for call in (bench.start, lambda: resend(bench, started.id)):
            with pytest.raises(TooSoon):
                call()
    bench.clock.advance(seconds=30)
    assert bench.start().resend_at == bench.clock.now() + 60 * SECOND


def test_a_text_that_was_refused_counts_towards_the_wait(bench: Bench) -> None:
    bench.flowroute.failure = Forbidden(403)
    for seconds in (30, 60, 120):
        with pytest.raises(Forbidden) as refused:
            bench.start()
        assert refused.value.verification.resend_at == bench.clock.now() + seconds * SECOND
        bench.clock.advance(seconds=seconds)
