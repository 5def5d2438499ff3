"""What another caller does between two steps of one call, made to happen: the races' rare turns, every time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from databases import BOTH
from verification_bench import ANA, Bench

from helpers.flowroute import ConnectionFailed
from helpers.verification import (
    CodeReplaced,
    NotPending,
    TooManyChecks,
    TooSoon,
    VerificationError,
    WrongCode,
)

DATABASES = BOTH
After = Callable[[str, Callable[[], object]], None]


@pytest.fixture
def after(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> After:
    """Let something happen once, just after a step of the store and before what follows it."""

    def arrange(step: str, happens: Callable[[], object]) -> None:
        does = getattr(bench.store, step)

        def and_then(*arguments: Any, **keywords: Any) -> Any:
            done = does(*arguments, **keywords)
            monkeypatch.setattr(bench.store, step, does)
            happens()
            return done

        monkeypatch.setattr(bench.store, step, and_then)

    return arrange


def refused(kind: type[VerificationError], call: Callable[[], object]) -> Any:
    """The error, which is of this kind and of no kind below it."""
    with pytest.raises(VerificationError) as error:
        call()
    assert type(error.value) is kind
    return error.value


def outcomes(bench: Bench, event: str) -> list[str]:
    return [entry.outcome for entry in bench.verifier.audit.entries() if entry.event == event]


def guess(bench: Bench, verification: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongCode):
            bench.verifier.check(verification, bench.wrong, **ANA)


# Between a look at the verification and counting a check


def test_a_right_code_that_is_canceled_before_it_is_counted_is_not_compared(bench: Bench, after: After) -> None:
    started = bench.start()
    after("find", lambda: bench.verifier.cancel(started.id, **ANA))
    refused(NotPending, lambda: bench.verifier.check(started.id, bench.code, **ANA))
    assert (bench.row(started.id)["checks"], bench.failures()) == (0, 0)


def test_a_right_code_is_not_compared_where_others_used_up_the_guesses_first(bench: Bench, after: After) -> None:
    started = bench.start()
    after("find", lambda: guess(bench, started.id, 5))
    refused(TooManyChecks, lambda: bench.verifier.check(started.id, bench.code, **ANA))
    assert (bench.row(started.id)["checks"], bench.failures()) == (5, 5)


# Between counting a check and comparing it


def test_a_right_code_that_a_newer_text_replaces_meanwhile_is_told_so(bench: Bench, after: After) -> None:
    started, old = bench.start(), bench.code
    bench.clock.advance(seconds=30)
    after("count_check", lambda: bench.verifier.resend(started.id, **ANA))
    error = refused(CodeReplaced, lambda: bench.verifier.check(started.id, old, **ANA))
    assert error.checks_left == 4
    assert (bench.row(started.id)["checks"], bench.failures()) == (1, 1)
    assert outcomes(bench, "check") == ["CodeReplaced"]
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"


def test_a_right_code_that_is_canceled_meanwhile_opens_nothing(bench: Bench, after: After) -> None:
    started = bench.start()
    after("count_check", lambda: bench.verifier.cancel(started.id, **ANA))
    refused(NotPending, lambda: bench.verifier.check(started.id, bench.code, **ANA))
    assert bench.verifier.get(started.id, **ANA).status == "canceled"
    assert bench.verifier.figures().approved == 0


def test_a_right_code_that_a_new_start_replaces_meanwhile_opens_nothing(bench: Bench, after: After) -> None:
    started, old = bench.start(), bench.code
    bench.clock.advance(seconds=30)
    after("count_check", bench.start)
    refused(NotPending, lambda: bench.verifier.check(started.id, old, **ANA))
    assert bench.failures() == 1


def test_of_two_right_codes_at_once_the_second_opens_nothing(bench: Bench, after: After) -> None:
    started, code = bench.start(), bench.code
    after("count_check", lambda: bench.verifier.check(started.id, code, **ANA))
    refused(NotPending, lambda: bench.verifier.check(started.id, code, **ANA))
    assert outcomes(bench, "check") == ["approved", "NotPending"]
    assert bench.verifier.figures().approved == 1


def test_a_right_code_of_a_deleted_account_opens_nothing(bench: Bench, after: After) -> None:
    started = bench.start()
    after("count_check", lambda: bench.verifier.forget("ana"))
    refused(NotPending, lambda: bench.verifier.check(started.id, bench.code, **ANA))
    assert bench.charges() == {}


def test_a_right_code_that_was_counted_in_time_is_right_though_others_use_up_the_rest(
    bench: Bench, after: After
) -> None:
    started = bench.start()
    after("count_check", lambda: guess(bench, started.id, 4))
    assert bench.verifier.check(started.id, bench.code, **ANA).status == "approved"
    assert bench.failures() == 0


# Between reading a verification and sending its next text


def kept(bench: Bench) -> list[tuple[str, Any]]:
    return [(place, value) for place, value in bench.stored_values() if not place.startswith("audit.")]


@pytest.fixture
def refuses_a_text(bench: Bench, after: After) -> Callable[..., None]:
    """A resend is refused when this happens meanwhile: once in the log, no text sent, none counted, nothing changed."""

    def run(kind: type[VerificationError], verification: str, happens: Callable[[], object]) -> None:
        then: list[Any] = []
        after("find", lambda: then.extend((happens(), len(bench.flowroute.texts), kept(bench))))
        refused(kind, lambda: bench.verifier.resend(verification, **ANA))
        assert [len(bench.flowroute.texts), kept(bench)] == then[1:]
        assert outcomes(bench, "resend") == [kind.__name__]

    return run


@pytest.fixture
def waited(bench: Bench) -> str:
    """A verification whose next text may be asked for."""
    started = bench.start()
    bench.clock.advance(seconds=30)
    return started.id


def test_what_is_canceled_meanwhile_gets_no_text(bench: Bench, waited: str, refuses_a_text: Any) -> None:
    refuses_a_text(NotPending, waited, lambda: bench.verifier.cancel(waited, **ANA))


def test_what_is_approved_meanwhile_gets_no_text(bench: Bench, waited: str, refuses_a_text: Any) -> None:
    refuses_a_text(NotPending, waited, lambda: bench.verifier.check(waited, bench.code, **ANA))
    assert bench.verifier.get(waited, **ANA).status == "approved"


def test_what_is_forgotten_meanwhile_gets_no_text(bench: Bench, waited: str, refuses_a_text: Any) -> None:
    refuses_a_text(NotPending, waited, lambda: bench.verifier.forget("ana"))
    assert bench.charges() == {}


def test_what_is_used_up_meanwhile_gets_no_text(bench: Bench, waited: str, refuses_a_text: Any) -> None:
    guess(bench, waited, 3)

    def use_up() -> None:
        guess(bench, waited, 2)
        bench.verifier.restore_sms("ana", by="the desk")  # so that no pause refuses first

    refuses_a_text(TooManyChecks, waited, use_up)
    assert bench.row(waited)["checks"] == 5


def test_guesses_meanwhile_do_not_come_back_with_the_new_code(bench: Bench, waited: str, after: After) -> None:
    after("find", lambda: guess(bench, waited, 3))
    assert bench.verifier.resend(waited, **ANA).checks_left == 2
    assert (bench.row(waited)["checks"], bench.failures()) == (3, 3)


def test_two_resends_at_once_are_one_text(bench: Bench, waited: str, after: After) -> None:
    """Mistake 8: a double click sends two texts."""
    after("find", lambda: bench.verifier.resend(waited, **ANA))
    error = refused(TooSoon, lambda: bench.verifier.resend(waited, **ANA))
    assert error.retry_after == timedelta(seconds=60)
    assert outcomes(bench, "resend") == ["sent", "TooSoon"]
    assert len(bench.flowroute.texts) == bench.row(waited)["sends"] == 2
    assert bench.verifier.check(waited, bench.code, **ANA).status == "approved"


def test_what_another_text_and_its_code_approve_meanwhile_gets_no_text(bench: Bench, waited: str, after: After) -> None:
    """All within the same millisecond: the approval ends the wait, so nothing but the row itself says no."""

    def sign_in_with_the_next_code() -> None:
        bench.verifier.resend(waited, **ANA)
        bench.verifier.check(waited, bench.code, **ANA)

    after("find", sign_in_with_the_next_code)
    refused(NotPending, lambda: bench.verifier.resend(waited, **ANA))
    assert outcomes(bench, "resend") == ["sent", "NotPending"]
    assert len(bench.flowroute.texts) == bench.row(waited)["sends"] == 2


# While a text is being posted


def test_a_slow_text_that_left_is_good_though_a_later_one_did_not_leave(
    bench: Bench, waited: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest text that has left is the one in the person's hand, so its code is the one."""
    send = bench.flowroute.send_message

    def slow(**text: Any) -> Any:
        monkeypatch.setattr(bench.flowroute, "send_message", send)
        bench.clock.advance(minutes=1)
        bench.flowroute.failure = ConnectionFailed("no network")
        with pytest.raises(ConnectionFailed):
            bench.verifier.resend(waited, **ANA)
        bench.flowroute.failure = None
        return send(**text)

    monkeypatch.setattr(bench.flowroute, "send_message", slow)
    again = bench.verifier.resend(waited, **ANA)
    assert (again.delivery, again.sends_left) == ("accepted", 1)
    assert bench.row(waited)["next_hmac"] is None
    assert bench.verifier.check(waited, bench.code, **ANA).status == "approved"
