"""Notebook 07: the whole of it runs to the bottom, and the scoreboard stands there. It has no form."""

from notebook_page import NotebookPage
from playwright.sync_api import expect

NOTEBOOK = "07-break-it.ipynb"


def test_the_scoreboard_is_filled(opened: NotebookPage) -> None:
    expect(opened.page.get_by_text("Ours lost 2 of 14 attacks").first).to_be_visible()
