"""Which answer becomes which error, and what each error says: to the developer, to a stranger, about sending again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import flowroute
from helpers.flowroute import (
    ApiError,
    ConnectionFailed,
    FlowrouteError,
    Forbidden,
    InvalidRequest,
    LiveGuardRefused,
    NotFound,
    OptedOut,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unauthorized,
)
from helpers.flowroute.errors import api_error

KINDS = [
    (400, InvalidRequest, True),
    (401, Unauthorized, True),
    (403, Forbidden, True),
    (404, NotFound, True),
    (405, InvalidRequest, True),
    (409, ApiError, False),
    (413, InvalidRequest, True),
    (415, InvalidRequest, True),
    (418, ApiError, False),
    (422, InvalidRequest, True),
    (429, RateLimited, True),
    (500, ServerError, False),
    (502, ServerError, False),
    (503, ServerError, False),
    (599, ServerError, False),
]


def answer(**members):
    return {"errors": [members]}


@pytest.mark.parametrize(("status", "kind", "safe"), KINDS)
def test_each_status_has_its_class_and_says_whether_sending_again_is_safe(status, kind, safe):
    error = api_error(status, answer(status=status, title="Title", detail="Detail.", id="7fc8c70a"))
    assert type(error) is kind
    assert error.safe_to_resend is safe
    assert (error.status, error.title, error.detail, error.error_id) == (status, "Title", "Detail.", "7fc8c70a")
    assert str(error) == f"Flowroute answered {status} Title (Detail.). {kind.advice}"


def test_a_detail_may_be_an_object():
    detail = {"data": {"attributes": {"to": ["Not a number."]}}}
    error = api_error(422, answer(detail=detail, id="7fc8c70a", status=422))
    assert error.detail == detail
    assert error.title == ""
    assert '{"data": {"attributes": {"to": ["Not a number."]}}}' in str(error)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (answer(status=403, title="ActionNotAuthorizedError", detail=""), ""),
        (answer(status=403, title="ActionNotAuthorizedError"), ""),
        (answer(status=403, title="ActionNotAuthorizedError", detail=None, id=None), ""),
    ],
)
def test_a_missing_detail_or_id_leaves_no_trace(body, detail):
    error = api_error(403, body)
    assert (error.detail, error.error_id) == (detail, None)
    assert str(error).startswith("Flowroute answered 403 ActionNotAuthorizedError. ")


def test_a_missing_title_leaves_no_gap():
    error = api_error(404, answer(status=404, detail="Could not find that resource on your account.", id="1"))
    assert str(error).startswith("Flowroute answered 404 (Could not find that resource on your account.). ")


def test_a_lone_error_text_is_the_detail():
    assert api_error(400, {"error": "No."}).detail == "No."


@pytest.mark.parametrize(
    "body", [None, "", "text", 7, [], [{"detail": "x"}], {}, {"errors": []}, {"errors": "x"}, {"errors": [None]}]
)
def test_an_answer_without_an_error_object_still_has_its_class(body):
    error = api_error(401, body)
    assert type(error) is Unauthorized
    assert (error.title, error.detail, error.error_id) == ("", "", None)
    assert str(error) == f"Flowroute answered 401. {Unauthorized.advice}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(["detail", "id", "status", "title", "code", "error"])


@given(st.integers(400, 599), json_values | st.dictionaries(members, json_values).map(lambda m: {"errors": [m]}))
def test_any_json_is_an_error_of_its_status(status, body):
    error = api_error(status, body)
    assert error.status == status
    assert str(error).startswith(f"Flowroute answered {status}")


@pytest.mark.parametrize(
    "members",
    [
        {"code": "1110"},
        {"code": 1110},
        {"detail": "1110: the recipient opted out."},
        {"detail": "Recipient opted out (1110)"},
        {"detail": {"code": 1110}},
    ],
)
def test_1110_means_that_the_phone_sent_stop(members):
    error = api_error(400, answer(status=400, **members))
    assert type(error) is OptedOut
    assert isinstance(error, InvalidRequest)
    assert not error.safe_to_resend or "UNSTOP" in error.user_message
    assert "UNSTOP" in error.user_message


@pytest.mark.parametrize(
    ("status", "members"),
    [
        (400, {"detail": "12065551110 is not a number."}),
        (400, {"detail": "1110555 does not exist."}),
        (400, {"code": 11101}),
        (422, {"code": "1110"}),
        (400, {}),
    ],
)
def test_nothing_else_means_it(status, members):
    assert type(api_error(status, answer(status=status, **members))) is InvalidRequest


@pytest.mark.parametrize(
    ("kind", "safe"), [(ConnectionFailed, True), (OutcomeUnknown, False), (LiveGuardRefused, True)]
)
def test_errors_without_an_answer_say_whether_sending_again_is_safe(kind, safe):
    assert kind("words").safe_to_resend is safe
    assert isinstance(kind("words"), FlowrouteError)


def test_every_error_has_words_for_a_stranger_that_name_nothing_of_ours():
    kinds = [kind for kind in vars(flowroute).values() if isinstance(kind, type) and issubclass(kind, FlowrouteError)]
    assert len(kinds) == 13
    for kind in kinds:
        assert kind.user_message.endswith(".")
        assert not [word for word in ("Flowroute", "Key", "http", "{") if word in kind.user_message]


def test_what_may_have_been_sent_tells_the_stranger_to_wait():
    assert ServerError.user_message == OutcomeUnknown.user_message
    assert "Wait a minute" in OutcomeUnknown.user_message
