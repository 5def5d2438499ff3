"""What goes wrong with forms in notebooks: clicks too many, a busy kernel, no kernel, two notebooks at once."""

import pytest
from every_form import write_notebook
from lab_server import LabServer
from notebook_page import FormOnPage, NotebookPage
from playwright.sync_api import expect

from helpers.forms.sample_app import CUSTOMER, PASSWORD

BUSY = """
import pathlib, time
from helpers.forms import phone_number_form

phone_number_form(title="Look at a number")
"""
UNTIL_A_FILE_IS_THERE = """
while not pathlib.Path({go_on!r}).exists():
    time.sleep(0.02)
"""
NUMBER = "206-555-0143"


@pytest.fixture
def start_here(notebook: NotebookPage) -> NotebookPage:
    notebook.open("00-start-here.ipynb")
    notebook.run_all()
    return notebook


def look_at(form: FormOnPage, number: str) -> None:
    form.type("Phone number", number)
    form.button("Check").click()


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


def test_a_click_while_a_cell_runs_waits_and_says_so(notebook: NotebookPage, lab: LabServer) -> None:
    go_on = lab.folder / "go-on"
    wait = UNTIL_A_FILE_IS_THERE.format(go_on=str(go_on))
    write_notebook(lab.folder / "course" / "notebooks" / "busy.ipynb", BUSY, wait)
    notebook.open("busy.ipynb")
    notebook.menu("Run", "runmenu:run-all")
    form = notebook.form("Look at a number")
    form.root.wait_for()
    notebook.wait_until_busy()

    look_at(form, NUMBER)
    form.says("Working…")
    form.says("Waiting for the kernel: another cell may still be running.")
    expect(form.root.get_by_role("progressbar")).to_be_visible()
    form.button("Check").click(force=True)
    go_on.touch()
    form.says("Flowroute gets 12065550143.")
    expect(form.root.get_by_role("progressbar")).to_be_hidden()
    expect(form.field("Phone number")).to_have_value(NUMBER)


def test_a_form_says_by_itself_that_its_kernel_was_restarted(notebook: NotebookPage) -> None:
    notebook.open("03-sending.ipynb")
    notebook.run_all()
    form = notebook.form("Look at a number")
    look_at(form, NUMBER)
    form.says("12065550143")

    notebook.restart_the_kernel()
    form.says("The kernel was restarted or has stopped, so nobody is behind this form. Run its cell again")
    expect(form.button("Check")).to_have_attribute("aria-disabled", "true")
    expect(form.root).not_to_contain_text("Flowroute gets")
    expect(form.field("Phone number")).to_have_value(NUMBER)
    form.button("Check").click(force=True)
    form.says("Run its cell again")


def test_a_notebook_that_is_opened_again_explains_itself(notebook: NotebookPage, lab: LabServer) -> None:
    notebook.open("03-sending.ipynb")
    notebook.run_all()
    notebook.save()
    lab.shut_down_kernels()
    notebook.open("03-sending.ipynb")
    still = notebook.page.locator(".tf-still").first
    expect(still).to_contain_text("Look at a number")
    expect(still).to_contain_text("To use it, run this cell: Shift+Enter.")
    expect(notebook.page.locator(".jp-Notebook")).not_to_contain_text("Error displaying widget")
    expect(notebook.page.locator(".jp-Notebook")).not_to_contain_text("model not found")


def test_two_notebooks_at_once(start_here: NotebookPage) -> None:
    """In two tabs of one JupyterLab, and a form of each is used in turn."""
    other, sign_in, code = start_here.form("Look at a number"), start_here.form("Sign in"), start_here.form("Your code")
    texts = start_here.phone.texts.count()
    sign_in.type("User name", CUSTOMER)
    sign_in.type("Password", PASSWORD)
    start_here.open_beside("03-sending.ipynb")
    start_here.run_all()
    look_at(other, NUMBER)
    other.says("Flowroute gets 12065550143.")

    start_here.to_front("00-start-here.ipynb")
    sign_in.button("Sign in").click()
    code.type("Code", start_here.phone.wait_for_code(texts + 1))
    code.button("Check the code").click()
    code.says(f"You are signed in as {CUSTOMER}.")

    start_here.to_front("03-sending.ipynb")
    other.says("Flowroute gets 12065550143.")
    look_at(other, "206-555-0144")
    other.says("Flowroute gets 12065550144.")
