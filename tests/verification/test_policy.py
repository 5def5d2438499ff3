"""What a policy refuses, and which standard it names."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from helpers.phone_numbers import TEXTABLE_KINDS, NumberKind
from helpers.verification import Policy, PolicyError, ResendPolicy, SendBudget

SECOND = timedelta(seconds=1)
TEN_MINUTES = timedelta(minutes=10)


def test_the_defaults_are_within_the_standards() -> None:
    policy = Policy()
    assert policy.code_digits == 6
    assert policy.code_lifetime == timedelta(minutes=5)
    assert (policy.max_checks, policy.max_sends) == (5, 3)
    assert policy.account_failure_cap <= 100
    assert policy.resend is ResendPolicy.NEW_CODE
    assert policy.keep_rows == timedelta(hours=24)
    assert policy.budget == SendBudget()
    assert (policy.budget.conversion_floor, policy.budget.conversion_sample) == (0.3, 30)  # as SECURITY.md says
    assert policy.budget.regions == ("US", "CA")
    assert NumberKind.PREMIUM_RATE not in policy.budget.kinds


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
        ({"resend_after": timedelta(milliseconds=999)}, "resend_after"),
        ({"resend_after": timedelta(0)}, "resend_after"),
        ({"attempt_lifetime": timedelta(minutes=4)}, "attempt_lifetime"),
        ({"longest_resend_wait": timedelta(seconds=29)}, "longest_resend_wait"),
        ({"free_failures": 0}, "free_failures"),
        ({"failure_wait": -SECOND}, "failure_wait"),
        ({"longest_failure_wait": timedelta(seconds=29)}, "failure_wait"),
        ({"keep_rows": timedelta(minutes=14)}, "keep_rows"),
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
        {"max_sends": 1},
        {"resend_after": SECOND},
        {"attempt_lifetime": timedelta(minutes=5)},
        {"longest_resend_wait": timedelta(seconds=30)},
        {"free_failures": 1},
        {"failure_wait": timedelta(0)},
        {"longest_failure_wait": timedelta(seconds=30)},
        {"keep_rows": timedelta(minutes=15)},
    ],
)
def test_the_edges_themselves_are_allowed(values: dict[str, Any]) -> None:
    Policy(**values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"per_phone": 0}, "each count"),
        ({"per_account": 0}, "each count"),
        ({"per_client": 0}, "each count"),
        ({"per_prefix": 0}, "each count"),
        ({"daily_messages": 0}, "each count"),
        ({"conversion_sample": 0}, "each count"),
        ({"daily_cents": Decimal(0)}, "daily_cents"),
        ({"segment_cents": Decimal(0)}, "segment_cents"),
        ({"enrolment_share": 0.0}, "enrolment_share"),
        ({"enrolment_share": 1.01}, "enrolment_share"),
        ({"conversion_floor": -0.01}, "conversion_floor"),
        ({"conversion_floor": 1.01}, "conversion_floor"),
        ({"regions": "CA"}, "regions is a tuple"),
        ({"segment_cents": "1.2"}, "money is a Decimal"),
        ({"daily_messages": 2000 / 1.2}, "whole number: 1666, not 1666.67"),
        ({"daily_messages": float("inf")}, "whole number"),
        ({"per_phone": True}, "whole number"),
        ({"regions": ("us",)}, "capitals"),
        ({"daily_cents": "2000"}, "money is a Decimal"),
        ({"kinds": TEXTABLE_KINDS | {NumberKind.PREMIUM_RATE}}, "premium-rate"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        SendBudget(**values)


@pytest.mark.parametrize(
    "values",
    [
        dict.fromkeys(("per_phone", "per_account", "per_client", "per_prefix", "daily_messages"), 1),
        {"conversion_sample": 1, "conversion_floor": 0.0},
        {"enrolment_share": 1.0, "conversion_floor": 1.0},
        {"daily_cents": Decimal("0.01"), "segment_cents": Decimal("0.01")},
    ],
)
def test_the_edges_of_a_budget_are_allowed(values: dict[str, Any]) -> None:
    SendBudget(**values)


def test_a_segment_costs_what_the_budget_says() -> None:
    assert SendBudget().cost(1) == 7_000_000  # $0.0070, in nanodollars
    assert SendBudget(segment_cents=Decimal("0.4")).cost(3) == 12_000_000


@pytest.mark.parametrize(
    ("texts", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 600), (7, 600), (1000, 600)]
)
def test_the_wait_for_the_next_text_doubles_up_to_ten_minutes(texts: int, seconds: int) -> None:
    assert Policy().wait_after_texts(texts) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 960), (11, 1920), (12, 3600), (99, 3600)],
)
def test_the_wait_after_failures_doubles_from_half_a_minute_to_an_hour(failures: int, seconds: int) -> None:
    """NIST SP 800-63B-4 §3.2.2."""
    assert Policy().wait_after_failures(failures) == timedelta(seconds=seconds)


def test_long_waits_can_be_set_without_running_over() -> None:
    policy = Policy(failure_wait=timedelta(days=1), longest_failure_wait=timedelta(days=365))
    assert policy.wait_after_failures(1000) == timedelta(days=365)


def test_a_policy_cannot_be_loosened_once_it_is_made() -> None:
    with pytest.raises(FrozenInstanceError):
        Policy().max_checks = 1000  # type: ignore[misc]
