"""What became of a text: read from its record, and found out for a verification."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from verification_bench import ANA, Bench

from helpers.flowroute import (
    ConnectionFailed,
    Forbidden,
    MessageRecord,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ServerError,
)
from helpers.flowroute.records import message_record
from helpers.verification import Delivery, NotPending
from helpers.verification.delivery import State, delivery_of

SUBMITTED = {"level": 1, "status": "smsc submit", "status_code": None}
BUFFERED = {"level": 2, "status": "message buffered", "status_code": 1003}
DELIVERED = {"level": 2, "status": "delivered", "status_code": 1004}


def failed(code: int | str | None) -> dict[str, Any]:
    return {"level": 2, "status": "failed", "status_code": code}


def record(*receipts: dict[str, Any], status: str = "", message_id: str = "mdr2-1", **more: str) -> MessageRecord:
    """A record as Flowroute has it, its receipts newest first."""
    attributes = {"status": status, "delivery_receipts": list(receipts), **more}
    read = message_record({"id": message_id, "type": "message", "attributes": attributes})
    assert read
    return read


# One record


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (record(), "on its way"),
        (record(SUBMITTED), "on its way"),
        (record(BUFFERED, SUBMITTED), "on its way"),
        (record({**BUFFERED, "status": "", "status_code": 1000}), "on its way"),
        (record({**BUFFERED, "status_code": None}), "on its way"),
        (record(DELIVERED, BUFFERED, SUBMITTED), "delivered"),
        (record({**DELIVERED, "status": ""}), "delivered"),
        (record({**DELIVERED, "status_code": None}), "delivered"),
        (record({**DELIVERED, "status_code": "1004"}), "delivered"),
        (record(status="delivered"), "delivered"),
        (record(failed(1007), BUFFERED, SUBMITTED), "undeliverable"),
        (record(failed(None)), "undeliverable"),
        (record({**failed(1005), "status": "message buffered"}), "undeliverable"),
        (record(status="failed"), "undeliverable"),
    ],
)
def test_a_record_says_where_its_text_is(found: MessageRecord, state: str) -> None:
    assert delivery_of(found).state == state
    assert delivery_of(found).message_id == "mdr2-1"


@pytest.mark.parametrize("code", [1005, 1006, 1007, 1010, 1100, 1106, 1110, 1116, 1150, 1201, 1222])
def test_every_code_above_delivered_is_a_failure(code: int) -> None:
    assert delivery_of(record({**failed(code), "status": ""}, BUFFERED)).state == "undeliverable"


@pytest.mark.parametrize(
    "receipts",
    [
        (BUFFERED, DELIVERED, SUBMITTED),
        (SUBMITTED, BUFFERED, DELIVERED),
        (failed(1006), DELIVERED),
        (DELIVERED, failed(1006)),
    ],
)
def test_a_receipt_that_says_delivered_counts_wherever_it_stands(receipts: tuple[dict[str, Any], ...]) -> None:
    assert delivery_of(record(*receipts, status="failed")).state == "delivered"


@pytest.mark.parametrize("receipts", [(BUFFERED, failed(1116)), (SUBMITTED, failed(1116), BUFFERED)])
def test_a_failure_is_not_undone_by_what_was_before_it(receipts: tuple[dict[str, Any], ...]) -> None:
    assert delivery_of(record(*receipts)).state == "undeliverable"


def test_a_delivery_comes_with_the_receipt_that_says_so() -> None:
    assert delivery_of(record()).receipt is None
    for *receipts, code in ((BUFFERED, SUBMITTED, 1003), (BUFFERED, DELIVERED, 1004), (BUFFERED, failed(1116), 1116)):
        receipt = delivery_of(record(*receipts)).receipt
        assert receipt
        assert receipt.status_code == code


def test_every_state_has_words_and_each_its_own() -> None:
    said = {Delivery(state).words for state in get_args(State)}
    assert len(said) == 5
    assert all(words.endswith(".") and words[0].isupper() for words in said)
    assert "landline" in Delivery("undeliverable").words


# One verification


class Records:
    """The records there are; whatever else is asked for is not found."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self.there: dict[str, MessageRecord] = {}
        self.failure: Exception = NotFound(404)
        self.listed: list[MessageRecord] = []
        monkeypatch.setattr(bench.flowroute, "get_message", self.get, raising=False)
        monkeypatch.setattr(bench.flowroute, "list_messages", lambda **_: iter(self.listed), raising=False)

    def put(self, *receipts: dict[str, Any], **more: str) -> None:
        found = record(*receipts, **more)
        self.there[found.id] = found

    def get(self, message_id: str) -> MessageRecord:
        if message_id not in self.there:
            raise self.failure
        return self.there[message_id]


