"""The first factor, the phone, and what it takes to be signed in."""

from __future__ import annotations

import logging
import re
import threading
import traceback
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from accounts_site import PASSWORD, Site
from argon2 import Type, extract_parameters
from databases import BOTH

from helpers.accounts import (
    FREE_TRIES,
    MAX_WAIT,
    AccountError,
    Accounts,
    NameTaken,
    NoConfirmedPhone,
    NotSignedIn,
    PasswordRefused,
    PendingSignIn,
    PhoneAlreadyConfirmed,
    SignInRefused,
    SlowDown,
    Ticket,
)
from helpers.errors import CourseError
from helpers.flowroute import ConnectionFailed, FlowrouteError, Forbidden, OutcomeUnknown, ServerError
from helpers.phone_numbers import PhoneNumber, PhoneNumberError
from helpers.secret import Secret
from helpers.verification import (
    AuthenticatorDisabled,
    ChecksPaused,
    CodeExpired,
    NotPending,
    Policy,
    TooManyChecks,
    TooSoon,
    WrongCode,
)

DATABASES = BOTH

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
NewSite = Callable[..., Site]


def wrong_password(site: Site, name: str = "ana", *, client: str = HERE, times: int = 1) -> AccountError:
    """Try a wrong password; the last refusal."""
    for _ in range(times):
        with pytest.raises((SignInRefused, SlowDown)) as refused:
            site.accounts.check_password(name, "wrong horse battery", client=client)
    return refused.value


# Passwords


def test_the_default_hash_is_argon2id_at_or_above_owasps_floor(new_site: NewSite) -> None:
    site = new_site()
    site.more_accounts().register("ana", PASSWORD)
    [row] = site.rows("accounts")
    used = extract_parameters(row["password_hash"])
    assert used.type is Type.ID
    assert used.memory_cost >= 19 * 1024
    assert used.time_cost >= 2
    assert used.salt_len * 8 >= 32  # NIST SP 800-63B-4 §3.1.1.2


def test_the_same_password_is_stored_differently_each_time(site: Site) -> None:
    site.accounts.register("ben", PASSWORD)
    assert len({row["password_hash"] for row in site.rows("accounts")}) == 2


@pytest.mark.parametrize(
    "password",
    [
        "12345 78",
        "aaaaaaab",
        "        x",
        "p\u00e4ssw\u00f6rter",
        "\u5bc6\u7801\u5bc6\u7801\u5bc6\u7801\u5bc6\u7801",
        "x" * 256,
        "\U0001f511" * 8,
        "a\0bcdefgh",
    ],
)
def test_length_is_the_only_composition_rule(site: Site, password: str) -> None:
    site.accounts.register("ben", password)
    assert site.ticket("ben", password).account == "ben"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "at least 8"),
        ("1234567", "at least 8"),
        ("x" * 257, "at most 256"),
        ("password", "first that people try"),
        ("PassWord1", "first that people try"),
        ("\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44", "first that people try"),  # the same, in full width
        ("benjamin", "first that people try"),
        ("BenJamin", "first that people try"),
    ],
)
def test_a_weak_password_is_refused_in_words_and_nothing_is_stored(site: Site, password: str, words: str) -> None:
    with pytest.raises(PasswordRefused, match=words) as refused:
        site.accounts.register("benjamin", password)
    assert not password or password not in str(refused.value).replace("That password", "")
    assert [row["name"] for row in site.rows("accounts")] == ["ana"]


def test_one_password_from_two_keyboards_is_one_password(site: Site) -> None:
    composed = unicodedata.normalize("NFC", "cr\u00e8me br\u00fbl\u00e9e")
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    site.accounts.register("ben", composed)
    assert site.ticket("ben", apart).account == "ben"


def test_a_password_counts_to_its_last_character(site: Site) -> None:
    site.accounts.register("ben", "x" * 255 + "y")
    for typed in ("x" * 256, "x" * 255, "x" * 255 + "yz", "x" * 255 + "y" * 1000, PASSWORD.upper()):
        with pytest.raises(SignInRefused):
            site.accounts.check_password("ben", typed, client=typed[-3:] + str(len(typed)))


