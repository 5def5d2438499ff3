"""Notebook 01: a number is bought in four steps, and settings are saved."""

import re
import stat

import pytest
from axe import Axe
from dotenv import dotenv_values
from exercise_cells import do_wrong_then_right, exercises_of
from hands import Hand
from lab_server import LabServer
from notebook_page import FormOnPage, NotebookPage
from playwright.sync_api import expect

from helpers.exercises.exercise import Exercise
from helpers.forms.number_shop import NOT_YET, REGISTERED, TAKEN, TAKEN_IN_VAIN

NOTEBOOK = "01-setup.ipynb"
SCROLLS_ABOVE = """(form) => {
  for (let box = form; !box.classList.contains("jp-OutputArea"); box = box.parentElement)
    if (box.scrollHeight > box.clientHeight + 1 && getComputedStyle(box).overflowY !== "visible") return true;
  return false;
}"""
"""Whether a box around the form, up to the cell's output, has a scroll bar of its own."""
SECRET_KEY = "neverShownAgain" + "x7" * 8 + "z"


def test_a_number_is_bought_and_texts_once_it_is_registered(opened: NotebookPage, hand: Hand) -> None:
    codes = opened.form("1 · Area code")
    exchanges, numbers = codes.neighbour("2 · Exchange"), codes.neighbour("3 · Number")
    phone = opened.phone
    texts = phone.texts.count()
    hand.begin_above(codes)
    hand.choose(codes, "Area code", "206")
    hand.press(codes, "Show exchanges")
    codes.says("of area code 206. Choose below.")
    expect(numbers.root).to_have_count(0)  # what an earlier choice had opened is gone
    expect(exchanges.root).to_have_attribute("data-state", "idle")
    hand.choose(exchanges, "Exchange", "206555")
    hand.press(exchanges, "Show numbers")
    exchanges.says("each with its price. Choose below.")
    hand.press(numbers, "Purchase")
    numbers.says("is yours.")
    bought = re.search(r"\(206\) 555-01\d\d", numbers.root.inner_text().split("✓")[-1])
    assert bought

    new_number = codes.neighbour("4 · Your new number")
    assert not codes.root.evaluate(SCROLLS_ABOVE), "each step is seen whole"
    send_until_it_is_taken(new_number, hand)
    hand.press(new_number, "Register the number")
    new_number.says(REGISTERED[:40])
    hand.fill(new_number, "Message", f"Hello from {bought[0]}")
    hand.press(new_number, "Send a text")
    new_number.says(TAKEN)
    # Only the text of the registered number arrives; the ones before it never do.
    expect(phone.wait_for_text(texts + 1)).to_contain_text(f"Hello from {bought[0]}")


def send_until_it_is_taken(form: FormOnPage, hand: Hand) -> None:
    """The most likely failure: messaging is turned on seconds after the purchase, and nothing is registered yet."""
    for _ in range(20):
        hand.press(form, "Send a text")
        form.answered()
        if NOT_YET not in form.root.inner_text():
            break
        form.root.page.wait_for_timeout(300)
    form.says(TAKEN_IN_VAIN)


def test_your_env(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    form = opened.form("Your .env")
    lab.env_file.write_text("# mine\nCOFFEE=strong\n", encoding="utf-8")
    hand.begin_above(form)
    hand.fill(form, "Access Key", "1234 5678")
    hand.press(form, "Save to .env")
    form.says("A key has no spaces inside.")
    assert lab.env_file.read_text(encoding="utf-8") == "# mine\nCOFFEE=strong\n"

    hand.fill(form, "Access Key", "1234-5678")
    hand.fill(form, "Secret Key", SECRET_KEY)
    hand.press(form, "Save to .env")
    form.says("An Access Key has digits alone.")
    expect(form.field("Secret Key")).to_have_value(SECRET_KEY)  # nobody has to type it again

    hand.fill(form, "Access Key", " 12345678 ")
    hand.fill(form, "Your Flowroute number", "206-555-0199")
    hand.press(form, "Save to .env")
    form.says("Saved in .env: FLOWROUTE_ACCESS_KEY, FLOWROUTE_MODE, FLOWROUTE_NUMBER, FLOWROUTE_SECRET_KEY,")
    expect(form.field("Secret Key")).to_have_value("")
    assert SECRET_KEY not in opened.page.content()
    assert stat.S_IMODE(lab.env_file.stat().st_mode) == 0o600
    saved = dotenv_values(lab.env_file)
    assert len(saved.pop("TWO_FACTOR_CODE_KEY") or "") == 64
    assert saved == {
        "COFFEE": "strong",
        "FLOWROUTE_MODE": "practice",
        "FLOWROUTE_ACCESS_KEY": "12345678",
        "FLOWROUTE_SECRET_KEY": SECRET_KEY,
        "FLOWROUTE_NUMBER": "+12065550199",
    }


@exercises_of(NOTEBOOK)
def test_exercise(opened: NotebookPage, exercise: Exercise) -> None:
    do_wrong_then_right(opened, exercise)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
