"""In live mode a form asks once before the first real text; in practice it never does."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from helpers.display.static import badge_words
from helpers.forms.model import ASK_FIRST, Action, Consent, Field, FormModel
from helpers.forms.view import Form


class Sender(FormModel):
    title = "Send"
    fields = (Field("body", "Text"),)
    actions = (Action("submit", "Send", primary=True, texts=True), Action("count", "Count", primary=False))

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.acted: list[str] = []

    def act(self, action: str, values: Mapping[str, str]) -> None:
        self.acted.append(action)


def press(form: Form, action: str = "submit", **more: object) -> None:
    """What the browser's button sends."""
    message = {"kind": "press", "action": action, "intent": form.model.intent, "values": {"body": "Hi"}, **more}
    form._handle_custom_msg(message, [])


def test_the_first_live_text_is_asked_about_and_the_second_is_not() -> None:
    form = Form(Sender(mode="live"))
    press(form)
    assert (form.model.acted, form.model.state, form.model.status) == ([], "asking", ASK_FIRST)
    press(form, confirmed=True)
    press(form)
    assert form.model.acted == ["submit", "submit"]


def test_no_answer_is_no_consent() -> None:
    form = Form(Sender(mode="live"))
    for confirmed in ({}, {"confirmed": False}, {"confirmed": "true"}, {"confirmed": 1}):
        press(form, **confirmed)
        assert form.model.state == "asking"
    assert form.model.acted == []


def test_a_double_click_on_the_question_sends_one_text() -> None:
    form = Form(Sender(mode="live"))
    press(form)
    shown = form.model.intent
    for _ in range(2):
        press(form, confirmed=True, intent=shown)
    assert form.model.acted == ["submit"]


def test_what_cannot_be_sent_is_refused_before_anything_is_asked() -> None:
    form = Form(Sender(mode="live"))
    press(form, values={"body": " "})
    assert (form.model.state, form.model.status) == ("refused", "Fill in: Text.")


def test_practice_and_what_sends_nothing_are_never_asked_about() -> None:
    practice = Form(Sender())
    press(practice)
    assert practice.model.acted == ["submit"]
    live = Form(Sender(mode="live"))
    press(live, "count")
    assert live.model.acted == ["count"]
    press(live)
    assert live.model.state == "asking"


def test_to_confirm_what_sends_nothing_is_no_consent_to_a_text() -> None:
    live = Form(Sender(mode="live"))
    press(live, "count", confirmed=True)
    press(live)
    assert live.model.acted == ["count"]


def test_forms_that_belong_together_ask_once_in_all() -> None:
    consent = Consent()
    first, second = (Form(Sender(mode="live", consent=consent)) for _ in range(2))
    press(first)
    press(first, confirmed=True)
    press(second)
    assert second.model.acted == ["submit"]
    stranger = Form(Sender(mode="live"))
    press(stranger)
    assert stranger.model.acted == []


@pytest.mark.parametrize(
    ("mode", "texts", "words"),
    [
        ("practice", True, "Practice"),
        ("practice", False, "Practice"),
        ("live", True, "LIVE: sends a real text, about $0.004"),
        ("live", False, "LIVE"),
    ],
)
def test_the_badge_says_what_a_press_costs(mode: str, texts: bool, words: str) -> None:
    assert badge_words(mode, texts=texts) == words


def test_the_badge_of_a_form_is_about_its_own_buttons() -> None:
    class Reader(FormModel):
        pass

    assert Form(Sender(mode="live"))._schema["badge"] == badge_words("live", texts=True)
    assert Form(Reader(mode="live"))._schema["badge"] == badge_words("live", texts=False)
    assert badge_words("live", texts=True) in Form(Sender(mode="live"))._as_html()
