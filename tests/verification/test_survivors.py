"""Ways in which the code could be broken, or was, that no other test has noticed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from verification_bench import ANA, ENROL, KEY, PHONE, Bench, minutes

from helpers.flowroute import ConnectionFailed, OutcomeUnknown
from helpers.phone_numbers import NumberKind
from helpers.verification import (
    CodeReplaced,
    InvalidCode,
    NotPending,
    Policy,
    PolicyError,
    ResendPolicy,
    SendBudget,
    SendLimitReached,
    TooSoon,
    WrongCode,
)
from helpers.verification.codes import CodeKeys, code_hmac, code_text, key_id, normalise_code
from helpers.verification.errors import without_locals
from helpers.verification.guard import Alarm
from helpers.verification.sending import SWEEP_BATCH
from helpers.verification.tables import send_totals, sends, verifications

NewBench = Callable[..., Bench]
HALF_A_MS = timedelta(microseconds=500)


def during_the_next_post(bench: Bench, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Flowroute has the text, and its answer is not here yet."""
    post = bench.flowroute.send_message

    def slow_post(**text: Any) -> Any:
        monkeypatch.setattr(bench.flowroute, "send_message", post)
        answer = post(**text)
        happens()
        return answer

    monkeypatch.setattr(bench.flowroute, "send_message", slow_post)