def test_a_tail_that_a_normal_form_would_hide_is_not_ignored(site: Site) -> None:
    password = "x" * 255 + "\u00e9"
    site.accounts.register("ben", password)
    with pytest.raises(SignInRefused):
        site.ticket("ben", "x" * 255 + "e\u0301" + "anything at all")


def test_spaces_around_a_password_belong_to_it(site: Site) -> None:
    with pytest.raises(SignInRefused):
        site.ticket("ana", f" {PASSWORD}")


def test_half_a_surrogate_pair_is_a_refusal_and_not_a_crash(site: Site) -> None:
    for name, password in (("ana", "\ud800" * 9), ("\udc00ana", PASSWORD)):
        with pytest.raises(SignInRefused):
            site.ticket(name, password)


# Names


@pytest.mark.parametrize("typed", ["ana", "Ana", " ANA ", "\uff21\uff4e\uff41", "ana\u00a0"])
def test_a_name_is_the_same_however_it_is_typed(site: Site, typed: str) -> None:
    assert site.ticket(typed).account == "ana"
    with pytest.raises(NameTaken):
        site.accounts.register(typed, PASSWORD)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65])
def test_a_name_that_is_none_is_refused(site: Site, name: str) -> None:
    with pytest.raises(AccountError, match="1 to 64"):
        site.accounts.register(name, PASSWORD)


def test_a_taken_name_keeps_its_password(site: Site) -> None:
    with pytest.raises(NameTaken):
        site.accounts.register("ana", "another password")
    assert site.ticket().account == "ana"
    with pytest.raises(SignInRefused):
        site.ticket("ana", "another password")


# Alike to a stranger


@pytest.mark.parametrize("password", ["wrong horse battery", "", "x" * 5000, "password"])
def test_an_unknown_user_and_a_wrong_password_sound_and_cost_the_same(site: Site, password: str) -> None:
    said, work = [], []
    for name in ("ana", "nobody"):
        site.hasher.verified.clear()
        with pytest.raises(SignInRefused) as refused:
            site.ticket(name, password)
        said.append((type(refused.value), str(refused.value), refused.value.user_message, refused.value.__dict__))
        work.append([extract_parameters(used) for used in site.hasher.verified])
    assert said[0] == said[1]
    assert work[0] == work[1]
    assert len(work[0]) == 1


def test_both_are_slowed_alike(site: Site) -> None:
    told = [str(wrong_password(site, name, times=FREE_TRIES + 1)) for name in ("ana", "nobody")]
    assert told[0] == told[1]
    assert "Wait 1 second" in told[0]


# Slowing down


def test_the_wait_grows_and_never_becomes_a_lock(site: Site) -> None:
    waits = []
    for _ in range(12):
        refused = wrong_password(site)
        if isinstance(refused, SlowDown):
            waits.append(refused.retry_after)
            site.clock.advance(seconds=refused.retry_after.total_seconds())
            assert isinstance(wrong_password(site), SignInRefused)
        else:
            assert not waits
    seconds = [wait.total_seconds() for wait in waits]
    assert seconds == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert max(waits) == MAX_WAIT
    site.clock.advance(minutes=1)
    assert site.ticket().account == "ana"


def test_while_a_wait_runs_nothing_is_compared_or_counted(site: Site) -> None:
    wrong_password(site, times=FREE_TRIES)
    before = site.rows("password_failures")
    site.hasher.verified.clear()
    for password in (PASSWORD, "wrong horse battery"):
        with pytest.raises(SlowDown) as slow:
            site.ticket("ana", password)
        assert slow.value.retry_after == timedelta(seconds=1)
    assert site.hasher.verified == []
    assert site.rows("password_failures") == before
    site.clock.advance(seconds=0.999)
    with pytest.raises(SlowDown) as slow:
        site.ticket()
    assert slow.value.retry_after == timedelta(milliseconds=1)
    site.clock.advance(seconds=0.001)
    assert site.ticket().account == "ana"


