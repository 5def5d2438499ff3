"""A form on the screen: it shows a :class:`FormModel` and hands presses to it; it knows nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from typing import Any

import anywidget
import traitlets

from helpers.display.assets import script, style
from helpers.display.static import badge, badge_words, box_as_html, button_as_html, card, typed_number_for_print
from helpers.forms.model import CODE_DIGITS, Field, FormModel
from helpers.forms.still import Still


class Form(Still, anywidget.AnyWidget):
    """The widget. All that can change goes to the browser in one piece; secrets go in messages, or not at all."""

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
        model._screens.append(self._tell)
        self._stop_clock = model.clock.on_turn(self._show) if model.clock else lambda: None
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

    def close(self) -> None:
        """Take the form off the screen and stop listening."""
        self._stop_clock()
        super().close()

    def _receive(self, message: dict[str, Any]) -> None:
        match message:
            case {"kind": "press", "action": str(action), "values": dict(values), "intent": intent}:
                self.model.press(action, values, intent=intent, confirmed=message.get("confirmed") is True)
            case {"kind": "look", "field": str(name), "text": str(text)}:
                self._look(name, text)
            case {"kind": "arrived"}:
                self.model.arrived()

    def _look(self, name: str, text: str) -> None:
        """Answer in a message and not in a trait: in live mode the text may be a real number."""
        seen = self.model.look(name, text)
        good, words = (seen.good, seen.words) if seen else (True, "")
        self._tell({"kind": "look", "field": name, "text": text, "good": good, "words": words})

    def _tell(self, message: dict[str, Any]) -> None:
        self.send(message)

    def _put(self, values: Mapping[str, str]) -> None:
        """Put texts into the fields. A message and no trait: a trait would go over what somebody has typed since."""
        shown = self._without_secrets(values)
        self._texts |= shown
        emptied = {name: "" for name in values if name not in shown}
        if values:
            self._show()
            self._tell({"kind": "put", "values": shown | emptied})

    def _without_secrets(self, values: Mapping[str, str]) -> dict[str, str]:
        return {
            field.name: values[field.name] for field in self.model.fields if field.name in values and not field.secret
        }

    def _show(self, _change: object = None) -> None:
        self._shown = self._picture()

    def _picture(self) -> dict[str, Any]:
        """Everything the browser shows that can change. It goes over in one piece, so no half state is ever seen."""
        model = self.model
        picture = {
            "state": model.state,
            "status": model.status,
            "errors": dict(model.errors),
            "texts": dict(self._texts),
            "disabled": model.disabled,
            "intent": model.intent,
            "countdowns": [asdict(line) for line in model.countdowns],
        }
        if model.clock is not None:
            picture |= {"now_ms": model.clock.now_ms(), "running": model.clock.running}
        return picture

    def __repr__(self) -> str:
        return f"<{self.model.title} form · {self.model.mode}>"

    def _in_words(self) -> str:
        words = _status_in_words(self.model)
        return f"{self!r}\n{words}" if words else repr(self)

    def _as_html(self) -> str:
        """A still picture for places where no kernel runs: GitHub, print. No ids and no times, so that it repeats."""
        model = self.model
        rows = [
            _row_as_html(field, self._text_for_print(field), model.errors.get(field.name, "")) for field in model.fields
        ]
        buttons = " ".join(button_as_html(action.label, primary=action.primary) for action in model.actions)
        words = escape(_status_in_words(model))
        return card(
            f"<p><strong>{escape(model.title)}</strong> {badge(model.mode, texts=model.texts)}</p>",
            f"<p><small>{escape(model.site)}</small></p>" if model.site else "",
            f"<p>{escape(model.notice)}</p>" if model.notice else "",
            *rows,
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
        "badge": badge_words(model.mode, texts=model.texts),
        "notice": model.notice,
        "site": model.site,
        "code_digits": CODE_DIGITS,
        "fields": [
            {**asdict(field), "secret": field.secret, "looked_at": field.looked_at or field.kind == "tel"}
            for field in model.fields
        ],
        "actions": [asdict(action) for action in model.actions],
    }


def _start_of(field: Field) -> str:
    """What stands in a field before anybody types; a list starts at its first line."""
    return field.value or (field.options[0][0] if field.options else "")


def _status_in_words(model: FormModel) -> str:
    return f"{ {'done': '✓ ', 'refused': '✗ '}.get(model.state, '') }{model.status}" if model.status else ""


def _row_as_html(field: Field, text: str, error: str) -> str:
    label = escape(field.description) + ("" if field.required else " <small>(optional)</small>")
    below = f"<em>✗ {escape(error)}</em>" if error else f"<small>{escape(field.hint)}</small>" if field.hint else ""
    return "<br>".join(filter(None, (f"<p>{label}", box_as_html(text), below))) + "</p>"
