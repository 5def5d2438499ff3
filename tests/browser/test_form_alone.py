"""What a form does between two answers of its kernel: wait, count down, ask, offer, say that nobody is there."""

from __future__ import annotations

from typing import Any

import pytest
from drawn_form import DrawnForm
from playwright.sync_api import Page, expect

from helpers.clock import Clock
from helpers.forms.code import EXPIRED
from helpers.forms.model import ASK_FIRST, Action, Countdown, Field, FormModel

WORKING = "Working…"


class Model(FormModel):
    title = "Your code"
    fields = (
        Field("number", "Phone number", kind="tel"),
        Field("password", "Password", kind="password"),
        Field("code", "Code", kind="code"),
    )
    actions = (Action("submit", "Check the code", primary=True, texts=True), Action("resend", "Send a new code"))


class NoCode(FormModel):
    title = "Try it out"
    fields = (Field("number", "Phone number", kind="tel"), Field("password", "Password", kind="password"))
    actions = (Action("submit", "Try it", primary=True),)


@pytest.fixture
def page(empty_page: Page) -> Page:
    """Its time stands still until the test turns it."""
    empty_page.clock.install(time=0)
    empty_page.clock.pause_at(1_000)
    empty_page.goto("about:blank")
    return empty_page


@pytest.fixture
def form(page: Page) -> DrawnForm:
    return DrawnForm(page, Model(site="bank.example"))


def fill(form: DrawnForm) -> None:
    for label, text in (("Phone number", "206-555-0100"), ("Password", "secret"), ("Code", "123456")):
        form.page.get_by_label(label, exact=True).fill(text)


def press(form: DrawnForm, label: str = "Check the code") -> None:
    # force: a hand can click what is aria-disabled, and Playwright would wait
    form.page.get_by_role("button", name=label, exact=True).click(force=True)


class TestWaiting:
    def test_a_quick_answer_is_never_called_work(self, form: DrawnForm) -> None:
        press(form)
        form.page.clock.run_for(140)
        expect(form.root).to_have_attribute("aria-busy", "true")
        expect(form.status).to_be_empty()
        form.answer(state="done", status="Right.", intent=1)
        form.page.clock.run_for(20_000)
        expect(form.status).to_have_text("✓Right.")

    def test_over_150_ms_it_says_that_it_works(self, form: DrawnForm) -> None:
        press(form)
        form.page.clock.run_for(160)
        expect(form.status).to_have_text(WORKING)
        expect(form.page.get_by_role("progressbar")).to_be_hidden()

    def test_over_two_seconds_a_bar_stands_there_until_the_answer(self, form: DrawnForm) -> None:
        press(form)
        form.answer(state="working")
        form.page.clock.run_for(2_010)
        expect(form.status).to_have_text("Still working. Nothing is lost.")
        expect(form.page.get_by_role("progressbar", name="Still working")).to_be_visible()
        form.page.clock.run_for(60_000)  # the kernel has begun: it is not said to be silent
        expect(form.status).to_have_text("Still working. Nothing is lost.")
        form.answer(state="refused", status="Wrong.", intent=1)
        expect(form.page.get_by_role("progressbar")).to_be_hidden()
        expect(form.status).to_have_text("✗Wrong.")

    def test_a_kernel_that_has_not_begun_is_waited_for_and_then_called_silent(self, form: DrawnForm) -> None:
        press(form)
        form.page.clock.run_for(2_010)
        expect(form.status).to_contain_text("another cell may still be running")
        form.page.clock.run_for(8_000)
        expect(form.status).to_contain_text("No answer yet. If a cell is still running, this form answers after it.")
        form.answer(state="done", status="Right.", intent=1)
        expect(form.status).to_have_text("✓Right.")

    def test_while_it_waits_nothing_else_can_be_pressed(self, form: DrawnForm) -> None:
        for _ in range(3):
            press(form)
        form.page.keyboard.press("Enter")
        press(form, "Send a new code")
        assert [message["action"] for message in form.sent("press")] == ["submit"]
        expect(form.page.get_by_label("Code", exact=True)).to_have_attribute("readonly", "")

    def test_a_turn_of_the_clock_is_no_answer(self, form: DrawnForm) -> None:
        press(form)
        form.answer(now_ms=5)
        expect(form.root).to_have_attribute("aria-busy", "true")


def test_a_form_says_at_once_that_its_kernel_was_restarted(form: DrawnForm) -> None:
    fill(form)
    form.cut()
    expect(form.status).to_contain_text("Run its cell again: Shift+Enter. What you typed still stands here.")
    expect(form.page.get_by_role("button", name="Check the code")).to_have_attribute("aria-disabled", "true")
    expect(form.page.get_by_label("Code", exact=True)).to_have_value("123456")
    press(form)
    expect(form.status).to_contain_text("The kernel was restarted or has stopped")
    expect(form.root).to_have_attribute("aria-busy", "false")


