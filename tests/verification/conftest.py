"""A bench for every test, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from verification_bench import Bench


@pytest.fixture
def new_bench(database_url: str) -> Iterator[Callable[..., Bench]]:
    """Makes benches that share one database; takes what ``Bench`` takes."""
    made: list[Bench] = []

    def make(*arguments: Any, **options: Any) -> Bench:
        made.append(Bench(database_url, *arguments, **options))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(new_bench: Callable[..., Bench]) -> Bench:
    """A verifier with the default policy."""
    return new_bench()
