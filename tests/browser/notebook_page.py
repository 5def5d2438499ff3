"""What a learner does in JupyterLab, and what they see there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lab_server import LabServer
from playwright.sync_api import BrowserContext, Locator, Page, expect

FIRST_PAGE_MS = 30_000
RUN_ALL_MS = 90_000
ANSWER_MS = 8_000

PHONE = re.compile("^Phone ")
CODE = "[data-code]"
OFFER = re.compile("^Fill in .* from Messages$")
IDLE = "(ipykernel) | Idle"
PLACE_OF_ITS_CELL = "part => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].indexOf(part.closest('.jp-Cell'))"
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
AT_THE_BOTTOM_OR_STOPPED = """errors => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputArea-prompt")];
    const ran = prompts.filter(prompt => /^\\[\\d+\\]:$/.test(prompt.textContent.trim()));
    return document.querySelector(errors) || (prompts.length && ran.length === prompts.length);
}"""


@contextmanager
def new_page(browser: BrowserContext, lab: LabServer) -> Iterator[NotebookPage]:
    """A page in the browser, with no notebook open yet; no kernel is left behind."""
    page = browser.new_page()
    yield NotebookPage(page, lab)  # no finally: where opening a notebook fails, the picture of it is still to be taken
    page.close()
    lab.close_everything()


class NotebookPage:
    """A notebook in JupyterLab. The learner's own form comes before the self-driving copy, so the first is theirs."""

    def __init__(self, page: Page, lab: LabServer) -> None:
        self.page = page
        self._lab = lab

    def open_as_make_lab_does(self) -> None:
        """Go where ``make lab`` sends the browser: to the server, which leads on to the first notebook."""
        self.page.goto(f"{self._lab.url}?token={self._lab.token}")
        self._wait_until_idle()

    def open(self, name: str) -> None:
        """Open a notebook by its name."""
        self.page.goto(self._lab.notebook_url(name))
        self._wait_until_idle()

    def run_all(self) -> None:
        """*Run All Cells* from the menu, and wait until the last cell has run. An error output fails the test."""
        self.menu("Run", "runmenu:run-all")
        self.page.wait_for_function(AT_THE_BOTTOM_OR_STOPPED, arg=ERRORS, timeout=RUN_ALL_MS)
        errors = self.page.locator(ERRORS).all_text_contents()
        assert not errors, "\n".join(errors)

    def menu(self, name: str, command: str) -> None:
        """Choose from JupyterLab's menu."""
        self.page.get_by_role("menubar").get_by_role("menuitem", name=name, exact=True).click()
        self.page.locator(f".lm-Menu [data-command='{command}']").click()

    def restart_the_kernel(self) -> None:
        """*Restart Kernel…* from the menu, and wait until the new one is there."""
        self.menu("Kernel", "kernelmenu:restart")
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()
        expect(self._status_bar).not_to_contain_text(IDLE)
        self._wait_until_idle()

    def run_again(self, form: FormOnPage) -> None:
        """Run the cell of a form once more: where a step can be taken once, the next hand begins afresh."""
        # By its place: while the cell has no form, the first of that title is the self-driving copy's.
        cell = self.cells.nth(form.root.evaluate(PLACE_OF_ITS_CELL))
        form.root.evaluate("form => form.dataset.older = true")
        cell.locator(".jp-InputPrompt").click()
        self.menu("Run", "runmenu:run")
        expect(cell.locator("form[data-older]")).to_have_count(0)
        for part in ("form.tf-form", ".tf-phone"):
            cell.locator(part).last.wait_for()

    def save(self) -> None:
        """*Save Notebook* from the menu, and wait until it is done."""
        self.menu("File", "docmanager:save")
        expect(self.page.locator(".lm-DockPanel-tabBar .lm-mod-current.jp-mod-dirty")).to_have_count(0)

    def open_beside(self, name: str) -> None:
        """Open another notebook from the list of files, in a tab of its own; the first one stays open behind it."""
        self.page.locator(".jp-DirListing-item", has_text=name).dblclick()
        expect(self._tab(name)).to_have_attribute("aria-selected", "true")
        self._wait_until_idle()

    def to_front(self, name: str) -> None:
        """Choose a notebook's tab. What stands in the others is hidden, and no form or phone of theirs is found."""
        self._tab(name).click()

    def _tab(self, name: str) -> Locator:
        return self.page.locator(".lm-DockPanel-tabBar").get_by_role("tab", name=name)

    def use_theme(self, theme: str) -> None:
        """*Settings, Theme* from the menu: ``light`` or ``dark``."""
        self.page.get_by_role("menubar").get_by_role("menuitem", name="Settings", exact=True).click()
        self.page.locator(".lm-Menu-item", has_text="Theme").first.hover()
        choice = f"JupyterLab {theme.title()}"
        self.page.locator(".lm-Menu [data-command='apputils:change-theme']").get_by_text(choice, exact=True).click()
        self.page.wait_for_selector(f"body[data-jp-theme-name='{choice}']", state="attached")

    @property
    def cells(self) -> Locator:
        """All cells, in their order."""
        return self.page.locator(".jp-Notebook .jp-Cell")

    def form(self, title: str) -> FormOnPage:
        """The learner's form of that title."""
        return FormOnPage(self.page.get_by_role("form", name=title, exact=True).first)

    @property
    def phone(self) -> PhoneOnPage:
        """The learner's phone."""
        return PhoneOnPage(self.page.get_by_role("region", name=PHONE).first)

    @property
    def _status_bar(self) -> Locator:
        return self.page.locator("#jp-main-statusbar")

    def _wait_until_idle(self) -> None:
        # Before the kernel is idle, Run All is lost in silence about every second time.
        expect(self._status_bar).to_contain_text(IDLE, timeout=FIRST_PAGE_MS)


