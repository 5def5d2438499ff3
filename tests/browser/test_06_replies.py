"""Notebook 06: the bank's forms, and an answer from the phone."""

from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect
from signing_in import sign_in_with_two_slips

NOTEBOOK = "06-replies-and-records.ipynb"
DATABASE = "06-replies-and-records-practice-form"


def test_sign_in(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    sign_in_with_two_slips(opened, hand, lab, DATABASE)


def test_an_answer_from_the_phone(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    form = opened.form("Answer from Ana's phone")
    hand.fill(form, "Text", "   ")
    hand.press(form, "Send")
    form.says("Fill in: Text.")

    hand.fill(form, "Text", "no")
    hand.submit(form, "Send")
    form.says("Sent. The bank understood: NO.")
    expect(form.field("Text")).to_have_value("")
    assert lab.rows(DATABASE, "SELECT word, state FROM posted ORDER BY received_at DESC LIMIT 1") == [("NO", "done")]
