"""The clock stands, runs or is real; it is turned forward only, and never the real one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.clock import LESSON_START, Clock, ClockCannotBeTurned, from_ms, to_ms, wall_ms

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Source:
    """A machine's time that the test sets."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


def test_a_standing_clock_stands_at_the_lesson_start():
    clock = Clock.standing_still()
    assert clock.now() == clock.now() == LESSON_START
    assert not clock.running
    assert clock.turnable


def test_a_standing_clock_moves_by_what_it_is_turned():
    clock = Clock.standing_still(NOON)
    assert clock.advance(days=1, hours=2, minutes=3, seconds=4.5) == NOON + timedelta(1, 4.5, hours=2, minutes=3)
    assert clock.now_ms() == to_ms(NOON) + 93_784_500


def test_a_running_clock_follows_its_source():
    source = Source(1_000)
    clock = Clock(source=source)
    source.ms = 1_250
    assert clock.now_ms() == 1_250
    assert clock.running


def test_a_running_clock_goes_on_from_where_it_was_turned_to():
    source = Source(1_000)
    clock = Clock(source=source)
    clock.advance(minutes=5)
    source.ms += 7
    clock.advance(seconds=1)
    assert clock.now_ms() == 1_007 + 301_000


def test_the_real_clock_shows_the_machines_time():
    before = time.time_ns() // 1_000_000
    assert before <= Clock.real().now_ms() <= wall_ms()


def test_the_real_clock_refuses_to_be_turned_and_says_what_to_do():
    clock = Clock.real()
    told = []
    clock.on_turn(lambda: told.append("turned"))
    with pytest.raises(ClockCannotBeTurned, match="FLOWROUTE_MODE=practice"):
        clock.advance(seconds=1)
    assert not clock.turnable
    assert told == []


@pytest.mark.parametrize("step", [{"seconds": -1}, {"minutes": 1, "seconds": -61}, {"days": -0.001}])
def test_time_does_not_go_back(step):
    clock = Clock.standing_still()
    with pytest.raises(ValueError, match="only goes forward"):
        clock.advance(**step)
    assert clock.now() == LESSON_START


@pytest.mark.parametrize("step", [float("nan"), float("inf")])
def test_a_step_that_is_no_number_changes_nothing(step):
    clock = Clock.standing_still()
    with pytest.raises((ValueError, OverflowError)):
        clock.advance(seconds=step)
    assert clock.now() == LESSON_START


def test_a_standing_clock_needs_a_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        Clock.standing_still(datetime(2026, 3, 2, 12, 0))


def test_a_moment_without_a_time_zone_has_no_milliseconds():
    with pytest.raises(TypeError):
        to_ms(datetime(2026, 3, 2, 12, 0))


def test_listeners_hear_every_turn_after_it_happened_until_they_stop():
    clock = Clock.standing_still(NOON)
    heard = []
    stop = clock.on_turn(lambda: heard.append(clock.now()))
    clock.advance(minutes=1)
    clock.advance(minutes=1)
    stop()
    stop()
    clock.advance(minutes=1)
    assert heard == [NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)]


def test_a_listener_may_stop_itself():
    clock = Clock.standing_still()
    heard = []
    stops = []
    stops.append(clock.on_turn(lambda: (heard.append("first"), stops[0]())))
    clock.on_turn(lambda: heard.append("second"))
    clock.advance(seconds=1)
    clock.advance(seconds=1)
    assert heard == ["first", "second", "second"]


def test_a_frozen_clock_stands_where_it_was_and_runs_on_from_there():
    source = Source(1_000)
    clock = Clock(source=source)
    clock.advance(seconds=10)
    clock.freeze()
    source.ms = 5_000
    assert clock.now_ms() == 11_000
    assert not clock.running
    clock.advance(seconds=1)
    clock.freeze()
    assert clock.now_ms() == 12_000
    clock.resume()
    assert (clock.now_ms(), clock.running) == (12_000, True)
    source.ms = 5_007
    assert clock.now_ms() == 12_007


def test_a_standing_clock_can_be_set_running():
    source = Source(50)
    clock = Clock(source=source)
    clock.freeze()
    source.ms = 80
    clock.resume()
    source.ms = 81
    assert clock.now_ms() == 51


def test_to_run_on_loses_no_time_of_a_clock_that_runs():
    clock = Clock(source=Source(0))
    ticks = iter(range(100))
    clock._source = lambda: next(ticks)
    seen = []
    for _ in range(3):
        clock.resume()
        seen.append(clock.now_ms())
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("frozen", [True, False])
def test_back_to_real_may_go_back(frozen):
    source = Source(1_000)
    clock = Clock(source=source)
    clock.advance(days=1)
    if frozen:
        clock.freeze()
    clock.back_to_real()
    source.ms = 1_005
    assert (clock.now_ms(), clock.running) == (1_005, True)


@pytest.mark.parametrize("step", [Clock.freeze, Clock.resume, Clock.back_to_real])
def test_the_real_clock_stays_as_it_is(step):
    source = Source(1_000)
    clock = Clock(source=source, turnable=False)
    told = []
    clock.on_turn(lambda: told.append("turned"))
    with pytest.raises(ClockCannotBeTurned, match="FLOWROUTE_MODE=practice"):
        step(clock)
    source.ms = 1_001
    assert (clock.now_ms(), clock.running, told) == (1_001, True, [])


def test_listeners_hear_of_every_kind_of_turn_when_it_has_happened():
    clock = Clock(source=Source(7))
    heard = []
    clock.on_turn(lambda: heard.append((clock.running, clock.now_ms())))
    clock.advance(seconds=1)
    clock.freeze()
    clock.resume()
    clock.back_to_real()
    assert heard == [(True, 1_007), (False, 1_007), (True, 1_007), (True, 7)]


@pytest.mark.parametrize("clock", [Clock.standing_still(), Clock(source=Source(0))])
def test_time_ends_where_a_datetime_still_has_room(clock):
    before = clock.now_ms()
    with pytest.raises(ValueError, match="year 9000"):
        clock.advance(days=3_000_000)
    assert clock.now_ms() == before
    clock.advance(seconds=(datetime(9000, 1, 1, tzinfo=UTC) - clock.now()).total_seconds())
    assert clock.now() == datetime(9000, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="year 9000"):
        clock.advance(seconds=0.001)


def test_turns_from_many_threads_all_count():
    standing, running = Clock.standing_still(), Clock(source=Source(0))
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2_000):
            pool.submit(standing.advance, seconds=1)
            pool.submit(running.advance, seconds=1)
    assert standing.now() == LESSON_START + timedelta(seconds=2_000)
    assert running.now_ms() == 2_000_000


@pytest.mark.parametrize(
    ("clock", "kind"),
    [
        (Clock.standing_still(NOON), "standing still, 2026-03-02 12:00:00 UTC"),
        (Clock(source=Source(0)), "running, 1970-01-01 00:00:00 UTC"),
        (Clock.real(), "real, "),
    ],
)
def test_repr_says_which_clock_it_is(clock, kind):
    assert f"<Clock {kind}" in repr(clock)


def test_milliseconds_do_not_depend_on_the_time_zone_they_were_written_in():
    tokyo = datetime(2026, 3, 2, 21, 0, tzinfo=timezone(timedelta(hours=9)))
    assert to_ms(tokyo) == to_ms(NOON)
    assert from_ms(to_ms(tokyo)).tzinfo is UTC


@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999))
def test_milliseconds_survive_the_way_to_a_datetime_and_back(milliseconds):
    assert to_ms(from_ms(milliseconds)) == milliseconds