class FormOnPage:
    """A form of the course on the screen."""

    def __init__(self, root: Locator) -> None:
        self.root = root

    def field(self, label: str) -> Locator:
        """The field with that label."""
        return self.root.get_by_label(re.compile(rf"^{re.escape(label)}( \(optional\))?$"))

    @property
    def phone(self) -> PhoneOnPage:
        """The phone that stands in the same cell."""
        return PhoneOnPage(self.cell.get_by_role("region", name=PHONE).first)

    def neighbour(self, title: str) -> FormOnPage:
        """The form of that title in the same cell, and not the self-driving copy's while there is none."""
        return FormOnPage(self.cell.get_by_role("form", name=title, exact=True))

    @property
    def cell(self) -> Locator:
        """The cell that it stands in."""
        return self.root.locator("xpath=ancestor::*[contains(concat(' ', @class, ' '), ' jp-Cell ')]")

    def button(self, label: str | re.Pattern[str]) -> Locator:
        """The button with that label."""
        return self.root.get_by_role("button", name=label, exact=True)

    def type(self, label: str, text: str) -> None:
        """Type with real keys, as fast as they go; what stood in the field is replaced."""
        self.field(label).press("ControlOrMeta+A")
        self.root.page.keyboard.type(text, delay=0)

    def look_at(self, number: str) -> None:
        """In the form for one number: type it, and ask."""
        self.type("Phone number", number)
        self.button("Check").click()

    def answered(self) -> None:
        """Wait until the form is neither untouched nor at work."""
        expect(self.root).to_have_attribute("data-state", re.compile("^(done|refused|silent)$"), timeout=ANSWER_MS)

    def says(self, words: str) -> None:
        """Wait until the form says this, below its buttons or beside a field."""
        expect(self.root).to_contain_text(words, timeout=ANSWER_MS)


class PhoneOnPage:
    """The phone on the screen."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.texts = root.get_by_role("listitem")

    def wait_for_text(self, number: int) -> Locator:
        """Wait until exactly this many texts are there; the newest one."""
        expect(self.texts).to_have_count(number, timeout=ANSWER_MS)
        return self.texts.last

    def wait_for_code(self, number_of_texts: int) -> str:
        """Wait for that many texts, and read the code off the newest one, as a person does."""
        return self.wait_for_text(number_of_texts).locator(CODE).first.inner_text()
