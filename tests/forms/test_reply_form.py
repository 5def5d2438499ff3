"""The reply form: one press is one text, nothing is lost when sending fails, and live mode points to your own phone."""

import pytest

from helpers.errors import CourseError
from helpers.forms import reply_form
from helpers.forms.view import Form

sent: list[str] = []  # what the forms of these tests have sent


class NotSent(CourseError):
    user_message = "That could not be sent."


@pytest.fixture
def form() -> Form:
    sent.clear()

    def send(body: str) -> str:
        sent.append(body)
        return f"Sent: {len(body)} characters."

    return reply_form(send)


def test_what_is_typed_is_sent_once_and_the_field_is_empty_again(form: Form) -> None:
    shown = form.model.intent
    form.type(body="NO").press()
    form.model.press("submit", {"body": "NO"}, intent=shown)
    assert sent == ["NO"]
    assert (form.model.state, form.model.status) == ("done", "Sent: 2 characters.")
    assert form._texts["body"] == ""


def test_an_empty_text_is_not_sent(form: Form) -> None:
    form.type(body="  ").press()
    assert sent == []
    assert form.model.errors == {"body": "Fill this in."}


def test_a_text_that_could_not_be_sent_stands_there_still() -> None:
    def send(body: str) -> str:
        raise NotSent

    form = reply_form(send).type(body="NO").press()
    assert (form.model.state, form.model.status) == ("refused", "That could not be sent.")
    assert form._texts["body"] == "NO"


def test_live_mode_points_to_your_own_phone() -> None:
    texted: list[str] = []
    form = reply_form(lambda body: str(texted.append(body)), mode="live").type(body="NO").press()
    assert form.model.status == "Answer on your own phone."
    assert texted == []
