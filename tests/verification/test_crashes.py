"""A process that is killed in the middle of a call leaves nothing behind that opens a door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import processes
import pytest
import verification_workers
from databases import BOTH
from verification_bench import ANA, PHONE, Bench, minutes

from helpers.verification import (
    NotPending,
    Policy,
    ResendPolicy,
    SendBudget,
    SendLimitReached,
    TooSoon,
    WrongCode,
)
from helpers.verification.tables import verifications

DATABASES = BOTH


@pytest.fixture
def crash(database_url: str, tmp_path: Path) -> Any:
    """Run one call in a process of its own that dies in the middle; the code it was about to send, if any."""

    def run(where: str, name: str, *arguments: Any, seconds: float = 0, policy: Policy | None = None) -> str:
        job = (database_url, tmp_path, where, name, arguments, seconds, policy)
        process = processes.fresh().Process(target=verification_workers.crash, args=job)
        process.start()
        process.join(timeout=60)
        assert process.exitcode not in (0, 1, None), "it was to be killed, not to end"
        process.close()
        text = tmp_path / "text"
        return text.read_text() if text.exists() else ""

    return run


@pytest.mark.parametrize("where", ["post", "settle"])
def test_a_start_that_was_killed_accepts_nothing_is_counted_and_is_swept(bench: Bench, crash: Any, where: str) -> None:
    code = crash(where, "start", PHONE)
    [(verification, charged)] = bench.charges().items()
    assert charged == (0, 1, "sending")
    before = bench.charges()
    for typed in (code, "000000"):
        with pytest.raises(NotPending):
            bench.verifier.check(verification, typed, **ANA)
    for call in (bench.verifier.resend, bench.verifier.cancel):
        with pytest.raises(NotPending):
            call(verification, **ANA)
    assert bench.charges() == before
    assert bench.verifier.get(verification, **ANA).status == "sending"
    assert bench.verifier.figures().messages == 1
    with pytest.raises(TooSoon):
        bench.start()
    bench.clock.advance(seconds=30)
    thrifty = bench.another_verifier(policy=Policy(budget=SendBudget(per_account=1)))
    with pytest.raises(SendLimitReached):
        thrifty.start(PHONE, **ANA, client="x")
    bench.clock.advance(minutes=15)
    assert bench.verifier.get(verification, **ANA).status == "canceled"
    with pytest.raises(NotPending):
        bench.verifier.check(verification, code, **ANA)


def test_a_later_start_replaces_what_a_crash_left(bench: Bench, crash: Any) -> None:
    left = crash("post", "start", PHONE)
    [verification] = bench.charges()
    bench.clock.advance(seconds=30)
    started = bench.start()
    assert bench.verifier.get(verification, **ANA).status == "canceled"
    with pytest.raises(NotPending):
        bench.verifier.check(verification, left, **ANA)
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


@pytest.mark.parametrize("where", ["post", "settle"])
def test_the_old_code_survives_a_resend_that_was_killed(bench: Bench, crash: Any, where: str) -> None:
    started = bench.start()
    new = crash(where, "resend", started.id, seconds=30)
    bench.clock.advance(seconds=30)
    assert bench.row(started.id)["sends"] == 2
    told = bench.verifier.get(started.id, **ANA)
    assert (told.status, told.expires_at, told.sends_left) == ("pending", started.expires_at, 1)
    with pytest.raises(TooSoon):
        bench.verifier.resend(started.id, **ANA)
    with pytest.raises(WrongCode, match="so new that it does not work yet"):
        bench.verifier.check(started.id, new, **ANA)
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_a_later_resend_goes_on_where_a_crash_stopped(bench: Bench, crash: Any) -> None:
    started = bench.start()
    lost = crash("post", "resend", started.id, seconds=30)
    bench.clock.advance(seconds=90)
    again = bench.verifier.resend(started.id, **ANA)
    assert (again.sends_left, again.expires_at) == (0, bench.clock.now() + minutes(5))
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, lost, **ANA)
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_a_check_that_was_killed_stays_charged_and_opens_nothing(bench: Bench, crash: Any) -> None:
    """Counted and committed before it is compared: pulling the plug is no free guess."""
    started = bench.start()
    crash("approve", "check", started.id, bench.code)
    assert bench.row(started.id)["checks"] == bench.failures() == 1
    assert bench.verifier.get(started.id, **ANA).status == "pending"
    assert bench.verifier.check(started.id, bench.code, **ANA).checks_left == 3
    assert bench.failures() == 0


@pytest.mark.parametrize("where", ["post", "settle"])
def test_the_same_code_goes_on_after_a_resend_that_was_killed(
    new_bench: Callable[..., Bench], crash: Any, where: str
) -> None:
    policy = Policy(resend=ResendPolicy.SAME_CODE)
    bench = new_bench(policy)
    started = bench.start()
    assert crash(where, "resend", started.id, seconds=30, policy=policy) == bench.code
    told = bench.verifier.get(started.id, **ANA)
    assert (told.status, told.expires_at, told.sends_left) == ("pending", started.expires_at, 1)
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_what_is_old_goes_a_hundred_at_a_time(bench: Bench) -> None:
    """Expired rows, and those that a crash left, are removed by later starts; none of them waits for all of them."""
    old = bench.start()
    before = bench.row(old.id)
    with bench.store.engine.begin() as connection:
        connection.execute(verifications.insert(), [before | {"id": f"old-{number}"} for number in range(149)])
    bench.clock.advance(hours=24, seconds=-0.001)
    bench.start(account="ben")
    assert len(bench.charges()) == 151
    bench.clock.advance(seconds=0.001)
    for account, left in (("cem", 50 + 2), ("dia", 3)):
        bench.start(account=account)
        assert len(bench.charges()) == left
    assert bench.store.texts(old.id) == []
    assert len(bench.verifier.audit.entries(account="ana")) == 1  # the log keeps what the tables forget