def test_who_looks_for_a_lost_text_while_another_sends_the_last_one_gets_none(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the kills: after the look the row is another one, and what was asked of it has to hold again."""
    bench = new_bench(Policy(max_sends=2))
    bench.flowroute.failure = OutcomeUnknown("The answer got lost.")
    with pytest.raises(OutcomeUnknown) as error:
        bench.start()
    bench.flowroute.failure = None
    started = error.value.verification
    bench.clock.advance(minutes=1)
    look = bench.flowroute.list_messages

    def slow_look(**window: Any) -> Any:
        monkeypatch.setattr(bench.flowroute, "list_messages", look)
        assert bench.verifier.resend(started.id, **ANA).sends_left == 0
        bench.clock.advance(minutes=2)  # the wait for the next text is over as well
        return look(**window)

    monkeypatch.setattr(bench.flowroute, "list_messages", slow_look)
    with pytest.raises(SendLimitReached) as refused:
        bench.verifier.resend(started.id, **ANA)
    assert refused.value.limit == "verification"
    assert len(bench.flowroute.texts) == bench.row(started.id)["sends"] == 2


# While a text is being posted


def test_a_code_that_is_typed_before_flowroute_has_answered_is_called_new(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = bench.start()
    bench.clock.advance(minutes=1)
    refused: list[WrongCode] = []

    def types_it() -> None:
        with pytest.raises(WrongCode) as error:
            bench.verifier.check(started.id, bench.code, **ANA)
        refused.append(error.value)

    during_the_next_post(bench, monkeypatch, types_it)
    bench.verifier.resend(started.id, **ANA)
    [early] = refused
    assert type(early) is WrongCode
    assert early.checks_left == 4
    assert str(early) == (
        "That code is so new that it does not work yet. Type it again in a moment, or ask for a new one. 4 tries left."
    )
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_a_cancel_takes_the_code_with_it_that_is_on_its_way(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    started = bench.start()
    bench.clock.advance(minutes=1)
    during_the_next_post(bench, monkeypatch, lambda: bench.verifier.cancel(started.id, **ANA))
    assert bench.verifier.resend(started.id, **ANA).status == "canceled"
    assert bench.row(started.id)["next_hmac"] is None


def test_a_new_start_takes_the_code_with_it_that_is_on_its_way(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    started = bench.start()
    bench.clock.advance(minutes=1)

    def starts_again() -> None:
        bench.clock.advance(minutes=2)
        bench.start()

    during_the_next_post(bench, monkeypatch, starts_again)
    assert bench.verifier.resend(started.id, **ANA).status == "canceled"
    assert bench.row(started.id)["next_hmac"] is None


def test_an_account_that_is_deleted_meanwhile_has_no_code_left(bench: Bench) -> None:
    row = bench.row(bench.start().id) | {"next_hmac": b"code"}
    bench.verifier.forget("ana")
    with bench.store.transaction("ana") as connection:
        assert bench.store.settle(connection, row, {}) == row | {"status": "canceled", "next_hmac": None}


def test_a_text_that_is_being_posted_is_written_down_as_that(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def look() -> None:
        seen.extend(value for place, value in bench.stored_values() if place == "texts.outcome")

    during_the_next_post(bench, monkeypatch, look)
    bench.start()
    assert seen == ["sending"]


def test_a_text_that_did_not_leave_takes_nobody_elses_text_with_it(bench: Bench) -> None:
    other = bench.start(account="bea")
    bench.flowroute.failure = ConnectionFailed("No connection.")
    with pytest.raises(ConnectionFailed):
        bench.start()
    assert len(bench.store.texts(other.id)) == 1


# What a crash leaves behind


@pytest.mark.parametrize(
    ("later", "status"),
    [
        (timedelta(minutes=15) - timedelta(milliseconds=1), "sending"),
        (minutes(15), "canceled"),
        (minutes(16), "canceled"),
    ],
)
def test_a_text_that_was_never_settled_is_canceled_once_the_attempt_is_over(
    bench: Bench, later: timedelta, status: str
) -> None:
    started = bench.start()
    bench.alter(started.id, status="sending", code_hmac=None)
    bench.clock.advance(seconds=later.total_seconds())
    assert bench.verifier.get(started.id, **ANA).status == status
    with pytest.raises(NotPending):
        bench.verifier.resend(started.id, **ANA)


def test_what_was_approved_stays_approved_when_the_attempt_is_over(bench: Bench) -> None:
    started = bench.start()
    bench.verifier.check(started.id, bench.code, **ANA)
    bench.clock.advance(minutes=16)
    assert bench.verifier.get(started.id, **ANA).status == "approved"


# Durations with a part of a millisecond: it counts for nothing, and no column gets a fraction


def test_no_time_in_the_database_has_a_fraction(new_bench: NewBench) -> None:
    odd = Policy(resend_after=timedelta(seconds=30) + HALF_A_MS, code_lifetime=timedelta(minutes=5) + HALF_A_MS)
    bench = new_bench(odd)
    bench.start()
    times = [value for place, value in bench.stored_values() if place.endswith("_at")]
    assert [type(each) for each in times] == [int] * len(times)


def test_an_attempt_is_over_on_the_millisecond(new_bench: NewBench) -> None:
    bench = new_bench(Policy(attempt_lifetime=timedelta(minutes=15) + HALF_A_MS))
    started = bench.start()
    bench.alter(started.id, status="sending")
    bench.clock.advance(minutes=15)
    assert bench.verifier.get(started.id, **ANA).status == "canceled"


@pytest.mark.parametrize(("hours", "kept"), [(13, True), (24, False)])
def test_a_verification_is_kept_for_as_long_as_the_policy_says(new_bench: NewBench, hours: int, kept: bool) -> None:
    bench = new_bench(Policy(keep_rows=timedelta(hours=24) + HALF_A_MS))
    started = bench.start()
    bench.clock.advance(hours=hours)
    bench.start(account="bea")
    assert bool(bench.store.texts(started.id)) is kept


def test_a_clean_up_takes_so_many_and_no_more(bench: Bench) -> None:
    old = bench.row(bench.start().id)
    with bench.store.transaction("ana") as connection:
        connection.execute(verifications.insert(), [old | {"id": f"old-{number}"} for number in range(SWEEP_BATCH + 1)])
    bench.clock.advance(hours=25)
    bench.start(account="bea")
    left = [value for place, value in bench.stored_values() if place == "verifications.account"]
    assert sorted(left) == ["ana", "ana", "bea"]  # two of the 102 old ones wait for their turn


# Resending


def test_a_text_that_did_not_leave_is_no_live_code_to_wait_for(new_bench: NewBench) -> None:
    bench = new_bench(Policy(resend=ResendPolicy.REFUSE))
    started = bench.start()
    bench.alter(started.id, delivery="not sent")
    bench.clock.advance(minutes=1)
    assert bench.verifier.resend(started.id, **ANA).sends_left == 1


def test_the_developer_reads_which_setting_ended_the_texts(new_bench: NewBench) -> None:
    bench = new_bench(Policy(max_sends=1))
    started = bench.start()
    bench.clock.advance(minutes=1)
    with pytest.raises(SendLimitReached) as refused:
        bench.verifier.resend(started.id, **ANA)
    words = "We have sent as many codes as we may. Start again to get another."
    assert str(refused.value) == f"Policy.max_sends is used up. {words}"
    assert refused.value.user_message == words


def test_a_lost_text_of_what_is_over_is_not_looked_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.flowroute.failure = OutcomeUnknown("The answer got lost.")
    with pytest.raises(OutcomeUnknown) as error:
        bench.start()
    lost = error.value.verification
    bench.verifier.cancel(lost.id, **ANA)
    bench.clock.advance(minutes=1)
    looks: list[object] = []
    monkeypatch.setattr(bench.flowroute, "list_messages", lambda **window: looks.append(window))
    with pytest.raises(NotPending):
        bench.verifier.resend(lost.id, **ANA)
    assert looks == []


# The audit log


def test_a_refusal_names_the_account_and_the_purpose(bench: Bench) -> None:
    started = bench.start()
    with pytest.raises(TooSoon):
        bench.verifier.resend(started.id, **ANA)
    with pytest.raises(TooSoon):
        bench.start()
    found = [entry for entry in bench.verifier.audit.entries() if entry.outcome == "TooSoon"]
    assert [(entry.event, entry.account, entry.purpose) for entry in found] == [
        ("resend", "ana", "sign-in"),
        ("start", "ana", "sign-in"),
    ]


def test_an_entry_about_nobody_has_an_empty_account(bench: Bench) -> None:
    bench.verifier.audit.record(event="sweep", outcome="done")
    [entry] = bench.verifier.audit.entries()
    assert (entry.account, entry.client, entry.verification, entry.detail) == ("", "", "", "")


def test_a_hundred_entries_are_shown_unless_more_are_asked_for(bench: Bench) -> None:
    with bench.store.transaction("ana") as connection:
        for _ in range(101):
            bench.verifier.audit.note(connection, event="sweep", outcome="done")
    audit = bench.verifier.audit
    assert (len(audit.entries()), len(audit.entries(limit=101))) == (100, 101)


def test_a_refusal_that_two_wrote_down_at_once_is_known_all_the_same(bench: Bench) -> None:
    audit = bench.verifier.audit
    for _ in range(2):
        audit.record(event="check", outcome="NotPending", account="ana")
    audit.record_refusal(event="check", outcome="NotPending", account="ana")
    assert len(audit.entries()) == 2


# The send guard


def totals(bench: Bench) -> dict[tuple[str, str], tuple[int, int]]:
    """Messages and approvals by prefix and kind."""
    with bench.store.engine.begin() as connection:
        rows = connection.execute(select(send_totals)).all()
    return {(row.prefix, row.kind): (row.messages, row.approved) for row in rows}


@pytest.mark.parametrize(("whose", "kind"), [(ANA, "confirmed"), (ENROL, "enrolment")])
def test_texts_and_approvals_are_counted_under_their_kind(bench: Bench, whose: dict[str, str], kind: str) -> None:
    started = bench.start(**whose)
    bench.verifier.check(started.id, bench.code, **whose)
    assert totals(bench) == {("", kind): (1, 1), ("+1206555", kind): (1, 1)}


def test_an_approval_after_midnight_costs_the_new_day_nothing(bench: Bench) -> None:
    bench.clock.advance(seconds=86_399 - bench.clock.now_ms() % 86_400_000 // 1000)
    started = bench.start()
    bench.clock.advance(seconds=2)
    bench.verifier.check(started.id, bench.code, **ANA)
    today = bench.verifier.figures()
    assert (today.messages, today.cents, today.codes, today.approved) == (0, 0, 0, 1)


def test_sign_ins_use_nothing_up_of_what_enrolments_may_send(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(daily_messages=4)))
    for account in ("bea", "carl"):
        bench.start(account=account)
    assert bench.start(**ENROL).status == "pending"


def test_the_ledger_of_the_last_hour_is_still_known_after_an_update(bench: Bench) -> None:
    """The keys as they were calculated by hand: under other ones, a new version would start to count from nothing."""
    bench.start(**ENROL)
    with bench.store.engine.begin() as connection:
        keys = set(connection.execute(select(sends.c.key)).scalars())
    assert keys == {
        "a21d72a50e827d9f202bbc5aa901c16a",  # account, ana
        "48cf601e65bf10dfc233a8d7be6606f3",  # enrolment phone, PHONE
        "6f841b59cd375b45a603c29024a05f36",  # enrolment client, the next one
        "5265784ac1ea021c6a9f656742c24b1b",  # prefix, +1206555
    }
    assert bench.verifier.guard.client_key("198.51.100.7") == "afac7ee545016c5f81aec57f09660f77"


def test_an_alarm_says_what_to_do() -> None:
    assert Alarm(1, "", 30, 2).words == (
        "Only 2 of today's 30 codes in all came back. Somebody may be pumping texts, or they do not arrive: look at "
        "the audit log and the receipts."
    )


def test_an_alarm_that_cannot_be_given_is_in_the_log(new_bench: NewBench, caplog: pytest.LogCaptureFixture) -> None:
    def fails(alarm: Alarm) -> None:
        raise RuntimeError(alarm.prefix)

    bench = new_bench(Policy(budget=SendBudget(conversion_sample=1)), on_alarm=fails)
    with caplog.at_level(logging.ERROR, logger="helpers.verification"):
        bench.start()
    assert {record.getMessage() for record in caplog.records} == {"on_alarm failed"}


# Codes and ids


def test_an_id_is_as_long_as_the_audit_log_knows_it(bench: Bench) -> None:
    assert len(bench.start().id) == 32


def test_the_first_code_is_the_first_generation(bench: Bench) -> None:
    assert bench.row(bench.start().id)["generation"] == 1


def test_codes_on_their_way_are_still_good_after_an_update() -> None:
    """As they were calculated by hand: a new version must find the key and the HMAC of the old one."""
    assert key_id(KEY) == CodeKeys(KEY).current_id == "86517456"
    about = {"verification": "v", "account": "ana", "purpose": "sign-in", "phone": PHONE}
    expected = "ce8884b9fc4812c34617d11d44614abce8fa0da3fed9630a15716885e9692d6a"
    assert code_hmac(KEY, **about, generation=1, code="012345").hex() == expected


def test_a_code_is_bound_to_its_generation(bench: Bench) -> None:
    row = bench.row(bench.start().id)
    keys = CodeKeys(KEY)
    assert keys.current is KEY
    assert keys.hmac(row, "012345", generation=1) != keys.hmac(row, "012345", generation=2)


# Errors


def test_an_error_comes_out_of_its_wrapping_alone() -> None:
    """Wrapped here, in the test: what is wrapped while the package is imported, mutmut cannot break."""

    def divide(dividend: int, *, divisor: int) -> float:
        """Divide."""
        try:
            return dividend / divisor
        except ZeroDivisionError:
            raise NotPending from None

    wrapped = without_locals(divide)
    assert (wrapped.__name__, wrapped.__doc__) == ("divide", "Divide.")
    assert wrapped(3, divisor=2) == 1.5
    with pytest.raises(NotPending) as error:
        wrapped(3, divisor=0)
    assert error.value.__context__ is None


# Exact words


@pytest.mark.parametrize(
    ("kind", "left", "words"),
    [
        (WrongCode, 2, "That is not the code we sent. 2 tries left."),
        (WrongCode, 1, "That is not the code we sent. One try left."),
        (WrongCode, 0, "That is not the code we sent. That was the last try: sign in again to get a new one."),
        (CodeReplaced, 1, "That code is from an older text. Type the one from the newest text. One try left."),
    ],
)
def test_a_person_reads_these_words(kind: type[WrongCode], left: int, words: str) -> None:
    """The error is made in here: what is made while the tests are collected, mutmut cannot break."""
    error = kind(left)
    assert str(error) == error.user_message == words


def test_a_number_is_refused_as_a_code_in_these_words() -> None:
    number: Any = 12345
    with pytest.raises(InvalidCode) as error:
        normalise_code(number)
    assert str(error.value) == "A code is text, not a number: a number has no leading zeros. Put it in quotes."


@pytest.mark.parametrize(
    ("brand", "origin", "words"),
    [
        (
            "Example Bank",
            "https://bank.example",
            "origin is a host name in lower case, without https:// and port, for example bank.example.",
        ),
        (
            "Bänk",
            "bank.example",
            "brand is plain ASCII text on one line: other letters would double the cost of each text.",
        ),
        (
            "Example Bank" * 9,
            "bank.example",
            "The text is over 160 characters: shorten brand or origin, so that it stays one segment.",
        ),
    ],
)
def test_a_brand_and_an_origin_are_refused_in_these_words(brand: str, origin: str, words: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the words are compared whole
        code_text("012345", brand=brand, origin=origin, lifetime=minutes(5))
    assert str(error.value) == words


@pytest.mark.parametrize(
    ("kind", "setting", "words"),
    [
        (
            Policy,
            {"code_lifetime": minutes(11)},
            "code_lifetime is more than nothing and at most 10 minutes (NIST SP 800-63B-4 §3.1.3.2).",
        ),
        (
            Policy,
            {"max_checks": 0},
            "max_checks is at least 1 and at most account_failure_cap: one verification may not use up more.",
        ),
        (Policy, {"max_sends": 0}, "max_sends is at least 1: the first text counts."),
        (Policy, {"resend_after": minutes(0)}, "resend_after is at least a second."),
        (Policy, {"longest_resend_wait": minutes(0)}, "longest_resend_wait is at least resend_after."),
        (Policy, {"attempt_lifetime": minutes(1)}, "attempt_lifetime is at least code_lifetime."),
        (Policy, {"free_failures": 0}, "free_failures is at least 1: the first slip costs nobody a wait."),
        (Policy, {"failure_wait": minutes(61)}, "failure_wait is from nothing to longest_failure_wait."),
        (Policy, {"keep_rows": minutes(1)}, "keep_rows is at least attempt_lifetime."),
        (SendBudget, {"per_phone": 0}, "each count of a SendBudget is at least 1."),
        (SendBudget, {"regions": "CA"}, 'regions is a tuple: ("CA",), not "CA".'),
        (SendBudget, {"daily_cents": 0}, "daily_cents and segment_cents are more than 0."),
        (SendBudget, {"enrolment_share": 0}, "enrolment_share is more than 0 and at most 1."),
        (SendBudget, {"conversion_floor": 2}, "conversion_floor is from 0 to 1."),
        (
            SendBudget,
            {"kinds": frozenset({NumberKind.PREMIUM_RATE})},
            "kinds leaves out premium-rate numbers: each text pays.",
        ),
    ],
)
def test_a_setting_is_refused_in_these_words(kind: Callable[..., object], setting: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError) as error:
        kind(**setting)
    assert str(error.value) == words


def test_a_wait_stops_doubling_at_a_million_times_the_first() -> None:
    policy = Policy(resend_after=timedelta(seconds=1), longest_resend_wait=timedelta(days=30))
    assert policy.wait_after_texts(21) == policy.wait_after_texts(22) == timedelta(seconds=2**20)
