"""Forms above one another, and beside the phone. Without widgets, a group is the text and the pictures of its parts."""

from __future__ import annotations

from typing import Any

import ipywidgets

from helpers.forms.still import Still, as_pair


class _Group(Still, ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    def __init__(self, *parts: ipywidgets.DOMWidget, **traits: Any) -> None:
        super().__init__(parts, **traits)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.children))

    def _in_words(self) -> str:
        return "\n\n".join(self._of_children("text/plain"))

    def _as_html(self) -> str:
        return "\n".join(self._of_children("text/html"))

    def _of_children(self, kind: str) -> list[str]:
        bundles = [as_pair(child._repr_mimebundle_())[0] for child in self.children]
        return [bundle[kind] for bundle in bundles if kind in bundle]


class Stack(_Group):
    """One above the other."""

    def __init__(self, *parts: ipywidgets.DOMWidget, grow: bool = True) -> None:
        """``grow``: be as wide as there is room, as forms are; else as wide as a phone."""
        # It may grow and shrink as a single form does, so that beside a phone both fit into half a window.
        wide = {"flex": "1 1 240px", "max_width": "476px"} if grow else {"flex": "0 1 312px"}
        room = ipywidgets.Layout(flex_flow="column", align_items="stretch", min_width="0", **wide)
        super().__init__(*parts, layout=room)
        for part in parts:
            if isinstance(part, Stack):  # in a column a width to begin with would be a height
                part.layout.flex = "0 0 auto"


class Beside(_Group):
    """Side by side where there is room, else one above the other."""

    def __init__(self, *parts: ipywidgets.DOMWidget) -> None:
        super().__init__(*parts, layout=ipywidgets.Layout(flex_flow="row wrap", align_items="flex-start"))
