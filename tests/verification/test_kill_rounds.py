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
from databases import BOTH, on
from kill_rounds import Killing, Look, Paths, Worker, broken, look_at, note, noted, policy_for

from helpers.clock import Clock
from helpers.verification import ResendPolicy

ROUNDS = 25
ROUNDS_ON_A_SERVER = 8
CALLS = 130
SAME_CODE = policy_for(ResendPolicy.SAME_CODE)
NEW_CODE = policy_for(ResendPolicy.NEW_CODE)


@on(*BOTH)
def test_kills_at_random_moments_leave_everything_whole(tmp_path: Path, database_url: str) -> None:
    paths, rounds = Paths(tmp_path), ROUNDS
    if not database_url.startswith("sqlite"):
        paths, rounds = Paths(tmp_path, database_url), ROUNDS_ON_A_SERVER
    outcome = Killing(paths, resend=ResendPolicy.NEW_CODE, seed=1).run(rounds)
    assert outcome.broken == []
    assert outcome.kills == rounds
    assert outcome.looks == rounds + 1
    assert outcome.texts, "nobody was killed at work"


# Whether a breach would be seen


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock.standing_still()


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Path:
    """A database that one worker has used for a while, with everything in it that a rule is about."""
    folder = tmp_path_factory.mktemp("worked")
    worker = Worker(Paths(folder), policy=NEW_CODE, clock=clock, chance=random.Random(7))  # noqa: S311
    try:
        for _ in range(CALLS):
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


def test_what_a_worker_leaves_is_whole(look: Callable[[], Look]) -> None:
    seen = look()
    assert broken(seen, seen, policy=NEW_CODE) == []
    statuses = {row["status"] for row in seen.rows["verifications"]}
    assert statuses >= {"pending", "approved", "canceled"}, "the rules have something to be about"
    assert {row["outcome"] for row in seen.rows["texts"]} >= {"accepted", "unknown", "not sent"}


PLACES = {
    "{pending}": "WHERE rowid = (SELECT min(rowid) FROM verifications WHERE status = 'pending')",
    "{approved}": "WHERE rowid = (SELECT min(rowid) FROM verifications WHERE status = 'approved')",
    "{resent}": "WHERE rowid = (SELECT min(rowid) FROM verifications WHERE generation = 2)",
    "{accepted}": "WHERE rowid = (SELECT min(rowid) FROM texts WHERE outcome = 'accepted')",
}


def execute(paths: Paths, *statements: str) -> None:
    """Change the database behind everybody's back; each statement has to change something."""
    with closing(sqlite3.connect(paths.database)) as connection, connection:
        for statement in statements:
            for name, rows in PLACES.items():
                statement = statement.replace(name, rows)
            assert connection.execute(statement).rowcount, f"nothing to change: {statement}"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE verifications SET status = 'expired' {pending}", "the status is one of four"),
        ("UPDATE verifications SET checks = -1 {pending}", "checks are from 0 to the most"),
        ("UPDATE verifications SET checks = 6 {pending}", "checks are from 0 to the most"),
        ("UPDATE verifications SET max_checks = 9 {pending}", "checks are from 0 to the most"),
        ("UPDATE verifications SET sends = 0 {pending}", "sends are from 1 to the most"),
        ("UPDATE verifications SET sends = 4 {pending}", "sends are from 1 to the most"),
        ("UPDATE verifications SET generation = sends + 1 {pending}", "codes are not more than sends"),
        ("UPDATE verifications SET code_hmac = x'00' {pending}", "an HMAC is whole"),
        ("UPDATE verifications SET status = 'sending' {pending}", "sending: nothing is good yet"),
        ("UPDATE verifications SET generation = 0 {pending}", "pending or approved: there is a code"),
        ("UPDATE verifications SET code_hmac = NULL {pending}", "a code has its HMAC"),
        ("UPDATE verifications SET replaced_hmac = NULL {resent}", "the code before has its HMAC"),
        ("UPDATE verifications SET delivery = NULL {pending}", "a code has a delivery"),
        ("UPDATE verifications SET nonce = x'00' {pending}", "a code has a nonce only under"),
        ("UPDATE verifications SET next_hmac = code_hmac {approved}", "ended: no code is on its way"),
        ("UPDATE verifications SET checks = 0 {approved}", "approved: it was checked"),
        ("UPDATE verifications SET resend_at = sent_at {pending}", "times are in order"),
        ("UPDATE verifications SET sent_at = created_at - 1 {pending}", "times are in order"),
        ("UPDATE verifications SET expires_at = expires_at + 1 {pending}", "a code lives as long as"),
    ],
)
def test_half_a_row_is_seen(paths: Paths, look: Callable[[], Look], statement: str, words: str) -> None:
    execute(paths, statement)
    assert any(words in found for found in broken(look(), policy=NEW_CODE))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE verifications SET account = 'ana', purpose = 'x', status = 'pending'", "verifications at once"),
        ("UPDATE texts SET message_id = 'mdr2-other' {accepted}", "has the id of another one"),
        ("UPDATE texts SET message_id = NULL {accepted}", "is accepted with the id None"),
        ("UPDATE texts SET outcome = 'not sent' {accepted}", "left, and is said not to have"),
        ("DELETE FROM texts {accepted}", "left and is not counted"),
        ("DELETE FROM texts {accepted}", "sends and other texts"),
        ("DELETE FROM verifications {approved}", "belong to nothing"),
        ("UPDATE verifications SET status = 'canceled' {approved}", "was approved and is not"),
        ("UPDATE verifications SET status = 'approved' {pending}", "nobody wrote it down"),
        ("UPDATE verifications SET generation = 0 {approved}", "by a code that was not the good one"),
        ("UPDATE account_limits SET failures = 21", "has 21 failures"),
        ("UPDATE account_limits SET failures = failures + 15", "checks"),
        ("DELETE FROM account_limits", "has 0 failures and"),
        ("UPDATE send_totals SET messages = messages + 1 WHERE prefix = ''", "texts are counted in all"),
        ("UPDATE send_totals SET messages = messages + 1 WHERE prefix <> ''", "texts are counted by prefix"),
        ("UPDATE send_totals SET approved = approved + 1 WHERE prefix = ''", "approvals are counted"),
        ("DELETE FROM sends WHERE at = (SELECT max(at) FROM sends)", "is counted under 0 keys of"),
        ("UPDATE cool_downs SET free_at = sent_at", "the wait of"),
        ("UPDATE cool_downs SET texts = 0", "the wait of"),
    ],
)
def test_what_does_not_fit_together_is_seen(paths: Paths, look: Callable[[], Look], statement: str, words: str) -> None:
    execute(paths, statement)
    assert any(words in found for found in broken(look(), policy=NEW_CODE))


