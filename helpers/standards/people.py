"""Trials of the first factor: passwords, the phone that is saved, and what a stranger can find out."""

from __future__ import annotations

from typing import Final, Literal

from argon2 import PasswordHasher, Type, extract_parameters

from helpers.accounts import REAUTHENTICATE_WITHIN, Accounts, NoConfirmedPhone, PendingSignIn, Session, SignInAgain
from helpers.clock import LESSON_START
from helpers.display.assets import script
from helpers.display.phone import code_in
from helpers.forms.sign_in import SignInModel
from helpers.standards.finding import Finding
from helpers.standards.rehearsal import (
    CLIENT,
    MOST_TRIES,
    OTHER_PHONE,
    PHONE,
    Rehearsal,
    Site,
    ending,
    in_short,
    words,
)

NAME: Final = "ana"
PASSWORD: Final = "correct horse battery"  # noqa: S105 (opens nothing outside the trial)
SHORTEST: Final = 8
LEAST_LONGEST: Final = 64
FEWEST_SALT_BYTES: Final = 4
OWASP_MEMORY_KIB: Final = 19 * 1024
OWASP_PASSES: Final = 2
_SIZES: Final = (SHORTEST - 1, SHORTEST, LEAST_LONGEST)
COMMON: Final = ("password", "12345678", "qwertyuiop")
ONE_KIND: Final = ("twowordsinaline", "with spaces in between", "8390217465120", "UPPERCASE ALONE", "пароль из слов")


# Passwords


def password_length(site: Site) -> Finding:
    """Eight characters at least, since a password alone opens nothing here; and room for long ones."""
    with site.rehearse_people() as (_, accounts):
        sizes = {size: ending(lambda: accounts.register(f"a{size}", _made_up(size))) for size in _SIZES}  # noqa: B023
        accounts.register(NAME, PASSWORD)
        ticket = accounts.check_password(NAME, PASSWORD, client=CLIENT)
        alone = ending(lambda: accounts.who(Session(NAME, ticket.token, LESSON_START)))
    held = sizes == {SHORTEST - 1: "PasswordRefused", SHORTEST: "None", LEAST_LONGEST: "None"} and alone != NAME
    taken = ", ".join(f"{size} characters: {'taken' if end == 'None' else end}" for size, end in sizes.items())
    return Finding(held, f"{taken}; a right password without a code, as a session: {alone}")


def no_composition_rules(site: Site) -> Finding:
    """No mix of letters, digits and signs is asked for."""
    with site.rehearse_people() as (_, accounts):
        ends = [ending(lambda: accounts.register(f"a{n}", each)) for n, each in enumerate(ONE_KIND)]  # noqa: B023
    taken = ends.count("None")
    return Finding(taken == len(ends), f"of {len(ends)} passwords of one kind of character only, {taken} were taken")


def blocklist(site: Site) -> Finding:
    """Passwords that everybody tries first are refused, and so is the user's own name."""
    with site.rehearse_people() as (_, accounts):
        ends = [ending(lambda: accounts.register(NAME, each)) for each in COMMON]  # noqa: B023
        ends.append(ending(lambda: accounts.register("ana.example", "Ana.Example")))
    refused = ends.count("PasswordRefused")
    return Finding(refused == len(ends), f"of {len(ends)} such passwords, {refused} were refused")


def paste_is_allowed(site: Site) -> Finding:
    """A password manager can fill the field in, and a person can paste."""
    fields = [field for field in SignInModel.fields if field.kind == "password"]
    blocked = "paste" in script("form", package="helpers.forms")
    autocomplete = ", ".join(field.autocomplete for field in fields)
    short = any(field.maxlength is not None and field.maxlength < LEAST_LONGEST for field in fields)
    how = f"the password field has autocomplete {autocomplete!r}, and its script does {'' if blocked else 'not '}touch "
    return Finding(autocomplete == "current-password" and not blocked and not short, f"{how}pasting")


def salted_hash(site: Site) -> Finding:
    """Each password is hashed slowly, with a salt of its own."""
    one, other = (site.hasher.hash(PASSWORD) for _ in range(2))
    found = extract_parameters(one)
    how = f"argon2{found.type.name.lower()} with a salt of {found.salt_len * 8} bits; the same password twice: "
    return Finding(
        one != other and found.salt_len >= FEWEST_SALT_BYTES, f"{how}{'two hashes' if one != other else 'one'}"
    )


def argon2_floor(site: Site) -> Finding:
    """The hash costs as much work as OWASP asks for."""
    found = extract_parameters(site.hasher.hash(PASSWORD))
    enough = found.memory_cost >= OWASP_MEMORY_KIB and found.time_cost >= OWASP_PASSES and found.parallelism >= 1
    how = (
        f"argon2{found.type.name.lower()}, m={found.memory_cost / 1024:g} MiB t={found.time_cost} p={found.parallelism}"
    )
    return Finding(enough and found.type is Type.ID, how)


# The phone


