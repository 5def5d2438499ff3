from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import Widget

from helpers.display import assets
from helpers.forms import model as model_module
from helpers.forms.model import Action, Field, FormModel, FormRefused
from helpers.forms.view import Form

PASSWORD = "correct-horse-battery"
CODE = "907214"


class Bank(FormModel):
    """A form with one field of each sort that matters, whose work each test chooses."""

    title = "Sign in"
    fields = (
        Field("name", "User name", placeholder="ana"),
        Field("password", "Password", kind="password"),
        Field("code", "Code", kind="code", hint="Six digits."),
        Field("note", "Note", required=False),
    )
    actions = (Action("submit", "Sign in", primary=True), Action("resend", "Send a new code"))

    def __init__(self, work: Callable[[str, Mapping[str, str]], str | None] = lambda *_: None, **traits: Any) -> None:
        super().__init__(**traits)
        self.work = work
        self.acted: list[tuple[str, dict[str, str]]] = []

    def act(self, action: str, values: Mapping[str, str]) -> str | None:
        self.acted.append((action, dict(values)))
        return self.work(action, values)


def filled(**changes: str) -> dict[str, str]:
    return {"name": "ana", "password": PASSWORD, "code": CODE, "note": ""} | changes


def browser_says(form: Form, content: dict[str, Any]) -> None:
    """What the kernel does with a custom message from a browser."""
    form._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def test_a_press_does_the_work_once_and_says_so() -> None:
    model = Bank(lambda *_: "Signed in as ana.")
    model.press("submit", filled())
    assert model.acted == [("submit", filled())]
    assert (model.state, model.status, model.errors, model.intent) == ("done", "Signed in as ana.", {}, 1)


def test_success_without_words_still_says_something() -> None:
    model = Bank()
    model.press("submit", filled())
    assert model.status == "Done."


def test_a_double_click_carries_one_intent_and_acts_once() -> None:
    model = Bank()
    for _ in range(2):
        model.press("submit", filled(), intent=0)
    assert len(model.acted) == 1
    model.press("submit", filled(), intent=1)
    assert len(model.acted) == 2


def test_an_ignored_press_changes_nothing_and_forgets_its_values() -> None:
    model = Bank()
    late = filled()
    model.press("submit", late, intent=7)
    assert (model.acted, model.state, model.intent, late) == ([], "idle", 0, {})


@pytest.mark.parametrize("intent", [0, None])
def test_two_threads_at_once_act_once(intent: int | None) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        at_work.set()
        assert go_on.wait(10)

    model = Bank(slow)
    first = threading.Thread(target=model.press, args=("submit", filled()), kwargs={"intent": intent})
    first.start()
    assert at_work.wait(10)
    assert model.state == "working"
    model.press("submit", filled(), intent=intent)
    go_on.set()
    first.join(10)
    assert len(model.acted) == 1
    assert (model.state, model.intent) == ("done", 1)


def test_a_form_can_be_pressed_again_after_anything_that_happens() -> None:
    problems = iter([FormRefused("No."), RuntimeError("boom"), KeyboardInterrupt(), None])

    def work(*_: object) -> None:
        problem = next(problems)
        if problem:
            raise problem

    model = Bank(work)
    model.press("submit", filled())
    model.press("submit", filled())
    with pytest.raises(KeyboardInterrupt):
        model.press("submit", filled())
    assert (model.state, model.status) == (
        "refused",
        "This was interrupted. Look at what happened before you try again.",
    )
    model.press("submit", filled())
    assert (model.state, model.intent) == ("done", 4)


def test_missing_required_fields_are_named_and_nothing_is_done() -> None:
    model = Bank()
    model.press("submit", filled(name="  ", code=""))
    assert model.acted == []
    assert model.status == "Fill in: User name, Code."
    assert model.errors == {"name": "Fill this in.", "code": "Fill this in."}


def test_a_secondary_action_needs_no_field() -> None:
    model = Bank()
    model.press("resend", filled(code="", name=""))
    assert [action for action, _ in model.acted] == ["resend"]


def test_an_unknown_action_is_refused_in_words() -> None:
    model = Bank()
    model.press("sumbit", filled())
    assert model.acted == []
    assert (model.state, model.status) == (
        "refused",
        "This form has no action 'sumbit'. It has: submit, resend.",
    )


def test_only_the_forms_own_fields_reach_the_work() -> None:
    model = Bank()
    model.press("resend", {"name": "ana", "is_admin": "yes"})
    assert model.acted == [("resend", {"name": "ana", "password": "", "code": "", "note": ""})]