def test_a_stranger_slows_nobody_but_themselves(site: Site) -> None:
    for _ in range(3):
        wrong_password(site, client=ELSEWHERE, times=FREE_TRIES + 5)
    assert site.ticket().account == "ana"
    assert isinstance(wrong_password(site, "ben"), SignInRefused)
    with pytest.raises(SlowDown):
        site.accounts.check_password("ana", PASSWORD, client=ELSEWHERE)


def test_success_forgets_the_failures(site: Site) -> None:
    wrong_password(site, times=FREE_TRIES - 1)
    site.ticket()
    assert site.rows("password_failures") == []
    assert isinstance(wrong_password(site, times=FREE_TRIES), SignInRefused)


def test_spellings_of_one_name_share_their_tries(site: Site) -> None:
    for name in ("ana", "ANA", " Ana"):
        wrong_password(site, name)
    assert isinstance(wrong_password(site, "\uff21na"), SlowDown)


def test_what_was_typed_as_a_name_is_not_kept(site: Site) -> None:
    """People type their password where the name goes."""
    typed = "hunter2-my-password"
    wrong_password(site, typed)
    assert len(site.rows("password_failures")) == 1
    assert not [place for place, value in site.stored_values() if "hunter2" in str(value)]
    other_key = site.more_accounts(key=Secret(b"k" * 32), hasher=site.hasher)
    with pytest.raises(SignInRefused):
        other_key.check_password(typed, "wrong horse battery", client=HERE)
    assert len({row["tried_by"] for row in site.rows("password_failures")}) == 2  # an HMAC, not a hash


def test_parallel_tries_are_all_counted(site: Site) -> None:
    barrier, ended = threading.Barrier(8), []

    def guess() -> None:
        barrier.wait(timeout=30)
        for _ in range(3):
            try:
                site.accounts.check_password("ana", "wrong horse battery", client=HERE)
            except AccountError as refused:
                ended.append(type(refused).__name__)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(ended) == ["SignInRefused"] * FREE_TRIES + ["SlowDown"] * (24 - FREE_TRIES)
    assert len(site.hasher.verified) == FREE_TRIES


# The phone


def test_a_phone_is_saved_unconfirmed_and_a_code_confirms_it(site: Site) -> None:
    ticket = site.ticket()
    verification = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    [row] = site.rows("accounts")
    assert (row["phone"], row["phone_confirmed_at"]) == ("+12065550100", None)
    with pytest.raises(NoConfirmedPhone):
        site.accounts.send_code(ticket, client=HERE)
    assert site.accounts.confirm_phone(ticket, verification.id, site.code()).e164 == "+12065550100"
    [row] = site.rows("accounts")
    assert row["phone_confirmed_at"] == site.clock.now_ms()


def test_a_wrong_code_confirms_nothing(site: Site) -> None:
    ticket = site.ticket()
    verification = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    wrong = str((int(site.code()) + 1) % 10**6).zfill(6)
    with pytest.raises(WrongCode):
        site.accounts.confirm_phone(ticket, verification.id, wrong)
    assert site.rows("accounts")[0]["phone_confirmed_at"] is None
    with pytest.raises(NoConfirmedPhone):
        site.accounts.send_code(ticket, client=HERE)


@pytest.mark.parametrize("number", ["+1 876 555 0100", "900 234 5678", "206-555-01", "my phone", ""])
def test_a_phone_we_do_not_text_is_not_saved(site: Site, number: str) -> None:
    with pytest.raises(PhoneNumberError):
        site.accounts.enrol_phone(site.ticket(), number, client=HERE)
    assert site.rows("accounts")[0]["phone"] is None
    assert site.rows("verifications") == []


