"""What a teacher may read of a learner's requests: how the API is used, and no code, no key and no whole number."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from classroom_bench import CODE, PHONE, Classroom, Learner
from hypothesis import given
from hypothesis import strategies as st

from helpers.classroom.masking import masked_exchange, masked_text
from helpers.simulator.faults import Fault

WIDE_CODE = "４８２９１５"


def shown(classroom: Classroom, learner: Learner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = classroom.teacher("GET", f"/{learner.seat.id}/requests").get_json()["requests"]
    return found


def in_clear(classroom: Classroom, learner: Learner) -> str:
    """Everything that the teacher's page gets of a learner, as it is read."""
    return json.dumps(shown(classroom, learner), ensure_ascii=False)


def secrets_of(learner: Learner) -> list[str]:
    seat = learner.seat
    return [CODE, WIDE_CODE, seat.access_key, seat.secret_key.reveal(), seat.number, seat.number[1:], PHONE, PHONE[1:]]


@pytest.mark.parametrize("version", ["v2", "v2.1", "v2.2"])
def test_sends_lists_and_lookups_show_no_code_and_no_number(classroom: Classroom, ana: Learner, version: str) -> None:
    body = f"Your code is {CODE}, or {WIDE_CODE}.\n\n@bank.example #{CODE}"
    sent = ana.send(body, version=version).get_json()["data"]["id"]
    classroom.clock.advance(seconds=5)
    assert CODE in ana.call("GET", f"/{version}/messages/{sent}").text, "there is something to hide"
    assert CODE in ana.call("GET", f"/{version}/messages?start_date=2020-01-01&limit=5").text
    views = [each["view"] for each in shown(classroom, ana)]
    text = in_clear(classroom, ana)
    assert [secret for secret in secrets_of(ana) if secret in text] == []
    assert text.count("Your code is ••••••, or ••••••.") >= 3
    # What the API is asked, and says, can be followed.
    assert json.loads(views[0]["request_body"])["to"] == "•••••••••00"
    assert ["Authorization", "Basic ••••••••"] in views[0]["request_headers"]
    assert views[1]["url"].endswith(f"/{version}/messages/{sent}")
    record = json.loads(views[1]["response_body"])["data"]
    assert record["id"] == sent
    assert record["attributes"]["timestamp"].startswith("2026-03-02T17:00:00")
    assert record["attributes"]["amount_display"].startswith("$0.00")
    if version != "v2":
        assert json.loads(views[0]["response_body"])["data"]["links"]["self"].endswith(f"/{version}/messages/{sent}")
        assert [each["status_code"] for each in record["attributes"]["delivery_receipts"]] == [1004, 1003, None]
    assert views[2]["url"].endswith(f"/{version}/messages?start_date=2020-01-01&limit=5")


def test_a_code_is_hidden_wherever_it_stands(classroom: Classroom, ana: Learner) -> None:
    ana.send(f"{CODE}", dlr_callback=f"https://bank.example/{CODE}/hook?code={CODE}")
    ana.send(CODE, version="v2.2", media_urls=[f"https://media.example/{CODE}.jpg"])
    sent = ana.send("", version="v2", content=CODE)
    assert sent.status_code in (200, 422)
    ana.call("POST", "/v2.1/messages", json={"data": {"attributes": {"to": PHONE, "body": CODE, "note": CODE}}})
    ana.call("POST", "/v2.1/messages", json={"to": int(CODE), "body": [CODE, {CODE: CODE}], CODE: 1, "x": 482.915})
    ana.call("GET", f"/v2.1/messages/{CODE}?code={CODE}&{CODE}=1&limit={CODE}")
    ana.call("GET", f"/{CODE}/messages")
    ana.call("GET", "/v2.1/messages", headers={"X-Code": CODE, "Accept": "text/html"})
    ana.call("POST", "/v2.1/messages", data=f'{{"body": "{CODE}', content_type="application/json")
    ana.call("POST", "/v2.1/messages", data=f"body={CODE}", content_type="application/x-www-form-urlencoded")
    ana.call("PUT", "/v2.1/messages/sms_callback", json={"callback_url": f"https://bank.example/{CODE}"})
    ana.call("GET", f"/v2/numbers/{ana.seat.number}")
    text = in_clear(classroom, ana)
    assert len(shown(classroom, ana)) >= 11
    assert [secret for secret in secrets_of(ana) if secret in text] == []
    assert "482.915" not in text


