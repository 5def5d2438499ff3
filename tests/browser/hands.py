"""Two ways to work a form: with the mouse, and by keyboard alone."""

from __future__ import annotations

import re
from typing import Protocol

from notebook_page import PLACE_OF_ITS_CELL, FormOnPage
from playwright.sync_api import Locator, Page

Label = str | re.Pattern[str]
MOST_KEYS = 120
WAY_TO = """target => {
    const focused = document.activeElement;
    if (focused === target) return "";
    return focused.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
}"""
ACTIVE_CELL = """() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')]
    .findIndex(cell => cell.classList.contains('jp-mod-active'))"""
IN_AN_OUTPUT = "() => document.activeElement.closest('.jp-OutputArea') !== null"
CHOSEN = "list => [list.selectedIndex, [...list.options].map(({ value }) => value)]"


class Hand(Protocol):
    """What a learner does to a form."""

    def begin_above(self, form: FormOnPage) -> None:
        """Come to the form from above, as a reader does."""

    def fill(self, form: FormOnPage, label: str, text: str) -> None:
        """Put a text into the field with that label; what stood there is replaced."""

    def choose(self, form: FormOnPage, label: str, value: str) -> None:
        """Choose from the list with that label."""

    def press(self, form: FormOnPage, label: Label) -> None:
        """Press the button with that label."""

    def submit(self, form: FormOnPage, label: str) -> None:
        """Send the form from where the hand is, by its main button, which has that label."""


class Mouse:
    """Clicks into each field and onto each button."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def begin_above(self, form: FormOnPage) -> None:
        form.root.scroll_into_view_if_needed()

    def fill(self, form: FormOnPage, label: str, text: str) -> None:
        form.field(label).click(click_count=3)  # selects the line, or all of a short field
        form.type(label, text)

    def choose(self, form: FormOnPage, label: str, value: str) -> None:
        # A browser without a window draws no list to click on; this sends what the click on one sends.
        form.field(label).select_option(value)

    def press(self, form: FormOnPage, label: Label) -> None:
        form.button(label).click()

    def submit(self, form: FormOnPage, label: str) -> None:
        self.press(form, label)


class Keyboard:
    """Presses keys and nothing else: no click, and no focus but where Tab and the arrow keys lead."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def begin_above(self, form: FormOnPage) -> None:
        """By arrow keys, from cell to cell, to the cell above the form's; from a form further up, Tab leads on."""
        if self._page.evaluate(IN_AN_OUTPUT):
            return
        target = form.root.evaluate(PLACE_OF_ITS_CELL) - 1
        for _ in range(MOST_KEYS):
            active = self._page.evaluate(ACTIVE_CELL)
            if active == target:
                return
            self._page.keyboard.press("ArrowUp" if active > target else "ArrowDown")
        raise AssertionError("The arrow keys do not lead from cell to cell: the focus is not on a cell.")

    def fill(self, form: FormOnPage, label: str, text: str) -> None:
        self.reach(form.field(label))
        self._page.keyboard.press("ControlOrMeta+A")
        self._page.keyboard.type(text)

    def choose(self, form: FormOnPage, label: str, value: str) -> None:
        field = form.field(label)
        self.reach(field)
        chosen, values = field.evaluate(CHOSEN)
        steps = values.index(value) - chosen
        for _ in range(abs(steps)):
            self._page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")

    def press(self, form: FormOnPage, label: Label) -> None:
        self.reach(form.button(label))
        self._page.keyboard.press("Space")

    def submit(self, form: FormOnPage, label: str) -> None:
        self._page.keyboard.press("Enter")

    def reach(self, target: Locator) -> None:
        """Tab, or Shift+Tab, until the focus is there."""
        for _ in range(MOST_KEYS):
            key = target.evaluate(WAY_TO)
            if not key:
                return
            self._page.keyboard.press(key)
        raise AssertionError(f"The Tab key does not lead to {target}.")
