"""A verifier's side of "this was not me"."""

from __future__ import annotations

from datetime import timedelta

import pytest
from verification_bench import ANA, FROM, KEY, PHONE, Bench

from helpers.phone_numbers import PhoneNumber
from helpers.verification import Denied, NotPending, Verifier


def deny(bench: Bench, *, later: timedelta = timedelta(seconds=1)) -> tuple[Denied, ...]:
    with bench.store.transaction("ana") as connection:
        said_at = bench.clock.now() + later
        return bench.verifier.deny(connection, PhoneNumber.parse(PHONE), said_at=said_at, message_id="mdr2-no")


def test_what_waits_ends(bench: Bench) -> None:
    started = bench.start()
    assert deny(bench, later=timedelta(0)) == ()
    assert deny(bench) == (Denied("ana", ANA["purpose"], started.id, True),)
    with pytest.raises(NotPending):
        bench.verifier.check(started.id, bench.code, **ANA)
    assert bench.verifier.get(started.id, **ANA).status == "canceled"


def test_of_several_that_are_over_the_last_is_meant(bench: Bench) -> None:
    bench.start()
    bench.clock.advance(hours=1)
    last = bench.start()
    bench.verifier.cancel(last.id, **ANA)
    assert deny(bench) == (Denied("ana", ANA["purpose"], last.id, False),)


def test_all_that_wait_end_oldest_first(bench: Bench) -> None:
    first = bench.start()
    bench.clock.advance(seconds=1)
    second = bench.start(account="ben")
    assert [(each.verification, each.canceled) for each in deny(bench)] == [(first.id, True), (second.id, True)]


def test_the_invitation_must_fit_when_a_verifier_is_made(bench: Bench) -> None:
    options = {"code_key": KEY, "from_number": FROM, "origin": "bank.example", "clock": bench.clock}
    with pytest.raises(ValueError, match="160"):
        Verifier(bench.flowroute, store=bench.store, brand="B" * 45, invite_no=True, **options)  # type: ignore[arg-type]
