"""An account is removed, and what its end must not leave open for whoever takes the name next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from accounts_site import PASSWORD, Site
from databases import BOTH

from helpers.accounts import NotSignedIn, SignInRefused, SlowDown
from helpers.database import DatabaseUnavailable

DATABASES = BOTH

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
OTHERS_PASSWORD = "another battery horse"


def places_of(site: Site, digits: str) -> list[str]:
    """Where a number still stands."""
    return [place for place, value in site.stored_values() if digits in str(value)]


def test_an_account_goes_with_all_that_belongs_to_it(enrolled: Site) -> None:
    session, other = enrolled.signed_in(), enrolled.signed_in()
    pending = enrolled.pending()
    enrolled.accounts.delete_account(session, PASSWORD, client=HERE)
    assert places_of(enrolled, "2065550100") == []
    for table in ("accounts", "tokens", "verifications", "texts", "account_limits", "cool_downs", "password_failures"):
        assert enrolled.rows(table) == [], table
    for gone in (session, other):
        with pytest.raises(NotSignedIn):
            enrolled.accounts.who(gone)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in(pending, enrolled.code())
    with pytest.raises(SignInRefused):
        enrolled.ticket()


def test_the_audit_log_keeps_the_fact_with_two_digits(enrolled: Site) -> None:
    enrolled.accounts.delete_account(enrolled.signed_in(), PASSWORD, client=HERE)
    [entry] = [entry for entry in enrolled.verifier.audit.entries(account="ana") if entry.event == "delete"]
    assert (entry.outcome, entry.phone, entry.client) == ("deleted", "\u2022\u202200", HERE)


def test_the_phone_can_be_enrolled_elsewhere_and_the_name_taken_again(enrolled: Site) -> None:
    enrolled.accounts.delete_account(enrolled.signed_in(), PASSWORD, client=HERE)
    enrolled.enrol("ben")
    assert enrolled.accounts.who(enrolled.accounts.sign_in(enrolled.pending("ben"), enrolled.code())) == "ben"
    enrolled.accounts.register("ana", OTHERS_PASSWORD)
    assert enrolled.ticket("ana", OTHERS_PASSWORD).account == "ana"


def test_a_phone_that_waits_goes_too(enrolled: Site) -> None:
    session = enrolled.signed_in()
    enrolled.changed(session)
    assert places_of(enrolled, "2065550111")
    enrolled.accounts.delete_account(session, PASSWORD, client=HERE)
    assert places_of(enrolled, "2065550111") == []


def test_a_stolen_session_deletes_nothing(enrolled: Site) -> None:
    session = enrolled.signed_in()
    for _ in range(3):
        with pytest.raises(SignInRefused):
            enrolled.accounts.delete_account(session, "wrong horse battery", client=ELSEWHERE)
    with pytest.raises(SlowDown):
        enrolled.accounts.delete_account(session, PASSWORD, client=ELSEWHERE)
    assert enrolled.accounts.who(session) == "ana"
    enrolled.accounts.delete_account(session, PASSWORD, client=HERE)  # the owner, from elsewhere, is not slowed


def test_the_password_alone_deletes_nothing(enrolled: Site) -> None:
    ticket: Any = enrolled.ticket()
    with pytest.raises(NotSignedIn):
        enrolled.accounts.delete_account(ticket, PASSWORD, client=HERE)
    assert len(enrolled.rows("accounts")) == 1


def test_one_persons_end_is_nobody_elses(enrolled: Site) -> None:
    enrolled.accounts.register("ben", OTHERS_PASSWORD)
    ticket = enrolled.ticket("ben", OTHERS_PASSWORD)
    enrolled.accounts.delete_account(enrolled.signed_in(), PASSWORD, client=HERE)
    enrolling = enrolled.accounts.enrol_phone(ticket, enrolled.phone, client=HERE)
    assert enrolled.accounts.confirm_phone(ticket, enrolling.id, enrolled.code()).last_two == "00"


def test_where_the_database_fails_in_between_it_can_be_asked_for_again(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = enrolled.signed_in()

    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as failing:
        failing.setattr(enrolled.accounts._tokens, "end_all", fail)
        with pytest.raises(DatabaseUnavailable):
            enrolled.accounts.delete_account(session, PASSWORD, client=HERE)
    assert enrolled.log("delete") == []
    assert enrolled.rows("accounts")[0]["phone"] == "+12065550100"
    enrolled.accounts.delete_account(session, PASSWORD, client=HERE)
    assert enrolled.rows("accounts") == []


# In the middle of something else


def deleted_and_taken(site: Site) -> Callable[[], None]:
    """Ana leaves, and somebody else takes the name; once."""
    session = site.signed_in()
    done: list[None] = []

    def happen() -> None:
        if not done:
            done.append(None)
            site.accounts.delete_account(session, PASSWORD, client=HERE)
            site.accounts.register("ana", OTHERS_PASSWORD)

    return happen


def after(monkeypatch: pytest.MonkeyPatch, thing: object, method: str, happens: Callable[[], None]) -> None:
    real = getattr(thing, method)

    def then(*arguments: Any, **keywords: Any) -> Any:
        result = real(*arguments, **keywords)
        happens()
        return result

    monkeypatch.setattr(thing, method, then)


def test_a_right_password_of_before_gives_no_ticket_for_the_next_owner_of_the_name(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens = deleted_and_taken(enrolled)
    after(monkeypatch, enrolled.accounts._passwords, "_matches", happens)
    with pytest.raises(SignInRefused):
        enrolled.ticket()
    assert enrolled.rows("tokens") == []


def test_a_right_code_of_before_gives_no_session(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    happens, pending = deleted_and_taken(enrolled), enrolled.pending()
    code = enrolled.code()
    after(monkeypatch, enrolled.verifier, "check", happens)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in(pending, code)
    assert enrolled.rows("tokens") == []


def test_a_text_under_way_gives_the_next_owner_no_phone(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    happens, ticket = deleted_and_taken(enrolled), enrolled.ticket()
    after(monkeypatch, enrolled.verifier, "start", happens)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.send_code(ticket, client=HERE)
    assert enrolled.rows("tokens") == []


def test_an_enrolment_of_before_gives_the_next_owner_no_phone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow one holds a ticket from before the first phone was confirmed."""
    slow, ticket = site.ticket(), site.ticket()
    start = site.verifier.start

    def happen() -> None:
        monkeypatch.setattr(site.verifier, "start", start)
        site.clock.advance(seconds=30)
        enrolling = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
        site.accounts.confirm_phone(ticket, enrolling.id, site.code())
        site.accounts.delete_account(site.signed_in(), PASSWORD, client=HERE)
        site.accounts.register("ana", OTHERS_PASSWORD)

    after(monkeypatch, site.verifier, "start", happen)
    with pytest.raises(NotSignedIn):
        site.accounts.enrol_phone(slow, site.other_phone, client=ELSEWHERE)
    assert site.rows("accounts")[0]["phone"] is None


