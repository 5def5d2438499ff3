"""Trials of codes and guesses. Each one really runs, on a copy of the site, and says what it found."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from math import log2
from typing import Final, NamedTuple

from helpers.standards.finding import Finding, all_of
from helpers.standards.rehearsal import ACCOUNT, MOST_TRIES, PURPOSE, Rehearsal, Site, ending, in_short, words
from helpers.verification import (
    ENROL,
    AuthenticatorDisabled,
    ChecksPaused,
    CodeExpired,
    NotPending,
    ResendPolicy,
    TooManyChecks,
    Verification,
    WrongCode,
    sending,
)

FEWEST_DIGITS: Final = 6
FEWEST_KEY_BYTES: Final = 32
LONGEST_LIFETIME: Final = timedelta(minutes=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
MOST_FAILURES: Final = 100
A_MOMENT: Final = timedelta(milliseconds=1)


# Codes


def code_digits(site: Site, *, purpose: str = PURPOSE) -> Finding:
    """A code is long enough."""
    with site.rehearse() as trial:
        trial.start(purpose=purpose)
        code = trial.code
    how = f"policy.code_digits is {site.policy.code_digits}; the code of a trial text has {len(code)} digits"
    return Finding(len(code) >= FEWEST_DIGITS and code.isdecimal(), how)


def code_bits(site: Site) -> Finding:
    """A code has the bits of six digits."""
    digits = site.policy.code_digits
    how = f"{digits} digits are {log2(10**digits):.2f} bits; the rule itself counts 6 digits as its 20 bits"
    return Finding(digits >= FEWEST_DIGITS, how)


def code_generator(site: Site) -> Finding:
    """Codes come from the operating system's generator."""
    # A code does not show where it came from; the names that a function calls stand in it.
    if site.policy.resend is ResendPolicy.SAME_CODE:
        drawn, called = sending.Sender._fresh_code.__code__.co_names, "token_bytes"
    else:
        drawn, called = vars(sending)["new_code"].__code__.co_names, "randbelow"
    held = {"secrets", called} <= set(drawn)
    return Finding(held, f"what makes the codes {'calls' if held else 'does not call'} secrets.{called}")


def code_lifetime(site: Site, *, purpose: str = PURPOSE) -> Finding:
    """A code is void after ten minutes at most."""
    lifetime = site.policy.code_lifetime
    endings = []
    for age in (lifetime - A_MOMENT, lifetime, LONGEST_LIFETIME):
        with site.rehearse() as trial:
            verification = trial.start(purpose=purpose)
            trial.clock.advance(seconds=age.total_seconds())
            endings.append(trial.outcome(verification, trial.code))
    how = (
        f"policy.code_lifetime is {in_short(lifetime)}; the right code a millisecond before: {endings[0]}, "
        f"at that moment: {endings[1]}, after 10 min: {endings[2]}"
    )
    return Finding("approved" not in endings[1:], how)


def accepted_once(site: Site, *, purpose: str = PURPOSE) -> Finding:
    """A code that was accepted is not accepted again."""
    with site.rehearse() as trial:
        verification = trial.start(purpose=purpose)
        first, second = (trial.outcome(verification, trial.code) for _ in range(2))
    return Finding(second != "approved", f"the right code of a trial, twice: {first}, then {second}")


def confirming_a_phone(site: Site) -> Finding:
    """The code that confirms a phone keeps the same rules."""
    return all_of(*(look(site, purpose=ENROL) for look in (code_digits, code_lifetime, accepted_once)))


def short_once_few(site: Site) -> Finding:
    """A short life, a single use, strict tries."""
    return all_of(*(site.look(trial) for trial in (code_lifetime, accepted_once, checks_are_limited)))


def newest_code_alone(site: Site) -> Finding:
    """A new code is another one, and ends the old one."""
    endings = []
    for which in (0, -1):
        with site.rehearse() as trial:
            newest = trial.another_code(trial.start())
            endings.append(trial.outcome(newest, trial.codes[which]))
    old, new = endings
    how = f"policy.resend is {site.policy.resend.name}; in trials of two texts the older code: {old}, the newer: {new}"
    return Finding(old != "approved" and new == "approved", how)


