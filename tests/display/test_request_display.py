from __future__ import annotations

from typing import Any

import pytest

from helpers.display.request_view import request_view, request_view_as_html, request_view_as_text

EXCHANGE: dict[str, Any] = {
    "method": "POST",
    "url": "https://api.flowroute.com/v2.2/messages",
    "request_headers": {"Authorization": "Basic ••••••••", "content-type": "application/json", "User-Agent": "x"},
    "request_body": '{"to":"12065550100","body":"Grüße"}',
    "status": 401,
    "reason": "UNAUTHORIZED",
    "response_headers": {"Content-Type": "application/json", "Server": "x", "WWW-Authenticate": "Basic"},
    "response_body": '{"errors":[]}',
    "elapsed_ms": 3.21,
    "error": None,
}


def test_the_exchange_as_text() -> None:
    assert request_view_as_text(request_view(EXCHANGE)) == (
        "POST https://api.flowroute.com/v2.2/messages\n"
        "Authorization: Basic ••••••••\n"
        "content-type: application/json\n"
        "\n"
        '{\n  "to": "12065550100",\n  "body": "Grüße"\n}\n'
        "\n"
        "→ 401 UNAUTHORIZED\n"
        "Content-Type: application/json\n"
        "WWW-Authenticate: Basic\n"
        "\n"
        '{\n  "errors": []\n}'
    )


def test_no_answer_is_said_with_its_reason() -> None:
    silent = EXCHANGE | {
        "status": None,
        "reason": "",
        "response_headers": {},
        "response_body": "",
        "elapsed_ms": None,
        "error": "No answer within 10 seconds.",
    }
    view = request_view(silent)
    assert (view["answer"], view["good"], view["took"]) == ("No answer", False, "")
    assert request_view_as_text(view).endswith("→ No answer\nNo answer within 10 seconds.")


@pytest.mark.parametrize(("status", "good"), [(200, True), (202, True), (301, False), (404, False), (500, False)])
def test_only_2xx_is_good(status: int, good: bool) -> None:
    assert request_view(EXCHANGE | {"status": status})["good"] is good


@pytest.mark.parametrize("body", ["<html>502</html>", "plain", "{broken"])
def test_a_body_that_is_not_json_stays_as_it_is(body: str) -> None:
    assert request_view(EXCHANGE | {"response_body": body})["response_body"] == body


@pytest.mark.parametrize(("elapsed", "took"), [(3.21, "3.2 ms"), (48.4, "48 ms"), (1234.5, "1234 ms")])
def test_the_time_taken_in_words(elapsed: float, took: str) -> None:
    assert request_view(EXCHANGE | {"elapsed_ms": elapsed})["took"] == took


def test_a_key_that_slipped_through_unmasked_is_not_shown() -> None:
    view = request_view(EXCHANGE | {"request_headers": {"authorization": "Basic MTIzNDU2Nzg6czNjcmV0"}})
    assert view["request_headers"] == [["authorization", "Basic ••••••••"]]


def test_the_still_picture_escapes_everything() -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    attacked = EXCHANGE | {
        "url": attack,
        "reason": attack,
        "request_headers": {"Accept": attack},
        "request_body": attack,
        "response_headers": {"Allow": attack},
        "response_body": f'{{"detail": "{attack}"}}',
        "error": attack,
    }
    html = request_view_as_html(request_view(attacked))
    assert html.count("&lt;script&gt;") == 7
    assert "<script" not in html
    assert "<img" not in html
