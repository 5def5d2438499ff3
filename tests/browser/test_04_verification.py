"""Notebook 04: a phone is added, and the sample app."""

import pytest
from axe import Axe
from exercise_cells import do_wrong_then_right, exercises_of
from hands import Hand
from lab_server import LabServer
from notebook_page import OFFER, NotebookPage
from playwright.sync_api import expect
from signing_in import sign_in_with_two_slips

from helpers.exercises.exercise import Exercise

NOTEBOOK = "04-verification.ipynb"
ADDING = "04-verification-practice-add-phone"
BENS_PHONE = "SELECT phone, phone_confirmed_at IS NOT NULL FROM accounts WHERE name = 'ben'"


def test_add_a_phone(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    """A number that nobody should text, then Ben's own; the code is filled in from the phone."""
    number, code = opened.form("Add your phone"), opened.form("Confirm your phone")
    opened.run_again(number)
    hand.begin_above(number)
    hand.fill(number, "Phone number", "+1 900 555 0123")
    number.says("(900) 555-0123, US")
    hand.submit(number, "Text me a code")
    number.says("This is a premium-rate number. Give the number of a mobile phone.")
    assert lab.rows(ADDING, BENS_PHONE) == [(None, 0)]

    hand.fill(number, "Phone number", "206-555-0100")
    hand.submit(number, "Text me a code")
    number.says("We texted a code to the phone ending in 00.")
    right = number.phone.wait_for_code(1)
    hand.press(code, OFFER)
    expect(code.field("Code")).to_have_value(right)
    hand.submit(code, "Check the code")
    code.says("Your phone ending in 00 is confirmed.")
    assert lab.rows(ADDING, BENS_PHONE) == [("+12065550100", 1)]


def test_sign_in(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    sign_in_with_two_slips(opened, hand, lab, "04-verification-form")


@exercises_of(NOTEBOOK)
def test_exercise(opened: NotebookPage, exercise: Exercise) -> None:
    do_wrong_then_right(opened, exercise)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
