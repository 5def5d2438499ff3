"""The numbers a verification lives by. What the standards refuse cannot be set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from helpers.errors import CourseError

MIN_CODE_DIGITS: Final = 6  # NIST SP 800-63B-4 §3.1.3.2
MAX_CODE_DIGITS: Final = 10
MAX_CODE_LIFETIME: Final = timedelta(minutes=10)  # NIST SP 800-63B-4 §3.1.3.2, ASVS 5.0 6.5.5
MAX_ACCOUNT_FAILURES: Final = 100  # NIST SP 800-63B-4 §3.2.2


class PolicyError(CourseError, ValueError):
    """A policy that a standard refuses; the message names the standard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long, how often, how many. The defaults are stricter than the standards ask."""

    code_digits: int = 6
    code_lifetime: timedelta = timedelta(minutes=5)
    max_checks: int = 5
    """Guesses per verification; a new code brings none of them back (§3.1.3.2)."""
    max_sends: int = 3
    """Texts per verification, the first one included."""
    resend_after: timedelta = timedelta(seconds=30)
    """The shortest time between two texts of one verification."""
    attempt_lifetime: timedelta = timedelta(minutes=15)
    """How long after the start a new code may still be asked for."""
    account_failure_cap: int = 20
    """Failed checks in a row, over all verifications of an account, before SMS is switched off for it (§3.2.2)."""
    account_sends_per_hour: int = 10
    """Texts per account in any sixty minutes."""
    regions: tuple[str, ...] = field(default=("US", "CA"))
    """Countries whose phones are texted; premium lines never are."""

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
        _require(self.account_sends_per_hour >= self.max_sends, "account_sends_per_hour is at least max_sends.")
        _require(self.resend_after >= timedelta(seconds=1), "resend_after is at least a second.")
        _require(self.attempt_lifetime >= self.code_lifetime, "attempt_lifetime is at least code_lifetime.")


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise PolicyError(words)
