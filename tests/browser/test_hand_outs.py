"""What a form shows once, and what stands above its fields: drawn by the form's own program, without JupyterLab."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drawn_form import DrawnForm
from playwright.sync_api import Page, expect

from helpers.alternatives import RESTRICTED_NOTICE
from helpers.forms.model import NOTHING, Action, Field, FormModel, HandOut

PICTURE = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
SHOWN = HandOut("Your codes.", lines=("7K3M-9QZX", "04TF-<b>D"), picture=PICTURE, picture_words="A picture")


class Model(FormModel):
    title = "Add your phone"
    notice = RESTRICTED_NOTICE
    fields = (Field("number", "Phone number", kind="tel"),)
    actions = (Action("submit", "Text me a code", primary=True),)


@pytest.fixture
def hand_out(empty_page: Page) -> Callable[[HandOut], None]:
    """Draws a form; what its model hands out goes to the page as a message."""
    return DrawnForm(empty_page, Model()).widget.model.hand_out


def test_the_notice_stands_above_the_field(empty_page: Page, hand_out: Callable[[HandOut], None]) -> None:
    notice, number = empty_page.get_by_text(RESTRICTED_NOTICE), empty_page.get_by_label("Phone number")
    above, below = notice.bounding_box(), number.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    expect(empty_page.get_by_role("form")).to_have_accessible_description(RESTRICTED_NOTICE)


def test_a_hand_out_is_shown_as_text_and_taken_away(empty_page: Page, hand_out: Callable[[HandOut], None]) -> None:
    shown = empty_page.get_by_role("region", name="Your codes.")
    expect(shown).to_have_count(0)
    hand_out(SHOWN)
    expect(shown).to_be_focused()
    expect(shown.locator("pre")).to_have_text("7K3M-9QZX\n04TF-<b>D")
    expect(shown.get_by_role("img", name="A picture")).to_be_visible()
    hand_out(NOTHING)
    expect(empty_page.locator(".tf-hand-out")).to_be_hidden()
    assert "7K3M" not in empty_page.content()
    assert PICTURE[:18] not in empty_page.content()


def test_lines_are_copied_or_at_least_selected(empty_page: Page, hand_out: Callable[[HandOut], None]) -> None:
    """This page is neither on https nor on localhost, so it has no clipboard."""
    hand_out(SHOWN)
    empty_page.get_by_role("button", name="Copy").click()
    expect(empty_page.get_by_text("Selected: copy it with the keyboard.")).to_be_visible()
    assert empty_page.evaluate("getSelection().toString()") == "7K3M-9QZX\n04TF-<b>D"
