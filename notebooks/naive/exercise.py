"""Looks at a learner's version of ``three_tries.py``."""

from __future__ import annotations

from helpers import Settings
from naive.attacks import after
from naive.scene import ANA
from naive.three_tries import MAX_TRIES, ThreeTries


def check_mended(version: type[ThreeTries], practice: Settings) -> None:
    """Say whether a new code still brings guesses back, and whether honest people still get in."""
    print(verdict(version, practice))


def verdict(version: type[ThreeTries], practice: Settings) -> str:
    """The same, in a word for each way it can be."""
    if not _lets_in(version, practice, wrong=0):
        return "Too strict: somebody who types the right code at once is kept out."
    if not _lets_in(version, practice, wrong=MAX_TRIES - 1):
        return "Too strict: somebody who mistypes twice, asks for a new code and types it right is kept out."
    if _lets_in(version, practice, wrong=MAX_TRIES):
        return "Not mended yet: after three wrong guesses and a new code, another guess is compared."
    return "Mended: a new code brings no guess back, and honest people still get in."


def _lets_in(version: type[ThreeTries], practice: Settings, *, wrong: int) -> bool:
    sign_in = version(practice.client(), practice.from_number, ANA.digits)
    if wrong:
        for _ in range(wrong):
            sign_in.verify(after(_code(practice)))
        sign_in.send_code()
    return bool(sign_in.verify(_code(practice)))


def _code(practice: Settings) -> str:
    """All digits of the text, as a person reads them: this version has codes of three digits too."""
    practice.clock.advance(seconds=2)
    text = practice.inbox.latest(ANA) if practice.inbox else None
    return "".join(filter(str.isdigit, text.body)) if text else ""