def test_a_confirmation_of_before_gives_the_next_owner_no_phone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two windows confirm one after the other; the account that the slower one meant is gone by then."""
    slow, ticket = site.ticket(), site.ticket()
    enrolling = site.accounts.enrol_phone(slow, site.other_phone, client=HERE)
    code = site.code(site.other_phone)
    check = site.verifier.check

    def check_slowly(*arguments: Any, **keywords: Any) -> Any:
        approved = check(*arguments, **keywords)
        monkeypatch.setattr(site.verifier, "check", check)
        enrolling = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
        site.accounts.confirm_phone(ticket, enrolling.id, site.code())
        site.accounts.delete_account(site.signed_in(), PASSWORD, client=HERE)
        site.accounts.register("ana", OTHERS_PASSWORD)
        return approved

    monkeypatch.setattr(site.verifier, "check", check_slowly)
    with pytest.raises(NotSignedIn):
        site.accounts.confirm_phone(slow, enrolling.id, code)
    assert site.rows("accounts")[0]["phone"] is None


def test_an_account_that_went_since_its_token_was_looked_at(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session, leaving = enrolled.signed_in(), enrolled.signed_in()
    done: list[None] = []

    def happen() -> None:
        if not done:
            done.append(None)
            enrolled.accounts.delete_account(leaving, PASSWORD, client=HERE)

    after(monkeypatch, enrolled.accounts._tokens, "find", happen)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.waiting_change(session)


def test_of_two_deletions_at_once_the_second_finds_nothing(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = enrolled.signed_in(), enrolled.signed_in()
    forget = enrolled.verifier.forget

    def slowly(account: str) -> None:
        monkeypatch.setattr(enrolled.verifier, "forget", forget)
        enrolled.accounts.delete_account(first, PASSWORD, client=HERE)
        forget(account)

    monkeypatch.setattr(enrolled.verifier, "forget", slowly)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.delete_account(second, PASSWORD, client=HERE)
    assert enrolled.log("delete") == [("delete", "deleted")]
