"""What a policy refuses, and which standard it names."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest

from helpers.verification import Policy, PolicyError

SECOND = timedelta(seconds=1)
TEN_MINUTES = timedelta(minutes=10)


def test_the_defaults_are_within_the_standards() -> None:
    policy = Policy()
    assert policy.code_digits == 6
    assert policy.code_lifetime == timedelta(minutes=5)
    assert (policy.max_checks, policy.max_sends) == (5, 3)
    assert policy.account_failure_cap <= 100
    assert policy.regions == ("US", "CA")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"code_digits": 5}, r"NIST SP 800-63B-4 §3\.1\.3\.2"),
        ({"code_digits": 11}, "to 10"),
        ({"code_lifetime": TEN_MINUTES + timedelta(milliseconds=1)}, r"NIST SP 800-63B-4 §3\.1\.3\.2"),
        ({"code_lifetime": timedelta(0)}, r"§3\.1\.3\.2"),
        ({"code_lifetime": -SECOND}, r"§3\.1\.3\.2"),
        ({"account_failure_cap": 101}, r"NIST SP 800-63B-4 §3\.2\.2"),
        ({"account_failure_cap": 0}, r"§3\.2\.2"),
        ({"max_checks": 0}, "max_checks"),
        ({"max_checks": 21}, "account_failure_cap"),
        ({"max_sends": 0}, "max_sends"),
        ({"account_sends_per_hour": 2}, "account_sends_per_hour"),
        ({"resend_after": timedelta(milliseconds=999)}, "resend_after"),
        ({"resend_after": timedelta(0)}, "resend_after"),
        ({"attempt_lifetime": timedelta(minutes=4)}, "attempt_lifetime"),
    ],
)
def test_what_the_standards_refuse_cannot_be_set(values: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        Policy(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"code_digits": 10},
        {"code_lifetime": TEN_MINUTES},
        {"code_lifetime": SECOND},
        {"account_failure_cap": 100, "max_checks": 100},
        {"max_checks": 1, "account_failure_cap": 1},
        {"max_sends": 1, "account_sends_per_hour": 1},
        {"resend_after": SECOND},
        {"attempt_lifetime": timedelta(minutes=5)},
    ],
)
def test_the_edges_themselves_are_allowed(values: dict[str, Any]) -> None:
    Policy(**values)


def test_a_policy_cannot_be_loosened_once_it_is_made() -> None:
    with pytest.raises(FrozenInstanceError):
        Policy().max_checks = 1000  # type: ignore[misc]
