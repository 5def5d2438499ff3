"""The standards report: every rule is there, each is really tried, and a configuration that breaks it is noticed."""

from __future__ import annotations

import ast
import logging
import random
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests
from argon2 import PasswordHasher, Type

from helpers.accounts import Accounts, AskAnOperator, PasswordRefused, SignInRefused, passwords
from helpers.accounts import accounts as accounts_module
from helpers.alternatives import NoTotp, RecoveryCodes, Totp
from helpers.alternatives import recovery as recovery_module
from helpers.clock import Clock
from helpers.display.assets import script
from helpers.flowroute import FlowrouteClient
from helpers.forms.code import CodeModel
from helpers.forms.enrol import EnrolModel
from helpers.forms.model import Field
from helpers.forms.sign_in import SignInModel
from helpers.phone_numbers import TEXTABLE_KINDS, NumberKind, PhoneNumber
from helpers.secret import Secret
from helpers.settings import Settings
from helpers.standards import RULES, Rule, StandardRow, StandardsReport, other_ways, people, standards_report
from helpers.standards.rehearsal import Site
from helpers.verification import NotPending, Policy, ResendPolicy, SendBudget, SendGuard, Store, Verifier
from helpers.verification import codes as codes_module
from helpers.verification import guard as guard_module
from helpers.verification import sending as sending_module
from helpers.verification import store as store_module
from helpers.verification.tables import verifications

ROOT = Path(__file__).resolve().parent.parent
BILLION = 10**9
LATER: set[str] = set()
NEVER_HELD = {"phishing"}
"""No setting makes a code that a person types resist a relay."""

# Every line of the list of rules that the project is held to, and the rows that are about it.
THE_RULES = {
    ("NIST SP 800-63B-4", "at least six digits, approved generator"): ("code-digits", "code-generator"),
    ("NIST SP 800-63B-4", "void after ten minutes"): ("code-lifetime",),
    ("NIST SP 800-63B-4", "accepted once"): ("accepted-once",),
    ("NIST SP 800-63B-4", "a new code resets no count"): ("no-refill",),
    ("NIST SP 800-63B-4", "100 failures, growing waits, success clears"): (
        "failure-cap",
        "growing-pauses",
        "success-clears",
    ),
    ("NIST SP 800-63B-4", "no e-mail; restricted; changing is binding"): ("no-mail", "change-of-phone"),
    ("NIST SP 800-63B-4", "what restricted asks for"): ("restricted",),
    ("NIST SP 800-63B-4", "not phishing-resistant"): ("phishing",),
    ("NIST SP 800-63B-4", "passwords"): (
        "password-length",
        "no-composition-rules",
        "blocklist",
        "paste",
        "salted-hash",
    ),
    ("NIST SP 800-63B-4", "recovery codes"): ("recovery-codes",),
    ("NIST SP 800-63A-4", "confirming a phone"): ("confirming-a-phone",),
    ("OWASP ASVS 5.0", "6.1.1"): ("limits-documented",),
    ("OWASP ASVS 5.0", "6.3.8"): ("alike-to-a-stranger",),
    ("OWASP ASVS 5.0", "6.5.1, 6.5.3, 6.5.4, 6.5.5"): ("single-use", "random-codes", "code-bits", "short-life"),
    ("OWASP ASVS 5.0", "6.6.1"): ("validated-number", "stronger-way"),
    ("OWASP ASVS 5.0", "6.6.2"): ("own-request",),
    ("OWASP ASVS 5.0", "6.6.3, 2.4.1"): ("limited",),
    ("OWASP MFA cheat sheet", ""): ("short-once-few", "new-code-overwrites", "never-in-clear"),
    ("OWASP password storage cheat sheet", ""): ("argon2-floor",),
    ("RFC 4226", "7.3"): ("parallel-guesses",),
    ("RFC 6238", "5.2"): ("totp-once",),
    ("WICG", "format"): ("origin-bound",),
    ("HTML", "autofill"): ("one-code-field",),
    ("ITU E.164", "numbers"): ("numbers",),
    ("SMS pumping guidance", ""): (
        "countries-and-kinds",
        "limits-per-whom",
        "growing-waits",
        "daily-budget",
        "conversion",
    ),
}


