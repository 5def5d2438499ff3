"""What is kept of a call for people to look at: never a key, and in live mode nobody's number and no code."""

from __future__ import annotations

import json

import pytest
import requests
from flowroute_wire import BASIC, SECRET_KEY
from hypothesis import given
from hypothesis import strategies as st

from helpers.flowroute.exchange import record_exchange
from helpers.secret import MASK

ID = "mdr2-0123456789abcdef0123456789abcdef"
ID_OF_DIGITS = "mdr2-01234567890123456789012345678901"
URL = "https://api.flowroute.com/v2.2/messages"


def exchange(*, sent=None, answered=None, url=URL, mask_bodies=True, headers=None, status=202, error=None):
    request = requests.Request("POST", url, json=sent, headers={"Authorization": f"Basic {BASIC}"}).prepare()
    response = None
    if answered is not None:
        response = requests.Response()
        response.status_code, response.reason = status, "Accepted"
        response._content = answered if isinstance(answered, bytes) else json.dumps(answered).encode()
        response.headers.update(headers or {})
    return record_exchange(request, response, mask_bodies=mask_bodies, error=error)


def masked(body):
    """``body`` as live mode shows it, both as it went out and as it came back."""
    shown = exchange(sent=body, answered=body)
    assert shown.request_body == shown.response_body
    return json.loads(shown.request_body)


@pytest.mark.parametrize("mask_bodies", [True, False])
def test_the_key_is_masked_in_every_mode(mask_bodies):
    shown = exchange(sent={"to": "1"}, answered={}, mask_bodies=mask_bodies)
    assert shown.request_headers["Authorization"] == f"Basic {MASK}"
    assert BASIC not in f"{shown!r}{shown}{shown.as_dict()}"
    assert SECRET_KEY not in f"{shown!r}{shown}{shown.as_dict()}"


def test_only_headers_that_matter_are_shown():
    shown = exchange(answered={}, headers={"Content-Type": "application/json", "Set-Cookie": "s3cret", "X-Other": "x"})
    assert shown.response_headers == {"Content-Type": "application/json"}
    assert "User-Agent" not in shown.request_headers


@pytest.mark.parametrize("name", ["body", "content", "media_urls"])
@pytest.mark.parametrize("value", ["Your code is 482915", ["482915"], {"x": "482915"}, [{"body": "482915"}], 482915])
def test_live_hides_texts_in_flat_and_wrapped_bodies(name, value):
    flat = {name: value}
    assert masked(flat) == {name: MASK}
    assert masked({"data": {"attributes": flat}}) == {"data": {"attributes": {name: MASK}}}
    assert masked({"data": [{"attributes": flat}]}) == {"data": [{"attributes": {name: MASK}}]}


@pytest.mark.parametrize("name", ["to", "from"])
@pytest.mark.parametrize(
    "number",
    [
        "12065550100",
        "+12065550100",
        "206-555-0100",
        "(206) 555-0100",
        "+1 206 555 0100",
        "555-0100",
        "2o65550100",
        12065550100,
    ],
)
def test_live_keeps_two_digits_of_a_number_however_it_is_written(name, number):
    assert masked({name: number}) == {name: f"{MASK}00"}
    assert masked({"data": {"attributes": {name: number}}}) == {"data": {"attributes": {name: f"{MASK}00"}}}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"errors": [{"detail": "+12065550100 is no number"}]}, {"errors": [{"detail": f"{MASK}00 is no number"}]}),
        ({"errors": [{"detail": "(206) 555-0100: no"}]}, {"errors": [{"detail": f"{MASK}00: no"}]}),
        ({"detail": {"to": ["12065550100 is bad"]}}, {"detail": {"to": [f"{MASK}00 is bad"]}}),
        ({"errors": [{"title": "No 12065550100"}]}, {"errors": [{"title": f"No {MASK}00"}]}),
        ({"error": "No 12065550100"}, {"error": f"No {MASK}00"}),
        ({"numbers": ["12065550100"]}, {"numbers": [f"{MASK}00"]}),
        ({"links": {"next": f"{URL}?to=%2B12065550100"}}, {"links": {"next": f"{URL}?to=%2B{MASK}00"}}),
    ],
)
def test_live_finds_numbers_wherever_they_stand(body, shown):
    assert masked(body) == shown


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"id": ID, "links": {"self": f"{URL}/{ID}"}}},
        {"data": {"id": ID_OF_DIGITS, "links": {"self": f"{URL}/{ID_OF_DIGITS}"}}},
        {"errors": [{"id": "7fc8c70a-0000-4000-8000-000000000000", "status": 401}]},
        {"data": {"attributes": {"timestamp": "2024-05-01T16:44:35.123456789Z", "amount_nanodollars": 4000000000}}},
        {"links": {"next": f"{URL}?limit=2&start_date=2017-12-01T00%3A00%3A00%2B00%3A00&offset=2"}},
        {"data": {"attributes": {"price_details": {"base_rate": "0.0040", "segment_count": 1}}}},
    ],
)
def test_live_leaves_ids_times_and_amounts_alone(body):
    assert masked(body) == body


