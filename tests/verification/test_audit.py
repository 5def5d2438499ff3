"""The audit log: one entry for every deed, none that can be changed, and nothing in it that must not be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from databases import BOTH, on
from sqlalchemy import event
from verification_bench import ANA, KEY, PHONE, Bench, minutes

from helpers.database import DatabaseUnavailable, empty_database
from helpers.flowroute import Forbidden
from helpers.phone_numbers import PhoneNumber, PhoneNumberError
from helpers.verification import (
    AuditEntry,
    ChecksPaused,
    CodeReplaced,
    InvalidCode,
    NotPending,
    Policy,
    SendBudget,
    SendLimitReached,
    Store,
    TooManyChecks,
    TooSoon,
    Verification,
    WrongCode,
)
from helpers.verification.audit import LONGEST_FIELD

NewBench = Callable[..., Bench]
CLIENT = "198.51.100.7"


def last(bench: Bench) -> AuditEntry:
    return bench.verifier.audit.entries()[-1]


def count(bench: Bench) -> int:
    return len(bench.verifier.audit.entries(limit=10_000))


def entry(bench: Bench, number: int, event: str, outcome: str, started: Verification, **more: Any) -> AuditEntry:
    """What is to stand in the log about one of ana's verifications."""
    about: dict[str, Any] = {"client": "", "message_id": "", "phone": "••00", "detail": "", **more}
    return AuditEntry(
        number=number,
        at=bench.clock.now(),
        event=event,
        outcome=outcome,
        account=started.account,
        purpose=started.purpose,
        verification=started.id,
        **about,
    )


# One entry for every deed


def test_each_step_of_a_sign_in_is_one_entry_with_all_there_is_to_know(bench: Bench) -> None:
    wanted = []
    started = bench.start()
    wanted.append(entry(bench, 1, "start", "sent", started, client=CLIENT, message_id="mdr2-1"))
    bench.clock.advance(seconds=30)
    bench.verifier.resend(started.id, **ANA)
    wanted.append(entry(bench, 2, "resend", "sent", started, message_id="mdr2-2"))
    bench.clock.advance(seconds=10)
    with pytest.raises(WrongCode):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    wanted.append(entry(bench, 3, "check", "WrongCode", started, phone=""))
    with pytest.raises(CodeReplaced):
        bench.verifier.check(started.id, bench.flowroute.codes[0], **ANA)
    wanted.append(entry(bench, 4, "check", "CodeReplaced", started, phone=""))
    bench.clock.advance(seconds=10)
    bench.verifier.check(started.id, bench.code, **ANA)
    wanted.append(entry(bench, 5, "check", "approved", started))
    with pytest.raises(NotPending):
        bench.verifier.check(started.id, bench.code, **ANA)
    wanted.append(entry(bench, 6, "check", "NotPending", started, phone=""))
    assert bench.verifier.audit.entries() == wanted


def test_a_cancel_is_one_entry(bench: Bench) -> None:
    started = bench.start()
    bench.verifier.cancel(started.id, **ANA)
    assert last(bench) == entry(bench, 2, "cancel", "canceled", started, phone="")
    with pytest.raises(NotPending):
        bench.verifier.cancel(started.id, **ANA)
    assert last(bench) == entry(bench, 3, "cancel", "NotPending", started, phone="")


def test_what_operators_do_is_written_down_too(bench: Bench) -> None:
    bench.verifier.restore_sms("ana", by="Olga of the help desk")
    restored = last(bench)
    assert (restored.event, restored.outcome, restored.account) == ("restore", "restored", "ana")
    assert restored.detail == "by Olga of the help desk"
    bench.verifier.forget("ana")
    assert (last(bench).event, last(bench).outcome, last(bench).account) == ("forget", "forgotten", "ana")
    assert count(bench) == 2


