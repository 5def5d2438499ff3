"""The send budget: the last text that is allowed, the first that is refused, and what each refusal leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from databases import BOTH, on
from verification_bench import ANA, KEY, OTHER_KEY, PHONE, Bench

from helpers.flowroute import ConnectionFailed, Forbidden, LiveGuardRefused, OutcomeUnknown, ServerError
from helpers.phone_numbers import TEXTABLE_KINDS, NumberKind, PhoneNumber, PhoneNumberError
from helpers.verification import (
    Alarm,
    Policy,
    SendBudget,
    SendFigures,
    SendGuard,
    SendLimitReached,
    TooSoon,
    Verification,
)
from helpers.verification.guard import Kind, PlannedText
from helpers.verification.sending import SWEEP_BATCH

NewBench = Callable[..., Bench]
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
UNTIL_MIDNIGHT = timedelta(hours=7)  # lessons start at 17:00 UTC
COUNTED = ("account_limits", "cool_downs", "sends", "send_totals", "texts", "verifications")


def start(bench: Bench, n: int, *, same: str = "", purpose: str = "sign-in", exchange: str = "206555") -> Verification:
    """The n-th start: another account, phone and address each time, but for what is to be the same."""
    account = "ana" if same == "account" else f"user{n}"
    phone = PHONE if same == "phone" else f"+1{exchange}01{n:02d}"
    client = "198.51.100.7" if same == "client" else f"198.51.100.{n + 100}"
    if same == "account":
        purpose = f"{purpose} {n}"  # each has its own wait between texts
    return bench.verifier.start(phone, account=account, purpose=purpose, client=client)


def counted(bench: Bench) -> list[tuple[str, Any]]:
    """Everything in the database but the audit log."""
    return [(place, value) for place, value in bench.stored_values() if place.split(".")[0] in COUNTED]


def refused(bench: Bench, call: Callable[[], object]) -> SendLimitReached:
    """The refusal, which has changed nothing and texted nobody."""
    before, texts = counted(bench), len(bench.flowroute.texts)
    with pytest.raises(SendLimitReached) as limit:
        call()
    assert counted(bench) == before
    assert len(bench.flowroute.texts) == texts
    return limit.value


def planned(name: str = "t", *, kind: Kind = "confirmed", segments: int = 1, phone: str = PHONE) -> PlannedText:
    return PlannedText(name, PhoneNumber(phone), f"account of {name}", f"client of {name}", kind, segments)


def reserve(bench: Bench, text: PlannedText) -> list[Alarm]:
    with bench.store.transaction("ana") as connection:
        return bench.verifier.guard.reserve(connection, text, now=bench.clock.now_ms())


# In any sixty minutes

RATES = [
    ("account", "sign-in", {"per_account": 3}),
    ("account", "enrolling", {"per_account": 3}),
    ("phone", "sign-in", {"per_phone": 3}),
    ("phone", "enrol", {"per_phone": 3}),
    ("client", "sign-in", {"per_client": 3}),
    ("client", "enrol", {"per_client": 3}),
    ("prefix", "enrol", {"per_prefix": 3}),
]


@pytest.mark.parametrize(("limit", "purpose", "budget"), RATES, ids=lambda value: value if type(value) is str else "")
def test_a_limit_of_the_hour_lets_the_last_one_through_and_refuses_the_next(
    new_bench: NewBench, limit: str, purpose: str, budget: dict[str, Any]
) -> None:
    bench = new_bench(Policy(budget=SendBudget(**budget)))
    for n in range(3):
        start(bench, n, same=limit, purpose=purpose)
        bench.clock.advance(seconds=10)

    error = refused(bench, lambda: start(bench, 3, same=limit, purpose=purpose))
    assert (error.limit, error.retry_after) == (limit, HOUR - 30 * SECOND)

    bench.clock.advance(minutes=59, seconds=29.999)
    error = refused(bench, lambda: start(bench, 3, same=limit, purpose=purpose))
    assert (error.limit, error.retry_after) == (limit, timedelta(milliseconds=1))

    bench.clock.advance(seconds=0.001)
    start(bench, 3, same=limit, purpose=purpose)  # the first text has left the hour, and only that one
    error = refused(bench, lambda: start(bench, 4, same=limit, purpose=purpose))
    assert (error.limit, error.retry_after) == (limit, 10 * SECOND)


@on(*BOTH)
@pytest.mark.parametrize("limit", ["account", "phone", "client"])
def test_whatever_is_not_the_same_has_a_limit_of_its_own(new_bench: NewBench, limit: str) -> None:
    bench = new_bench(Policy(budget=SendBudget(**{f"per_{limit}": 1})))
    for n in range(8):
        start(bench, n)
    assert len(bench.flowroute.texts) == 8


def test_a_resend_is_charged_to_the_address_that_started(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_client=2)))
    first = start(bench, 0, same="client")
    bench.clock.advance(seconds=30)
    bench.verifier.resend(first.id, account="user0", purpose="sign-in")
    assert refused(bench, lambda: start(bench, 1, same="client")).limit == "client"


def test_a_limit_that_is_lowered_counts_the_texts_there_are(bench: Bench) -> None:
    for n in range(5):
        start(bench, n, same="client")
        bench.clock.advance(seconds=10)
    bench.verifier = bench.another_verifier(policy=Policy(budget=SendBudget(per_client=2)))
    error = refused(bench, lambda: start(bench, 5, same="client"))
    assert error.retry_after == HOUR - 20 * SECOND  # until only the newest one of the five is younger than an hour


@pytest.mark.parametrize("same", ["phone", "client"])
def test_texts_to_unconfirmed_phones_and_sign_in_texts_are_counted_apart(new_bench: NewBench, same: str) -> None:
    """Who enrols a stranger's number, or enrols at their address, must not use up that stranger's own sign-ins."""
    bench = new_bench(Policy(budget=SendBudget(**{f"per_{same}": 2})))
    for n in range(2):
        start(bench, n, same=same, purpose="enrol")
    assert refused(bench, lambda: start(bench, 2, same=same, purpose="enrol")).limit == same
    for n in range(2):
        start(bench, n, same=same)
    assert refused(bench, lambda: start(bench, 2, same=same)).limit == same


def test_the_limit_of_a_prefix_is_for_unconfirmed_phones_alone(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_prefix=1)))
    start(bench, 0, purpose="enrol")
    assert refused(bench, lambda: start(bench, 1, purpose="enrol")).limit == "prefix"
    start(bench, 1, purpose="enrol", exchange="212555")
    for n in range(5):
        start(bench, n)


# In a day


@pytest.mark.parametrize(
    ("limit", "budget"),
    [("daily messages", {"daily_messages": 3}), ("daily cost", {"daily_cents": Decimal("2.1")})],
    ids=["messages", "cost"],
)
def test_a_days_budget_is_used_up_to_the_last_text_and_is_full_again_at_midnight(
    new_bench: NewBench, limit: str, budget: dict[str, Any]
) -> None:
    bench = new_bench(Policy(budget=SendBudget(**budget)))
    for n in range(3):
        start(bench, n)
    error = refused(bench, lambda: start(bench, 3))
    assert (error.limit, error.retry_after) == (limit, UNTIL_MIDNIGHT)
    bench.clock.advance(hours=7, seconds=-0.001)
    error = refused(bench, lambda: start(bench, 3))
    assert (error.limit, error.retry_after) == (limit, timedelta(milliseconds=1))
    bench.clock.advance(seconds=0.001)
    for n in range(3):
        start(bench, n + 3)
    assert refused(bench, lambda: start(bench, 6)).limit == limit


@pytest.mark.parametrize(
    ("limit", "budget"),
    [
        ("enrolment messages", {"daily_messages": 10}),
        ("enrolment cost", {"daily_cents": Decimal(7)}),
    ],
    ids=["messages", "cost"],
)
def test_texts_to_unconfirmed_phones_leave_the_rest_of_the_day_to_sign_ins(
    new_bench: NewBench, limit: str, budget: dict[str, Any]
) -> None:
    bench = new_bench(Policy(budget=SendBudget(**budget, enrolment_share=0.3)))
    for n in range(3):
        start(bench, n, purpose="enrol")
    error = refused(bench, lambda: start(bench, 3, purpose="enrol"))
    assert (error.limit, error.retry_after) == (limit, UNTIL_MIDNIGHT)
    for n in range(7):
        start(bench, n + 10)
    assert refused(bench, lambda: start(bench, 20)).limit.startswith("daily")


def test_sign_ins_may_use_up_the_whole_day(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(daily_messages=4, enrolment_share=0.5)))
    for n in range(4):
        start(bench, n)
    assert refused(bench, lambda: start(bench, 5, purpose="enrol")).limit == "daily messages"


@pytest.mark.parametrize("share", [0.29, 0.57, 0.58])
def test_a_share_is_counted_as_it_is_written(new_bench: NewBench, share: float) -> None:
    """In floats, 0.29 of 100 is a little less than 29."""
    bench = new_bench(Policy(budget=SendBudget(daily_messages=100, enrolment_share=share)))
    for n in range(round(100 * share)):
        reserve(bench, planned(f"{n}", kind="enrolment", phone=f"+1206555{100 + n:04d}"))
    with pytest.raises(SendLimitReached) as limit:
        reserve(bench, planned("one more", kind="enrolment", phone="+12065550199"))
    assert limit.value.limit == "enrolment messages"


def test_a_text_of_two_segments_costs_twice_as_much(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(daily_cents=Decimal("2.1"))))
    reserve(bench, planned("long", segments=2))
    assert bench.verifier.figures() == SendFigures(1, 1.4, 1, 0)
    with pytest.raises(SendLimitReached) as limit:
        reserve(bench, planned("as long", segments=2))
    assert limit.value.limit == "daily cost"
    reserve(bench, planned("short"))
    assert bench.verifier.figures() == SendFigures(2, 2.1, 2, 0)


# Refunds


@on(*BOTH)
@pytest.mark.parametrize("purpose", ["sign-in", "enrol"])
def test_a_text_whose_connection_failed_is_given_back_everywhere(bench: Bench, purpose: str) -> None:
    whose = {"account": "ana", "purpose": purpose}
    started = bench.start(**whose)
    bench.clock.advance(seconds=30)
    before = counted(bench)
    bench.flowroute.failure = ConnectionFailed("no network")
    for _ in range(11):  # more often than an account may be texted
        with pytest.raises(ConnectionFailed):
            bench.verifier.resend(started.id, **whose)
    assert counted(bench) == before
    bench.flowroute.failure = None
    assert bench.verifier.resend(started.id, **whose).sends_left == 1


def test_a_first_text_whose_connection_failed_costs_nothing_and_no_wait(bench: Bench) -> None:
    bench.flowroute.failure = ConnectionFailed("no network")
    for _ in range(11):
        with pytest.raises(ConnectionFailed):
            bench.start(purpose="enrol")
    assert bench.verifier.figures() == bench.verifier.figures(prefix="+1206555") == SendFigures(0, 0.0, 0, 0)
    bench.flowroute.failure = None
    started = bench.start(purpose="enrol")
    assert started.resend_at == bench.clock.now() + 30 * SECOND  # as the first text it is


@pytest.mark.parametrize(
    "failure",
    [Forbidden(403), ServerError(503), OutcomeUnknown("no answer"), LiveGuardRefused("not on the list")],
    ids=lambda error: type(error).__name__,
)
def test_any_other_failure_stays_counted(new_bench: NewBench, failure: Exception) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_client=2)))
    bench.flowroute.failure = failure
    for n in range(2):
        with pytest.raises(type(failure)):
            start(bench, n, same="client")
    assert refused(bench, lambda: start(bench, 2, same="client")).limit == "client"
    assert bench.verifier.figures().messages == 2


def test_a_text_of_yesterday_is_given_back_to_yesterday(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.clock.advance(hours=7, seconds=-0.001)
    before_midnight = bench.clock.now_ms()

    def fail_after_midnight(**_: object) -> None:
        bench.clock.advance(seconds=5)
        raise ConnectionFailed("no network")

    monkeypatch.setattr(bench.flowroute, "send_message", fail_after_midnight)
    with pytest.raises(ConnectionFailed):
        bench.start()
    nothing = SendFigures(0, 0.0, 0, 0)
    assert bench.verifier.figures() == nothing
    assert bench.verifier.guard.figures(bench.store.engine, now=before_midnight) == nothing


@on(*BOTH)
def test_a_refund_takes_away_its_own_text_alone(new_bench: NewBench) -> None:
    """Two accounts behind one address, texted in the same millisecond; one of the texts did not leave."""
    bench = new_bench(Policy(budget=SendBudget(per_client=2)))
    start(bench, 0, same="client")
    bench.flowroute.failure = ConnectionFailed("no network")
    with pytest.raises(ConnectionFailed):
        start(bench, 1, same="client")
    bench.flowroute.failure = None
    start(bench, 2, same="client")
    assert refused(bench, lambda: start(bench, 3, same="client")).limit == "client"


# Countries and kinds of lines


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+18765550100", "belongs to JM"),  # Jamaica and the Dominican Republic share +1 with the United States
        ("+18095550100", "belongs to DO"),
        ("+442079460018", "belongs to GB"),
        ("+19002345678", "premium-rate"),
        ("+18002345678", "toll-free"),
    ],
)
def test_a_phone_of_another_country_or_kind_costs_nothing(bench: Bench, number: str, words: str) -> None:
    with pytest.raises(PhoneNumberError, match=words):
        bench.start(number)
    assert counted(bench) == []
    assert bench.flowroute.texts == []


def test_countries_and_kinds_are_the_budgets_to_choose(new_bench: NewBench) -> None:
    kinds = TEXTABLE_KINDS | {NumberKind.TOLL_FREE}
    wide = new_bench(Policy(budget=SendBudget(regions=("US", "JM"), kinds=kinds)))
    assert wide.start("+18765550100").status == "pending"
    assert wide.start("+18002345678", account="ben").status == "pending"
    narrow = wide.another_verifier(policy=Policy(budget=SendBudget(regions=("CA",))))
    with pytest.raises(PhoneNumberError, match="belongs to US"):
        narrow.start(PHONE, **ANA, client="x")


# What the ledger holds


def test_the_ledger_names_no_phone_no_account_and_no_address(bench: Bench) -> None:
    bench.start(account="ana@bank.example")
    bench.start(account="ben@bank.example", purpose="enrol")
    ledger = [str(value) for place, value in bench.stored_values() if place.startswith(("sends.", "send_totals."))]
    assert len(ledger) > 20
    for secret in (PHONE[1:], PHONE[2:], "bank.example", "198.51.100.7"):
        assert not [value for value in ledger if secret in value]


def test_who_has_the_ledger_cannot_try_out_numbers_without_the_key() -> None:
    """There are few phone numbers: a plain hash of one is found by trying all of them."""
    mine, theirs = (SendGuard(SendBudget(), key=key).client_key("198.51.100.7") for key in (KEY, OTHER_KEY))
    assert mine != theirs
    assert mine == SendGuard(SendBudget(), key=KEY).client_key("198.51.100.7")


@on(*BOTH)
def test_old_texts_are_swept_in_batches(bench: Bench) -> None:
    def kept() -> int:
        return sum(place == "sends.key" for place, _ in bench.stored_values())

    def text(n: int) -> PlannedText:
        return planned(f"{n}", phone=f"+1206555{100 + n // 4:04d}")

    for n in range(75):
        reserve(bench, text(n))
    assert kept() == 225  # account, phone and client of each
    bench.clock.advance(hours=1, seconds=-0.001)
    start(bench, 90)
    assert kept() == 228  # all of them still count
    bench.clock.advance(seconds=0.001)
    start(bench, 91)
    assert kept() == 231 - SWEEP_BATCH
    start(bench, 92)
    start(bench, 93)
    assert kept() == 4 * 3


# Figures


@on(*BOTH)
def test_figures_count_messages_cost_and_approvals(bench: Bench) -> None:
    assert bench.verifier.figures() == SendFigures(0, 0.0, 0, 0)
    assert bench.verifier.figures().conversion is None
    first, second = start(bench, 0), start(bench, 1, purpose="enrol", exchange="212555")
    assert bench.verifier.figures().conversion == 0
    bench.verifier.check(first.id, bench.flowroute.codes[0], account="user0", purpose="sign-in")
    assert bench.verifier.figures() == SendFigures(2, 1.4, 2, 1)
    assert bench.verifier.figures().conversion == 0.5
    assert bench.verifier.figures(prefix="+1206555") == SendFigures(1, 0.7, 1, 1)
    assert bench.verifier.figures(prefix="+1212555") == SendFigures(1, 0.7, 1, 0)
    bench.verifier.check(second.id, bench.flowroute.codes[1], account="user1", purpose="enrol")
    assert bench.verifier.figures(prefix="+1212555") == SendFigures(1, 0.7, 1, 1)
    bench.clock.advance(hours=7)
    assert bench.verifier.figures() == SendFigures(0, 0.0, 0, 0)


def test_notices_cost_but_are_no_codes(bench: Bench) -> None:
    bench.verifier.tell(PhoneNumber(PHONE), "n" * 200, account="ana", client="x")
    bench.start()
    assert bench.verifier.figures() == SendFigures(2, 2.1, 1, 0)


# The alarm


@pytest.fixture
def alarms() -> list[Alarm]:
    return []


@pytest.fixture
def watched(new_bench: NewBench, alarms: list[Alarm]) -> Bench:
    """A bench that gives the alarm when fewer than 3 of 10 codes came back."""
    budget = SendBudget(conversion_sample=10, conversion_floor=0.3)
    return new_bench(Policy(budget=budget), on_alarm=alarms.append)


def approve(bench: Bench, n: int, started: Verification) -> None:
    bench.verifier.check(started.id, bench.code, account=f"user{n}", purpose="sign-in")


def test_below_the_sample_there_is_no_alarm_and_then_there_is_one_a_day(watched: Bench, alarms: list[Alarm]) -> None:
    day = watched.clock.now_ms() // 86_400_000
    for n in range(9):
        start(watched, n)
    assert alarms == []
    start(watched, 9, exchange="212555")  # the tenth in all, the first to its prefix
    assert alarms == [Alarm(day, "", 10, 0)]
    start(watched, 10)
    assert alarms[1:] == [Alarm(day, "+1206555", 10, 0)]
    for n in range(11, 40):
        start(watched, n, purpose="enrol" if n % 2 else "sign-in")
    assert len(alarms) == 2
    watched.clock.advance(hours=7)
    for n in range(40, 50):
        start(watched, n)
    assert alarms[2:] == [Alarm(day + 1, "", 10, 0), Alarm(day + 1, "+1206555", 10, 0)]


@pytest.mark.parametrize(("approvals", "given"), [(3, 0), (2, 2)])
def test_the_alarm_is_given_below_the_floor_and_not_at_it(
    watched: Bench, alarms: list[Alarm], approvals: int, given: int
) -> None:
    for n in range(approvals):
        approve(watched, n, start(watched, n))
    for n in range(approvals, 10):
        start(watched, n)
    assert len(alarms) == given


def test_a_floor_is_met_by_exactly_so_many(new_bench: NewBench, alarms: list[Alarm]) -> None:
    """In floats, 0.07 of 100 is a little more than 7."""
    budget = SendBudget(conversion_sample=100, conversion_floor=0.07, per_phone=100)
    bench = new_bench(Policy(budget=budget), on_alarm=alarms.append)
    with bench.store.transaction("ana") as connection:
        for _ in range(7):
            bench.verifier.guard.approved(connection, PhoneNumber(PHONE), "confirmed", now=bench.clock.now_ms())
    assert [alarm for n in range(100) for alarm in reserve(bench, planned(f"{n}"))] == []


@on(*BOTH)
def test_a_prefix_that_is_pumped_is_noticed_among_honest_ones(watched: Bench, alarms: list[Alarm]) -> None:
    for n in range(20):
        approve(watched, n, start(watched, n))
    for n in range(20, 30):
        start(watched, n, exchange="212555", purpose="enrol")
    assert [(alarm.prefix, alarm.codes, alarm.approved) for alarm in alarms] == [("+1212555", 10, 0)]


def test_notices_set_off_no_alarm(watched: Bench, alarms: list[Alarm]) -> None:
    for _ in range(30):
        watched.verifier.tell(PhoneNumber(PHONE), "Your phone was changed.", account="ana", client="x")
    for n in range(9):
        start(watched, n)
    assert alarms == []


def test_the_alarm_is_told_once_everything_is_written_down(new_bench: NewBench) -> None:
    seen: list[tuple[int, list[str]]] = []

    def look(_: Alarm) -> None:
        entries = bench.verifier.audit.entries()
        seen.append((bench.verifier.figures().messages, [entry.event for entry in entries]))
        bench.verifier.audit.record(event="pager", outcome="rung")  # nothing is locked

    bench = new_bench(Policy(budget=SendBudget(conversion_sample=2)), on_alarm=look)
    start(bench, 0)
    start(bench, 1)
    assert seen[0] == (2, ["start", "alarm", "alarm", "start"])
    alarm = bench.verifier.audit.entries()[1]
    assert (alarm.event, alarm.outcome, alarm.phone) == ("alarm", "conversion", "")
    assert alarm.detail.startswith("None of today's 2 codes in all came back.")
    assert bench.verifier.audit.entries()[2].detail.startswith("None of today's 2 codes to +1206555… came back.")


def test_a_refused_text_gives_no_alarm(new_bench: NewBench, alarms: list[Alarm]) -> None:
    bench = new_bench(Policy(budget=SendBudget(conversion_sample=2, per_phone=1)), on_alarm=alarms.append)
    start(bench, 0, same="phone")
    refused(bench, lambda: start(bench, 1, same="phone"))
    assert alarms == []
    assert [entry.event for entry in bench.verifier.audit.entries()] == ["start", "start"]


def test_the_alarm_is_told_though_the_text_fails(watched: Bench, alarms: list[Alarm]) -> None:
    for n in range(9):
        start(watched, n)
    watched.flowroute.failure = Forbidden(403)
    with pytest.raises(Forbidden):
        start(watched, 9)
    assert [alarm.prefix for alarm in alarms] == ["", "+1206555"]


def test_a_pager_that_fails_does_not_lose_the_verification(
    new_bench: NewBench, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Alarm) -> None:
        raise RuntimeError("the pager is down")

    bench = new_bench(Policy(budget=SendBudget(conversion_sample=1)), on_alarm=fail)
    started = start(bench, 0)
    approve(bench, 0, started)
    assert "the pager is down" in caplog.text


def test_without_a_pager_the_alarm_goes_to_the_log(new_bench: NewBench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="helpers.verification")
    bench = new_bench(Policy(budget=SendBudget(conversion_sample=1)))
    start(bench, 0)
    assert len(caplog.records) == 2
    assert "None of today's 1 codes in all came back." in caplog.text
    assert PHONE[1:] not in caplog.text


# What is said to whom

LIMITS: list[tuple[str, dict[str, Any], str]] = [
    ("phone", {"per_phone": 1}, "phone"),
    ("client", {"per_client": 1}, "client"),
    ("prefix", {"per_prefix": 1}, ""),
    ("daily messages", {"daily_messages": 1, "enrolment_share": 1}, ""),
    ("daily cost", {"daily_cents": Decimal(1), "enrolment_share": 1}, ""),
    ("enrolment messages", {"daily_messages": 2}, ""),
    ("enrolment cost", {"daily_cents": Decimal("1.4")}, ""),
]


def refusals(new_bench: NewBench) -> list[SendLimitReached]:
    found = []
    for day, (_, budget, same) in enumerate(LIMITS):
        bench = new_bench(Policy(budget=SendBudget(**budget)))
        bench.clock.advance(days=day)
        start(bench, 0, same=same, purpose="enrol")
        found.append(refused(bench, lambda: start(bench, 1, same=same, purpose="enrol")))  # noqa: B023 (called at once)
    return found


def test_a_stranger_hears_the_same_whatever_is_used_up_and_a_developer_hears_what(new_bench: NewBench) -> None:
    """Somebody who tries out numbers must not learn whose texts used a limit up."""
    errors = refusals(new_bench)
    assert [error.limit for error in errors] == [limit for limit, _, _ in LIMITS]
    assert {error.user_message for error in errors} == {"We can't text a code right now. Try again later."}
    for error in errors:
        assert error.limit in str(error)
        assert "SendBudget" in str(error)
        assert PHONE[2:] not in repr(error)


def test_who_used_up_an_accounts_own_texts_hears_how_long_to_wait(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_account=1)))
    start(bench, 0, same="account")
    error = refused(bench, lambda: start(bench, 1, same="account"))
    assert error.user_message == "We have sent as many codes as we may. Try again in 60 minutes."
    assert str(error).startswith("The texts of this account (SendBudget: 1 in sixty minutes) are used up. We have sent")


def test_the_wait_comes_before_the_budget(new_bench: NewBench) -> None:
    """Of two reasons the shorter wait is told: asking again at once is what the wait between texts is against."""
    bench = new_bench(Policy(budget=SendBudget(per_account=1)))
    bench.start()
    with pytest.raises(TooSoon):
        bench.start()