class QuickHasher(PasswordHasher):
    """argon2id with next to no work."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"time_cost": 1, "memory_cost": 8, "parallelism": 1, **options})


def site(policy: Policy | None = None, *, hasher: PasswordHasher | None = None, **options: Any) -> Site:
    """A verifier and accounts, with nothing looked at yet. What looks at them only asks how they are set up."""
    verifier = new_verifier(policy, **options) if policy or options else plain_verifier()
    return Site(verifier, new_accounts(hasher) if hasher else plain_accounts())


def new_verifier(policy: Policy | None = None, **options: Any) -> Verifier:
    flowroute = FlowrouteClient(access_key="nobody", secret_key=Secret("nothing"), session=requests.Session())
    keywords = {"code_key": Secret(bytes(32)), "brand": "Example Bank", "origin": "bank.example", "clock": Clock()}
    keywords |= {"from_number": PhoneNumber("+12065550199")}
    return Verifier(flowroute, store=Store("sqlite://"), policy=policy, **keywords | options)


def new_accounts(hasher: PasswordHasher) -> Accounts:
    settings = Settings.for_notebook("standards")
    options = {"clock": settings.clock, "key": settings.code_key, "hasher": hasher}
    return Accounts(settings.database_url, verifier=settings.verifier(), **options)


plain_verifier = cache(new_verifier)
plain_accounts = cache(lambda: new_accounts(QuickHasher()))


def rule(name: str) -> Rule:
    return next(each for each in RULES if each.name == name)


def past_the_check(values: Any, **changes: Any) -> Any:
    """A frozen Policy or SendBudget with values that its class refuses."""
    copy = replace(values)
    assert {*changes} <= {field.name for field in fields(copy)}
    for name, value in changes.items():
        object.__setattr__(copy, name, value)
    return copy


@pytest.fixture(scope="module")
def report() -> StandardsReport:
    """Of the course as it stands, with the hasher that it has."""
    course = site(hasher=PasswordHasher())
    return standards_report(course.verifier, course.accounts)


def test_every_rule_has_its_rows_and_no_row_is_without_a_rule(report: StandardsReport) -> None:
    wanted = [name for names in THE_RULES.values() for name in names]
    assert sorted(row.name for row in report) == sorted(wanted)
    for (source, _), names in THE_RULES.items():
        assert all(report[name].source.startswith(source) for name in names)


def test_the_course_holds_what_can_be_held(report: StandardsReport) -> None:
    assert {row.name: row.how for row in report.of("not held")}.keys() == NEVER_HELD
    assert {row.name for row in report.of("later")} == LATER


def test_only_what_comes_later_is_not_tried(report: StandardsReport) -> None:
    assert {each.name for each in RULES if each.look is None} == LATER
    assert all(row.how for row in report)
    assert all("broke off" not in row.how for row in report)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.name)
def test_each_named_test_is_there(each: Rule) -> None:
    assert bool(each.proof) == (each.look is not None)
    for proof in each.proof:
        path, _, name = proof.partition("::")
        assert name.startswith("test_")
        assert name in names_in(path), proof


# What breaks each rule. A configuration where the classes take it, a policy made past their check where they do not,
# and where no configuration could do it, the part of the program that holds the rule.

Break = Callable[[pytest.MonkeyPatch], Site]
BREAKS: list[tuple[str, str, Break]] = []


def breaks(*names: str) -> Callable[[Break], Break]:
    """Say which rules a broken site does not hold."""

    def note(make: Break) -> Break:
        BREAKS.extend((name, make.__name__, make) for name in names)
        return make

    return note


@breaks("code-digits", "code-bits", "confirming-a-phone")
def four_digits(_patch: pytest.MonkeyPatch) -> Site:
    return site(past_the_check(Policy(), code_digits=4))


@breaks("code-generator", "random-codes")
def predictable_codes(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(sending_module, "new_code", lambda digits: f"{random.randrange(10**digits):0{digits}d}")  # noqa: S311
    return site()


@breaks("code-generator", "random-codes")
def predictable_nonces(patch: pytest.MonkeyPatch) -> Site:
    fresh = sending_module.Sender._fresh_code
    patch.setattr(sending_module.Sender, "_fresh_code", lambda self, row, *, now: fresh(self, row, now=now))
    return site(Policy(resend=ResendPolicy.SAME_CODE))


@breaks("code-lifetime", "short-life", "short-once-few", "confirming-a-phone")
def half_an_hour(_patch: pytest.MonkeyPatch) -> Site:
    return site(past_the_check(Policy(), code_lifetime=timedelta(minutes=30), attempt_lifetime=timedelta(hours=1)))


@breaks("code-lifetime", "short-life", "short-once-few", "confirming-a-phone")
def no_expiry(patch: pytest.MonkeyPatch) -> Site:
    count = Store.count_check
    patch.setattr(Store, "count_check", lambda self, *a, now, **k: count(self, *a, now=0, **k))
    patch.setattr(Verifier, "_require_checkable", lambda *_a, **_k: None)
    return site()


@breaks("accepted-once", "single-use", "short-once-few", "confirming-a-phone")
def used_again(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(Store, "approve", lambda *_a, **_k: True)
    return site()


@breaks("no-refill")
def a_new_code_refills(patch: pytest.MonkeyPatch) -> Site:
    fresh = sending_module.Sender._fresh_code

    def refilling(self: Any, row: Any, *, now: int) -> Any:
        following = fresh(self, row, now=now)
        return replace(following, becomes=following.becomes | {"checks": 0})

    patch.setattr(sending_module.Sender, "_fresh_code", refilling)
    return site()


@breaks("no-refill", "success-clears")
def failures_are_not_counted(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(store_module, "_charge", lambda *_a, **_k: None)
    return site()


@breaks("failure-cap")
def a_thousand_failures(_patch: pytest.MonkeyPatch) -> Site:
    return site(past_the_check(Policy(), account_failure_cap=1000))


@breaks("failure-cap")
def never_bound_again(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(Store, "clear_failures", lambda *_a, **_k: None)
    return site()


@breaks("growing-pauses")
def no_pauses(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(failure_wait=timedelta(0)))


@breaks("growing-pauses")
def pauses_that_do_not_grow(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(failure_wait=timedelta(minutes=1), longest_failure_wait=timedelta(minutes=1)))


@breaks("growing-pauses")
def pauses_of_a_day(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(longest_failure_wait=timedelta(days=1)))


@breaks("success-clears")
def failures_for_ever(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(Store, "clear_failures", lambda *_a, **_k: None)
    return site()


@breaks("no-mail", "countries-and-kinds", "numbers")
def any_address(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(SendGuard, "require_textable", lambda _self, _number: PhoneNumber("+12065550100"))
    return site()


@breaks("change-of-phone")
def an_old_session_changes_the_phone(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(accounts_module, "REAUTHENTICATE_WITHIN", timedelta(days=1))
    return site()


@breaks("change-of-phone")
def the_old_phone_is_not_told(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(Verifier, "tell", lambda *_a, **_k: True)
    return site()


@breaks("password-length")
def short_passwords(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(passwords, "MIN_PASSWORD_LENGTH", 4)
    return site()


@breaks("password-length")
def no_long_passwords(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(passwords, "MAX_PASSWORD_LENGTH", 40)
    return site()


@breaks("password-length")
def the_password_alone_signs_in(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(Accounts, "who", lambda _self, session: session.account)
    return site()


@breaks("no-composition-rules")
def a_digit_is_asked_for(patch: pytest.MonkeyPatch) -> Site:
    def refuse(password: str, _name: str) -> None:
        if not any(character.isdigit() for character in password):
            raise PasswordRefused("Mix in a digit.")

    patch.setattr(passwords, "_refuse_weak", refuse)
    return site()


@breaks("blocklist")
def an_empty_blocklist(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(passwords, "COMMON_PASSWORDS", frozenset())
    return site()


@breaks("paste")
def no_pasting(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(
        people, "script", lambda *_a, **_k: 'input.addEventListener("paste", (event) => event.preventDefault())'
    )
    return site()


@breaks("salted-hash")
def one_salt_for_all(_patch: pytest.MonkeyPatch) -> Site:
    class OneSalt(QuickHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            return super().hash(password, salt=salt or b"the same for all")

    return site(hasher=OneSalt())


@breaks("limits-documented")
def limits_that_are_not_written_down(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(account_failure_cap=37))


@breaks("limits-documented")
def a_stranger_locks_the_owner_out(patch: pytest.MonkeyPatch) -> Site:
    check = Accounts.check_password
    patch.setattr(Accounts, "check_password", lambda self, name, password, **_k: check(self, name, password, client=""))
    return site()


@breaks("alike-to-a-stranger")
def unknown_users_are_quicker(patch: pytest.MonkeyPatch) -> Site:
    matches = passwords.Passwords._matches

    def quick(self: Any, stored: str, password: str) -> bool:
        return stored != self._nobodys_hash and matches(self, stored, password)

    patch.setattr(passwords.Passwords, "_matches", quick)
    return site()


@breaks("alike-to-a-stranger")
def unknown_users_are_told_so(patch: pytest.MonkeyPatch) -> Site:
    check = Accounts.check_password

    def telling(self: Any, name: str, password: str, *, client: str) -> Any:
        try:
            return check(self, name, password, client=client)
        except SignInRefused:
            raise SignInRefused("There is no such user." if name == "nobody" else None) from None

    patch.setattr(Accounts, "check_password", telling)
    return site()


@breaks("alike-to-a-stranger")
def unknown_verifications_are_told_so(patch: pytest.MonkeyPatch) -> Site:
    check = Verifier.check

    def telling(self: Verifier, verification: str, code: str, **whose: str) -> Any:
        if verification == "no-such-verification":
            raise NotPending("There is no such verification.")
        return check(self, verification, code, **whose)

    patch.setattr(Verifier, "check", telling)
    return site()


@breaks("validated-number")
def unconfirmed_phones_get_codes(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(Accounts, "_confirmed_phone", lambda *_a: PhoneNumber("+12065550100"))
    return site()


@breaks("own-request")
def a_code_for_any_account(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(store_module, "_mine", lambda verification, _account, _purpose: (verifications.c.id == verification,))
    return site()


@breaks("own-request")
def a_code_for_any_verification(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(codes_module.CodeKeys, "match", lambda *_a, **_k: True)
    return site()


@breaks("limited", "short-once-few")
def a_million_checks(_patch: pytest.MonkeyPatch) -> Site:
    endless = {"max_checks": 10**6, "account_failure_cap": 10**6, "free_failures": 10**6}
    return site(past_the_check(Policy(), **endless))


@breaks("limited", "limits-per-whom", "conversion", "daily-budget")
def no_budget(_patch: pytest.MonkeyPatch) -> Site:
    limits = {name: BILLION for name in ("per_phone", "per_account", "per_client", "per_prefix", "daily_messages")}
    budget = SendBudget(**limits, daily_cents=Decimal(BILLION), enrolment_share=1, conversion_floor=0)
    return site(Policy(budget=budget))


@breaks("limits-per-whom")
def no_limit_per_phone(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(budget=SendBudget(per_phone=BILLION, per_prefix=BILLION, daily_messages=BILLION)))


@breaks("limits-per-whom")
def no_limit_per_prefix(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(budget=SendBudget(per_prefix=BILLION)))


@breaks("limits-per-whom")
def no_limit_per_client(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(budget=SendBudget(per_client=BILLION)))


@breaks("limits-per-whom")
def no_limit_per_account(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(budget=SendBudget(per_account=BILLION)))


@breaks("new-code-overwrites")
def the_same_code_again(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(resend=ResendPolicy.SAME_CODE))


@breaks("never-in-clear")
def bare_hashes(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(codes_module, "code_hmac", lambda _key, *, code, **_parts: sha256(code.encode()).digest())
    return site()


@breaks("never-in-clear")
def codes_in_the_log(patch: pytest.MonkeyPatch) -> Site:
    def talkative(code: str, **parts: Any) -> str:
        logging.getLogger("helpers.verification").debug("sending %s", code)
        return codes_module.code_text(code, **parts)

    patch.setattr(sending_module, "code_text", talkative)
    return site()


@breaks("never-in-clear")
def a_short_key(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(codes_module, "MIN_KEY_BYTES", 1)
    return site(code_key=Secret(bytes(16)))


@breaks("argon2-floor")
def little_memory(_patch: pytest.MonkeyPatch) -> Site:
    return site(hasher=PasswordHasher(memory_cost=18 * 1024))


@breaks("argon2-floor")
def one_pass(_patch: pytest.MonkeyPatch) -> Site:
    return site(hasher=PasswordHasher(memory_cost=19 * 1024, time_cost=1))


@breaks("argon2-floor")
def another_argon2(_patch: pytest.MonkeyPatch) -> Site:
    return site(hasher=PasswordHasher(type=Type.I))


@breaks("parallel-guesses", "limited", "short-once-few")
def guesses_are_not_counted(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(
        Store,
        "count_check",
        lambda self, number, *, account, purpose, **_k: self.find(number, account=account, purpose=purpose),
    )
    return site()


@breaks("restricted")
def nobody_is_told_what_a_number_is_worth(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(EnrolModel, "notice", "")
    return site()


@breaks("restricted")
def a_notice_that_names_no_way_out(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(EnrolModel, "notice", "Texts can be read on a locked screen.")
    return site()


@breaks("restricted", "stronger-way", "totp-once")
def no_app_gets_in(patch: pytest.MonkeyPatch) -> Site:
    def refuse(*_a: Any, **_k: Any) -> None:
        raise NoTotp

    patch.setattr(Accounts, "sign_in_with_totp", refuse)
    return site()


@breaks("restricted")
def a_dead_end(patch: pytest.MonkeyPatch) -> Site:
    def refuse(*_a: Any, **_k: Any) -> None:
        raise AskAnOperator

    patch.setattr(Accounts, "bind_again", refuse)
    return site()


@breaks("restricted")
def no_risk_weighed(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(other_ways, "_SECTION", "SMS is fine")
    return site()


@breaks("stronger-way")
def a_text_all_the_same(patch: pytest.MonkeyPatch) -> Site:
    sign_in = Accounts.sign_in_with_totp

    def texting(self: Accounts, ticket: Any, code: str, *, client: str = "") -> Any:
        self.send_code(ticket, client=client)
        return sign_in(self, ticket, code, client=client)

    patch.setattr(Accounts, "sign_in_with_totp", texting)
    return site()


@breaks("totp-once")
def codes_of_an_app_work_again(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(Totp, "use", lambda *_a: None)
    return site()


@breaks("totp-once")
def an_older_code_works_after_a_newer(patch: pytest.MonkeyPatch) -> Site:
    use = Totp.use

    def forgetful(self: Totp, connection: Any, match: Any) -> None:
        use(self, connection, match)
        connection.exec_driver_sql("UPDATE totp_apps SET last_step = last_step - 2")

    patch.setattr(Totp, "use", forgetful)
    return site()


@breaks("recovery-codes")
def short_recovery_codes(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(recovery_module, "LENGTH", 12)
    return site()


@breaks("recovery-codes")
def bare_hashes_of_recovery_codes(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(recovery_module, "_hash", lambda _key, _account, plain: sha256(plain.encode()).digest())
    return site()


@breaks("recovery-codes")
def recovery_codes_work_again(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(RecoveryCodes, "use", lambda *_a: None)
    return site()


@breaks("origin-bound")
def a_text_beyond_ascii(patch: pytest.MonkeyPatch) -> Site:
    text = codes_module.code_text
    patch.setattr(sending_module, "code_text", lambda code, **parts: f"é {text(code, **parts)}")
    return site()


@breaks("origin-bound")
def another_sites_line(patch: pytest.MonkeyPatch) -> Site:
    text = codes_module.code_text
    patch.setattr(
        sending_module, "code_text", lambda code, *, origin, **parts: text(code, origin=f"login.{origin}", **parts)
    )
    return site()


@breaks("one-code-field")
def a_field_for_each_digit(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(CodeModel, "fields", tuple(Field(f"digit{n}", "Digit", kind="code") for n in range(6)))
    return site()


@breaks("numbers")
def any_ten_digits(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(
        SendGuard,
        "require_textable",
        lambda _self, number: PhoneNumber(f"+1{''.join(filter(str.isdigit, number))[-10:]}"),
    )
    return site()


@breaks("countries-and-kinds")
def the_whole_caribbean(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(budget=SendBudget(regions=("US", "CA", "JM", "DO"))))


@breaks("countries-and-kinds")
def premium_lines(_patch: pytest.MonkeyPatch) -> Site:
    budget = past_the_check(SendBudget(), kinds=TEXTABLE_KINDS | {NumberKind.PREMIUM_RATE})
    return site(Policy(budget=budget))


@breaks("growing-waits")
def waits_that_do_not_grow(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(longest_resend_wait=timedelta(seconds=30)))


@breaks("growing-waits")
def no_waits(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(Policy, "wait_after_texts", lambda *_a: timedelta(0))
    return site()


@breaks("daily-budget")
def the_day_is_not_looked_at(patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(guard_module, "_require_room", lambda *_a, **_k: None)
    return site()


@breaks("daily-budget")
def a_budget_of_millions(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(budget=SendBudget(daily_cents=Decimal(10**9))))


@breaks("conversion")
def nobody_watches(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(budget=SendBudget(conversion_floor=0)))


@breaks("conversion")
def a_sample_larger_than_a_day(_patch: pytest.MonkeyPatch) -> Site:
    return site(Policy(budget=SendBudget(conversion_sample=150, daily_messages=100)))


@pytest.mark.parametrize(("name", "broken", "make"), BREAKS, ids=[f"{name}: {broken}" for name, broken, _ in BREAKS])
def test_a_site_that_breaks_a_rule_is_noticed(
    name: str, broken: str, make: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = rule(name).row(make(monkeypatch))
    assert row.state == "not held", row.how
    assert "broke off" not in row.how, f"{broken}: the trial itself fell over, which proves nothing"


def test_each_rule_that_is_tried_can_be_broken() -> None:
    assert {name for name, _, _ in BREAKS} == {row.name for row in RULES} - LATER - NEVER_HELD


# Other sites that hold everything


@pytest.mark.parametrize(
    "policy",
    [
        Policy(resend=ResendPolicy.REFUSE),
        Policy(max_checks=1, max_sends=1, free_failures=1, code_digits=8, code_lifetime=timedelta(minutes=10)),
        Policy(
            max_checks=20,
            free_failures=2,
            longest_resend_wait=timedelta(minutes=1),
            budget=SendBudget(per_phone=3, per_account=4, per_client=4, per_prefix=3),
        ),
    ],
    ids=["refuse while one is live", "one of each", "tiny budgets"],
)
def test_other_honest_policies_hold_the_rules_too(policy: Policy) -> None:
    course = site(policy)
    with_texts = [
        each for each in RULES if not each.about_people or each.name in ("validated-number", "change-of-phone")
    ]
    assert {row.name for each in with_texts if (row := each.row(course)).state == "not held"} == NEVER_HELD


# The report itself


def test_it_says_the_same_each_time_and_touches_nothing(report: StandardsReport) -> None:
    settings = Settings.for_notebook("standards-real")
    verifier = settings.verifier()
    options = {"verifier": verifier, "clock": settings.clock, "key": settings.code_key}
    again = standards_report(verifier, Accounts(settings.database_url, **options))
    assert repr(again) == repr(report)
    assert again._repr_html_() == report._repr_html_()
    assert settings.simulator is not None
    assert settings.simulator.messages() == []
    assert verifier.audit.entries() == []
    assert verifier.figures().messages == 0


def test_without_accounts_nobody_holds_the_rules_about_people() -> None:
    assert rule("argon2-floor").row(Site(plain_verifier())).state == "not held"
    assert "accounts" in rule("argon2-floor").row(Site(plain_verifier())).how
    assert rule("code-digits").row(Site(plain_verifier())).state == "held"
    assert rule("recovery-codes").row(Site(plain_verifier())).state == "not held"


def test_a_trial_that_breaks_off_holds_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_order(*_a: Any, **_k: Any) -> None:
        raise RuntimeError("code 123456 to +12065550100")

    monkeypatch.setattr(Verifier, "start", out_of_order)
    row = rule("code-digits").row(site())
    assert (row.state, row.how) == ("not held", "a trial broke off: RuntimeError")


def test_some_rules_alone() -> None:
    some = standards_report(plain_verifier(), only=("daily-budget", "code-digits"))
    assert [row.name for row in some] == ["code-digits", "daily-budget"]
    with pytest.raises(ValueError, match="no rule called nonsense"):
        standards_report(plain_verifier(), only=("nonsense", "code-digits"))


def test_the_log_is_as_talkative_afterwards_as_before() -> None:
    log = logging.getLogger("helpers")
    before = (log.level, list(log.handlers))
    rule("never-in-clear").row(site())
    assert (log.level, list(log.handlers)) == before


ROWS = (
    StandardRow(
        name="one",
        source="A & B",
        section="1.2",
        rule="<b>never</b>",
        state="held",
        how="x < 5",
        proof=("tests/a.py::b",),
    ),
    StandardRow(name="two", source="C", section="", rule="always", state="not held", how="no", proof=()),
    StandardRow(name="three", source="C", section="3", rule="soon", state="later", how="a part", proof=()),
)


def test_as_text() -> None:
    assert repr(StandardsReport(ROWS)) == (
        "1 of 3 rules are held, 1 is not, 1 is not yet.\n"
        "✓ A & B, 1.2: <b>never</b>\n    held: x < 5\n    proved by tests/a.py::b\n"
        "✗ C: always\n    not held: no\n"
        "… C, 3: soon\n    later: a part"
    )


def test_as_a_table_in_which_everything_is_escaped() -> None:
    table = StandardsReport(ROWS)._repr_html_()
    assert table.startswith("<p>1 of 3 rules are held, 1 is not, 1 is not yet.</p><table>")
    assert table.count("<tr>") == 4
    assert "A &amp; B, 1.2" in table
    assert "&lt;b&gt;never&lt;/b&gt;" in table
    assert "<b>" not in table
    assert "x &lt; 5" in table


def test_rows_by_name_and_by_state() -> None:
    small = StandardsReport(ROWS)
    assert small["two"] is ROWS[1]
    assert small.of("later") == (ROWS[2],)
    assert (len(small), list(small)) == (3, list(ROWS))
    with pytest.raises(KeyError):
        small["four"]


# What the rows name and nothing else proves


def test_a_code_that_is_passed_on_is_accepted_and_the_report_says_so(report: StandardsReport) -> None:
    with site().rehearse() as trial:
        sent = trial.start()
        on_the_false_page = trial.code
        assert trial.outcome(sent, on_the_false_page) == "approved"
    assert report["phishing"].state == "not held"
    assert "passed on at once: approved" in report["phishing"].how


def test_the_documented_limits_are_the_running_ones(report: StandardsReport) -> None:
    assert "names 8 of the 8 limits" in report["limits-documented"].how
    looser = Policy(budget=SendBudget(per_client=7777))
    assert "per_client (7,777)" in rule("limits-documented").row(site(looser)).how


def test_nothing_stands_between_a_person_and_pasting() -> None:
    form = script("form", package="helpers.forms")
    assert "paste" not in form
    assert "onkey" not in form.lower().replace('"keydown"', "")
    (password,) = (field for field in SignInModel.fields if field.kind == "password")
    assert (password.autocomplete, password.maxlength) == ("current-password", None)


def test_the_code_form_is_one_field_that_phones_know() -> None:
    (code,) = CodeModel.fields
    assert (code.kind, code.autocomplete) == ("code", "one-time-code")
    form = script("form", package="helpers.forms")
    assert 'field.kind === "code" ? "one-time-code"' in form
    assert '{ code: "numeric"' in form


def test_a_site_that_texts_one_country_alone_is_held_to_the_same_rules(report: StandardsReport) -> None:
    """The made-up phones of the rehearsal are American; the rules are about the site."""
    accounts = new_accounts(PasswordHasher())
    canada = standards_report(new_verifier(Policy(budget=SendBudget(regions=("CA",)))), accounts)
    assert [(row.rule, row.state) for row in canada.rows] == [(row.rule, row.state) for row in report.rows]
    assert any("budget.regions: CA;" in row.how for row in canada.rows)
