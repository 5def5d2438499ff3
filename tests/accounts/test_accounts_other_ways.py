"""Signing in without a text, and what that opens when texts are off or the phone is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
from accounts_site import PASSWORD, Site

from helpers.accounts import (
    AskAnOperator,
    NotSignedIn,
    PhoneAlreadyConfirmed,
    PhoneUnchanged,
    Session,
    SignInAgain,
    SmsSwitchedOff,
    Ticket,
    Ways,
)
from helpers.alternatives import (
    NoRecoveryCodes,
    NoTotp,
    RecoveryCodesDisabled,
    TotpDisabled,
    TotpSetup,
    TotpSetupOver,
    TotpUsed,
    WrongRecoveryCode,
    WrongTotp,
)
from helpers.database import transaction
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification import AuthenticatorDisabled, ChecksPaused, NotPending, Policy, VerificationError

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
NewSite = Callable[..., Site]
CAP = Policy(account_failure_cap=5)


def shown(site: Site, setup: TotpSetup) -> str:
    """What the app shows now."""
    return pyotp.TOTP(setup.secret.reveal()).at(site.clock.now())


def wrong(site: Site, setup: TotpSetup) -> str:
    app = pyotp.TOTP(setup.secret.reveal())
    near = {app.at(site.clock.now(), counter_offset=steps) for steps in (-1, 0, 1)}
    return next(f"{n:06d}" for n in range(9) if f"{n:06d}" not in near)


def with_app(site: Site, session: Session | None = None) -> TotpSetup:
    """Set an app up, and let a minute pass, so that its first code is out of the way."""
    session = session or site.signed_in()
    setup = site.accounts.add_totp(session, client=HERE)
    site.accounts.confirm_totp(session, shown(site, setup), client=HERE)
    site.clock.advance(minutes=1)
    return setup


def with_codes(site: Site, session: Session | None = None) -> list[str]:
    return site.accounts.new_recovery_codes(session or site.signed_in(), client=HERE).lines()


def in_by_app(site: Site, setup: TotpSetup) -> Session:
    return site.accounts.sign_in_with_totp(site.ticket(), shown(site, setup), client=HERE)


def in_by_paper(site: Site, code: str) -> Session:
    return site.accounts.sign_in_with_recovery_code(site.ticket(), code, client=HERE)


def guess_until_off(site: Site, setup: TotpSetup) -> None:
    for _ in range(CAP.account_failure_cap):
        with pytest.raises(WrongTotp):
            site.accounts.sign_in_with_totp(site.ticket(), wrong(site, setup), client=HERE)
        site.clock.advance(hours=1)
    with pytest.raises(TotpDisabled):
        in_by_app(site, setup)


def guess_binding_off(site: Site) -> None:
    """Use the guesses up that binding again has."""
    ticket = site.ticket()
    again = site.accounts.bind_again(ticket, client=HERE)
    site.guess_wrong(lambda code: site.accounts.confirm_phone(ticket, again.id, code), site.code())
    site.clock.advance(hours=1)


@pytest.fixture
def capped(new_site: NewSite) -> Site:
    """A site where five wrong codes in a row are enough, with ana's phone confirmed."""
    site = new_site(CAP)
    site.enrol()
    return site


# Signing in


def test_an_app_signs_in(enrolled: Site) -> None:
    setup = with_app(enrolled)
    texts = len(enrolled.texts())
    session = in_by_app(enrolled, setup)
    assert enrolled.accounts.who(session) == "ana"
    assert (session.way, session.signed_in_at) == ("totp", enrolled.clock.now())
    assert len(enrolled.texts()) == texts


def test_a_recovery_code_signs_in_and_the_phone_is_told(enrolled: Site) -> None:
    codes = with_codes(enrolled)
    session = in_by_paper(enrolled, codes[0])
    assert (enrolled.accounts.who(session), session.way) == ("ana", "recovery")
    assert enrolled.accounts.recovery_codes_left(session) == 9
    assert "a recovery code was used to sign in to your account" in enrolled.texts()[-1]
    assert codes[0] not in enrolled.texts()[-1]


