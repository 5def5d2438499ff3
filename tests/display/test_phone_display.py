from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from helpers.clock import Clock
from helpers.display.phone import BoundCode, Reply, bound_code, code_in, is_for, phone_as_html, phone_view
from helpers.display.static import number_for_print
from helpers.phone_numbers import PhoneNumber

ANA = PhoneNumber.parse("206-555-0100")
STANDING = Clock.standing_still()


def text(body: str, *, sender: str = "12065550199") -> SimpleNamespace:
    return SimpleNamespace(id="mdr2-1", sender=sender, body=body, arrived_at_ms=STANDING.now_ms() - 60_000)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Your code is 123456.\n\n@bank.example #123456", "123456"),
        ("Your code is 123456.\n@bank.example #012345 \n", "012345"),
        ("Your code is 123456.\n@bank.example #123456 @frame.example", "123456"),
        ("@bank.example #123456\nYour code is above.", None),
        ("Your code is 123456.", None),
        ("@bank.example#123456", None),
        ("@ #123456", None),
        ("", None),
    ],
)
def test_a_code_is_read_from_the_origin_bound_last_line_only(body: str, code: str | None) -> None:
    assert code_in(body) == code


def test_a_bound_code_names_its_host_and_hides_itself_in_a_repr() -> None:
    bound = bound_code("Your code is 123456.\n@bank.example #123456 @frame.example")
    assert bound == BoundCode(host="bank.example", code="123456")
    assert repr(bound) == "BoundCode(host='bank.example')"
    assert bound_code("Your code is 123456.") is None


@pytest.mark.parametrize(
    ("bound", "host", "fits"),
    [
        ("bank.example", "bank.example", True),
        ("Bank.Example", "bank.EXAMPLE", True),
        ("bank.example", "login.bank.example", True),
        ("bank.example", "a.b.bank.example", True),
        ("bank.example", "evilbank.example", False),
        ("bank.example", "bank.example.evil.test", False),
        ("bank.example", "bank-example.test", False),
        ("bank.example", "bankexample", False),
        ("bank.example", "example", False),
        ("login.bank.example", "bank.example", False),
        ("login.bank.example", "www.bank.example", False),
        ("bank.example", "", False),
        ("", "", False),
        ("", "bank.example", False),
        ("example", "bank.example", False),
        (".example", "bank.example", False),
        (".", "bank.example", False),
        ("localhost", "localhost", True),
    ],
)
def test_a_code_is_for_its_host_and_for_what_lies_below_it(bound: str, host: str, fits: bool) -> None:
    assert is_for(BoundCode(host=bound, code="123456"), host) is fits


def test_the_view_is_plain_data_as_people_write_it() -> None:
    view = phone_view([text("Hi\n@bank.example #123456")], number=ANA, clock=STANDING, mode="practice")
    assert view["number"] == "(206) 555-0100"
    assert view["time"] == "17:00"
    assert view["running"] is False
    assert view["messages"] == [
        {
            "id": "mdr2-1",
            "sender": "(206) 555-0199",
            "body": "Hi\n@bank.example #123456",
            "time": "16:59",
            "code": "123456",
        }
    ]


@pytest.mark.parametrize(("sender", "shown"), [("24273", "24273"), ("12065552368", "••• ••• ••68"), ("Bank", "Bank")])
def test_a_sender_is_named_or_masked(sender: str, shown: str) -> None:
    view = phone_view([text("Hi", sender=sender)], number=ANA, clock=STANDING, mode="practice")
    assert view["messages"][0]["sender"] == shown


def test_the_still_picture_escapes_texts_and_senders() -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    html = phone_as_html(phone_view([text(attack, sender=attack)], number=ANA, clock=STANDING, mode="practice"))
    assert html.count("&lt;script&gt;") == 2
    assert "<script" not in html
    assert "<img" not in html


def test_the_still_picture_shows_times_only_of_a_clock_that_stands() -> None:
    standing = phone_as_html(phone_view([text("Hi")], number=ANA, clock=STANDING, mode="practice"))
    assert "17:00 UTC" in standing
    assert "16:59" in standing
    running = Clock(source=STANDING.now_ms)
    ticking = phone_as_html(phone_view([text("Hi")], number=ANA, clock=running, mode="practice"))
    assert not re.search(r"\d\d:\d\d", ticking)


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+12065550100", "(206) 555-0100"), ("+12065550199", "(206) 555-0199"), ("+12065550200", "••• ••• ••00")],
)
def test_only_example_numbers_are_printed(number: str, shown: str) -> None:
    assert number_for_print(PhoneNumber(number)) == shown


def test_the_still_picture_of_a_reply_is_escaped_and_says_what_came_of_it() -> None:
    replies = [Reply("reply-0", "<b>NO</b>", STANDING.now_ms(), "Not sent"), Reply("reply-1", "OK", STANDING.now_ms())]
    html = phone_as_html(phone_view(replies, number=ANA, clock=STANDING, mode="practice"))
    assert "&lt;b&gt;NO&lt;/b&gt;" in html
    assert "<b>NO" not in html
    assert "You · Not sent · 17:00" in html
    assert "reply-0" not in html
    assert "<b>NO" not in repr(replies)


def test_the_still_picture_of_a_running_clock_does_not_say_what_may_differ_next_time() -> None:
    running = Clock(source=STANDING.now_ms)
    views = [
        phone_view([text("Hi")], number=ANA, clock=running, mode="practice", under_way=way) for way in (True, False)
    ]
    assert phone_as_html(views[0]) == phone_as_html(views[1])
    assert "on its way" in phone_as_html(phone_view([], number=ANA, clock=STANDING, mode="practice", under_way=True))
