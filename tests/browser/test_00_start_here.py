"""Notebook 00, where ``make lab`` leads: the picture, the forms, Tab and double clicks, a notebook beside it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import Axe
from exercise_cells import do_wrong_then_right
from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage, new_page
from playwright.sync_api import BrowserContext, expect
from signing_in import sign_in_with_two_slips

from helpers.exercises import EXERCISES, find
from helpers.forms.sample_app import CUSTOMER, PASSWORD

NUMBER = "206-555-0143"
FOCUSED = """() => {
    const { activeElement: focused } = document;
    return focused.labels?.[0]?.textContent ?? focused.textContent;
}"""


@pytest.fixture(scope="module")
def opened(browser: BrowserContext, lab: LabServer) -> Iterator[NotebookPage]:
    with new_page(browser, lab) as page:
        page.open_as_make_lab_does()
        page.run_all()
        yield page


def test_make_lab_leads_here_and_the_diagram_is_drawn(opened: NotebookPage, tmp_path: Path) -> None:
    assert opened.page.url.endswith("/notebooks/00-start-here.ipynb")
    diagram = opened.page.locator(".jp-RenderedMermaid img").first
    expect(diagram).to_have_attribute("src", re.compile("^data:image/svg"))
    assert diagram.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


def test_sign_in(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    sign_in_with_two_slips(opened, hand, lab, "00-start-here-practice-form")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []


def test_a_double_click_is_one_text(opened: NotebookPage) -> None:
    form, code, phone = opened.form("Sign in"), opened.form("Your code"), opened.phone
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


def test_tab_goes_in_reading_order_and_enter_submits(opened: NotebookPage) -> None:
    form, page = opened.form("Sign in"), opened.page
    form.type("User name", CUSTOMER)
    stops = []
    for _ in range(4):
        stops.append(page.evaluate(FOCUSED))
        page.keyboard.press("Tab")
    assert stops == ["User name", "Password", "Show password", "Sign in"]

    form.type("Password", PASSWORD[::-1])  # wrong, and so without a text, of which an hour has only so many
    page.keyboard.press("Enter")
    form.says("User name or password is wrong.")


def test_two_notebooks_at_once(opened: NotebookPage) -> None:
    """In two tabs of one JupyterLab, and a form of each is used in turn."""
    other, sign_in, code = opened.form("Look at a number"), opened.form("Sign in"), opened.form("Your code")
    opened.run_again(sign_in)  # another bank: an hour has only so many texts
    texts = opened.phone.texts.count()
    sign_in.type("User name", CUSTOMER)
    sign_in.type("Password", PASSWORD)
    opened.open_beside("03-sending.ipynb")
    opened.run_all()
    other.look_at(NUMBER)
    other.says("Flowroute gets 12065550143.")

    opened.to_front("00-start-here.ipynb")
    sign_in.button("Sign in").click()
    code.type("Code", opened.phone.wait_for_code(texts + 1))
    code.button("Check the code").click()
    code.says(f"You are signed in as {CUSTOMER}.")

    opened.to_front("03-sending.ipynb")
    other.says("Flowroute gets 12065550143.")
    other.look_at("206-555-0144")
    other.says("Flowroute gets 12065550144.")


def test_the_map_counts_what_is_passed_and_asks_before_it_forgets(opened: NotebookPage, lab: LabServer) -> None:
    """The check is passed in the notebook beside it."""
    kept, exercise = lab.folder / "data" / "course" / "progress", find("03.2")
    shutil.rmtree(kept, ignore_errors=True)
    opened.to_front("03-sending.ipynb")
    do_wrong_then_right(opened, exercise)

    opened.to_front("00-start-here.ipynb")
    form = opened.form("Your progress")
    row = form.cell.get_by_role("row", name="03 ·")
    expect(row).to_contain_text("0 of 3")
    form.button("Look again").click()
    form.says(f"1 of {len(EXERCISES)} done, next: 01")
    expect(row).to_contain_text("○●○ 1 of 3")

    form.button("Forget it all").click()
    form.says("Forget which checks you have passed? What you wrote in the notebooks stays.")
    form.button("Not now").click()
    form.says("Nothing was forgotten.")
    assert [file.name for file in kept.iterdir()] == [exercise.id]

    form.button("Forget it all").click()
    form.button("Forget it").click()
    form.says(f"Forgotten. 0 of {len(EXERCISES)} done, next: 01")
    expect(row).to_contain_text("○○○ 0 of 3")
    assert list(kept.iterdir()) == []