def test_a_session_remembers_its_way(enrolled: Site) -> None:
    by_text = enrolled.signed_in()
    setup = with_app(enrolled, by_text)
    in_by_app(enrolled, setup)
    assert by_text.way == "sms"
    assert sorted(row["way"] for row in enrolled.rows("tokens") if row["kind"] == "session") == ["sms", "totp"]


def test_a_ticket_is_used_up_by_whichever_way_comes_first(enrolled: Site) -> None:
    setup = with_app(enrolled)
    codes = with_codes(enrolled)
    pending = enrolled.pending()
    code = enrolled.code()
    enrolled.accounts.sign_in_with_totp(pending.ticket, shown(enrolled, setup))
    for again in (
        lambda: enrolled.accounts.sign_in(pending, code),
        lambda: enrolled.accounts.sign_in_with_totp(pending.ticket, shown(enrolled, setup)),
        lambda: enrolled.accounts.sign_in_with_recovery_code(pending.ticket, codes[0]),
    ):
        with pytest.raises(NotSignedIn):
            again()
    assert enrolled.accounts.recovery_codes_left(in_by_paper(enrolled, codes[1])) == 9


def test_a_ticket_that_ends_meanwhile_uses_no_code_up(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = with_app(enrolled)
    codes = with_codes(enrolled)
    ticket = enrolled.ticket()
    find = enrolled.accounts._tokens.find
    row = find(ticket.token, "ticket")
    enrolled.accounts.sign_out(Session("ana", ticket.token, enrolled.clock.now()))  # ends any token
    monkeypatch.setattr(enrolled.accounts._tokens, "find", lambda *_: row)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in_with_totp(ticket, shown(enrolled, setup))
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in_with_recovery_code(ticket, codes[0])
    monkeypatch.undo()
    assert [row for row in enrolled.rows("tokens") if row["way"] in ("totp", "recovery")] == []
    in_by_app(enrolled, setup)
    in_by_paper(enrolled, codes[0])


def test_only_a_live_ticket_can_be_used_up(enrolled: Site) -> None:
    """Asked again where it is done: what was alive a moment ago may be over."""
    session, ticket = enrolled.signed_in(), enrolled.ticket()
    enrolled.clock.advance(minutes=15)
    for token in (session.token, ticket.token):
        with pytest.raises(NotSignedIn), enrolled.accounts._engine.begin() as connection:
            enrolled.accounts._tokens.use(connection, token)
    assert enrolled.accounts.who(session) == "ana"


def test_a_session_is_no_ticket_for_it_and_an_old_ticket_is_none(enrolled: Site) -> None:
    setup = with_app(enrolled)
    session, ticket = in_by_app(enrolled, setup), enrolled.ticket()
    enrolled.clock.advance(minutes=15)
    for token in (session.token, ticket.token):
        with pytest.raises(NotSignedIn):
            enrolled.accounts.sign_in_with_totp(Ticket("ana", token), shown(enrolled, setup))


def test_two_that_bring_one_code_at_once_are_one_session(enrolled: Site) -> None:
    setup = with_app(enrolled)
    tickets = [enrolled.ticket() for _ in range(4)]
    code = shown(enrolled, setup)

    def come(ticket: Ticket) -> str:
        try:
            return enrolled.accounts.sign_in_with_totp(ticket, code).way
        except TotpUsed:
            return "used"

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(come, tickets)) == ["totp", "used", "used", "used"]


def test_the_code_of_an_app_works_once(enrolled: Site) -> None:
    setup = with_app(enrolled)
    code = shown(enrolled, setup)
    enrolled.accounts.sign_in_with_totp(enrolled.ticket(), code)
    with pytest.raises(TotpUsed):
        enrolled.accounts.sign_in_with_totp(enrolled.ticket(), code)


