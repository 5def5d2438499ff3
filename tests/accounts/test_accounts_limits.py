"""What too many wrong codes and wrong passwords do, to whom, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from accounts_site import PASSWORD, Site, wrong_code
from databases import BOTH
from sqlalchemy import event

from helpers.accounts import (
    AskAnOperator,
    NoConfirmedPhone,
    NotSignedIn,
    PhoneAlreadyConfirmed,
    SignInRefused,
    SlowDown,
    passwords,
)
from helpers.flowroute import OutcomeUnknown
from helpers.verification import AuthenticatorDisabled, ChecksPaused, Policy, SendLimitReached, WrongCode

DATABASES = BOTH

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
NewSite = Callable[..., Site]


@pytest.fixture
def capped(new_site: NewSite) -> Site:
    """A site where ana's codes by text were switched off: five wrong ones in a row are enough there."""
    site = new_site(Policy(account_failure_cap=5))
    site.enrol()
    site.switch_sms_off()
    return site


# Binding again


def test_the_saved_phone_is_bound_again_and_signs_in(capped: Site) -> None:
    """NIST SP 800-63B-4 §3.2.2: disabled at the cap, until it is bound again."""
    ticket = capped.ticket()
    with pytest.raises(AuthenticatorDisabled):
        capped.accounts.send_code(ticket, client=HERE)
    again = capped.accounts.bind_again(ticket, client=HERE)
    assert again.phone.last_two == "00"
    assert capped.accounts.confirm_phone(ticket, again.id, capped.code()).last_two == "00"
    assert capped.rows("accounts")[0]["phone_confirmed_at"] == capped.clock.now_ms()
    assert not capped.verifier.sms_disabled("ana")
    assert capped.accounts.who(capped.signed_in()) == "ana"


def test_with_the_password_alone_nobody_names_another_phone(capped: Site) -> None:
    """Or twenty wrong guesses would be the way to take an account over."""
    texts = len(capped.texts())
    with pytest.raises(PhoneAlreadyConfirmed):
        capped.accounts.enrol_phone(capped.ticket(), capped.other_phone, client=ELSEWHERE)
    capped.accounts.bind_again(capped.ticket(), client=ELSEWHERE)
    assert capped.texts(capped.other_phone) == []
    assert len(capped.texts()) == texts + 1


def test_binding_again_is_for_phones_that_are_switched_off(enrolled: Site) -> None:
    texts = len(enrolled.texts())
    with pytest.raises(PhoneAlreadyConfirmed):
        enrolled.accounts.bind_again(enrolled.ticket(), client=HERE)
    assert len(enrolled.texts()) == texts


def test_without_a_confirmed_phone_there_is_nothing_to_bind_again(site: Site) -> None:
    ticket = site.ticket()
    with pytest.raises(NoConfirmedPhone):
        site.accounts.bind_again(ticket, client=HERE)
    site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    with pytest.raises(NoConfirmedPhone):
        site.accounts.bind_again(ticket, client=HERE)
    assert len(site.texts()) == 1


def test_binding_again_takes_a_ticket(capped: Site) -> None:
    ticket = capped.ticket()
    capped.clock.advance(minutes=15)
    with pytest.raises(NotSignedIn):
        capped.accounts.bind_again(ticket, client=HERE)


