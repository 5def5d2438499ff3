"""Keys and clicks as fast as a browser takes them: real, trusted events, sent without waiting for each other."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.sync_api import Page

Command = tuple[str, dict[str, Any]]

CTRL = 2
NO_LIMIT = None
SPECIAL = {"Enter": ("\r", 13), "Tab": ("", 9), "Home": ("", 36), "ArrowDown": ("", 40)}
CENTRE = "(({x, y, width, height}) => [x + width / 2, y + height / 2])(window.button.getBoundingClientRect())"


def key(name: str, *, modifiers: int = 0) -> list[Command]:
    """One key, down and up: ``a``, ``7``, ``Enter``, ``Tab``."""
    text, number = SPECIAL.get(name, (name, ord(name[0].upper())))
    about = {"key": name, "windowsVirtualKeyCode": number, "modifiers": modifiers}
    if text and not modifiers:
        about["text"] = text
    return [
        ("Input.dispatchKeyEvent", {"type": "keyDown", **about}),
        ("Input.dispatchKeyEvent", {"type": "keyUp", **about}),
    ]


def keys_for(text: str) -> list[Command]:
    """All is selected, and the text typed over it."""
    return [*key("a", modifiers=CTRL), *(command for letter in text for command in key(letter))]


class FastKeys:
    """One page's keyboard and mouse."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)

    def send(self, commands: list[Command], then: str = "true") -> Any:
        """Send it all in one go; when the page has handled it, give what the program ``then`` says, or promises."""

        # Playwright's own keyboard waits for the browser after each key; this is its channel with no wait in between.
        async def all_at_once() -> None:
            channel = self._session._impl_obj
            await asyncio.gather(*(channel.send(name, about, NO_LIMIT) for name, about in commands))

        self._session._sync(all_at_once())
        # Only now: a program takes another way into the page than a key, and would overtake it.
        about = {"expression": then, "awaitPromise": True, "returnByValue": True}
        answer = self._session.send("Runtime.evaluate", about)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def click_on_the_button(self, typed: list[Command], then: str) -> None:
        """Type, and click on the middle of ``window.button``, wherever the typing has moved it to."""
        x, y = self.send(typed, CENTRE)
        at = {"x": x, "y": y, "button": "left", "clickCount": 1}
        clicks = [("Input.dispatchMouseEvent", {"type": f"mouse{what}", **at}) for what in ("Pressed", "Released")]
        self.send(clicks, then)
