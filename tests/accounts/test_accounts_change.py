"""Another phone: asked for with a fresh sign-in, confirmed by its own code, told to the old phone; then it waits."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from accounts_site import PASSWORD, Site, wrong_code

from helpers.accounts import (
    NoChangeWaiting,
    NotSignedIn,
    PhoneAlreadyConfirmed,
    PhoneUnchanged,
    Session,
    SignInAgain,
    SmsSwitchedOff,
)
from helpers.database import DatabaseUnavailable
from helpers.flowroute import FlowrouteError, Forbidden, OutcomeUnknown
from helpers.phone_numbers import PhoneNumber, PhoneNumberError
from helpers.verification import NotPending, Policy, TooSoon, WrongCode

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
OLD, NEW, NEWER = "206-555-0100", "206-555-0111", "206-555-0122"
NewSite = Callable[..., Site]
NOTHING_WAITS = {"new_phone": None, "new_phone_confirmed_at": None, "new_phone_from": None, "old_phone_told": None}


def saved(site: Site) -> str:
    """The phone that codes go to, as the database has it."""
    phone: str = site.rows("accounts")[0]["phone"]
    return phone


def waits(site: Site) -> dict[str, Any]:
    """What the database says of a new phone."""
    return {name: site.rows("accounts")[0][name] for name in NOTHING_WAITS}


# Asking


def test_the_whole_way_to_another_phone(enrolled: Site) -> None:
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    assert (saved(enrolled), waits(enrolled)) == ("+12065550100", NOTHING_WAITS)
    change = enrolled.accounts.confirm_change(session, asked.id, enrolled.code(NEW))
    assert change.phone == PhoneNumber("+12065550111")
    assert change.takes_effect_at == enrolled.clock.now() + timedelta(hours=24)
    assert change.old_phone_told
    assert enrolled.accounts.waiting_change(session) == change
    assert saved(enrolled) == "+12065550100"
    enrolled.clock.advance(hours=24)
    assert enrolled.accounts.who(enrolled.accounts.sign_in(enrolled.pending(), enrolled.code(NEW))) == "ana"
    assert (saved(enrolled), waits(enrolled)) == ("+12065550111", NOTHING_WAITS)


@pytest.mark.parametrize(("minutes", "asks_again"), [(5, True), (5 - 1 / 60_000, False), (60, True)])
def test_only_a_fresh_sign_in_may_ask(enrolled: Site, minutes: float, asks_again: bool) -> None:
    """ASVS 7.5.1: a session that lies about, or was stolen an hour ago, changes nothing."""
    session = enrolled.signed_in()
    enrolled.clock.advance(minutes=minutes)
    if asks_again:
        with pytest.raises(SignInAgain):
            enrolled.asked_to_change(session)
        assert enrolled.texts(NEW) == []
        session = enrolled.signed_in()
    enrolled.asked_to_change(session)
    assert len(enrolled.texts(NEW)) == 1


def test_the_time_of_the_sign_in_is_the_databases_and_not_the_callers(enrolled: Site) -> None:
    session = enrolled.signed_in()
    enrolled.clock.advance(minutes=5)
    with pytest.raises(SignInAgain):
        enrolled.asked_to_change(Session("ana", session.token, enrolled.clock.now()))


def test_a_ticket_is_not_enough(enrolled: Site) -> None:
    ticket: Any = enrolled.ticket()
    for call in (
        lambda: enrolled.asked_to_change(ticket),
        lambda: enrolled.accounts.confirm_change(ticket, "x", "123456"),
        lambda: enrolled.accounts.cancel_change(ticket),
        lambda: enrolled.accounts.waiting_change(ticket),
    ):
        with pytest.raises(NotSignedIn):
            call()
    assert enrolled.texts(NEW) == []


@pytest.mark.parametrize("number", ["206-555-0100", "+1 (206) 555 0100", "12065550100"])
def test_the_phone_it_has_is_no_change(enrolled: Site, number: str) -> None:
    texts = len(enrolled.texts())
    with pytest.raises(PhoneUnchanged):
        enrolled.asked_to_change(enrolled.signed_in(), number)
    assert len(enrolled.texts()) == texts + 1  # the sign-in's


@pytest.mark.parametrize("number", ["+1 876 555 0100", "900 234 5678", "206-555-01", ""])
def test_a_phone_we_do_not_text_is_refused(enrolled: Site, number: str) -> None:
    with pytest.raises(PhoneNumberError):
        enrolled.asked_to_change(enrolled.signed_in(), number)
    assert waits(enrolled) == NOTHING_WAITS


def test_asking_again_at_once_waits_as_every_text_does(enrolled: Site) -> None:
    session = enrolled.signed_in()
    enrolled.asked_to_change(session)
    with pytest.raises(TooSoon):
        enrolled.asked_to_change(session, NEWER)
    assert enrolled.texts(NEWER) == []


# Confirming


def test_a_wrong_code_changes_nothing(enrolled: Site) -> None:
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    right = enrolled.code(NEW)
    with pytest.raises(WrongCode):
        enrolled.accounts.confirm_change(session, asked.id, wrong_code(right))
    assert waits(enrolled) == NOTHING_WAITS
    assert len(enrolled.texts()) == 2  # enrolment and sign-in: no notice yet
    enrolled.accounts.confirm_change(session, asked.id, right)
    assert waits(enrolled)["new_phone"] == "+12065550111"


def test_a_code_of_unknown_fate_confirms(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = enrolled.signed_in()
    with monkeypatch.context() as failing:
        enrolled.fail_next_send(failing, OutcomeUnknown("no answer"), after_sending=True)
        asked = enrolled.asked_to_change(session)
    assert asked.delivery == "unknown"
    assert enrolled.accounts.confirm_change(session, asked.id, enrolled.code(NEW)).old_phone_told


def test_only_the_session_that_asked_brings_the_code_back(enrolled: Site) -> None:
    other, session = enrolled.signed_in(), enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    code = enrolled.code(NEW)
    with pytest.raises(NotPending):
        enrolled.accounts.confirm_change(other, asked.id, code)
    enrolled.accounts.confirm_change(session, asked.id, code)  # the try has not burnt it
    with pytest.raises(NotPending):
        enrolled.accounts.confirm_change(session, asked.id, code)


def test_somebody_elses_code_confirms_nothing(enrolled: Site) -> None:
    anas = enrolled.signed_in()
    enrolled.accounts.register("mallory", PASSWORD)
    ticket = enrolled.ticket("mallory")
    mallorys = enrolled.accounts.enrol_phone(ticket, NEW, client=ELSEWHERE)
    with pytest.raises(NotPending):
        enrolled.accounts.confirm_change(anas, mallorys.id, enrolled.code(NEW))
    assert waits(enrolled) == NOTHING_WAITS


def test_a_sign_in_code_confirms_no_change(enrolled: Site) -> None:
    session, pending = enrolled.signed_in(), enrolled.pending()
    with pytest.raises(NotPending):
        enrolled.accounts.confirm_change(session, pending.verification.id, enrolled.code())


def test_the_password_alone_cannot_use_the_code_of_a_change(enrolled: Site) -> None:
    """It is an enrolment code, and the holder of a ticket could bring one: not this one, and it is not used up."""
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    code = enrolled.code(NEW)
    with pytest.raises(PhoneAlreadyConfirmed):
        enrolled.accounts.confirm_phone(enrolled.ticket(), asked.id, code)
    assert (saved(enrolled), waits(enrolled)) == ("+12065550100", NOTHING_WAITS)
    enrolled.accounts.confirm_change(session, asked.id, code)


def test_after_the_session_has_ended_nothing_is_confirmed(enrolled: Site) -> None:
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    code = enrolled.code(NEW)
    enrolled.accounts.sign_out(session)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.confirm_change(session, asked.id, code)
    assert waits(enrolled) == NOTHING_WAITS


def meanwhile(site: Site, monkeypatch: pytest.MonkeyPatch, method: str, happens: Callable[[], object]) -> None:
    """Let something happen right after the verifier's ``method`` has done its work."""
    real = getattr(site.verifier, method)

    def then(*arguments: Any, **keywords: Any) -> Any:
        result = real(*arguments, **keywords)
        happens()
        return result

    monkeypatch.setattr(site.verifier, method, then)