def test_every_refusal_is_one_entry_with_the_name_of_the_error(new_bench: NewBench) -> None:
    bench = new_bench(Policy(budget=SendBudget(per_client=3)))
    started = bench.start()
    with pytest.raises(TooSoon):
        bench.start()
    assert (last(bench).event, last(bench).outcome, last(bench).client) == ("start", "TooSoon", CLIENT)
    with pytest.raises(TooSoon):
        bench.verifier.resend(started.id, **ANA)
    assert (last(bench).event, last(bench).outcome, last(bench).verification) == ("resend", "TooSoon", started.id)
    with pytest.raises(PhoneNumberError):
        bench.start("+18765550100")
    assert (last(bench).event, last(bench).outcome, last(bench).phone) == ("start", "PhoneNumberError", "")
    for account in ("ben", "cem"):
        bench.start(account=account)
    with pytest.raises(SendLimitReached):
        bench.start(account="dan")
    assert (last(bench).outcome, last(bench).account, last(bench).detail) == ("SendLimitReached", "dan", "client")
    for _ in range(5):
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **ANA)
    with pytest.raises(TooManyChecks):
        bench.verifier.check(started.id, bench.wrong, **ANA)
    assert (last(bench).event, last(bench).outcome) == ("check", "TooManyChecks")
    with pytest.raises(ChecksPaused):
        bench.start()
    assert (last(bench).event, last(bench).outcome) == ("start", "ChecksPaused")
    assert count(bench) == 14


def test_what_is_no_code_and_a_look_are_no_deeds(bench: Bench) -> None:
    started = bench.start()
    with pytest.raises(InvalidCode):
        bench.verifier.check(started.id, "12345", **ANA)
    bench.verifier.get(started.id, **ANA)
    bench.verifier.figures()
    assert not bench.verifier.sms_disabled("ana")
    assert count(bench) == 1


def test_the_same_refusal_is_written_down_once_a_minute(bench: Bench) -> None:
    """Else whoever holds one ticket could fill the log."""
    started = bench.start()
    bench.verifier.cancel(started.id, **ANA)
    for _ in range(3):
        with pytest.raises(NotPending):
            bench.verifier.check(started.id, bench.code, **ANA)
        bench.clock.advance(seconds=19.999)
    assert count(bench) == 3
    bench.clock.advance(seconds=0.002)
    with pytest.raises(NotPending):  # a millisecond short of a minute after the first
        bench.verifier.check(started.id, bench.code, **ANA)
    assert count(bench) == 3
    bench.clock.advance(seconds=0.001)
    with pytest.raises(NotPending):
        bench.verifier.check(started.id, bench.code, **ANA)
    assert count(bench) == 4


@pytest.mark.parametrize(
    "other",
    [
        {"event": "resend"},
        {"outcome": "TooManyChecks"},
        {"account": "ben"},
        {"client": "198.51.100.8"},
        {"purpose": "enrol"},
        {"verification": "another"},
        {"detail": "phone"},
    ],
)
def test_a_refusal_that_differs_in_anything_is_another_one(bench: Bench, other: dict[str, str]) -> None:
    about = {"event": "check", "outcome": "NotPending", **ANA, "client": CLIENT, "verification": "one", "detail": ""}
    for _ in range(2):
        bench.verifier.audit.record_refusal(**about)  # type: ignore[arg-type]
        bench.verifier.audit.record_refusal(**{**about, **other})  # type: ignore[arg-type]
    assert count(bench) == 2


def test_a_refusal_of_somebody_who_is_called_like_a_phone_is_recognised_too(bench: Bench) -> None:
    for _ in range(2):
        bench.verifier.audit.record_refusal(event="check", outcome="NotPending", account="206-555-0100")
    assert count(bench) == 1


def test_every_wrong_code_is_written_down(bench: Bench) -> None:
    started = bench.start()
    for _ in range(4):
        with pytest.raises(WrongCode):
            bench.verifier.check(started.id, bench.wrong, **ANA)
    assert [entry.outcome for entry in bench.verifier.audit.entries()] == ["sent", *["WrongCode"] * 4]


# Both, or neither


FULL = {
    "sqlite": ["CREATE TRIGGER is_full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''full''; END'",
        "CREATE TRIGGER is_full BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION is_full()",
    ],
}