def test_answers_that_are_spoilt_hide_their_codes_too(classroom: Classroom, ana: Learner) -> None:
    sent = ana.send().get_json()["data"]["id"]
    for kind in ("truncated", "not-json", "latency"):
        fault = Fault(kind, seconds=0.001) if kind == "latency" else Fault(kind)  # type: ignore[arg-type]
        classroom.room.order_fault(fault)
        ana.call("GET", f"/v2.1/messages/{sent}")
    text = in_clear(classroom, ana)
    assert [secret for secret in secrets_of(ana) if secret in text] == []
    assert [each["fault"] for each in shown(classroom, ana)] == ["", "truncated", "not-json", "latency"]


def test_a_refusal_can_be_read(classroom: Classroom, ana: Learner) -> None:
    ana.send(to="911")
    view = shown(classroom, ana)[-1]["view"]
    assert view["answer"] == "422 Unprocessable Entity"
    assert "Not a phone number of 11 digits, such as 1NPANXXXXXX." in view["response_body"]
    assert '"status": 422' in view["response_body"]
    assert "911" not in view["request_body"]


def test_only_the_last_hundred_are_shown(classroom: Classroom, ana: Learner) -> None:
    for _ in range(103):
        ana.call("GET", "/v2.1/messages")
    assert [each["id"] for each in shown(classroom, ana)] == list(range(4, 104))


def test_a_number_keeps_its_last_two_digits_and_nothing_else_does() -> None:
    assert masked_text(f"from {PHONE} and +{PHONE}, code 123456, 4479460018") == (
        "from •••••••••00 and +•••••••••00, code ••••••, ••••••••18"
    )


def test_texts_addresses_and_headers_have_rules_of_their_own() -> None:
    wanted = {"body": f"call {PHONE}", "content": PHONE, "dlr_callback": "https://bank.example/hook/a-secret-word"}
    masked = masked_exchange(
        {
            "url": f"https://user:{CODE}@api.flowroute.com/v2.1/messages",
            "request_headers": {"authorization": "Basic abcdef", "X-Code": CODE, "User-Agent": "curl/8.5.0"},
            "request_body": json.dumps(wanted),
            "response_headers": {"X-Code": CODE, "Retry-After": "30"},
            "response_body": json.dumps({"data": {"attributes": wanted}}),
        }
    )
    hidden = {"body": "call •••••••••••", "content": "•••••••••••", "dlr_callback": "https://•••"}
    assert masked["url"] == "https://api.flowroute.com/v2.1/messages"
    assert masked["request_headers"] == {
        "authorization": "Basic ••••••••",
        "X-Code": "••••••",
        "User-Agent": "curl/8.5.0",
    }
    assert masked["response_headers"] == {"X-Code": "••••••", "Retry-After": "30"}
    assert json.loads(masked["request_body"]) == hidden
    assert json.loads(masked["response_body"]) == {"data": {"attributes": hidden}}


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.text(alphabet="0123456789٠١٢ +-.$vmdr", max_size=14),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["body", "status", "code", "to"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(body=ANY_JSON)
def test_no_request_shows_more_than_two_digits_in_a_row(body: Any) -> None:
    exchange = {
        "url": "https://api.flowroute.com/v2.1/messages",
        "request_headers": {},
        "request_body": json.dumps(body, ensure_ascii=False),
        "response_headers": {},
        "response_body": "",
    }
    masked = masked_exchange(exchange)["request_body"]
    assert [text for text in every_string(json.loads(masked)) if re.search(r"\d{3}", text)] == []


def every_string(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for name, each in value.items() for text in [name, *every_string(each)]]
    if isinstance(value, list):
        return [text for each in value for text in every_string(each)]
    return [str(value)]


@pytest.mark.parametrize(
    "body", ['{"dlr_callback": "http://[x"}', '{"media_urls": ["http://[x"]}', f"{'[' * 600}{']' * 600}"]
)
def test_whatever_a_learner_sends_the_board_can_show_it(classroom: Classroom, ana: Learner, body: str) -> None:
    ana.call("POST", "/v2.1/messages", data=body, content_type="application/json")
    assert len(shown(classroom, ana)) == 1


def test_headers_that_hold_versions_hold_no_code(classroom: Classroom, ana: Learner) -> None:
    headers = {"Accept": f"text/html;v={CODE}, */*;q=0.8"}
    ana.call("GET", f"/v2.1/messages?start_date=2020-01-01&code={CODE}", headers=headers)
    (view,) = (each["view"] for each in shown(classroom, ana))
    told = dict(view["request_headers"])
    assert told["Accept"] == "text/html;v=••••••, */*;q=0.8"
    assert view["url"].endswith("&code=••••••")


def test_numbers_of_every_script_are_hidden_and_words_are_not() -> None:
    assert masked_text("Code ④⑧② ⁴⁸² ٤٨٢ Ⅳ ½ four") == "Code ••• ••• ••• • • four"
