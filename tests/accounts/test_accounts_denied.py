"""Somebody at the phone says "this was not me": what ends, who is told, and how it is answered; another password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from accounts_site import PASSWORD, Site

from helpers.accounts import NotSignedIn, PasswordRefused, SignInAgain, SignInRefused
from helpers.clock import to_ms
from helpers.database import transaction
from helpers.phone_numbers import PhoneNumber
from helpers.verification import NotPending

PHONE = PhoneNumber("+12065550100")
ANOTHER = "another fine horse"
HERE = "198.51.100.7"
NewSite = Callable[..., Site]


def deny(site: Site, *, phone: PhoneNumber = PHONE, said_at: datetime | None = None) -> int:
    """Say no, as the webhook does."""
    with transaction(site.accounts._engine) as connection:
        return site.accounts.deny(connection, phone, said_at=said_at or site.clock.now(), message_id="mdr2-no")


def denied_at(site: Site, name: str = "ana") -> int | None:
    found: int | None = next(row["denied_at"] for row in site.rows("accounts") if row["name"] == name)
    return found


def test_a_no_ends_the_sign_in_and_the_next_one_is_told(enrolled: Site) -> None:
    pending = enrolled.pending()
    code = enrolled.code()
    assert deny(enrolled) == 1
    said_at = enrolled.clock.now()
    with pytest.raises(NotPending):
        enrolled.accounts.sign_in(pending, code)
    assert enrolled.log("deny") == [("deny", "canceled"), ("deny", "told at the next sign-in")]
    entry = enrolled.verifier.audit.entries(verification=pending.verification.id)[-2]
    assert (entry.outcome, entry.account, entry.purpose, entry.message_id, entry.phone) == (
        "canceled",
        "ana",
        "sign-in",
        "mdr2-no",
        "••00",
    )
    enrolled.clock.advance(minutes=5)
    session = enrolled.signed_in()
    assert session.denied_at == said_at
    assert session.words == (
        "On 2026-03-02 at 17:00 UTC somebody at your phone said that a sign-in was not theirs. If that was you: "
        "whoever tried has your password. Change it."
    )


def test_a_session_of_a_quiet_account_has_nothing_to_tell(enrolled: Site) -> None:
    session = enrolled.signed_in()
    assert (session.denied_at, session.words) == (None, "")


def test_only_what_began_before_the_no_ends(enrolled: Site) -> None:
    enrolled.clock.advance(days=2)
    before = enrolled.clock.now()
    pending = enrolled.pending()
    code = enrolled.code()
    assert deny(enrolled, said_at=before) == 0  # the same moment: it came late, or comes again
    assert denied_at(enrolled) is None
    assert enrolled.accounts.sign_in(pending, code).words == ""


def test_it_reaches_back_one_day(enrolled: Site) -> None:
    enrolled.clock.advance(hours=3)
    started = enrolled.pending().verification.expires_at - timedelta(minutes=5)
    assert deny(enrolled, said_at=started + timedelta(days=1, milliseconds=1)) == 0
    assert deny(enrolled, said_at=started + timedelta(days=1)) == 1


def test_a_code_that_was_used_already_is_what_the_last_no_is_about(enrolled: Site) -> None:
    enrolled.clock.advance(minutes=10)
    enrolled.signed_in()
    enrolled.clock.advance(minutes=10)
    assert deny(enrolled) == 1
    assert enrolled.log("deny") == [("deny", "too late"), ("deny", "told at the next sign-in")]


def test_an_expired_code_cannot_be_woken_by_a_resend(enrolled: Site) -> None:
    pending = enrolled.pending()
    enrolled.clock.advance(minutes=6)
    assert deny(enrolled) == 1
    with pytest.raises(NotPending):
        enrolled.accounts.resend_code(pending)


def test_an_enrolment_is_canceled_and_tells_no_account(site: Site) -> None:
    ticket = site.ticket()
    verification = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    code = site.code()
    assert deny(site) == 1
    with pytest.raises(NotPending):
        site.accounts.confirm_phone(ticket, verification.id, code)
    assert denied_at(site) is None


def test_a_phone_that_got_nothing_and_another_phone_change_nothing(enrolled: Site) -> None:
    pending = enrolled.pending()
    code = enrolled.code()
    assert deny(enrolled, phone=PhoneNumber("+12065550111")) == 0
    assert enrolled.accounts.sign_in(pending, code).words == ""


def test_all_accounts_of_a_phone_are_told(enrolled: Site) -> None:
    enrolled.clock.advance(minutes=10)
    enrolled.enrol("ben")
    enrolled.clock.advance(minutes=10)
    enrolled.pending("ben")
    enrolled.pending("ana")
    enrolled.clock.advance(seconds=5)
    assert deny(enrolled) == 2
    assert denied_at(enrolled, "ana") == denied_at(enrolled, "ben") == enrolled.clock.now_ms()


def test_a_later_no_counts_and_an_earlier_one_that_comes_late_does_not(enrolled: Site) -> None:
    enrolled.pending()
    enrolled.clock.advance(minutes=1)
    now = enrolled.clock.now()
    for said_at in (now, now - timedelta(seconds=10), now):
        deny(enrolled, said_at=said_at)
        assert denied_at(enrolled) == to_ms(now)
    deny(enrolled, said_at=now + timedelta(seconds=1))
    assert denied_at(enrolled) == to_ms(now) + 1000


def test_an_account_that_has_another_phone_by_now_is_not_told(new_site: NewSite) -> None:
    site = new_site(cooling_off=timedelta(minutes=1))
    site.enrol()
    site.clock.advance(minutes=10)
    site.changed(site.signed_in())
    asked_at = site.clock.now()
    site.clock.advance(minutes=1)
    site.pending()  # the new phone is in effect
    assert deny(site, said_at=asked_at) == 1
    assert denied_at(site) is None


def test_it_is_answered_by_whoever_signed_in_after(enrolled: Site) -> None:
    earlier = enrolled.signed_in()
    enrolled.clock.advance(minutes=1)
    deny(enrolled)
    for answer in (
        lambda: enrolled.accounts.acknowledge_denial(earlier),
        lambda: enrolled.accounts.change_password(earlier, PASSWORD, ANOTHER, client=HERE),
    ):
        with pytest.raises(SignInAgain, match="Sign in again first"):
            answer()
    assert denied_at(enrolled) is not None
    assert enrolled.log("deny")[-1] == ("deny", "SignInAgain")
    enrolled.clock.advance(minutes=5)
    session = enrolled.signed_in()
    enrolled.accounts.acknowledge_denial(session)
    enrolled.accounts.acknowledge_denial(session)  # nothing is left to be done
    assert enrolled.log("deny")[-1] == ("deny", "acknowledged")
    assert enrolled.log("deny").count(("deny", "acknowledged")) == 1
    assert denied_at(enrolled) is None
    enrolled.clock.advance(minutes=5)
    assert enrolled.signed_in().words == ""


def test_a_session_of_the_very_moment_of_a_no_does_not_answer_it(enrolled: Site) -> None:
    session = enrolled.signed_in()
    deny(enrolled)
    with pytest.raises(SignInAgain):
        enrolled.accounts.acknowledge_denial(session)


def test_another_password_answers_it_and_ends_all_else(enrolled: Site) -> None:
    other = enrolled.signed_in()
    enrolled.clock.advance(minutes=1)
    deny(enrolled)
    enrolled.clock.advance(minutes=5)
    session = enrolled.signed_in()
    ticket = enrolled.ticket()
    enrolled.accounts.change_password(session, PASSWORD, ANOTHER, client=HERE)
    assert denied_at(enrolled) is None
    assert enrolled.log("change-password") == [("change-password", "changed")]
    assert enrolled.accounts.who(session) == "ana"
    with pytest.raises(NotSignedIn):
        enrolled.accounts.who(other)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.send_code(ticket, client=HERE)
    with pytest.raises(SignInRefused):
        enrolled.ticket()
    assert enrolled.ticket(password=ANOTHER).account == "ana"
    assert "the password of your account was changed. Not you?" in enrolled.texts()[-1]


def test_another_password_takes_the_old_one_and_a_fresh_sign_in(enrolled: Site) -> None:
    session = enrolled.signed_in()
    with pytest.raises(SignInRefused):
        enrolled.accounts.change_password(session, "not the password", ANOTHER, client=HERE)
    enrolled.clock.advance(minutes=5)
    with pytest.raises(SignInAgain, match="Sign in again first"):
        enrolled.accounts.change_password(session, PASSWORD, ANOTHER, client=HERE)
    assert enrolled.log("change-password") == [("change-password", "SignInAgain")]
    assert enrolled.ticket().account == "ana"


@pytest.mark.parametrize(
    ("new", "words"), [("short", "8 characters"), (PASSWORD, "password you have"), ("password1", "first")]
)
def test_a_weak_password_or_the_same_is_refused(enrolled: Site, new: str, words: str) -> None:
    session = enrolled.signed_in()
    with pytest.raises(PasswordRefused, match=words):
        enrolled.accounts.change_password(session, PASSWORD, new, client=HERE)
    assert enrolled.log("change-password") == [("change-password", "PasswordRefused")]
    assert enrolled.ticket().account == "ana"


def test_of_two_new_passwords_at_once_the_first_stands(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = enrolled.signed_in()
    new_hash = enrolled.accounts._passwords.new_hash

    def meanwhile(password: str, *, name: str) -> str:
        monkeypatch.undo()
        enrolled.accounts.change_password(session, PASSWORD, ANOTHER, client=HERE)
        return new_hash(password, name=name)

    monkeypatch.setattr(enrolled.accounts._passwords, "new_hash", meanwhile)
    with pytest.raises(SignInRefused):
        enrolled.accounts.change_password(session, PASSWORD, "a third horse here", client=HERE)
    assert enrolled.ticket(password=ANOTHER).account == "ana"


def test_a_no_that_comes_while_the_password_is_changed_stands(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = enrolled.signed_in()
    new_hash = enrolled.accounts._passwords.new_hash

    def meanwhile(password: str, *, name: str) -> str:
        deny(enrolled, said_at=enrolled.clock.now() + timedelta(seconds=1))
        return new_hash(password, name=name)

    monkeypatch.setattr(enrolled.accounts._passwords, "new_hash", meanwhile)
    with pytest.raises(SignInAgain):
        enrolled.accounts.change_password(session, PASSWORD, ANOTHER, client=HERE)
    assert denied_at(enrolled) is not None
    assert enrolled.ticket().account == "ana"


def test_the_text_invites_a_no_where_somebody_listens(new_site: NewSite) -> None:
    site = new_site()
    site.accounts = site.more_accounts(verifier=site.settings.verifier(invite_no=True))
    site.enrol()
    assert site.texts()[-1].splitlines()[0].endswith("Nobody will ever ask you for it. Not you? Reply NO.")
