"""What every form of this course is made of: a model that does the work, and a view that only shows it.

A form sends everything that stands in it in **one** message. Plain ipywidgets sends each field on its own, and a click
that follows typing can then read the older text. Here the browser reads all fields at the moment of the press, so
there is no older text; and since no field is a synced trait, no password or code can end up in saved widget state.

    press in the browser ─┐
                          ├─ one message {action, intent, values} ─ FormModel.press ─ act() ─ status, errors, values
    Form.type().press() ──┘
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any, Final, Literal

import anywidget
import traitlets

from helpers.display.assets import script, style
from helpers.display.static import badge, card, typed_number_for_print

SECRET_KINDS = frozenset({"password", "code"})
"""Kinds whose text is never shown again, never kept and never in a synced trait."""


@dataclass(frozen=True)
class Field:
    """One field. ``description`` is its visible label, ``hint`` one short line under it."""

    name: str
    description: str
    kind: Literal["text", "password", "tel", "code", "textarea", "select"] = "text"
    value: str = field(default="", repr=False)  # in a live form it can be a real number
    placeholder: str = ""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = True
    maxlength: int | None = None
    autocomplete: str = "off"

    def __post_init__(self) -> None:
        if self.value and self.secret:
            raise ValueError(f"The field {self.name!r} is a {self.kind}: it starts empty and cannot have a value=.")

    @property
    def secret(self) -> bool:
        """Whether its text must be forgotten after each press."""
        return self.kind in SECRET_KINDS


@dataclass(frozen=True)
class Action:
    """One button. Enter presses the primary one, and only that one insists on the required fields."""

    name: str
    label: str
    primary: bool = False


@dataclass(frozen=True)
class HandOut:
    """Something secret that a form shows once: it goes to the browser in a message, and is kept nowhere.

    Attributes:
        words: what it is, and what to do with it.
        lines: texts to copy.
        picture: the source of an image; ``picture_words`` says what it shows, to those who cannot see it.
    """

    words: str
    lines: tuple[str, ...] = field(default=(), repr=False)
    picture: str = field(default="", repr=False)
    picture_words: str = ""


NOTHING: Final = HandOut("")


class FormRefused(Exception):
    """The work was refused; ``user_message`` says why. With ``field`` the words stand beside that field."""

    def __init__(self, user_message: str, field: str | None = None) -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.field = field


@dataclass(frozen=True)
class _Outcome:
    state: Literal["done", "refused"]
    status: str
    errors: Mapping[str, str]


_INTERRUPTED = _Outcome("refused", "This was interrupted. Look at what happened before you try again.", {})


class FormModel(traitlets.HasTraits):
    """A form without its widgets. Subclasses name the parts and write :meth:`act`."""

    title: str = "Form"
    notice: str = ""
    """Words above the fields, for what has to be known before anything is typed."""
    fields: tuple[Field, ...] = ()
    actions: tuple[Action, ...] = (Action("submit", "Submit", primary=True),)

    mode = traitlets.Enum(("practice", "live"), default_value="practice")
    status = traitlets.Unicode("", help="words: what happened, or why the form is disabled")
    state = traitlets.Enum(("idle", "working", "done", "refused"), default_value="idle")
    errors = traitlets.Dict(help="field name → words beside that field")
    values = traitlets.Dict(help="field name → text to put there; {} when a press begins; secrets can only be emptied")
    disabled = traitlets.Bool(False, help="nothing can be pressed yet; `status` says why")
    intent = traitlets.Int(0, help="the number of the next press; a press that carries another one is ignored")

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.last_error: Exception | None = None
        self._lock = threading.Lock()
        self._busy = False
        self._show_hand_out: list[Callable[[HandOut], None]] = []

    def hand_out(self, what: HandOut) -> None:
        """Show something secret on the screens where this form is; :data:`NOTHING` takes it away again."""
        for show in self._show_hand_out:
            show(what)

    def act(self, action: str, values: Mapping[str, str]) -> str | None:
        """Do the work. Returns the words for success, or raises: see :meth:`press`."""
        raise NotImplementedError

    def press(self, action: str, values: dict[str, str], *, intent: int | None = None) -> None:
        """Do one action once; the only way in, for the browser and for cells alike. Raises nothing.

        An error with a ``user_message`` is shown in its words, beside the field that its ``field`` names, if any.
        Any other error is kept in :attr:`last_error`, without the values it worked on.

        Args:
            action: the name of one of :attr:`actions`.
            values: field name → text. Emptied when the press is over, so that no secret stays in memory.
            intent: the number the form showed when it was pressed. A second click carries the first one's number and
                does nothing; so does any press while another is at work. None: not checked.
        """
        if not self._begin(intent):
            values.clear()
            return
        outcome = _INTERRUPTED
        try:
            outcome = self._try(action, values)
        finally:
            values.clear()
            self._end(outcome)

    def _begin(self, intent: int | None) -> bool:
        with self._lock:
            if self._busy or intent not in (None, self.intent):
                return False
            self._busy = True
        if not self.disabled:
            with self.hold_trait_notifications():
                self.state, self.status, self.errors, self.values = "working", "", {}, {}
        return True

    def _end(self, outcome: _Outcome) -> None:
        try:
            with self.hold_trait_notifications():
                self.state, self.status, self.errors = outcome.state, outcome.status, dict(outcome.errors)
                self.intent += 1
        finally:
            self._busy = False

    def _try(self, action: str, values: Mapping[str, str]) -> _Outcome:
        try:
            refusal = self._refusal(action, values)
            if refusal:
                return refusal
            known = {field.name: values.get(field.name, "") for field in self.fields}
            try:
                return _Outcome("done", self.act(action, known) or "Done.", {})
            finally:
                known.clear()
        except Exception as problem:
            return self._in_words(problem)

    def _refusal(self, action: str, values: Mapping[str, str]) -> _Outcome | None:
        """Why this press cannot go to :meth:`act` at all, or None."""
        if self.disabled:
            return _Outcome("refused", self.status or "This form is not ready yet.", {})
        pressed = next((known for known in self.actions if known.name == action), None)
        if pressed is None:
            names = ", ".join(known.name for known in self.actions)
            return _Outcome("refused", f"This form has no action {action!r}. It has: {names}.", {})
        if pressed.primary:
            empty = [field for field in self.fields if field.required and not values.get(field.name, "").strip()]
            if empty:
                words = f"Fill in: {', '.join(field.description for field in empty)}."
                return _Outcome("refused", words, {field.name: "Fill this in." for field in empty})
        return None

    def _in_words(self, problem: Exception) -> _Outcome:
        words = getattr(problem, "user_message", None)
        if not isinstance(words, str):
            self.last_error = problem
            _forget_locals(problem)
            name = type(problem).__name__
            words = f"Something went wrong on our side ({name}). Nothing was lost: try again."
            return _Outcome("refused", words, {})
        field = getattr(problem, "field", None)
        return _Outcome("refused", words, {field: words} if field in {known.name for known in self.fields} else {})


def _forget_locals(problem: BaseException | None) -> None:
    """Keep an error's line numbers, but not the passwords in the variables of its frames."""
    if problem is not None:
        traceback.clear_frames(problem.__traceback__)
        _forget_locals(problem.__cause__)
        _forget_locals(problem.__context__)


