"""Lanes: bounds that hold, turns that are fair, and nothing lost or started twice."""

from __future__ import annotations

from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.web.lanes import Lanes


def start_all(lanes: Lanes[int]) -> list[tuple[str, int]]:
    """Start whatever may start now."""
    return list(iter(lanes.take, None))


def test_an_origin_starts_first_come_first_served_up_to_its_bound() -> None:
    lanes: Lanes[int] = Lanes(per_origin=2, total=10)
    for item in range(4):
        lanes.put("a", item)
    assert start_all(lanes) == [("a", 0), ("a", 1)]
    assert (lanes.started, lanes.waiting) == (2, 2)
    lanes.done("a")
    assert start_all(lanes) == [("a", 2)]


def test_a_slow_origin_is_widened_up_to_its_bound_and_a_quick_one_is_not() -> None:
    """Slow: fewer ended since the last look than may be under way. What nothing waits for begins narrow again."""
    lanes: Lanes[int] = Lanes(per_origin=6, total=100, first=2)
    for item in range(30):
        lanes.put("a", item)
    assert len(start_all(lanes)) == 2
    lanes.widen_slow()
    assert len(start_all(lanes)) == 2
    for _ in range(4):
        lanes.done("a")
        start_all(lanes)
    lanes.widen_slow()
    assert (start_all(lanes), lanes.started) == ([], 4)
    lanes.widen_slow()
    lanes.widen_slow()
    assert len(start_all(lanes)) == 2
    assert lanes.started == 6
    lanes.clear()
    for _ in range(6):
        lanes.done("a")
    for item in range(30):
        lanes.put("a", item)
    assert len(start_all(lanes)) == 2


def test_a_full_origin_holds_up_nobody() -> None:
    lanes: Lanes[int] = Lanes(per_origin=1, total=10)
    for item in range(100):
        lanes.put("slow", item)
    lanes.put("quick", 7)
    assert start_all(lanes) == [("slow", 0), ("quick", 7)]


def test_origins_take_turns_when_the_total_is_short() -> None:
    lanes: Lanes[int] = Lanes(per_origin=10, total=1)
    for item in range(3):
        lanes.put("a", item)
    lanes.put("b", 0)
    order = []
    while taken := lanes.take():
        order.append(taken)
        lanes.done(taken[0])
    assert order == [("a", 0), ("b", 0), ("a", 1), ("a", 2)]


def test_clearing_returns_what_waits_and_leaves_what_runs() -> None:
    lanes: Lanes[int] = Lanes(per_origin=1, total=10)
    for item in range(3):
        lanes.put("a", item)
    assert start_all(lanes) == [("a", 0)]
    assert lanes.clear() == [1, 2]
    assert (lanes.started, lanes.waiting) == (1, 0)
    lanes.done("a")
    assert lanes.take() is None
    lanes.put("a", 9)
    assert start_all(lanes) == [("a", 9)]


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "put", "take", "done", "clear"]), st.sampled_from("abc")), max_size=80
)


@given(STEPS, st.integers(1, 3), st.integers(1, 4))
@settings(max_examples=150)
def test_bounds_hold_and_each_item_leaves_once_in_its_origins_order(
    steps: list[tuple[str, str]], per_origin: int, total: int
) -> None:
    lanes: Lanes[int] = Lanes(per_origin=per_origin, total=total)
    waiting: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    running = {"a": 0, "b": 0, "c": 0}
    for number, (step, origin) in enumerate(steps):
        if step == "put":
            lanes.put(origin, number)
            waiting[origin].append(number)
        elif step == "done" and running[origin]:
            lanes.done(origin)
            running[origin] -= 1
        elif step == "clear":
            assert sorted(lanes.clear()) == sorted(chain(*waiting.values()))
            waiting = {"a": [], "b": [], "c": []}
        elif step == "take":
            may = [o for o in waiting if waiting[o] and running[o] < per_origin]
            taken = lanes.take()
            assert (taken is not None) == (bool(may) and sum(running.values()) < total)
            if taken is not None:
                assert taken[0] in may
                assert waiting[taken[0]].pop(0) == taken[1]
                running[taken[0]] += 1
        assert lanes.started == sum(running.values())
        assert lanes.waiting == sum(map(len, waiting.values()))
