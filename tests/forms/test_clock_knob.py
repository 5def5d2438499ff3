from __future__ import annotations

from datetime import timedelta

import pytest

from helpers.clock import LESSON_START, Clock, to_ms
from helpers.forms import ClockKnob
from helpers.forms.clock_knob import in_words

NOW = to_ms(LESSON_START)


class Wall:
    """A machine's time that the test moves."""

    def __init__(self) -> None:
        self.ms = NOW

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def clock(wall: Wall) -> Clock:
    return Clock(source=wall)


@pytest.fixture
def knob(clock: Clock, wall: Wall) -> ClockKnob:
    return ClockKnob(clock, wall=wall)


def words(knob: ClockKnob) -> str:
    said = knob._shown["words"]
    assert isinstance(said, str)
    return said


def test_it_shows_the_time_and_its_buttons(knob: ClockKnob) -> None:
    assert knob._shown == {
        "now_ms": NOW,
        "wall_ms": NOW,
        "running": True,
        "keys": ["+30 s", "+5 min", "Freeze", "Now"],
        "words": "It shows the real time.",
        "bad": False,
    }


@pytest.mark.parametrize(("name", "step", "said"), [("+30 s", 30, "30 seconds"), ("+5 min", 300, "5 minutes")])
def test_it_turns_forward(knob: ClockKnob, clock: Clock, name: str, step: int, said: str) -> None:
    knob.press(name)
    assert clock.now() - LESSON_START == timedelta(seconds=step)
    assert words(knob) == f"Turned forward by {said}. It is {said} ahead of the real time."
    assert knob._shown["now_ms"] == NOW + step * 1000


def test_it_freezes_lets_it_run_and_goes_back(knob: ClockKnob, clock: Clock, wall: Wall) -> None:
    knob.press("+5 min").press("Freeze")
    assert not clock.running
    assert knob._shown["keys"] == ["+30 s", "+5 min", "Let it run", "Now"]
    assert words(knob) == "Frozen: time stands still. It stands 5 minutes ahead of the real time, which runs on."
    wall.ms += 360_000
    knob.press("Let it run")
    assert clock.running
    assert words(knob) == "Time runs. It is 1 minute behind the real time."
    knob.press("Now")
    assert words(knob) == "Back to the real time. It shows the real time."
    assert clock.now_ms() == wall.ms


def test_frozen_at_the_real_time(knob: ClockKnob) -> None:
    assert words(knob.press("Freeze")) == "Frozen: time stands still. The real time runs on."


def test_two_knobs_of_one_clock_agree(knob: ClockKnob, clock: Clock, wall: Wall) -> None:
    other = ClockKnob(clock, wall=wall)
    knob.press("Freeze").press("+30 s")
    assert other._shown["now_ms"] == knob._shown["now_ms"] == NOW + 30_000
    assert other._shown["keys"] == knob._shown["keys"]
    assert words(other) == "It stands 30 seconds ahead of the real time, which runs on."
    clock.advance(seconds=30)
    assert words(knob) == "It stands 1 minute ahead of the real time, which runs on."


def test_what_a_press_did_is_told_once(knob: ClockKnob) -> None:
    told: list[str] = []
    knob.observe(lambda change: told.append(change["new"]["words"]), "_shown")
    knob.press("+30 s")
    assert told == ["Turned forward by 30 seconds. It is 30 seconds ahead of the real time."]


def test_a_closed_knob_listens_to_nothing(knob: ClockKnob, clock: Clock) -> None:
    knob.close()
    knob.close()
    clock.advance(minutes=1)
    assert knob._shown["now_ms"] == NOW


def test_live_has_no_buttons_and_says_why() -> None:
    knob = ClockKnob(Clock.real())
    assert knob._shown["keys"] == []
    assert words(knob) == "Real time. In live mode and in a class nobody turns the clock."
    assert repr(knob) == "<Clock knob · Real time. In live mode and in a class nobody turns the clock>"
    knob.press("+30 s")
    assert words(knob).startswith("This clock shows real time and cannot be turned")
    assert knob._shown["bad"] is True


def test_the_end_of_time_is_said_in_words(wall: Wall) -> None:
    knob = ClockKnob(Clock.standing_still(), wall=wall)
    knob._clock.advance(days=2_500_000)
    knob._clock.advance(seconds=(221_845_392_000_000 - knob._clock.now_ms()) / 1000)
    assert words(knob.press("+30 s")) == "The clock cannot be turned beyond the year 9000."
    assert knob._shown["bad"] is True


def test_a_message_that_is_no_press_does_nothing(knob: ClockKnob, clock: Clock) -> None:
    for message in ({"kind": "press", "name": "advance"}, {"kind": "x", "name": "+30 s"}, {}):
        knob._handle_custom_msg(message, [])
    assert clock.now() == LESSON_START
    with pytest.raises(ValueError, match=r"no button 'x'\. It has: \+30 s, \+5 min, Freeze, Let it run, Now"):
        knob.press("x")


def test_its_still_picture_holds_no_time_while_the_clock_runs(knob: ClockKnob, wall: Wall) -> None:
    first = knob._repr_mimebundle_()[0]
    knob.press("+5 min")
    wall.ms += 1234
    second = knob._repr_mimebundle_()[0]
    assert (first["text/plain"], first["text/html"]) == (second["text/plain"], second["text/html"])
    assert first["text/plain"] == "<Clock knob · running>"
    assert ">+5 min</span>" in first["text/html"]
    knob._clock.back_to_real()
    assert "frozen at" in ClockKnob(Clock.standing_still())._repr_mimebundle_()[0]["text/html"]
    assert repr(ClockKnob(Clock.standing_still())) == "<Clock knob · frozen at 2026-03-02 17:00:00 UTC>"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "no time"),
        (1, "1 second"),
        (90, "1 minute 30 seconds"),
        (7_260, "2 hours 1 minute"),
        (7_205, "2 hours"),
        (86_400 * 1200 + 3_600, "1,200 days 1 hour"),
    ],
)
def test_a_span_of_time_in_words(seconds: int, said: str) -> None:
    assert in_words(seconds) == said
