"""Steered time: clocks that run at a speed, stand, are moved or set, and what the core does meanwhile."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.clock import LATEST, MAX_SPEED, MIN_SPEED, ClockMode, ClockSetting
from emulator.core.models import HOUR, MILLISECOND, SECOND
from emulator.core.policy import Policy
from emulator.core.turn import Addresses
from tests.core.engines import KEY, T0, Rig, delivered, failed

RUNNING = ClockSetting()
MANUAL = ClockSetting(mode=ClockMode.MANUAL)
AUTO = ClockSetting(mode=ClockMode.AUTO)
BY_HAND = Policy(clock=MANUAL)
STANDING = pytest.mark.parametrize("standing", [MANUAL, AUTO], ids=["manual", "auto"])
ONE = "timeline: [{emit: siprec.started}]"


def steps_of(rig: Rig) -> list[int]:
    """Step until nothing is due; what the clock shows after each, in milliseconds since ``T0``."""
    shown = []
    while rig.step():
        shown.append((rig.time - T0) // MILLISECOND)
        assert len(shown) < 100
    return shown


# --- standing ---


@STANDING
def test_nothing_falls_due_while_a_clock_stands(standing: ClockSetting) -> None:
    rig = Rig(policy=Policy(clock=standing))
    rig.start()
    assert rig.engine.next_deadline() is None
    rig.run(HOUR)
    assert (rig.events, rig.time) == ([], T0)
    rig.stop()
    assert rig.requests[-1].at == T0


def test_a_clock_that_stands_holds_up_no_other_namespace() -> None:
    rig = Rig()
    rig.set_clock(MANUAL)
    rig.start()
    rig.start(key="other")
    rig.run(HOUR)
    assert rig.events == []
    assert len(rig.sends) == 1


def test_an_event_that_is_due_at_once_is_sent_although_the_clock_stands() -> None:
    rig = Rig(ONE, policy=BY_HAND)
    rig.start()
    assert len(rig.sends) == 1


# --- moved ---


def test_a_move_lets_everything_on_the_way_happen_at_its_own_instant() -> None:
    rig = Rig(policy=BY_HAND)
    rig.start()
    rig.advance(399 * MILLISECOND)
    assert rig.events == []
    rig.advance(MILLISECOND)
    assert rig.events == [("siprec.started", 400)]
    rig.advance(2 * HOUR)
    assert rig.events == [("siprec.started", 400), ("siprec.stopped", 400 + 3_600_000 + 50)]
    assert rig.time == T0 + 400 * MILLISECOND + 2 * HOUR


def test_a_running_clock_may_be_moved_and_runs_on() -> None:
    rig = Rig()
    rig.start()
    rig.advance(SECOND)
    assert rig.events == [("siprec.started", 400)]
    rig.stop()
    assert rig.engine.next_deadline() == T0 + 50 * MILLISECOND
    rig.run(SECOND)
    assert rig.events[1:] == [("siprec.stopped", 1_050)]


def test_a_move_back_changes_nothing() -> None:
    rig = Rig(policy=BY_HAND)
    rig.start()
    rig.advance(SECOND)
    rig.advance(-SECOND)
    assert rig.time == T0 + SECOND


def test_what_does_not_exist_has_no_clock_to_move() -> None:
    engine = Rig().engine
    assert engine.move_clock("none", T0, T0) == ()
    assert engine.step("none", None, T0) is None
    assert engine.namespaces.get("none") is None


# --- steps ---


def test_a_step_moves_the_clock_to_the_next_thing_and_no_further() -> None:
    rig = Rig(policy=BY_HAND)
    rig.start()
    assert steps_of(rig) == [400, 400 + 3_600_000, 400 + 3_600_000 + 50]
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped"]


def test_a_step_lets_exactly_one_thing_happen_of_those_that_are_due_together() -> None:
    rig = Rig(policy=BY_HAND)
    for call in ("one", "two", "three"):
        rig.start(call)
    for happened in (1, 2, 3):
        assert rig.step()
        assert len(rig.events) == happened
        assert rig.time == T0 + 400 * MILLISECOND
    assert [entry.event.call_control_id for entry in rig.webhooks] == ["one", "two", "three"]


def test_a_step_of_a_running_clock_that_is_late_happens_at_its_own_instant() -> None:
    rig = Rig()
    rig.start()
    rig.now += SECOND
    assert rig.step()
    (entry,) = rig.webhooks
    assert entry.at == entry.event.occurred_at == T0 + 400 * MILLISECOND
    assert rig.time == T0 + SECOND


def test_a_step_goes_no_further_than_its_limit() -> None:
    rig = Rig(policy=BY_HAND)
    rig.start()
    due = T0 + 400 * MILLISECOND
    assert not rig.step(due - 1)
    assert (rig.time, rig.events) == (T0, [])
    assert rig.step(due)
    assert len(rig.events) == 1


def test_there_is_no_step_where_nothing_is_due() -> None:
    rig = Rig(policy=BY_HAND)
    rig.set_clock(MANUAL)
    assert not rig.step()
    assert rig.time == T0


def test_a_step_of_a_running_clock_moves_it_and_it_runs_on() -> None:
    rig = Rig()
    rig.start()
    assert rig.step()
    assert rig.time == T0 + 400 * MILLISECOND
    rig.tick(SECOND)
    assert rig.time == T0 + 1_400 * MILLISECOND


# --- a speed ---


def test_at_a_speed_of_60_a_minute_takes_a_second_and_says_it_was_a_minute() -> None:
    rig = Rig("timeline: [{emit: siprec.started, after: 60s}]", policy=Policy(clock=ClockSetting(speed=60.0)))
    rig.start()
    assert rig.engine.next_deadline() == T0 + SECOND
    rig.tick(SECOND - 1)
    assert rig.events == []
    rig.tick(1)
    assert rig.events == [("siprec.started", 60_000)]


@settings(max_examples=60, deadline=None)
@given(
    speed=st.floats(MIN_SPEED, MAX_SPEED),
    began=st.integers(0, 400 * 24 * HOUR),
    waits=st.lists(st.integers(0, 86_400_000), min_size=1, max_size=4),
)
def test_at_any_speed_each_look_at_the_deadline_makes_the_next_thing_happen(
    speed: float, began: int, waits: list[int]
) -> None:
    """However long the clock has run, and at the instants that are scripted."""
    steps = ", ".join(f"{{emit: siprec.started, after: {wait}ms}}" for wait in waits)
    rig = Rig(f"timeline: [{steps}, {{wait_for: {{command: siprec_stop}}}}]")
    rig.set_clock(ClockSetting(speed=speed), time=T0)
    rig.tick(min(began, int(began / speed)))
    rig.start()
    start = rig.time
    for _ in waits:
        if (deadline := rig.engine.next_deadline()) is not None:
            rig.tick(max(0, deadline - rig.now))
    assert rig.engine.next_deadline() is None
    due = [start + MILLISECOND * sum(waits[: index + 1]) for index in range(len(waits))]
    assert [entry.event.occurred_at for entry in rig.webhooks] == due


def test_a_wall_clock_that_goes_back_stops_the_namespaces_and_loses_nothing() -> None:
    rig = Rig()
    rig.start()
    rig.now -= HOUR
    assert rig.engine.due(rig.now) == ()
    rig.stop()
    assert rig.requests[-1].at == T0
    rig.now += HOUR
    rig.run(SECOND)
    assert rig.events == [("siprec.started", 400), ("siprec.stopped", 450)]


# --- going over ---


def test_a_clock_that_is_stopped_and_started_goes_on_where_it_stood() -> None:
    rig = Rig()
    rig.start()
    rig.run(300 * MILLISECOND)
    rig.set_clock(MANUAL)
    rig.run(HOUR)
    assert (rig.time, rig.events) == (T0 + 300 * MILLISECOND, [])
    rig.set_clock(ClockSetting(speed=10.0))
    assert rig.engine.next_deadline() == rig.now + 10 * MILLISECOND
    rig.run(10 * MILLISECOND)
    assert rig.events == [("siprec.started", 400)]
    rig.set_clock(AUTO)
    assert rig.engine.next_deadline() is None


def test_what_was_due_before_a_clock_is_set_happens_first() -> None:
    rig = Rig()
    rig.start()
    rig.now += SECOND
    rig.set_clock(MANUAL)
    assert rig.events == [("siprec.started", 400)]
    assert rig.time == T0 + SECOND


@pytest.mark.parametrize("setting", [RUNNING, MANUAL])
def test_a_clock_may_be_set_to_a_time_and_what_waits_keeps_its_instant(setting: ClockSetting) -> None:
    rig = Rig()
    rig.start()
    rig.set_clock(setting, time=T0 + 390 * MILLISECOND)
    assert rig.time == T0 + 390 * MILLISECOND
    assert rig.events == []
    rig.set_clock(setting, time=T0 + HOUR + SECOND)
    assert rig.events == [("siprec.started", 400), ("siprec.stopped", 400 + 3_600_000 + 50)]
    assert rig.time == T0 + HOUR + SECOND


def test_a_set_clock_makes_its_namespace() -> None:
    rig = Rig()
    rig.set_clock(MANUAL, time=LATEST - HOUR)
    assert rig.time == LATEST - HOUR


# --- the end of time ---


def test_what_would_fall_due_after_2099_never_does() -> None:
    """And nobody waits for it without end."""
    for setting in (RUNNING, ClockSetting(speed=2.0), ClockSetting(speed=0.5)):
        rig = Rig()
        rig.set_clock(setting, time=LATEST - SECOND)
        rig.start()
        rig.run(SECOND)
        rig.run(2 * HOUR)
        assert len(rig.events) == 1
        assert rig.time == LATEST
        assert rig.engine.next_deadline() is None


def test_no_step_leads_beyond_2099() -> None:
    rig = Rig(policy=BY_HAND)
    rig.set_clock(MANUAL, time=LATEST - SECOND)
    rig.start()
    assert rig.step()
    assert not rig.step()
    assert not rig.step(LATEST + HOUR)
    rig.advance(10 * HOUR)
    assert rig.time == LATEST
    assert len(rig.events) == 1


# --- results while a clock stands ---

TALKER = """
timeline:
  - {emit: siprec.started, payload: {id: '${uuid}'}}
  - {wait_for: {webhook_acked: siprec.started}}
  - {emit: siprec.stopped, payload: {id: '${uuid}', seq: '${seq}'}}