class Form(anywidget.AnyWidget):
    """A form on the screen. It shows a :class:`FormModel` and hands presses to it; it knows nothing else."""

    _esm = script("form", package="helpers.forms")
    _css = style("form", package="helpers.forms")
    _schema = traitlets.Dict().tag(sync=True)
    _shown = traitlets.Dict().tag(sync=True)

    def __init__(self, model: FormModel) -> None:
        self.model = model
        self._secrets: dict[str, str] = {}
        self._texts = {field.name: _start_of(field) for field in model.fields if not field.secret}
        self._texts |= self._without_secrets(model.values)
        super().__init__(_schema=_schema_of(model), _shown=self._picture())
        model.observe(self._show)
        model.observe(lambda change: self._put(change["new"]), "values")
        model._show_hand_out.append(lambda what: self.send({"kind": "hand-out", **asdict(what)}))
        self.on_msg(lambda _form, message, _buffers: self._receive(message))

    def type(self, **values: str) -> Form:
        """Type into the form from a cell, as a hand would. Nothing happens until :meth:`press`.

        Raises:
            ValueError: the form has no field of that name.
        """
        names = [field.name for field in self.model.fields]
        for name in values:
            if name not in names:
                raise ValueError(f"The form {self.model.title!r} has no field {name!r}. It has: {', '.join(names)}.")
        shown = self._without_secrets(values)
        self._secrets |= {name: text for name, text in values.items() if name not in shown}
        self._put(shown)
        return self

    def press(self, action: str = "submit") -> Form:
        """Press a button from a cell: the message a browser sends, by the same way. Typed secrets are forgotten."""
        message = {
            "kind": "press",
            "action": action,
            "intent": self.model.intent,
            "values": self._texts | self._secrets,
        }
        self._secrets = {}
        self._handle_custom_msg(message, [])
        return self

    def _receive(self, message: dict[str, Any]) -> None:
        if message.get("kind") == "press":
            self.model.press(message["action"], message["values"], intent=message["intent"])

    def _put(self, values: Mapping[str, str]) -> None:
        """Put texts into the fields. A message and no trait: a trait would go over what somebody has typed since."""
        shown = self._without_secrets(values)
        self._texts |= shown
        emptied = {name: "" for name in values if name not in shown}
        if values:
            self._show()
            self.send({"kind": "put", "values": shown | emptied})

    def _without_secrets(self, values: Mapping[str, str]) -> dict[str, str]:
        return {
            field.name: values[field.name] for field in self.model.fields if field.name in values and not field.secret
        }

    def _show(self, _change: object = None) -> None:
        self._shown = self._picture()

    def _picture(self) -> dict[str, Any]:
        """Everything the browser shows that can change. It goes over in one piece, so no half state is ever seen."""
        model = self.model
        return {
            "state": model.state,
            "status": model.status,
            "errors": dict(model.errors),
            "texts": dict(self._texts),
            "disabled": model.disabled,
            "intent": model.intent,
        }

    def __repr__(self) -> str:
        return f"<{self.model.title} form · {self.model.mode}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            words = _status_in_words(self.model)
            bundle[0]["text/plain"] = f"{self!r}\n{words}" if words else repr(self)
            bundle[0]["text/html"] = self._as_html()
        return bundle

    def _as_html(self) -> str:
        """A still picture for places where no kernel runs: GitHub, print. No ids and no times, so that it repeats."""
        model = self.model
        rows = [
            _row_as_html(field, self._text_for_print(field), model.errors.get(field.name, "")) for field in model.fields
        ]
        buttons = " &nbsp; ".join(
            f"<b>[ {escape(action.label)} ]</b>" if action.primary else f"[ {escape(action.label)} ]"
            for action in model.actions
        )
        words = escape(_status_in_words(model))
        return card(
            f"<p><strong>{escape(model.title)}</strong> {badge(model.mode)}</p>",
            f"<p>{escape(model.notice)}</p>" if model.notice else "",
            f"<table>{''.join(rows)}</table>",
            f"<p>{buttons}</p>",
            f"<p>{words}</p>" if words else "",
        )

    def _text_for_print(self, field: Field) -> str:
        text = self._texts.get(field.name, "")
        if field.kind == "tel":
            return typed_number_for_print(text, mode=self.model.mode)
        return dict(field.options).get(text, text)


def _schema_of(model: FormModel) -> dict[str, Any]:
    return {
        "title": model.title,
        "mode": model.mode,
        "notice": model.notice,
        "fields": [{**asdict(field), "secret": field.secret} for field in model.fields],
        "actions": [asdict(action) for action in model.actions],
    }


def _start_of(field: Field) -> str:
    """What stands in a field before anybody types; a list starts at its first line."""
    return field.value or (field.options[0][0] if field.options else "")


def _status_in_words(model: FormModel) -> str:
    return f"{ {'done': '✓ ', 'refused': '✗ '}.get(model.state, '') }{model.status}" if model.status else ""


def _row_as_html(field: Field, text: str, error: str) -> str:
    label = escape(field.description)
    below = (
        f"<br><em>✗ {escape(error)}</em>" if error else f"<br><small>{escape(field.hint)}</small>" if field.hint else ""
    )
    box = f"<code>{escape(text)}</code>" if text else "…"
    return f'<tr><td style="text-align:right">{label}</td><td style="text-align:left">{box}{below}</td></tr>'