class TestCountdowns:
    def lines(self, form: DrawnForm) -> list[str]:
        return form.page.get_by_role("timer").all_inner_texts()

    def drawn(self, page: Page, *, running: bool) -> DrawnForm:
        clock = Clock(source=lambda: 1_000)
        if not running:
            clock.freeze()
        lines = (Countdown("The code works for", 253_000, EXPIRED), Countdown("You can ask in", 25_000, "Ask now."))
        return DrawnForm(page, Model(clock=clock, countdowns=lines))

    def test_they_count_down_by_the_second(self, page: Page) -> None:
        form = self.drawn(page, running=True)
        assert self.lines(form) == ["The code works for 4:12", "You can ask in 0:24"]
        page.clock.run_for(23_900)
        assert self.lines(form) == ["The code works for 3:49", "You can ask in 0:01"]
        page.clock.run_for(200)
        assert self.lines(form) == ["The code works for 3:48", "Ask now."]

    def test_they_stand_still_with_the_clock(self, page: Page) -> None:
        form = self.drawn(page, running=False)
        page.clock.run_for(60_000)
        assert self.lines(form) == ["The code works for 4:12", "You can ask in 0:24"]

    def test_they_follow_a_turn_of_the_clock_and_go_with_the_code(self, page: Page) -> None:
        form = self.drawn(page, running=True)
        form.answer(now_ms=253_000)
        assert self.lines(form) == [EXPIRED, "Ask now."]
        form.answer(countdowns=[])
        assert self.lines(form) == []


class TestOffers:
    def offer(self, form: DrawnForm, code: str) -> None:
        form.widget.model.tell({"kind": "offer", "field": "code", "code": code})

    def test_it_asks_what_is_offered_when_it_is_drawn(self, form: DrawnForm) -> None:
        assert len(form.sent("arrived")) == 1

    def test_a_click_fills_the_code_in_and_sends_nothing(self, form: DrawnForm) -> None:
        self.offer(form, "012345")
        button = form.page.get_by_role("button", name="Fill in 0 1 2 3 4 5 from Messages", exact=True)
        expect(button.locator("b")).to_have_text("012345")
        box, field = button.bounding_box(), form.page.get_by_label("Code", exact=True).bounding_box()
        assert box is not None
        assert field is not None
        assert box["y"] + box["height"] <= field["y"]
        button.click()
        expect(form.page.get_by_label("Code", exact=True)).to_have_value("012345")
        expect(form.page.get_by_label("Code", exact=True)).to_be_focused()
        expect(form.root).to_contain_text("6 digits")
        assert form.sent("press") == []

    def test_it_goes_when_the_phone_takes_it_back(self, form: DrawnForm) -> None:
        self.offer(form, "012345")
        form.page.get_by_role("button", name="Fill in").focus()
        self.offer(form, "")
        expect(form.page.get_by_role("button", name="Fill in")).to_have_count(0)
        expect(form.page.get_by_label("Code", exact=True)).to_be_focused()
        assert "012345" not in form.page.content()


class TestAsking:
    @pytest.fixture
    def asked(self, page: Page) -> DrawnForm:
        form = DrawnForm(page, Model(mode="live"))
        fill(form)
        page.get_by_label("Code", exact=True).press("Enter")
        form.answer(state="asking", status=ASK_FIRST, intent=1)
        return form

    def test_the_question_takes_the_place_of_the_buttons_and_nothing_is_forgotten(self, asked: DrawnForm) -> None:
        expect(asked.status).to_contain_text("This is live: it sends a real text to a real phone")
        expect(asked.page.get_by_role("button", name="Check the code")).to_have_count(0)
        expect(asked.page.get_by_label("Password", exact=True)).to_have_value("secret")
        expect(asked.page.get_by_label("Code", exact=True)).to_have_value("123456")

    def test_a_second_enter_that_comes_by_itself_sends_nothing(self, asked: DrawnForm) -> None:
        expect(asked.page.get_by_role("button", name="Not now")).to_be_focused()
        asked.page.keyboard.press("Enter")
        assert [message["confirmed"] for message in asked.sent("press")] == [False]
        expect(asked.status).to_contain_text("Nothing was sent.")
        expect(asked.page.get_by_role("button", name="Check the code")).to_be_focused()

    def test_yes_sends_what_was_asked_about_once(self, asked: DrawnForm) -> None:
        asked.page.get_by_role("button", name="Send it").dblclick()
        first, second = asked.sent("press")
        assert first["confirmed"] is False
        assert second == first | {"confirmed": True, "intent": 1}
        assert second["values"] == {"number": "206-555-0100", "password": "secret", "code": "123456"}


