"""The clock: what it shows at a wall time, and by which wall time it shows an instant."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.core.clock import (
    LATEST,
    MAX_SPEED,
    MIN_SPEED,
    REPEATABLE_START,
    Clock,
    ClockMode,
    ClockSetting,
    begin,
)
from emulator.core.models import HOUR, SECOND
from emulator.core.times import iso_micros
from tests.core.engines import T0

RUNNING = ClockSetting()
MANUAL = ClockSetting(mode=ClockMode.MANUAL)
AUTO = ClockSetting(mode=ClockMode.AUTO)
STANDING = pytest.mark.parametrize("standing", [MANUAL, AUTO], ids=["manual", "auto"])

speeds = st.floats(MIN_SPEED, MAX_SPEED) | st.sampled_from([1.0, 0.1, 2.0, 60.0])
durations = st.integers(0, 30 * 24 * HOUR)


def fast(speed: float) -> ClockSetting:
    """Running at a speed."""
    return ClockSetting(speed=speed)


# --- running ---


def test_a_clock_runs_as_wall_time_does_unless_it_is_told_otherwise() -> None:
    clock = begin(RUNNING, T0)
    assert clock.runs
    assert (clock.read(T0), clock.read(T0 + 7)) == (T0, T0 + 7)
    assert clock.wall_of(T0 + HOUR) == T0 + HOUR


def test_a_speed_is_seconds_of_the_namespace_in_a_second_of_wall_time() -> None:
    clock = begin(fast(60), T0)
    assert clock.read(T0 + SECOND) == T0 + 60 * SECOND
    assert clock.wall_of(T0 + HOUR) == T0 + 60 * SECOND
    slow = begin(fast(0.001), T0)
    assert slow.read(T0 + 1_000 * SECOND) == T0 + SECOND
    assert slow.wall_of(T0 + SECOND) == T0 + 1_000 * SECOND


@STANDING
def test_a_clock_that_stands_shows_the_same_whatever_the_wall_says(standing: ClockSetting) -> None:
    clock = begin(standing, T0)
    assert not clock.runs
    assert clock.read(T0) == clock.read(T0 + HOUR) == clock.read(0) == T0
    assert clock.wall_of(T0 + 1) is None


@pytest.mark.parametrize("setting", [RUNNING, fast(60), MANUAL])
def test_a_wall_clock_behind_the_beginning_shows_the_beginning(setting: ClockSetting) -> None:
    assert begin(setting, T0).read(T0 - HOUR) == T0


@given(speed=speeds, ahead=durations)
@example(speed=3.233397180879132, ahead=30_835_415_220_233)
def test_an_instant_has_come_by_the_wall_time_that_is_said_and_not_a_microsecond_before(
    speed: float, ahead: int
) -> None:
    clock = begin(fast(speed), T0)
    wall = clock.wall_of(T0 + ahead)
    assert wall is not None
    assert clock.read(wall) >= T0 + ahead
    assert ahead == 0 or clock.read(wall - 1) < T0 + ahead


@given(speed=speeds, walls=st.lists(st.integers(T0, T0 + HOUR)))
def test_what_a_running_clock_shows_goes_forward_with_the_wall(speed: float, walls: list[int]) -> None:
    clock = begin(fast(speed), T0)
    shown = [clock.read(wall) for wall in sorted(walls)]
    assert shown == sorted(shown)


def test_the_latest_time_that_is_shown_has_the_usual_form() -> None:
    assert iso_micros(LATEST) == "2099-12-31T23:59:59.999999Z"


@pytest.mark.parametrize("speed", [1.0, 0.5, MAX_SPEED])
def test_a_clock_stops_at_the_end_of_2099_and_what_is_later_never_comes(speed: float) -> None:
    """Each instant that has a wall time is shown at it."""
    clock = Clock(setting=fast(speed), wall=T0, time=LATEST - SECOND)
    assert clock.read(T0 + HOUR) == LATEST
    reached = clock.wall_of(LATEST)
    assert reached is not None
    assert clock.read(reached) == LATEST
    assert clock.wall_of(LATEST + 1) is None


# --- moved and set ---


@STANDING
def test_a_clock_that_stands_is_moved_forward_and_never_back(standing: ClockSetting) -> None:
    moved = begin(standing, T0).moved(T0 + 5, T0 + HOUR)
    assert moved.read(T0 + 5) == T0 + HOUR
    assert moved.moved(T0 + 9, T0 + 1).read(T0 + 9) == T0 + HOUR
    assert moved.setting is standing


def test_a_running_clock_that_is_moved_runs_on_from_there() -> None:
    moved = begin(fast(2), T0).moved(T0 + SECOND, T0 + HOUR)
    assert moved.read(T0 + SECOND) == T0 + HOUR
    assert moved.read(T0 + 2 * SECOND) == T0 + HOUR + 2 * SECOND


def test_a_running_clock_that_is_further_stays_where_it_is_read() -> None:
    moved = begin(RUNNING, T0).moved(T0 + HOUR, T0 + SECOND)
    assert moved.read(T0 + HOUR) == T0 + HOUR


def test_no_clock_is_moved_beyond_the_end_of_2099() -> None:
    assert begin(MANUAL, T0).moved(T0, LATEST + HOUR).read(T0) == LATEST


@pytest.mark.parametrize("before", [RUNNING, fast(60), MANUAL, AUTO])
@pytest.mark.parametrize("after", [RUNNING, fast(0.5), MANUAL, AUTO])
def test_going_over_to_another_way_keeps_the_time(before: ClockSetting, after: ClockSetting) -> None:
    clock = begin(before, T0)
    wall = T0 + 10 * SECOND
    shown = clock.read(wall)
    other = clock.reset(wall, after)
    assert other.setting is after
    assert other.read(wall) == shown
    passes = {RUNNING: SECOND, fast(0.5): SECOND // 2}.get(after, 0)
    assert other.read(wall + SECOND) == shown + passes


def test_a_clock_set_while_the_wall_is_behind_does_not_count_that_time_twice() -> None:
    """Set at a wall time before its beginning, it goes on once the wall has caught up."""
    for clock in (begin(RUNNING, T0).reset(T0 - HOUR, RUNNING), begin(RUNNING, T0).moved(T0 - HOUR, T0)):
        assert clock.read(T0 - SECOND) == T0
        assert clock.read(T0 + SECOND) == T0 + SECOND


# --- the beginning ---


@STANDING
def test_a_clock_that_stands_and_is_to_repeat_begins_in_2025(standing: ClockSetting) -> None:
    assert iso_micros(REPEATABLE_START) == "2025-01-01T00:00:00.000000Z"
    assert begin(standing, T0, repeatable=True).read(T0) == REPEATABLE_START
    assert begin(standing, T0).read(T0) == T0


def test_a_running_clock_begins_now_also_where_it_is_to_repeat() -> None:
    assert begin(RUNNING, T0, repeatable=True).read(T0) == T0