"""


def three(policy: Policy = BY_HAND) -> Rig:
    """Three sessions, each with a webhook on the wire whose success moves it on."""
    rig = Rig(TALKER, policy=policy)
    for call in ("one", "two", "three"):
        rig.start(call)
    assert len(rig.sends) == 3
    return rig


def test_results_are_taken_once_all_on_the_wire_have_arrived() -> None:
    rig = three()
    first, second, third = rig.sends
    rig.report(delivered(third))
    rig.report(delivered(first))
    assert len(rig.events) == 3
    assert rig.states == ["pending"] * 3
    assert not rig.namespace.settled
    rig.report(delivered(second))
    assert [entry.event.call_control_id for entry in rig.webhooks[3:]] == ["one", "two", "three"]
    assert rig.states == ["delivered"] * 3 + ["pending"] * 3


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("outcome", ["delivered", "failed"])
def test_whichever_receiver_is_quicker_the_run_is_the_same(order: tuple[int, ...], outcome: str) -> None:
    def run(order: tuple[int, ...]) -> Rig:
        rig = three(Policy(clock=MANUAL, seed="7"))
        first = list(rig.sends)
        for index in order:
            rig.report(failed(first[1]) if index == 1 and outcome == "failed" else delivered(first[index]))
        while rig.step():
            rig.deliver_all()
        return rig

    expected, told = run((0, 1, 2)), run(order)
    assert told.sends == expected.sends
    assert told.webhooks == expected.webhooks


def test_a_clock_that_runs_takes_each_result_as_it_arrives() -> None:
    rig = three(Policy())
    rig.report(delivered(rig.sends[2]))
    assert rig.events[3:] == [("siprec.stopped", 0)]
    assert rig.webhooks[3].event.call_control_id == "three"


def test_results_that_waited_for_others_are_taken_when_the_clock_runs_again() -> None:
    """Those still on the wire are not waited for any more."""
    rig = three()
    first, second, third = rig.sends
    rig.report(delivered(third))
    rig.report(delivered(second))
    rig.set_clock(RUNNING)
    assert [entry.event.call_control_id for entry in rig.webhooks[3:]] == ["two", "three"]
    rig.report(delivered(first))
    assert [entry.event.call_control_id for entry in rig.webhooks[3:]] == ["two", "three", "one"]
    rig.deliver_all()
    assert rig.engine.idle()


def test_from_manual_to_auto_results_go_on_waiting_for_each_other() -> None:
    rig = three()
    rig.report(delivered(rig.sends[2]))
    rig.set_clock(AUTO)
    assert len(rig.events) == 3
    rig.deliver_all()
    assert [entry.event.call_control_id for entry in rig.webhooks[3:]] == ["one", "two", "three"]


def test_a_reset_forgets_the_results_that_wait() -> None:
    rig = three()
    first, second, third = rig.sends
    rig.report(delivered(third))
    rig.effects += rig.engine.reset(KEY)
    rig.report(delivered(first))
    rig.start("four")
    rig.report(delivered(second))
    assert rig.states == ["pending"]
    rig.report(delivered(rig.sends[3]))
    assert rig.states == ["delivered", "pending"]


def test_the_emulators_stop_gives_up_attempts_whose_results_wait() -> None:
    rig = three()
    rig.report(delivered(rig.sends[2]))
    rig.effects += rig.engine.abandon(rig.now)
    rig.deliver_all()
    assert rig.states == ["abandoned"] * 3
    assert rig.namespace.settled


def test_a_timeout_that_is_simulated_leaves_nothing_on_the_wire() -> None:
    """So that a clock which waits for that may go on, and it is over only after its time."""
    rig = Rig("timeline: [{emit: siprec.started, deliver: {attempts: [{simulate: timeout}]}}]", policy=BY_HAND)
    rig.start()
    settled = rig.namespace.settled
    rig.deliver_all()
    assert (settled, rig.namespace.settled, rig.engine.idle()) == (False, True, False)
    assert rig.step()
    assert rig.time == T0 + 2 * SECOND


# --- what an app may still be about to do ---


def test_a_webhook_that_an_app_took_is_heeded_by_the_apps_next_command() -> None:
    rig = Rig("timeline: [{emit: siprec.started}, {wait_for: {command: siprec_stop}, timeout: 1h}]")
    rig.start()
    assert rig.namespace.unheeded == 0
    rig.fail_all()
    assert rig.namespace.unheeded == 0
    rig.tick(60 * SECOND)
    rig.deliver_all()
    assert rig.namespace.unheeded == 1
    rig.stop()
    rig.stop()
    assert rig.namespace.unheeded == 0


def test_how_long_an_app_took_to_answer_is_remembered() -> None:
    rig = Rig("timeline: [{emit: siprec.started}]")
    rig.start()
    [send] = rig.sends
    rig.report(replace(delivered(send), started_at=1_000, finished_at=71_000))
    assert rig.namespace.answered_in == 70_000


def test_a_call_that_is_over_leaves_nothing_to_be_done() -> None:
    rig = Rig()
    call = rig.call_in()
    rig.deliver_all()
    assert rig.namespace.unheeded == 1
    rig.hang_up(call.call_control_id)
    rig.deliver_all()
    assert ([kind for kind, _ in rig.events][-1], rig.namespace.unheeded) == ("call.hangup", 1)


def test_what_an_app_left_unheeded_is_forgotten_when_the_clock_steps() -> None:
    rig = Rig("timeline: [{emit: siprec.started}, {wait_for: {command: siprec_stop}, timeout: 1h}]")
    rig.set_clock(AUTO)
    rig.start()
    rig.deliver_all()
    assert rig.namespace.unheeded == 1
    assert rig.step()
    assert rig.namespace.unheeded == 0


def test_what_the_built_in_receiver_takes_and_copies_are_nothing_to_heed() -> None:
    nobody = Rig("timeline: [{emit: siprec.started}]", addresses=Addresses(receiver_url="http://emulator.test"))
    nobody.start()
    nobody.deliver_all()
    assert nobody.namespace.unheeded == 0
    twice = Rig("timeline: [{emit: siprec.started, deliver: {copies: 2}}]")
    twice.start()
    twice.deliver_all()
    assert (len(twice.webhooks), twice.namespace.unheeded) == (2, 1)
