"""What is done about what was posted: by the record alone, once, whatever the order."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webhooks_site import HERE, OTHER_PHONE, PASSWORD, PHONE, Site

from helpers.accounts import NotSignedIn
from helpers.database import transaction
from helpers.flowroute import ConnectionFailed, OptedOut, RateLimited, Receipt, ServerError
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.webhooks.callbacks import AT_ONCE
from helpers.webhooks.replies import HELP_A_DAY

NewSite = Callable[..., Site]
OURS = ("posted", "opt_outs", "receipts")
MADE_UP = "mdr2-ffffffffffffffffffffffffffffffff"


def text_payload(message_id: str, body: str = "hello", sender: str = "12065550100") -> dict[str, Any]:
    return {"to": "12065550199", "body": body, "from": sender, "id": message_id}


# STOP, UNSTOP


@pytest.mark.parametrize("webhook_format", ["v2", "v2.1"])
def test_stop_and_unstop_in_both_generations(site: Site, webhook_format: Any) -> None:
    site.network.webhook_format = webhook_format
    site.clock.advance(seconds=0.98)
    stop = site.text(" Stop ")
    assert (site.posted(stop).word, site.posted(stop).outcome, site.posted(stop).last_two) == (
        "STOP",
        "opted out",
        "00",
    )
    assert site.callbacks.opted_out(PHONE) == site.clock.now()
    assert site.callbacks.opted_out(OTHER_PHONE) is None
    with pytest.raises(OptedOut):  # Flowroute refuses; we only remember
        site.pending()
    site.clock.advance(minutes=2)
    assert site.posted(site.text("unstop")).outcome == "opted in"
    assert site.callbacks.opted_out(PHONE) is None


def test_more_than_the_word_opts_nobody_out(site: Site) -> None:
    assert site.posted(site.text("STOP PLEASE")).outcome == "nothing to do"
    assert site.callbacks.opted_out(PHONE) is None


def test_the_word_that_was_said_last_counts_whichever_arrives_last(new_site: NewSite) -> None:
    site = new_site(connected=False)
    stop = site.text("STOP")
    site.clock.advance(seconds=1)
    unstop = site.text("UNSTOP")
    for message_id in (unstop, stop):
        assert site.post(text_payload(message_id)).status_code == 200
    assert site.callbacks.opted_out(PHONE) is None
    assert len(site.rows("opt_outs")) == 1


def test_a_change_of_key_forgets_no_stop_and_hears_the_unstop(new_site: NewSite) -> None:
    site = new_site(connected=False)
    site.callbacks.note(site.text("STOP"))
    site.callbacks.catch_up()
    said_at, new_key = site.clock.now(), Secret(b"another key of thirty-two bytes.")
    after = site.new_callbacks(key=new_key, previous_keys=(site.settings.code_key,))
    assert after.opted_out(PHONE) == said_at
    assert site.new_callbacks(key=new_key).opted_out(PHONE) is None  # the key of before is gone, and what it hid
    site.clock.advance(minutes=1)
    after.note(site.text("UNSTOP"))
    after.catch_up()
    assert after.opted_out(PHONE) is None


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_words_of_one_moment_it_is_always_the_same_one(new_site: NewSite, turned: bool) -> None:
    site = new_site(connected=False)
    both = sorted([site.text("STOP"), site.text("UNSTOP")], reverse=turned)
    for message_id in both:
        site.post(text_payload(message_id))
    assert site.rows("opt_outs")[0]["message_id"] == max(both)


def test_a_phone_that_opted_out_can_still_be_told_no_secret(site: Site) -> None:
    """No text, no phone number and no code is kept."""
    site.pending()
    for body in ("STOP", "UNSTOP", "HELP", "NO", "my number is 12065550100"):
        site.text(body)
        site.clock.advance(seconds=3)
    values = [str(value) for value in site.stored_values(*OURS)]
    assert len(values) > 50
    for secret in ("2065550100", "2065550199", "my number", "your code"):
        assert not [value for value in values if secret in value]


# HELP


def test_help_is_answered_once_an_hour_and_counted(site: Site) -> None:
    before = site.verifier.figures().messages
    first = site.text("help")
    site.clock.advance(minutes=59, seconds=50)
    again = site.text("HELP")
    assert (site.posted(first).outcome, site.posted(again).outcome) == ("answered", "answered lately")
    assert site.answers() == 1
    site.clock.advance(seconds=10)
    assert site.posted(site.text("HELP")).outcome == "answered"
    assert site.answers() == 2
    assert site.verifier.figures().messages == before + 2


def test_each_phone_has_its_own_hour(site: Site) -> None:
    site.text("HELP")
    site.text("HELP", phone=OTHER_PHONE)
    assert (site.answers(PHONE), site.answers(OTHER_PHONE)) == (1, 1)


def test_a_thousand_helps_cost_two_hundred_texts(new_site: NewSite) -> None:
    site = new_site(connected=False)
    said = []
    site.verifier.tell = lambda *words, **about: bool(said.append(words)) or True  # type: ignore[method-assign]
    for number in range(HELP_A_DAY + 20):
        phone = (
            PhoneNumber(f"+1206555{100 + number % 100:04d}") if number < 100 else PhoneNumber(f"+1212456{number:04d}")
        )
        site.post(text_payload(site.text("HELP", phone=phone)))
    assert len(said) == HELP_A_DAY
    assert site.callbacks.recent()[-1].word == "HELP"
    assert sum(each.outcome == "no answers left today" for each in site.callbacks.recent(1000)) == 20
    site.clock.advance(days=1)
    site.post(text_payload(site.text("HELP")))
    assert len(said) == HELP_A_DAY + 1


def test_a_help_of_an_hour_ago_is_not_answered(new_site: NewSite) -> None:
    site = new_site(connected=False)
    late, later = site.text("HELP"), site.text("HELP", phone=OTHER_PHONE)
    site.clock.advance(minutes=59, seconds=59)
    site.post(text_payload(late))
    site.clock.advance(seconds=1)
    site.post(text_payload(later))
    assert (site.posted(late).outcome, site.posted(later).outcome) == ("answered", "too late to answer")


# NO


def test_a_no_ends_the_sign_in_and_the_next_one_is_told(site: Site) -> None:
    pending = site.pending()
    assert site.inbox.texts(PHONE)[-1].body.splitlines()[0].endswith("Not you? Reply NO.")
    said_at = site.clock.now()
    no = site.text("No.")
    assert site.posted(no).outcome == "denied 1"
    assert site.status(pending) == "canceled"
    site.clock.advance(minutes=5)
    session = site.accounts.sign_in(site.pending(), site.settings.code_from_phone())
    assert session.denied_at == said_at
    assert site.posted(site.text("NO", phone=OTHER_PHONE)).outcome == "denied 0"


def test_a_no_that_comes_late_or_again_ends_nothing_newer(new_site: NewSite) -> None:
    site = new_site(connected=False)
    site.enrol()
    first = site.pending()
    no = site.text("NO")
    site.clock.advance(minutes=5)
    second = site.pending()
    for _ in range(3):
        site.post(text_payload(no))
        site.clock.advance(days=40) if _ == 1 else None
    assert site.status(first) == "canceled"
    site.post(text_payload(no))
    assert site.status(second) in ("pending", "expired")
    with pytest.raises(NotSignedIn):
        site.accounts.sign_in(second, "000000")
    assert site.accounts.check_password("ana", PASSWORD, client=HERE).account == "ana"  # nobody is locked out


def test_a_text_is_acted_on_once_however_often_it_is_posted(site: Site) -> None:
    site.pending()
    no, asked = site.text("NO"), site.text("HELP")
    site.clock.advance(minutes=5)
    session = site.accounts.sign_in(site.pending(), site.settings.code_from_phone())
    site.accounts.acknowledge_denial(session)
    for _ in range(3):
        site.post(text_payload(no))
        site.post(text_payload(asked))
    assert (site.posted(no).posts, site.posted(asked).posts, site.posted(asked).outcome) == (4, 4, "answered")
    assert site.rows("accounts")[0]["denied_at"] is None  # what was answered is not asked again


# Who is believed


def test_a_post_is_believed_in_nothing_but_its_id(site: Site) -> None:
    pending = site.pending()
    forged = {"data": {"type": "message", "id": MADE_UP, "attributes": {"body": "STOP", "from": "12065550100"}}}
    assert site.post(forged).status_code == 200
    hello = site.text("hello")
    site.post(text_payload(hello, "NO"))
    receipt_of_text = {"type": "delivery_receipt", "id": hello, "attributes": {"status": "failed"}}
    site.post(receipt_of_text)
    ours = pending.verification.message_id
    assert ours is not None
    site.post(text_payload(ours, "STOP", sender="12065550100"))
    assert (site.posted(hello).word, site.posted(hello).outcome) == ("other", "nothing to do")
    assert (site.posted(ours).word, site.posted(ours).outcome) == ("", "receipts")
    assert site.callbacks.opted_out(PHONE) is None
    assert site.status(pending) == "pending"
    assert site.posted(MADE_UP).state == "waiting"
    site.clock.advance(minutes=60)
    site.callbacks.catch_up()
    assert (site.posted(MADE_UP).state, site.posted(MADE_UP).outcome) == ("unknown", "")


def test_a_text_to_another_number_or_from_one_is_not_ours(new_site: NewSite) -> None:
    site = new_site(connected=False)
    site.enrol()
    other = new_site(site.settings, connected=False)
    other.callbacks = other.new_callbacks(number=PhoneNumber("+12065550198"))
    outgoing = site.pending().verification.message_id
    incoming = site.text("STOP")
    assert outgoing is not None
    for message_id in (incoming, outgoing):
        other.callbacks.note(message_id)
    assert str(other.callbacks.catch_up()) == "0 done, 0 waiting, 0 unknown, 2 not ours."
    assert other.posted(incoming).state == "not ours"
    assert other.callbacks.opted_out(PHONE) is None
    other.callbacks.note(incoming)
    assert (other.posted(incoming).state, other.posted(incoming).posts) == ("not ours", 2)


def test_an_mms_is_a_text_without_a_word(site: Site) -> None:
    picture = site.text(None, media_urls=["https://media.example/image.png"])
    assert site.posted(picture).word == "other"


def test_a_new_id_may_be_on_v2_and_an_old_one_on_the_newer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []
    get_message = site.callbacks._flowroute.get_message

    def noting(message_id: str, **where: Any) -> Any:
        asked.append((message_id[:5], where["api_version"]))
        return get_message(message_id, **where)

    monkeypatch.setattr(site.callbacks._flowroute, "get_message", noting)
    for message_id in ("mdr1-" + "0" * 32, "mdr2-" + "0" * 32, "another-form-of-id"):
        site.post(text_payload(message_id))
    assert asked[:2] == [("mdr1-", "v2"), ("mdr1-", "v2.2")]
    assert [pair for pair in asked if pair[0] == "mdr2-"][:2] == [("mdr2-", "v2.2"), ("mdr2-", "v2")]
    assert ("anoth", "v2.2") in asked


# What waits


def test_a_record_that_is_not_there_yet_is_looked_up_again(site: Site) -> None:
    site.network.record_delay_seconds = 5
    first = site.text("STOP")
    assert site.posted(first).state == "waiting"
    site.clock.advance(seconds=6)
    second = site.text("hello")  # its callback catches up with the first
    assert (site.posted(first).state, site.posted(second).state) == ("done", "waiting")
    site.clock.advance(minutes=61)
    assert site.callbacks.catch_up().done == 1


@pytest.mark.parametrize("problem", [ConnectionFailed("no network"), RateLimited(429), ServerError(503)])
def test_while_flowroute_cannot_be_asked_all_waits_whatever_its_age(
    site: Site, problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fail(message_id: str, **_: Any) -> None:
        asked.append(message_id)
        raise problem

    site.network.record_delay_seconds = 10_000
    ids = [site.text("STOP"), site.text("STOP", phone=OTHER_PHONE)]
    site.network.record_delay_seconds = 0
    monkeypatch.setattr(site.callbacks._flowroute, "get_message", fail)
    site.clock.advance(hours=2)
    outcome = site.callbacks.catch_up()
    assert (outcome.waiting, outcome.problem) == (2, str(problem))
    assert str(outcome).startswith("0 done, 2 waiting, 0 unknown, 0 not ours. ")
    assert len(asked) == (2 if isinstance(problem, ServerError) else 1)
    monkeypatch.undo()
    assert site.callbacks.catch_up().done == 2
    assert {site.posted(message_id).outcome for message_id in ids} == {"opted out"}


def test_one_post_looks_up_so_many_and_new_ones_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(AT_ONCE + 10):
        site.callbacks.note(f"mdr2-{number:032x}")
    site.callbacks.catch_up()
    looked = [row["looked_at"] > 0 for row in site.rows("posted") if row["state"] == "waiting"]
    assert (looked.count(True), looked.count(False)) == (AT_ONCE, 10)
    site.clock.advance(seconds=1)
    site.callbacks.catch_up()
    assert all(row["looked_at"] > 0 for row in site.rows("posted") if row["state"] == "waiting")
    assert site.posted(site.text("STOP")).state == "done"


def test_an_unknown_one_that_is_posted_again_is_looked_up_again(site: Site) -> None:
    site.network.record_delay_seconds = 7200
    stop = site.text("STOP")
    site.clock.advance(hours=1)
    site.callbacks.catch_up()
    assert site.posted(stop).state == "unknown"
    site.clock.advance(minutes=30)
    site.post(text_payload(stop))
    assert site.posted(stop).state == "waiting"
    site.network.record_delay_seconds = 0
    site.callbacks.catch_up()
    assert site.posted(stop).outcome == "opted out"


def test_of_two_at_work_on_one_post_the_second_does_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    other = site.new_callbacks()
    record = site.callbacks._record

    def slowly(message_id: str) -> Any:
        found = record(message_id)
        other.catch_up()
        return found

    monkeypatch.setattr(site.callbacks, "_record", slowly)
    assert site.posted(site.text("HELP")).outcome == "answered"
    pending = site.pending()
    assert site.answers() == 1
    assert pending.verification.message_id is not None
    assert site.callbacks.timeline(pending.verification.message_id) is not None
    other._engine.dispose()


def test_old_posts_are_swept_and_do_nothing_when_they_come_again(site: Site) -> None:
    stop, unknown = site.text("STOP"), MADE_UP
    site.clock.advance(seconds=1)
    unstop = site.text("UNSTOP")
    site.pending()
    site.post(text_payload(unknown))
    site.clock.advance(days=31)
    site.callbacks.catch_up()
    site.text("hello")
    assert site.callbacks.find(stop) is None
    assert site.callbacks.find(unknown) is None or site.posted(unknown).state == "unknown"
    assert site.rows("receipts") == []
    site.post(text_payload(stop))
    assert site.posted(stop).outcome == "opted out"
    assert site.callbacks.opted_out(PHONE) is None
    assert site.callbacks.find(unstop) is None


def test_what_waits_is_never_swept(new_site: NewSite) -> None:
    site = new_site(connected=False)
    stop = site.text("STOP")
    site.callbacks.note(stop)  # answered with 200, and then Flowroute could not be asked for a month
    site.clock.advance(days=31)
    site.callbacks.note(MADE_UP)
    site.callbacks.catch_up()
    assert site.posted(stop).outcome == "opted out"


# Receipts


@pytest.mark.parametrize("webhook_format", ["v2", "v2.1"])
def test_receipts_in_order_however_they_come(site: Site, webhook_format: Any) -> None:
    site.network.webhook_format = webhook_format
    message_id = site.pending().verification.message_id
    assert message_id is not None
    site.clock.advance(seconds=30)
    forged = {"attributes": {"status": "failed", "status_code": "1007"}, "id": message_id, "type": "delivery_receipt"}
    for _ in range(2):
        site.post(forged)
    timeline = site.callbacks.timeline(message_id)
    assert timeline is not None
    assert [(each.level, each.status, each.status_code) for each in timeline.receipts] == [
        (1, "smsc submit", None),
        (2, "message buffered", 1003),
        (2, "delivered", 1004),
    ]
    times = [each.timestamp for each in timeline.receipts]
    assert None not in times
    assert times == sorted(times)  # type: ignore[type-var]
    posted = site.callbacks.find(message_id)
    assert posted is not None
    assert posted.posts >= 5
    assert site.callbacks.timeline(MADE_UP) is None
    assert len(site.rows("receipts")) == len({row["message_id"] for row in site.rows("receipts")}) * 3


def test_a_later_receipt_is_looked_up_too(site: Site) -> None:
    message_id = site.pending().verification.message_id
    assert message_id is not None
    site.clock.advance(minutes=1)
    site.network.set_receipt(message_id, status="failed", code=1007)
    timeline = site.callbacks.timeline(message_id)
    assert timeline is not None
    assert timeline.receipts[-1].status_code == 1007


def test_a_receipt_that_comes_during_a_look_up_is_not_missed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = site.pending().verification.message_id
    assert message_id is not None
    site.clock.advance(minutes=1)
    record = site.callbacks._record

    def slowly(looked_up: str) -> Any:
        found = record(looked_up)
        monkeypatch.undo()
        monkeypatch.setattr(site.callbacks, "catch_up", lambda: None)
        site.network.set_receipt(message_id, status="failed", code=1007)
        return found

    monkeypatch.setattr(site.callbacks, "_record", slowly)
    site.callbacks.note(message_id)
    assert site.callbacks.catch_up().done == 0
    assert site.posted(message_id).state == "waiting"
    monkeypatch.undo()
    assert site.callbacks.catch_up().done == 1
    timeline = site.callbacks.timeline(message_id)
    assert timeline is not None
    assert timeline.receipts[-1].status_code == 1007


def test_a_receipt_may_lack_everything(site: Site) -> None:
    message_id = site.pending().verification.message_id
    assert message_id is not None
    record = site.settings.client().get_message(message_id)
    bare = Receipt(level=None, status="?", status_code=None, description="", timestamp=None)
    with transaction(site.callbacks._engine) as connection:
        for _ in range(2):
            site.callbacks._receipts.keep(connection, replace(record, receipts=(bare,)))
    timeline = site.callbacks.timeline(message_id)
    assert timeline is not None
    assert timeline.receipts.count(bare) == 1


def test_a_text_without_a_time_was_said_when_it_was_posted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    record = site.callbacks._record
    monkeypatch.setattr(site.callbacks, "_record", lambda found: replace(record(found), timestamp=None))  # type: ignore[type-var]
    site.text("STOP")
    assert site.callbacks.opted_out(PHONE) == site.clock.now()


# Any order, any number of times, and forgeries in between


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.sampled_from(["STOP", "UNSTOP", "NO", "no!", "hello", "HELP"]), min_size=1, max_size=6),
    seed=st.integers(0, 2**32),
)
def test_the_end_is_that_of_the_honest_sequence(new_site: NewSite, bodies: list[str], seed: int) -> None:
    ends = []
    for honest in (True, False):
        site = new_site(connected=False)
        site.enrol()
        pending = site.pending()
        ids = []
        for body in bodies:
            ids.append(site.text(body))
            site.clock.advance(seconds=1)
        ours = pending.verification.message_id
        assert ours is not None
        posts = [text_payload(message_id) for message_id in ids]
        if not honest:
            chance = random.Random(seed)  # noqa: S311 (an order, no secret)
            posts = [post for post in posts for _ in range(chance.randint(1, 3))]
            posts += [text_payload(chance.choice([*ids, ours, MADE_UP]), chance.choice(["STOP", "NO", "UNSTOP"]))] * 3
            posts += [{"data": {"type": "delivery_receipt", "id": message_id}} for message_id in [*ids, ours, MADE_UP]]
            chance.shuffle(posts)
        for post in posts:
            assert site.post(post).status_code == 200
        site.clock.advance(hours=1, minutes=1)
        site.callbacks.catch_up()
        ends.append(site.end_state() | {"answers": site.answers()})
        site.close()
    assert ends[0] == ends[1]


def test_times_are_those_of_the_record(site: Site) -> None:
    site.network.record_delay_seconds = 60
    site.text("STOP")
    said_at = site.clock.now()
    site.clock.advance(minutes=2)
    site.callbacks.catch_up()
    assert site.callbacks.opted_out(PHONE) == said_at
    assert site.clock.now() - said_at == timedelta(minutes=2)
