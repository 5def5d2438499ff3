"""Forms above one another, and beside the phone. Without widgets, a group is the text and the pictures of its parts."""

from __future__ import annotations

from typing import Any

import ipywidgets


class _Group(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    def __init__(self, *parts: ipywidgets.DOMWidget, **traits: Any) -> None:
        super().__init__(parts, **traits)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.children))

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = dict(super()._repr_mimebundle_(**kwargs))
        # The children's own bundles are asked for their words and still pictures only.
        parts = [child._repr_mimebundle_()[0] for child in self.children]
        for kind, between in (("text/plain", "\n\n"), ("text/html", "\n")):
            data[kind] = between.join(part[kind] for part in parts if kind in part)
        return data, {}


class Stack(_Group):
    """One above the other."""

    def __init__(self, *parts: ipywidgets.DOMWidget) -> None:
        # It may grow and shrink as a single form does, so that beside a phone both fit into half a window.
        room = ipywidgets.Layout(
            flex_flow="column", align_items="stretch", flex="1 1 240px", max_width="476px", min_width="0"
        )
        super().__init__(*parts, layout=room)


class Beside(_Group):
    """Side by side where there is room, else one above the other."""

    def __init__(self, *parts: ipywidgets.DOMWidget) -> None:
        super().__init__(*parts, layout=ipywidgets.Layout(flex_flow="row wrap", align_items="flex-start"))