def test_a_number_typed_wrong_can_be_typed_again_until_it_is_confirmed(site: Site) -> None:
    ticket = site.ticket()
    wrong_phone = site.accounts.enrol_phone(ticket, "206-555-0111", client=HERE)
    with pytest.raises(TooSoon):
        site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    site.clock.advance(seconds=30)
    right_phone = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    code = site.code()
    with pytest.raises(NotPending):
        site.accounts.confirm_phone(ticket, wrong_phone.id, code)
    assert site.accounts.confirm_phone(ticket, right_phone.id, code).e164 == "+12065550100"


def test_a_confirmed_phone_is_not_changed_by_enrolling_again(enrolled: Site) -> None:
    """Setting or changing the number is binding a new authenticator (NIST SP 800-63B-4 §4.1.2)."""
    texts = len(enrolled.rows("verifications"))
    with pytest.raises(PhoneAlreadyConfirmed):
        enrolled.accounts.enrol_phone(enrolled.ticket(), "206-555-0111", client=HERE)
    assert enrolled.rows("accounts")[0]["phone"] == "+12065550100"
    assert len(enrolled.rows("verifications")) == texts


def test_an_enrolment_that_was_overtaken_changes_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between "no phone yet" and "text it", another window confirms a phone: the slower one must not replace it."""
    slow, quick = site.ticket(), site.ticket()
    start = site.verifier.start
    numbers = []

    def start_slowly(number: Any, **keywords: Any) -> Any:
        if not numbers:
            numbers.append(number)
            first = site.accounts.enrol_phone(quick, site.phone, client=HERE)
            site.accounts.confirm_phone(quick, first.id, site.code())
        return start(number, **keywords)

    monkeypatch.setattr(site.verifier, "start", start_slowly)
    with pytest.raises(PhoneAlreadyConfirmed):
        site.accounts.enrol_phone(slow, "206-555-0111", client=HERE)
    row = site.rows("accounts")[0]
    assert (row["phone"], row["phone_confirmed_at"] is None) == ("+12065550100", False)
    overtaken = next(row for row in site.rows("verifications") if row["phone"] == "+12065550111")
    site.clock.advance(seconds=2)
    code = site.settings.code_from_phone(PhoneNumber("+12065550111"))
    with pytest.raises(PhoneAlreadyConfirmed):
        site.accounts.confirm_phone(slow, overtaken["id"], code)
    assert site.rows("accounts")[0]["phone"] == "+12065550100"


def test_of_two_confirmations_at_once_the_first_one_stands(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = site.ticket(), site.ticket()
    enrolling = site.accounts.enrol_phone(slow, "206-555-0111", client=HERE)
    code = site.code("206-555-0111")
    check = site.verifier.check

    def check_slowly(*arguments: Any, **keywords: Any) -> Any:
        approved = check(*arguments, **keywords)
        monkeypatch.setattr(site.verifier, "check", check)
        first = site.accounts.enrol_phone(quick, site.phone, client=HERE)
        site.accounts.confirm_phone(quick, first.id, site.code())
        return approved

    monkeypatch.setattr(site.verifier, "check", check_slowly)
    with pytest.raises(PhoneAlreadyConfirmed):
        site.accounts.confirm_phone(slow, enrolling.id, code)
    assert site.rows("accounts")[0]["phone"] == "+12065550100"


def test_a_sign_in_code_does_not_confirm_a_phone_nor_the_other_way_round(site: Site) -> None:
    ticket = site.ticket()
    enrolling = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    with pytest.raises(NotSignedIn):
        site.accounts.sign_in(PendingSignIn(ticket, enrolling), site.code())
    site.accounts.confirm_phone(ticket, enrolling.id, site.settings.code_from_phone())
    pending = site.accounts.send_code(ticket, client=HERE)
    with pytest.raises(NotPending):
        site.accounts.confirm_phone(ticket, pending.verification.id, site.code())
    assert site.accounts.sign_in(pending, site.settings.code_from_phone()).account == "ana"


def test_somebody_elses_verification_confirms_nothing(site: Site) -> None:
    site.accounts.register("mallory", PASSWORD)
    anas = site.accounts.enrol_phone(site.ticket(), site.phone, client=HERE)
    code = site.code()
    with pytest.raises(NotPending):
        site.accounts.confirm_phone(site.ticket("mallory"), anas.id, code)
    assert not [row for row in site.rows("accounts") if row["phone_confirmed_at"]]


# Ticket, code, session


def test_the_whole_way(enrolled: Site) -> None:
    pending = enrolled.pending()
    assert "ending in 00" in pending.words
    session = enrolled.accounts.sign_in(pending, enrolled.code())
    assert enrolled.accounts.who(session) == "ana"
    enrolled.accounts.sign_out(session)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.who(session)
    enrolled.accounts.sign_out(session)


def test_a_sign_in_texts_the_saved_phone_and_cannot_be_told_another(enrolled: Site) -> None:
    enrolled.pending()
    enrolled.clock.advance(seconds=2)
    phones = {row["phone"] for row in enrolled.rows("verifications")}
    assert phones == {"+12065550100"}


def test_a_code_opens_nothing_without_its_ticket(enrolled: Site) -> None:
    pending = enrolled.pending()
    code = enrolled.code()
    for token in (Secret(""), Secret("guess"), Secret("x" * 43)):
        with pytest.raises(NotSignedIn):
            enrolled.accounts.sign_in(PendingSignIn(Ticket("ana", token), pending.verification), code)
    assert enrolled.accounts.sign_in(pending, code).account == "ana"


def test_the_account_is_the_tickets_and_not_what_the_caller_says(enrolled: Site) -> None:
    enrolled.accounts.register("mallory", PASSWORD)
    mallorys = enrolled.ticket("mallory")
    anas = enrolled.pending()
    code = enrolled.code()
    forged = PendingSignIn(Ticket("ana", mallorys.token), anas.verification)
    for call in (lambda: enrolled.accounts.sign_in(forged, code), lambda: enrolled.accounts.resend_code(forged)):
        with pytest.raises(NotSignedIn):
            call()
    with pytest.raises(NoConfirmedPhone):
        enrolled.accounts.send_code(forged.ticket, client=HERE)
    assert enrolled.accounts.sign_in(anas, code).account == "ana"


def test_a_ticket_takes_the_code_of_its_own_verification_only(enrolled: Site) -> None:
    """Another ticket of the same account is not the one that asked, and the code is not burnt by the try."""
    first, second = enrolled.pending(), enrolled.ticket()
    code = enrolled.code()
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in(PendingSignIn(second, first.verification), code)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.resend_code(PendingSignIn(second, first.verification))
    assert enrolled.accounts.sign_in(first, code).account == "ana"


def test_a_code_of_an_earlier_ticket_does_not_work_on_a_later_one(enrolled: Site) -> None:
    earlier = enrolled.pending()
    old = enrolled.code()
    enrolled.clock.advance(seconds=28)
    later = enrolled.pending()
    new = enrolled.code()
    with pytest.raises(NotPending):
        enrolled.accounts.sign_in(earlier, old)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in(PendingSignIn(later.ticket, earlier.verification), old)
    with pytest.raises(WrongCode):
        enrolled.accounts.sign_in(later, old)
    assert enrolled.accounts.sign_in(later, new).account == "ana"


def test_a_ticket_is_good_for_one_session(enrolled: Site) -> None:
    """Mistake 9: a used code works again inside its window."""
    pending = enrolled.pending()
    code = enrolled.code()
    enrolled.accounts.sign_in(pending, code)
    for call in (
        lambda: enrolled.accounts.sign_in(pending, code),
        lambda: enrolled.accounts.send_code(pending.ticket, client=HERE),
        lambda: enrolled.accounts.resend_code(pending),
    ):
        with pytest.raises(NotSignedIn):
            call()


def test_a_ticket_runs_out(enrolled: Site) -> None:
    ticket = enrolled.ticket()
    enrolled.clock.advance(minutes=15, seconds=-0.001)
    pending = enrolled.accounts.send_code(ticket, client=HERE)
    enrolled.clock.advance(seconds=0.001)
    for call in (
        lambda: enrolled.accounts.send_code(ticket, client=HERE),
        lambda: enrolled.accounts.sign_in(pending, enrolled.code()),
        lambda: enrolled.accounts.enrol_phone(ticket, enrolled.phone, client=HERE),
    ):
        with pytest.raises(NotSignedIn):
            call()


def test_a_session_runs_out(enrolled: Site) -> None:
    session = enrolled.signed_in()
    enrolled.clock.advance(hours=12, seconds=-0.001)
    assert enrolled.accounts.who(session) == "ana"
    enrolled.clock.advance(seconds=0.001)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.who(session)


def test_a_ticket_is_no_session_and_a_session_is_no_ticket(enrolled: Site) -> None:
    ticket, session = enrolled.ticket(), enrolled.signed_in()
    with pytest.raises(NotSignedIn):
        enrolled.accounts.who(ticket)  # type: ignore[arg-type]
    with pytest.raises(NotSignedIn):
        enrolled.accounts.send_code(session, client=HERE)  # type: ignore[arg-type]


def test_tokens_are_long_random_and_stored_as_hashes(enrolled: Site) -> None:
    tickets = [enrolled.ticket().token.reveal() for _ in range(20)]
    assert len(set(tickets)) == 20
    assert all(len(token) * 6 >= 128 for token in tickets)
    stored = {str(value) for _, value in enrolled.stored_values()}
    assert not stored & set(tickets)
    # A hash out of the database opens nothing.
    for row in enrolled.rows("tokens"):
        with pytest.raises(NotSignedIn):
            enrolled.accounts.send_code(Ticket("ana", Secret(row["token_hash"])), client=HERE)


def test_tokens_that_ran_out_are_thrown_away(enrolled: Site) -> None:
    for _ in range(5):
        enrolled.ticket()
    enrolled.clock.advance(hours=13)
    enrolled.ticket()
    assert len(enrolled.rows("tokens")) == 1


def test_a_session_knows_when_it_was_signed_in_to(enrolled: Site) -> None:
    session = enrolled.signed_in()
    assert session.signed_in_at == enrolled.clock.now()
    enrolled.clock.advance(hours=1)
    [row] = [row for row in enrolled.rows("tokens") if row["kind"] == "session"]
    assert row["created_at"] == enrolled.clock.now_ms() - 3_600_000


def test_signing_out_everywhere_ends_every_session_and_every_sign_in_under_way(enrolled: Site) -> None:
    enrolled.accounts.register("ben", PASSWORD)
    bens = enrolled.ticket("ben")
    here, there = enrolled.signed_in(), enrolled.signed_in()
    pending = enrolled.pending()
    enrolled.accounts.sign_out_everywhere(here)
    for over in (here, there):
        with pytest.raises(NotSignedIn):
            enrolled.accounts.who(over)
        with pytest.raises(NotSignedIn):
            enrolled.accounts.sign_out_everywhere(over)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in(pending, enrolled.code())
    with pytest.raises(NoConfirmedPhone):  # ben's ticket is as good as before
        enrolled.accounts.send_code(bens, client=HERE)


def test_a_ticket_that_was_bound_to_another_code_meanwhile_gives_no_session(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = enrolled.pending()
    code = enrolled.code()
    check = enrolled.verifier.check

    def check_slowly(*arguments: Any, **keywords: Any) -> Any:
        approved = check(*arguments, **keywords)
        enrolled.accounts.send_code(pending.ticket, client=HERE)
        return approved

    monkeypatch.setattr(enrolled.verifier, "check", check_slowly)
    with pytest.raises(NotSignedIn):
        enrolled.accounts.sign_in(pending, code)
    assert {row["kind"] for row in enrolled.rows("tokens")} == {"ticket"}


# The second factor, from here


def test_a_resend_keeps_the_ticket_and_its_old_code_dies(enrolled: Site) -> None:
    pending = enrolled.pending()
    old = enrolled.code()
    enrolled.clock.advance(seconds=30)
    again = enrolled.accounts.resend_code(pending)
    new = enrolled.code()
    with pytest.raises(WrongCode):
        enrolled.accounts.sign_in(again, old)
    assert enrolled.accounts.sign_in(pending, new).account == "ana"


def test_too_many_wrong_codes_end_this_sign_in_and_the_next_one_works(enrolled: Site) -> None:
    pending = enrolled.pending()
    right = enrolled.code()
    wrong = str((int(right) + 1) % 10**6).zfill(6)
    for _ in range(5):
        with pytest.raises(WrongCode):
            enrolled.accounts.sign_in(pending, wrong)
    with pytest.raises(TooManyChecks):
        enrolled.accounts.sign_in(pending, right)
    with pytest.raises(ChecksPaused):
        enrolled.pending()
    enrolled.clock.advance(seconds=30)
    assert enrolled.accounts.who(enrolled.signed_in()) == "ana"


def test_an_expired_code_says_so(enrolled: Site) -> None:
    pending = enrolled.pending()
    code = enrolled.code()
    enrolled.clock.advance(minutes=5)
    with pytest.raises(CodeExpired):
        enrolled.accounts.sign_in(pending, code)


def test_with_sms_switched_off_the_password_goes_on_and_no_text_is_sent(new_site: NewSite) -> None:
    site = new_site(Policy(account_failure_cap=5))
    site.enrol()
    pending = site.pending()
    wrong = str((int(site.code()) + 1) % 10**6).zfill(6)
    for _ in range(5):
        with pytest.raises(WrongCode):
            site.accounts.sign_in(pending, wrong)
    texts = len(site.rows("verifications"))
    with pytest.raises(AuthenticatorDisabled):
        site.accounts.send_code(site.ticket(), client=HERE)
    assert len(site.rows("verifications")) == texts


def test_a_stranger_without_the_password_uses_up_nobodys_checks(enrolled: Site) -> None:
    """ASVS 6.1.1: no malicious lock-out. Code checks exist only behind a right password."""
    pending = enrolled.pending()
    forged = PendingSignIn(Ticket("ana", Secret("guess")), pending.verification)
    for _ in range(30):
        with pytest.raises(NotSignedIn):
            enrolled.accounts.sign_in(forged, "000000")
    assert enrolled.accounts.sign_in(pending, enrolled.code()).account == "ana"


@pytest.mark.parametrize(
    "error", [OutcomeUnknown("no answer"), ServerError(502)], ids=lambda error: type(error).__name__
)
def test_a_text_of_unknown_fate_is_waited_for_and_its_code_signs_in(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch, error: FlowrouteError
) -> None:
    with monkeypatch.context() as failing:
        enrolled.fail_next_send(failing, error, after_sending=True)
        pending = enrolled.pending()
    assert pending.verification.delivery == "unknown"
    assert "can't tell whether it left" in pending.words
    assert enrolled.accounts.sign_in(pending, enrolled.code()).account == "ana"


def test_a_phone_can_be_confirmed_by_a_text_of_unknown_fate(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = site.ticket()
    with monkeypatch.context() as failing:
        site.fail_next_send(failing, OutcomeUnknown("no answer"), after_sending=True)
        verification = site.accounts.enrol_phone(ticket, site.phone, client=HERE)
    assert verification.delivery == "unknown"
    site.accounts.confirm_phone(ticket, verification.id, site.code())
    assert site.rows("accounts")[0]["phone_confirmed_at"]


@pytest.mark.parametrize(
    ("error", "wait"),
    [(ConnectionFailed("no network"), 0), (Forbidden(403), 30)],
    ids=["ConnectionFailed", "Forbidden"],
)
def test_a_text_that_was_not_sent_leaves_the_ticket_good_for_another_try(
    enrolled: Site, monkeypatch: pytest.MonkeyPatch, error: FlowrouteError, wait: float
) -> None:
    ticket = enrolled.ticket()
    with monkeypatch.context() as failing:
        enrolled.fail_next_send(failing, error, after_sending=False)
        with pytest.raises(type(error)):
            enrolled.accounts.send_code(ticket, client=HERE)
    enrolled.clock.advance(seconds=wait)
    pending = enrolled.accounts.send_code(ticket, client=HERE)
    assert enrolled.accounts.sign_in(pending, enrolled.code()).account == "ana"


# Nothing leaks


def whole_run(site: Site) -> tuple[list[object], list[str]]:
    """A day on the site: what came back, and the secrets that were in play."""
    seen: list[object] = []
    hidden = [PASSWORD, "wrong horse battery", "short", "+18765550100", "8765550100", "+12065550100", "2065550100"]
    hidden += ["206-555-0100", "(206) 555-0100", site.settings.code_key.reveal().hex(), "hunter2-as-name"]

    def run(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        try:
            seen.append(call(*arguments, **keywords))
        except CourseError as error:
            seen.append(error)
        return seen[-1]

    accounts: Accounts = site.accounts
    run(accounts.register, "ana", "short")
    run(accounts.register, "ana", PASSWORD)
    run(accounts.register, "ana", PASSWORD)
    run(accounts.check_password, "hunter2-as-name", "wrong horse battery", client=HERE)
    for _ in range(5):
        run(accounts.check_password, "ana", "wrong horse battery", client=ELSEWHERE)
    ticket = run(accounts.check_password, "ana", PASSWORD, client=HERE)
    run(accounts.send_code, ticket, client=HERE)
    run(accounts.enrol_phone, ticket, "+18765550100", client=HERE)
    enrolling = run(accounts.enrol_phone, ticket, site.phone, client=HERE)
    hidden.append(site.code())
    run(accounts.confirm_phone, ticket, enrolling.id, hidden[-1][:5])
    run(accounts.confirm_phone, ticket, enrolling.id, hidden[-1])
    run(accounts.enrol_phone, ticket, site.phone, client=HERE)
    pending = run(accounts.send_code, ticket, client=HERE)
    hidden.append(site.code())
    run(accounts.resend_code, pending)
    run(accounts.sign_in, pending, "000000")
    site.clock.advance(seconds=30)
    run(accounts.resend_code, pending)
    run(accounts.sign_in, pending, hidden[-1])
    hidden.append(site.code())
    session = run(accounts.sign_in, pending, hidden[-1])
    run(accounts.sign_in, pending, hidden[-1])
    run(accounts.who, session)
    hidden += [ticket.token.reveal(), session.token.reveal()]
    return seen, hidden


def test_no_repr_message_or_traceback_shows_a_secret(new_site: NewSite) -> None:
    outcomes, hidden = whole_run(new_site())
    kinds = {type(outcome).__name__ for outcome in outcomes}
    assert {"Ticket", "Session", "PendingSignIn", "Verification", "SignInRefused", "SlowDown", "CodeReplaced"} <= kinds
    shown = []
    for outcome in outcomes:
        shown += [repr(outcome), str(outcome)]
        if isinstance(outcome, CourseError):
            frames = traceback.TracebackException.from_exception(outcome, capture_locals=True)
            # What this file's own frames hold is this file's affair.
            shown += [
                outcome.user_message,
                *(repr(frame.locals) for frame in frames.stack if frame.filename != __file__),
            ]
            assert outcome.__context__ is None
    assert not [secret for secret in hidden if secret in "\n".join(shown)]


def test_no_log_line_shows_a_secret(new_site: NewSite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, hidden = whole_run(new_site())
    assert not [secret for secret in hidden if secret in caplog.text]


def test_the_database_holds_the_number_in_two_columns_and_no_other_secret(new_site: NewSite) -> None:
    site = new_site()
    _, hidden = whole_run(site)
    holders = set()
    for place, value in site.stored_values():
        text = value.hex() if isinstance(value, bytes) else str(value)
        # Six digits in a row may stand in a hash by chance, so a secret counts as a whole word.
        if any(re.search(rf"(?<![0-9a-zA-Z_-]){re.escape(secret)}(?![0-9a-zA-Z_-])", text) for secret in hidden):
            holders.add(place)
    assert holders == {"accounts.phone", "verifications.phone"}
