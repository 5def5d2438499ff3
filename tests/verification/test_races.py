"""Eight processes at one database, all let go at once: what must happen so many times happens exactly so many times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import processes
import pytest
import verification_workers
from databases import BOTH, on
from verification_bench import ANA, PHONE, Bench

from helpers.verification import ENROL, Policy, SendBudget
from helpers.verification.tables import texts, verifications

DATABASES = BOTH
PROCESSES = 8
TIMES = range(3)
TEXT = {"number": 1, "sent_at": 0, "outcome": "accepted"}
Call = tuple[str, tuple[Any, ...], dict[str, str]]
Race = Callable[..., tuple[Counter[str], list[str]]]


@pytest.fixture(scope="module")
def pool() -> Iterator[Any]:
    fresh = processes.fresh()
    barrier = fresh.Barrier(PROCESSES)
    with fresh.Pool(PROCESSES, verification_workers.meet_at, (barrier,)) as pool:
        yield pool
        pool.close()
        pool.join()


@pytest.fixture
def race(pool: Any, database_url: str) -> Race:
    """Give each process its calls; how all of them ended, and the codes of all texts."""

    def run(
        calls: Callable[[int], list[Call]], *, policy: Policy, seconds: float = 0
    ) -> tuple[Counter[str], list[str]]:
        jobs = [(database_url, policy, seconds, calls(number)) for number in range(PROCESSES)]
        # Each job waits for seven others, so each of the eight processes takes one.
        results = pool.starmap_async(verification_workers.race, jobs, chunksize=1).get(timeout=300)
        return sum((ended for ended, _ in results), Counter()), [code for _, codes in results for code in codes]

    return run


def test_eight_guessing_get_exactly_the_checks_there_are(bench: Bench, race: Race) -> None:
    """Mistake 2: with read-then-write, a cap of 3 let up to 13 guesses through."""
    guess_at_once(bench, race, count=25)


@on("sqlite")  # what is over is refused by reading, on either engine
def test_eight_guessing_go_on_for_long(bench: Bench, race: Race) -> None:
    guess_at_once(bench, race, count=1000)


def guess_at_once(bench: Bench, race: Race, *, count: int) -> None:
    started = bench.start()
    guesses = [f"{n:06d}" for n in range(count) if f"{n:06d}" != bench.code]
    ended, _ = race(lambda _: [("check", (started.id, guess), ANA) for guess in guesses], policy=Policy())
    assert ended == {"WrongCode": 5, "TooManyChecks": PROCESSES * len(guesses) - 5}
    assert bench.row(started.id)["checks"] == bench.failures() == 5


@pytest.mark.parametrize("_time", range(5))
def test_eight_with_the_right_code_have_one_winner(bench: Bench, race: Race, _time: int) -> None:
    started = bench.start()
    ended, _ = race(lambda _: [("check", (started.id, bench.code), ANA)], policy=Policy())
    assert ended["done"] == 1
    assert set(ended) <= {"done", "NotPending", "TooManyChecks"}
    assert bench.row(started.id)["status"] == "approved"
    assert bench.failures() == 0


@pytest.mark.parametrize("_time", TIMES)
def test_eight_resends_are_one_text(bench: Bench, race: Race, _time: int) -> None:
    """Mistake 8: a double click sends two texts."""
    started = bench.start()
    ended, codes = race(lambda _: [("resend", (started.id,), ANA)], policy=Policy(), seconds=30)
    assert ended == {"done": 1, "TooSoon": 7}
    assert len(codes) == 1
    assert bench.row(started.id)["sends"] == 2
    bench.clock.advance(seconds=30)
    assert bench.verifier.check(started.id, codes[0], **ANA).status == "approved"


@pytest.mark.parametrize("_time", TIMES)
def test_eight_starting_are_one_text(bench: Bench, race: Race, _time: int) -> None:
    start: Call = ("start", (PHONE,), {**ANA, "client": "x"})
    ended, codes = race(lambda _: [start] * 3, policy=Policy())
    assert ended == {"done": 1, "TooSoon": 23}
    assert len(codes) == 1
    [(_, sends, status)] = bench.charges().values()
    assert (sends, status) == (1, "pending")


@pytest.mark.parametrize(
    ("budget", "same"),
    [
        (SendBudget(per_account=5), ("ana", PHONE, "x")),
        (SendBudget(per_phone=5), (None, PHONE, None)),
        (SendBudget(per_client=5), (None, None, "x")),
        (SendBudget(per_prefix=5), (None, None, None)),
        (SendBudget(daily_messages=10), (None, None, None)),
        (SendBudget(daily_cents=Decimal("7")), (None, None, None)),
    ],
    ids=["account", "phone", "client", "prefix", "day in messages", "day in cents"],
)
def test_eight_starting_stay_within_every_budget(
    bench: Bench, race: Race, budget: SendBudget, same: tuple[str | None, ...]
) -> None:
    """Each call is another account, phone and address, but for what the budget counts. (Enrolments: half a day's.)"""

    def calls(process: int) -> list[Call]:
        made = []
        for number in range(3 * process, 3 * process + 3):
            account, phone, client = same
            purpose = f"purpose-{number}" if account else ENROL
            whose = {"account": account or f"user-{number}", "purpose": purpose, "client": client or f"c{number}"}
            made.append(("start", (phone or f"+1206555{100 + number:04d}",), whose))
        return made

    ended, codes = race(calls, policy=Policy(budget=budget))
    assert ended == {"done": 5, "SendLimitReached": 19}
    assert len(codes) == bench.verifier.figures().messages == 5
    assert [status for _, _, status in bench.charges().values()] == ["pending"] * 5


@pytest.mark.parametrize("_time", TIMES)
def test_the_accounts_cap_holds_over_several_verifications(bench: Bench, race: Race, _time: int) -> None:
    """RFC 4226 §7.3: throttling holds across sessions and parallel guessing."""
    purposes = [f"purpose-{n}" for n in range(6)]
    started = [
        (bench.start(f"+1206555{100 + number:04d}", purpose=purpose).id, {"account": "ana", "purpose": purpose})
        for number, purpose in enumerate(purposes)
    ]
    wrong = bench.wrong

    def calls(number: int) -> list[Call]:
        turned = started[number % 6 :] + started[: number % 6]  # everybody begins somewhere else
        return [("check", (verification, wrong), whose) for verification, whose in turned * 3]

    ended, _ = race(calls, policy=Policy(free_failures=20))
    assert ended["WrongCode"] == bench.failures() == 20
    assert set(ended) == {"WrongCode", "TooManyChecks", "AuthenticatorDisabled"} or set(ended) == {
        "WrongCode",
        "AuthenticatorDisabled",
    }
    assert sum(bench.row(verification)["checks"] for verification, _ in started) == 20


@pytest.mark.parametrize("_time", TIMES)
def test_checking_and_resending_at_once_never_leave_two_good_codes(bench: Bench, race: Race, _time: int) -> None:
    started, old = bench.start(), bench.code
    check: Call = ("check", (started.id, old), ANA)
    resend: Call = ("resend", (started.id,), ANA)
    ended, codes = race(lambda number: [check if number % 2 else resend], policy=Policy(), seconds=30)
    assert ended["done"] in (1, 2)  # a sign-in, a new text, or first the one and then the other
    assert len(codes) <= 1
    row = bench.row(started.id)
    if row["status"] == "approved":
        assert row["next_hmac"] is None
        assert row["generation"] == 1
    else:
        assert row["generation"] == 2
        assert bench.failures() == row["checks"]


def test_eight_at_everything_at_once_never_wait_in_a_ring(bench: Bench, race: Race) -> None:
    """Texts, guesses, ends and sweeps of everybody's rows, by all of them in another order: nobody is sent away."""
    people = [f"user-{number}" for number in range(PROCESSES)]
    started = {
        account: bench.start(f"+1206555{100 + number:04d}", account=account) for number, account in enumerate(people)
    }
    rows = [bench.row(verification.id) for verification in started.values()] * 20
    old = [row | {"id": f"old-{number}", "created_at": 0} for number, row in enumerate(rows)]
    with bench.store.engine.begin() as connection:
        connection.execute(verifications.insert(), old)
        connection.execute(texts.insert(), [{**TEXT, "verification": row["id"]} for row in old])

    def calls(process: int) -> list[Call]:
        made: list[Call] = []
        for account in people[process:] + people[:process]:
            whose = {"account": account, "purpose": "sign-in"}
            made += [
                ("check", (started[account].id, bench.wrong), whose),
                ("start", (PHONE,), {"account": account, "purpose": f"{process}", "client": "x"}),
                ("resend", (started[account].id,), whose),
                ("forget", (account,), {}) if process % 3 == 0 else ("cancel", (started[account].id,), whose),
                ("restore_sms", (account,), {"by": "the desk"}),
            ]
        return made

    budget = SendBudget(per_phone=1000, per_account=1000, per_client=1000)
    ended, codes = race(calls, policy=Policy(budget=budget), seconds=30)  # DatabaseUnavailable would come through
    assert ended.total() == PROCESSES * PROCESSES * 5
    assert len(codes) >= PROCESSES * PROCESSES
    assert not [name for name in bench.charges() if str(name).startswith("old-")]
