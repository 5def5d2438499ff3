"""A form drawn by its own program on an empty page, without JupyterLab: its model is the test's, and so is the time."""

from __future__ import annotations

import base64
import json
from typing import Any

from playwright.sync_api import Locator, Page

from helpers.display.assets import script, style
from helpers.forms.model import FormModel
from helpers.forms.view import Form

# A model as anywidget hands it over. Its messages go to `sent`, or nowhere once the line is cut.
DRAW = """async ([program, state]) => {
    const listeners = {};
    const form = await import("data:text/javascript;base64," + program);
    window.sent = [];
    window.cut = false;
    const model = {
        get: (name) => state[name],
        on: (event, act) => (listeners[event] = act),
        off() {},
        send: (message) => { if (window.cut) throw new Error("no line"); window.sent.push(message); },
    };
    const el = document.body.appendChild(document.createElement("div"));
    form.default.render({ model, el });
    window.receive = (message) => listeners["msg:custom"](message);
    window.show = (shown) => { state._shown = shown; listeners["change:_shown"](); };
    window.lineChanged = () => listeners["comm_live_update"]();
}"""


class DrawnForm:
    """The form, and both ends of its line: what the page sent, and what the kernel says."""

    def __init__(self, page: Page, model: FormModel) -> None:
        self.page = page
        self.widget = Form(model)
        program = base64.b64encode(script("form", package="helpers.forms").encode()).decode()
        page.add_style_tag(content=style("form", package="helpers.forms"))
        page.evaluate(DRAW, [program, {"_schema": self.widget._schema, "_shown": self.widget._shown}])
        self.widget.send = self._receive  # type: ignore[method-assign]

    @property
    def root(self) -> Locator:
        """The form."""
        return self.page.get_by_role("form")

    @property
    def status(self) -> Locator:
        """Its live region."""
        return self.page.get_by_role("status")

    def sent(self, kind: str) -> list[dict[str, Any]]:
        """The messages of this kind that the page has sent."""
        return [message for message in self.page.evaluate("window.sent") if message["kind"] == kind]

    def answer(self, **changes: Any) -> None:
        """What the kernel shows next."""
        self.page.evaluate("(shown) => window.show(shown)", self.widget._shown | changes)

    def cut(self) -> None:
        """The kernel is restarted: the line is closed, and ipywidgets says so."""
        self.page.evaluate("window.cut = true; window.lineChanged()")

    def _receive(self, content: Any, buffers: Any = None) -> None:
        self.page.evaluate("(message) => window.receive(message)", json.loads(json.dumps(content)))
