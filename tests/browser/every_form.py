"""A notebook that shows one form of each kind, and keeps what each of them was handed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fast_keys import Command, key, keys_for

RECEIVED = "received.jsonl"
MAKE_THEM = """
import json
from pathlib import Path

from helpers import Settings
from helpers.forms import *
from helpers.forms.view import Form

settings = Settings.for_notebook("every-form").for_practice()


def make_forms(name):
    app = SampleApp(settings.for_form(name), another_way=True)
    shop = NumberShop(settings.for_form(f"{name}-shop"), register=lambda number: None)
    for _step in "123":
        shop.current.press()
    bank = settings.accounts()
    return [
        app.sign_in,
        app.code,
        app.other,
        phone_number_form(title="Phone number"),
        try_it_form(settings.for_form(f"{name}-try"))[0],
        credentials_form(save=lambda typed: Path(".env"), variables=dict, new_code_key=lambda: "00" * 32),
        shop.steps.children[0],
        shop.steps.children[3],
        enrol_forms(bank, lambda: None, client="198.51.100.7")[0],
        authenticator_app_form(bank, lambda: None, client="198.51.100.7"),
        recovery_codes_form(bank, lambda: None, client="198.51.100.7"),
    ]
"""
KEEP_WHAT_COMES = """
def keep(model):
    def act(action, values):
        with open({path!r}, "a", encoding="utf-8") as file:
            file.write(json.dumps([model.title, action, dict(values)]) + "\\n")
        return "Kept."

    model.act, model.disabled, model.status = act, False, ""


forms = make_forms("forms")
for form in forms:
    keep(form.model)

Stack(*forms)
"""
STATES = ("idle", "working", "done", "refused", "disabled", "live")
PUT_THEM_INTO_EVERY_STATE = """
def put(form, state):
    model, first = form.model, form.model.fields[:1]
    model.disabled, model.status = state == "disabled", ""
    if state == "disabled":
        model.status = "First sign in above."
    elif state == "refused":
        model.state, model.status = state, "This was refused, and here are the words that say why."
        model.errors = {field.name: "Fill this in." for field in first}
    elif state == "live":
        model.mode, model.state, model.status = "live", "asking", "This is live. Send it?"
        return Form(model)
    else:
        model.state, model.status = state, "It is done, and here are the words for it." if state == "done" else ""
    return form


in_states = [[put(form, state) for form in make_forms(state)] for state in STATES]
Stack(*(Beside(*kind) for kind in zip(*in_states)))
"""


@dataclass(frozen=True)
class Kind:
    """A kind of form: its title, the field that is typed into last (None: it has only buttons), and its button."""

    title: str
    name: str | None
    label: str
    button: str
    action: str = "submit"
    enter_elsewhere: bool = False
    """In a list, and in a field of several lines, Enter has another meaning: a keyboard goes on to the button."""
    choices: tuple[str, ...] = ()
    """It is a list, and these are its first lines."""

    def text(self, number: int) -> str | None:
        """What is typed in one round; None where there is nothing to type into."""
        if self.choices:
            return self.choices[number % len(self.choices)]
        return f"{number:03d}" if self.name else None

    def keys(self, number: int) -> list[Command]:
        """The keys of that round."""
        text = self.text(number)
        if text is None:
            return []
        if self.choices:
            return [*key("Home"), *(key("ArrowDown") * self.choices.index(text))]
        return keys_for(text)

    def different(self, rounds: int) -> int:
        """How many different texts there are in so many rounds."""
        return len(self.choices) or (rounds if self.name else 1)


FIRST_AREA_CODES = ("201", "202", "203", "205", "206")
KINDS = (
    Kind("Sign in", "password", "Password", "Sign in"),
    Kind("Your code", "code", "Code", "Check the code"),
    Kind("Another way", "code", "Code of your authenticator app", "Sign in with the app"),
    Kind("Phone number", "number", "Phone number", "Check"),
    Kind("Try it out", "message", "Message", "Try it!", enter_elsewhere=True),
    Kind("Your .env", "number", "Your Flowroute number", "Save to .env", action="save"),
    Kind(
        "1 · Area code",
        "choice",
        "Area code",
        "Show exchanges",
        enter_elsewhere=True,
        choices=("201", "202", "203", "205", "206"),
    ),
    Kind("4 · Your new number", "message", "Message", "Send a text", action="send", enter_elsewhere=True),
    Kind("Add your phone", "number", "Phone number", "Text me a code"),
    Kind("Authenticator app", "code", "Code of the app", "Check the code"),
    Kind("Recovery codes", None, "", "Make ten codes"),
)


def write_notebook(path: Path, *sources: str) -> None:
    """A notebook with these code cells."""
    cells = [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
        for n, text in enumerate(sources)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")


def write_every_form(course: Path) -> Path:
    """Write the notebook ``every-form.ipynb``; the file that its kernel writes, a line a press."""
    received = course / RECEIVED
    keep = KEEP_WHAT_COMES.format(path=str(received))
    write_notebook(course / "notebooks" / "every-form.ipynb", MAKE_THEM, keep)
    return received


def write_every_state(course: Path) -> None:
    """Write the notebook ``every-state.ipynb``: a row for each kind of form, and in it the form in each state."""
    cells = MAKE_THEM, f"STATES = {STATES!r}", PUT_THEM_INTO_EVERY_STATE
    write_notebook(course / "notebooks" / "every-state.ipynb", *cells)


def received_by(file: Path, title: str) -> list[tuple[str, dict[str, Any]]]:
    """What the form of that title was handed, in order: the action and the values."""
    if not file.exists():
        return []
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [(action, values) for its_title, action, values in lines if its_title == title]
