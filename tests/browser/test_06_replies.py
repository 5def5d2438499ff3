"""Notebook 06: the bank's forms, and an answer from the phone."""

import pytest
from axe import Axe
from exercise_cells import do_wrong_then_right, exercises_of
from hands import Hand
from lab_server import LabServer
from notebook_page import FormOnPage, NotebookPage
from playwright.sync_api import expect
from signing_in import sign_in_with_two_slips

from helpers.exercises.exercise import Exercise

NOTEBOOK = "06-replies-and-records.ipynb"
DATABASE = "06-replies-and-records-practice-form"


def test_sign_in(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    sign_in_with_two_slips(opened, hand, lab, DATABASE)


def test_an_answer_from_the_phone(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    phone = FormOnPage(opened.form("Sign in").phone.root)
    hand.fill(phone, "Reply", "no")
    hand.submit(phone, "Send")
    phone.says("Sent. The bank heard NO: denied 1.")
    expect(phone.field("Reply")).to_have_value("")
    assert lab.rows(DATABASE, "SELECT word, state FROM posted ORDER BY received_at DESC LIMIT 1") == [("NO", "done")]


@exercises_of(NOTEBOOK)
def test_exercise(opened: NotebookPage, exercise: Exercise) -> None:
    do_wrong_then_right(opened, exercise)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
