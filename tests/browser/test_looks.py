"""Every kind of form in every state: nothing to complain about in it, nothing too wide, and a picture of it to look at.

The pictures are kept in the folder that ``COURSE_PICTURES`` names, or in the tests' own; nobody compares them.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import Axe
from every_form import KINDS, STATES, write_every_state
from lab_server import LabServer
from notebook_page import NotebookPage, new_page
from playwright.sync_api import BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as TooLate

# Width of the window in pixels, and how much the browser enlarges what stands in it.
SIZES = {"1280": (1280, 1), "640": (640, 1), "200-percent": (1280, 2)}
TALL = 9_000
ENLARGE = "factor => document.querySelectorAll('.jp-OutputArea-output').forEach(part => part.style.zoom = factor)"
TOO_WIDE = """() => [...document.querySelectorAll(".tf *")].filter(node => node.checkVisibility())
    .filter(node => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX === "visible")
    .filter(node => node.clientWidth && !node.closest(".tf-unseen")).map(node => node.outerHTML.slice(0, 120))"""
NAMELESS = """() => [...document.querySelectorAll(".tf :is(input, select, textarea, button)")]
    .filter(node => !(node.ariaLabel || node.labels?.length || node.textContent.trim())).map(node => node.outerHTML)"""
# Where Tab leads goes down the page, and within a line to the right.
OUT_OF_ORDER = """() => [...document.querySelectorAll("form.tf")].flatMap(form => {
    const stops = [...form.querySelectorAll("input, select, textarea, button, [tabindex='0']")]
        .filter(node => node.checkVisibility() && !node.disabled);
    const places = stops.map(node => node.getBoundingClientRect());
    const sameLine = at => places[at].top < places[at - 1].bottom;
    const inItsField = node => node.matches(".tf-show");
    return stops.filter((node, at) => node.tabIndex > 0 || (at && !inItsField(node) && (
        places[at].bottom <= places[at - 1].top || (sameLine(at) && places[at].left < places[at - 1].right - 1))))
        .map(node => node.outerHTML);
})"""


@pytest.fixture(scope="module")
def every_state(browser: BrowserContext, lab: LabServer) -> Iterator[NotebookPage]:
    write_every_state(lab.folder / "course")
    with new_page(browser, lab) as page:
        page.open("every-state.ipynb")
        page.run_all()
        page.page.keyboard.press("ControlOrMeta+B")  # the list of files leaves half a window for nothing else
        expect(page.page.get_by_role("form")).to_have_count(len(KINDS) * len(STATES))
        yield page


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("COURSE_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_form_in_every_state(theme: str, every_state: NotebookPage, pictures: Path, axe: Axe) -> None:
    page = every_state.page
    every_state.use_theme(theme)
    for name, (width, factor) in SIZES.items():
        page.set_viewport_size({"width": width, "height": TALL})
        page.evaluate(ENLARGE, factor)
        assert too_wide(page) == [], name
        assert page.evaluate(OUT_OF_ORDER) == [], name
        take_pictures(every_state, pictures, f"{theme}-{name}")
    page.evaluate(ENLARGE, 1)
    assert axe.complaints(page) == []


def too_wide(page: Page) -> list[str]:
    """What is too wide once JupyterLab has followed the window, which it does a moment later."""
    with contextlib.suppress(TooLate):
        page.wait_for_function(f"() => ({TOO_WIDE})().length === 0", polling=200, timeout=5_000)
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def take_pictures(every_state: NotebookPage, pictures: Path, suffix: str) -> None:
    page = every_state.page
    for kind in KINDS:
        row = page.locator(".widget-box", has=page.get_by_role("form", name=kind.title, exact=True)).last
        name = re.sub(r"\W+", "-", kind.title).strip("-").lower()
        row.screenshot(path=pictures / f"{name}-{suffix}.png", timeout=10_000)


def test_every_field_and_button_has_a_name(every_state: NotebookPage) -> None:
    assert every_state.page.evaluate(NAMELESS) == []


def test_no_state_is_told_by_its_colour_alone(every_state: NotebookPage) -> None:
    """Words tell each state, and a mark the two that end a press."""
    page = every_state.page
    for kind in KINDS:
        told = [form.inner_text() for form in page.get_by_role("form", name=kind.title, exact=True).all()]
        by_state = dict(zip(STATES, told, strict=True))
        assert "✓" in by_state["done"]
        assert "✗" in by_state["refused"]
        assert "LIVE" in by_state["live"]
        assert "LIVE" not in by_state["idle"]
        assert re.search("Working|Still working", by_state["working"])
        assert "First sign in above." in by_state["disabled"]
