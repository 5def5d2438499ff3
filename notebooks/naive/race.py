"""Attack 3: eight processes guess at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import requests

from helpers import Clock, FlowrouteClient, PhoneNumber, Policy, Store, Verifier
from helpers.secret import Secret
from helpers.verification import VerificationError, WrongCode
from naive.attacks import Result
from naive.counted_attempts import MAX_ATTEMPTS
from naive.processes import PROCESSES, WAIT_SECONDS, eight_processes, wait_for_the_others

ACCOUNT: Final = {"account": "ana", "purpose": "sign-in"}
KEY: Final = b"a key for this race, not for use"


def race(guess: Callable[..., int], *where: object, guesses: Sequence[str]) -> Result:
    """Deal the guesses out; count how many of them were compared with the code.

    Args:
        guess: :func:`naive.processes.guess_at_naive` or :func:`guess_at_ours`.
        where: its first arguments.
    """
    jobs = [(*where, guesses[number::PROCESSES]) for number in range(PROCESSES)]
    with eight_processes() as pool:
        # Each job waits for seven others, so each process takes one.
        compared = sum(pool.starmap_async(guess, jobs, chunksize=1).get(timeout=2 * WAIT_SECONDS))
    return Result(compared > MAX_ATTEMPTS, f"{compared} guesses compared, where {MAX_ATTEMPTS} are allowed")


def guess_at_ours(database_url: str, verification: str, now: datetime, guesses: Sequence[str]) -> int:
    """One process: how many of its guesses were compared. All wait for each other before the first."""
    nobody = FlowrouteClient(access_key="", secret_key=Secret(""), session=requests.Session())  # a check sends nothing
    verifier = racing_verifier(nobody, database_url, Clock.standing_still(now))
    wait_for_the_others()
    return sum(_compared(verifier, verification, guess) for guess in guesses)


def racing_verifier(flowroute: FlowrouteClient, database_url: str, clock: Clock) -> Verifier:
    """Ours, with as many guesses as the naive version; with a key of its own, since eight processes must know it."""
    return Verifier(
        flowroute,
        store=Store(database_url),
        code_key=Secret(KEY),
        from_number=PhoneNumber("+12065550199"),
        brand="Example Bank",
        origin="bank.example",
        clock=clock,
        policy=Policy(max_checks=MAX_ATTEMPTS),
    )


def _compared(verifier: Verifier, verification: str, guess: str) -> bool:
    try:
        verifier.check(verification, guess, **ACCOUNT)
    except WrongCode:
        return True
    except VerificationError:
        return False
    return True
