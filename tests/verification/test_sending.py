"""Reserve, post, settle: what each end of a text leaves behind, and how an unknown one is found out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from verification_bench import ANA, PHONE, Bench, minutes

from helpers.flowroute import (
    ApiError,
    ConnectionFailed,
    FlowrouteError,
    Forbidden,
    InvalidRequest,
    LiveGuardRefused,
    MessageRecord,
    NotFound,
    NumberNotAvailable,
    OptedOut,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unauthorized,
)
from helpers.flowroute.records import message_record
from helpers.message_length import measure
from helpers.phone_numbers import PhoneNumber
from helpers.verification import (
    CodeStillGood,
    NotPending,
    Policy,
    ResendPolicy,
    SendBudget,
    SendFigures,
    TooManyChecks,
    TooSoon,
    Verification,
    WrongCode,
)

NewBench = Callable[..., Bench]
SECOND = timedelta(seconds=1)
UNKNOWN = [OutcomeUnknown("no answer"), ServerError(503)]
GIVEN_BACK = [ConnectionFailed("no network")]
NOT_SENT = [
    Unauthorized(401),
    Forbidden(403),
    NotFound(404),
    InvalidRequest(422),
    OptedOut(400),
    RateLimited(429),
    LiveGuardRefused("not on the list"),
    ApiError(418),
    FlowrouteError("something new"),
]
EVERY_FAILURE = [*UNKNOWN, *GIVEN_BACK, *NOT_SENT]


def named(error: BaseException) -> str:
    return type(error).__name__


def failing(bench: Bench, failure: Exception, call: Callable[[], Verification]) -> Verification:
    """The call fails so; the verification that the error carries."""
    bench.flowroute.failure = failure
    with pytest.raises(type(failure)) as caught:
        call()
    bench.flowroute.failure = None
    told = caught.value.verification  # type: ignore[attr-defined]
    assert isinstance(told, Verification)
    return told


def texts(bench: Bench) -> list[tuple[int, str, str | None]]:
    """Number, outcome and message id of each text that is written down."""
    values = [value for place, value in bench.stored_values() if place.startswith("texts.")]
    return [(number, outcome, sent) for _, number, _, outcome, sent in zip(*[iter(values)] * 5, strict=True)]


def last(bench: Bench) -> tuple[str, str, str]:
    """Event, outcome and message id of the newest entry in the audit log."""
    entry = bench.verifier.audit.entries()[-1]
    return (entry.event, entry.outcome, entry.message_id)


# What each end of a text leaves behind


def test_every_failure_there_is_is_tried_here() -> None:
    def below(kind: type[FlowrouteError]) -> set[type[FlowrouteError]]:
        return {kind} | {inner for each in kind.__subclasses__() for inner in below(each)}

    assert below(FlowrouteError) - {NumberNotAvailable} == {type(failure) for failure in EVERY_FAILURE}


@pytest.mark.parametrize("failure", EVERY_FAILURE, ids=named)
def test_a_first_text_that_fails(bench: Bench, failure: Exception) -> None:
    told = failing(bench, failure, bench.start)
    unknown, given_back = failure in UNKNOWN, failure in GIVEN_BACK
    assert (told.status, told.delivery) == (("pending", "unknown") if unknown else ("canceled", None))
    assert told.message_ids == ()
    assert texts(bench) == ([] if given_back else [(1, "unknown" if unknown else "not sent", None)])
    assert last(bench) == ("start", "unknown" if unknown else named(failure), "")
    assert bench.verifier.figures().messages == (0 if given_back else 1)
    assert told.sends_left == (3 if given_back else 2)
    assert told == bench.verifier.get(told.id, **ANA)
    if unknown:
        assert bench.verifier.check(told.id, bench.code, **ANA).status == "approved"
    else:
        with pytest.raises(NotPending):
            bench.verifier.check(told.id, bench.code, **ANA)


@pytest.mark.parametrize("policy", [ResendPolicy.NEW_CODE, ResendPolicy.SAME_CODE], ids=lambda policy: policy.name)
@pytest.mark.parametrize("failure", EVERY_FAILURE, ids=named)
def test_a_later_text_that_fails(new_bench: NewBench, failure: Exception, policy: ResendPolicy) -> None:
    bench = new_bench(Policy(resend=policy))
    started = bench.start()
    bench.clock.advance(seconds=60)
    told = failing(bench, failure, lambda: bench.verifier.resend(started.id, **ANA))
    unknown, given_back, same = failure in UNKNOWN, failure in GIVEN_BACK, policy is ResendPolicy.SAME_CODE
    assert (told.status, told.delivery) == ("pending", "unknown" if unknown else "accepted")
    assert told.message_ids == ("mdr2-1",)
    assert told.expires_at == (bench.clock.now() + minutes(5) if unknown and not same else started.expires_at)
    assert told.resend_at == (started.resend_at if given_back else bench.clock.now() + 60 * SECOND)
    assert texts(bench)[1:] == ([] if given_back else [(2, "unknown" if unknown else "not sent", None)])
    assert last(bench) == ("resend", "unknown" if unknown else named(failure), "")
    assert bench.verifier.figures().messages == (1 if given_back else 2)
    assert told.sends_left == (2 if given_back else 1)
    assert told == bench.verifier.get(told.id, **ANA)
    old, new = bench.flowroute.codes
    assert (old == new) == same
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, old if unknown and not same else bench.wrong if same else new, **ANA)
    assert bench.verifier.check(started.id, new if unknown else old, **ANA).status == "approved"


def test_message_ids_are_those_that_are_known_oldest_first(new_bench: NewBench) -> None:
    bench = new_bench(Policy(max_sends=5, budget=SendBudget(per_phone=20)))
    started = bench.start()
    for failure in (None, Forbidden(403), None):
        bench.clock.advance(minutes=2)
        if failure:
            failing(bench, failure, lambda: bench.verifier.resend(started.id, **ANA))
        else:
            bench.verifier.resend(started.id, **ANA)
    shown = bench.verifier.get(started.id, **ANA)
    assert (shown.message_ids, shown.message_id) == (("mdr2-1", "mdr2-2", "mdr2-4"), "mdr2-4")
    assert texts(bench)[2] == (3, "not sent", None)


# What happens while a text is being posted


def meanwhile(bench: Bench, monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object], end: Exception | None) -> None:
    """Do something else while the next text is being posted, which then ends so."""
    send = bench.flowroute.send_message

    def slow(**text: Any) -> Any:
        monkeypatch.setattr(bench.flowroute, "send_message", send)
        sent = send(**text)
        deed()
        if end is not None:
            raise end
        return sent

    monkeypatch.setattr(bench.flowroute, "send_message", slow)


def test_a_late_connection_failed_does_not_give_back_the_wait_of_a_newer_text(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = bench.start()
    bench.clock.advance(seconds=30)

    def newer() -> None:
        bench.clock.advance(seconds=60)
        bench.verifier.resend(started.id, **ANA)

    meanwhile(bench, monkeypatch, newer, ConnectionFailed("no network"))
    with pytest.raises(ConnectionFailed):
        bench.verifier.resend(started.id, **ANA)
    with pytest.raises(TooSoon) as soon:
        bench.start()
    assert soon.value.retry_after == 120 * SECOND
    assert bench.verifier.figures().messages == 2
    assert [number for number, _, _ in texts(bench)] == [1, 3]
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_a_late_connection_failed_brings_no_wait_back_that_an_approval_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = bench.start()
    code = bench.code
    bench.clock.advance(seconds=30)
    meanwhile(bench, monkeypatch, lambda: bench.verifier.check(started.id, code, **ANA), ConnectionFailed("no network"))
    with pytest.raises(ConnectionFailed) as caught:
        bench.verifier.resend(started.id, **ANA)
    assert caught.value.verification.status == "approved"
    assert bench.start().resend_at == bench.clock.now() + 30 * SECOND


@pytest.mark.parametrize("end", [None, OutcomeUnknown("no answer"), Forbidden(403), ConnectionFailed("no")], ids=named)
def test_an_account_that_is_deleted_while_its_text_is_posted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, end: Exception | None
) -> None:
    meanwhile(bench, monkeypatch, lambda: bench.verifier.forget("ana"), end)
    if end is None:
        told = bench.start()
    else:
        with pytest.raises(type(end)) as caught:
            bench.start()
        told = caught.value.verification  # type: ignore[attr-defined]
    assert told.status == "canceled"
    with pytest.raises(NotPending):
        bench.verifier.check(told.id, bench.code, **ANA)
    assert not [place for place, value in bench.stored_values() if value == PHONE]
    assert texts(bench) == []
    assert [entry.event for entry in bench.verifier.audit.entries()] == ["forget", "start", "check"]


@pytest.mark.parametrize("end", [None, OutcomeUnknown("no answer")], ids=named)
def test_a_verification_that_is_canceled_while_its_text_is_posted_stays_canceled(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, end: Exception | None
) -> None:
    started = bench.start()
    bench.clock.advance(seconds=30)
    meanwhile(bench, monkeypatch, lambda: bench.verifier.cancel(started.id, **ANA), end)
    if end is None:
        assert bench.verifier.resend(started.id, **ANA).status == "canceled"
    else:
        with pytest.raises(OutcomeUnknown) as caught:
            bench.verifier.resend(started.id, **ANA)
        assert caught.value.verification.status == "canceled"
    for code in bench.flowroute.codes:
        with pytest.raises(NotPending):
            bench.verifier.check(started.id, code, **ANA)


def test_a_start_that_is_overtaken_by_another_opens_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    newer: list[Verification] = []

    def overtake() -> None:
        bench.clock.advance(seconds=30)
        newer.append(bench.start())

    meanwhile(bench, monkeypatch, overtake, None)
    late = bench.start()
    assert (late.status, late.message_ids) == ("canceled", ("mdr2-1",))
    with pytest.raises(NotPending):
        bench.verifier.check(late.id, bench.flowroute.codes[0], **ANA)
    assert bench.verifier.check(newer[0].id, bench.code, **ANA).status == "approved"


def use_up(bench: Bench, verification: str) -> None:
    for _ in range(4):
        with pytest.raises(WrongCode):
            bench.verifier.check(verification, bench.wrong, **ANA)


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (lambda bench, started: bench.verifier.cancel(started, **ANA), NotPending),
        (lambda bench, started: bench.verifier.check(started, bench.code, **ANA), NotPending),
        (lambda bench, started: use_up(bench, started), TooManyChecks),
    ],
    ids=["canceled", "approved", "used up"],
)
def test_what_somebody_quicker_did_decides_and_nothing_is_texted_or_counted(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch, deed: Callable[[Bench, str], object], told: type[Exception]
) -> None:
    """Another process acts after this one has read the verification and before it has the write lock."""
    bench = new_bench(Policy(max_checks=4))
    started = bench.start()
    bench.clock.advance(seconds=30)

    def measure_slowly(words: str) -> Any:
        monkeypatch.setattr("helpers.verification.sending.measure", measure)
        deed(bench, started.id)
        return measure(words)

    monkeypatch.setattr("helpers.verification.sending.measure", measure_slowly)
    with pytest.raises(told):
        bench.verifier.resend(started.id, **ANA)
    assert len(bench.flowroute.texts) == bench.verifier.figures().messages == 1
    assert bench.row(started.id)["sends"] == 1
    assert [(entry.event, entry.outcome) for entry in bench.verifier.audit.entries()][-1] == ("resend", told.__name__)
    if told is TooManyChecks:  # the wait between texts is as it was: the refused one has left no trace in it
        assert bench.start().resend_at == bench.clock.now() + 60 * SECOND


# A text of unknown outcome, before the next one


class MessageList:
    """What Flowroute lists, and how it was asked for it."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self.records: list[MessageRecord] = []
        self.failure: Exception | None = None
        self.asked: list[tuple[datetime, datetime]] = []
        monkeypatch.setattr(bench.flowroute, "list_messages", self.read, raising=False)

    def put(self, message_id: str, body: str, to: str = PHONE) -> None:
        attributes = {"to": to.removeprefix("+"), "body": body, "direction": "outbound"}
        record = message_record({"id": message_id, "attributes": attributes})
        assert record
        self.records.append(record)

    def read(self, *, start: datetime, end: datetime) -> Any:
        self.asked.append((start, end))
        if self.failure is not None:
            raise self.failure
        yield from self.records


