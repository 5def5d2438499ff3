"""Notebook 07: the scoreboard is filled, and one code meets two pages."""

import pytest
from axe import Axe
from exercise_cells import do_wrong_then_right, exercises_of
from hands import Hand
from notebook_page import OFFER, NotebookPage
from playwright.sync_api import expect

from helpers.exercises.exercise import Exercise

NOTEBOOK = "07-break-it.ipynb"


def test_the_scoreboard_is_filled(opened: NotebookPage) -> None:
    expect(opened.page.get_by_text("Ours lost 2 of 14 attacks").first).to_be_visible()


def test_the_phone_offers_the_code_on_the_banks_page_alone(opened: NotebookPage, hand: Hand) -> None:
    real, false = opened.form("Your code, at bank.example"), opened.form("Your code, at bank-example.test")
    opened.run_again(real)
    hand.begin_above(real)
    right = real.phone.wait_for_code(1)
    hand.press(real, OFFER)
    expect(false.button(OFFER)).to_have_count(0)
    expect(real.field("Code")).to_have_value(right)
    hand.submit(real, "Check the code")
    real.says("You are signed in. The page is the bank's, and your phone knew it.")


def test_whoever_types_it_into_the_false_page_lets_the_thief_in(opened: NotebookPage, hand: Hand) -> None:
    real, false = opened.form("Your code, at bank.example"), opened.form("Your code, at bank-example.test")
    opened.run_again(real)
    right = real.phone.wait_for_code(1)
    hand.begin_above(real)
    hand.fill(false, "Code", right)
    hand.submit(false, "Check the code")
    false.says("The thief is signed in: this page passed your code on to the bank.")
    hand.fill(real, "Code", right)
    hand.submit(real, "Check the code")
    real.says("✗")


@exercises_of(NOTEBOOK)
def test_exercise(opened: NotebookPage, exercise: Exercise) -> None:
    do_wrong_then_right(opened, exercise)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