def test_a_refusal_is_shown_in_its_words_beside_its_field() -> None:
    model = Bank(lambda *_: raised(FormRefused("That is not the code. 4 checks left.", "code")))
    model.press("submit", filled())
    assert (model.state, model.status) == ("refused", "That is not the code. 4 checks left.")
    assert model.errors == {"code": "That is not the code. 4 checks left."}
    assert model.last_error is None


def test_the_next_press_clears_old_words() -> None:
    refusals = iter([FormRefused("Wrong.", "code")])
    model = Bank(lambda *_: raised(next(refusals)) if model.intent == 0 else None)
    model.press("submit", filled())
    model.press("submit", filled())
    assert (model.state, model.errors, model.status) == ("done", {}, "Done.")


class ForeignRefusal(Exception):
    user_message = "Flowroute refused the keys."
    field = "access_key"


def test_any_error_with_a_user_message_is_shown_and_a_foreign_field_is_ignored() -> None:
    model = Bank(lambda *_: raised(ForeignRefusal()))
    model.press("submit", filled())
    assert (model.status, model.errors) == ("Flowroute refused the keys.", {})


def test_an_unexpected_error_shows_its_name_only_and_is_kept_without_secrets() -> None:
    def broken(_action: str, values: Mapping[str, str]) -> None:
        password = values["password"]
        raise KeyError(f"no row for {len(password)}") from ValueError(password[:0])

    model = Bank(broken)
    model.press("submit", filled())
    assert model.status == "Something went wrong on our side (KeyError). Nothing was lost: try again."
    assert isinstance(model.last_error, KeyError)
    assert model.last_error.__traceback__ is not None
    assert PASSWORD not in repr(everything_in_frames(model.last_error))


def test_values_are_emptied_after_every_press() -> None:
    for work in (lambda *_: None, lambda *_: raised(FormRefused("No.")), lambda *_: raised(KeyError())):
        values = filled()
        Bank(work).press("submit", values)
        assert values == {}


def test_a_disabled_form_refuses_with_the_words_that_stand_there() -> None:
    model = Bank(disabled=True, status="First sign in above.")
    model.press("submit", filled())
    assert model.acted == []
    assert (model.state, model.status) == ("refused", "First sign in above.")


def test_secret_fields_cannot_start_with_a_value() -> None:
    with pytest.raises(ValueError, match="starts empty"):
        Field("password", "Password", kind="password", value="x")
    with pytest.raises(ValueError, match="starts empty"):
        Field("code", "Code", kind="code", value="1")


def test_the_view_hands_the_browsers_message_to_the_model() -> None:
    form = Form(Bank())
    message = {"kind": "press", "action": "submit", "intent": 0, "values": filled()}
    browser_says(form, message)
    assert form.model.acted == [("submit", filled())]
    assert message["values"] == {}
    assert form.get_state()["_shown"]["state"] == "done"


def test_a_message_of_another_kind_is_no_press() -> None:
    form = Form(Bank())
    browser_says(form, {"kind": "hello"})
    assert form.model.intent == 0


def test_a_cell_presses_by_the_same_message_handler() -> None:
    form = Form(Bank())
    seen: list[dict[str, Any]] = []
    form.on_msg(lambda _form, content, _buffers: seen.append(content))
    form.type(name="ana", password=PASSWORD, code=CODE).press()
    assert [(message["kind"], message["action"], message["intent"]) for message in seen] == [("press", "submit", 0)]
    assert form.model.acted == [("submit", filled())]


def test_typed_secrets_are_forgotten_after_a_press_and_texts_stay() -> None:
    form = Form(Bank())
    form.type(name="ana", password=PASSWORD, code=CODE).press()
    form.press()
    assert form.model.errors.keys() == {"password", "code"}


def test_typing_into_no_field_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="It has: name, password, code, note"):
        Form(Bank()).type(user="ana")


def test_what_is_typed_later_is_what_is_sent() -> None:
    form = Form(Bank())
    form.model.values = {"name": "ana"}
    form.type(name="bob").press("resend")
    assert form.model.acted[0][1]["name"] == "bob"


