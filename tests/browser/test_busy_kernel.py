"""A form beside a cell that runs: it waits, says so, and answers once."""

from importlib.metadata import version

from every_form import write_notebook
from lab_server import LabServer
from notebook_page import NotebookPage
from packaging.version import Version
from playwright.sync_api import expect

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
ANSWERS_BESIDE_A_CELL = Version(version("ipykernel")) < Version("7.4")
"""ipykernel 7.3 takes a form's messages on a thread of their own: there nobody has to wait for the cell."""


def test_a_click_while_a_cell_runs_waits_and_says_so(notebook: NotebookPage, lab: LabServer) -> None:
    go_on = lab.folder / "go-on"
    wait = UNTIL_A_FILE_IS_THERE.format(go_on=str(go_on))
    write_notebook(lab.folder / "course" / "notebooks" / "busy.ipynb", BUSY, wait)
    notebook.open("busy.ipynb")
    notebook.menu("Run", "runmenu:run")
    form = notebook.form("Look at a number")
    form.root.wait_for()  # ipykernel 7.3 shows a new form only once its kernel is free
    notebook.menu("Run", "runmenu:run")
    expect(notebook.cells.nth(1).locator(".jp-InputPrompt")).to_have_text("[*]:")  # its second cell runs

    form.look_at(NUMBER)
    if ANSWERS_BESIDE_A_CELL:
        form.says("Flowroute gets 12065550143.")
        go_on.touch()
        return
    form.says("Working…")
    form.says("Waiting for the kernel: another cell may still be running.")
    expect(form.root.get_by_role("progressbar")).to_be_visible()
    form.button("Check").click(force=True)
    go_on.touch()
    form.says("Flowroute gets 12065550143.")
    expect(form.root.get_by_role("progressbar")).to_be_hidden()
    expect(form.field("Phone number")).to_have_value(NUMBER)
