"""Trials of what there is beside texts: the notice, an authenticator app, recovery codes."""

from __future__ import annotations

from hashlib import sha256
from math import log2
from pathlib import Path
from typing import Final

import pyotp

from helpers.accounts import Accounts, Session, Ticket
from helpers.alternatives import recovery
from helpers.forms.enrol import EnrolModel
from helpers.standards.finding import Finding
from helpers.standards.people import NAME, PASSWORD, enrolled, signed_in
from helpers.standards.rehearsal import CLIENT, Rehearsal, Site, ending
from helpers.verification import AuthenticatorDisabled

FEWEST_RECOVERY_BITS: Final = 64
WAYS_OUT: Final = ("authenticator app", "recovery code")
_SECTION: Final = "SMS is a restricted factor"


def ways_out_of_sms(site: Site) -> Finding:
    """Whoever adds a phone is told what texts are worth and what there is instead; and it works when texts do not."""
    named = [way for way in WAYS_OUT if way in EnrolModel.notice.lower()]
    with site.rehearse_people() as (trial, accounts):
        app, codes = _with_other_ways(trial, accounts)
        _switch_texts_off(trial)
        by_text = ending(lambda: accounts.send_code(_ticket(accounts), client=CLIENT))
        by_app = _by_app(trial, accounts, app)
        by_paper = _by_paper(accounts, codes[0])
        again = _bound_again(trial, accounts, codes[1])
    how = (
        f"before a number is typed the form names: {', '.join(named) or 'nothing'}; with texts switched off, by text: "
        f"{by_text}, by the app: {by_app}, by a recovery code: {by_paper}, then the phone is bound again: {again}; "
    )
    written = _risk_and_plan_are_written()
    texts_are_off = by_text == AuthenticatorDisabled.__name__
    held = texts_are_off and len(named) == len(WAYS_OUT) and (by_app, by_paper, again) == (NAME, NAME, "yes")
    return Finding(
        held and written, f"{how}SECURITY.md {'weighs the risk' if written else f'has nothing under “{_SECTION}”'}"
    )


def stronger_way(site: Site) -> Finding:
    """An app signs in, and no text is needed for it."""
    with site.rehearse_people() as (trial, accounts):
        app, _ = _with_other_ways(trial, accounts)
        before = len(trial.outbox.texts)
        by_app = _by_app(trial, accounts, app)
        texts = len(trial.outbox.texts) - before
    how = f"signed in with the code of an authenticator app: {by_app}; texts that took: {texts}"
    return Finding(by_app == NAME and texts == 0, how)


def totp_once(site: Site) -> Finding:
    """A code of an app that was accepted is not accepted again, nor an older one after it."""
    with site.rehearse_people() as (trial, accounts):
        app, _ = _with_other_ways(trial, accounts)
        older = app.at(trial.clock.now())
        trial.clock.advance(seconds=30)
        first, again, before = (
            _by_app(trial, accounts, app),
            _by_app(trial, accounts, app),
            _by_code_of_app(accounts, older),
        )
    how = f"the code of an app in a trial: {first}, the same again: {again}, the one before it, after it: {before}"
    return Finding(first == NAME and NAME not in (again, before), how)


def recovery_codes(site: Site) -> Finding:
    """Recovery codes are long, kept under a key, and work once."""
    with site.rehearse_people() as (trial, accounts):
        _, codes = _with_other_ways(trial, accounts)
        plain = [code.replace("-", "") for code in codes]
        telling = {text for code in (*codes, *plain) for text in (code, *_bare_hashes(code))}
        kept = [value for value in trial.stored() if (value.hex() if isinstance(value, bytes) else value) in telling]
        first, again = _by_paper(accounts, codes[0]), _by_paper(accounts, codes[0])
    bits = min(len(code) for code in plain) * log2(len(recovery.ALPHABET))
    how = (
        f"{len(set(codes))} codes of {bits:g} bits; values of the database that are one, or a bare hash of one: "
        f"{len(kept)}; a code of a trial: {first}, the same again: {again}"
    )
    long = bits >= FEWEST_RECOVERY_BITS and len(set(codes)) == len(codes)
    return Finding(long and not kept and first == NAME != again, how)


def _with_other_ways(trial: Rehearsal, accounts: Accounts) -> tuple[pyotp.TOTP, list[str]]:
    """An account with a phone, an app and recovery codes; the app's first code is over."""
    enrolled(trial, accounts)
    session, _ = signed_in(trial, accounts)
    setup = accounts.add_totp(session, client=CLIENT)
    app = pyotp.TOTP(setup.secret.reveal())
    accounts.confirm_totp(session, app.at(trial.clock.now()), client=CLIENT)
    codes = accounts.new_recovery_codes(session, client=CLIENT).lines()
    trial.clock.advance(minutes=1)
    return app, codes


def _ticket(accounts: Accounts) -> Ticket:
    return accounts.check_password(NAME, PASSWORD, client=CLIENT)


def _switch_texts_off(trial: Rehearsal) -> None:
    for _ in range(trial.policy.account_failure_cap):
        trial.patiently(lambda: trial.verifier.limits.charge(NAME, authenticator="sms"))


def _by_app(trial: Rehearsal, accounts: Accounts, app: pyotp.TOTP) -> str:
    return _by_code_of_app(accounts, app.at(trial.clock.now()))


def _by_code_of_app(accounts: Accounts, code: str) -> str:
    return ending(lambda: accounts.who(accounts.sign_in_with_totp(_ticket(accounts), code, client=CLIENT)))


def _by_paper(accounts: Accounts, code: str) -> str:
    return ending(lambda: accounts.who(_session_by_paper(accounts, code)))


def _session_by_paper(accounts: Accounts, code: str) -> Session:
    return accounts.sign_in_with_recovery_code(_ticket(accounts), code, client=CLIENT)


def _bound_again(trial: Rehearsal, accounts: Accounts, code: str) -> str:
    def bind() -> str:
        session = _session_by_paper(accounts, code)
        asked = accounts.bind_again(session, client=CLIENT)
        accounts.confirm_phone(session, asked.id, trial.code, client=CLIENT)
        return "no" if trial.verifier.sms_disabled(NAME) else "yes"

    return ending(bind)


def _bare_hashes(code: str) -> tuple[str, str]:
    return sha256(code.encode()).hexdigest(), sha256(code.lower().encode()).hexdigest()


def _risk_and_plan_are_written() -> bool:
    path = Path(__file__).resolve().parents[2] / "SECURITY.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    section = text.partition(f"\n## {_SECTION}")[2].partition("\n## ")[0]
    return "taken over" in section and "plan to leave" in section