def own_request_only(site: Site) -> Finding:
    """A code opens its own verification and no other."""
    with site.rehearse() as trial:
        verification = trial.start()
        other = trial.start(account="bea")
        while trial.codes[0] == trial.code:  # one time in a million
            other = trial.start(account="bea")
        endings = {
            "for another account": trial.outcome(verification, trial.codes[0], account="bea"),
            "for another purpose": trial.outcome(verification, trial.codes[0], purpose="payment"),
            "on another verification": trial.outcome(other, trial.codes[0]),
        }
    how = ", ".join(f"{where}: {end}" for where, end in endings.items())
    return Finding("approved" not in endings.values(), f"the right code of a trial, {how}")


def kept_under_a_key(site: Site) -> Finding:
    """A code is neither kept nor logged, and its HMAC says nothing without the key."""
    with _log_lines() as lines, site.rehearse() as trial:
        verification = trial.start()
        trial.outcome(verification, trial.wrong_code)
        code = trial.code
        trial.outcome(verification, code)
        bare = sha256(code.encode())
        looked_for = {code, int(code), code.encode(), bare.digest(), bare.hexdigest(), trial.key.reveal()}
        kept = [value for value in trial.stored() if value in looked_for or (isinstance(value, str) and code in value)]
    key = site.key_bytes
    how = (
        f"after a trial, values of the database that are its code, a bare hash of it or the key: {len(kept)}; lines of "
        f"the log that hold the code: {sum(code in line for line in lines)}; the key has {key * 8} bits"
    )
    return Finding(not kept and not any(code in line for line in lines) and key >= FEWEST_KEY_BYTES, how)


# Guesses


def checks_are_limited(site: Site) -> Finding:
    """One code can be guessed at a few times, then even the right one is refused."""
    with site.rehearse() as trial:
        verification = trial.start()
        wrong, compared = trial.wrong_code, 0
        while compared < MOST_TRIES and trial.outcome(verification, wrong) == WrongCode.__name__:
            compared += 1
        right = trial.outcome(verification, trial.code)
    how = f"policy.max_checks is {site.policy.max_checks}; in a trial {compared} wrong codes were compared, then the "
    return Finding(compared < MOST_TRIES and right != "approved", f"{how}right one: {right}")


def no_refill(site: Site) -> Finding:
    """A new code gives no guess back."""
    with site.rehearse() as trial:
        verification = trial.start()
        trial.outcome(verification, trial.wrong_code)
        before = trial.stands(verification).checks_left
        ending(lambda: trial.resend(verification).status)
        after = trial.stands(verification).checks_left
        trial.another_code(verification)
        failures = trial.failures()
    how = (
        f"in a trial, checks left after a wrong code: {before}; after a new code was asked for: {after}; "
        f"failures of the account after that: {failures}"
    )
    return Finding(after <= before and failures >= 1, how)


def holds_in_parallel(site: Site) -> Finding:
    """Guesses at once, through several doors, are counted like guesses one by one."""
    tries = min(site.policy.max_checks, MOST_TRIES) + 8
    with site.rehearse() as trial:
        verification = trial.start()
        wrong = trial.wrong_code
        doors = [trial.another_verifier() for _ in range(4)]

        def guess(number: int) -> str:
            door = doors[number % len(doors)]
            return ending(lambda: door.check(verification.id, wrong, account=ACCOUNT, purpose=PURPOSE).status)

        with ThreadPoolExecutor(max_workers=8) as pool:
            compared = list(pool.map(guess, range(tries))).count("WrongCode")
    how = f"of {tries} guesses by 8 threads through 4 verifiers, {compared} were compared; policy.max_checks is "
    return Finding(compared <= site.policy.max_checks and compared < tries, f"{how}{site.policy.max_checks}")


def failure_cap(site: Site) -> Finding:
    """Failures in a row switch SMS off, until the phone is bound again."""
    story = site.look(_fail_until_disabled)
    how = (
        f"policy.account_failure_cap is {site.policy.account_failure_cap}; in a trial, after {story.failures} failures "
        f"in a row a new code: {story.disabled}; the phone bound again: {story.bound}; then a new code: {story.again}"
    )
    off = story.disabled == AuthenticatorDisabled.__name__
    return Finding(story.failures <= MOST_FAILURES and off and story.again == "pending", how)


