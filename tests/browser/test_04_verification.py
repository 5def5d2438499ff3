"""Notebook 04: the sample app."""

import pytest
from axe import Axe
from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage
from signing_in import sign_in_with_two_slips

NOTEBOOK = "04-verification.ipynb"


def test_sign_in(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    sign_in_with_two_slips(opened, hand, lab, "04-verification-form")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
