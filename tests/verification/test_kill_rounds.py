"""Twenty-five kills at random moments leave everything whole; and whoever looks would see it if they did not.

``tests/proof/crashes.py`` does the same five hundred times.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kill_rounds import Killing, Look, Paths, Worker, broken, look_at, note, noted, policy_for

from helpers.clock import Clock
from helpers.verification import ResendPolicy

ROUNDS = 25
SAME_CODE = policy_for(ResendPolicy.SAME_CODE)
NEW_CODE = policy_for(ResendPolicy.NEW_CODE)


def test_kills_at_random_moments_leave_everything_whole(tmp_path: Path) -> None:
    outcome = Killing(tmp_path, resend=ResendPolicy.NEW_CODE, seed=1).run(ROUNDS)
    assert outcome.broken == []
    assert outcome.kills == ROUNDS
    assert outcome.looks == ROUNDS + 1
    assert outcome.texts, "nobody was killed at work"


# Whether a breach would be seen


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock.standing_still()


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Path:
    """A database that one worker has used for a while, with everything in it that a rule is about."""
    folder = tmp_path_factory.mktemp("worked")
    worker = Worker(Paths(folder), policy=NEW_CODE, clock=clock, chance=random.Random(5))  # noqa: S311
    try:
        for _ in range(250):
            worker.call()
            clock.advance(seconds=10)
    finally:
        worker.close()
    return folder


@pytest.fixture
def paths(worked: Path, tmp_path: Path) -> Paths:
    """A copy of it."""
    shutil.copytree(worked, tmp_path / "copy")
    return Paths(tmp_path / "copy")


@pytest.fixture
def look(paths: Paths, clock: Clock) -> Callable[[], Look]:
    return lambda: look_at(paths, clock)


def execute(paths: Paths, *statements: str) -> None:
    """Change the database behind everybody's back; each statement has to change something."""
    with closing(sqlite3.connect(paths.database)) as connection, connection:
        for statement in statements:
            changes = connection.execute(statement).rowcount
            assert changes, f"nothing to change: {statement}"


def test_what_a_worker_leaves_is_whole(look: Callable[[], Look]) -> None:
    seen = look()
    assert broken(seen, seen, policy=NEW_CODE) == []
    statuses = {row["status"] for row in seen.rows["verifications"]}
    assert statuses >= {"pending", "approved", "canceled"}, "the rules have something to be about"
    assert {row["outcome"] for row in seen.rows["texts"]} >= {"accepted", "unknown", "not sent"}


PENDING = "WHERE rowid = (SELECT min(rowid) FROM verifications WHERE status = 'pending')"
APPROVED = "WHERE rowid = (SELECT min(rowid) FROM verifications WHERE status = 'approved')"
RESENT = "WHERE rowid = (SELECT min(rowid) FROM verifications WHERE generation = 2)"
ACCEPTED = "WHERE rowid = (SELECT min(rowid) FROM texts WHERE outcome = 'accepted')"
NEWEST = "(SELECT max(sent_at) FROM texts)"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (f"UPDATE verifications SET status = 'expired' {PENDING}", "the status is one of four"),
        (f"UPDATE verifications SET checks = -1 {PENDING}", "checks are from 0 to the most"),
        (f"UPDATE verifications SET checks = 6 {PENDING}", "checks are from 0 to the most"),
        (f"UPDATE verifications SET max_checks = 9 {PENDING}", "checks are from 0 to the most"),
        (f"UPDATE verifications SET sends = 0 {PENDING}", "sends are from 1 to the most"),
        (f"UPDATE verifications SET sends = 4 {PENDING}", "sends are from 1 to the most"),
        (f"UPDATE verifications SET generation = sends + 1 {PENDING}", "codes are not more than sends"),
        (f"UPDATE verifications SET code_hmac = x'00' {PENDING}", "an HMAC is whole"),
        (f"UPDATE verifications SET status = 'sending' {PENDING}", "sending: nothing is good yet"),
        (f"UPDATE verifications SET generation = 0 {PENDING}", "pending or approved: there is a code"),
        (f"UPDATE verifications SET code_hmac = NULL {PENDING}", "a code has its HMAC"),
        (f"UPDATE verifications SET replaced_hmac = NULL {RESENT}", "the code before has its HMAC"),
        (f"UPDATE verifications SET delivery = NULL {PENDING}", "a code has a delivery"),
        (f"UPDATE verifications SET nonce = x'00' {PENDING}", "a code has a nonce only under"),
        (f"UPDATE verifications SET next_hmac = code_hmac {APPROVED}", "ended: no code is on its way"),
        (f"UPDATE verifications SET checks = 0 {APPROVED}", "approved: it was checked"),
        (f"UPDATE verifications SET resend_at = sent_at {PENDING}", "times are in order"),
        (f"UPDATE verifications SET sent_at = created_at - 1 {PENDING}", "times are in order"),
        (f"UPDATE verifications SET expires_at = expires_at + 1 {PENDING}", "a code lives as long as"),
        (f"UPDATE verifications SET account = 'x', purpose = 'y' {PENDING.replace('=', 'IN').replace('min(rowid)', 'rowid')} OR rowid IN (SELECT rowid FROM verifications WHERE status = 'pending')", "verifications at once"),  # fmt: skip  # noqa: E501
    ],
)
def test_half_a_row_is_seen(paths: Paths, look: Callable[[], Look], statement: str, words: str) -> None:
    execute(paths, statement)
    assert any(words in found for found in broken(look(), policy=NEW_CODE))
