"""What is written down of each account: who, from where, how it ended, and never a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from accounts_site import PASSWORD, Site

from helpers.accounts import AccountError, Session, Ticket
from helpers.errors import CourseError
from helpers.secret import Secret
from helpers.verification import AuditEntry, Policy, VerificationError

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
OURS = ("register", "password", "enrol", "confirm", "sign-in", "sign-out", "change-phone", "delete")
NewSite = Callable[..., Site]


def newest(site: Site) -> AuditEntry:
    """The last entry."""
    return site.verifier.audit.entries()[-1]


def refused(call: Callable[[], object]) -> None:
    with pytest.raises((AccountError, VerificationError)):
        call()


def test_a_whole_life_is_written_down(new_site: NewSite) -> None:
    site = new_site()
    site.enrol()
    session = site.signed_in()
    site.accounts.sign_out(session, client=HERE)
    session = site.signed_in()
    site.changed(session)
    site.accounts.cancel_change(session, client=HERE)
    site.changed(session)
    site.clock.advance(hours=24)
    site.accounts.sign_in(site.pending(), site.code(site.other_phone), client=HERE)
    session = site.accounts.sign_in(site.pending(), site.code(site.other_phone), client=HERE)
    site.accounts.sign_out_everywhere(session, client=HERE)
    session = site.accounts.sign_in(site.pending(), site.code(site.other_phone), client=HERE)
    site.accounts.delete_account(session, PASSWORD, client=HERE)
    signed_in = [("password", "right"), ("sign-in", "signed in")]
    changed = [("change-phone", "asked"), ("change-phone", "waits")]
    assert site.log(*OURS) == [
        ("register", "opened"),
        ("password", "right"),
        ("enrol", "saved"),
        ("confirm", "confirmed"),
        *signed_in,
        ("sign-out", "signed out"),
        *signed_in,
        *changed,
        ("change-phone", "canceled"),
        *changed,
        ("password", "right"),
        ("change-phone", "in effect"),
        ("sign-in", "signed in"),
        *signed_in,
        ("sign-out", "everywhere"),
        *signed_in,
        ("password", "right"),
        ("delete", "deleted"),
    ]


def test_an_entry_says_who_from_where_about_which_phone(enrolled: Site) -> None:
    """NIST SP 800-63B-4 §4.1: when an authenticator was bound, and from where."""
    session = enrolled.signed_in()
    change = enrolled.changed(session)
    waits = next(entry for entry in enrolled.verifier.audit.entries(account="ana") if entry.outcome == "waits")
    assert waits.at == enrolled.clock.now()
    assert (waits.account, waits.client, waits.purpose, waits.phone) == ("ana", HERE, "enrol", "\u2022\u202211")
    assert change.phone.last_two == "11"
    asked = next(entry for entry in enrolled.verifier.audit.entries(account="ana") if entry.outcome == "asked")
    assert asked.verification == waits.verification != ""


@pytest.mark.parametrize(
    ("event", "outcome", "call"),
    [
        ("register", "NameTaken", lambda site: site.accounts.register("ana", PASSWORD, client=HERE)),
        ("password", "SignInRefused", lambda site: site.ticket("ana", "wrong horse battery")),
        ("enrol", "PhoneAlreadyConfirmed", lambda site: site.accounts.enrol_phone(site.ticket(), "x", client=HERE)),
        ("enrol", "PhoneAlreadyConfirmed", lambda site: site.accounts.bind_again(site.ticket(), client=HERE)),
        ("change-phone", "PhoneUnchanged", lambda site: site.asked_to_change(site.signed_in(), site.phone)),
        (
            "change-phone",
            "NoChangeWaiting",
            lambda site: site.accounts.cancel_change(site.signed_in(), client=HERE),
        ),
        (
            "change-phone",
            "NotPending",
            lambda site: site.accounts.confirm_change(site.signed_in(), "x", "123456", client=HERE),
        ),
        (
            "confirm",
            "NotPending",
            lambda site: site.accounts.confirm_phone(site.ticket(), "x", "123456", client=HERE),
        ),
        (
            "password",
            "SignInRefused",
            lambda site: site.accounts.delete_account(site.signed_in(), "wrong horse battery", client=HERE),
        ),
    ],
)
def test_what_is_refused_is_written_down(
    enrolled: Site, event: str, outcome: str, call: Callable[[Site], object]
) -> None:
    refused(lambda: call(enrolled))
    entry = newest(enrolled)
    assert (entry.event, entry.outcome, entry.account, entry.client) == (event, outcome, "ana", HERE)


def test_a_sign_in_without_a_phone_is_written_down(site: Site) -> None:
    refused(lambda: site.accounts.send_code(site.ticket(), client=HERE))
    assert site.log()[-1] == ("sign-in", "NoConfirmedPhone")


def test_an_old_sign_in_that_asks_for_a_change_is_written_down(enrolled: Site) -> None:
    session = enrolled.signed_in()
    enrolled.clock.advance(minutes=5)
    refused(lambda: enrolled.asked_to_change(session))
    assert enrolled.log()[-1] == ("change-phone", "SignInAgain")


def test_binding_again_is_written_down_as_such(new_site: NewSite) -> None:
    site = new_site(Policy(account_failure_cap=5))
    site.enrol()
    site.switch_sms_off()
    ticket = site.ticket()
    again = site.accounts.bind_again(ticket, client=HERE)
    entry = newest(site)
    assert (entry.event, entry.outcome, entry.detail, entry.client) == ("enrol", "asked", "bind again", HERE)
    site.guess_wrong(lambda code: site.accounts.confirm_phone(ticket, again.id, code), site.code())
    refused(lambda: site.accounts.bind_again(ticket, client=HERE))
    assert site.log()[-1] == ("enrol", "AskAnOperator")


def test_a_name_that_is_none_may_be_a_password_and_is_not_written_down(site: Site) -> None:
    refused(lambda: site.ticket("hunter2-my-password"))
    entry = newest(site)
    assert (entry.event, entry.outcome, entry.account, entry.client) == ("password", "SignInRefused", "", HERE)


def test_what_costs_a_stranger_nothing_does_not_fill_the_log(site: Site) -> None:
    """The log is kept for good, so an entry is worth at least a slow hash, or a token that was ours."""
    for _ in range(3):
        refused(lambda: site.ticket("ana", "wrong horse battery"))
    entries = site.log()
    junk: Any = "guess"
    for call in (
        lambda: site.ticket("ana", "wrong horse battery"),  # a wait is running
        lambda: site.accounts.register("", PASSWORD),
        lambda: site.accounts.register("ben", "short"),
        lambda: site.accounts.send_code(Ticket("ana", Secret(junk)), client=HERE),
        lambda: site.accounts.enrol_phone(Ticket("ana", Secret(junk)), site.phone, client=HERE),
        lambda: site.asked_to_change(Session("ana", Secret(junk), site.clock.now())),
        lambda: site.accounts.cancel_change(Session("ana", Secret(junk), site.clock.now())),
        lambda: site.accounts.sign_out_everywhere(Session("ana", Secret(junk), site.clock.now())),
    ):
        refused(call)
    site.accounts.sign_out(Session("ana", Secret(junk), site.clock.now()))
    assert site.log() == entries


def broken(*_: Any, **__: Any) -> None:
    raise CourseError("the log cannot be written")


@pytest.mark.parametrize(
    "deed",
    [
        lambda site, session: site.accounts.register("ben", PASSWORD),
        lambda site, session: site.ticket(),
        lambda site, session: site.accounts.sign_out(session),
        lambda site, session: site.accounts.sign_out_everywhere(session),
        lambda site, session: site.accounts.cancel_change(session),
    ],
    ids=["register", "password", "sign-out", "everywhere", "cancel"],
)
def test_there_is_no_deed_without_its_entry(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch, deed: Callable[[Site, Session], object]
) -> None:
    session = enrolled.signed_in()
    enrolled.changed(session)
    before = enrolled.rows("accounts"), enrolled.rows("tokens")
    monkeypatch.setattr(enrolled.verifier.audit, "note", broken)
    with pytest.raises(CourseError):
        deed(enrolled, session)
    assert (enrolled.rows("accounts"), enrolled.rows("tokens")) == before


@pytest.mark.parametrize("step", ["enrol", "confirm", "sign-in", "ask", "change", "delete", "effect"])
def test_nor_a_step_with_a_code(new_site: NewSite, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Our own entries only: the verifier's own are its own affair."""
    site = new_site()
    site.accounts.register("ana", PASSWORD)
    note = site.verifier.audit.note

    def own_broken(connection: Any, *, event: str, **about: Any) -> None:
        if event in OURS and connection.engine is site.accounts._engine:
            broken()
        note(connection, event=event, **about)

    def last(call: Callable[[], object]) -> None:
        before = site.rows("accounts"), len(site.rows("tokens"))
        with monkeypatch.context() as failing:
            failing.setattr(site.verifier.audit, "note", own_broken)
            with pytest.raises(CourseError, match="the log cannot be written"):
                call()
        assert (site.rows("accounts"), len(site.rows("tokens"))) == before

    ticket = site.ticket()
    if step == "enrol":
        return last(lambda: site.accounts.enrol_phone(ticket, site.phone, client=HERE))
    enrolling = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    if step == "confirm":
        code = site.code()
        return last(lambda: site.accounts.confirm_phone(ticket, enrolling.id, code))
    site.accounts.confirm_phone(ticket, enrolling.id, site.code())
    pending = site.pending()
    code = site.code()
    if step == "sign-in":
        return last(lambda: site.accounts.sign_in(pending, code))
    session = site.accounts.sign_in(pending, code)
    if step == "ask":
        last(lambda: site.asked_to_change(session))
        assert [row["verification"] for row in site.rows("tokens") if row["kind"] == "session"] == [None]
        return None
    if step == "delete":
        return last(lambda: site.accounts.delete_account(session, PASSWORD, client=HERE))
    asked = site.asked_to_change(session)
    code = site.code(site.other_phone)
    if step == "change":
        return last(lambda: site.accounts.confirm_change(session, asked.id, code))
    site.accounts.confirm_change(session, asked.id, code)
    ticket = site.ticket()
    site.clock.advance(hours=24)
    assert step == "effect"
    return last(lambda: site.accounts._row("ana"))


def test_no_entry_holds_a_secret(new_site: NewSite) -> None:
    site = new_site()
    site.enrol()
    codes = []
    pending = site.pending()
    codes.append(site.code())
    session = site.accounts.sign_in(pending, codes[-1])
    asked = site.asked_to_change(session)
    codes.append(site.code(site.other_phone))
    site.accounts.confirm_change(session, asked.id, codes[-1])
    refused(lambda: site.ticket("hunter2-my-password", "hunter3-my-password"))
    site.accounts.delete_account(session, PASSWORD, client=HERE)
    written = "\n".join(str(value) for place, value in site.stored_values() if place.startswith("audit."))
    secrets = [*codes, PASSWORD, "hunter2", "hunter3", "2065550100", "2065550111", session.token.reveal()]
    secrets.append(pending.ticket.token.reveal())
    assert not [secret for secret in secrets if secret in written]