@contextmanager
def full_log(bench: Bench) -> Iterator[None]:
    """Nothing can be written into the log meanwhile."""
    with bench.store.engine.begin() as connection:
        for statement in FULL[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    yield
    drop_trigger(bench, "is_full")


def drop_trigger(bench: Bench, name: str) -> None:
    with bench.store.engine.begin() as connection:
        of_table = " ON audit" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER {name}{of_table}")


def deeds(bench: Bench) -> list[tuple[str, Any]]:
    return [(place, value) for place, value in bench.stored_values() if not place.startswith("audit.")]


@on(*BOTH)
def test_without_its_entry_no_deed_is_done(bench: Bench) -> None:
    started, code = bench.start(), bench.code
    bens = {"account": "ben", "purpose": "sign-in"}
    with pytest.raises(WrongCode):
        bench.verifier.check(bench.start(account="ben").id, "000000", **bens)
    calls: list[Callable[[], object]] = [
        lambda: bench.verifier.cancel(started.id, **ANA),
        lambda: bench.verifier.restore_sms("ben", by="Olga"),
        lambda: bench.verifier.forget("ana"),
    ]
    before = deeds(bench)
    with full_log(bench):
        for call in calls:
            with pytest.raises(DatabaseUnavailable, match="full"):
                call()
            assert deeds(bench) == before
        with pytest.raises(DatabaseUnavailable):
            bench.verifier.check(started.id, code, **ANA)
    assert count(bench) == 3
    # The check was counted before it was compared; it opened nothing, and the code is still good.
    assert (bench.row(started.id)["status"], bench.row(started.id)["checks"], bench.failures()) == ("pending", 1, 1)
    assert bench.verifier.check(started.id, code, **ANA).status == "approved"


@on(*BOTH)
def test_a_text_that_cannot_be_written_down_opens_nothing(bench: Bench) -> None:
    with full_log(bench), pytest.raises(DatabaseUnavailable, match="The text has left"):
        bench.start()
    [verification] = [name for name in bench.charges() if isinstance(name, str)]
    assert bench.verifier.get(verification, **ANA).status == "sending"
    with pytest.raises(NotPending):
        bench.verifier.check(verification, bench.code, **ANA)


@on(*BOTH)
def test_a_deed_that_cannot_be_committed_leaves_no_entry(bench: Bench) -> None:
    started = bench.start()
    before, entries = deeds(bench), count(bench)

    def fail(_: object) -> None:
        raise RuntimeError("the disk is gone")

    event.listen(bench.store.engine, "commit", fail)
    try:
        for call in (
            lambda: bench.verifier.cancel(started.id, **ANA),
            lambda: bench.verifier.restore_sms("ana", by="Olga"),
            lambda: bench.verifier.forget("ana"),
            lambda: bench.verifier.check(started.id, bench.code, **ANA),
            lambda: bench.verifier.audit.record(event="sign-in", outcome="done"),
        ):
            with pytest.raises(RuntimeError):
                call()
    finally:
        event.remove(bench.store.engine, "commit", fail)
    assert deeds(bench) == before
    assert count(bench) == entries


# Append-only

ITS_OWN_WAY = {
    "sqlite": "REPLACE INTO audit SELECT number, 0, event, 'approved', '', '', '', '', '', '', '' FROM audit",
    "postgresql": "TRUNCATE audit",
}


@on(*BOTH)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET outcome = 'approved' WHERE number = 1",
        "UPDATE audit SET at = 0",
        "DELETE FROM audit WHERE number = 1",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM audit WHERE true ON CONFLICT (number) DO UPDATE SET outcome = 'approved'",
        "",
    ],
)
def test_the_database_refuses_to_change_an_entry(bench: Bench, statement: str) -> None:
    bench.start()
    before = bench.verifier.audit.entries()
    statement = statement or ITS_OWN_WAY[bench.store.engine.dialect.name]
    with pytest.raises(DatabaseUnavailable, match="append-only"), bench.store.transaction("ana") as connection:
        connection.exec_driver_sql(statement)
    assert bench.verifier.audit.entries() == before


@on(*BOTH)
def test_a_log_that_is_opened_again_is_as_closed_as_before(new_bench: NewBench) -> None:
    new_bench().start()
    again = new_bench()
    with pytest.raises(DatabaseUnavailable, match="append-only"), again.store.transaction("ana") as connection:
        connection.exec_driver_sql("DELETE FROM audit")
    again.clock.advance(minutes=1)
    again.start()
    assert [entry.number for entry in again.verifier.audit.entries()] == [1, 2]