def test_a_session_that_ends_between_the_code_and_the_change_changes_nothing(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    code = enrolled.code(NEW)
    meanwhile(enrolled, monkeypatch, "tell", lambda: enrolled.accounts.sign_out(session))
    with pytest.raises(NotSignedIn):
        enrolled.accounts.confirm_change(session, asked.id, code)
    assert waits(enrolled) == NOTHING_WAITS


def test_a_session_that_ends_while_the_text_leaves_cannot_confirm(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = enrolled.signed_in()
    meanwhile(enrolled, monkeypatch, "start", lambda: enrolled.accounts.sign_out(session))
    with pytest.raises(NotSignedIn):
        enrolled.asked_to_change(session)


# The notice


def test_the_old_phone_is_told_in_words_that_are_no_bait(new_site: NewSite) -> None:
    site = new_site(brand="Example Bank", contact="206-555-0190")
    site.enrol()
    change = site.changed(site.signed_in())
    notice = site.texts()[-1]
    assert notice == (
        f"Example Bank: from {change.takes_effect_at:%Y-%m-%d %H:%M} UTC your codes go to the phone ending in 11. "
        "Not you? Sign in before then and cancel it or call 206-555-0190."
    )
    assert notice.isascii()
    assert len(notice) <= 160
    assert not re.search(r"http|//|@|\d{6}", notice)


def test_the_new_phone_gets_its_code_and_nothing_else_until_it_counts(enrolled: Site) -> None:
    session = enrolled.signed_in()
    enrolled.changed(session)
    enrolled.accounts.cancel_change(session)
    enrolled.changed(session)
    enrolled.signed_in()
    enrolled.clock.advance(hours=23)
    enrolled.signed_in()
    assert [text.count("your code is") for text in enrolled.texts(NEW)] == [1, 1]


def test_the_old_phone_is_told_before_the_change_is_saved(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no crash in between leaves a change that nobody was told of."""
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    code = enrolled.code(NEW)

    def crash(*_: Any, **__: Any) -> bool:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(enrolled.verifier, "tell", crash)
    with pytest.raises(DatabaseUnavailable):
        enrolled.accounts.confirm_change(session, asked.id, code)
    assert waits(enrolled) == NOTHING_WAITS


@pytest.mark.parametrize(
    ("error", "told"),
    [(Forbidden(403), False), (OutcomeUnknown("no answer"), True)],
    ids=["Forbidden", "OutcomeUnknown"],
)
def test_whether_the_old_phone_was_told_is_said(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch, error: FlowrouteError, told: bool
) -> None:
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    code = enrolled.code(NEW)
    with monkeypatch.context() as failing:
        enrolled.fail_next_send(failing, error, after_sending=False)
        change = enrolled.accounts.confirm_change(session, asked.id, code)
    assert change.old_phone_told is told
    assert enrolled.accounts.waiting_change(session) == change


# Waiting


def test_until_its_time_codes_go_to_the_old_phone_and_from_then_on_to_the_new_one(enrolled: Site) -> None:
    change = enrolled.changed(enrolled.signed_in())
    confirmed_at = enrolled.clock.now_ms()
    left = change.takes_effect_at - enrolled.clock.now() - timedelta(milliseconds=1)
    enrolled.clock.advance(seconds=left.total_seconds())
    assert enrolled.pending().verification.phone.last_two == "00"
    enrolled.clock.advance(seconds=0.001)
    assert enrolled.accounts._confirmed_phone("ana").last_two == "11"
    old, new = len(enrolled.texts(OLD)), len(enrolled.texts(NEW))
    enrolled.clock.advance(seconds=30)
    pending = enrolled.pending()
    assert "ending in 11" in pending.words
    assert enrolled.accounts.who(enrolled.accounts.sign_in(pending, enrolled.code(NEW)))
    assert (len(enrolled.texts(OLD)), len(enrolled.texts(NEW))) == (old, new + 1)
    assert enrolled.rows("accounts")[0]["phone_confirmed_at"] == confirmed_at


def test_the_wait_is_an_option(new_site: NewSite) -> None:
    site = new_site(cooling_off=timedelta(minutes=10))
    site.enrol()
    session = site.signed_in()
    assert site.changed(session).takes_effect_at == site.clock.now() + timedelta(minutes=10)
    site.clock.advance(minutes=10)
    assert site.accounts.waiting_change(session) is None
    assert saved(site) == "+12065550111"


def test_it_takes_effect_once_however_many_look(enrolled: Site) -> None:
    session = enrolled.signed_in()
    enrolled.changed(session)
    enrolled.clock.advance(hours=24)
    barrier, seen = threading.Barrier(6), []

    def look() -> None:
        barrier.wait(timeout=30)
        seen.append(enrolled.accounts._confirmed_phone("ana").last_two)

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert seen == ["11"] * 6
    assert enrolled.log("change-phone").count(("change-phone", "in effect")) == 1


def test_a_newer_change_replaces_the_one_that_waits_and_waits_anew(enrolled: Site) -> None:
    enrolled.changed(enrolled.signed_in())
    enrolled.clock.advance(hours=20)
    session = enrolled.signed_in()
    newer = enrolled.changed(session, NEWER)
    assert newer.takes_effect_at == enrolled.clock.now() + timedelta(hours=24)
    enrolled.clock.advance(hours=23)
    assert enrolled.pending().verification.phone.last_two == "00"
    enrolled.clock.advance(hours=1)
    assert enrolled.pending().verification.phone.last_two == "22"
    assert len(enrolled.texts(NEW)) == 1


def test_a_look_from_before_a_change_was_asked_for_anew_does_not_cut_its_wait(enrolled: Site) -> None:
    """The same number, confirmed once more: what somebody read before is not what waits now."""
    first = enrolled.changed(enrolled.signed_in())
    seen = enrolled.accounts._phones.find("ana")
    assert seen is not None
    enrolled.clock.advance(hours=20)
    second = enrolled.changed(enrolled.signed_in())
    assert second.takes_effect_at > first.takes_effect_at
    enrolled.clock.advance(hours=5)
    enrolled.accounts._phones.settle(seen, sms_off=False)
    assert saved(enrolled) == "+12065550100"


def test_of_two_sessions_that_change_at_once_the_first_confirmed_wins(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A confirmed change ends all other sessions, also one whose code was right a moment ago."""
    slow, quick = enrolled.signed_in(), enrolled.signed_in()
    asked = enrolled.asked_to_change(slow, NEWER)
    code = enrolled.code(NEWER)
    with monkeypatch.context() as slowly:
        done: list[Any] = []

        def overtake() -> None:
            if not done:
                done.append(None)
                enrolled.clock.advance(seconds=30)
                done.append(enrolled.changed(quick))

        meanwhile(enrolled, slowly, "check", overtake)
        with pytest.raises(NotSignedIn):
            enrolled.accounts.confirm_change(slow, asked.id, code)
    assert waits(enrolled)["new_phone"] == "+12065550111"


def test_a_change_is_refused_where_the_phone_that_was_told_is_not_the_accounts_any_more(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier change takes effect while a newer one is told to the phone before it."""
    enrolled.changed(enrolled.signed_in())
    enrolled.clock.advance(hours=24, minutes=-1)
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session, NEWER)
    code = enrolled.code(NEWER)

    def earlier_takes_effect() -> None:
        enrolled.clock.advance(minutes=1)
        enrolled.accounts.waiting_change(session)

    meanwhile(enrolled, monkeypatch, "tell", earlier_takes_effect)
    with pytest.raises(NotPending):
        enrolled.accounts.confirm_change(session, asked.id, code)
    assert (saved(enrolled), waits(enrolled)) == ("+12065550111", NOTHING_WAITS)


def test_a_phone_that_became_the_accounts_meanwhile_is_no_change(enrolled: Site) -> None:
    enrolled.changed(enrolled.signed_in())
    enrolled.clock.advance(hours=24, minutes=-1)
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    code = enrolled.code(NEW)
    enrolled.clock.advance(minutes=1)
    with pytest.raises(PhoneUnchanged):
        enrolled.accounts.confirm_change(session, asked.id, code)
    assert enrolled.log("notice") == [("notice", "sent")]  # the first change's


# Other sessions


def test_a_confirmed_change_ends_all_others_and_not_itself(enrolled: Site) -> None:
    """ASVS 7.4.3. The owner signs in again with the phone that still counts."""
    other, pending = enrolled.signed_in(), enrolled.pending()
    pending_code = enrolled.code()
    enrolled.clock.advance(seconds=30)
    session = enrolled.signed_in()
    asked = enrolled.asked_to_change(session)
    assert enrolled.accounts.who(other) == "ana"  # asking alone ends nothing
    enrolled.accounts.confirm_change(session, asked.id, enrolled.code(NEW))
    assert enrolled.accounts.who(session) == "ana"
    with pytest.raises(NotSignedIn):
        enrolled.accounts.who(other)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in(pending, pending_code)
    assert enrolled.accounts.who(enrolled.signed_in()) == "ana"


def test_other_accounts_sessions_go_on(enrolled: Site) -> None:
    enrolled.accounts.register("ben", PASSWORD)
    ticket = enrolled.ticket("ben")
    enrolled.changed(enrolled.signed_in())
    assert enrolled.accounts.enrol_phone(ticket, NEWER, client=HERE).account == "ben"


# Cancelling


def test_the_owner_cancels_a_change_and_throws_the_thief_out(enrolled: Site) -> None:
    thief = enrolled.signed_in()
    enrolled.changed(thief)
    assert "ending in 11" in enrolled.texts()[-1]
    enrolled.clock.advance(hours=2)
    owner = enrolled.signed_in()
    waiting = enrolled.accounts.waiting_change(owner)
    assert waiting is not None
    enrolled.accounts.cancel_change(owner)
    assert enrolled.accounts.waiting_change(owner) is None
    with pytest.raises(NotSignedIn):
        enrolled.asked_to_change(thief)
    assert enrolled.accounts.who(owner) == "ana"
    enrolled.clock.advance(days=2)
    assert enrolled.pending().verification.phone.last_two == "00"


def test_cancelling_nothing_says_so(enrolled: Site) -> None:
    session = enrolled.signed_in()
    with pytest.raises(NoChangeWaiting):
        enrolled.accounts.cancel_change(session)
    enrolled.asked_to_change(session)
    with pytest.raises(NoChangeWaiting):
        enrolled.accounts.cancel_change(session)


def test_too_late_to_cancel_is_said_and_ends_no_session(new_site: NewSite) -> None:
    site = new_site(cooling_off=timedelta(hours=1))
    site.enrol()
    session = site.signed_in()
    site.changed(session)
    other = site.signed_in()
    site.clock.advance(hours=1)
    with pytest.raises(NoChangeWaiting):
        site.accounts.cancel_change(session)
    assert site.accounts.who(other) == "ana"
    assert saved(site) == "+12065550111"


def test_a_cancel_and_the_moment_of_effect_do_not_both_happen(
    new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look came a moment too early, the cancel a moment too late."""
    site = new_site(cooling_off=timedelta(hours=1))
    site.enrol()
    session = site.signed_in()
    site.changed(session)
    find = site.accounts._phones.find

    def slowly(name: str) -> Any:
        row = find(name)
        site.clock.advance(hours=1)
        return row

    with monkeypatch.context() as slow:
        slow.setattr(site.accounts._phones, "find", slowly)
        slow.setattr(site.accounts._phones, "settle", lambda *_, **__: None)
        with pytest.raises(NoChangeWaiting):
            site.accounts.cancel_change(session)
    assert site.accounts.waiting_change(session) is None
    assert saved(site) == "+12065550111"


def test_a_session_that_ended_while_it_cancels_cancels_nothing(enrolled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = enrolled.signed_in()
    enrolled.changed(session)
    find = enrolled.accounts._phones.find

    def slowly(name: str) -> Any:
        row = find(name)
        enrolled.accounts.sign_out(session)
        return row

    monkeypatch.setattr(enrolled.accounts._phones, "find", slowly)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.cancel_change(session)
    assert waits(enrolled)["new_phone"] == "+12065550111"


# While SMS is switched off


@pytest.fixture
def capped(new_site: NewSite) -> Site:
    """A site with a low cap: five wrong codes in a row switch SMS off."""
    site = new_site(Policy(account_failure_cap=5))
    site.enrol()
    return site


def test_while_sms_is_off_no_phone_is_changed(capped: Site) -> None:
    session = capped.signed_in()
    pending = capped.pending()
    capped.guess_wrong(lambda code: capped.accounts.sign_in(pending, code), capped.code())
    with pytest.raises(SmsSwitchedOff):
        capped.asked_to_change(session)
    assert capped.texts(NEW) == []


def test_sms_switched_off_between_asking_and_confirming_stops_the_change(capped: Site) -> None:
    """And the code stays unused: to use it would switch SMS on again, for a phone that nobody has proved."""
    session = capped.signed_in()
    asked = capped.asked_to_change(session)
    pending = capped.pending()
    capped.guess_wrong(lambda code: capped.accounts.sign_in(pending, code), capped.code())
    with pytest.raises(SmsSwitchedOff):
        capped.accounts.confirm_change(session, asked.id, capped.code(NEW))
    assert capped.verifier.sms_disabled("ana")
    assert waits(capped) == NOTHING_WAITS


def test_a_thief_who_locks_the_owner_out_while_a_change_waits_gains_nothing(capped: Site) -> None:
    """The worst case: the thief has the password and a fresh session, and guesses so that nobody can sign in to cancel.

    Both counters are at the cap when the change is due. It ends, and what an operator restores is the old phone.
    """
    capped.changed(capped.signed_in())
    capped.switch_sms_off()
    again = capped.accounts.bind_again(capped.ticket(), client=ELSEWHERE)
    ticket = capped.ticket()
    capped.guess_wrong(lambda code: capped.accounts.confirm_phone(ticket, again.id, code), capped.code())
    assert waits(capped) == NOTHING_WAITS
    assert ("change-phone", "ended, SMS is off") in capped.log("change-phone")
    capped.clock.advance(days=2)
    capped.verifier.restore_sms("ana", by="the front desk")
    assert capped.pending().verification.phone.last_two == "00"


def test_a_change_that_is_due_while_sms_is_off_ends(capped: Site) -> None:
    capped.changed(capped.signed_in())
    pending = capped.pending()
    capped.guess_wrong(lambda code: capped.accounts.sign_in(pending, code), capped.code())
    capped.clock.advance(days=2)
    capped.accounts.bind_again(capped.ticket(), client=HERE)
    assert (saved(capped), waits(capped)) == ("+12065550100", NOTHING_WAITS)


# Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cooling_off": timedelta(0)}, "more than nothing"),
        ({"cooling_off": timedelta(hours=-1)}, "more than nothing"),
        ({"brand": "B\u00e4nk"}, "one segment"),
        ({"brand": "Bank" * 20}, "one segment"),
        ({"contact": "0" * 60}, "one segment"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(site: Site, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        site.more_accounts(**options)