def test_somebody_elses_codes_open_nothing(enrolled: Site) -> None:
    setup, codes = with_app(enrolled), with_codes(enrolled)
    enrolled.enrol("ben")
    with pytest.raises(NoTotp):
        enrolled.accounts.sign_in_with_totp(enrolled.ticket("ben"), shown(enrolled, setup))
    with pytest.raises(NoRecoveryCodes):
        enrolled.accounts.sign_in_with_recovery_code(enrolled.ticket("ben"), codes[0])
    bens = enrolled.accounts.sign_in(enrolled.pending("ben"), enrolled.code())
    enrolled.accounts.new_recovery_codes(bens)
    with pytest.raises(WrongRecoveryCode):
        enrolled.accounts.sign_in_with_recovery_code(enrolled.ticket("ben"), codes[0])
    in_by_paper(enrolled, codes[0])


# Which ways there are


def test_the_ways_are_told_to_the_holder_of_a_right_password(enrolled: Site) -> None:
    assert enrolled.accounts.ways(enrolled.ticket()) == Ways(sms=True, totp=False, recovery=False)
    with_app(enrolled)
    session = enrolled.signed_in()
    with_codes(enrolled, session)
    assert enrolled.accounts.ways(enrolled.ticket()) == Ways(sms=True, totp=True, recovery=True)
    assert enrolled.accounts.ways(session) == Ways(sms=True, totp=True, recovery=True)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.ways(Ticket("ana", Secret("guess")))


def test_a_way_that_is_switched_off_is_none(capped: Site) -> None:
    setup, codes = with_app(capped), with_codes(capped)
    capped.switch_sms_off()
    guess_until_off(capped, setup)
    assert capped.accounts.ways(capped.ticket()) == Ways(sms=False, totp=False, recovery=True)
    for _ in range(CAP.account_failure_cap):
        with pytest.raises(WrongRecoveryCode):
            in_by_paper(capped, "0000-0000-0000-0000")
        capped.clock.advance(hours=1)
    with pytest.raises(RecoveryCodesDisabled):
        in_by_paper(capped, codes[0])
    assert capped.accounts.ways(capped.ticket()).without_sms == ""


def test_before_there_is_a_phone_there_is_no_way(site: Site) -> None:
    assert site.accounts.ways(site.ticket()) == Ways(sms=False, totp=False, recovery=False)


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        (Ways(sms=True, totp=False, recovery=False), ""),
        (Ways(sms=True, totp=True, recovery=False), "your authenticator app"),
        (Ways(sms=True, totp=False, recovery=True), "a recovery code"),
        (Ways(sms=False, totp=True, recovery=True), "your authenticator app or a recovery code"),
    ],
)
def test_ways_in_words(ways: Ways, words: str) -> None:
    assert ways.without_sms == words


# Failures, each where it belongs


def test_wrong_codes_switch_the_app_off_and_not_texts(capped: Site) -> None:
    setup = with_app(capped)
    codes = with_codes(capped)
    guess_until_off(capped, setup)
    assert not capped.verifier.sms_disabled("ana")
    in_by_paper(capped, codes[0])
    session = capped.signed_in()
    new = with_app(capped, session)
    in_by_app(capped, new)


def test_wrong_texts_switch_texts_off_and_not_the_app(capped: Site) -> None:
    setup = with_app(capped)
    capped.switch_sms_off()
    in_by_app(capped, setup)
    assert capped.verifier.sms_disabled("ana")  # a right code of the app says nothing about the phone


def test_failures_are_counted_beside_those_of_texts_and_pause_alike(enrolled: Site) -> None:
    setup = with_app(enrolled)
    ticket = enrolled.ticket()
    for _ in range(5):
        with pytest.raises(WrongTotp):
            enrolled.accounts.sign_in_with_totp(ticket, wrong(enrolled, setup))
    with pytest.raises(ChecksPaused):
        enrolled.accounts.sign_in_with_totp(ticket, shown(enrolled, setup))
    counts = {row["authenticator"]: row["failures"] for row in enrolled.rows("account_limits")}
    assert counts["totp"] == 5
    assert counts["sms"] == 0


