"""What a form says to a text while it is typed. It goes over in messages: in live mode it may be a real number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers.forms import credentials_form, phone_number_form, try_it_form
from helpers.forms.model import Field, Look, look_at_number
from helpers.forms.view import Form
from helpers.settings import Settings, new_code_key


def look(form: Form, field: str, text: str) -> dict[str, Any]:
    """What the screen is told when this stands in the field."""
    told: list[dict[str, Any]] = []
    form.send = lambda content, buffers=None: told.append(content)  # type: ignore[method-assign]
    form._handle_custom_msg({"kind": "look", "field": field, "text": text}, [])
    (message,) = told
    return message


@pytest.mark.parametrize(
    ("text", "good", "words"),
    [
        ("2065550142", True, "(206) 555-0142, US"),
        ("+1 206 555 0142", True, "(206) 555-0142, US"),
        ("206-555", False, "That number is too short: 6 digits. A US number has ten, area code included."),
        ("206-555-LOVE", False, "A phone number has no letters. Type the digits, for example 206-555-0100."),
    ],
)
def test_a_number_is_shown_as_people_write_it_or_what_is_wrong_with_it(text: str, good: bool, words: str) -> None:
    assert look_at_number(text) == Look(good=good, words=words)
    told = look(phone_number_form(), "number", text)
    assert told == {"kind": "look", "field": "number", "text": text, "good": good, "words": words}


def test_an_empty_field_is_told_nothing() -> None:
    assert look(phone_number_form(), "number", "  ")["words"] == ""


def test_a_number_that_is_typed_stands_in_no_trait() -> None:
    form = phone_number_form(mode="live")
    look(form, "number", "206 555 2368")
    assert "2368" not in json.dumps([form.get_state(), form._repr_mimebundle_()], default=repr)


def test_a_secret_is_never_looked_at() -> None:
    with pytest.raises(ValueError, match="nobody looks at it"):
        Field("password", "Password", kind="password", looked_at=True)
    schema = credentials()._schema["fields"]
    assert {field["name"] for field in schema if field["looked_at"]} == {
        "access_key",
        "number",
        "recipients",
        "daily_cap",
    }


def test_a_look_changes_nothing_and_counts_as_no_press() -> None:
    form = phone_number_form()
    look(form, "number", "206-555-0142")
    assert (form.model.intent, form.model.state, form.model.status) == (0, "idle", "")


@pytest.mark.parametrize("message", [{}, {"field": "nobody", "text": "x"}, {"field": "number", "text": None}])
def test_a_look_that_makes_no_sense_is_told_nothing(message: dict[str, Any]) -> None:
    form = phone_number_form()
    told: list[dict[str, Any]] = []
    form.send = lambda content, buffers=None: told.append(content)  # type: ignore[method-assign]
    form._handle_custom_msg({"kind": "look", **message}, [])
    assert [each["words"] for each in told if each["words"]] == []


def credentials() -> Form:
    return credentials_form(save=lambda _typed: Path(".env"), variables=dict, new_code_key=new_code_key)


@pytest.mark.parametrize(
    ("field", "text", "good", "words"),
    [
        ("access_key", "1234567", False, "An Access Key has eight digits."),
        ("access_key", "1234 567", False, "A key has no spaces inside. Copy it again from the portal."),
        ("access_key", "12345678", True, "Eight digits"),
        ("number", "206-555-0199", True, "(206) 555-0199"),
        ("recipients", "206-555-0100; 206-555-0101", True, "(206) 555-0100, (206) 555-0101"),
        ("recipients", "206-555-0100, 555", False, "That number is too short"),
        ("daily_cap", "0", False, "Write a whole number from 1 to 1000."),
        ("daily_cap", "5", True, "At most 5 a day"),
    ],
)
def test_the_form_for_env_says_what_would_be_saved(field: str, text: str, good: bool, words: str) -> None:
    told = look(credentials(), field, text)
    assert told["good"] is good
    assert told["words"].startswith(words)


def test_a_wrong_number_may_be_tried_and_is_only_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    form, _ = try_it_form(Settings.for_notebook("looks"))
    assert look(form, "to", "206")["words"].endswith("Flowroute will say so too.")
    assert look(form, "to", "12065550100")["words"] == "(206) 555-0100, US"
