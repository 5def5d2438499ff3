"""What each refusal says: in words a person can act on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from helpers import verification
from helpers.verification import (
    AuthenticatorDisabled,
    ChecksPaused,
    CodeExpired,
    CodeReplaced,
    CodeStillGood,
    InvalidCode,
    NotPending,
    SendLimitReached,
    TooManyChecks,
    TooSoon,
    VerificationError,
    WrongCode,
)
from helpers.verification.errors import Limit, in_words

EVERY_ONE = [
    InvalidCode("A code has only digits."),
    WrongCode(4),
    CodeReplaced(4),
    CodeExpired(datetime(2026, 3, 2, 17, 5, tzinfo=UTC)),
    TooManyChecks(),
    NotPending(),
    AuthenticatorDisabled(),
    TooSoon(timedelta(seconds=24)),
    CodeStillGood(timedelta(minutes=4)),
    ChecksPaused(timedelta(seconds=30)),
    SendLimitReached(None, limit="verification", why="All texts are used up."),
    SendLimitReached(timedelta(minutes=12), limit="account", why="The account has had its texts."),
    SendLimitReached(timedelta(minutes=12), limit="phone", why="The phone has had its texts."),
]


@pytest.mark.parametrize("error", EVERY_ONE, ids=lambda error: type(error).__name__)
def test_every_error_has_a_sentence_for_the_person(error: VerificationError) -> None:
    if not isinstance(error, SendLimitReached):
        assert str(error) == error.user_message
    assert error.user_message[0].isupper()
    assert error.user_message.endswith(".")
    assert "Error" not in error.user_message


def test_every_error_of_the_tree_is_public_and_tried_here() -> None:
    def below(kind: type[VerificationError]) -> set[type[VerificationError]]:
        return {kind} | {inner for each in kind.__subclasses__() for inner in below(each)}

    # (Those of the other ways grow out of it too, and have tests of their own.)
    tree = {kind for kind in below(VerificationError) if kind.__module__.startswith("helpers.verification.")}
    assert {kind.__name__ for kind in tree} <= set(verification.__all__)
    assert tree - {VerificationError} == {type(error) for error in EVERY_ONE}


def test_a_replaced_code_is_a_wrong_code_and_nothing_else_is() -> None:
    assert issubclass(CodeReplaced, WrongCode)
    assert not any(issubclass(kind, WrongCode) for kind in (InvalidCode, CodeExpired, TooManyChecks, NotPending))


@pytest.mark.parametrize(("left", "words"), [(4, "4 tries left"), (1, "One try left"), (0, "last try")])
def test_tries_left_are_said_as_people_say_them(left: int, words: str) -> None:
    for error in (WrongCode(left), CodeReplaced(left)):
        assert error.checks_left == left
        assert words in error.user_message


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.001, "1 second"),
        (1, "1 second"),
        (1.001, "2 seconds"),
        (24, "24 seconds"),
        (89, "89 seconds"),
        (89.5, "2 minutes"),
        (90, "2 minutes"),
        (120, "2 minutes"),
        (120.001, "3 minutes"),
        (3600, "60 minutes"),
    ],
)
def test_a_wait_is_rounded_up_so_that_it_is_never_too_short(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


def test_the_waits_are_kept_as_numbers_too() -> None:
    assert TooSoon(timedelta(seconds=24)).retry_after == timedelta(seconds=24)
    assert "24 seconds" in TooSoon(timedelta(seconds=24)).user_message
    for error in (CodeStillGood(timedelta(minutes=4)), ChecksPaused(timedelta(minutes=4))):
        assert error.retry_after == timedelta(minutes=4)
        assert "4 minutes" in error.user_message
    assert "still works" in CodeStillGood(timedelta(minutes=4)).user_message


def limited(limit: Limit, retry_after: timedelta | None = timedelta(minutes=12)) -> SendLimitReached:
    return SendLimitReached(retry_after, limit=limit, why="This is the reason.")


def test_a_used_up_budget_tells_its_owner_when_to_come_back() -> None:
    assert limited("account").retry_after == timedelta(minutes=12)
    assert "12 minutes" in limited("account").user_message
    assert "Start again" in limited("verification", None).user_message


def test_a_budget_that_others_used_up_says_little_to_a_stranger_and_why_to_the_developer() -> None:
    foreign = [limit for limit in get_args(Limit) if limit not in ("account", "verification")]
    assert len({limited(limit).user_message for limit in foreign}) == 1
    for limit in foreign:
        assert limited(limit).limit == limit
        assert str(limited(limit)).startswith("This is the reason. ")
        assert "12" not in limited(limit).user_message
        assert "reason" not in limited(limit).user_message


def test_expired_says_when() -> None:
    error = CodeExpired(datetime(2026, 3, 2, 17, 5, tzinfo=UTC))
    assert error.expired_at == datetime(2026, 3, 2, 17, 5, tzinfo=UTC)
    assert "17:05:00 UTC" in error.user_message