@pytest.fixture
def listed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> MessageList:
    return MessageList(bench, monkeypatch)


def body(bench: Bench) -> str:
    return bench.flowroute.texts[-1][1]


def again(bench: Bench, verification: str, *, by: str) -> Verification:
    return bench.start() if by == "start" else bench.verifier.resend(verification, **ANA)


BY = pytest.mark.parametrize("by", ["start", "resend"])


@BY
@pytest.mark.parametrize("failure", UNKNOWN, ids=named)
def test_a_text_that_left_is_found_before_the_next_one_leaves(
    bench: Bench, listed: MessageList, by: str, failure: Exception
) -> None:
    first = failing(bench, failure, bench.start)
    sent_at = bench.clock.now()
    listed.put("mdr2-77", body(bench))
    bench.clock.advance(seconds=30)
    second = again(bench, first.id, by=by)
    assert listed.asked == [(sent_at - 5 * SECOND, sent_at + minutes(1))]
    assert bench.verifier.get(first.id, **ANA).message_ids[:1] == ("mdr2-77",)
    assert (second.id == first.id) == (by == "resend")
    assert second.delivery == "accepted"
    events = [(entry.event, entry.outcome, entry.message_id) for entry in bench.verifier.audit.entries()]
    assert events == [("start", "unknown", ""), ("delivery", "accepted", "mdr2-77"), (by, "sent", "mdr2-2")]
    assert bench.verifier.audit.entries()[1].verification == first.id
    assert bench.verifier.check(second.id, bench.code, **ANA).status == "approved"


