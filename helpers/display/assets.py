"""The front end's files: one ES module and one style sheet a thing, no build step, nothing fetched from elsewhere."""

from __future__ import annotations

from importlib.resources import files


def script(name: str, *, package: str = "helpers.display") -> str:
    """The ES module ``name``.js, as text."""
    return files(package).joinpath(f"{name}.js").read_text(encoding="utf-8")


def style(name: str, *, package: str = "helpers.display") -> str:
    """The style sheet ``name``.css, as text, behind the colours and the badge that all of them share."""
    return f"{_sheet('shared')}\n{_sheet(name, package=package)}"


def page_style(name: str, *, package: str) -> str:
    """The same for a page in a tab of its own, which has no theme of JupyterLab's to take its colours from."""
    return f"{_sheet('page')}\n{style(name, package=package)}"


def _sheet(name: str, *, package: str = "helpers.display") -> str:
    return files(package).joinpath(f"{name}.css").read_text(encoding="utf-8")
