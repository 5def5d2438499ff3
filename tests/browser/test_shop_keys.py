"""The shop of notebook 01 in a browser: with the keyboard alone, from an area code to a text on the phone."""

from __future__ import annotations

from notebook_page import NotebookPage
from playwright.sync_api import Keyboard, expect

PROVISIONING_MS = 2_000


def tab(keyboard: Keyboard, times: int) -> None:
    for _ in range(times):
        keyboard.press("Tab")


def wait_for_step(notebook: NotebookPage, title: str) -> None:
    """Wait until the learner's shop shows a step, as a person does: its copy further down shows all of them."""
    expect(notebook.page.get_by_role("form", name=title, exact=True)).to_have_count(2)


def test_a_number_is_bought_and_texted_from_with_the_keyboard(notebook: NotebookPage) -> None:
    notebook.open("01-setup.ipynb")
    notebook.run_all()
    keyboard = notebook.page.keyboard
    area_code = notebook.form("1 · Area code")
    area_code.field("Area code").focus()
    keyboard.type("415")
    tab(keyboard, 1)
    keyboard.press("Enter")
    area_code.says("1 exchange of area code 415.")

    # The step that was opened comes next: its list, then its button.
    wait_for_step(notebook, "2 · Exchange")
    tab(keyboard, 2)
    keyboard.press("Enter")
    wait_for_step(notebook, "3 · Number")
    number = notebook.form("3 · Number")
    number.says("(415) 555-0100, San Francisco CA: $1.25 a month, $1.00 once")
    tab(keyboard, 2)
    keyboard.press("Enter")
    number.says("(415) 555-0100 is yours.")

    wait_for_step(notebook, "4 · Your new number")
    own = notebook.form("4 · Your new number")
    tab(keyboard, 3)
    expect(own.button("Register the number")).to_be_focused()
    keyboard.press("Enter")
    own.says("Registered, at once")
    notebook.page.wait_for_timeout(PROVISIONING_MS)  # the form's clock runs, as the real one does
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    own.says("It is on the phone in a moment.")
    expect(notebook.phone.wait_for_text(1)).to_contain_text("Hello from my new number!")