@BY
def test_a_text_that_is_not_listed_did_not_leave_and_the_next_one_may(
    bench: Bench, listed: MessageList, by: str
) -> None:
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    bench.clock.advance(seconds=30)
    second = again(bench, first.id, by=by)
    assert texts(bench)[0] == (1, "not sent", None) or texts(bench)[1] == (1, "not sent", None)
    events = [(entry.event, entry.outcome, entry.message_id) for entry in bench.verifier.audit.entries()]
    assert events == [("start", "unknown", ""), ("delivery", "not sent", ""), (by, "sent", "mdr2-2")]
    assert bench.verifier.figures().messages == 2  # "not listed" is no proof: it stays counted
    assert bench.verifier.check(second.id, bench.code, **ANA).status == "approved"


@BY
@pytest.mark.parametrize("failure", [ConnectionFailed("no network"), RateLimited(429), ServerError(500)], ids=named)
def test_while_the_list_cannot_be_read_nothing_is_sent(
    bench: Bench, listed: MessageList, by: str, failure: Exception
) -> None:
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    code = bench.code
    bench.clock.advance(seconds=30)
    before = bench.stored_values()
    listed.failure = failure
    for _ in range(2):
        with pytest.raises(type(failure)):
            again(bench, first.id, by=by)
    assert len(bench.flowroute.texts) == 1
    assert bench.stored_values() == before
    assert bench.verifier.check(first.id, code, **ANA).status == "approved"


