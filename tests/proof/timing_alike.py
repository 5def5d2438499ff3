"""Can a stranger tell by time what they are not told by words? ``python tests/proof/timing_alike.py``

Two questions (OWASP ASVS 5.0, 6.3.8): an unknown user or a wrong password? an unknown verification or somebody else's?
Both kinds of call are timed in turns, in an order that is drawn anew for each pair, so that whatever else the machine
does falls on both alike. Then the Mann–Whitney test: of one call of each kind, how often is the first the slower one?
Half of the time means that time tells nothing.

With 400 calls of each kind a difference that makes 60 of 100 such guesses right is found 19 times out of 20, and where
there is none, one is seen once in a thousand runs. The same test is put to calls that do differ, by the hash that an
unknown user costs or by one more look into the database: what cannot find that, proves nothing. And to calls that are
of the same kind: what finds a difference there, proves nothing either.

Exits 1 if any of the answers is not the expected one.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import math
import random
import secrets
import statistics
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from helpers.accounts import Accounts, SignInRefused
from helpers.clock import Clock
from helpers.flowroute import SentMessage
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import NotPending, Policy, SendBudget, Store, Verifier

ALPHA: Final = 0.001
"""How often a difference is seen where there is none."""
FOUND: Final = 0.60
"""The share of right guesses that has to be found; less is not worth a stranger's while: each try is counted."""
SAMPLES: Final = 400
PEOPLE: Final = 20
FEW: Final = 10
"""Verifications that are asked for again and again."""
WARM_UP: Final = 5
PASSWORD: Final = "correct horse battery"

Call = Callable[[], object]


# --- the test ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two kinds of call, timed."""

    first: Sequence[float]
    second: Sequence[float]

    @property
    def guessed_right(self) -> float:
        """How often the slower of two calls, one of each kind, is the first: 0.5 tells nothing, 0 and 1 everything."""
        return _wins(self.first, self.second) / (len(self.first) * len(self.second))

    @property
    def p(self) -> float:
        """How likely a share this far from a half is if both kinds take the same time (normal approximation)."""
        return math.erfc(abs(self.guessed_right - 0.5) / self._deviation / math.sqrt(2))

    @property
    def apart(self) -> bool:
        """Whether the two can be told apart."""
        return self.p < ALPHA

    @property
    def _deviation(self) -> float:
        """Of the share, if both are alike. Equal times make it smaller."""
        m, n = len(self.first), len(self.second)
        equal = Counter([*self.first, *self.second]).values()
        ties = sum(count**3 - count for count in equal) / ((m + n) * (m + n - 1))
        return math.sqrt((m + n + 1 - ties) / (12 * m * n)) or math.inf

    def __str__(self) -> str:
        medians = [statistics.median(times) for times in (self.first, self.second)]
        return (
            f"{len(self.first)} of each; medians {medians[0]:.3f} and {medians[1]:.3f} ms; "
            f"first slower {self.guessed_right:.1%}; p = {self.p:.2g}: {'apart' if self.apart else 'alike'}"
        )


def _wins(first: Sequence[float], second: Sequence[float]) -> float:
    """In how many of all pairs the first one is the greater; half for equal ones."""
    ordered = sorted(second)
    return sum((bisect_left(ordered, value) + bisect_right(ordered, value)) / 2 for value in first)


def power(samples: int, *, share: float = FOUND) -> float:
    """How likely a difference is found that makes so large a share of guesses right, with so many of each kind."""
    deviation = math.sqrt((2 * samples + 1) / (12 * samples * samples))
    needed = statistics.NormalDist().inv_cdf(1 - ALPHA / 2)
    return 1 - statistics.NormalDist().cdf(needed - (share - 0.5) / deviation)


def compare(first: Call, second: Call, *, samples: int, chance: random.Random) -> Comparison:
    """Time two kinds of call in turns; who goes first is drawn for each pair."""
    for call in (first, second) * WARM_UP:
        call()
    took: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for _ in range(samples):
            for kind in chance.sample((0, 1), 2):
                call = (first, second)[kind]
                began = time.perf_counter_ns()
                call()
                took[kind].append((time.perf_counter_ns() - began) / 1e6)
    finally:
        gc.enable()
    return Comparison(*took)


# --- what is timed ----------------------------------------------------------------------------------------------------


class QuietFlowroute:
    """Takes every text and does nothing."""

    def send_message(self, *, to: PhoneNumber, from_: PhoneNumber, body: str) -> SentMessage:
        return SentMessage(id=f"mdr2-{secrets.token_hex(8)}")