class TestTyping:
    def typed(self, form: DrawnForm, label: str, text: str) -> None:
        form.page.get_by_label(label, exact=True).press_sequentially(text)
        form.page.clock.run_for(130)

    def test_a_number_is_looked_at_once_the_hand_rests(self, form: DrawnForm) -> None:
        self.typed(form, "Phone number", "2065550142")
        (asked,) = form.sent("look")
        assert asked == {"kind": "look", "field": "number", "text": "2065550142"}
        form.widget._handle_custom_msg(asked, [])
        expect(form.root).to_contain_text("✓ (206) 555-0142, US")

    def test_words_about_an_older_text_are_not_shown(self, form: DrawnForm) -> None:
        self.typed(form, "Phone number", "206")
        (asked,) = form.sent("look")
        self.typed(form, "Phone number", "5")
        form.widget._handle_custom_msg(asked, [])
        expect(form.root).not_to_contain_text("too short")

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("123", "3 of 6 digits"),
            ("123 456", "✓ 6 digits"),
            ("1234567", "A code has 6 digits. These are 7."),
            ("12a", "A code has only digits."),
            ("１２３４５６", "✓ 6 digits"),
        ],
    )
    def test_digits_are_counted_on_the_page(self, form: DrawnForm, text: str, words: str) -> None:
        self.typed(form, "Code", text)
        expect(form.root).to_contain_text(words)
        assert form.sent("look") == []

    def test_a_password_is_never_looked_at(self, form: DrawnForm) -> None:
        self.typed(form, "Password", "correct horse")
        assert form.sent("look") == []

    def test_a_refusal_takes_the_place_of_what_was_said_while_typing(self, form: DrawnForm) -> None:
        self.typed(form, "Phone number", "2065550142")
        (asked,) = form.sent("look")
        form.widget._handle_custom_msg(asked, [])
        form.answer(state="refused", status="Premium.", errors={"number": "Premium."}, intent=1)
        expect(form.root).not_to_contain_text("✓ (206) 555-0142, US")

    def test_words_that_come_after_the_refusal_are_not_shown_beside_it(self, form: DrawnForm) -> None:
        self.typed(form, "Phone number", "2065550142")
        (asked,) = form.sent("look")
        form.answer(state="refused", status="Premium.", errors={"number": "Premium."}, intent=1)
        form.widget._handle_custom_msg(asked, [])
        expect(form.root).not_to_contain_text("✓ (206) 555-0142, US")

    def test_a_correction_takes_the_error_away(self, form: DrawnForm) -> None:
        form.answer(state="refused", status="No.", errors={"number": "No such number."}, intent=1)
        field = form.page.get_by_label("Phone number", exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        self.typed(form, "Phone number", "2")
        expect(field).not_to_have_attribute("aria-invalid", "true")


class TestFocus:
    def test_it_comes_from_a_neighbour_only(self, form: DrawnForm) -> None:
        focus: dict[str, Any] = {"kind": "focus"}
        form.widget.model.tell(focus)
        expect(form.page.get_by_label("Phone number", exact=True)).not_to_be_focused()
        form.page.evaluate("document.body.append(document.createElement('button'))")
        form.page.locator("body > button").focus()
        form.widget.model.tell(focus)
        expect(form.page.get_by_label("Phone number", exact=True)).to_be_focused()

    def test_it_goes_to_the_field_that_was_refused(self, form: DrawnForm) -> None:
        press(form)
        form.answer(state="refused", status="No.", errors={"code": "No."}, intent=1)
        expect(form.page.get_by_label("Code", exact=True)).to_be_focused()

    def test_it_stays_where_nothing_was_taken_away(self, page: Page) -> None:
        form = DrawnForm(page, NoCode())
        button = page.get_by_role("button", name="Try it")
        button.click()
        form.answer(state="refused", status="Flowroute answered 422.", intent=1)
        expect(button).to_be_focused()  # an empty password field is not what was wrong
        password = page.get_by_label("Password", exact=True)
        password.fill("secret")
        button.click()
        form.answer(state="refused", status="Flowroute answered 401.", intent=2)
        expect(password).to_be_focused()
        expect(password).to_have_value("")

    def test_the_answer_comes_into_view(self, page: Page) -> None:
        form = DrawnForm(page, NoCode())
        page.set_viewport_size({"width": 600, "height": 260})
        page.get_by_role("button", name="Try it").scroll_into_view_if_needed()
        page.get_by_role("button", name="Try it").click()
        form.answer(state="refused", status="Flowroute answered 422.", intent=1)
        expect(form.status).to_be_in_viewport(ratio=0.9)

    def test_a_password_stays_while_another_field_is_mended(self, page: Page) -> None:
        form = DrawnForm(page, NoCode())
        password = page.get_by_label("Password", exact=True)
        password.fill("secret")
        page.get_by_role("button", name="Try it").click()
        form.answer(state="refused", status="Too short.", errors={"number": "Too short."}, intent=1)
        expect(password).to_have_value("secret")
        form.answer(state="refused", status="Wrong.", errors={"password": "Wrong."}, intent=2)
        expect(password).to_have_value("")


def test_the_page_it_stands_for_is_named(form: DrawnForm) -> None:
    expect(form.root.locator(".tf-site")).to_have_text("A page of bank.example")