@BY
def test_while_it_is_too_early_to_tell_nothing_is_asked_and_nothing_sent(new_bench: NewBench, by: str) -> None:
    bench = new_bench(Policy(resend_after=timedelta(seconds=5)))
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    for passed, left in ((5, 15), (10, 5)):
        bench.clock.advance(seconds=passed)
        with pytest.raises(TooSoon) as soon:  # FakeFlowroute's list is not asked
            again(bench, first.id, by=by)
        assert soon.value.retry_after == left * SECOND
    assert len(bench.flowroute.texts) == 1


@BY
def test_the_wait_between_texts_comes_before_the_look(bench: Bench, listed: MessageList, by: str) -> None:
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    bench.clock.advance(seconds=29.999)
    with pytest.raises(TooSoon):
        again(bench, first.id, by=by)
    assert listed.asked == []


def test_only_our_own_text_is_taken_for_ours(bench: Bench, listed: MessageList) -> None:
    bens = bench.start(account="ben")
    bens_body = body(bench)
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    ours, code = body(bench), bench.code
    other = bench.wrong
    listed.put("to somebody else", ours, to="+12065550111")
    listed.put("ben's, to the same phone", bens_body)
    listed.put("to our phone, another code", ours.replace(code, other))
    listed.put("a notice", "Your phone was changed.")
    listed.put("its code is not in the last line", f"{ours}\nSent twice")
    listed.put("no number", ours, to="")
    listed.put("empty", "")
    bench.clock.advance(seconds=30)
    bench.verifier.resend(first.id, **ANA)
    assert bench.verifier.get(first.id, **ANA).message_ids == ("mdr2-3",)
    assert last(bench)[:2] == ("resend", "sent")
    assert [entry.outcome for entry in bench.verifier.audit.entries() if entry.event == "delivery"] == ["not sent"]
    assert bens.message_ids == ("mdr2-1",)


