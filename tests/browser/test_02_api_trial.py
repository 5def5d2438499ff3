"""Notebook 02: one request by hand."""

import pytest
from axe import Axe
from exercise_cells import do_wrong_then_right, exercises_of
from hands import Hand
from notebook_page import NotebookPage
from playwright.sync_api import expect

from helpers.exercises.exercise import Exercise

NOTEBOOK = "02-api-trial.ipynb"
GONE = "The kernel was restarted. Run this cell again."


def test_try_it_out(opened: NotebookPage, hand: Hand) -> None:
    form, answer, phone = opened.form("Try it out"), opened.page.locator(".tf-exchange").first, opened.phone
    texts = phone.texts.count()
    hand.begin_above(form)
    hand.choose(form, "API version", "v2.2")
    hand.fill(form, "From", "12065550123")
    hand.fill(form, "Message", "From a number that is not ours.")
    hand.press(form, "Try it!")
    form.says("Check that the from number is on your account")
    expect(answer).to_contain_text("403")
    expect(phone.texts).to_have_count(texts)

    message = f"Typed by hand, for the {texts + 1}. text."
    hand.fill(form, "From", "12065550199")
    hand.fill(form, "Message", message)
    hand.press(form, "Try it!")
    form.says("202 Accepted: Flowroute took the message.")
    expect(answer).to_contain_text("202 Accepted")
    expect(answer).to_contain_text(message)
    expect(phone.wait_for_text(texts + 1)).to_contain_text(message)


@exercises_of(NOTEBOOK)
def test_exercise(opened: NotebookPage, exercise: Exercise) -> None:
    do_wrong_then_right(opened, exercise)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []


def test_all_that_stands_on_the_page_says_that_the_kernel_was_restarted(opened: NotebookPage) -> None:
    """By itself, without a press; what was typed stays, and a press is answered too."""
    form = opened.form("Try it out")
    phone, view = opened.page.locator(".tf-phone").first, opened.page.locator(".tf-requests").first
    form.type("Message", "Typed before.")
    expect(phone).not_to_contain_text(GONE)
    opened.restart_the_kernel()
    form.says("The kernel was restarted or has stopped, so nobody is behind this form. Run its cell again")
    expect(form.button("Try it!")).to_have_attribute("aria-disabled", "true")
    expect(form.root).not_to_contain_text("Flowroute took the message")
    expect(form.field("Message")).to_have_value("Typed before.")
    expect(phone).to_contain_text(GONE)
    expect(view).to_contain_text(GONE)
    form.button("Try it!").click(force=True)
    form.says("Run its cell again")
