"""The attacks of notebook 07. Each takes doors as plain functions, so that the same attack knocks at both versions.

A naive door returns a truth value. One of ours returns something or raises: a refusal is a ``CourseError``.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import chain
from typing import Any, Final

from helpers.accounts import SignInRefused
from helpers.display.phone import bound_code, is_for
from helpers.errors import CourseError
from helpers.verification import WrongCode

Door = Callable[[str], object]
"""Takes a code that somebody typed."""
CODES: Final = 10**6
CLEARLY_FASTER: Final = 5


@dataclass(frozen=True, slots=True)
class Result:
    """How an attack ended.

    Attributes:
        won: whether the attacker got what they wanted.
        words: what happened.
    """

    won: bool
    words: str


def opens(door: Callable[[], object]) -> bool:
    """Whether a door lets this try in; a refusal for another reason than a wrong code or password goes on up."""
    try:
        return bool(door())
    except (WrongCode, SignInRefused):
        return False


def after(code: str, *, step: int = 1) -> str:
    """The code that comes a few numbers after this one: surely a wrong one."""
    return f"{(int(code) + step) % 10 ** len(code):0{len(code)}d}"


def unlucky_guesses(code: str) -> Iterator[str]:
    """All codes, the right one last: luck shall not decide how a lesson ends."""
    digits = len(code)
    right = int(code)
    return (f"{number:0{digits}d}" for number in chain(range(right + 1, 10**digits), range(right + 1)))


def brute_force(guess: Door, codes: Iterable[str]) -> Result:
    """Attack 1: one code after the other."""
    compared = 0
    for code in codes:
        try:
            compared += 1
            if opens(lambda: guess(code)):  # noqa: B023 (called at once)
                return Result(True, f"in after {compared:,} guesses")
        except CourseError as refusal:
            return Result(False, f"{compared - 1} guesses compared, then {_name(refusal)}")
    return Result(False, f"{compared:,} guesses, all wrong")


def refill(
    guess: Door,
    another_text: Callable[[], object],
    *,
    tries: Callable[[], Sequence[str]],
    wait: Callable[[timedelta], object],
    most_texts: int = 30_000,
) -> Result:
    """Attack 2: guess, ask for a new code, guess again; wait where one is told to wait.

    Args:
        tries: what to guess at a code; asked again for each text.
        wait: lets time pass.
    """
    compared = 0
    for _ in range(most_texts):
        try:
            for code in tries():
                if opens(lambda: guess(code)):  # noqa: B023 (called at once)
                    return Result(True, f"in after {compared + 1:,} guesses")
                compared += 1
        except CourseError as refusal:
            wait(_wait_of(refusal))
        try:
            _patiently(another_text, wait)
        except CourseError as refusal:
            return Result(False, f"{compared} guesses compared in all, then {_name(refusal)}")
    return Result(False, f"{compared:,} guesses, all wrong")


def replay(guess: Door, code: str) -> Result:
    """Attack 4: the owner signs in with a code; somebody who has seen it types it once more."""
    if not opens(lambda: guess(code)):
        raise AssertionError("the owner did not get in: there is nothing to replay")
    return _knock(lambda: guess(code), won="in with a used code")


def borrow(guess: Door, own_code: str) -> Result:
    """Attack 5: at somebody else's account, the thief types the code that came to their own phone."""
    return _knock(lambda: guess(own_code), won="in with the code of another account")


def redirect(ways: Mapping[str, Callable[[], object]], guess: Door, own_phone: Callable[[], str]) -> Result:
    """Attack 6: have the code of somebody else's sign-in sent to one's own phone.

    Args:
        ways: what to try, and how.
        own_phone: the code on the thief's phone; LookupError where none has come.
    """
    answers = []
    for name, ask in ways.items():
        answer = "taken"
        try:
            ask()
        except CourseError as refusal:
            answer = f"refused ({_name(refusal)})"
        try:
            if opens(lambda: guess(own_phone())):
                return Result(True, f"in: {name} moved the code to the thief's phone")
            answer += ", and a text came to the thief"
        except LookupError:
            answer += ", no text for the thief" if answer == "taken" else ""
        answers.append(f"{name}: {answer}")
    return Result(False, f"kept out: {'; '.join(answers)}")