@pytest.fixture
def records(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Records:
    return Records(bench, monkeypatch)


def delivery(bench: Bench, verification: str) -> Delivery:
    return bench.verifier.delivery(verification, **ANA)


def test_the_newest_text_is_looked_up_from_taken_to_delivered(bench: Bench, records: Records) -> None:
    started = bench.start()
    assert delivery(bench, started.id) == Delivery("on its way", "mdr2-1")  # its record is not there yet
    records.put(SUBMITTED)
    assert delivery(bench, started.id).state == "on its way"
    records.put(DELIVERED, SUBMITTED)
    assert delivery(bench, started.id).state == "delivered"
    bench.clock.advance(seconds=30)
    bench.verifier.resend(started.id, **ANA)
    records.put(failed(1116), message_id="mdr2-2")
    assert (delivery(bench, started.id).state, delivery(bench, started.id).message_id) == ("undeliverable", "mdr2-2")


def test_looking_changes_nothing_and_goes_on_after_the_end(bench: Bench, records: Records) -> None:
    started = bench.start()
    records.put(DELIVERED)
    bench.verifier.check(started.id, bench.code, **ANA)
    before = bench.stored_values()
    assert delivery(bench, started.id).state == "delivered"
    assert bench.stored_values() == before


def test_nobody_looks_up_what_is_somebody_elses(bench: Bench, records: Records) -> None:
    started = bench.start()
    for verification, account, purpose in (
        (started.id, "ben", "sign-in"),
        (started.id, "ana", "enrol"),
        ("unknown", "ana", "sign-in"),
    ):
        with pytest.raises(NotPending):
            bench.verifier.delivery(verification, account=account, purpose=purpose)


@pytest.mark.parametrize("failure", [ConnectionFailed("no network"), RateLimited(429), ServerError(503)], ids=repr)
def test_a_look_that_fails_says_so(bench: Bench, records: Records, failure: Exception) -> None:
    started = bench.start()
    records.failure = failure
    with pytest.raises(type(failure)):
        delivery(bench, started.id)


@pytest.mark.parametrize("failure", [Forbidden(403), ConnectionFailed("no network")], ids=repr)
def test_a_text_that_surely_did_not_leave_is_not_looked_up(bench: Bench, failure: Exception) -> None:
    bench.flowroute.failure = failure
    with pytest.raises(type(failure)) as caught:
        bench.start()
    assert delivery(bench, caught.value.verification.id) == Delivery("not sent")  # type: ignore[attr-defined]


def test_of_a_text_that_a_crash_cut_short_nobody_can_say(bench: Bench, records: Records) -> None:
    bench.flowroute.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        bench.start()
    [verification] = [name for name in bench.charges() if isinstance(name, str)]
    assert bench.verifier.get(verification, **ANA).status == "sending"
    assert delivery(bench, verification) == Delivery("unknown")


def test_a_text_of_unknown_outcome_is_looked_for_in_the_list(bench: Bench, records: Records) -> None:
    bench.flowroute.failure = OutcomeUnknown("no answer")
    with pytest.raises(OutcomeUnknown) as caught:
        bench.start()
    verification = caught.value.verification.id
    assert delivery(bench, verification) == Delivery("unknown")  # too early: it may be listed in a moment
    assert bench.verifier.audit.entries()[-1].event == "start"
    records.listed = [record(to="12065550100", body=bench.flowroute.texts[0][1], message_id="mdr2-9")]
    records.put(BUFFERED, message_id="mdr2-9")
    found = delivery(bench, verification)
    assert (found.state, found.message_id) == ("on its way", "mdr2-9")
    assert bench.verifier.get(verification, **ANA).message_ids == ("mdr2-9",)
    assert bench.verifier.get(verification, **ANA).delivery == "accepted"
    records.listed = []
    assert delivery(bench, verification).message_id == "mdr2-9"  # known now, and asked for no more
    assert [entry.event for entry in bench.verifier.audit.entries()] == ["start", "delivery"]


def test_a_text_that_is_not_listed_in_time_did_not_leave(bench: Bench, records: Records) -> None:
    bench.flowroute.failure = OutcomeUnknown("no answer")
    with pytest.raises(OutcomeUnknown) as caught:
        bench.start()
    verification = caught.value.verification.id
    bench.clock.advance(seconds=19.999)
    assert delivery(bench, verification) == Delivery("unknown")
    bench.clock.advance(seconds=0.001)
    assert delivery(bench, verification) == Delivery("not sent")
    assert bench.verifier.get(verification, **ANA).delivery == "not sent"
    # It is nobody's fault if it comes all the same: its code is good until it expires.
    assert bench.verifier.check(verification, bench.code, **ANA).status == "approved"