@on(*BOTH)
def test_a_number_is_never_given_twice(bench: Bench) -> None:
    """Whoever takes the triggers away and an entry out leaves a gap, also at the end."""
    for account in ("ana", "ben"):
        bench.start(account=account)
    engine = bench.store.engine
    drop_trigger(bench, "audit_no_delete" if engine.dialect.name == "sqlite" else "audit_is_append_only")
    with bench.store.transaction("ana") as connection:
        connection.exec_driver_sql("DELETE FROM audit WHERE number = 2")
    bench.start(account="cem")
    assert [entry.number for entry in bench.verifier.audit.entries()] == [1, 3]


@on(*BOTH)
def test_a_gap_tells_of_an_entry_taken_out_on_sqlite_alone(bench: Bench) -> None:
    """As ``AuditEntry.number`` says: PostgreSQL does not take a number back with the transaction that drew it."""
    bench.start()
    with bench.store.transaction("ana") as connection:
        bench.verifier.audit.note(connection, event="x", outcome="rolled back")
        connection.rollback()
    bench.start(account="ben")
    numbers = [entry.number for entry in bench.verifier.audit.entries()]
    assert numbers == ([1, 2] if bench.store.engine.dialect.name == "sqlite" else [1, 3])


@on(*BOTH)
def test_a_lesson_that_begins_anew_may_drop_the_whole_log(bench: Bench, database_url: str) -> None:
    bench.start()
    bench.close()
    empty_database(database_url)
    bench.store = Store(database_url)
    bench.verifier = bench.another_verifier()
    assert bench.verifier.audit.entries() == []
    bench.start()
    assert last(bench).number == 1


# Reading it


@on(*BOTH)
def test_entries_are_the_newest_oldest_first(bench: Bench) -> None:
    for n in range(5):
        bench.verifier.audit.record(event="sign-in", outcome=f"{n}", account="ana" if n % 2 else "ben")
        bench.clock.advance(seconds=1)
    log = bench.verifier.audit
    assert [entry.outcome for entry in log.entries()] == list("01234")
    assert [entry.outcome for entry in log.entries(limit=2)] == list("34")
    assert [entry.outcome for entry in log.entries(account="ben", limit=2)] == list("24")
    assert [entry.outcome for entry in log.entries(account="ana")] == list("13")
    assert log.entries(account="nobody") == []
    assert (log.entries()[1].at - log.entries()[0].at).total_seconds() == 1


def test_the_entries_of_one_verification_are_found_and_no_others(bench: Bench) -> None:
    mine, other = bench.start(), bench.start(purpose="pay")
    bench.clock.advance(seconds=30)
    bench.verifier.resend(mine.id, **ANA)
    bench.verifier.cancel(other.id, account="ana", purpose="pay")
    log = bench.verifier.audit
    assert [entry.event for entry in log.entries(verification=mine.id)] == ["start", "resend"]
    assert [entry.event for entry in log.entries(account="ana", verification=other.id)] == ["start", "cancel"]
    assert log.entries(account="ben", verification=mine.id) == []
    assert log.entries(verification="") == []


def test_the_log_outlives_what_it_is_about(bench: Bench) -> None:
    bench.start()
    bench.verifier.forget("ana")
    bench.clock.advance(hours=48)
    bench.start(account="ben")
    assert [entry.event for entry in bench.verifier.audit.entries(account="ana")] == ["start", "forget"]


# What may not stand in it

AS_PEOPLE_WRITE_IT = [
    "206-555-0100",
    "(206) 555-0100",
    "+12065550100",
    "1 206 555 0100",
    "206.555.0100",
    "206 - 555 - 0100",
    "206\u2011555\u20110100",  # hyphens that do not break
    "206_555_0100",
    "206/555/0100",
    "\uff12\uff10\uff16\uff15\uff15\uff15\uff10\uff11\uff10\uff10",  # full-width digits
    "anna2065550100",  # a, b, c, d, e and f are digits too, to some
    "tel:2065550100;ana",
    "2065550100@bank.example",
]


@pytest.mark.parametrize("typed", AS_PEOPLE_WRITE_IT)
@pytest.mark.parametrize("field", ["account", "client", "verification", "detail"])
def test_a_number_is_masked_wherever_a_stranger_puts_it(bench: Bench, field: str, typed: str) -> None:
    bench.verifier.audit.record(event="sign-in", outcome="WrongPassword", **{field: typed})  # type: ignore[misc]
    [written] = bench.verifier.audit.entries()
    kept = getattr(written, field)
    assert "••••••••" in kept
    assert sum(character.isdigit() for character in kept) == 2


