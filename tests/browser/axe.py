"""axe-core, which looks for what keeps a person from using a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from node_packages import install
from playwright.sync_api import Page

HERE = Path(__file__).parent
OURS = ".tf"
"""Every part of the course on a page; the rest is JupyterLab's."""
RUN = """async ours => {
    // The self-driving copy has the name of the learner's form on purpose: it is the same form.
    const rules = { "landmark-unique": { enabled: false } };
    const found = await axe.run({ include: [[ours]] }, { resultTypes: ["violations"], rules });
    return found.violations.flatMap(({ id, nodes }) => nodes.map(node =>
        `${id}: ${node.html.slice(0, 160)} ${node.any.concat(node.all).map(({ message }) => message).join(" ")}`));
}"""


class Axe:
    """The program, once it is installed."""

    def __init__(self, folder: Path) -> None:
        install(HERE / "axe", folder)
        self._program = (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

    def complaints(self, page: Page) -> list[str]:
        """What is wrong inside the parts of the course on this page, as they stand now; colours included."""
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(self._program)  # no script tag: pages that shut themselves in run none
        found: list[Any] = page.evaluate(RUN, OURS)
        return [str(each) for each in found]
