"""Drawing a timeline's durations before it plays: all of them, in the order of the steps, and nothing else."""

from __future__ import annotations

from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.draws import Delay, Uniform, draw
from emulator.core.models import RECORDING_EVENTS, SECOND, EventType, Route
from emulator.core.scenario.drawing import draw_all, is_random
from emulator.core.scenario.model import CommandSeen, Deliver, Emit, End, Step, WaitFor

SPREAD = Uniform(low=SECOND, high=1000 * SECOND)
STOP = (CommandSeen(command=Route.SIPREC_STOP),)


def seeded(seed: int) -> Random:
    """A source of bits that repeats."""
    return Random(seed)  # noqa: S311 - durations, no secrets


emit = partial(Emit, event=EventType.STARTED)


RANDOM_STEPS: list[Step] = [
    emit(after=SPREAD),
    emit(at=SPREAD),
    emit(deliver=Deliver(delay=SPREAD)),
    emit(deliver=Deliver(gap=SPREAD)),
    WaitFor(conditions=STOP, timeout=SPREAD),
    WaitFor(conditions=STOP, then=(End(), emit(after=SPREAD))),
    WaitFor(conditions=STOP, timeout=1, on_timeout=(WaitFor(conditions=STOP, then=(emit(at=SPREAD),)),)),
]


@pytest.mark.parametrize("step", RANDOM_STEPS)
def test_a_distribution_anywhere_makes_a_timeline_random(step: Step) -> None:
    """Also deep within; once it is drawn nothing is left to draw."""
    steps = (emit(), step, End())
    assert is_random(steps)
    assert not is_random(draw_all(steps, seeded(1)))


def test_written_durations_stay_as_they_are_and_spend_no_bits() -> None:
    """A timeline without distributions is not random, and drawing changes nothing of it."""
    steps = (
        emit(after=SECOND, deliver=Deliver(delay=1, gap=2, copies=3)),
        emit(at=SECOND),
        WaitFor(conditions=STOP, timeout=SECOND, then=(emit(),), on_timeout=(End(),)),
        WaitFor(conditions=STOP),
        End(),
    )
    source = seeded(1)
    untouched = source.getstate()
    assert not is_random(steps)
    assert not is_random(())
    assert draw_all(steps, source) == steps
    assert source.getstate() == untouched


def test_each_duration_is_drawn_once_in_the_order_of_the_steps() -> None:
    """Whichever way the timeline goes later: a seed repeats each of them."""
    steps = (
        emit(after=SPREAD, deliver=Deliver(delay=SPREAD, gap=SPREAD, copies=2)),
        WaitFor(conditions=STOP, timeout=SPREAD, then=(emit(at=SPREAD),), on_timeout=(emit(after=SPREAD),)),
        emit(after=SPREAD),
    )
    source = seeded(9)
    first, delay, gap, timeout, then, late, last = (draw(SPREAD, source) for _ in range(7))
    assert draw_all(steps, seeded(9)) == (
        emit(after=first, deliver=Deliver(delay=delay, gap=gap, copies=2)),
        WaitFor(conditions=STOP, timeout=timeout, then=(emit(at=then),), on_timeout=(emit(after=late),)),
        emit(after=last),
    )


DELAYS: st.SearchStrategy[Delay] = st.integers(0, 9) | st.just(Uniform(low=3, high=99))
EMITS: st.SearchStrategy[Step] = st.builds(
    Emit,
    event=st.sampled_from(RECORDING_EVENTS),
    after=DELAYS,
    at=st.none() | DELAYS,
    deliver=st.builds(Deliver, delay=DELAYS, gap=DELAYS),
)
STEPS: st.SearchStrategy[tuple[Step, ...]] = st.recursive(
    st.lists(EMITS | st.just(End()), max_size=3).map(tuple),
    lambda inner: st.lists(
        st.builds(WaitFor, conditions=st.just(STOP), timeout=st.none() | DELAYS, then=inner, on_timeout=inner),
        max_size=2,
    ).map(tuple),
    max_leaves=4,
)


@given(STEPS, st.integers(0, 99))
def test_any_timeline_is_drawn_throughout(steps: tuple[Step, ...], seed: int) -> None:
    """Afterwards drawing it again changes nothing, and a timeline that was not random is the same."""
    done = draw_all(steps, seeded(seed))
    assert not is_random(done)
    assert draw_all(done, seeded(seed + 1)) == done
    assert len(done) == len(steps)
    assert is_random(steps) == (done != steps)
