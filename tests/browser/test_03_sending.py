"""Notebook 03: a number is looked at."""

import pytest
from axe import Axe
from exercise_cells import do_wrong_then_right, exercises_of
from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect

from helpers.exercises.exercise import Exercise

NOTEBOOK = "03-sending.ipynb"
CELLS = "cells => cells.map(cell => [cell.dataset.mark, cell.classList.contains('jp-CodeCell')])"
MARK_CELLS = f"cells => {{ cells.forEach((cell, index) => cell.dataset.mark = index); return ({CELLS})(cells); }}"


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


@exercises_of(NOTEBOOK)
def test_exercise(opened: NotebookPage, exercise: Exercise) -> None:
    do_wrong_then_right(opened, exercise)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []


def test_keys_in_a_form_are_no_shortcuts(opened: NotebookPage) -> None:
    """In JupyterLab dd deletes a cell, 00 restarts the kernel, a and b add a cell, x cuts one, m turns it into text."""
    form, keys = opened.form("Look at a number"), "dd00abxmyk"
    before = opened.cells.evaluate_all(MARK_CELLS)

    form.field("Phone number").click()
    form.type("Phone number", keys)
    form.button("Check").focus()
    opened.page.keyboard.type(keys)
    texts = opened.page.get_by_role("log").first  # the phone's list of texts
    texts.focus()
    expect(texts).to_be_focused()
    opened.page.keyboard.type(keys)

    expect(form.field("Phone number")).to_have_value(keys)
    expect(opened.page.locator(".jp-Dialog")).to_have_count(0)
    assert opened.cells.evaluate_all(CELLS) == before


def test_a_notebook_that_is_opened_again_explains_itself(opened: NotebookPage, lab: LabServer) -> None:
    opened.save()
    lab.shut_down_kernels()
    opened.open("03-sending.ipynb")
    still = opened.page.locator(".tf-still").first
    expect(still).to_contain_text("Look at a number")
    expect(still).to_contain_text("To use it, run this cell: Shift+Enter.")
    expect(opened.page.locator(".jp-Notebook")).not_to_contain_text("Error displaying widget")
    expect(opened.page.locator(".jp-Notebook")).not_to_contain_text("model not found")
