"""Attack 3: eight processes, and how they guess at the naive version.

In a module, so that every system can start them.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Final

from naive import counted_attempts

PROCESSES: Final = 8
WAIT_SECONDS: Final = 60.0

_barrier: list[Barrier] = []


@contextmanager
def eight_processes() -> Iterator[Any]:
    """A pool of them."""
    # Eight interpreters would load the same libraries eight times. Where the system can, one loads them and is copied.
    can_copy = "forkserver" in multiprocessing.get_all_start_methods()
    fresh = multiprocessing.get_context("forkserver" if can_copy else "spawn")
    fresh.set_forkserver_preload(["helpers.flowroute", "helpers.verification"])
    with fresh.Pool(PROCESSES, _meet_at, (fresh.Barrier(PROCESSES),)) as pool:
        yield pool
        pool.close()
        pool.join()


def wait_for_the_others() -> None:
    """Go on once all eight have come to this line."""
    _barrier[0].wait(timeout=WAIT_SECONDS)


def guess_at_naive(path: Path, guesses: Sequence[str]) -> int:
    """One process: how many of its guesses were compared."""
    write = counted_attempts.save_attempts

    def write_late(database: sqlite3.Connection, name: str, attempts: int) -> None:
        # The gap between reading and writing is there anyway. Here it lasts until all have read.
        wait_for_the_others()
        write(database, name, attempts)

    counted_attempts.save_attempts = write_late
    try:
        with closing(counted_attempts.open_database(path)) as database:
            return sum(_compared(database, guess) for guess in guesses)
    finally:
        counted_attempts.save_attempts = write


def _compared(database: sqlite3.Connection, guess: str) -> bool:
    try:
        counted_attempts.verify(database, "ana", guess)
    except counted_attempts.TooManyAttempts:
        return False
    return True


def _meet_at(barrier: Barrier) -> None:
    _barrier.append(barrier)
