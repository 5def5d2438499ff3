"""The numbers a verification lives by. What the standards refuse cannot be set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from helpers.errors import CourseError
from helpers.message_length import NANODOLLARS_PER_CENT
from helpers.phone_numbers import TEXTABLE_KINDS, NumberKind

MIN_CODE_DIGITS: Final = 6  # NIST SP 800-63B-4 §3.1.3.2
MAX_CODE_DIGITS: Final = 10
MAX_CODE_LIFETIME: Final = timedelta(minutes=10)  # NIST SP 800-63B-4 §3.1.3.2, ASVS 5.0 6.5.5
MAX_ACCOUNT_FAILURES: Final = 100  # NIST SP 800-63B-4 §3.2.2


class PolicyError(CourseError, ValueError):
    """A policy that a standard refuses; the message names the standard."""


class ResendPolicy(StrEnum):
    """What asking for another code brings. All three are in use in the world."""

    NEW_CODE = "a new code, and the old one dies"
    """OWASP's MFA cheat sheet. Of two texts that arrive out of order, the older is refused."""
    SAME_CODE = "the same code until it expires"
    """As Twilio Verify does. Out of order is harmless. The code is derived from the key and a nonce, never stored."""
    REFUSE = "nothing while a code is live"
    """As Vonage Verify does (409). One text is all there can be, so a lost one means waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBudget:
    """How many texts, to whom, at what price. The first four hold in any sixty minutes.

    Texts to phones that nobody has confirmed are counted apart from sign-in texts, by phone and by client: who enrols a
    stranger's number, or sits in the same café, must not use up the stranger's own codes.
    """

    per_phone: int = 5
    per_account: int = 10
    per_client: int = 30
    """Per network address of who asks. A school or an office shares one."""
    per_prefix: int = 100
    """Per area code and exchange, unconfirmed phones only: pumping comes in rows of neighbouring numbers."""
    daily_messages: int = 1000
    daily_cents: Decimal = Decimal(500)
    segment_cents: Decimal = Decimal("0.7")
    """The price of a segment, surcharge included (flowroute-api.md §2.3, an example). Your price list rules."""
    enrolment_share: float = 0.5
    """The part of a day's budget that texts to unconfirmed phones may use up, so that sign-ins always have the rest."""
    conversion_floor: float = 0.3
    """Approved ÷ sent of a day; below it an alarm is given: texts are being pumped, or do not arrive."""
    conversion_sample: int = 30
    """How many texts a day must have before its conversion says anything."""
    regions: tuple[str, ...] = ("US", "CA")
    """Countries whose phones are texted (ISO 3166)."""
    kinds: frozenset[NumberKind] = TEXTABLE_KINDS
    """Kinds of numbers that are texted; premium lines are not among them."""

    def __post_init__(self) -> None:
        counts = (self.per_phone, self.per_account, self.per_client, self.per_prefix, self.daily_messages)
        whole = [isinstance(count, int) and not isinstance(count, bool) for count in (*counts, self.conversion_sample)]
        _require(all(whole), "each count of a SendBudget is a whole number: 1666, not 1666.67.")
        _require(min(counts) >= 1 and self.conversion_sample >= 1, "each count of a SendBudget is at least 1.")
        _require(not isinstance(self.regions, str), 'regions is a tuple: ("CA",), not "CA".')
        _require(all(region.isupper() for region in self.regions), 'regions are written in capitals: ("CA",).')
        money = (self.daily_cents, self.segment_cents)
        _require(not any(isinstance(cents, str) for cents in money), 'money is a Decimal: Decimal("1.2"), not "1.2".')
        _require(self.daily_cents > 0 and self.segment_cents > 0, "daily_cents and segment_cents are more than 0.")
        _require(0 < self.enrolment_share <= 1, "enrolment_share is more than 0 and at most 1.")
        _require(0 <= self.conversion_floor <= 1, "conversion_floor is from 0 to 1.")
        _require(NumberKind.PREMIUM_RATE not in self.kinds, "kinds leaves out premium-rate numbers: each text pays.")

    def cost(self, segments: int) -> int:
        """What so many segments cost, in nanodollars."""
        return int(segments * self.segment_cents * NANODOLLARS_PER_CENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long, how often, how many. The defaults are stricter than the standards ask."""

    code_digits: int = 6
    code_lifetime: timedelta = timedelta(minutes=5)
    max_checks: int = 5
    """Guesses per verification; a new code brings none of them back (§3.1.3.2)."""
    max_sends: int = 3
    """Texts per verification, the first one included."""
    resend: ResendPolicy = ResendPolicy.NEW_CODE
    resend_after: timedelta = timedelta(seconds=30)
    """The wait after the first text. It doubles with each text since the last approval: 30, 60, 120 s …"""
    longest_resend_wait: timedelta = timedelta(minutes=10)
    attempt_lifetime: timedelta = timedelta(minutes=15)
    """How long after the start a new code may still be asked for."""
    account_failure_cap: int = 20
    """Failed checks in a row, over all verifications of an account, before SMS is switched off for it (§3.2.2)."""
    free_failures: int = 5
    """From this failure in a row on, checks pause: ``failure_wait``, then twice that, and so on (§3.2.2)."""
    failure_wait: timedelta = timedelta(seconds=30)
    longest_failure_wait: timedelta = timedelta(hours=1)
    keep_rows: timedelta = timedelta(hours=24)
    """How long a verification is kept after its start; the audit log stays."""
    budget: SendBudget = field(default_factory=SendBudget)

    def __post_init__(self) -> None:
        _require(
            MIN_CODE_DIGITS <= self.code_digits <= MAX_CODE_DIGITS,
            f"code_digits is from {MIN_CODE_DIGITS} (NIST SP 800-63B-4 §3.1.3.2) to {MAX_CODE_DIGITS}.",
        )
        _require(
            timedelta(0) < self.code_lifetime <= MAX_CODE_LIFETIME,
            "code_lifetime is more than nothing and at most 10 minutes (NIST SP 800-63B-4 §3.1.3.2).",
        )
        _require(
            1 <= self.account_failure_cap <= MAX_ACCOUNT_FAILURES,
            f"account_failure_cap is from 1 to {MAX_ACCOUNT_FAILURES} (NIST SP 800-63B-4 §3.2.2).",
        )
        _require(
            1 <= self.max_checks <= self.account_failure_cap,
            "max_checks is at least 1 and at most account_failure_cap: one verification may not use up more.",
        )
        _require(self.max_sends >= 1, "max_sends is at least 1: the first text counts.")
        _require(self.resend_after >= timedelta(seconds=1), "resend_after is at least a second.")
        _require(self.longest_resend_wait >= self.resend_after, "longest_resend_wait is at least resend_after.")
        _require(self.attempt_lifetime >= self.code_lifetime, "attempt_lifetime is at least code_lifetime.")
        _require(self.free_failures >= 1, "free_failures is at least 1: the first slip costs nobody a wait.")
        _require(
            timedelta(0) <= self.failure_wait <= self.longest_failure_wait,
            "failure_wait is from nothing to longest_failure_wait.",
        )
        _require(self.keep_rows >= self.attempt_lifetime, "keep_rows is at least attempt_lifetime.")

    def wait_after_texts(self, texts: int) -> timedelta:
        """How long until the next text, after so many since the last approval."""
        return _doubled(self.resend_after, texts - 1, at_most=self.longest_resend_wait)

    def wait_after_failures(self, failures: int) -> timedelta:
        """How long checks pause, after so many failures in a row."""
        if failures < self.free_failures:
            return timedelta(0)
        return _doubled(self.failure_wait, failures - self.free_failures, at_most=self.longest_failure_wait)


def _doubled(wait: timedelta, times: int, *, at_most: timedelta) -> timedelta:
    factor: int = 2 ** min(times, 20)  # a million times the first wait: no need to count on
    return min(wait * factor, at_most)


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise PolicyError(words)
