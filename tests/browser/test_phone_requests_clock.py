"""The phone, the request view and the clock's knob, drawn by their own programs, without JupyterLab."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import anywidget
import pytest
from playwright.sync_api import Locator, Page, expect

from helpers.clock import Clock
from helpers.display.assets import script, style
from helpers.forms import ClockKnob, Phone
from helpers.forms.request_view import RequestView
from helpers.phone_numbers import PhoneNumber

# A model as anywidget hands it over. The test reads what was sent to the kernel, and puts new values in.
DRAW = """async ([program, state]) => {
    const listeners = {};
    const view = await import("data:text/javascript;base64," + program);
    const host = document.createElement("div");
    document.querySelector("main").append(host);
    const screen = { sent: [], gone: false, host };
    const send = (message) => { if (screen.gone) throw new Error("disposed"); screen.sent.push(message); };
    const model = { get: (name) => state[name], on: (event, act) => (listeners[event] = act), off() {}, send };
    screen.put = (name, value) => { state[name] = value; listeners["change:" + name]?.(); };
    // As ipywidgets does where the kernel was restarted: first the mark, then the event; sending fails.
    screen.lose = () => {
        screen.gone = true;
        host.classList.add("jupyter-widgets-disconnected");
        listeners["comm_live_update"]();
    };
    view.default.render({ model, el: host });
    return (window.screens ??= []).push(screen) - 1;
}"""
CLIPBOARD = """() => {
    const writeText = async (text) => (window.copied = text);
    Object.defineProperty(navigator, "clipboard", { value: { writeText } });
}"""
GONE = "The kernel was restarted. Run this cell again."
MAIN = "<main style='align-items: flex-start; display: flex; flex-flow: row wrap; width: 640px'></main>"


class Text:
    def __init__(self, number: int, body: str) -> None:
        self.id = f"mdr2-{number}"
        self.sender = "12065550199"
        self.body = body
        self.arrived_at_ms = 0


class Inbox:
    """Texts that are there at once, and one that may be on its way."""

    def __init__(self) -> None:
        self.all: list[Text] = []
        self.due: int | None = None

    def texts(self, _number: PhoneNumber) -> list[Text]:
        return list(self.all)

    def next_arrival_ms(self, _number: PhoneNumber) -> int | None:
        return self.due

    def on_change(self, _listener: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


class Screen:
    """A widget on the page: what it has in Python goes over when the test says so."""

    def __init__(self, page: Page, widget: anywidget.AnyWidget, name: str) -> None:
        self.page = page
        self.widget = widget
        program = base64.b64encode(script(name).encode()).decode()
        page.add_style_tag(content=style(name))
        self.place = page.evaluate(DRAW, [program, self._state()])
        self.root = page.locator("main > div").nth(self.place)

    def _state(self) -> dict[str, Any]:
        state = {name: value for name, value in self.widget.get_state().items() if name in ("_shown", "_answer")}
        whole: dict[str, Any] = json.loads(json.dumps(state))
        return whole

    def put(self) -> None:
        for name, value in self._state().items():
            self.page.evaluate("([place, name, value]) => screens[place].put(name, value)", [self.place, name, value])

    @property
    def sent(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.page.evaluate("(place) => screens[place].sent", self.place)
        return messages

    def answer(self) -> None:
        """Let the kernel work on the newest message, and show what came of it."""
        self.widget._handle_custom_msg(self.sent[-1], [])
        self.put()

    def lose(self) -> None:
        self.page.evaluate("(place) => screens[place].lose()", self.place)


@pytest.fixture
def page(empty_page: Page) -> Page:
    empty_page.set_content(MAIN)
    return empty_page


# --- the phone -----------------------------------------------------------------------------------------------------


class PhoneScreen(Screen):
    def __init__(self, page: Page, *, number: int = 100, mode: Any = "practice", listens: bool = False) -> None:
        self.inbox = Inbox()
        self.told: list[str] = []
        phone = Phone(
            inbox=self.inbox,
            number=PhoneNumber(f"+1206555{number:04d}"),
            clock=Clock.standing_still(),
            mode=mode,
            reply=None if listens else self.reply,
        )
        super().__init__(page, phone, "phone")
        self.log = self.root.get_by_role("log", name="Texts on this phone")
        self.texts = self.log.get_by_role("listitem")

    def reply(self, body: str) -> str:
        if "busy" in body:
            raise Refused
        self.told.append(body)
        return "Sent to (206) 555-0199."

    def get(self, body: str) -> Locator:
        """One more text arrives."""
        self.inbox.all.append(Text(len(self.inbox.all), body))
        self.widget.refresh()
        self.put()
        return self.texts.last

    @property
    def field(self) -> Locator:
        return self.root.get_by_role("textbox", name="Reply")

    @property
    def button(self) -> Locator:
        return self.root.locator(".tf-send")

    @property
    def said(self) -> Locator:
        return self.root.locator(".tf-phone-said[role=status]")


class Refused(Exception):
    user_message = "The line is busy: nothing was sent."


@pytest.fixture
def phone(page: Page) -> PhoneScreen:
    return PhoneScreen(page)


CODE = "Your code is 123456. Not 1234567.\n\n@bank.example #123456"


def test_a_code_is_seen_whole_and_read_digit_by_digit(phone: PhoneScreen) -> None:
    text = phone.get(CODE)
    expect(text.locator("[data-code]")).to_have_text(["123456", "123456"])
    expect(text.locator("[data-code]").first).to_have_attribute("aria-hidden", "true")
    assert text.locator("b").first.inner_text() == "123456"
    heard = text.locator(".tf-body").aria_snapshot()
    assert "Your code is 1 2 3 4 5 6 . Not 1234567." in heard
    assert "@bank.example # 1 2 3 4 5 6" in heard
    assert "123456 " not in heard


def test_what_is_only_spoken_makes_nothing_but_the_list_scroll(phone: PhoneScreen) -> None:
    for _ in range(6):
        phone.get(CODE)
    phone.log.focus()  # somebody looks, and no bubble moves any more
    expect(phone.root.locator(".tf-new")).to_have_count(0)
    spoken = phone.log.locator(".tf-spoken")
    assert spoken.count() >= 6
    places = spoken.evaluate_all("(all) => all.map((each) => each.closest('[role=log]').contains(each.offsetParent))")
    assert all(places), "it lies in the list, and not in the cell's output"


def test_who_selects_the_text_gets_the_code_once(phone: PhoneScreen, page: Page) -> None:
    body = phone.get(CODE).locator(".tf-body")
    body.evaluate("(node) => getSelection().selectAllChildren(node)")
    assert page.evaluate("getSelection().toString()") == CODE


def test_a_code_is_copied_or_at_least_selected(phone: PhoneScreen, page: Page) -> None:
    """This page is neither on https nor on localhost, so it has no clipboard; then it is given one."""
    expect(phone.get("Hello").get_by_role("button")).to_have_count(0)
    copy = phone.get(CODE).get_by_role("button", name="Copy code")
    copy.click()
    expect(phone.said).to_have_text("Code selected: copy it with the keyboard.")
    assert page.evaluate("getSelection().toString()") == "123456"
    page.evaluate(CLIPBOARD)
    copy.press("Enter")
    expect(phone.said).to_have_text("Code copied.")
    assert page.evaluate("window.copied") == "123456"


def test_texts_that_stand_there_stay_the_same_elements(phone: PhoneScreen) -> None:
    first = phone.get("One").element_handle()
    changes = phone.log.evaluate_handle("""(log) => {
        const seen = [];
        const note = (records) => seen.push(...records.map(({ type, target }) => `${type} ${target.className}`));
        new MutationObserver(note).observe(log, { subtree: true, childList: true, characterData: true });
        return seen;
    }""")
    for _ in range(3):
        phone.widget.refresh()
        phone.put()
    assert changes.json_value() == []
    phone.get("Two")
    assert changes.json_value() == ["childList tf-texts"]
    assert phone.texts.first.evaluate("(node, first) => node === first", first)


def test_what_has_arrived_is_new_until_somebody_looks(phone: PhoneScreen, page: Page) -> None:
    count = phone.root.locator(".tf-phone-count")
    expect(count).to_be_hidden()
    phone.get("One")
    text = phone.get("Two")
    expect(count).to_have_text("2 new")
    expect(text.get_by_text("New", exact=True)).to_be_visible()
    phone.log.focus()
    expect(count).to_be_hidden()
    expect(text.get_by_text("New", exact=True)).to_be_hidden()
    phone.get("Three")
    expect(count).to_have_text("1 new")
    phone.root.hover()
    expect(count).to_be_hidden()


def test_what_was_there_when_the_page_was_opened_is_not_new(page: Page) -> None:
    first = PhoneScreen(page)
    first.get("One")
    again = Screen(page, first.widget, "phone")
    expect(again.root.locator(".tf-phone-count")).to_be_hidden()


def test_a_text_on_its_way_is_announced(phone: PhoneScreen) -> None:
    under_way = phone.root.locator(".tf-under-way[role=status]")
    expect(under_way).to_have_text("")
    phone.inbox.due = 10**13
    phone.widget.refresh()
    phone.put()
    expect(under_way).to_have_text("A text is on its way…")
    expect(under_way).to_be_visible()


def test_phones_side_by_side_are_told_apart(page: Page) -> None:
    ana, ben = PhoneScreen(page), PhoneScreen(page, number=101)
    ben.get("For Ben")
    expect(page.get_by_role("region", name="Phone (206) 555-0100").get_by_role("listitem")).to_have_count(0)
    expect(page.get_by_role("region", name="Phone (206) 555-0101").get_by_role("listitem")).to_have_count(1)
    boxes = [screen.root.locator(".tf-phone").bounding_box() for screen in (ana, ben)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_live_says_where_to_look_and_takes_no_reply(page: Page) -> None:
    live = PhoneScreen(page, mode="live")
    region = page.get_by_role("region", name="Phone ••• ••• ••00")
    expect(region).to_contain_text("LIVE: look at your own phone")
    expect(region.locator(".tf-badge")).to_have_text("LIVE")
    expect(region.get_by_role("textbox")).to_have_count(0)
    assert live.get(CODE).count() == 0


def test_without_a_way_to_reply_there_is_no_field(page: Page) -> None:
    expect(PhoneScreen(page, listens=True).root.get_by_role("textbox")).to_have_count(0)


@pytest.mark.parametrize("width", [180, 240, 296, 640])
def test_it_never_leaves_its_cell(page: Page, width: int) -> None:
    page.evaluate("(width) => (document.querySelector('main').style.width = `${width}px`)", width)
    phone = PhoneScreen(page)
    phone.get("A-very-long-word-" * 20 + CODE)
    assert page.evaluate("document.querySelector('main').scrollWidth") <= width
    for part in (".tf-log", ".tf-phone-head", ".tf-reply"):
        assert phone.root.locator(part).evaluate("(node) => node.scrollWidth <= node.clientWidth"), part


def test_enter_sends_one_message_and_shift_and_enter_breaks_the_line(phone: PhoneScreen) -> None:
    phone.field.click()
    phone.field.press_sequentially("NO")
    phone.field.press("Shift+Enter")
    phone.field.press_sequentially("thanks")
    for _ in range(3):
        phone.field.press("Enter")
    assert [(message["kind"], message["body"]) for message in phone.sent] == [("reply", "NO\nthanks")]
    expect(phone.button).to_have_text("Sending…")
    expect(phone.button).to_have_attribute("aria-disabled", "true")
    phone.answer()
    assert phone.told == ["NO\nthanks"]
    expect(phone.said).to_have_text("Sent to (206) 555-0199.")
    expect(phone.button).to_have_text("Send")
    expect(phone.field).to_have_value("")
    expect(phone.field).to_be_focused()
    expect(phone.texts.last).to_contain_text("NO\nthanks")
    expect(phone.texts.last.locator(".tf-state")).to_have_text("Sent")


def test_a_double_click_sends_one(phone: PhoneScreen) -> None:
    phone.field.fill("NO")
    phone.button.dblclick()
    assert len(phone.sent) == 1
    phone.answer()
    phone.field.fill("YES")
    phone.button.click()
    phone.answer()
    assert phone.told == ["NO", "YES"]


def test_what_was_refused_stays_to_be_sent_again(phone: PhoneScreen) -> None:
    phone.field.fill("busy")
    phone.field.press("Enter")
    phone.answer()
    expect(phone.said).to_have_text("The line is busy: nothing was sent.")
    expect(phone.field).to_have_value("busy")
    expect(phone.texts.last.locator(".tf-state")).to_have_text("Not sent")
    phone.field.fill("")
    phone.field.press("Enter")
    phone.answer()
    expect(phone.said).to_have_text("Nothing was sent: write something first.")
    expect(phone.texts).to_have_count(1)


def test_the_other_screen_of_a_phone_keeps_what_is_typed_there(phone: PhoneScreen, page: Page) -> None:
    other = Screen(page, phone.widget, "phone")
    typed = other.root.get_by_role("textbox", name="Reply")
    typed.fill("not yet")
    phone.field.fill("NO")
    phone.field.press("Enter")
    phone.answer()
    other.put()
    expect(typed).to_have_value("not yet")
    typed.press("Enter")
    assert [message["body"] for message in other.sent] == ["not yet"]


def test_no_answer_is_said_and_nothing_typed_is_lost(phone: PhoneScreen, page: Page) -> None:
    page.clock.install()
    phone.field.fill("NO")
    phone.field.press("Enter")
    page.clock.fast_forward(10_000)
    expect(phone.said).to_have_text("No answer from the kernel. If it was restarted, run this cell again.")
    expect(phone.field).to_have_value("NO")
    phone.field.press("Enter")
    assert len(phone.sent) == 2
    assert phone.sent[0]["intent"] == phone.sent[1]["intent"]


@pytest.mark.parametrize("listens", [False, True])
def test_a_kernel_that_was_restarted_is_said(page: Page, listens: bool) -> None:
    phone = PhoneScreen(page, listens=listens)
    phone.lose()
    expect(phone.said).to_have_text(GONE)
    if not listens:
        phone.field.fill("NO")
        phone.field.press("Enter")
        expect(phone.said).to_have_text(GONE)
        expect(phone.button).to_have_text("Send")


def test_words_from_outside_are_only_ever_text(phone: PhoneScreen, page: Page) -> None:
    attack = "<img src=x onerror=alert(1)>"
    phone.get(attack)
    phone.field.fill(attack)
    phone.field.press("Enter")
    phone.answer()
    expect(phone.texts.first).to_contain_text(attack)
    assert phone.root.locator("img").count() == 0


# --- the request view ----------------------------------------------------------------------------------------------


def exchange(status: int) -> dict[str, Any]:
    return {
        "method": "POST",
        "url": "https://api.flowroute.com/v2.2/messages",
        "request_headers": {"Authorization": "Basic ••••••••", "Content-Type": "application/json"},
        "request_body": f'{{"status": {status}}}',
        "status": status,
        "reason": "Word",
        "response_headers": {},
        "response_body": "",
        "elapsed_ms": 3.2,
        "error": None,
    }


class Requests(Screen):
    def __init__(self, page: Page, **options: Any) -> None:
        super().__init__(page, RequestView(**options), "request_view")
        self.previous = self.root.get_by_role("button", name="Previous request")
        self.next = self.root.get_by_role("button", name="Next request")
        self.at = self.root.locator(".tf-place")
        self.shown = self.root.locator(".tf-answer")

    def add(self, *statuses: int) -> None:
        for status in statuses:
            self.widget.show(exchange(status))
            self.put()


def test_one_goes_back_and_forth_and_the_focus_stays(page: Page) -> None:
    view = Requests(page)
    expect(page.get_by_role("region", name="What went to Flowroute")).to_contain_text("Nothing sent yet")
    view.add(201)
    expect(view.previous).to_be_hidden()
    view.add(202, 203)
    expect(view.at).to_have_text("3 of 3")
    expect(view.shown).to_contain_text("203")
    expect(view.root).to_contain_text("took 3.2 ms")
    view.previous.click()
    view.previous.press("Enter")
    expect(view.shown).to_contain_text("201")
    expect(view.previous).to_be_focused()
    expect(view.previous).to_have_attribute("aria-disabled", "true")
    view.previous.press("Enter")
    expect(view.at).to_have_text("1 of 3")
    view.previous.press("ArrowRight")
    expect(view.at).to_have_text("2 of 3")
    expect(view.previous).to_be_focused()


def test_a_new_one_is_shown_unless_somebody_has_gone_back(page: Page) -> None:
    view = Requests(page)
    view.add(201, 202)
    view.previous.click()
    view.add(203)
    expect(view.at).to_have_text("1 of 3")
    expect(view.shown).to_contain_text("201")
    view.next.click()
    view.next.click()
    view.add(204)
    expect(view.at).to_have_text("4 of 4")
    expect(view.shown).to_contain_text("204")


def test_what_is_looked_at_stays_the_same_element_until_it_has_to_make_room(page: Page) -> None:
    view = Requests(page)
    view.add(201, 202)
    view.previous.click()
    seen = view.shown.element_handle()
    view.add(*range(300, 318))
    assert view.shown.evaluate("(node, seen) => node === seen", seen)
    expect(view.at).to_have_text("1 of 20")
    view.add(400)
    expect(view.at).to_have_text("2 of 21")
    expect(view.shown).to_contain_text("202")


def test_folded_it_is_one_line_that_opens(page: Page) -> None:
    view = Requests(page, folded=True)
    line = view.root.locator("summary")
    expect(line).to_have_text("Nothing sent yet")
    view.add(202)
    expect(line).to_have_text("1 request to Flowroute · the last: POST /v2.2/messages → 202 Word")
    expect(view.shown).to_be_hidden()
    line.press("Enter")
    expect(view.shown).to_be_visible()
    view.add(203)
    expect(view.shown).to_contain_text("203")


def test_a_request_is_copied_as_curl(page: Page) -> None:
    view = Requests(page)
    view.add(202)
    copy = view.root.get_by_role("button", name="Copy as curl")
    copy.click()
    expect(view.root.get_by_role("status").filter(has_text="Selected: copy it")).to_be_visible()
    command = page.evaluate("getSelection().toString()")
    assert command.startswith("curl https://api.flowroute.com/v2.2/messages \\\n")
    assert '"$FLOWROUTE_ACCESS_KEY:$FLOWROUTE_SECRET_KEY"' in command
    page.evaluate(CLIPBOARD)
    copy.press("Enter")
    expect(view.root.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert page.evaluate("window.copied") == command


@pytest.mark.parametrize("folded", [False, True])
def test_a_request_view_without_its_kernel_says_so(page: Page, folded: bool) -> None:
    view = Requests(page, folded=folded)
    view.add(201, 202)
    view.lose()
    expect(view.root.get_by_text(GONE)).to_be_visible()
    if not folded:
        view.previous.click()
        expect(view.shown).to_contain_text("201")


# --- the clock's knob ----------------------------------------------------------------------------------------------


class Knob(Screen):
    def __init__(self, page: Page, clock: Clock) -> None:
        super().__init__(page, ClockKnob(clock), "clock")
        self.time = self.root.get_by_role("time")
        self.said = self.root.get_by_role("status")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)


def test_a_clock_that_stands_is_turned_and_the_focus_stays(page: Page) -> None:
    knob = Knob(page, Clock.standing_still())
    expect(knob.time).to_have_text("17:00:00")
    expect(knob.root).to_contain_text("Mon, 2 March 2026")
    knob.button("+5 min").click()
    assert knob.sent == [{"kind": "press", "name": "+5 min"}]
    knob.answer()
    expect(knob.time).to_have_text("17:05:00")
    expect(knob.said).to_contain_text("Turned forward by 5 minutes.")
    knob.button("Let it run").press("Enter")
    knob.answer()
    expect(knob.button("Freeze")).to_be_focused()
    expect(knob.said).to_contain_text("Time runs.")


def test_it_ticks_while_it_runs_and_not_while_it_stands(page: Page) -> None:
    page.clock.install()
    knob = Knob(page, Clock())
    before = knob.time.text_content()
    page.clock.run_for(5_000)
    expect(knob.time).not_to_have_text(before or "")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", knob.time.text_content() or "")
    knob.widget.press("Freeze")
    knob.put()
    before = knob.time.text_content()
    page.clock.run_for(5_000)
    assert knob.time.text_content() == before
    expect(knob.root).to_contain_text("Frozen")


def test_live_has_no_knob(page: Page) -> None:
    knob = Knob(page, Clock.real())
    expect(knob.root.get_by_role("button")).to_have_count(0)
    expect(knob.said).to_have_text("Real time. In live mode and in a class nobody turns the clock.")


def test_a_knob_without_its_kernel_says_so(page: Page) -> None:
    knob = Knob(page, Clock.standing_still())
    knob.lose()
    expect(knob.said).to_have_text(GONE)
    knob.button("+30 s").click()
    expect(knob.said).to_have_text(GONE)


# --- all of them in JupyterLab ----------------------------------------------------------------------------------------
