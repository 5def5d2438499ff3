"""Recovery codes: what they are made of, how often they work, and what is kept of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from math import log2
from threading import Barrier

import pytest
from alternatives_bench import KEY, OLD_KEY, Bench
from hypothesis import given
from hypothesis import strategies as st

from helpers.alternatives import NoRecoveryCodes, RecoveryCodesDisabled, WrongRecoveryCode, recovery
from helpers.verification import ChecksPaused, CodeKeys, InvalidCode, Policy

NewBench = Callable[..., Bench]


def test_ten_codes_of_eighty_bits_and_no_two_alike(bench: Bench) -> None:
    """NIST SP 800-63B-4 §4.2.1.1 asks for 64 bits."""
    lines = [line for _ in range(20) for line in bench.make().lines()]
    assert len(lines) == len(set(lines)) == 200
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", line) for line in lines)
    assert len(set(recovery.ALPHABET)) == 32
    assert recovery.LENGTH * log2(len(recovery.ALPHABET)) == 80
    used = Counter(character for line in lines for character in line.replace("-", ""))
    assert set(used) == set(recovery.ALPHABET)
    assert max(used.values()) < 160  # of 3,200 characters, 100 each on average


def test_each_character_is_asked_of_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(recovery.secrets, "choice", lambda alphabet: asked.append(alphabet) or "7")
    assert recovery._random_code() == "7" * 16
    assert asked == [recovery.ALPHABET] * 16


@given(st.text(recovery.ALPHABET, min_size=16, max_size=16), st.randoms(use_true_random=False))
def test_a_code_may_be_typed_in_many_ways(code: str, random: object) -> None:
    shuffled: list[str] = []
    for character in code:
        misread = {"0": "0oO", "1": "1iIlL"}.get(character, character + character.lower())
        shuffled.append(random.choice(misread) + random.choice(["", " ", "-", "\u2013", "\u00a0"]))  # type: ignore[attr-defined]
    assert recovery._plain("".join(shuffled)) == code
    assert recovery._plain(recovery._grouped(code)) == code


@pytest.mark.parametrize("typed", ["", "1234", "7K3M-9QZX-04TF-B2R", "7K3M-9QZX-04TF-B2RDX", "UUUU-UUUU-UUUU-UUUU"])
def test_what_is_no_code_charges_nobody(bench: Bench, typed: str) -> None:
    bench.make()
    with pytest.raises(InvalidCode, match="16 letters and digits") as refused:
        bench.spend(typed)
    assert typed == "" or typed not in str(refused.value)
    assert bench.store.failures("ana", authenticator="recovery") == 0


def test_a_code_works_once(bench: Bench) -> None:
    first, second = bench.make().lines()[:2]
    assert bench.codes.left("ana") == 10
    bench.spend(first)
    assert bench.codes.left("ana") == 9
    with pytest.raises(WrongRecoveryCode):
        bench.spend(first)
    bench.spend(second.lower().replace("-", " "))
    assert bench.codes.left("ana") == 8


def test_of_eight_with_the_same_code_one_gets_in(new_bench: NewBench) -> None:
    benches = [new_bench(policy=Policy(free_failures=20)) for _ in range(8)]
    code, barrier = benches[0].make().lines()[0], Barrier(8)

    def come(bench: Bench) -> str:
        match = bench.codes.check("ana", code)
        barrier.wait(timeout=60)  # all have found it
        try:
            with bench.engine.begin() as connection:
                bench.codes.use(connection, match)
        except WrongRecoveryCode:
            return "used"
        return "in"

    with ThreadPoolExecutor(8) as threads:
        assert Counter(threads.map(come, benches)) == {"in": 1, "used": 7}
    assert benches[0].codes.left("ana") == 9


def test_new_codes_end_the_old_ones(bench: Bench) -> None:
    old, new = bench.make().lines()[0], bench.make().lines()[0]
    assert bench.codes.left("ana") == 10
    with pytest.raises(WrongRecoveryCode):
        bench.spend(old)
    bench.spend(new)


def test_somebody_elses_code_is_none_of_ones_own(bench: Bench) -> None:
    bens = bench.make("ben").lines()
    with pytest.raises(NoRecoveryCodes):
        bench.spend(bens[0])
    bench.make()
    with pytest.raises(WrongRecoveryCode):
        bench.spend(bens[0])
    assert bench.codes.left("ben") == 10


def test_a_row_that_was_moved_to_another_account_opens_nothing(bench: Bench) -> None:
    bens = bench.make("mallory").lines()
    with bench.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE recovery_codes SET account = 'ana'")
    with pytest.raises(WrongRecoveryCode):
        bench.spend(bens[0])


def test_when_the_last_is_used_there_are_none(bench: Bench) -> None:
    for line in bench.make().lines():
        bench.spend(line)
    with pytest.raises(NoRecoveryCodes):
        bench.spend(line)


def test_failures_pause_and_then_end_them_until_new_ones_are_made(new_bench: NewBench) -> None:
    bench = new_bench(policy=Policy(account_failure_cap=5, max_checks=5, free_failures=4))
    wrong, right = bench.make("ben").lines()[0], bench.make().lines()[0]
    for failures in range(1, 5):
        with pytest.raises(WrongRecoveryCode):
            bench.spend(wrong)
        assert bench.store.failures("ana", authenticator="recovery") == failures
    with pytest.raises(ChecksPaused):
        bench.spend(right)
    bench.clock.advance(seconds=30)
    with pytest.raises(WrongRecoveryCode):
        bench.spend(wrong)
    bench.clock.advance(hours=1)
    with pytest.raises(RecoveryCodesDisabled, match="recovery codes are switched off"):
        bench.spend(right)
    assert bench.codes.left("ana") == 10
    bench.spend(bench.make().lines()[0])
    assert bench.store.failures("ana", authenticator="recovery") == 0


def test_a_set_shows_its_codes_when_asked_and_not_by_itself(bench: Bench) -> None:
    made = bench.make()
    match = bench.codes.check("ana", made.lines()[0])
    for line in made.lines():
        assert line not in repr(made)
        assert line not in f"{made}"
    assert repr(match) == "RecoveryMatch(account='ana')"


def test_a_stolen_database_holds_no_code(bench: Bench) -> None:
    """Nor a hash that somebody without the key could make."""
    lines = bench.make().lines()
    plain = [text for line in lines for text in (line, line.replace("-", ""))]
    hashes = [sha256(text.encode()).digest() for text in plain]
    for value in bench.stored_values():
        held = value if isinstance(value, bytes) else str(value).encode()
        assert not any(text.encode() in held for text in plain)
        assert held not in hashes
    assert recovery._hash(KEY, "ana", plain[1]) in bench.stored_values()
    assert recovery._hash(OLD_KEY, "ana", plain[1]) not in bench.stored_values()


def test_a_key_is_changed_under_live_codes(new_bench: NewBench) -> None:
    lines = new_bench(keys=CodeKeys(OLD_KEY)).make().lines()
    meanwhile = new_bench(keys=CodeKeys(KEY, [OLD_KEY]))
    assert meanwhile.codes.left("ana") == 10
    meanwhile.spend(lines[0])
    meanwhile.make("ben")
    after = new_bench(keys=CodeKeys(KEY))
    assert (after.codes.left("ana"), after.codes.left("ben")) == (0, 10)
    with pytest.raises(NoRecoveryCodes):
        after.spend(lines[1])
    after.spend(after.make().lines()[0])