class Bank:
    """Accounts with real hashes, and verifications of others, in one database."""

    def __init__(self, folder: Path, *, verifications: int) -> None:
        url = f"sqlite:///{(folder / 'timed.sqlite').as_posix()}"
        clock = Clock()
        key = Secret(secrets.token_bytes(32))
        flowroute: Any = QuietFlowroute()
        self._store = Store(url)
        self._verifier = Verifier(
            flowroute,
            store=self._store,
            code_key=key,
            from_number=PhoneNumber("+12065550199"),
            brand="Example Bank",
            origin="bank.example",
            clock=clock,
            policy=Policy(
                budget=SendBudget(
                    per_phone=10_000, per_client=10_000, daily_messages=10_000, daily_cents=Decimal(10_000)
                )
            ),
            on_alarm=lambda _: None,
        )
        self._accounts = Accounts(url, verifier=self._verifier, clock=clock, key=key)
        self._names = [f"person-{number:02}" for number in range(PEOPLE)]
        for name in self._names:
            self._accounts.register(name, PASSWORD)
        self._others = [self._somebody_elses() for _ in range(verifications)]
        self._nobodys = [secrets.token_urlsafe(24) for _ in self._others]

    def _somebody_elses(self) -> str:
        account = f"other-{secrets.token_hex(4)}"
        return self._verifier.start("+12065550100", account=account, purpose="sign-in", client="198.51.100.7").id

    def wrong_password(self) -> None:
        self._try_password(secrets.choice(self._names))

    def unknown_user(self) -> None:
        self._try_password(f"person-{secrets.token_hex(1)}x")

    def foreign(self, *, again: bool) -> Call:
        """Asks for somebody else's verifications, for each of them once, or for the same few again and again.

        A refusal is written into the log once a minute: the first time takes longer than the next.
        """
        return self._ask_for(self._others, again=again)

    def unknown(self, *, again: bool) -> Call:
        """Asks for verifications that there are not, likewise."""
        return self._ask_for(self._nobodys, again=again)

    def _ask_for(self, ids: list[str], *, again: bool) -> Call:
        order = itertools.cycle(ids[:FEW]) if again else iter(ids[FEW:])
        return lambda: self._try_code(next(order))

    def with_one_more_look(self, call: Call) -> Call:
        """A mistake: something is looked up only where there is something."""

        def more() -> None:
            call()
            self._verifier.audit.entries(account="a stranger", limit=1)

        return more

    @contextmanager
    def without_the_dummy_hash(self) -> Iterator[None]:
        """The mistake: somebody who does not exist costs no hash."""
        passwords: Any = self._accounts._passwords
        matches = passwords._matches
        passwords._matches = lambda stored, typed: stored != passwords._nobodys_hash and matches(stored, typed)
        try:
            yield
        finally:
            del passwords._matches

    def _try_password(self, name: str) -> None:
        # A new address each time: the waits after wrong passwords are per name and address.
        try:
            self._accounts.check_password(name, "wrong horse battery", client=secrets.token_hex(8))
        except SignInRefused:
            return
        raise AssertionError("a wrong password was taken")

    def _try_code(self, verification: str) -> None:
        try:
            self._verifier.check(verification, "000000", account="a stranger", purpose="sign-in")
        except NotPending:
            return
        raise AssertionError("a stranger got further than they should")

    def close(self) -> None:
        self._accounts._engine.dispose()
        self._store.engine.dispose()


# --- the command ------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Time, compare, print, and say by the exit code whether all is as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--samples", type=int, default=SAMPLES, help=f"calls of each kind ({SAMPLES})")
    parser.add_argument("--seed", type=int, default=1, help="for the order of the calls (1)")
    wanted = parser.parse_args(arguments)
    chance = random.Random(wanted.seed)  # noqa: S311  # repeatable, not secret
    print(
        f"A difference that makes {FOUND:.0%} of guesses right is found with {power(wanted.samples):.1%} probability."
    )
    with tempfile.TemporaryDirectory() as folder:
        bank = Bank(Path(folder), verifications=FEW + wanted.samples + WARM_UP)
        try:
            as_expected = [
                expect(what, compare(first, second, samples=wanted.samples, chance=chance), apart=apart)
                for what, first, second, apart in questions(bank)
            ]
            with bank.without_the_dummy_hash():
                leaking = compare(bank.unknown_user, bank.wrong_password, samples=wanted.samples, chance=chance)
            as_expected.append(expect("control: an unknown user costs no hash", leaking, apart=True))
        finally:
            bank.close()
    return 0 if all(as_expected) else 1


def questions(bank: Bank) -> Iterator[tuple[str, Call, Call, bool]]:
    """What is compared, and whether it is to be told apart."""
    yield "unknown user, wrong password", bank.unknown_user, bank.wrong_password, False
    yield "control: wrong password, wrong password", bank.wrong_password, bank.wrong_password, False
    for again in (False, True):
        how = "asked for again" if again else "asked for once"
        yield (
            f"unknown verification, somebody else's, {how}",
            bank.unknown(again=again),
            bank.foreign(again=again),
            False,
        )
    unknown, foreign = bank.unknown(again=True), bank.foreign(again=True)
    yield "control: unknown verification, unknown verification", unknown, bank.unknown(again=True), False
    yield "control: somebody else's costs one more look", unknown, bank.with_one_more_look(foreign), True


def expect(what: str, found: Comparison, *, apart: bool) -> bool:
    """Print a comparison; whether it came out as it should."""
    right = found.apart == apart
    print(f"{what}: {found}{'' if right else '  <-- NOT AS EXPECTED'}", flush=True)
    return right


if __name__ == "__main__":
    sys.exit(main())
