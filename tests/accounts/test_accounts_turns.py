"""Two people, or one in two windows, at one account on PostgreSQL: each finds what the other has done, all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import databases
import pytest
import turns
from accounts_site import PASSWORD, Site
from sqlalchemy import make_url

from helpers.accounts import NotSignedIn, Session, SignInRefused, SlowDown, Ticket

DATABASES = ("postgresql",)


@pytest.fixture
def meet(database_url: str) -> Callable[..., Any]:
    def arrange(site: Site, first: Callable[[], Any], held_after: str, second: Callable[[], Any]) -> Any:
        engine = site.accounts._engine
        return turns.meet(database_url, engine, first=first, held_after=held_after, second=second)

    return arrange


def test_signing_out_everywhere_ends_a_sign_in_that_is_nearly_done(enrolled: Site, meet: Any) -> None:
    """Its session is written and not committed: whoever looks just now does not see it."""
    before = enrolled.signed_in()
    enrolled.clock.advance(minutes=1)
    pending, code = enrolled.pending(), enrolled.code()
    session, _ = meet(
        enrolled,
        lambda: enrolled.accounts.sign_in(pending, code),
        "INSERT INTO tokens",
        lambda: enrolled.accounts.sign_out_everywhere(before),
    )
    assert isinstance(session, Session)
    for each in (before, session):
        with pytest.raises(NotSignedIn):
            enrolled.accounts.who(each)


def test_a_sign_in_that_comes_while_all_are_signed_out_is_none(enrolled: Site, meet: Any) -> None:
    before = enrolled.signed_in()
    enrolled.clock.advance(minutes=1)
    pending, code = enrolled.pending(), enrolled.code()
    _, refused = meet(
        enrolled,
        lambda: enrolled.accounts.sign_out_everywhere(before),
        "DELETE FROM tokens",
        lambda: enrolled.accounts.sign_in(pending, code),
    )
    assert isinstance(refused, NotSignedIn)
    assert enrolled.rows("tokens") == []


def test_a_right_password_of_an_account_that_is_being_deleted_is_none(enrolled: Site, meet: Any) -> None:
    """Its name may be somebody else's the next moment, and a ticket would be good for theirs."""
    session = enrolled.signed_in()
    _, refused = meet(
        enrolled,
        lambda: enrolled.accounts.delete_account(session, PASSWORD, client="203.0.113.9"),
        "DELETE FROM accounts",
        enrolled.ticket,
    )
    assert isinstance(refused, SignInRefused)
    assert enrolled.rows("tokens") == []


def test_two_first_wrong_passwords_at_once_are_two(site: Site, meet: Any) -> None:
    """There is no row yet that could be locked, and both would count from nothing."""

    def guess() -> Ticket:
        return site.ticket(password="a wrong one")

    assert all(isinstance(each, SignInRefused) for each in meet(site, guess, "FROM password_failures", guess))
    assert [row["failures"] for row in site.rows("password_failures")] == [2]


def test_the_third_and_the_fourth_wrong_password_at_once_are_one_and_a_wait(site: Site, meet: Any) -> None:
    def guess() -> Ticket:
        return site.ticket(password="a wrong one")

    for _ in range(2):
        with pytest.raises(SignInRefused):
            guess()
    _, refused = meet(site, guess, "FROM password_failures", guess)
    assert isinstance(refused, SlowDown)


def test_what_is_thrown_away_is_passed_over_where_somebody_is_at_work_on_it(site: Site, database_url: str) -> None:
    """Tickets and counts of everybody: two who throw away at once must not wait for each other."""
    site.ticket()
    with pytest.raises(SignInRefused):
        site.ticket("ben", password="a wrong one")
    site.clock.advance(hours=25)
    with databases.connect(make_url(database_url)) as other, other.transaction():
        other.execute("SELECT * FROM tokens FOR UPDATE")
        other.execute("SELECT * FROM password_failures FOR UPDATE")
        site.ticket()
        assert len(site.rows("tokens")) == 2
        assert len(site.rows("password_failures")) == 1
    site.ticket()
    assert len(site.rows("tokens")) == 2  # the old one has gone
    assert site.rows("password_failures") == []
