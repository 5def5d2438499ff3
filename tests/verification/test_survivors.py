"""Ways in which the code could be broken, or was, that no other test has noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from verification_bench import ANA, Bench

from helpers.flowroute import OutcomeUnknown
from helpers.verification import Policy, SendLimitReached

NewBench = Callable[..., Bench]


def test_who_looks_for_a_lost_text_while_another_sends_the_last_one_gets_none(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the kills: after the look the row is another one, and what was asked of it has to hold again."""
    bench = new_bench(Policy(max_sends=2))
    bench.flowroute.failure = OutcomeUnknown("The answer got lost.")
    with pytest.raises(OutcomeUnknown) as error:
        bench.start()
    bench.flowroute.failure = None
    started = error.value.verification
    bench.clock.advance(minutes=1)
    look = bench.flowroute.list_messages

    def slow_look(**window: Any) -> Any:
        monkeypatch.setattr(bench.flowroute, "list_messages", look)
        assert bench.verifier.resend(started.id, **ANA).sends_left == 0
        bench.clock.advance(minutes=2)  # the wait for the next text is over as well
        return look(**window)

    monkeypatch.setattr(bench.flowroute, "list_messages", slow_look)
    with pytest.raises(SendLimitReached) as refused:
        bench.verifier.resend(started.id, **ANA)
    assert refused.value.limit == "verification"
    assert len(bench.flowroute.texts) == bench.row(started.id)["sends"] == 2
