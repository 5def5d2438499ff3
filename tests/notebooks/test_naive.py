"""Notebook 07's scoreboard is true: each naive version falls, ours stands, or loses where the notebook says so.

The attacks are the notebook's own, at smaller sizes.
"""

from __future__ import annotations

import logging
import random
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from notebook_files import NOTEBOOKS, read

sys.path.append(str(NOTEBOOKS))  # the notebooks find it beside them

from helpers import Accounts, Clock, Settings, Store
from helpers.forms import open_bank
from helpers.forms.sample_app import HOME, PASSWORD
from helpers.verification import ENROL, Alarm, CodeExpired, WrongCode
from naive import attacks, counted_attempts, processes, race, scene, tutorial_bank
from naive.attacks import Result
from naive.hashed_codes import HashedCodes, hashed
from naive.lock_out import LockOutBank
from naive.one_dict import OneDict
from naive.scene import ANA, CLOCKS_GO_BACK, ELSEWHERE, THIEF, CountingHasher, OurSignIn, code_at, new_york, turn_to
from naive.scoreboard import ATTACKS, Bill, Scoreboard, Version
from naive.three_tries import ThreeTries
from naive.tutorial_bank import TutorialBank
from naive.two_pages import FALSE_SITE, ON_THE_BANKS_PAGE, ON_THE_FALSE_PAGE, TwoPages

NOTEBOOK = read(NOTEBOOKS / "07-break-it.ipynb")
QUICK = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
EARLIER = {"article.py"}
OURS = {
    "attacks.py",
    "processes.py",
    "race.py",
    "scene.py",
    "scoreboard.py",
    "two_pages.py",
    "__init__.py",
}


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a password takes is the subject of one test, which makes a time of its own."""
    monkeypatch.setattr(tutorial_bank, "hasher", PasswordHasher(**QUICK))
    monkeypatch.setattr("helpers.accounts.accounts.PasswordHasher", lambda: PasswordHasher(**QUICK))


@pytest.fixture
def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A practice network, and a folder of its own."""
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))
    return Settings.for_notebook("naive").for_practice()


@pytest.fixture
def tutorial(practice: Settings) -> TutorialBank:
    return signed_up(TutorialBank(practice.client(), practice.from_number))


def signed_up(bank: TutorialBank) -> TutorialBank:
    bank.sign_up("ana", PASSWORD, ANA.digits)
    return bank


def at_anas(bank: TutorialBank) -> Callable[[str], bool]:
    return lambda typed: bank.verify("ana", typed)


def last_of_a_hundred(code: str) -> list[str]:
    return [attacks.after(code, step=step) for step in range(-99, 1)]


# 1 · brute force


def test_guessing_opens_the_naive_version(practice: Settings, tutorial: TutorialBank) -> None:
    tutorial.log_in("ana", PASSWORD)
    result = attacks.brute_force(at_anas(tutorial), last_of_a_hundred(code_at(practice)))
    assert result == Result(True, "in after 100 guesses")


def test_guessing_ends_after_five_at_ours(practice: Settings) -> None:
    ours = OurSignIn(practice)
    result = attacks.brute_force(ours.guess, last_of_a_hundred(ours.code()))
    assert result == Result(False, "5 guesses compared, then TooManyChecks")


def test_guessing_at_nothing_but_wrong_codes_is_no_break_in() -> None:
    assert attacks.brute_force(lambda _: False, ["1", "2"]) == Result(False, "2 guesses, all wrong")


@pytest.mark.parametrize("code", ["37", "00", "99"])
def test_the_unlucky_guess_every_code_and_the_right_one_last(code: str) -> None:
    guesses = list(attacks.unlucky_guesses(code))
    assert guesses[-1] == code
    assert sorted(guesses) == [f"{number:02d}" for number in range(100)]


# 2 · refill


