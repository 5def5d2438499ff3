"""Sites that listen, each with a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from webhooks_site import Site


@pytest.fixture
def new_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Site]]:
    """Makes sites; takes what ``Site`` takes."""
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("FLOWROUTE_MODE", raising=False)
    made: list[Site] = []

    def make(*arguments: Any, **options: Any) -> Site:
        made.append(Site(*arguments, **options))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def site(new_site: Callable[..., Site]) -> Site:
    """A site where ana has a confirmed phone."""
    site = new_site()
    site.enrol()
    return site
