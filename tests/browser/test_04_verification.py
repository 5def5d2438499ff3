"""Notebook 04: the sample app."""

from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage
from signing_in import sign_in_with_two_slips

NOTEBOOK = "04-verification.ipynb"


def test_sign_in(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    sign_in_with_two_slips(opened, hand, lab, "04-verification-form")