def test_a_new_code_fills_the_naive_guesses_up(practice: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter([1111, 2222, 1234])
    monkeypatch.setattr(random, "randint", lambda *_: next(codes))
    bill = Bill(practice)
    naive = ThreeTries(practice.client(), practice.from_number, ANA.digits)
    result = attacks.refill(naive.verify, naive.send_code, tries=lambda: ["1234", "5678", "9999"], wait=lambda _: None)
    assert result == Result(True, "in after 7 guesses")
    assert bill.total() == (3, Decimal("1.2"))


def test_the_naive_version_has_the_codes_it_is_said_to_have(practice: Settings) -> None:
    drawn = set()
    naive = ThreeTries(practice.client(), practice.from_number, ANA.digits)
    naive.flowroute = type("Nobody", (), {"send_message": lambda *_, **__: None})()  # type: ignore[assignment]
    random.seed(0)
    for _ in range(150_000):
        naive.send_code()
        drawn.add(naive.code)
    assert (len(drawn), min(drawn), max(drawn)) == (9_001, 999, 9_999)


def test_a_new_code_brings_no_guess_back_at_ours(practice: Settings) -> None:
    ours = OurSignIn(practice)
    result = attacks.refill(ours.guess, ours.new_code, tries=ours.unlucky_tries, wait=ours.wait, most_texts=100)
    assert result == Result(False, "5 guesses compared in all, then TooManyChecks")


def test_patience_brings_twenty_guesses_at_ours(practice: Settings) -> None:
    ours = OurSignIn(practice)
    result = attacks.refill(ours.guess, ours.another_text, tries=ours.unlucky_tries, wait=ours.wait, most_texts=100)
    assert result == Result(False, "20 guesses compared in all, then AuthenticatorDisabled")
    assert ours.verifier.sms_disabled("ana")


def test_a_refill_without_an_end_is_given_up() -> None:
    result = attacks.refill(lambda _: False, lambda: None, tries=lambda: ["1", "2"], wait=lambda _: None, most_texts=3)
    assert result == Result(False, "6 guesses, all wrong")


# 3 · race


def test_eight_at_once_get_past_the_naive_limit(tmp_path: Path) -> None:
    path = tmp_path / "naive.sqlite"
    counted_attempts.save_code(path, "ana", "123456")
    result = race.race(processes.guess_at_naive, path, guesses=[f"{number:06d}" for number in range(40)])
    assert result == Result(True, "24 guesses compared, where 3 are allowed")


def test_one_after_the_other_the_naive_limit_holds(tmp_path: Path) -> None:
    path = tmp_path / "naive.sqlite"
    counted_attempts.save_code(path, "ana", "123456")
    database = counted_attempts.open_database(path)
    for guess in ("000000", "000001", "000002"):
        assert not counted_attempts.verify(database, "ana", guess)
    with pytest.raises(counted_attempts.TooManyAttempts):
        counted_attempts.verify(database, "ana", "123456")
    database.close()


def test_eight_at_once_get_three_at_ours(practice: Settings) -> None:
    verifier = race.racing_verifier(practice.client(), practice.database_url, practice.clock)
    started = verifier.start(ANA, client=ELSEWHERE, **race.ACCOUNT)
    code = code_at(practice)
    wrong = [attacks.after(code, step=step) for step in range(1, 41)]
    now = practice.clock.now()
    result = race.race(race.guess_at_ours, practice.database_url, started.id, now, guesses=wrong)
    assert result == Result(False, "3 guesses compared, where 3 are allowed")
    assert verifier.get(started.id, **race.ACCOUNT).checks_left == 0


# 4 · replay


def test_a_used_code_opens_the_naive_version(practice: Settings, tutorial: TutorialBank) -> None:
    tutorial.log_in("ana", PASSWORD)
    assert attacks.replay(at_anas(tutorial), code_at(practice)) == Result(True, "in with a used code")


def test_a_used_code_opens_nothing_at_ours(practice: Settings) -> None:
    ours = OurSignIn(practice)
    assert attacks.replay(ours.guess, ours.code()) == Result(False, "kept out: NotPending")


def test_a_replay_needs_an_owner_who_got_in() -> None:
    with pytest.raises(AssertionError, match="the owner did not get in"):
        attacks.replay(lambda _: False, "123456")


# 5 · another account's code


def test_any_code_opens_any_naive_account(practice: Settings) -> None:
    naive = OneDict(practice.client(), practice.from_number)
    naive.send_code(ANA.digits)
    naive.send_code(THIEF.digits)
    result = attacks.borrow(naive.verify, code_at(practice, THIEF))
    assert result == Result(True, "in with the code of another account")


def test_a_code_of_ours_opens_its_own_account_only(practice: Settings) -> None:
    anas, thiefs = OurSignIn(practice), OurSignIn(practice, account="mallory", phone=THIEF)
    assert attacks.borrow(anas.guess, thiefs.code()) == Result(False, "kept out: wrong code")
    assert thiefs.guess(thiefs.code()).status == "approved"


# 6 · the code moves


def test_the_naive_code_moves_to_another_phone(practice: Settings, tutorial: TutorialBank) -> None:
    tutorial.log_in("ana", PASSWORD)
    result = attacks.redirect(
        {"Send again": lambda: tutorial.send_code("ana", THIEF.digits)},
        at_anas(tutorial),
        own_phone=lambda: code_at(practice, THIEF),
    )
    assert result == Result(True, "in: Send again moved the code to the thief's phone")


def test_our_code_goes_to_the_saved_phone_only(practice: Settings) -> None:
    bank = open_bank(practice)
    ticket = bank.check_password("ana", PASSWORD, client=ELSEWHERE)
    pending = bank.send_code(ticket, client=ELSEWHERE)
    practice.clock.advance(minutes=1)
    result = attacks.redirect(
        {
            "a new code": lambda: bank.resend_code(pending),
            "a first phone": lambda: bank.enrol_phone(ticket, THIEF, client=ELSEWHERE),
            "a phone once more": lambda: bank.bind_again(ticket, client=ELSEWHERE),
        },
        lambda typed: bank.sign_in(pending, typed),
        own_phone=lambda: code_at(practice, THIEF),
    )
    assert result.words == (
        "kept out: a new code: taken, no text for the thief; a first phone: refused (PhoneAlreadyConfirmed); "
        "a phone once more: refused (PhoneAlreadyConfirmed)"
    )
    assert not result.won


def test_a_text_that_comes_to_the_thief_and_opens_nothing_is_told() -> None:
    result = attacks.redirect({"a way": lambda: None}, lambda _: False, own_phone=lambda: "123456")
    assert result == Result(False, "kept out: a way: taken, and a text came to the thief")


# 7 · finding out names


def test_the_naive_version_says_who_has_an_account(tutorial: TutorialBank) -> None:
    result = attacks.tell_names_apart(lambda name: tutorial.log_in(name, "guess"), known="ana", unknown="nobody")
    assert result.won
    assert "by words" in result.words


def test_ours_says_the_same_after_the_same_work(practice: Settings) -> None:
    hasher = CountingHasher(**QUICK)
    bank = Accounts(
        practice.database_url, verifier=practice.verifier(), clock=practice.clock, key=practice.code_key, hasher=hasher
    )
    bank.register("ana", PASSWORD)
    addresses = (f"203.0.113.{number}" for number in count(1))
    result = attacks.tell_names_apart(
        lambda name: bank.check_password(name, "guess", client=next(addresses)),
        known="ana",
        unknown="nobody",
        clock=lambda: float(hasher.count),  # time is the work that was done
    )
    assert result == Result(False, "the same words, and no clear difference in time")
    assert hasher.count == 6


@pytest.mark.parametrize(
    ("slow", "words", "found"),
    [(6, True, "by words and by time"), (6, False, "by time"), (5, True, "by words"), (5, False, None)],
)
def test_names_are_told_apart_by_words_or_by_time(slow: int, words: bool, found: str | None) -> None:
    now = [0.0]

    def log_in(name: str) -> str:
        now[0] += slow if name == "ana" else 1
        return f"no {name}" if words else "no"

    result = attacks.tell_names_apart(log_in, known="ana", unknown="bo", clock=lambda: now[0])
    assert result.won == (found is not None)
    assert (found or "the same words") in result.words


# 8 · pumping


ROW = [f"1206555{number:04d}" for number in range(160, 190)]


def test_nothing_ends_pumping_at_the_naive_version(practice: Settings, tutorial: TutorialBank) -> None:
    bill = Bill(practice)
    result = attacks.pump(lambda phone: tutorial.send_code("whoever", phone), ROW * 5)
    assert result == Result(True, "150 texts left")
    assert bill.total() == (150, Decimal(60))


def test_ours_ends_pumping_and_gives_an_alarm(practice: Settings) -> None:
    alarms: list[Alarm] = []
    verifier = scene.watched_verifier(practice, alarms)
    number = count(1)
    bill = Bill(practice)
    result = attacks.pump(
        lambda phone: verifier.start(
            f"+{phone}", account=f"robot-{next(number)}", purpose=ENROL, client=f"198.18.0.{next(number)}"
        ),
        ROW * 4,
    )
    assert result == Result(False, "100 texts left, then SendLimitReached 20 times")
    assert bill.total() == (100, Decimal(40))
    assert alarms[0].codes == 30


# 9 · the clock's edge


MOMENTS = {
    "an hour after": timedelta(hours=1),
    "1 ms before": timedelta(milliseconds=-1),
    "at its end": timedelta(0),
}


def come_late(practice: Settings, send: Callable[[], Callable[[], object]]) -> Result:
    turn_to(practice.clock, CLOCKS_GO_BACK - timedelta(minutes=2))

    def turn(pause: timedelta) -> None:
        practice.clock.advance(seconds=pause.total_seconds() - 2)

    return attacks.come_late(send, turn, lifetime=timedelta(minutes=5), moments=MOMENTS)


def test_a_naive_code_outlives_its_end(practice: Settings) -> None:
    naive = OneDict(practice.client(), practice.from_number, now=lambda: new_york(practice.clock))

    def send() -> Callable[[], object]:
        naive.send_code(ANA.digits)
        code = code_at(practice)
        return lambda: naive.verify(code)

    assert come_late(practice, send) == Result(
        True, "still good: an hour after, 1 ms before (as it should be), at its end"
    )


def test_a_code_of_ours_ends_to_the_millisecond(practice: Settings) -> None:
    def send() -> Callable[[], object]:
        ours = OurSignIn(practice)
        code = ours.code()
        return lambda: ours.guess(code)

    assert come_late(practice, send) == Result(False, "still good: 1 ms before (as it should be)")


def test_new_york_has_one_hour_twice() -> None:
    clock = Clock.standing_still(CLOCKS_GO_BACK - timedelta(milliseconds=1))
    assert f"{new_york(clock):%H:%M:%S}" == "01:59:59"
    clock.advance(seconds=0.001)
    assert f"{new_york(clock):%H:%M:%S}" == "01:00:00"


# 10 · log and database


@pytest.fixture
def hashed_codes(practice: Settings) -> Iterator[HashedCodes]:
    naive = HashedCodes(practice.client(), practice.from_number)
    yield naive
    naive.database.close()


def test_a_bare_hash_and_a_log_give_the_naive_code_away(practice: Settings, hashed_codes: HashedCodes) -> None:
    with attacks.all_logged("naive.hashed_codes") as log:
        hashed_codes.send_code("ana", ANA.digits)
    code = code_at(practice)
    (stolen,) = hashed_codes.database.execute("SELECT code_hash FROM codes").fetchone()
    assert hashed_codes.verify("ana", code)
    cracked = attacks.crack(stolen, hashed)
    assert cracked == code
    assert (
        attacks.steal(code, from_hash=cracked, from_log=[]).words
        == "the code was found by trying all codes on the hash"
    )
    assert attacks.steal(code, from_hash=None, from_log=log).words == "the code was found in the log"
    assert attacks.digits_masked(log[0]) == "Sent code •••••• to •••••••••••"


def test_neither_log_nor_row_gives_our_code_away(practice: Settings) -> None:
    with attacks.all_logged() as log:
        ours = OurSignIn(practice)
    code = ours.code()
    row = Store(practice.database_url).find(ours.verification, account="ana", purpose="sign-in")
    assert row is not None
    without_key = attacks.hash_like_ours(row, key=b"made up")
    near = [attacks.after(code, step=step) for step in range(-500, 500)]
    assert [guess for guess in near if without_key(guess) == row["code_hmac"]] == []
    assert attacks.steal(code, from_hash=None, from_log=log) == Result(False, "neither holds the code")
    # Or the attack would prove nothing: with the key, the same way of hashing finds it.
    with_key = attacks.hash_like_ours(row, key=practice.code_key.reveal())
    assert [guess for guess in near if with_key(guess) == row["code_hmac"]] == [code]


def test_cracking_tries_all_codes() -> None:
    assert attacks.crack(hashed("000099"), hashed, codes=100) == "000099"
    assert attacks.crack(hashed("000100"), hashed, codes=100) is None


def test_reading_along_in_a_log_leaves_it_as_it_was() -> None:
    logger = logging.getLogger("test.naive")
    logger.setLevel(logging.ERROR)
    with attacks.all_logged("test.naive") as lines, attacks.all_logged() as everything:
        logger.debug("a %s", "line")
    logger.debug("too late")
    assert (lines, everything) == (["a line"], [])  # what is caught stays here, and reaches no other log
    assert (logger.level, logger.propagate, logger.handlers) == (logging.ERROR, True, [])


# 11 · shutting the owner out


def test_a_stranger_locks_the_naive_account(practice: Settings) -> None:
    naive = signed_up(LockOutBank(practice.client(), practice.from_number))

    def log_in(password: str) -> bool:
        return naive.log_in("ana", password) == "We sent you a code."

    assert log_in(PASSWORD)
    assert attacks.shut_out(lambda: log_in("guess"), lambda: log_in(PASSWORD), times=4).won is False
    assert attacks.shut_out(lambda: log_in("guess"), lambda: log_in(PASSWORD), times=6).won is True


def test_a_stranger_uses_up_the_naive_texts(practice: Settings) -> None:
    naive = signed_up(LockOutBank(practice.client(), practice.from_number))
    result = attacks.shut_out(
        lambda: naive.add_phone("mallory", ANA.digits), lambda: naive.log_in("ana", PASSWORD), times=6
    )
    assert result == Result(True, "the owner is shut out; the stranger met too many texts to this phone")


def test_a_stranger_shuts_nobody_out_at_ours(practice: Settings) -> None:
    bank = open_bank(practice)
    verifier = practice.verifier()
    robots = count(1)

    def ana_signs_in() -> object:
        pending = bank.send_code(bank.check_password("ana", PASSWORD, client=HOME), client=HOME)
        return bank.sign_in(pending, code_at(practice))

    def wrong_password() -> object:
        return bank.check_password("ana", "guess", client=ELSEWHERE)

    def text_to_ana() -> object:
        return verifier.start(ANA, account=f"robot-{next(robots)}", purpose=ENROL, client=ELSEWHERE)

    by_lock = attacks.shut_out(wrong_password, ana_signs_in, times=10)
    by_texts = attacks.shut_out(text_to_ana, ana_signs_in, times=10)
    assert by_lock == Result(False, "the owner gets in; the stranger met SlowDown")
    assert by_texts == Result(False, "the owner gets in; the stranger met SendLimitReached")


# 12 · the false page


@pytest.mark.parametrize(
    ("site", "offered"),
    [
        ("bank.example", "123456"),
        ("login.bank.example", "123456"),
        ("bank-example.test", None),
        ("notbank.example", None),
        ("bank.example.test", None),
    ],
)
def test_a_bound_code_is_offered_on_its_own_site_only(site: str, offered: str | None) -> None:
    assert attacks.autofill_offers("Your code is 123456.\n\n@bank.example #123456", site) == offered
    assert attacks.autofill_offers("Your code is 123456", site) == "123456"


def test_a_text_without_a_code_offers_nothing() -> None:
    assert attacks.autofill_offers("Hello", "bank.example") is None


def test_a_phone_hands_the_naive_code_to_a_false_page(practice: Settings, tutorial: TutorialBank) -> None:
    tutorial.log_in("ana", PASSWORD)
    code_at(practice)
    result = attacks.phish_by_autofill(newest_text(practice), at_anas(tutorial), site="bank-example.test")
    assert result == Result(True, "in: the phone offered the code on bank-example.test")


def test_a_phone_keeps_our_code_from_a_false_page(practice: Settings) -> None:
    ours = OurSignIn(practice)
    code = ours.code()
    result = attacks.phish_by_autofill(newest_text(practice), ours.guess, site="bank-example.test")
    assert result == Result(False, "the phone offers nothing on bank-example.test")
    assert attacks.phish_by_autofill(newest_text(practice), ours.guess, site="bank.example").won
    assert attacks.autofill_offers(newest_text(practice), "bank.example") == code


def newest_text(practice: Settings) -> str:
    assert practice.inbox
    text = practice.inbox.latest(ANA)
    assert text
    return text.body


# 13, 14 · where both lose


def test_a_relay_and_a_moved_number_open_the_naive_version(practice: Settings, tutorial: TutorialBank) -> None:
    tutorial.log_in("ana", PASSWORD)
    assert attacks.relay(at_anas(tutorial), code_at(practice)).won
    assert attacks.swap_sim(at_anas(tutorial), lambda: code_at(practice)).won


@pytest.mark.parametrize("attack", [13, 14])
def test_a_relay_and_a_moved_number_open_ours_too(attack: int, practice: Settings) -> None:
    ours = OurSignIn(practice)
    result = attacks.relay(ours.guess, ours.code()) if attack == 13 else attacks.swap_sim(ours.guess, ours.code)
    assert result.won


# Doors and phones


def test_a_wrong_code_is_a_closed_door_and_any_other_refusal_goes_on_up() -> None:
    def refuses(error: Exception) -> Callable[[], object]:
        def door() -> object:
            raise error

        return door

    assert attacks.opens(lambda: "a session")
    assert not attacks.opens(lambda: False)
    assert not attacks.opens(refuses(WrongCode(1)))
    with pytest.raises(CodeExpired):
        attacks.opens(refuses(CodeExpired(CLOCKS_GO_BACK)))


def test_a_phone_without_a_text_has_no_code(practice: Settings) -> None:
    with pytest.raises(LookupError):
        code_at(practice, THIEF)


# The scoreboard


def test_a_scoreboard_begins_empty_and_shows_what_was_entered(capsys: pytest.CaptureFixture[str]) -> None:
    board = Scoreboard()
    assert repr(board).count("not tried") == board._repr_html_().count("not tried") == 2 * len(ATTACKS)
    board.enter(1, "naive", Result(True, "in <b>"))
    board.enter(1, "ours", Result(False, "out"))
    board.enter(13, "ours", Result(True, "in"))
    assert capsys.readouterr().out.splitlines() == [
        "naive  falls      in <b>  [no text]",
        "ours   stands     out  [no text]",
        "ours   loses too  in  [no text]",
    ]
    assert "   naive  falls      in <b>  [no text]\n   ours   stands     out  [no text]\n" in repr(board)
    assert "<strong>falls</strong><br>in &lt;b&gt;" in board._repr_html_()
    assert (board.lost("naive"), board.lost("ours")) == ([ATTACKS[1]], [ATTACKS[13]])
    assert board.attacks == [ATTACKS[1], ATTACKS[13]]


@pytest.mark.parametrize("version", ["naive", "ours"])
def test_of_two_results_for_one_place_a_break_in_stays(version: Version) -> None:
    board = Scoreboard()
    for won, words, shown in ((False, "first", "first"), (True, "second", "second"), (False, "third", "second")):
        board.enter(11, version, Result(won, words))
        assert shown in repr(board)
    assert board.lost(version) == [ATTACKS[11]]
    board.enter(11, version, Result(True, "fourth"))
    assert "fourth" in repr(board)


def test_a_bill_has_the_new_texts_only(practice: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    flowroute = practice.client()

    def text(body: str) -> None:
        flowroute.send_message(to=ANA, from_=practice.from_number, body=body)

    text("before")
    bill = Bill(practice)
    assert bill.total() == (0, Decimal(0))
    text("one segment")
    text("two segments " * 20)
    assert bill.total() == (2, Decimal("1.2"))
    Scoreboard().enter(1, "naive", Result(True, "in"), bill)
    assert capsys.readouterr().out == "naive  falls      in  [2 texts, 1.2 cents]\n"


# The notebook, and its folder


def test_no_verdict_is_written_by_hand() -> None:
    source = "\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "code")
    assert not re.search(r"\b(falls|stands|loses too|Result)\b", source)
    for attack in ATTACKS:
        assert {version for version in ("naive", "ours") if f'board.enter({attack}, "{version}"' in source} == {
            "naive",
            "ours",
        }


def test_the_stored_scoreboard_is_whole_and_honest() -> None:
    stored = {cell.id: cell.outputs for cell in NOTEBOOK.cells if cell.cell_type == "code"}
    shown = stored["board-shown"][0].data["text/plain"]
    assert "not tried" not in shown
    assert re.findall(r"naive  (falls|stands)", shown) == ["falls"] * 14
    assert re.findall(r"ours   (falls|stands|loses too)", shown) == ["stands"] * 12 + ["loses too"] * 2


def test_what_is_wrong_on_purpose_says_so() -> None:
    wrong = {file.name for file in (NOTEBOOKS / "naive").glob("*.py")} - OURS - EARLIER
    assert len(wrong) == 7
    for name in wrong:
        assert (NOTEBOOKS / "naive" / name).read_text(encoding="utf-8").startswith('"""WRONG ON PURPOSE, never copy. ')


class TestTwoPages:
    """One phone, two pages: by hand in the notebook, here by cells."""

    @pytest.fixture
    def pages(self, practice: Settings) -> TwoPages:
        return TwoPages(practice.for_form("pages"))

    def offers(self, pages: TwoPages) -> dict[str, str]:
        """What each page's field is offered."""
        told: dict[str, str] = {}
        for form in (pages.real, pages.false):
            site = form.model.site
            form.model._screens.append(lambda message, site=site: told.update({site: message.get("code", "")}))
            form.model.arrived()
        return told

    def test_the_phone_offers_the_code_on_the_banks_page_alone(self, pages: TwoPages) -> None:
        assert self.offers(pages) == {"bank.example": pages.phone.latest_code, FALSE_SITE: ""}

    @pytest.mark.parametrize(("page", "words"), [("real", ON_THE_BANKS_PAGE), ("false", ON_THE_FALSE_PAGE)])
    def test_typed_by_hand_it_works_on_either_and_once(self, pages: TwoPages, page: str, words: str) -> None:
        typed = pages.phone.latest_code or ""
        first, second = (pages.real, pages.false) if page == "real" else (pages.false, pages.real)
        first.type(code=typed).press()
        assert (first.model.state, first.model.status) == ("done", words)
        second.type(code=typed).press()
        assert second.model.state == "refused"
