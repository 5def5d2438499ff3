"""Notebook 00, where ``make lab`` leads: the picture, and the two forms."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import Axe
from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage, new_page
from playwright.sync_api import BrowserContext, expect
from signing_in import sign_in_with_two_slips


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
