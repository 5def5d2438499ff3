"""On PostgreSQL, who comes in the middle of another's transaction waits for its end, or passes its rows over.

(On SQLite nobody can come in the middle of one: see ``tests/test_database.py``.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import databases
import pytest
import turns
from sqlalchemy import make_url
from verification_bench import ANA, ENROL, PHONE, Bench

from helpers.verification import NotPending, Policy, SendBudget, SendLimitReached, TooSoon, Verification, WrongCode
from helpers.verification.tables import verifications

DATABASES = ("postgresql",)
NewBench = Callable[..., Bench]


@pytest.fixture
def meet(database_url: str) -> Callable[..., Any]:
    def arrange(bench: Bench, first: Callable[[], Any], held_after: str, second: Callable[[], Any]) -> Any:
        return turns.meet(database_url, bench.store.engine, first=first, held_after=held_after, second=second)

    return arrange


@pytest.mark.parametrize(
    ("budget", "held_after"),
    [
        (SendBudget(daily_messages=1), "FROM send_totals"),
        (SendBudget(per_phone=1), "FROM sends"),
        (SendBudget(per_client=1), "FROM sends"),
    ],
    ids=["day", "phone", "client"],
)
def test_two_accounts_do_not_both_get_the_last_text(
    new_bench: NewBench, meet: Any, budget: SendBudget, held_after: str
) -> None:
    bench = new_bench(Policy(budget=budget))
    won, lost = meet(bench, bench.start, held_after, lambda: bench.start(account="ben"))
    assert isinstance(won, Verification)
    assert isinstance(lost, SendLimitReached)
    assert len(bench.flowroute.texts) == bench.verifier.figures().messages == 1


def test_two_first_starts_of_one_account_are_one_text(bench: Bench, meet: Any) -> None:
    """The wait has no row yet that could be locked."""
    won, lost = meet(bench, bench.start, "FROM cool_downs", bench.start)
    assert isinstance(won, Verification)
    assert isinstance(lost, TooSoon)


def test_an_alarm_is_given_once_though_two_set_it_off(new_bench: NewBench, meet: Any) -> None:
    heard: list[Any] = []
    policy = Policy(budget=SendBudget(conversion_sample=2))
    bench = new_bench(policy, on_alarm=heard.append)
    bench.start("+12065550100", account="cem")
    meet(bench, bench.start, "UPDATE send_totals", lambda: bench.start(account="ben"))
    assert [alarm.prefix for alarm in heard] == ["", "+1206555"]


def test_a_cancel_waits_for_the_approval_that_is_under_way(bench: Bench, meet: Any) -> None:
    started = bench.start()
    approved, refused = meet(
        bench,
        lambda: bench.verifier.check(started.id, bench.code, **ANA),
        "UPDATE verifications SET status",
        lambda: bench.verifier.cancel(started.id, **ANA),
    )
    assert approved.status == "approved"
    assert isinstance(refused, NotPending)
    assert bench.verifier.figures().approved == 1


def test_another_account_waits_for_nobody(bench: Bench, new_bench: NewBench, meet: Any) -> None:
    """A flood of guesses at one account holds nobody else up."""
    bens, his_code = bench.start(account="ben"), bench.code
    started = bench.start()
    done: list[bool] = []

    def check() -> Verification:
        result = bench.verifier.check(bens.id, his_code, account="ben", purpose="sign-in")
        done.append(True)
        return result

    def guess() -> None:
        bench.verifier.check(started.id, bench.wrong, **ANA)

    wrong, right = meet(bench, guess, "UPDATE verifications SET checks", check)
    assert isinstance(wrong, WrongCode)
    assert right.status == "approved"


# Sweeping


@pytest.fixture
def old(bench: Bench) -> str:
    """A verification of ben's that the next start of anybody sweeps."""
    started = bench.start(account="ben")
    bench.clock.advance(hours=24)
    return started.id


def test_a_sweep_passes_over_what_somebody_is_at_work_on(bench: Bench, database_url: str, old: str) -> None:
    with databases.connect(make_url(database_url)) as other, other.transaction():
        other.execute("SELECT * FROM verifications FOR UPDATE")
        other.execute("SET LOCAL lock_timeout = '5s'")
        bench.start()
        assert bench.row(old)["account"] == "ben"
    bench.start(PHONE, **ENROL)
    assert old not in bench.charges()


def test_a_sweep_and_the_end_of_an_account_do_not_wait_for_each_other(bench: Bench, meet: Any, old: str) -> None:
    with bench.store.engine.begin() as connection:
        connection.execute(verifications.insert(), [bench.row(old) | {"id": f"old-{n}"} for n in range(3)])
    forgotten, started = meet(bench, lambda: bench.verifier.forget("ben"), "DELETE FROM", bench.start)
    assert forgotten is None
    assert started.status == "pending"
    assert [name for name in bench.charges() if isinstance(name, str)] == [started.id]
