"""Notebook 07: the whole of it runs to the bottom, and the scoreboard stands there. It has no form."""

import pytest
from axe import Axe
from notebook_page import NotebookPage
from playwright.sync_api import expect

NOTEBOOK = "07-break-it.ipynb"


def test_the_scoreboard_is_filled(opened: NotebookPage) -> None:
    expect(opened.page.get_by_text("Ours lost 2 of 14 attacks").first).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
