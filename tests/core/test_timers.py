"""Timers: the earliest first, one a key, and nothing left of what was cancelled."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.timers import Timers


def drain(timers: Timers, now: int) -> list[tuple[int, str]]:
    """Everything that is due by ``now``, in order."""
    taken = []
    while (timer := timers.pop_due(now)) is not None:
        taken.append(timer)
    return taken


def test_timers_fall_due_in_order_and_equal_instants_in_the_order_of_setting() -> None:
    timers = Timers()
    for key, due in (("b", 5), ("a", 5), ("c", 1), ("late", 9)):
        timers.set(key, due)
    assert timers.next() == 1
    assert drain(timers, 5) == [(1, "c"), (5, "b"), (5, "a")]
    assert len(timers) == 1
    assert timers.next() == 9


def test_a_key_set_again_stands_for_its_latest_instant_alone() -> None:
    timers = Timers()
    timers.set("a", 1)
    timers.set("a", 7)
    assert timers.next() == 7
    assert drain(timers, 9) == [(7, "a")]


def test_setting_the_same_instant_again_keeps_the_place() -> None:
    timers = Timers()
    timers.set("a", 1)
    timers.set("b", 1)
    timers.set("a", 1)
    assert drain(timers, 1) == [(1, "a"), (1, "b")]


def test_a_cancelled_timer_wakes_nobody() -> None:
    timers = Timers()
    timers.set("a", 1)
    timers.set("a", None)
    timers.set("never", None)
    assert timers.next() is None
    assert drain(timers, 9) == []


def test_cancelled_timers_cost_no_memory() -> None:
    """Also where an earlier live one stands before them all."""
    timers = Timers()
    timers.set("first", 1)
    for number in range(10_000):
        timers.set(str(number), 1_000 + number)
        timers.set(str(number), None)
    assert len(timers) == 1
    assert timers.held < 100


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.none() | st.integers(0, 20)), max_size=200))
def test_timers_are_a_sorted_dictionary(steps: list[tuple[str, int | None]]) -> None:
    timers, model = Timers(), dict[str, int]()
    for key, due in steps:
        timers.set(key, due)
        model.pop(key, None)
        if due is not None:
            model[key] = due
        assert timers.next() == min(model.values(), default=None)
        assert len(timers) == len(model)
    assert sorted(drain(timers, 20)) == sorted((due, key) for key, due in model.items())


def test_what_only_bounds_something_stirs_nobody() -> None:
    timers = Timers()
    timers.set("limit", 5, patient=True)
    assert (timers.stirring, timers.next()) == (False, 5)
    timers.set("step", 9)
    assert timers.stirring
    timers.set("step", None)
    timers.set("limit", 6)
    assert timers.stirring
    timers.set("limit", 7, patient=True)
    assert timers.pop_due(7) == (7, "limit")
    assert not timers.stirring
