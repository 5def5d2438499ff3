"""Processes that tests start, to kill them or to set them at one database all at once."""

from __future__ import annotations

import multiprocessing
from typing import Any

LOADED_ONCE = (
    "helpers.settings",
    "helpers.accounts",
    "helpers.verification",
    "helpers.display.phone",
    "helpers.webhooks",
    "psycopg",
    "werkzeug.serving",
)


def fresh() -> Any:
    """Where processes come from that have done nothing yet.

    A fork server has the imports behind it, so that a new process is there in no time; not every system has one. All
    tests of a run share it, and the first that asks starts it: so it loads what any of them needs.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["__main__", *LOADED_ONCE])
    return processes
