"""What only a browser shows: fast typing, double clicks, the Tab key, JupyterLab's shortcuts, a restarted kernel."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab_server import LabServer
from notebook_page import FormOnPage, NotebookPage, new_page
from playwright.sync_api import BrowserContext, expect

from helpers.forms.sample_app import CUSTOMER, PASSWORD

TIMES = 20
KEEP_ANSWERS = """form => {
    window.answers = [];
    new MutationObserver(changes => {
        const answered = changes.some(({ oldValue }) => oldValue === "working") && form.dataset.state !== "working";
        if (answered) window.answers.push(form.querySelector("[role=status]").textContent);
    }).observe(form, { attributeFilter: ["data-state"], attributeOldValue: true });
}"""
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


def click_check(form: FormOnPage) -> None:
    form.button("Check").click()


def press_enter(form: FormOnPage) -> None:
    form.root.page.keyboard.press("Enter")


@pytest.mark.parametrize("submit", [click_check, press_enter])
def test_a_form_never_acts_on_an_older_value(submit: Callable[[FormOnPage], None], sending: NotebookPage) -> None:
    """Typed and submitted at once; plain ipywidgets in this JupyterLab read an older text about every sixth time."""
    form = number_form(sending)
    form.root.evaluate(KEEP_ANSWERS)
    assert stale_answers(form, submit) == []


def stale_answers(form: FormOnPage, submit: Callable[[FormOnPage], None]) -> list[str]:
    """Each number that was typed and the answer to it, where the answer is about another."""
    page, stale = form.root.page, []
    for number in range(2065550100, 2065550100 + TIMES):
        before = page.evaluate("answers.length")
        form.type("Phone number", str(number))
        submit(form)
        page.wait_for_function("before => answers.length > before", arg=before)
        answer = page.evaluate("answers.at(-1)")
        if f"1{number}." not in answer:
            stale.append(f"{number}: {answer}")
    return stale


def test_a_double_click_is_one_text(start_here: NotebookPage) -> None:
    form, code, phone = start_here.form("Sign in"), start_here.form("Your code"), start_here.phone
    texts = phone.texts.count()
    for clicks in (2, 3, 1):
        form.type("User name", CUSTOMER)
        form.type("Password", PASSWORD)
        form.button("Sign in").click(click_count=clicks)
        texts += 1
        # Only the newest code works. So this text is the last one, and since texts arrive in order, all are there.
        code.type("Code", phone.wait_for_code(texts))
        code.button("Check the code").click()
        code.says(f"You are signed in as {CUSTOMER}.")
        expect(phone.texts).to_have_count(texts)


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


def test_a_form_says_when_its_kernel_was_restarted(sending: NotebookPage, tmp_path: Path) -> None:
    form = number_form(sending)
    form.type("Phone number", "206-555-0143")
    form.button("Check").click()
    form.says("12065550143")

    sending.restart_the_kernel()
    form.type("Phone number", "206-555-0144")
    form.button("Check").click()
    form.says("No answer from the kernel. If it was restarted, run this cell again.")
    expect(form.root).not_to_contain_text("12065550143")
    expect(form.field("Phone number")).to_have_value("206-555-0144")
    sending.page.screenshot(path=tmp_path / "restarted.png")