def test_where_texts_are_refused_the_other_ways_are_named(capped: Site) -> None:
    with_app(capped)
    with_codes(capped)
    pending = capped.pending()
    code = capped.code()
    capped.guess_wrong(lambda typed: capped.accounts.sign_in(pending, typed), code)
    instead = "Sign in with your authenticator app or a recovery code."
    for call in (
        lambda: capped.accounts.send_code(capped.ticket(), client=HERE),
        lambda: capped.accounts.sign_in(pending, code),
    ):
        with pytest.raises(AuthenticatorDisabled, match="switched off") as refused:
            call()
        assert instead in refused.value.user_message
    guess_binding_off(capped)
    with pytest.raises(AskAnOperator) as at_the_end:
        capped.accounts.bind_again(capped.ticket(), client=HERE)
    assert instead in at_the_end.value.user_message


def test_where_there_are_none_the_words_are_as_ever(capped: Site) -> None:
    capped.switch_sms_off()
    with pytest.raises(AuthenticatorDisabled) as refused:
        capped.accounts.send_code(capped.ticket(), client=HERE)
    assert refused.value.user_message == AuthenticatorDisabled.user_message
    guess_binding_off(capped)
    with pytest.raises(AskAnOperator) as at_the_end:
        capped.accounts.bind_again(capped.ticket(), client=HERE)
    assert at_the_end.value.user_message == AskAnOperator.user_message


# Binding the phone again


def test_texts_are_off_the_app_lets_in_and_the_phone_is_bound_again(capped: Site) -> None:
    setup = with_app(capped)
    capped.switch_sms_off()
    session = in_by_app(capped, setup)
    again = capped.accounts.bind_again(session, client=HERE)
    assert capped.accounts.confirm_phone(session, again.id, capped.code()).last_two == "00"
    assert capped.accounts.who(capped.signed_in()) == "ana"


def test_even_where_binding_was_guessed_off(capped: Site) -> None:
    codes = with_codes(capped)
    capped.switch_sms_off()
    guess_binding_off(capped)
    with pytest.raises(AskAnOperator):
        capped.accounts.bind_again(capped.ticket(), client=HERE)
    session = in_by_paper(capped, codes[0])
    again = capped.accounts.bind_again(session, client=HERE)
    capped.accounts.confirm_phone(session, again.id, capped.code())
    assert capped.accounts.who(capped.signed_in()) == "ana"
    entries = capped.verifier.audit.entries(account="ana", limit=1000)
    (restored,) = [entry for entry in entries if entry.event == "restore"]
    assert (restored.outcome, restored.detail, restored.client) == ("binding restored", "by recovery", HERE)


def test_a_session_that_a_text_opened_gets_no_new_guesses(capped: Site) -> None:
    session = capped.signed_in()
    capped.switch_sms_off()
    guess_binding_off(capped)
    capped.clock.advance(minutes=1)
    session = Session("ana", session.token, session.signed_in_at)
    with pytest.raises(SignInAgain):
        capped.accounts.bind_again(session, client=HERE)
    with pytest.raises(AskAnOperator):
        capped.accounts.bind_again(capped.ticket(), client=HERE)


