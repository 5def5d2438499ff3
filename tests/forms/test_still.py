"""Under its cell a widget puts itself, and a still picture for the day when no kernel is there."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pytest
from IPython.core.formatters import DisplayFormatter

from helpers.display.assets import style
from helpers.forms import Beside, Stack, still
from helpers.forms.model import Field, FormModel
from helpers.forms.view import Form

VIEW = "application/vnd.jupyter.widget-view+json"


class Ask(FormModel):
    title = "Ask"
    fields = (Field("word", "Word", value="hello"),)


def outputs(widget: object, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the notebook gets to show for a cell that ends with this object."""
    published: list[dict[str, Any]] = []
    monkeypatch.setattr(still, "publish_display_data", lambda data, metadata=None: published.append(data))
    assert DisplayFormatter().format(widget) == ({}, {})  # it has displayed itself
    return published


@pytest.mark.parametrize("make", [lambda: Form(Ask()), lambda: Stack(Form(Ask())), lambda: Beside(Form(Ask()))])
def test_the_widget_and_its_picture_are_two_outputs(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    widget, picture = outputs(make(), monkeypatch)
    assert widget.keys() == {VIEW, "text/plain"}
    assert picture.keys() == {"text/html"}
    assert widget["text/plain"] == "<Ask form · practice>"
    assert "run this cell: Shift+Enter" in picture["text/html"]
    assert ">hello</span>" in picture["text/html"]


def test_a_group_is_the_words_and_pictures_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Form(Ask()).type(word="first")
    widget, picture = outputs(Beside(Stack(first, Form(Ask())), Form(Ask())), monkeypatch)
    assert widget["text/plain"] == "\n\n".join(["<Ask form · practice>"] * 3)
    assert picture["text/html"].index(">first<") < picture["text/html"].index(">hello<")
    assert picture["text/html"].count("tf-still") == 1


@pytest.mark.parametrize(
    "sheet", [("form", "helpers.forms"), ("phone", "helpers.display"), ("request_view", "helpers.display")]
)
def test_every_living_widget_hides_the_picture(sheet: tuple[str, str]) -> None:
    name, package = sheet
    assert ".jp-OutputArea:has(.tf)" in style(name, package=package)


def test_a_plain_widget_may_stand_in_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    widget, picture = outputs(Stack(Form(Ask()), ipywidgets.Label("plain")), monkeypatch)
    assert widget["text/plain"].startswith("<Ask form · practice>\n\nLabel(")
    assert ">hello</span>" in picture["text/html"]