def test_a_missing_nonce_is_seen(look: Callable[[], Look]) -> None:
    """What one policy leaves empty, another one needs."""
    assert any("a nonce only under" in found for found in broken(look(), policy=SAME_CODE))


@pytest.mark.parametrize("name", ["texts", "approvals"])
def test_a_second_time_is_seen(paths: Paths, look: Callable[[], Look], name: str) -> None:
    path: Path = getattr(paths, name)
    note(path, noted(path)[0])
    words = {"texts": "was sent 2 times", "approvals": "was approved twice"}[name]
    assert any(words in found for found in broken(look(), policy=NEW_CODE))


def test_a_text_that_nobody_counted_is_seen(paths: Paths, look: Callable[[], Look]) -> None:
    note(paths.texts, noted(paths.texts)[0] | {"number": 9})
    assert any("left and is not counted" in found for found in broken(look(), policy=NEW_CODE))


def test_one_message_id_for_two_texts_is_seen(paths: Paths, look: Callable[[], Look]) -> None:
    execute(paths, "UPDATE texts SET message_id = 'mdr2-one' WHERE outcome = 'accepted'")
    assert any("mdr2-one was sent" in found for found in broken(look(), policy=NEW_CODE))


def test_an_approval_that_was_written_down_twice_is_seen(paths: Paths, look: Callable[[], Look]) -> None:
    execute(
        paths,
        "INSERT INTO audit SELECT number + 1000000, at, event, outcome, account, client, purpose, verification, "
        "message_id, phone, detail FROM audit WHERE outcome = 'approved'",
    )
    assert any("was approved twice" in found for found in broken(look(), policy=NEW_CODE))


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["UPDATE verifications SET checks = checks - 1 WHERE checks > 0"], "checks went back from"),
        (["UPDATE verifications SET sends = sends - 1"], "sends went back from"),
        (["UPDATE verifications SET generation = generation - 1"], "generation went back from"),
        (["UPDATE verifications SET sent_at = sent_at - 1"], "sent_at went back from"),
        (["UPDATE send_totals SET messages = messages - 1"], "messages went back from"),
        (["UPDATE send_totals SET nanodollars = nanodollars - 1"], "nanodollars went back from"),
        (["UPDATE send_totals SET approved = approved - 1"], "approved went back from"),
        (["DELETE FROM send_totals"], "is gone"),
        (["UPDATE account_limits SET failures = failures - 1"], "failures went back from"),
        (["DELETE FROM account_limits"], "failures went back from"),
        (["UPDATE verifications SET status = 'pending' {approved}"], "from approved to pending"),
        (["UPDATE verifications SET status = 'pending' WHERE status = 'canceled'"], "from canceled to pending"),
        (["UPDATE verifications SET phone = '+12065550142'"], "what it was started for has changed"),
        (["UPDATE texts SET outcome = 'sending'"], "was accepted and is not any more"),
        (["DELETE FROM texts"], "is not any more"),
        (["DROP TRIGGER audit_no_update", "UPDATE audit SET client = 'x'"], "the audit log has lost an entry"),
        (["DROP TRIGGER audit_no_delete", "DELETE FROM audit WHERE number = 3"], "the audit log has lost an entry"),
    ],
)
def test_a_way_back_is_seen(paths: Paths, look: Callable[[], Look], statements: list[str], words: str) -> None:
    before = look()
    execute(paths, *statements)
    assert any(words in found for found in broken(look(), before, policy=NEW_CODE))


def test_an_approval_may_clear_failures(paths: Paths, look: Callable[[], Look]) -> None:
    before = look()
    execute(paths, "UPDATE account_limits SET failures = 0", "UPDATE verifications SET status = 'approved'")
    assert not [found for found in broken(look(), before, policy=NEW_CODE) if "failures went back" in found]


def test_a_line_is_whole_or_not_there(tmp_path: Path) -> None:
    facts: list[dict[str, Any]] = [{"number": number, "filling": "x" * 40} for number in range(10)]
    for each in facts:
        note(tmp_path / "lines", each)
    assert noted(tmp_path / "lines") == facts
    size = len(json.dumps(facts[0])) + 1
    assert noted(tmp_path / "lines", last=3 * size + 5) == facts[-3:], "the first line of a piece is no whole one"
    assert noted(tmp_path / "nothing") == []