@pytest.mark.parametrize(
    "client",
    ["203.0.113.100", "203.113.100.177", "127.0.0.1", "2001:db8::2065:5501:100", "::ffff:203.113.100.177", ""],
)
def test_an_address_is_no_phone_number(bench: Bench, client: str) -> None:
    """Four times three digits are as many as a phone number has; whoever looks for an attacker needs them all."""
    bench.verifier.start(PHONE, **ANA, client=client)
    assert last(bench).client == client


@pytest.mark.parametrize(
    "account",
    ["ana", "ana@bank.example", "customer 123456789", "12345678-1234-1234-1234-123456789012", "0" * 31 + "1"],
)
def test_names_and_ids_are_no_phone_numbers(bench: Bench, account: str) -> None:
    bench.start(account=account)
    assert last(bench).account == account
    assert [entry.account for entry in bench.verifier.audit.entries(account=account)] == [account]


def test_an_account_that_is_called_like_a_phone_is_found_all_the_same(bench: Bench) -> None:
    bench.start(account="206-555-0123")
    [found] = bench.verifier.audit.entries(account="206-555-0123")
    assert found.account == "••••••••23"


def test_what_a_stranger_sends_as_an_id_is_masked_and_cut(bench: Bench) -> None:
    for call in (bench.verifier.resend, bench.verifier.cancel):
        with pytest.raises(NotPending):
            call(f"206-555-0123 {'x' * 1_000_000}", **ANA)
        assert len(last(bench).verification) == LONGEST_FIELD
        assert last(bench).verification.startswith("••••••••23 xxx")
        assert bench.verifier.audit.entries(verification=last(bench).verification)


@pytest.mark.parametrize("field", ["account", "client", "verification", "message_id", "detail"])
def test_no_entry_grows_beyond_all_measure(bench: Bench, field: str) -> None:
    bench.verifier.audit.record(event="x", outcome="y", **{field: "x" * 100_000})  # type: ignore[misc]
    assert getattr(last(bench), field) == "x" * LONGEST_FIELD


def test_cutting_does_not_lay_a_number_open(bench: Bench) -> None:
    for before in range(LONGEST_FIELD - 15, LONGEST_FIELD):
        bench.verifier.audit.record(event="x", outcome="y", detail="x" * before + PHONE + "x" * 50)
        assert sum(character.isdigit() for character in last(bench).detail) <= 2


@on(*BOTH)
def test_after_all_that_can_happen_no_code_no_number_and_no_key_stands_in_the_log(bench: Bench) -> None:
    for n, failure in enumerate((None, Forbidden(403, detail=f"to {PHONE}"))):
        bench.clock.advance(hours=1)
        whose = {"account": f"user{n}", "purpose": "enrol"}
        started = bench.start(**whose)
        for typed in (bench.wrong, bench.code + "9", bench.wrong):
            with pytest.raises((WrongCode, InvalidCode)):
                bench.verifier.check(started.id, typed, **whose)
        bench.clock.advance(minutes=1)
        bench.flowroute.failure = failure
        if failure is None:
            bench.verifier.resend(started.id, **whose)
        else:
            with pytest.raises(Forbidden):
                bench.verifier.resend(started.id, **whose)
        bench.flowroute.failure = None
        bench.verifier.check(started.id, bench.flowroute.codes[-1 - n], **whose)
    codes, wrong = bench.flowroute.codes, bench.wrong
    bench.verifier.tell(PhoneNumber(PHONE), "Your phone was changed to 206-555-0123.", account="ana", client=CLIENT)
    log = repr(bench.verifier.audit.entries())
    assert count(bench) == 11
    for secret in (*codes, wrong, PHONE[1:], "5550123", "555-01", KEY.reveal().hex()):
        assert secret not in log


def test_times_are_the_clocks(bench: Bench) -> None:
    bench.clock.advance(minutes=5)
    bench.start()
    assert last(bench).at == bench.clock.now()
    bench.clock.advance(minutes=1)
    assert last(bench).at == bench.clock.now() - minutes(1)