def enrolled_first(site: Site) -> Finding:
    """Before a code has confirmed it, a phone gets that code and nothing else."""
    with site.rehearse_people() as (trial, accounts):
        accounts.register(NAME, PASSWORD)
        ticket = accounts.check_password(NAME, PASSWORD, client=CLIENT)
        unsaved = ending(lambda: accounts.send_code(ticket, client=CLIENT))
        enrolment = accounts.enrol_phone(ticket, PHONE, client=CLIENT)
        unconfirmed = ending(lambda: accounts.send_code(ticket, client=CLIENT))
        before = len(trial.outbox.texts)
        accounts.confirm_phone(ticket, enrolment.id, trial.code)
        confirmed = trial.patiently(lambda: _begin(accounts)).verification.phone.e164
    how = f"a sign-in code to a phone that is not saved: {unsaved}; to one that is not confirmed: {unconfirmed}; "
    held = unsaved == unconfirmed == NoConfirmedPhone.__name__ and before == 1 and confirmed == PHONE
    return Finding(held, f"{how}texts to it by then: {before}")


def change_of_phone(site: Site) -> Finding:
    """Another phone takes a fresh sign-in, a code, and time; the old phone is told."""
    with site.rehearse_people() as (trial, accounts):
        enrolled(trial, accounts)
        session, _ = signed_in(trial, accounts)
        trial.clock.advance(seconds=REAUTHENTICATE_WITHIN.total_seconds())
        stale = ending(lambda: accounts.change_phone(session, OTHER_PHONE, client=CLIENT))
        session, _ = signed_in(trial, accounts)
        asked = trial.patiently(lambda: accounts.change_phone(session, OTHER_PHONE, client=CLIENT))
        accounts.confirm_change(session, asked.id, trial.code)
        told = [to for to, body in trial.outbox.texts if code_in(body) is None]
        _, at_first = signed_in(trial, accounts)
        trial.clock.advance(seconds=site.cooling_off.total_seconds())
        _, later = signed_in(trial, accounts)
    how = (
        f"signed in {in_short(REAUTHENTICATE_WITHIN)} ago: {stale}; notices to the old phone: {len(told)}; codes go to "
        f"it for {in_short(site.cooling_off)} more"
    )
    in_time = at_first == PHONE and later == OTHER_PHONE
    return Finding(stale == SignInAgain.__name__ and told == [PHONE.removeprefix("+")] and in_time, how)


# Strangers


def unknown_user(site: Site) -> Finding:
    """An unknown user and a wrong password get the same words after the same work."""
    hasher = _CountingHasher()
    with site.rehearse_people(hasher) as (_, accounts):
        accounts.register(NAME, PASSWORD)
        told = {}
        for name in (NAME, "nobody"):
            hasher.verified = 0
            said = words(lambda: accounts.check_password(name, "wrong " + PASSWORD, client=CLIENT))  # noqa: B023
            told[name] = (said, hasher.verified)
    (wrong, work), (unknown, same_work) = told.values()
    said = f"“{wrong}”" if wrong == unknown else f"“{wrong}” and “{unknown}”"
    how = f"a wrong password and an unknown user get {said}, after {work} and {same_work} hash"
    return Finding(wrong == unknown != "" and work == same_work == 1, how)


def nobody_is_locked_out(site: Site) -> Finding:
    """What a stranger tries without the password stops only the stranger."""
    with site.rehearse_people() as (trial, accounts):
        enrolled(trial, accounts)
        texts = len(trial.outbox.texts)
        for _ in range(MOST_TRIES):
            words(lambda: accounts.check_password(NAME, "a stranger's guess", client="203.0.113.66"))
        caused = len(trial.outbox.texts) - texts
        owner = ending(lambda: accounts.who(accounts.sign_in(_begin(accounts), trial.code)))  # at once, without a wait
    how = f"after {MOST_TRIES} passwords guessed from another address, which caused {caused} texts, the owner "
    return Finding(owner == NAME and caused == 0, f"{how}{'signs in' if owner == NAME else f'gets {owner}'}")


class _CountingHasher(PasswordHasher):
    """Quick, and counts the passwords it compared."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 (the library's name)
        self.verified += 1
        return super().verify(hash, password)


def _made_up(length: int) -> str:
    """A password of so many characters that is on no list."""
    return ("plum tower " * length)[:length]


def enrolled(trial: Rehearsal, accounts: Accounts) -> None:
    """An account with a confirmed phone."""
    accounts.register(NAME, PASSWORD)
    ticket = accounts.check_password(NAME, PASSWORD, client=CLIENT)
    enrolment = accounts.enrol_phone(ticket, PHONE, client=CLIENT)
    accounts.confirm_phone(ticket, enrolment.id, trial.code)


def _begin(accounts: Accounts) -> PendingSignIn:
    """The first factor, and a code on its way."""
    return accounts.send_code(accounts.check_password(NAME, PASSWORD, client=CLIENT), client=CLIENT)


def signed_in(trial: Rehearsal, accounts: Accounts) -> tuple[Session, str]:
    """Both factors, and the phone that the code went to."""
    pending = trial.patiently(lambda: _begin(accounts))
    return accounts.sign_in(pending, trial.code), pending.verification.phone.e164
