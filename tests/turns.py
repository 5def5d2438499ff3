"""Two callers at one PostgreSQL database: the first is held up within a transaction, and the second comes then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import databases
from sqlalchemy import Engine, event, make_url

PATIENCE = 30
WAITING = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND application_name = current_setting('application_name')"""


def meet(
    url: str, engine: Engine, *, first: Callable[[], Any], held_after: str, second: Callable[[], Any]
) -> tuple[Any, Any]:
    """Hold ``first`` up after a statement, until ``second`` is done or waits for a lock; then let it go on.

    Args:
        engine: whose statements are looked at.
        held_after: a part of the statement.

    Returns:
        What each came to: its result, or what it raised.
    """
    reached, go_on, ended = threading.Event(), threading.Event(), {}

    def run(name: str, call: Callable[[], Any]) -> None:
        try:
            ended[name] = call()
        except Exception as error:  # told, whatever it is
            ended[name] = error

    one = threading.Thread(target=run, args=("first", first))
    other = threading.Thread(target=run, args=("second", second))

    def hold(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.current_thread() is one and held_after in statement and not reached.is_set():
            reached.set()
            go_on.wait(PATIENCE)

    event.listen(engine, "after_cursor_execute", hold)
    with databases.connect(make_url(url)) as connection:
        one.start()
        assert reached.wait(PATIENCE), f"it never came to {held_after}: {ended}"
        other.start()
        while other.is_alive() and not connection.execute(WAITING).fetchone()[0]:
            other.join(0.01)
    go_on.set()
    one.join(PATIENCE)
    other.join(PATIENCE)
    event.remove(engine, "after_cursor_execute", hold)
    return ended["first"], ended["second"]