def growing_pauses(site: Site) -> Finding:
    """Failures in a row bring pauses that grow, up to an hour."""
    pauses = site.look(_fail_until_disabled).pauses
    if not pauses:
        return Finding(False, "in a trial no failure brought a pause")
    how = f"in a trial the pauses were {', '.join(in_short(pause) for pause in pauses[:3])} … {in_short(max(pauses))}"
    return Finding(pauses == sorted(pauses) and pauses[0] < max(pauses) <= LONGEST_PAUSE, how)


def success_clears(site: Site) -> Finding:
    """A right code ends the row of failures."""
    with site.rehearse() as trial:
        trial.outcome(trial.start(), trial.wrong_code)
        before = trial.failures()
        trial.outcome(trial.start(), trial.code)
        after = trial.failures()
    return Finding(before > after == 0, f"failures of a trial after a wrong code: {before}; after a right one: {after}")


def phishing(site: Site) -> Finding:
    """A code that somebody passes on is refused. With SMS it never is."""
    with site.rehearse() as trial:
        verification = trial.start()
        passed_on = trial.outcome(verification, trial.code)  # typed into a false page, and from there to the real one
    how = (
        f"a code typed into a false page and passed on at once: {passed_on}. No setting mends that: say so, and offer "
    )
    return Finding(passed_on != "approved", f"{how}passkeys beside it")


def alike_to_a_stranger(site: Site) -> Finding:
    """Somebody else's verification and one that does not exist sound the same."""
    with site.rehearse() as trial:
        foreign = trial.start(account="bea").id
        told = [
            words(lambda: trial.verifier.check(number, trial.code, account=ACCOUNT, purpose=PURPOSE))  # noqa: B023
            for number in (foreign, "no-such-verification")
        ]
    said = "” and “".join(dict.fromkeys(told))
    return Finding(told[0] == told[1] != "", f"somebody else's verification and an unknown one get “{said}”")


def no_mail(site: Site) -> Finding:
    """A code goes to a phone and nowhere else."""
    with site.rehearse() as trial:
        refused = ending(lambda: trial.start("ana@bank.example").status)
        sent = len(trial.outbox.texts)
    return Finding(refused == "PhoneNumberError" and sent == 0, f"an e-mail address as the way for a code: {refused}")


class _Story(NamedTuple):
    """What happened to somebody who guessed wrong for as long as they were let."""

    failures: int
    pauses: list[timedelta]
    disabled: str
    """What asking for a code brought then."""
    bound: str
    again: str
    """What it brought once the phone was bound again."""


def _fail_until_disabled(site: Site) -> _Story:
    """Guess wrong, waiting whenever one is told to, until SMS is off for the account, or should be; then bind again."""
    with site.rehearse() as trial:
        with suppress(AuthenticatorDisabled):
            while trial.failures() <= MOST_FAILURES:
                _use_up(trial, trial.start())
        return _Story(
            failures=trial.failures(),
            pauses=[wait for error, wait in trial.waits if error == ChecksPaused.__name__],
            disabled=ending(lambda: trial.start().status),
            bound=ending(lambda: trial.check(trial.start(purpose=ENROL), trial.code).status),
            again=ending(lambda: trial.start().status),
        )


def _use_up(trial: Rehearsal, verification: Verification) -> None:
    """Guess wrong until this verification takes no more guesses."""
    wrong = trial.wrong_code
    for _ in range(MOST_FAILURES + 1):
        try:
            trial.patiently(lambda: trial.check(verification, wrong))
        except WrongCode:
            continue
        except (TooManyChecks, CodeExpired, NotPending):
            return


@contextmanager
def _log_lines() -> Iterator[list[str]]:
    """What the course's parts log meanwhile."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    log, handler = logging.getLogger("helpers"), Keep()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        log.setLevel(level)
        log.removeHandler(handler)
