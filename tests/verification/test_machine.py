"""Any sequence of calls, of passing time and of crashes, against a model of what the policy allows.

Two accounts, two purposes, one phone. After every step the engine's answer and its counts must be the model's: so no
sequence accepts a code that is wrong, old, expired, used, canceled or somebody else's, none gets more guesses or texts
than the policy gives, and none loses what is still good. ``tests/proof/long_machine.py`` runs many more of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from verification_bench import PHONE, Bench, FakeFlowroute

from helpers.clock import Clock
from helpers.flowroute import ConnectionFailed, FlowrouteError, Forbidden, OutcomeUnknown
from helpers.verification import Policy, ResendPolicy, SendBudget, Store, VerificationError, Verifier
from helpers.verification.sending import LISTED_AFTER
from helpers.verification.tables import account_limits, cool_downs, verifications

SETTINGS = settings(
    max_examples=10,  # of one seed: later ones are mostly variations of the first
    stateful_step_count=24,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MS = timedelta(milliseconds=1)
HOUR = 3_600_000
WHO = [(account, purpose) for account in ("ana", "ben") for purpose in ("sign-in", "enrol")]
COUNTERS = {"sign-in": "sms", "enrol": "sms-binding"}
ENDS = {
    "sent": None,
    "unknown": OutcomeUnknown("no answer"),
    "refused": Forbidden(403),
    "no connection": ConnectionFailed("no network"),
    "crash": KeyboardInterrupt(),
}

ANY = st.integers(0, 5)
ENDING = st.sampled_from(["sent", "sent", *ENDS])
KINDS = ("right", "old", "foreign")
DEEDS = [
    *["start"] * 2,
    "start at once",
    "start until nothing is left",
    *["resend"] * 5,
    "resend whatever",
    *["guess"] * 4,
    "guess until nothing is left",
    *["type what is good no more"] * 2,
    *["type what is right"] * 2,
    *["type whatever"] * 3,
    "cancel",
    *["wait"] * 4,
    "start the process anew",
]


def policy_of(resend: ResendPolicy) -> Policy:
    """Small numbers, so that a short sequence reaches every limit."""
    return Policy(
        code_lifetime=timedelta(minutes=2),
        max_checks=3,
        max_sends=3,
        resend=resend,
        resend_after=timedelta(seconds=10),
        longest_resend_wait=timedelta(seconds=40),
        attempt_lifetime=timedelta(minutes=6),
        account_failure_cap=6,
        free_failures=3,
        failure_wait=timedelta(seconds=20),
        longest_failure_wait=timedelta(seconds=40),
        keep_rows=timedelta(days=365),
        budget=SendBudget(per_account=4, per_phone=5, per_client=6, conversion_floor=0),
    )


@dataclass
class Attempt:
    """A verification, as the model has it."""

    id: str
    who: tuple[str, str]
    created: int
    expires: int
    resend_at: int
    sent_at: int
    status: str = "sending"
    unknown: bool = False
    checks: int = 0
    sends: int = 1
    good: str = ""
    others: list[str] = field(default_factory=list)
    """Codes that are good no more, or never were: replaced, never sent, cut short by a crash."""


@dataclass
class Wait:
    """What an account waits for."""

    count: int = 0
    since: int = 0
    free: int = 0


class Model:
    """What the policy says, one rule a line; times are milliseconds."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.attempts: list[Attempt] = []
        self.cool_downs: dict[tuple[str, str], Wait] = {}
        self.failures: dict[tuple[str, str], Wait] = {}
        self.sends: list[tuple[int, str, str]] = []

    def edges(self, now: int) -> list[int]:
        """The moments to come at which something changes."""
        policy = self.policy
        found = {wait.free for wait in (*self.cool_downs.values(), *self.failures.values())}
        found |= {wait.since + HOUR for wait in self.cool_downs.values()} | {at + HOUR for at, _, _ in self.sends}
        for attempt in self.attempts:
            found |= {attempt.expires, attempt.resend_at, attempt.created + policy.attempt_lifetime // MS}
        return sorted(edge for edge in found if edge > now)

    def newest(self, who: tuple[str, str]) -> Attempt | None:
        return next((attempt for attempt in reversed(self.attempts) if attempt.who == who), None)

    def live(self, attempt: Attempt, now: int) -> bool:
        return attempt.status == "pending" and attempt.checks < self.policy.max_checks and now < attempt.expires

    def counter(self, who: tuple[str, str]) -> Wait:
        return self.failures.setdefault((who[0], COUNTERS[who[1]]), Wait())

    def barred(self, who: tuple[str, str], now: int) -> str:
        counter = self.counter(who)
        if counter.count >= self.policy.account_failure_cap:
            return "AuthenticatorDisabled"
        return "ChecksPaused" if counter.free > now else ""

    # Checking

    def check(self, attempt: Attempt, who: tuple[str, str], typed: str, now: int) -> str:
        """What a check must answer; what it changes is done."""
        barred = self.barred(who, now)
        if barred == "AuthenticatorDisabled":
            return barred
        if attempt.who != who:
            return "NotPending"
        if not self.live(attempt, now):
            return self.why_not(attempt)
        if barred:
            return barred
        counter = self.counter(who)
        attempt.checks, counter.count = attempt.checks + 1, counter.count + 1
        if wait := self.policy.wait_after_failures(counter.count) // MS:
            counter.free = now + wait
        return "right" if typed == attempt.good else "WrongCode"

    def why_not(self, attempt: Attempt) -> str:
        if attempt.status != "pending":
            return "NotPending"
        return "TooManyChecks" if attempt.checks >= self.policy.max_checks else "CodeExpired"

    def approve(self, attempt: Attempt) -> None:
        attempt.status = "approved"
        account, purpose = attempt.who
        for authenticator in ("sms", "sms-binding") if purpose == "enrol" else ("sms",):
            if (account, authenticator) in self.failures:
                self.failures[account, authenticator] = Wait()
        self.cool_downs.pop(attempt.who, None)

    # Sending

    def may_start(self, who: tuple[str, str], now: int) -> str:
        before = self.newest(who)
        if before is not None and before.unknown and before.status == "pending":
            if self.too_soon(before, now):
                return "TooSoon"
            before.unknown = False
        if barred := self.barred(who, now):
            return barred
        live = any(attempt.who == who and self.live(attempt, now) for attempt in self.attempts)
        if live and self.policy.resend is ResendPolicy.REFUSE:
            return "CodeStillGood"
        return self.may_text(who, now)

    def may_resend(self, attempt: Attempt, who: tuple[str, str], now: int) -> str:
        if attempt.who != who or now >= attempt.created + self.policy.attempt_lifetime // MS:
            return "NotPending"
        if attempt.status != "pending" or attempt.checks >= self.policy.max_checks:
            return self.why_not(attempt)
        if attempt.unknown:
            if self.too_soon(attempt, now):
                return "TooSoon"
            attempt.unknown = False
        if self.live(attempt, now) and self.policy.resend is ResendPolicy.REFUSE:
            return "CodeStillGood"
        if attempt.sends >= self.policy.max_sends:
            return "SendLimitReached"
        if now < attempt.resend_at:
            return "TooSoon"
        return self.barred(who, now) or self.may_text(who, now)

    def too_soon(self, attempt: Attempt, now: int) -> bool:
        return now < attempt.resend_at or (attempt.unknown and now < attempt.sent_at + LISTED_AFTER // MS)

    def may_text(self, who: tuple[str, str], now: int) -> str:
        if self.cool_downs.get(who, Wait()).free > now:
            return "TooSoon"
        return "SendLimitReached" if self.full(who, now) else ""

    def full(self, who: tuple[str, str], now: int) -> bool:
        recent = [(account, purpose) for at, account, purpose in self.sends if at > now - HOUR]
        budget = self.policy.budget
        return sum(account == who[0] for account, _ in recent) >= budget.per_account or sum(
            purpose == who[1] for _, purpose in recent
        ) >= min(budget.per_phone, budget.per_client)

    def reserve(self, who: tuple[str, str], now: int) -> Callable[[], None]:
        """Count a text; what is returned gives it back."""
        before = self.cool_downs.get(who, Wait(0, now, now))
        count = 1 if now - before.since >= HOUR else before.count + 1
        self.cool_downs[who] = Wait(count, now, now + self.policy.wait_after_texts(count) // MS)
        self.sends.append((now, *who))

        def give_back() -> None:
            self.cool_downs[who] = before
            self.sends.pop()

        return give_back

    def start(self, made: str, who: tuple[str, str], code: str, end: str, now: int) -> None:
        give_back = self.reserve(who, now)
        for older in self.attempts:
            if older.who == who and older.status in ("sending", "pending"):
                older.status = "canceled"
        attempt = Attempt(made, who, created=now, expires=now, resend_at=self.cool_downs[who].free, sent_at=now)
        self.attempts.append(attempt)
        if end in ("sent", "unknown"):
            self.take(attempt, code, end, now)
        elif end != "crash":
            attempt.status = "canceled"
            attempt.others.append(code)
        if end == "no connection":
            attempt.sends, attempt.resend_at = 0, now
            give_back()

    def resend(self, attempt: Attempt, code: str, end: str, now: int) -> None:
        give_back = self.reserve(attempt.who, now)
        before = (attempt.sends, attempt.sent_at, attempt.resend_at)
        attempt.sends += 1
        attempt.sent_at, attempt.resend_at = now, self.cool_downs[attempt.who].free
        if end in ("sent", "unknown"):
            self.take(attempt, code, end, now)
        else:
            attempt.others.append(code)
        if end == "no connection":
            attempt.sends, attempt.sent_at, attempt.resend_at = before
            give_back()

    def take(self, attempt: Attempt, code: str, end: str, now: int) -> None:
        same = attempt.status == "pending" and self.policy.resend is ResendPolicy.SAME_CODE
        if not (same and now + 1000 <= attempt.expires):
            attempt.others += [attempt.good] if attempt.good else []
            attempt.good, attempt.expires = code, now + self.policy.code_lifetime // MS
        assert code == attempt.good
        attempt.status, attempt.unknown = "pending", end == "unknown"


class MemoryBench(Bench):
    """A bench whose database is gone with it."""

    def __init__(self, policy: Policy) -> None:
        self.clock = Clock.standing_still()
        self.flowroute = FakeFlowroute()
        self.store = Store("sqlite://")
        self.policy = policy
        self.open()

    def open(self) -> None:
        """As a process does that starts after another one died."""
        self.verifier: Verifier = self.another_verifier(policy=self.policy)


class Machine(RuleBasedStateMachine):
    """Does what hypothesis thinks of, and compares."""

    def __init__(self, resend: ResendPolicy) -> None:
        super().__init__()
        self.bench = MemoryBench(policy_of(resend))
        self.model = Model(self.bench.policy)

    def teardown(self) -> None:
        self.bench.close()

    @property
    def now(self) -> int:
        return self.bench.clock.now_ms()

    def attempt(self, number: int) -> Attempt:
        """One of the verifications; the newest has number 0."""
        return self.model.attempts[-1 - number % len(self.model.attempts)]

    def open_one(self) -> Attempt:
        """The newest one that takes checks; a new one where there is none: nobody types codes at a closed door."""
        for attempt in reversed(self.model.attempts):
            if self.model.live(attempt, self.now):
                return attempt
        who = self.model.attempts[-1].who
        if self.model.barred(who, self.now) == "AuthenticatorDisabled":
            self.bench.verifier.restore_sms(who[0], by="an operator")
            self.model.failures = {key: wait for key, wait in self.model.failures.items() if key[0] != who[0]}
        self.start(who, "sent", patient=True)
        return self.model.attempts[-1]

    def wait_for(self, *moments: int) -> None:
        """Somebody patient waits until all of these are over."""
        if (wait := max(moments) - self.now) > 0:
            self.bench.clock.advance(seconds=wait / 1000)

    def wait_for_text(self, who: tuple[str, str], attempt: Attempt | None) -> None:
        """Until nothing but a budget or the cap can stand against another text."""
        self.wait_for(self.model.cool_downs.get(who, Wait()).free, self.model.counter(who).free)
        if attempt is not None and attempt.unknown:
            self.wait_for(attempt.sent_at + LISTED_AFTER // MS)
        if attempt is not None and self.bench.policy.resend is ResendPolicy.REFUSE and attempt.status == "pending":
            self.wait_for(attempt.expires)

    def outcome(self, name: str, *arguments: Any, **keywords: Any) -> str:
        """How a call to the verifier ends, in a word."""
        try:
            getattr(self.bench.verifier, name)(*arguments, **keywords)
        except (VerificationError, FlowrouteError) as error:
            return type(error).__name__.replace("CodeReplaced", "WrongCode")
        except KeyboardInterrupt:
            self.bench.open()
            return "crash"
        return "done"

    def text(self, end: str, name: str, *arguments: Any, **keywords: Any) -> tuple[str, str]:
        """A call that texts, and the code of its text, if there was one."""
        before = len(self.bench.flowroute.texts)
        self.bench.flowroute.failure = ENDS[end]
        outcome = self.outcome(name, *arguments, **keywords)
        self.bench.flowroute.failure = None
        texts = self.bench.flowroute.codes[before:]
        assert len(texts) <= 1
        return outcome, texts[0] if texts else ""

    @staticmethod
    def told(end: str) -> str:
        failure = ENDS[end]
        return "done" if failure is None else "crash" if end == "crash" else type(failure).__name__

    @initialize(who=st.sampled_from(WHO))
    def begin(self, who: tuple[str, str]) -> None:
        self.start(who, "sent", patient=False)

    @rule(deed=st.sampled_from(DEEDS), who=st.sampled_from(WHO), number=ANY, which=ANY, end=ENDING)
    def step(  # noqa: C901 (a table)
        self, deed: str, who: tuple[str, str], number: int, which: int, end: str
    ) -> None:
        """One deed. All stand in one rule: of many, hypothesis leaves some out, and a break-in takes several."""
        attempt = self.attempt(number)
        match deed:
            case "start":
                self.start(who, end, patient=True)
            case "start at once":
                self.start(who if which % 2 else self.open_one().who, end, patient=False)
            case "start until nothing is left":
                self.start_until_nothing_is_left(who)
            case "resend":
                self.resend(end, then=which)
            case "resend whatever":
                self.ask_again(attempt, who if which % 2 else attempt.who, end)
            case "guess":
                self.guess(patient=which > 0)
            case "guess until nothing is left":
                self.guess_until_nothing_is_left()
            case "type what is good no more":
                self.type(live := self.open_one(), live.who, self.code(live, "old", which))
            case "type what is right":
                self.type(live := self.open_one(), live.who, live.good, crash=which > 3)
            case "type whatever":
                self.type(attempt, who if which % 2 else attempt.who, self.code(attempt, KINDS[which % 3], number))
            case "cancel":
                self.cancel(attempt, who if which % 2 else attempt.who)
            case "wait":
                self.wait_until_something_changes(number, early=which % 2 == 0)
            case "start the process anew":
                self.bench.open()

    def start(self, who: tuple[str, str], end: str, *, patient: bool) -> None:
        if patient:
            self.wait_for_text(who, self.model.newest(who))
            self.wait_for(self.now + HOUR if self.model.full(who, self.now) else 0)
        now, refused = self.now, self.model.may_start(who, self.now)
        known = {attempt.id for attempt in self.model.attempts}
        outcome, code = self.text(end, "start", PHONE, account=who[0], purpose=who[1], client="198.51.100.7")
        assert outcome == (refused or self.told(end))
        assert bool(code) == (not refused)
        if not refused:
            [made] = self.stored()[0].keys() - known
            self.model.start(made, who, code, end, now)

    def resend(self, end: str, *, then: int) -> None:
        attempt = self.open_one()
        self.wait_for_text(attempt.who, attempt)
        self.ask_again(attempt, attempt.who, end)
        codes = self.bench.flowroute.codes[-2:]
        if then < len(codes):  # two texts have come, or one has and the other is lost: type the older or the newer
            self.type(attempt, attempt.who, codes[then])

    def start_until_nothing_is_left(self, who: tuple[str, str]) -> None:
        """Everybody, one after the other, until the hour is full; then at the very moment when it has room again."""
        for each in (who, *WHO):
            while not (full := self.model.full(each, self.now)) and not self.model.barred(each, self.now):
                self.wait_for_text(each, self.model.newest(each))
                self.start(each, "sent", patient=False)
            self.start(each, "sent", patient=False)
        if full:
            room = min(at + HOUR for at, _, _ in self.model.sends if at + HOUR > self.now)
            for moment in (room - 1, room):
                self.wait_for(moment)
                self.start(who, "sent", patient=False)

    def ask_again(self, attempt: Attempt, who: tuple[str, str], end: str) -> None:
        now, refused = self.now, self.model.may_resend(attempt, who, self.now)
        outcome, code = self.text(end, "resend", attempt.id, account=who[0], purpose=who[1])
        assert outcome == (refused or self.told(end))
        assert bool(code) == (not refused)
        if not refused:
            self.model.resend(attempt, code, end, now)

    def guess(self, *, patient: bool) -> None:
        attempt = self.open_one()
        if patient:
            self.wait_for(self.model.counter(attempt.who).free)
        self.type(attempt, attempt.who, self.bench.wrong)

    def guess_until_nothing_is_left(self) -> None:
        attempt = self.open_one()
        for _ in range(self.bench.policy.max_checks - attempt.checks):
            self.wait_for(self.model.counter(attempt.who).free)
            self.type(attempt, attempt.who, self.bench.wrong)
        self.start(attempt.who, "sent", patient=False)
        self.wait_for(self.model.counter(attempt.who).free)
        self.type(attempt, attempt.who, attempt.good)

    def type(self, attempt: Attempt, who: tuple[str, str], code: str, *, crash: bool = False) -> None:
        wanted = self.model.check(attempt, who, code, self.now)
        if crash and wanted == "right":
            # Counted, and the process dies before it could say "approved".
            self.bench.store.approve = self.die  # type: ignore[method-assign]
            outcome = self.outcome("check", attempt.id, code, account=who[0], purpose=who[1])
            del self.bench.store.approve  # type: ignore[method-assign]
            assert outcome == "crash"
            return
        if wanted == "right":
            self.model.approve(attempt)
            wanted = "done"
        assert self.outcome("check", attempt.id, code, account=who[0], purpose=who[1]) == wanted

    @staticmethod
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def code(self, attempt: Attempt, kind: str, which: int) -> str:
        """A code of that kind, as far as there is one; else a wrong one."""
        pools = {
            "right": [attempt.good],
            "old": attempt.others,
            "foreign": [each.good for each in self.model.attempts if each is not attempt],
        }
        pool = [code for code in pools.get(kind, []) if code]
        return pool[-1 - which % len(pool)] if pool else self.bench.wrong

    def cancel(self, attempt: Attempt, who: tuple[str, str]) -> None:
        allowed = attempt.who == who and attempt.status == "pending"
        outcome = self.outcome("cancel", attempt.id, account=who[0], purpose=who[1])
        assert outcome == ("done" if allowed else "NotPending")
        if allowed:
            attempt.status = "canceled"

    def wait_until_something_changes(self, number: int, *, early: bool) -> None:
        edges = self.model.edges(self.now) or [self.now + 1000]
        edge = edges[min(number, len(edges) - 1)] - (1 if early else 0)
        self.bench.clock.advance(seconds=(edge - self.now) / 1000)

    def stored(self) -> tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]]:
        """What the engine has: its verifications, its counts of failures, its waits."""
        columns = verifications.c["id", "checks", "sends", "status", "resend_at", "expires_at", "delivery"]
        with self.bench.store.engine.begin() as connection:
            attempts = {row[0]: row[1:] for row in connection.execute(select(columns))}
            failures = {row[:2]: row[2:] for row in connection.execute(select(account_limits))}
            waits = {row[:2]: row[2:] for row in connection.execute(select(cool_downs))}
        return attempts, failures, waits

    @invariant()
    def what_is_stored_is_the_models(self) -> None:
        attempts, failures, waits = self.stored()
        assert {name: (*row[:5], row[5] == "unknown") for name, row in attempts.items()} == {
            each.id: (each.checks, each.sends, each.status, each.resend_at, each.expires, each.unknown)
            for each in self.model.attempts
        }
        assert {key: row for key, row in failures.items() if row[0]} == {
            key: (counter.count, counter.free) for key, counter in self.model.failures.items() if counter.count
        }
        assert waits == {key: (wait.count, wait.since, wait.free) for key, wait in self.model.cool_downs.items()}

    @invariant()
    def the_policy_is_kept(self) -> None:
        """The model itself must not give more away than the policy says."""
        policy, now = self.bench.policy, self.now
        for attempt in self.model.attempts:
            assert attempt.checks <= policy.max_checks
            assert attempt.sends <= policy.max_sends
        assert all(counter.count <= policy.account_failure_cap for counter in self.model.failures.values())
        for name in ("ana", "ben"):
            recent = [at for at, account, _ in self.model.sends if account == name and at > now - HOUR]
            assert len(recent) <= policy.budget.per_account


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("resend", list(ResendPolicy), ids=lambda policy: policy.name)
def test_no_sequence_opens_what_is_closed_or_gets_more_than_the_policy_gives(resend: ResendPolicy, number: int) -> None:
    run_state_machine_as_test(seed(number)(lambda: Machine(resend)), settings=SETTINGS)
