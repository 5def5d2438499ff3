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
    shown = view.get_state()["_shown"]["exchanges"]
    assert [(exchange["number"], exchange["answer"]) for exchange in shown] == [
        (1, "401 Unauthorized"),
        (2, "202 Accepted"),
    ]


def test_it_keeps_twenty() -> None:
    view = RequestView()
    for status in range(200, 230):
        view.show(EXCHANGE | {"status": status})
    assert [exchange["status"] for exchange in view.exchanges] == list(range(210, 230))
    shown = view.get_state()["_shown"]
    assert [exchange["number"] for exchange in shown["exchanges"]] == list(range(11, 31))
    assert shown["count"] == 30


def test_stored_pictures_hold_no_time_taken() -> None:
    pictures = []
    for elapsed in (3.21, 48.0):
        view = RequestView()
        view.show(EXCHANGE | {"elapsed_ms": elapsed})
        data, _metadata = view._repr_mimebundle_()
        pictures.append((data["text/plain"], data["text/html"]))
    assert pictures[0] == pictures[1]
    assert "202 Accepted" in pictures[0][0]


def test_folded_its_still_picture_is_one_line_without_ids_or_texts() -> None:
    view = RequestView(folded=True)
    for words, exchange in (
        ("Nothing sent yet", None),
        ("1 request to Flowroute · the last: POST /v2.2/messages → 202 Accepted", EXCHANGE),
        (
            "2 requests to Flowroute · the last: GET /v2.2/messages/… → 404 Not Found",
            EXCHANGE
            | {
                "method": "GET",
                "url": f"{EXCHANGE['url']}/mdr2-0123abcd?limit=1",
                "status": 404,
                "reason": "Not Found",
            },
        ),
    ):
        if exchange is not None:
            view.show(exchange)
        data, _metadata = view._repr_mimebundle_()
        assert data["text/plain"] == words
        assert words in data["text/html"]
        for part in ("12065550100", "mdr2", "Content-Type", "limit=1"):
            assert part not in f"{data['text/plain']}{data['text/html']}{view!r}"


def test_its_title_can_be_chosen() -> None:
    assert RequestView()._shown["title"] == "What went to Flowroute"
    assert RequestView(title="<b>Mine</b>")._shown["title"] == "<b>Mine</b>"


def test_the_line_of_a_request_without_an_answer_says_so() -> None:
    view = RequestView(folded=True)
    view.show(EXCHANGE | {"status": None, "reason": "", "elapsed_ms": None, "error": "No connection."})
    assert view._summary == "1 request to Flowroute · the last: POST /v2.2/messages → No answer"
