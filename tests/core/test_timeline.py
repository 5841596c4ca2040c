"""The interpreter: when steps happen, what a wait takes, and that the ticks' punctuality changes nothing."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.models import RECORDING_EVENTS, EventType, Route
from emulator.core.scenario.model import CommandSeen, Dial, Emit, End, Step, WaitFor, WebhookAcked
from emulator.core.timeline import (
    DialCancelled,
    DialDue,
    Happening,
    Progress,
    Run,
    Signal,
    begin,
    cut_short,
    dialled,
    signal,
    tick,
)

STARTED, STOPPED, FAILED = EventType.STARTED, EventType.STOPPED, EventType.FAILED
STOP = CommandSeen(command=Route.SIPREC_STOP)
ACKED = WebhookAcked(event=STARTED)

Story: TypeAlias = list[tuple[str, int]]

ANSWERS, FAILS = True, False

Input: TypeAlias = "Signal | bool"
"""A signal, or whether the recording server that is being dialled has answered."""


def told(progress: Progress) -> Story:
    """What happened, and when."""
    return [(_name(happened), happened.at) for happened in progress[1]]


def _name(happened: Happening) -> str:
    match happened:
        case DialDue():
            return "dial"
        case DialCancelled():
            return "cancel"
        case _:
            return happened.step.event


def told_of(run: Run, happened: Input | None, now: int) -> Progress:
    """What comes of an input, or of a mere look."""
    if happened is None:
        return tick(run, now)
    if not isinstance(happened, bool):
        return signal(run, happened, now)
    run, before = tick(run, now)
    run, after = dialled(run, now, answered=happened)
    return run, before + after


def play(*steps: Step, signals: dict[int, Input] | None = None, ticks: range = range(0, 201, 1)) -> Story:
    """Everything that happens when the engine looks at every instant of ``ticks`` and inputs come at theirs."""
    progress = begin(steps, 0)
    story = told(progress)
    for now in sorted({*ticks, *(signals or {})}):
        progress = told_of(progress[0], (signals or {}).get(now), now)
        story += told(progress)
    return story


# --- emit ---


def test_after_counts_from_the_previous_step_and_at_from_the_command() -> None:
    steps = (Emit(event=STARTED, after=10), Emit(event=FAILED, at=50), Emit(event=STOPPED, after=5))
    assert play(*steps) == [(STARTED, 10), (FAILED, 50), (STOPPED, 55)]


def test_at_never_runs_backwards() -> None:
    assert play(Emit(event=STARTED, after=30), Emit(event=STOPPED, at=20)) == [(STARTED, 30), (STOPPED, 30)]


def test_an_event_without_a_time_occurs_with_the_command() -> None:
    run, occurrences = begin((Emit(event=STARTED),), 7)
    assert told((run, occurrences)) == [(STARTED, 7)]
    assert run.ended
    assert run.due is None


def test_a_run_says_when_it_has_to_be_looked_at() -> None:
    run, _ = begin((Emit(event=STARTED, after=10),), 100)
    assert run.due == 110
    assert tick(run, 109) == (run, ())


def test_an_empty_timeline_has_ended_at_once() -> None:
    run, occurrences = begin((), 0)
    assert run.ended
    assert occurrences == ()


def test_end_ends_everything_also_from_within_a_list() -> None:
    steps = (WaitFor(conditions=(STOP,), then=(End(), Emit(event=FAILED))), Emit(event=STOPPED))
    assert play(*steps, signals={5: STOP}) == []


# --- wait_for ---


def test_a_wait_ends_with_its_signal_and_the_next_step_counts_from_there() -> None:
    steps = (WaitFor(conditions=(STOP,), timeout=100), Emit(event=STOPPED, after=3))
    assert play(*steps, signals={40: STOP}) == [(STOPPED, 43)]


def test_a_wait_without_a_timeout_waits_for_ever() -> None:
    run, _ = begin((WaitFor(conditions=(STOP,)), Emit(event=STOPPED)), 0)
    assert run.due is None
    assert not run.ended
    assert tick(run, 10**18) == (run, ())


def test_a_timeout_runs_on_timeout_and_then_the_next_step() -> None:
    wait = WaitFor(
        conditions=(STOP,), timeout=20, then=(Emit(event=STARTED),), on_timeout=(Emit(event=FAILED, after=1),)
    )
    assert play(wait, Emit(event=STOPPED, after=2)) == [(FAILED, 21), (STOPPED, 23)]
    assert play(wait, Emit(event=STOPPED, after=2), signals={8: STOP}) == [(STARTED, 8), (STOPPED, 10)]


def test_a_signal_at_the_instant_of_the_timeout_is_too_late() -> None:
    wait = WaitFor(conditions=(STOP,), timeout=20, then=(End(),))
    assert play(wait, Emit(event=STOPPED), signals={20: STOP}) == [(STOPPED, 20)]


def test_what_happened_before_the_wait_counts_at_once() -> None:
    """The wait begins at 10 and ends there, since the stop came at 4."""
    steps = (Emit(event=STARTED, after=10), WaitFor(conditions=(STOP,)), Emit(event=STOPPED, after=1))
    assert play(*steps, signals={4: STOP}) == [(STARTED, 10), (STOPPED, 11)]


def test_a_signal_is_taken_once() -> None:
    steps = (WaitFor(conditions=(STOP,)), Emit(event=STARTED), WaitFor(conditions=(STOP,)), Emit(event=STOPPED))
    assert play(*steps, signals={5: STOP}) == [(STARTED, 5)]
    assert play(*steps, signals={5: STOP, 9: STOP}) == [(STARTED, 5), (STOPPED, 9)]


def test_a_signal_that_came_twice_before_it_was_taken_counts_once() -> None:
    steps = (
        Emit(event=FAILED, after=10),
        WaitFor(conditions=(STOP,)),
        Emit(event=STARTED),
        WaitFor(conditions=(STOP,)),
        Emit(event=STOPPED),
    )
    assert play(*steps, signals={3: STOP, 4: STOP}) == [(FAILED, 10), (STARTED, 10)]


def test_a_signal_that_nobody_takes_is_held_once() -> None:
    run, _ = begin((Emit(event=STARTED, after=10),), 0)
    for now in range(9):
        run, _ = signal(run, STOP, now)
    assert run.signals == (STOP,)


def test_a_wait_leaves_what_it_does_not_want_for_a_later_one() -> None:
    steps = (WaitFor(conditions=(ACKED,)), Emit(event=STARTED), WaitFor(conditions=(STOP,)), Emit(event=STOPPED))
    assert play(*steps, signals={3: STOP, 8: ACKED}) == [(STARTED, 8), (STOPPED, 8)]


def test_any_of_several_conditions_suffices() -> None:
    steps = (WaitFor(conditions=(STOP, ACKED)), Emit(event=STOPPED))
    for happened in (STOP, ACKED):
        assert play(*steps, signals={6: happened}) == [(STOPPED, 6)]


def test_lists_nest_and_return_to_the_list_around_them() -> None:
    inner = WaitFor(conditions=(ACKED,), timeout=5, on_timeout=(Emit(event=FAILED),))
    steps = (WaitFor(conditions=(STOP,), then=(Emit(event=STARTED), inner)), Emit(event=STOPPED, after=1))
    assert play(*steps, signals={10: STOP}) == [(STARTED, 10), (FAILED, 15), (STOPPED, 16)]
    assert play(*steps, signals={10: STOP, 12: ACKED}) == [(STARTED, 10), (STOPPED, 13)]


def test_a_signal_after_the_end_changes_nothing() -> None:
    run, _ = begin((), 0)
    assert signal(run, STOP, 5) == (run, ())


def test_what_was_due_before_a_signal_occurs_before_it() -> None:
    steps = (Emit(event=STARTED, after=10), WaitFor(conditions=(STOP,)), Emit(event=STOPPED))
    run, _ = begin(steps, 0)
    assert told(signal(run, STOP, 90)) == [(STARTED, 10), (STOPPED, 90)]


def test_a_run_that_is_cut_short_has_ended_there_and_nothing_moves_it() -> None:
    """Also from within a list, and although something was due."""
    wait = WaitFor(conditions=(STOP,), then=(Emit(event=FAILED, after=30),))
    run, _ = begin((wait, Emit(event=STOPPED)), 0)
    for cut in (run, signal(run, STOP, 10)[0]):
        ended, occurrences = cut_short(cut, 20)
        assert (ended.ended, ended.due, ended.clock, occurrences) == (True, None, 20, ())
        assert signal(ended, STOP, 90) == (ended, ())
        assert tick(ended, 90) == (ended, ())


# --- dial ---

DIAL = Dial(
    answered=(Emit(event=STARTED, after=1),),
    failed=(Emit(event=FAILED, after=2), End()),
    cancelled=(Emit(event=STOPPED, after=3), End()),
)


def test_a_run_stands_at_a_dial_until_it_is_told_what_came_of_it() -> None:
    run, happened = begin((DIAL, Emit(event=STOPPED, after=5)), 0)
    assert [type(one) for one in happened] == [DialDue]
    assert (run.dialling, run.due) == (True, None)
    assert tick(run, 10**18) == (run, ())
    steps = (DIAL, Emit(event=STOPPED, after=5))
    assert play(*steps, signals={40: ANSWERS}) == [("dial", 0), (STARTED, 41), (STOPPED, 46)]
    assert play(*steps, signals={40: FAILS}) == [("dial", 0), (FAILED, 42)]


def test_a_dial_is_made_when_it_is_due() -> None:
    assert play(Emit(event=STARTED, after=10), Dial(after=5, answered=()))[1:] == [("dial", 15)]
    assert play(Emit(event=STARTED, after=10), Dial(at=5, answered=()))[1:] == [("dial", 10)]


def test_a_stop_cancels_a_dial_before_it_is_made_and_while_it_is_under_way() -> None:
    assert play(DIAL, signals={7: STOP}) == [("dial", 0), ("cancel", 7), (STOPPED, 10)]
    assert play(Dial(after=50, cancelled=DIAL.cancelled), signals={7: STOP}) == [(STOPPED, 10)]
    assert play(Emit(event=FAILED, after=20), DIAL, signals={7: STOP}) == [(FAILED, 20), (STOPPED, 23)]


def test_a_dial_leaves_what_does_not_cancel_it_for_later() -> None:
    steps = (Dial(answered=()), WaitFor(conditions=(ACKED,)), Emit(event=STOPPED))
    assert play(*steps, signals={3: ACKED, 8: ANSWERS}) == [("dial", 0), (STOPPED, 8)]


def test_what_comes_of_a_dial_means_nothing_where_none_is_under_way() -> None:
    run, _ = begin((WaitFor(conditions=(STOP,)),), 0)
    for one in (run, begin((), 0)[0], begin((Dial(after=9),), 0)[0]):
        assert dialled(one, 5, answered=True) == (one, ())


# --- properties ---

conditions = st.lists(st.sampled_from([STOP, ACKED]), min_size=1, max_size=2, unique=True).map(tuple)
leaves = st.one_of(
    st.builds(
        Emit, event=st.sampled_from(RECORDING_EVENTS), after=st.integers(0, 30), at=st.none() | st.integers(0, 60)
    ),
    st.just(End()),
)
steps_of = st.recursive(
    st.lists(leaves, max_size=4).map(tuple),
    lambda inner: st.lists(
        leaves
        | st.builds(
            WaitFor, conditions=conditions, timeout=st.none() | st.integers(0, 40), then=inner, on_timeout=inner
        )
        | st.builds(Dial, after=st.integers(0, 20), answered=inner, failed=inner, cancelled=inner),
        max_size=4,
    ).map(tuple),
    max_leaves=8,
)
signals_at = st.dictionaries(st.integers(0, 120), st.sampled_from([STOP, ACKED, ANSWERS, FAILS]), max_size=5)


@settings(max_examples=150, deadline=None)
@given(steps_of, signals_at)
def test_a_late_look_tells_the_same_story_as_punctual_ones(
    steps: tuple[Step, ...], signals: dict[int, Input]
) -> None:
    punctual = play(*steps, signals=signals, ticks=range(500))
    assert play(*steps, signals=signals, ticks=range(499, 500)) == punctual
    assert play(*steps, signals=signals, ticks=range(0, 505, 7)) == punctual


@settings(max_examples=150, deadline=None)
@given(steps_of, signals_at)
def test_events_never_run_backwards_and_what_is_due_is_always_ahead(
    steps: tuple[Step, ...], signals: dict[int, Input]
) -> None:
    story = play(*steps, signals=signals)
    assert [at for _, at in story] == sorted(at for _, at in story)
    run: Run = begin(steps, 0)[0]
    for now in range(120):
        run, _ = told_of(run, signals.get(now), now)
        assert run.due is None or run.due > now
        assert not (run.ended and run.due is not None)
        assert tick(run, now) == (run, ())