def tell_names_apart(
    log_in: Callable[[str], object],
    *,
    known: str,
    unknown: str,
    tries: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> Result:
    """Attack 7: find out whether a name has an account, by what a wrong password brings and how long it takes."""
    screens: dict[str, str] = {}
    seconds: dict[str, float] = {}
    for name in (known, unknown) * tries:
        began = clock()
        try:
            screens[name] = str(log_in(name))
        except CourseError as refusal:
            screens[name] = str(refusal)
        # The quickest of a few: a machine that is busy makes some slow, and none quicker.
        seconds[name] = min(clock() - began, seconds.get(name, float("inf")))
    by_words = screens[known] != screens[unknown]
    by_time = max(seconds.values()) > CLEARLY_FASTER * min(seconds.values())
    if not (by_words or by_time):
        return Result(False, "the same words, and no clear difference in time")
    found = ["by words"] * by_words + [f"by time (more than {CLEARLY_FASTER} times as fast)"] * by_time
    return Result(True, f"known and unknown names told apart {' and '.join(found)}")


def pump(send: Callable[[str], object], phones: Iterable[str]) -> Result:
    """Attack 8: have texts sent to a row of numbers, for a share of what each costs. Won if nothing ever ends it."""
    sent = 0
    refusals: Counter[str] = Counter()
    for phone in phones:
        try:
            send(phone)
            sent += 1
        except CourseError as refusal:
            refusals[_name(refusal)] += 1
    turned_away = "".join(f", then {name} {count:,} times" for name, count in refusals.items())
    return Result(not refusals, f"{sent:,} texts left{turned_away}")


def come_late(
    send: Callable[[], Callable[[], object]],
    turn: Callable[[timedelta], object],
    *,
    lifetime: timedelta,
    moments: Mapping[str, timedelta],
) -> Result:
    """Attack 9: type a code around its end.

    Args:
        send: has a code sent and returns how to type it.
        turn: turns the clock.
        moments: names of moments, and how far each lies from the code's end; from zero on a code has ended.
    """
    good: list[str] = []
    late = False
    for name, offset in moments.items():
        type_it = send()
        turn(lifetime + offset)
        if _knock(type_it, won="").won:
            in_time = offset < timedelta(0)
            good.append(f"{name} (as it should be)" if in_time else name)
            late = late or not in_time
    return Result(late, f"still good: {', '.join(good) or 'never'}")


def crack(stolen: bytes | str, hash_of: Callable[[str], bytes | str], *, codes: int = CODES) -> str | None:
    """Attack 10: hash every code there is, until one fits what was stolen from the database."""
    return next((code for code in map("{:06d}".format, range(codes)) if hash_of(code) == stolen), None)


def hash_like_ours(row: Mapping[str, Any], *, key: bytes) -> Callable[[str], bytes]:
    """How our codes are hashed, for a thief who has read the program: all of it is known but the key."""
    known = (row["id"], row["account"], row["purpose"], row["phone"], str(row["generation"]))
    head = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in known) + (6).to_bytes(4, "big")
    begun = hmac.new(key, head, sha256)  # the same for all codes, so it is hashed once

    def hash_of(code: str) -> bytes:
        whole = begun.copy()
        whole.update(code.encode())
        return whole.digest()

    return hash_of


@contextmanager
def all_logged(name: str = "") -> Iterator[list[str]]:
    """Attack 10: read along in a log, at its most talkative; ``""`` is everybody's log."""
    logger = logging.getLogger(name)
    before = (logger.level, logger.propagate)
    lines: list[str] = []
    handler = _Lines(lines)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def digits_masked(line: str) -> str:
    """A line of a log, fit to be shown."""
    return re.sub(r"\d", "•", line)


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


def steal(code: str, *, from_hash: str | None, from_log: Iterable[str]) -> Result:
    """Attack 10: whether what was stolen gives the code away."""
    found = ["by trying all codes on the hash"] * (from_hash == code)
    found += ["in the log"] * any(code in line for line in from_log)
    return Result(bool(found), f"the code was found {' and '.join(found)}" if found else "neither holds the code")


def shut_out(stranger: Callable[[], object], owner: Callable[[], object], *, times: int) -> Result:
    """Attack 11: a stranger does something often, so that the owner cannot do it any more."""
    refusals: Counter[str] = Counter()
    for _ in range(times):
        try:
            opens(stranger)
        except (CourseError, ValueError) as refusal:
            refusals[_name(refusal)] += 1
    stranger_met = "".join(f"; the stranger met {name}" for name in refusals)
    shut = not _knock(owner, won="").won
    return Result(shut, ("the owner is shut out" if shut else "the owner gets in") + stranger_met)


def autofill_offers(body: str, site: str) -> str | None:
    """What a phone offers to fill in on a site.

    A text whose last line is ``@host #code`` is offered on that host (and below it) alone. Of any other text a phone
    guesses the code, and offers it wherever a page asks for one. (WICG, "Origin-bound one-time codes"; phones differ.)
    """
    bound = bound_code(body)
    if bound is None:
        guessed = re.search(r"\b\d{4,8}\b", body)
        return guessed[0] if guessed else None
    return bound.code if is_for(bound, site) else None


def phish_by_autofill(body: str, guess: Door, *, site: str) -> Result:
    """Attack 12: a look-alike page, and a person who taps what the phone offers."""
    offered = autofill_offers(body, site)
    if offered is None:
        return Result(False, f"the phone offers nothing on {site}")
    return _knock(lambda: guess(offered), won=f"in: the phone offered the code on {site}")


def relay(guess: Door, typed_by_the_person: str) -> Result:
    """Beyond attack 12: the person types the code into the false page, which passes it on at once."""
    return _knock(lambda: guess(typed_by_the_person), won="in: the false page passed the code on")


def swap_sim(guess: Door, text_at: Callable[[], str]) -> Result:
    """Beyond attack 12: the number was moved to a card in the thief's phone, and so the text comes there."""
    return _knock(lambda: guess(text_at()), won="in: the text came to the thief's phone")


def _knock(door: Callable[[], object], *, won: str) -> Result:
    try:
        return Result(True, won) if opens(door) else Result(False, "kept out: wrong code")
    except (CourseError, ValueError) as refusal:
        return Result(False, f"kept out: {_name(refusal)}")


def _patiently(call: Callable[[], object], wait: Callable[[timedelta], object]) -> None:
    """Call, and where one is told to wait, wait and call again; any other refusal goes on up."""
    for _ in range(100):
        try:
            call()
            return
        except CourseError as refusal:
            if not (pause := _wait_of(refusal)):
                raise
            wait(pause)
    raise AssertionError("a hundred waits for one text")


def _wait_of(refusal: CourseError) -> timedelta:
    pause = getattr(refusal, "retry_after", None)
    return pause if isinstance(pause, timedelta) else timedelta(0)


def _name(refusal: Exception) -> str:
    return type(refusal).__name__ if isinstance(refusal, CourseError) else str(refusal)
