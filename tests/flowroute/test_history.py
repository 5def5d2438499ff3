"""A day's messages and a message's receipts: everything of that day, in order, and nothing that should not be read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.flowroute import FlowrouteClient, MessageRecord, Receipt, ReceiptTimeline, day_of_messages
from helpers.flowroute.history import DayOfMessages, in_order
from helpers.phone_numbers import PhoneNumber
from helpers.settings import Settings

OURS, HERS = PhoneNumber("+12065550199"), PhoneNumber("+12065550142")
DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = "Example Bank: your code is 123456."


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("FLOWROUTE_MODE", raising=False)
    return Settings.for_notebook("history")


def send(settings: Settings, flowroute: FlowrouteClient, body: str = TEXT) -> str:
    return flowroute.send_message(to=HERS, from_=settings.from_number, body=body).id


def record(
    moment: datetime | None = NOON,
    *,
    direction: str = "outbound",
    nanodollars: int | None = 4_000_000,
    receipts: tuple[Receipt, ...] = (),
    to: PhoneNumber | None = HERS,
) -> MessageRecord:
    return MessageRecord(
        id="mdr2-0",
        status="delivered",
        direction=direction,
        to=to,
        from_=OURS,
        body=TEXT,
        amount_nanodollars=nanodollars,
        amount_display="$0.0040",
        message_encoding=0,
        message_type="longcode",
        is_mms=False,
        timestamp=moment,
        receipts=receipts,
    )


def receipt(level: int | None, moment: datetime | None, status: str = "", code: int | None = None) -> Receipt:
    return Receipt(level, status, code, f"level {level}", moment)


def test_a_day_holds_both_directions_oldest_first(settings: Settings) -> None:
    flowroute = settings.client()
    sent = send(settings, flowroute)
    settings.clock.advance(minutes=5)
    received = settings.simulator.receive(from_=HERS.digits, to=settings.from_number.digits, body="NO")
    settings.clock.advance(minutes=5)

    day = day_of_messages(flowroute, settings.clock.now().date())

    assert [(found.id, found.direction) for found in day.records] == [(sent, "outbound"), (received.id, "inbound")]
    assert [len(day.of("outbound")), len(day.of("inbound"))] == [1, 1]
    assert day.cents == Decimal("0.4") + Decimal("0.7")
    assert day.summary == "2 March 2026: 1 sent, 1 received, 1.1 cents."


def test_midnight_belongs_to_the_day_it_begins(settings: Settings) -> None:
    flowroute, clock = settings.client(), settings.clock
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    clock.advance(seconds=(midnight - clock.now() - timedelta(milliseconds=10)).total_seconds())
    last = send(settings, flowroute)
    clock.advance(seconds=0.01)
    assert clock.now() == midnight
    first = send(settings, flowroute)
    clock.advance(hours=1)

    assert [found.id for found in day_of_messages(flowroute, DAY).records] == [last]
    assert [found.id for found in day_of_messages(flowroute, date(2026, 3, 3)).records] == [first]


def test_a_day_of_many_pages_is_whole(settings: Settings) -> None:
    flowroute = settings.client()
    sent = []
    for _ in range(120):
        sent.append(send(settings, flowroute, "hello"))
        settings.clock.advance(seconds=1)
    settings.clock.advance(seconds=60)
    assert [found.id for found in day_of_messages(flowroute, DAY).records] == sent


def test_a_record_without_a_time_is_not_lost() -> None:
    class Flowroute:
        def list_messages(self, **_: object) -> list[MessageRecord]:
            return [record(None)]

    day = day_of_messages(Flowroute(), DAY)
    assert len(day.records) == 1
    assert sum(day.cents_by_hour("outbound")) == 0
    assert day.cents == Decimal("0.4")


def test_the_cost_of_each_hour_is_of_its_own_direction() -> None:
    day = DayOfMessages(
        DAY,
        (
            record(NOON),
            record(NOON + timedelta(minutes=59), nanodollars=8_000_000),
            record(NOON + timedelta(hours=1), direction="inbound", nanodollars=7_000_000),
            record(NOON, nanodollars=None),
        ),
    )
    outbound, inbound = day.cents_by_hour("outbound"), day.cents_by_hour("inbound")
    assert len(outbound) == len(inbound) == 24
    assert {hour: cents for hour, cents in enumerate(outbound) if cents} == {12: Decimal("1.2")}
    assert {hour: cents for hour, cents in enumerate(inbound) if cents} == {13: Decimal("0.7")}


@pytest.mark.parametrize("show", [repr, DayOfMessages._repr_html_])
def test_a_day_shows_two_digits_and_no_text(show) -> None:
    shown = show(DayOfMessages(DAY, (record(), record(to=None), record(None))))
    assert "••42" in shown
    assert "12:00:00" in shown
    assert not re.search(r"2065550|code is|123456", shown)


def test_words_from_the_wire_are_text_in_html_too() -> None:
    assert "&lt;b&gt;" in DayOfMessages(DAY, (record(direction="<b>"),))._repr_html_()
    assert "&lt;b&gt;" in ReceiptTimeline(NOON, (receipt(1, NOON, "<b>"),))._repr_html_()


def test_a_day_as_text_stands_in_columns() -> None:
    lines = repr(DayOfMessages(DAY, (record(), record(direction="inbound")))).splitlines()
    assert lines == [
        "2 March 2026: 1 sent, 1 received, 0.8 cents.",
        "time (UTC)          phone  status     cost",
        "12:00:00    → to    ••42   delivered  $0.0040",
        "12:00:00    ← from  ••99   delivered  $0.0040",
    ]


def test_a_day_without_messages_says_so() -> None:
    assert DayOfMessages(DAY, ()).summary == "2 March 2026: 0 sent, 0 received, 0 cents."
    assert repr(DayOfMessages(DAY, ())).startswith("2 March 2026: 0 sent")


def test_a_timeline_is_in_the_order_of_what_happened() -> None:
    late = receipt(2, NOON + timedelta(seconds=2), "delivered", 1004)
    first = receipt(1, NOON + timedelta(seconds=1), "smsc submit")
    buffered = receipt(2, NOON + timedelta(seconds=1), "message buffered", 1003)
    timeline = ReceiptTimeline.of(record(receipts=(first, late, buffered)))

    assert timeline.receipts == (first, buffered, late)
    assert repr(timeline).splitlines() == [
        "after  level  status            code  which means",
        "1.0 s  1      smsc submit             level 1",
        "1.0 s  2      message buffered  1003  level 2",
        "2.0 s  2      delivered         1004  level 2",
    ]
    html = timeline._repr_html_()
    assert html.index("smsc submit") < html.index("message buffered") < html.index("delivered")


def test_a_timeline_without_times_or_receipts_still_says_what_it_knows() -> None:
    assert repr(ReceiptTimeline(NOON, ())) == "No receipt yet."
    assert ReceiptTimeline(NOON, ())._repr_html_() == "<p>No receipt yet.</p>"
    assert repr(ReceiptTimeline(None, (receipt(1, NOON, "smsc submit"),))).splitlines() == [
        "time (UTC)           level  status       code  which means",
        "2026-03-02 12:00:00  1      smsc submit        level 1",
    ]
    assert "smsc submit" in repr(ReceiptTimeline(NOON, (receipt(1, None, "smsc submit"),)))


MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
RECEIPTS = st.builds(receipt, st.none() | st.integers(0, 3), MOMENTS)


@given(st.lists(RECEIPTS, max_size=6), st.randoms())
def test_the_order_they_came_in_makes_no_difference(receipts: list[Receipt], chance) -> None:
    shuffled = list(receipts)
    chance.shuffle(shuffled)

    def key(one: Receipt) -> tuple[object, object]:
        return one.timestamp, one.level or 0

    assert [key(one) for one in in_order(shuffled)] == [key(one) for one in in_order(receipts)]


def test_what_the_simulator_says_out_of_order_reads_in_order(settings: Settings) -> None:
    flowroute = settings.client()
    mixed_up = flowroute.send_message(to="12065550119", from_=settings.from_number, body="hello").id
    settings.clock.advance(minutes=5)
    timeline = ReceiptTimeline.of(flowroute.get_message(mixed_up))
    assert [one.status for one in timeline.receipts] == ["smsc submit", "message buffered", "delivered"]