def test_a_text_of_unknown_fate_binds_again(capped: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = capped.ticket()
    with monkeypatch.context() as failing:
        capped.fail_next_send(failing, OutcomeUnknown("no answer"), after_sending=True)
        again = capped.accounts.bind_again(ticket, client=HERE)
    assert again.delivery == "unknown"
    capped.accounts.confirm_phone(ticket, again.id, capped.code())
    assert not capped.verifier.sms_disabled("ana")


def test_guessing_at_the_binding_too_ends_at_a_person(capped: Site) -> None:
    """Who may guess at every code they ask for must meet an end; an operator has other ways to know somebody."""
    ticket = capped.ticket()
    again = capped.accounts.bind_again(ticket, client=HERE)
    right = capped.code()
    capped.guess_wrong(lambda code: capped.accounts.confirm_phone(ticket, again.id, code), right)
    texts = len(capped.texts())
    for call in (
        lambda: capped.accounts.confirm_phone(ticket, again.id, right),
        lambda: capped.accounts.bind_again(ticket, client=HERE),
    ):
        with pytest.raises(AskAnOperator, match="Ask our staff"):
            call()
    assert len(capped.texts()) == texts
    assert capped.verifier.sms_disabled("ana")
    capped.verifier.restore_sms("ana", by="the front desk")
    assert capped.accounts.who(capped.signed_in()) == "ana"


def test_guessing_at_a_first_enrolment_ends_at_a_person_too(new_site: NewSite) -> None:
    site = new_site(Policy(account_failure_cap=5))
    site.accounts.register("ana", PASSWORD)
    ticket = site.ticket()
    enrolling = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    site.guess_wrong(lambda code: site.accounts.confirm_phone(ticket, enrolling.id, code), site.code())
    with pytest.raises(AskAnOperator):
        site.accounts.enrol_phone(ticket, site.other_phone, client=HERE)
    assert site.texts(site.other_phone) == []


def test_the_way_to_the_cap_is_long(enrolled: Site) -> None:
    """§3.2.2: from the fifth wrong code in a row on, each costs a wait; the owner's next right one ends them."""
    pending = enrolled.pending()
    enrolled.guess_wrong(lambda code: enrolled.accounts.sign_in(pending, code), enrolled.code())
    with pytest.raises(ChecksPaused):
        enrolled.pending()
    enrolled.clock.advance(seconds=30)
    session = enrolled.signed_in()
    assert enrolled.accounts.who(session) == "ana"
    pending = enrolled.pending()
    with pytest.raises(WrongCode):
        enrolled.accounts.sign_in(pending, wrong_code(enrolled.code()))
    assert not enrolled.verifier.sms_disabled("ana")


# A stranger


def test_a_stranger_locks_nobody_out(enrolled: Site) -> None:
    """ASVS 6.1.1. All that can be done from outside: guess passwords, open accounts, enrol somebody else's phone.

    The texts that enrolling causes are used up after five of them, and the owner's own codes are not.
    """
    for minute in range(30):
        with pytest.raises((SignInRefused, SlowDown)):
            enrolled.accounts.check_password("ana", "wrong horse battery", client=ELSEWHERE)
        if minute < 4:
            name = f"mallory{minute}"
            enrolled.accounts.register(name, PASSWORD)
            ticket = enrolled.accounts.check_password(name, PASSWORD, client=ELSEWHERE)
            enrolling = enrolled.accounts.enrol_phone(ticket, enrolled.phone, client=ELSEWHERE)
            for _ in range(4):
                with pytest.raises(WrongCode):
                    enrolled.accounts.confirm_phone(ticket, enrolling.id, wrong_code(enrolled.code()))
            with pytest.raises(NoConfirmedPhone):
                enrolled.accounts.send_code(ticket, client=ELSEWHERE)
        enrolled.clock.advance(minutes=1)
    ticket = enrolled.accounts.check_password("mallory0", PASSWORD, client=ELSEWHERE)
    with pytest.raises(SendLimitReached):
        enrolled.accounts.enrol_phone(ticket, enrolled.phone, client=ELSEWHERE)
    assert enrolled.accounts.who(enrolled.signed_in()) == "ana"


def test_one_phone_may_belong_to_two_accounts_and_nobody_learns_of_it(enrolled: Site) -> None:
    enrolled.accounts.register("ben", PASSWORD)
    ticket = enrolled.ticket("ben")
    enrolling = enrolled.accounts.enrol_phone(ticket, enrolled.phone, client=HERE)
    enrolled.accounts.confirm_phone(ticket, enrolling.id, enrolled.code())
    assert [row["phone"] for row in enrolled.rows("accounts")] == ["+12065550100"] * 2


def statements(site: Site, call: Callable[[], object]) -> list[str]:
    """The statements that a refused call sends to the database, in order."""
    sent: list[str] = []
    engines = (site.accounts._engine, site.verifier._store.engine)

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    with pytest.raises(SignInRefused):
        call()
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    return sent


def test_an_unknown_user_and_a_wrong_password_ask_the_database_the_same(site: Site) -> None:
    """ASVS 6.3.8: not told apart by time either; the hash is the other half of it."""
    site.verifier.audit.entries()  # both databases' connections are open
    asked = [
        statements(site, lambda name=name: site.accounts.check_password(name, "wrong horse battery", client=HERE))  # type: ignore[misc]
        for name in ("ana", "nobody")
    ]
    assert asked[0] == asked[1]
    assert any("INSERT INTO audit" in statement for statement in asked[0])


# The counts of wrong passwords


def fail(site: Site, *names: str) -> None:
    for name in names:
        with pytest.raises(SignInRefused):
            site.accounts.check_password(name, "wrong horse battery", client=HERE)


def test_counts_are_forgotten_a_day_after_their_wait(site: Site) -> None:
    fail(site, "ana", "ben")
    site.clock.advance(hours=24, seconds=-0.001)
    fail(site, "carol")
    assert len(site.rows("password_failures")) == 3
    site.clock.advance(seconds=0.001)
    fail(site, "carol")
    assert [row["failures"] for row in site.rows("password_failures")] == [2]


def test_old_counts_go_in_batches(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a big clean-up."""
    monkeypatch.setattr(passwords, "SWEEP_BATCH", 3)
    fail(site, *(f"name {number}" for number in range(7)))
    site.clock.advance(hours=24)
    left = []
    for _ in range(3):
        fail(site, "ana")
        left.append(len(site.rows("password_failures")) - 1)
    assert left == [4, 1, 0]


def test_a_stranger_does_not_fill_the_table_without_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest counts go first: a running one is the last to be forgotten."""
    monkeypatch.setattr(passwords, "MOST_FAILURES_KEPT", 10)
    for number in range(25):
        fail(site, f"name {number}")
        site.clock.advance(seconds=1)
    assert len(site.rows("password_failures")) == 10
    fail(site, "ana", "ana", "ana")
    with pytest.raises(SlowDown):
        site.ticket()
