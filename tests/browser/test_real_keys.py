"""Keys in a form: the Tab key, Enter, and JupyterLab's shortcuts."""

from collections.abc import Iterator

import pytest
from lab_server import LabServer
from notebook_page import FormOnPage, NotebookPage, new_page
from playwright.sync_api import BrowserContext, expect

from helpers.forms.sample_app import CUSTOMER, PASSWORD

CELLS = "cells => cells.map(cell => [cell.dataset.mark, cell.classList.contains('jp-CodeCell')])"
MARK_CELLS = f"cells => {{ cells.forEach((cell, index) => cell.dataset.mark = index); return ({CELLS})(cells); }}"
FOCUSED = """() => {
    const { activeElement: focused } = document;
    return focused.labels?.[0]?.textContent ?? focused.textContent;
}"""


@pytest.fixture(scope="module")
def sending(browser: BrowserContext, lab: LabServer) -> Iterator[NotebookPage]:
    """Notebook 03, run: its form's words repeat the number that it got."""
    with new_page(browser, lab) as page:
        page.open("03-sending.ipynb")
        page.run_all()
        yield page


@pytest.fixture(scope="module")
def start_here(browser: BrowserContext, lab: LabServer) -> Iterator[NotebookPage]:
    """Notebook 00, run: the two forms and the phone."""
    with new_page(browser, lab) as page:
        page.open("00-start-here.ipynb")
        page.run_all()
        yield page


def number_form(sending: NotebookPage) -> FormOnPage:
    return sending.form("Look at a number")


def test_tab_goes_in_reading_order_and_enter_submits(start_here: NotebookPage) -> None:
    form, page = start_here.form("Sign in"), start_here.page
    form.type("User name", CUSTOMER)
    stops = []
    for _ in range(4):
        stops.append(page.evaluate(FOCUSED))
        page.keyboard.press("Tab")
    assert stops == ["User name", "Password", "Show password", "Sign in"]

    form.type("Password", PASSWORD)
    page.keyboard.press("Enter")
    form.says("Password right.")


def test_keys_in_a_form_are_no_shortcuts(sending: NotebookPage) -> None:
    """In JupyterLab dd deletes a cell, 00 restarts the kernel, a and b add a cell, x cuts one, m turns it into text."""
    form, keys = number_form(sending), "dd00abxmyk"
    before = sending.cells.evaluate_all(MARK_CELLS)

    form.field("Phone number").click()
    form.type("Phone number", keys)
    form.button("Check").focus()
    sending.page.keyboard.type(keys)
    texts = sending.page.get_by_role("log").first  # the phone's list of texts
    texts.focus()
    expect(texts).to_be_focused()
    sending.page.keyboard.type(keys)

    expect(form.field("Phone number")).to_have_value(keys)
    expect(sending.page.locator(".jp-Dialog")).to_have_count(0)
    assert sending.cells.evaluate_all(CELLS) == before