def test_among_all_those_ours_is_found(bench: Bench, listed: MessageList) -> None:
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    listed.put("a notice", "Your phone was changed.")
    listed.put("mdr2-8", body(bench))
    listed.put("to somebody else", body(bench), to="+12065550111")
    bench.clock.advance(seconds=30)
    bench.verifier.resend(first.id, **ANA)
    assert bench.verifier.get(first.id, **ANA).message_ids == ("mdr2-8", "mdr2-2")


def test_a_resend_of_unknown_outcome_is_known_by_its_own_code(bench: Bench, listed: MessageList) -> None:
    started = bench.start()
    listed.put("mdr2-1", body(bench))
    bench.clock.advance(seconds=30)
    failing(bench, OutcomeUnknown("no answer"), lambda: bench.verifier.resend(started.id, **ANA))
    listed.put("mdr2-55", body(bench))
    bench.clock.advance(seconds=60)
    assert bench.verifier.resend(started.id, **ANA).message_ids == ("mdr2-1", "mdr2-55", "mdr2-3")


def test_under_the_same_code_an_earlier_text_is_not_taken_for_the_one_that_is_looked_for(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = new_bench(Policy(resend=ResendPolicy.SAME_CODE, resend_after=timedelta(seconds=2)))
    listed = MessageList(bench, monkeypatch)
    started = bench.start()
    listed.put("mdr2-1", body(bench))
    bench.clock.advance(seconds=2)  # so soon that both texts are in the part of the list that is asked for
    failing(bench, OutcomeUnknown("no answer"), lambda: bench.verifier.resend(started.id, **ANA))
    bench.clock.advance(seconds=20)
    assert bench.verifier.resend(started.id, **ANA).message_ids == ("mdr2-1", "mdr2-3")
    assert texts(bench)[1] == (2, "not sent", None)


def test_of_two_that_look_one_sends(bench: Bench, listed: MessageList, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process finds the text and sends the next one, while the first still reads the list."""
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    listed.put("mdr2-77", body(bench))
    bench.clock.advance(seconds=30)
    read = listed.read

    def slow(**window: Any) -> Any:
        found = list(read(**window))
        monkeypatch.setattr(bench.flowroute, "list_messages", read)
        bench.verifier.resend(first.id, **ANA)
        return found

    monkeypatch.setattr(bench.flowroute, "list_messages", slow)
    with pytest.raises(TooSoon) as soon:
        bench.verifier.resend(first.id, **ANA)
    assert soon.value.retry_after == 60 * SECOND
    assert len(bench.flowroute.texts) == 2
    assert bench.verifier.get(first.id, **ANA).message_ids == ("mdr2-77", "mdr2-2")
    assert bench.verifier.get(first.id, **ANA).delivery == "accepted"


@pytest.mark.parametrize("ending", ["approved", "canceled"])
def test_what_is_over_is_not_looked_for(bench: Bench, listed: MessageList, ending: str) -> None:
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    if ending == "approved":
        bench.verifier.check(first.id, bench.code, **ANA)
    else:
        bench.verifier.cancel(first.id, **ANA)
    bench.clock.advance(seconds=30)
    bench.start()
    assert listed.asked == []


def test_an_old_text_of_unknown_outcome_holds_nobody_up(bench: Bench, listed: MessageList) -> None:
    failing(bench, OutcomeUnknown("no answer"), bench.start)
    bench.clock.advance(hours=20)
    assert bench.start().status == "pending"
    assert len(listed.asked) == 1


def test_a_text_of_unknown_outcome_is_looked_for_though_another_start_failed_in_the_same_millisecond(
    bench: Bench, listed: MessageList
) -> None:
    """On a clock that stands still, as in the lessons, two tries are of the same time."""
    failing(bench, ConnectionFailed("no network"), bench.start)
    first = failing(bench, OutcomeUnknown("no answer"), bench.start)
    listed.put("mdr2-77", body(bench))
    bench.clock.advance(seconds=30)
    bench.start()
    assert bench.verifier.get(first.id, **ANA).message_ids == ("mdr2-77",)


@pytest.mark.parametrize("left", [True, False])
def test_where_one_code_at_a_time_is_the_rule_a_text_that_did_not_leave_makes_room(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch, left: bool
) -> None:
    bench = new_bench(Policy(resend=ResendPolicy.REFUSE))
    listed = MessageList(bench, monkeypatch)
    failing(bench, OutcomeUnknown("no answer"), bench.start)
    if left:
        listed.put("mdr2-77", body(bench))
    bench.clock.advance(seconds=30)
    if left:
        with pytest.raises(CodeStillGood):
            bench.start()
    else:
        assert bench.verifier.check(bench.start().id, bench.code, **ANA).status == "approved"


# Notices


def tell(bench: Bench) -> bool:
    return bench.verifier.tell(PhoneNumber(PHONE), "Your phone was changed.", account="ana", client="198.51.100.7")


def test_a_notice_is_texted_counted_and_written_down(bench: Bench) -> None:
    assert tell(bench)
    [(to, words)] = bench.flowroute.texts
    assert (to.e164, words) == (PHONE, "Your phone was changed.")
    assert bench.verifier.figures() == SendFigures(1, 0.7, 0, 0)
    [entry] = bench.verifier.audit.entries()
    assert (entry.event, entry.outcome, entry.account) == ("notice", "sent", "ana")
    assert (entry.client, entry.phone, entry.message_id, entry.detail) == ("198.51.100.7", "••00", "mdr2-1", "")


@pytest.mark.parametrize("failure", EVERY_FAILURE, ids=named)
def test_a_notice_that_fails_stops_nobody(bench: Bench, failure: Exception) -> None:
    bench.flowroute.failure = failure
    unknown = failure in UNKNOWN
    assert tell(bench) is unknown
    assert last(bench) == ("notice", "unknown" if unknown else named(failure), "")


def test_no_limit_refuses_a_notice(new_bench: NewBench) -> None:
    """Else whoever used the budget up could change a phone without a word to its owner."""
    budget = SendBudget(per_phone=1, per_account=1, per_client=1, daily_messages=1, enrolment_share=1)
    bench = new_bench(Policy(budget=budget))
    bench.start()
    for _ in range(3):
        assert tell(bench)
    assert bench.verifier.figures().messages == 4


def test_notices_take_nothing_from_what_an_hour_allows(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_phone=1, per_account=1, per_client=1)))
    for _ in range(3):
        tell(bench)
    assert bench.start().status == "pending"