@pytest.mark.parametrize(
    "answered", [b"<html>12065550100 482915</html>", b'"12065550100 482915"', b"482915", b"\xff", b"[" * 100_000]
)
def test_live_shows_nothing_of_an_answer_without_a_shape(answered):
    assert exchange(answered=answered).response_body == MASK


def test_an_empty_answer_stays_empty():
    assert exchange(answered=b"").response_body == ""


@pytest.mark.parametrize("number", ["12065550100", "%2B12065550100", "206-555-0100"])
def test_live_keeps_two_digits_of_a_number_in_the_address(number):
    shown = exchange(url=f"{URL}?to={number}").url
    assert "555" not in shown
    assert shown.endswith(f"{MASK}00")


@pytest.mark.parametrize("message_id", [ID, ID_OF_DIGITS])
def test_an_id_in_the_address_is_shown(message_id):
    assert exchange(url=f"{URL}/{message_id}").url == f"{URL}/{message_id}"


@given(st.integers(0, 99), st.from_regex(r"[0-9]{6}", fullmatch=True), st.booleans())
def test_no_code_and_no_number_of_a_send_is_left_in_live(last, code, wrapped):
    number = f"120655501{last:02d}"
    message = {"to": number, "from": "12065550199", "body": f"Your code is {code}.\n@bank.example #{code}"}
    shown = exchange(sent={"data": {"attributes": message}} if wrapped else message, answered={"data": {"id": ID}})
    everything = f"{shown!r}{shown}{shown.as_dict()}".replace(ID, "")
    assert number[:-2] not in everything
    assert code not in everything


def test_practice_shows_all_but_the_key():
    shown = exchange(sent={"to": "12065550100", "body": "Code 482915"}, answered={"x": "é"}, mask_bodies=False)
    assert json.loads(shown.request_body) == {"to": "12065550100", "body": "Code 482915"}
    assert json.loads(shown.response_body) == {"x": "é"}


def test_an_answer_is_read_as_utf8_whatever_its_type_says():
    shown = exchange(answered='{"x":"Grüße, 你好"}'.encode(), mask_bodies=False)
    assert shown.response_body == '{"x":"Grüße, 你好"}'


def test_repr_shows_no_body_in_any_mode():
    shown = exchange(sent={"to": "12065550100", "body": "Code 482915"}, answered={"body": "482915"}, mask_bodies=False)
    assert not [part for part in ("482915", "12065550100") if part in repr(shown)]


def test_as_text_it_is_the_request_and_then_the_answer():
    shown = exchange(
        sent={"x": 1}, answered={"data": {"id": ID}}, headers={"Content-Type": "application/json"}, mask_bodies=False
    )
    text = str(shown)
    assert text.startswith(f"POST {URL}\n")
    parts = [
        f"Authorization: Basic {MASK}",
        '"x": 1',
        "202 Accepted",
        "Content-Type: application/json",
        f'"id": "{ID}"',
    ]
    places = [text.rindex(part) for part in parts]
    assert places == sorted(places)


def test_without_an_answer_the_error_stands_in_its_place():
    shown = exchange(sent={"x": 1}, error="No connection")
    assert (shown.status, shown.reason, shown.response_body, shown.elapsed_ms) == (None, "", "", None)
    assert str(shown).endswith("\nNo connection")


def test_as_dict_is_plain_json():
    shown = exchange(sent={"x": 1}, answered={})
    assert json.loads(json.dumps(shown.as_dict()))["method"] == "POST"
