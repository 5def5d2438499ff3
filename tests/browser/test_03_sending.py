"""Notebook 03: a number is looked at."""

import pytest
from axe import Axe
from hands import Hand
from notebook_page import NotebookPage
from playwright.sync_api import expect

NOTEBOOK = "03-sending.ipynb"


def test_look_at_a_number(opened: NotebookPage, hand: Hand) -> None:
    form = opened.form("Look at a number")
    hand.begin_above(form)
    hand.fill(form, "Phone number", "206-555-014")
    hand.submit(form, "Check")
    expect(form.field("Phone number")).to_have_attribute("aria-invalid", "true")
    expect(form.field("Phone number")).to_have_value("206-555-014")

    hand.fill(form, "Phone number", "206-555-0142")
    hand.submit(form, "Check")
    form.says("Flowroute gets 12065550142.")
    expect(form.field("Phone number")).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