def test_no_secret_ever_stands_in_state_reprs_or_pictures() -> None:
    form = Form(Bank(lambda *_: raised(KeyError(PASSWORD))))
    sent: list[Any] = []
    form.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    form.type(name="ana", password=PASSWORD, code=CODE)
    for moment in ("typed", "pressed"):
        form.model.values = {"password": PASSWORD, "code": CODE + moment}
        places = [form.get_state(), form.trait_values(), repr(form), form._repr_mimebundle_(), form.model.status]
        found = json.dumps([*places, sent, Widget.get_manager_state(widgets=[form])], default=repr)
        assert PASSWORD not in found, moment
        assert CODE not in found, moment
        assert "ana" in found
        form.press()


def test_the_model_can_empty_the_code_field_each_time() -> None:
    def work(*_: object) -> None:
        model.values = {"code": ""}
        raise FormRefused("Wrong.", "code")

    model = Bank(work)
    form = Form(model)
    sent: list[Any] = []
    form.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    for _ in range(2):
        browser_says(form, {"kind": "press", "action": "submit", "intent": model.intent, "values": filled()})
    assert sent == [{"kind": "put", "values": {"code": ""}}] * 2


def test_all_that_changes_goes_to_the_browser_in_one_piece() -> None:
    form = Form(Bank(lambda *_: "Signed in."))
    pieces: list[tuple[str, str, int]] = []
    form.observe(
        lambda change: pieces.append(tuple(change["new"][key] for key in ("state", "status", "intent"))), "_shown"
    )
    form.type(password=PASSWORD, code=CODE, name="ana").press()
    assert pieces[-2:] == [("working", "", 0), ("done", "Signed in.", 1)]


def test_text_and_html_are_short_and_repeat() -> None:
    pictures = []
    for _ in range(2):
        form = Form(Bank(lambda *_: "Signed in as ana.")).type(name="ana", password=PASSWORD, code=CODE).press()
        data, _metadata = form._repr_mimebundle_()
        pictures.append((data["text/plain"], data["text/html"]))
    assert pictures[0] == pictures[1]
    text, html = pictures[0]
    assert text == "<Sign in form · practice>\n✓ Signed in as ana."
    assert repr(Form(Bank(mode="live"))) == "<Sign in form · live>"
    for words in ("User name", ">ana</span>", ">Send a new code</span>", "Practice", "✓ Signed in as ana."):
        assert words in html
    assert "id=" not in html


def test_the_html_picture_escapes_everything() -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"

    class Attacked(FormModel):
        title = attack
        fields = (
            Field("a", attack, hint=attack),
            Field("b", attack, kind="select", options=((attack, attack),)),
            Field("c", attack, value=attack),
        )
        actions = (Action("submit", attack),)

    html = Form(Attacked(status=attack, errors={"a": attack}))._as_html()
    assert html.count("&lt;script&gt;") == 9
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    ("mode", "typed", "shown"),
    [
        ("practice", "206-555-0100", "206-555-0100"),
        ("practice", "206-555-01", "206-555-01"),
        ("practice", "206 555 2368", "••• ••• ••68"),
        ("live", "206 555 2368", "••• ••• ••68"),
        ("live", "206-555-23", ">&nbsp;</span>"),
    ],
)
def test_a_real_number_is_masked_in_the_picture(mode: str, typed: str, shown: str) -> None:
    class Ask(FormModel):
        fields = (Field("phone", "Phone", kind="tel"),)

    html = Form(Ask(mode=mode)).type(phone=typed)._as_html()
    assert shown in html
    assert (typed in html) == (typed == shown)


def test_a_list_starts_at_its_first_line() -> None:
    class Choose(FormModel):
        fields = (Field("version", "Version", kind="select", options=(("v2", "Two"), ("v2.2", "Two point two"))),)

        def act(self, action: str, values: Mapping[str, str]) -> str:
            return f"You chose {values['version']}."

    form = Form(Choose()).press()
    assert form.model.status == "You chose v2."
    assert "Two" in form._as_html()


def scripts() -> list[Path]:
    return sorted([*Path(assets.__file__).parent.glob("*.js"), *Path(model_module.__file__).parent.glob("*.js")])


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.name)
def test_scripts_set_text_never_html_and_fetch_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "import ",
        "fetch(",
        "://",
    ):
        assert word not in text, word


def test_every_script_is_looked_at() -> None:
    assert [path.name for path in scripts()] == ["clock.js", "elements.js", "phone.js", "request_view.js", "form.js"]


def raised(problem: BaseException) -> None:
    raise problem


def everything_in_frames(problem: BaseException) -> list[Any]:
    found, trace = [], problem.__traceback__
    while trace is not None:
        found.append(dict(trace.tb_frame.f_locals))
        trace = trace.tb_next
    return found