def test_nor_does_a_fresh_one(capped: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = capped.signed_in()
    capped.switch_sms_off()
    guess_binding_off(capped)
    monkeypatch.setattr(capped.accounts, "_is_fresh", lambda _token: True)
    with pytest.raises(AskAnOperator):
        capped.accounts.bind_again(session, client=HERE)


def test_a_session_binds_again_only_what_is_switched_off_and_only_if_fresh(capped: Site) -> None:
    setup = with_app(capped)
    session = in_by_app(capped, setup)
    with pytest.raises(PhoneAlreadyConfirmed):
        capped.accounts.bind_again(session, client=HERE)
    capped.clock.advance(minutes=5)
    with pytest.raises(SignInAgain, match="how you sign in"):
        capped.accounts.bind_again(session, client=HERE)


def test_the_code_of_a_change_does_not_bind_again(capped: Site) -> None:
    setup = with_app(capped)
    session = in_by_app(capped, setup)
    asked = capped.asked_to_change(session)
    with pytest.raises(PhoneAlreadyConfirmed):
        capped.accounts.confirm_phone(session, asked.id, capped.code(capped.other_phone))


# The phone is lost


def test_a_lost_phone_is_replaced_although_texts_are_off(capped: Site) -> None:
    codes = with_codes(capped)
    capped.switch_sms_off()
    session = in_by_paper(capped, codes[0])
    change = capped.changed(session)
    assert change.old_phone_told
    assert capped.verifier.sms_disabled("ana")  # the new phone was proved, not the old one
    with pytest.raises(AuthenticatorDisabled):
        capped.pending()
    capped.clock.advance(hours=24)
    assert capped.accounts.ways(capped.ticket()).sms
    pending = capped.pending()
    assert pending.verification.phone == PhoneNumber.parse(capped.other_phone)
    assert capped.accounts.who(capped.accounts.sign_in(pending, capped.code(capped.other_phone))) == "ana"


def test_and_although_binding_was_guessed_off(capped: Site) -> None:
    codes = with_codes(capped)
    capped.switch_sms_off()
    guess_binding_off(capped)
    change = capped.changed(in_by_paper(capped, codes[0]))
    assert change.phone.last_two == "11"


def test_its_owner_who_still_has_another_way_in_can_cancel(capped: Site) -> None:
    setup, codes = with_app(capped), with_codes(capped)
    capped.switch_sms_off()
    capped.changed(in_by_paper(capped, codes[0]))  # a thief who found the paper
    owner = in_by_app(capped, setup)
    capped.accounts.cancel_change(owner, client=HERE)
    capped.clock.advance(hours=24)
    assert capped.accounts.waiting_change(in_by_app(capped, setup)) is None
    assert capped.rows("accounts")[0]["phone"].endswith("00")


def test_texts_that_go_off_meanwhile_end_a_change_that_a_text_allowed_and_no_other(capped: Site) -> None:
    codes = with_codes(capped)
    capped.changed(capped.signed_in())
    capped.switch_sms_off()
    session = in_by_paper(capped, codes[0])
    assert capped.accounts.waiting_change(session) is None
    capped.changed(session)
    assert capped.accounts.waiting_change(session) is not None


def test_a_change_before_there_were_other_ways_was_allowed_by_a_text(capped: Site) -> None:
    capped.changed(capped.signed_in())
    with capped.accounts._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE accounts SET new_phone_way = NULL")
        connection.exec_driver_sql("UPDATE tokens SET way = NULL")
    codes = with_codes(capped)
    capped.switch_sms_off()
    assert capped.accounts.waiting_change(in_by_paper(capped, codes[0])) is None


def test_a_session_that_a_text_opened_names_no_other_phone_while_texts_are_off(capped: Site) -> None:
    session = capped.signed_in()
    while not capped.verifier.sms_disabled("ana"):
        pending = capped.pending()
        capped.guess_wrong(lambda code: capped.accounts.sign_in(pending, code), capped.code())  # noqa: B023
    with pytest.raises(SmsSwitchedOff):
        capped.asked_to_change(session)


def test_another_way_in_does_not_make_the_same_phone_another(capped: Site) -> None:
    setup = with_app(capped)
    with pytest.raises(PhoneUnchanged):
        capped.asked_to_change(in_by_app(capped, setup), capped.phone)


def test_a_new_phone_begins_without_failures(enrolled: Site) -> None:
    """NIST SP 800-63B-4 §3.2.2 counts for each authenticator, and a new phone is a new one."""
    enrolled.changed(enrolled.signed_in())
    pending = enrolled.pending()
    enrolled.guess_wrong(lambda code: enrolled.accounts.sign_in(pending, code), enrolled.code(), times=3)
    enrolled.clock.advance(hours=24)
    enrolled.pending()
    assert {row["failures"] for row in enrolled.rows("account_limits") if row["authenticator"] == "sms"} == {0}


def test_confirming_a_new_phone_forgives_no_failures_of_the_old(enrolled: Site) -> None:
    session = enrolled.signed_in()
    pending = enrolled.pending()
    enrolled.guess_wrong(lambda code: enrolled.accounts.sign_in(pending, code), enrolled.code(), times=3)
    enrolled.changed(session)
    assert {row["failures"] for row in enrolled.rows("account_limits") if row["authenticator"] == "sms"} == {3}


# Setting up, and taking away


Change = Callable[[Site, Session], object]
CHANGES: list[Change] = [
    lambda site, session: site.accounts.add_totp(session, client=HERE),
    lambda site, session: site.accounts.remove_totp(session, client=HERE),
    lambda site, session: site.accounts.new_recovery_codes(session, client=HERE),
]


@pytest.mark.parametrize("change", CHANGES, ids=["add", "remove", "codes"])
def test_only_a_fresh_sign_in_changes_them(enrolled: Site, change: Change) -> None:
    """NIST SP 800-63B-4 §4.1.2.1; OWASP ASVS 5.0, 7.5.1."""
    with_app(enrolled)
    session = enrolled.signed_in()
    enrolled.clock.advance(minutes=5)
    before = enrolled.rows("totp_apps"), enrolled.rows("recovery_codes"), enrolled.texts()
    with pytest.raises(SignInAgain, match="how you sign in"):
        change(enrolled, session)
    assert (enrolled.rows("totp_apps"), enrolled.rows("recovery_codes"), enrolled.texts()) == before


@pytest.mark.parametrize("change", CHANGES, ids=["add", "remove", "codes"])
def test_nobody_who_is_not_signed_in_changes_them(enrolled: Site, change: Change) -> None:
    with_app(enrolled)
    before = enrolled.rows("totp_apps"), enrolled.log()
    with pytest.raises(NotSignedIn):
        change(enrolled, Session("ana", Secret("guess"), enrolled.clock.now()))
    with pytest.raises(NotSignedIn):
        enrolled.accounts.confirm_totp(Session("ana", enrolled.ticket().token, enrolled.clock.now()), "123456")
    with pytest.raises(NotSignedIn):
        enrolled.accounts.recovery_codes_left(Session("ana", Secret("guess"), enrolled.clock.now()))
    assert (enrolled.rows("totp_apps"), enrolled.log()[:-1]) == before  # the ticket's password


def test_the_phone_is_told_and_everybody_else_is_out(enrolled: Site) -> None:
    """OWASP ASVS 5.0, 7.4.3; NIST SP 800-63B-4 §4.1.2.1."""
    for change, words in (
        (with_app, "an authenticator app was set up"),
        (with_codes, "new recovery codes were made"),
        (lambda site, session: site.accounts.remove_totp(session), "the authenticator app of your account was removed"),
    ):
        enrolled.clock.advance(hours=1)  # texts have a limit of the hour
        other, session, ticket = enrolled.signed_in(), enrolled.signed_in(), enrolled.ticket()
        change(enrolled, session)  # type: ignore[no-untyped-call]
        assert words in enrolled.texts()[-1]
        assert enrolled.accounts.who(session) == "ana"
        with pytest.raises(NotSignedIn):
            enrolled.accounts.who(other)
        with pytest.raises(NotSignedIn):
            enrolled.accounts.ways(ticket)


def test_notices_fit_into_one_segment_whoever_sends_them(new_site: NewSite) -> None:
    """Each is shorter than the notice of a change of phone, whose length is looked at when accounts are opened."""
    brand, contact = "B" * 30, "206-555-0198"
    with pytest.raises(ValueError, match="one segment"):
        new_site(brand=brand + "B" * 30, contact=contact)
    site = new_site(brand=brand[:20], contact=contact)
    site.enrol()
    with_codes(site)
    assert site.texts()[-1] == (
        f"{'B' * 20}: new recovery codes were made for your account. Not you? Sign in and set it right or call "
        f"{contact}."
    )
    assert len(site.texts()[-1]) <= 160


def test_the_first_code_may_come_a_while_after_the_secret(enrolled: Site) -> None:
    session = enrolled.signed_in()
    setup = enrolled.accounts.add_totp(session)
    enrolled.clock.advance(minutes=9)
    enrolled.accounts.confirm_totp(session, shown(enrolled, setup))
    enrolled.clock.advance(minutes=1)
    in_by_app(enrolled, setup)


def test_a_wrong_first_code_sets_nothing_up_and_costs_nothing(enrolled: Site) -> None:
    session = enrolled.signed_in()
    setup = enrolled.accounts.add_totp(session)
    texts = len(enrolled.texts())
    for _ in range(10):
        with pytest.raises(WrongTotp):
            enrolled.accounts.confirm_totp(session, wrong(enrolled, setup))
    enrolled.clock.advance(minutes=10)
    with pytest.raises(TotpSetupOver):
        enrolled.accounts.confirm_totp(session, shown(enrolled, setup))
    assert len(enrolled.texts()) == texts
    assert enrolled.log("totp") == [("totp", "asked"), *[("totp", "WrongTotp")] * 10, ("totp", "TotpSetupOver")]


def test_an_app_is_removed(enrolled: Site) -> None:
    setup = with_app(enrolled)
    enrolled.accounts.remove_totp(in_by_app(enrolled, setup))
    with pytest.raises(NoTotp):
        enrolled.accounts.sign_in_with_totp(enrolled.ticket(), "123456")
    with pytest.raises(NoTotp):
        enrolled.accounts.remove_totp(enrolled.signed_in())


def test_of_two_who_remove_it_at_once_one_is_told_that_there_is_none(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = enrolled.signed_in()
    monkeypatch.setattr(enrolled.accounts._other._totp, "has", lambda _name: True)
    with pytest.raises(NoTotp):
        enrolled.accounts.remove_totp(session)


def test_a_session_that_ends_meanwhile_sets_nothing_up(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = enrolled.signed_in()
    setup = enrolled.accounts.add_totp(session)
    tell = enrolled.verifier.tell

    def end_first(*arguments: Any, **keywords: Any) -> bool:
        enrolled.accounts.sign_out(session)
        return tell(*arguments, **keywords)

    monkeypatch.setattr(enrolled.verifier, "tell", end_first)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.confirm_totp(session, shown(enrolled, setup))
    assert [row["state"] for row in enrolled.rows("totp_apps")] == ["pending"]


def test_nor_is_a_secret_made_for_it(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = enrolled.signed_in()

    def end_first(_token: object) -> bool:
        enrolled.accounts.sign_out(session)
        return True

    monkeypatch.setattr(enrolled.accounts._other, "_is_fresh", end_first)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.add_totp(session)
    assert enrolled.rows("totp_apps") == []


def test_with_the_account_go_its_other_ways(enrolled: Site) -> None:
    session = enrolled.signed_in()
    setup, codes = with_app(enrolled, session), with_codes(enrolled, session)
    enrolled.accounts.delete_account(session, PASSWORD, client=HERE)
    assert (enrolled.rows("totp_apps"), enrolled.rows("recovery_codes")) == ([], [])
    enrolled.enrol()
    with pytest.raises(NoTotp):
        in_by_app(enrolled, setup)
    with pytest.raises(NoRecoveryCodes):
        in_by_paper(enrolled, codes[0])


# What is written down, and what is not


def test_a_life_of_other_ways_is_written_down(enrolled: Site) -> None:
    session = enrolled.signed_in()
    setup, codes = with_app(enrolled, session), with_codes(enrolled, session)
    before = len(enrolled.log("sign-in"))
    in_by_app(enrolled, setup)
    session = in_by_paper(enrolled, codes[0])
    for call in (
        lambda: in_by_paper(enrolled, codes[0]),
        lambda: enrolled.accounts.sign_in_with_totp(enrolled.ticket(), wrong(enrolled, setup), client=HERE),
        lambda: enrolled.accounts.sign_in_with_totp(enrolled.ticket(), "12", client=HERE),
        lambda: enrolled.accounts.sign_in_with_totp(enrolled.ticket(), "12", client=HERE),  # the same within a minute
    ):
        with pytest.raises(VerificationError):
            call()
    enrolled.accounts.remove_totp(session, client=HERE)
    assert enrolled.log("totp", "recovery-codes") == [
        ("totp", "asked"),
        ("totp", "set up"),
        ("recovery-codes", "made"),
        ("totp", "removed"),
    ]
    entries = [entry for entry in enrolled.verifier.audit.entries(limit=1000) if entry.event == "sign-in"][before:]
    assert [(entry.outcome, entry.detail, entry.client, entry.account) for entry in entries] == [
        ("signed in", "by totp", HERE, "ana"),
        ("signed in", "by recovery", HERE, "ana"),
        ("WrongRecoveryCode", "by recovery", HERE, "ana"),
        ("WrongTotp", "by totp", HERE, "ana"),
        ("InvalidCode", "by totp", HERE, "ana"),
    ]


def test_no_code_and_no_secret_is_kept(enrolled: Site) -> None:
    session = enrolled.signed_in()
    setup, codes = with_app(enrolled, session), with_codes(enrolled, session)
    typed = shown(enrolled, setup)
    in_by_app(enrolled, setup)
    in_by_paper(enrolled, codes[0])
    hidden = {setup.secret.reveal(), typed, *codes, *(code.replace("-", "") for code in codes)}
    for place, value in enrolled.stored_values():
        held = value if isinstance(value, bytes) else str(value).encode()
        assert not [secret for secret in hidden if secret.encode() in held], place


@pytest.mark.parametrize("step", ["set up", "made", "removed", "totp", "recovery"])
def test_there_is_no_deed_without_its_entry(enrolled: Site, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    session = enrolled.signed_in()
    setup, codes = with_app(enrolled, session), with_codes(enrolled, session)
    waiting = enrolled.accounts.add_totp(session)
    ticket = enrolled.ticket()
    note = enrolled.verifier.audit.note

    def broken(connection: Any, *, event: str, outcome: str, **about: Any) -> None:
        if event in ("totp", "recovery-codes", "sign-in"):
            raise RuntimeError("the log cannot be written")
        note(connection, event=event, outcome=outcome, **about)

    before = enrolled.rows("totp_apps"), enrolled.rows("recovery_codes"), enrolled.rows("tokens")
    monkeypatch.setattr(enrolled.verifier.audit, "note", broken)
    accounts = enrolled.accounts
    deeds: dict[str, Callable[[], object]] = {
        "set up": lambda: accounts.confirm_totp(session, shown(enrolled, waiting)),
        "made": lambda: accounts.new_recovery_codes(session),
        "removed": lambda: accounts.remove_totp(session),
        "totp": lambda: accounts.sign_in_with_totp(ticket, shown(enrolled, setup)),
        "recovery": lambda: accounts.sign_in_with_recovery_code(ticket, codes[0]),
    }
    with pytest.raises(RuntimeError):
        deeds[step]()
    assert (enrolled.rows("totp_apps"), enrolled.rows("recovery_codes"), enrolled.rows("tokens")) == before


def test_a_refusal_carries_no_frames_with_secrets(enrolled: Site) -> None:
    setup = with_app(enrolled)
    with pytest.raises(WrongTotp) as refused:
        enrolled.accounts.sign_in_with_totp(enrolled.ticket(), wrong(enrolled, setup))
    assert refused.value.__context__ is None
    assert [entry.name for entry in refused.traceback if "helpers" in str(entry.path)] == ["call"]


def test_a_change_that_the_session_did_not_ask_for_is_not_its_to_confirm(capped: Site) -> None:
    setup = with_app(capped)
    asked = capped.asked_to_change(in_by_app(capped, setup))
    capped.clock.advance(minutes=1)
    with pytest.raises(NotPending):
        capped.accounts.confirm_change(in_by_app(capped, setup), asked.id, capped.code(capped.other_phone))


def test_whoever_comes_in_without_a_text_is_told_of_a_denial_as_well(enrolled: Site) -> None:
    setup = with_app(enrolled)
    enrolled.clock.advance(minutes=1)
    enrolled.pending()
    enrolled.clock.advance(seconds=2)
    phone = PhoneNumber.parse(enrolled.phone)
    with transaction(enrolled.accounts._engine) as connection:
        enrolled.accounts.deny(connection, phone, said_at=enrolled.clock.now(), message_id="mdr2-0")
    session = enrolled.accounts.sign_in_with_totp(enrolled.ticket(), shown(enrolled, setup), client=HERE)
    assert "was not theirs" in session.words
