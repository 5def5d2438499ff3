"""Typed as fast as keys go, and submitted at once: no form ever acts on an older text.

Plain ipywidgets in this JupyterLab read an older text about every sixth time.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from every_form import KINDS, Kind, received_by, write_every_form
from fast_keys import FastKeys, key
from lab_server import LabServer
from notebook_page import FormOnPage, NotebookPage, new_page
from playwright.sync_api import BrowserContext

TIMES = int(os.environ.get("COURSE_TYPING_ROUNDS", "20"))
"""On each form, by click and again by Enter. ``make proof`` does a hundred: a round costs a tenth of a second."""

# The form may be free again before it is asked for. Then the next round begins in the field.
ONCE_ANSWERED = """new Promise(resolve => {
    const { form, target } = window;
    const look = () => form.dataset.state === "working" || (watch.disconnect(), target.focus(), resolve());
    const watch = new MutationObserver(look);
    watch.observe(form, { attributeFilter: ["data-state"] });
    look();
})"""


@pytest.fixture(scope="module")
def every_form(browser: BrowserContext, lab: LabServer) -> Iterator[tuple[NotebookPage, Path]]:
    received = write_every_form(lab.folder / "course")
    with new_page(browser, lab) as page:
        page.open("every-form.ipynb")
        page.run_all()
        yield page, received


@pytest.mark.parametrize("by", ["click", "Enter"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_what_was_typed_is_what_arrives(kind: Kind, by: str, every_form: tuple[NotebookPage, Path]) -> None:
    notebook, received = every_form
    form, keys = notebook.form(kind.title), FastKeys(notebook.page)
    before = len(received_by(received, kind.title))
    begin(form, kind)
    shown = [one_round(keys, kind, by, number) for number in range(TIMES)]
    arrived = received_by(received, kind.title)[before:]
    assert [action for action, _ in arrived] == [kind.action] * TIMES
    assert [values.get(kind.name) for _, values in arrived] == shown
    assert len(set(shown)) == kind.different(TIMES)


def begin(form: FormOnPage, kind: Kind) -> None:
    """Fill in what else is needed, and tell the page which form, field and button are meant."""
    if kind.title == "Sign in":
        form.type("User name", "ana")
    form.root.evaluate("form => window.form = form")
    form.button(kind.button).evaluate("button => window.button = button")
    target = form.field(kind.label) if kind.name else form.button(kind.button)
    target.evaluate("target => { window.target = target; target.focus(); }")
    form.button(kind.button).scroll_into_view_if_needed()


def one_round(keys: FastKeys, kind: Kind, by: str, number: int) -> str | None:
    """Type and submit, and come back as soon as the form is free again; the text that was typed."""
    typed = kind.keys(number)
    if by == "click":
        keys.click_on_the_button(typed, ONCE_ANSWERED)
    else:
        keys.send([*typed, *(key("Tab") if kind.enter_elsewhere else []), *key("Enter")], ONCE_ANSWERED)
    return kind.text(number)
