"""What the processes of the race tests and the crash tests run: in a module, so that every system can start them."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from verification_bench import ANA, Bench

from helpers.flowroute import FlowrouteError
from helpers.verification import Policy, VerificationError

_barrier: list[Barrier] = []


def meet_at(barrier: Barrier) -> None:
    """Tell a fresh process where to wait for the others."""
    _barrier.append(barrier)


def _outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except (VerificationError, FlowrouteError) as error:
        return type(error).__name__
    return "done"


def race(url: str, policy: Policy, seconds: float, calls: list[tuple[str, tuple[Any, ...], dict[str, str]]]) -> Any:
    """Open the bench, wait for the other processes, then make the calls; count how each ended, and the texts."""
    bench = Bench(url, policy)
    bench.clock.advance(seconds=seconds)
    try:
        _barrier[0].wait(timeout=120)
        ended = Counter(
            _outcome(lambda: getattr(bench.verifier, name)(*arguments, **keywords))  # noqa: B023 (called at once)
            for name, arguments, keywords in calls
        )
        return ended, bench.flowroute.codes
    finally:
        bench.close()


def die(*_: object, **__: object) -> None:
    """End this process at once, as a power cut would."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def crash(
    url: str, folder: Path, where: str, name: str, arguments: tuple[Any, ...], seconds: float, policy: Policy | None
) -> None:
    """Make one call, and die in the middle of it: while posting, while settling, or before approving."""
    bench = Bench(url, policy)
    bench.clock.advance(seconds=seconds)
    send = bench.flowroute.send_message

    def send_and_note(**keywords: Any) -> Any:
        sent = send(**keywords)
        (folder / "text").write_text(bench.code)
        if where == "post":
            die()
        return sent

    bench.flowroute.send_message = send_and_note  # type: ignore[method-assign]
    if where in ("settle", "approve"):
        setattr(bench.store, where, die)
    keywords = {**ANA, "client": "x"} if name == "start" else ANA
    getattr(bench.verifier, name)(*arguments, **keywords)
