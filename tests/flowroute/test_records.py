"""Records read every form that Flowroute was seen to write (flowroute-api.md §10 rows 5 to 10), and never fail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.flowroute import Price, Receipt
from helpers.flowroute.records import message_record, sent_message
from helpers.phone_numbers import PhoneNumber

V2 = {
    "body": "Hello",
    "direction": "outbound",
    "timestamp": "2016-06-13T20:34:29.095045+00:00",
    "amount_nanodollars": 4000000,
    "from": "12065550199",
    "to": "12065550100",
    "message_encoding": 0,
    "has_mms": False,
    "amount_display": "$0.0040",
    "callback_url": None,
    "message_type": "long-code",
}
V21 = {
    "body": "Hello",
    "status": "message buffered",
    "direction": "outbound",
    "amount_nanodollars": 4000000,
    "to": "12065550100",
    "message_encoding": 0,
    "timestamp": "2024-05-01T16:44:34.93Z",
    "delivery_receipts": [
        {
            "status": "message buffered",
            "status_code": 1003,
            "status_code_description": "Message accepted by Carrier",
            "timestamp": "2024-05-01T16:44:35.00Z",
            "level": 2,
        },
        {
            "status": "smsc submit",
            "status_code": None,
            "status_code_description": "Message has been sent",
            "timestamp": "2024-05-01T16:44:35.00Z",
            "level": 1,
        },
    ],
    "amount_display": "$0.0040",
    "from": "12065550199",
    "is_mms": False,
    "message_type": "longcode",
}


def record(attributes, **changes):
    return message_record({"type": "message", "id": "mdr2-1", "attributes": {**attributes, **changes}})


@pytest.mark.parametrize("attributes", [V2, V21], ids=["v2", "v2.1"])
def test_what_both_generations_have_reads_alike(attributes):
    message = record(attributes)
    assert (message.id, message.direction, message.body) == ("mdr2-1", "outbound", "Hello")
    assert (message.to, message.from_) == (PhoneNumber("+12065550100"), PhoneNumber("+12065550199"))
    assert (message.amount_nanodollars, message.amount_display, message.message_encoding) == (4_000_000, "$0.0040", 0)
    assert (message.message_type, message.is_mms) == ("longcode", False)


def test_v2_has_no_status_and_no_receipts():
    message = record(V2)
    assert (message.status, message.receipts) == ("", ())
    assert message.timestamp == datetime(2016, 6, 13, 20, 34, 29, 95045, UTC)


def test_receipts_keep_their_order_newest_first():
    moment = datetime(2024, 5, 1, 16, 44, 35, tzinfo=UTC)
    assert record(V21).status == "message buffered"
    assert record(V21).receipts == (
        Receipt(2, "message buffered", 1003, "Message accepted by Carrier", moment),
        Receipt(1, "smsc submit", None, "Message has been sent", moment),
    )


def test_repr_hides_the_text_the_numbers_and_what_follows_from_them():
    shown = repr(record(V21, body="Your code is 482915"))
    assert not [part for part in ("482915", "Your code", "206555") if part in shown]
    assert "mdr2-1" in shown


@pytest.mark.parametrize(("names", "read"), [({"is_mms": True}, True), ({"has_mms": True}, True), ({}, False)])
def test_row_5_mms_has_two_names(names, read):
    attributes = {name: value for name, value in V2.items() if name != "has_mms"}
    assert record(attributes, **names).is_mms is read


@pytest.mark.parametrize(
    ("written", "read"), [("long-code", "longcode"), ("longcode", "longcode"), ("toll-free", "toll-free")]
)
def test_row_5_a_long_code_has_two_spellings(written, read):
    assert record(V2, message_type=written).message_type == read


@pytest.mark.parametrize(("written", "read"), [("$0.0040", "$0.0040"), (0.004, "0.004"), (None, "")])
def test_row_6_a_displayed_amount_may_be_a_number(written, read):
    assert record(V2, amount_display=written).amount_display == read


@pytest.mark.parametrize(("written", "read"), [(7000000, 7000000), ("7000000", 7000000), (None, None), ("?", None)])
def test_row_7_an_amount_may_be_text(written, read):
    assert record(V2, amount_nanodollars=written).amount_nanodollars == read


@pytest.mark.parametrize(
    ("receipt", "code"),
    [({"status_code": 1003}, 1003), ({"status_code": "1003"}, 1003), ({"status_code": None}, None), ({}, None)],
)
def test_row_8_a_status_code_may_be_a_number_a_text_null_or_missing(receipt, code):
    assert record(V21, delivery_receipts=[receipt]).receipts == (Receipt(None, "", code, "", None),)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2016-06-13T20:34:29.095045+00:00", datetime(2016, 6, 13, 20, 34, 29, 95045, UTC)),
        ("2017-12-21T16:44:34.93Z", datetime(2017, 12, 21, 16, 44, 34, 930000, UTC)),
        ("2024-10-19T01:21:21.980000Z", datetime(2024, 10, 19, 1, 21, 21, 980000, UTC)),
        ("2024-05-01T16:44:35+00:00", datetime(2024, 5, 1, 16, 44, 35, 0, UTC)),
        ("2024-05-01T16:44:35.123456789Z", datetime(2024, 5, 1, 16, 44, 35, 123456, UTC)),
        ("2024-05-01T18:44:35.123456789+02:00", datetime(2024, 5, 1, 16, 44, 35, 123456, UTC)),
        ("2024-05-01T16:44:35", datetime(2024, 5, 1, 16, 44, 35, 0, UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1714581875, None),
        ({}, None),
    ],
)
def test_row_9_every_timestamp_format_is_read_as_utc(written, read):
    moment = record(V2, timestamp=written).timestamp
    assert moment == read
    assert moment is None or moment.tzinfo is UTC


PRICE = {"base_rate": "0.0040", "surcharge_rate": "0.0030", "segment_count": 2, "charged_cost": "0.0140"}


@pytest.mark.parametrize(
    "data", [{"price_details": PRICE}, {"attributes": {"price_details": PRICE}}], ids=["in data", "in attributes"]
)
def test_row_10_the_price_stands_in_two_places(data):
    sent = sent_message({"data": {"id": "mdr2-1", **data}})
    assert sent.price == Price("0.0040", "0.0030", 2, "0.0140")


def test_row_10_a_price_may_be_in_numbers():
    price = {"base_rate": 0.004, "surcharge_rate": 0.003, "segment_count": "2", "charged_cost": 0.014}
    sent = sent_message({"data": {"id": "mdr2-1", "price_details": price}})
    assert sent.price == Price("0.004", "0.003", 2, "0.014")


@pytest.mark.parametrize("found", [None, [], "0.0040", 7])
def test_a_price_that_is_none_is_none(found):
    assert sent_message({"data": {"id": "mdr2-1", "price_details": found, "attributes": None}}).price is None


@pytest.mark.parametrize(
    "answer", [None, [], "x", {}, {"data": None}, {"data": []}, {"data": {}}, {"data": {"id": ""}}, {"data": {"id": 7}}]
)
def test_an_answer_without_an_id_is_no_sent_message(answer):
    assert sent_message(answer) is None


@pytest.mark.parametrize(
    "data", [None, [], "x", {}, {"id": "mdr2-1"}, {"id": 7, "attributes": V21}, {"attributes": V21}]
)
def test_what_is_no_record_reads_as_none(data):
    assert message_record(data) is None


def test_unknown_fields_are_ignored():
    assert record(V21, price_details=PRICE, surprise=[1, {"x": None}]) == record(V21)


def test_a_record_with_nothing_in_it_is_a_record():
    message = record({})
    assert (message.to, message.body, message.timestamp, message.receipts) == (None, "", None, ())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12065550100", "+12065550100"),
        ("+12065550100", "+12065550100"),
        (12065550100, "+12065550100"),
        ("442079460018", "+442079460018"),
        ("short code", None),
        ("12345", None),
        (None, None),
    ],
)
def test_numbers_come_with_and_without_a_plus(written, read):
    number = record(V21, to=written).to
    assert (number and number.e164) == read


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
attributes = st.dictionaries(st.sampled_from(sorted({**V2, **V21})), json_values)
receipts = st.lists(st.dictionaries(st.sampled_from(sorted(V21["delivery_receipts"][0])), json_values), max_size=3)


@given(json_values)
def test_no_json_makes_the_readers_fail(value):
    message_record(value)
    sent_message(value)
    sent_message({"data": value})


@given(attributes, receipts)
def test_no_attribute_makes_a_record_fail(found, items):
    message = record(found, delivery_receipts=items)
    assert len(message.receipts) == len(items)
    assert isinstance(repr(message), str)


@given(st.dictionaries(st.sampled_from(sorted(PRICE)), json_values))
def test_no_price_makes_a_sent_message_fail(found):
    assert sent_message({"data": {"id": "mdr2-1", "price_details": found}}).id == "mdr2-1"
