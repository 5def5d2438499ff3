from __future__ import annotations

from typing import Any

from helpers.forms.request_view import RequestView

EXCHANGE: dict[str, Any] = {
    "method": "POST",
    "url": "https://api.flowroute.com/v2.2/messages",
    "request_headers": {"Content-Type": "application/vnd.api+json"},
    "request_body": '{"to":"12065550100"}',
    "status": 202,
    "reason": "Accepted",
    "response_headers": {"Content-Type": "application/vnd.api+json"},
    "response_body": '{"data":{"type":"message"}}',
    "elapsed_ms": 3.21,
    "error": None,
}


def test_an_empty_view_says_so() -> None:
    view = RequestView()
    assert repr(view) == "<Request view · nothing sent yet>"
    assert view._repr_mimebundle_()[0]["text/plain"] == repr(view)


def test_it_shows_the_last_exchange_and_keeps_the_ones_before() -> None:
    view = RequestView()
    view.show(EXCHANGE | {"status": 401, "reason": "Unauthorized"})
    view.show(EXCHANGE)
    assert repr(view) == "<Request view · POST /v2.2/messages → 202 Accepted>"
    assert [exchange["status"] for exchange in view.exchanges] == [401, 202]
    assert view.get_state()["_shown"]["answer"] == "202 Accepted"


def test_it_keeps_twenty() -> None:
    view = RequestView()
    for status in range(200, 230):
        view.show(EXCHANGE | {"status": status})
    assert [exchange["status"] for exchange in view.exchanges] == list(range(210, 230))


def test_stored_pictures_hold_no_time_taken() -> None:
    pictures = []
    for elapsed in (3.21, 48.0):
        view = RequestView()
        view.show(EXCHANGE | {"elapsed_ms": elapsed})
        data, _metadata = view._repr_mimebundle_()
        pictures.append((data["text/plain"], data["text/html"]))
    assert pictures[0] == pictures[1]
    assert "202 Accepted" in pictures[0][0]
