"""Steered time: clocks that run at a speed, stand, are moved or set, and what the core does meanwhile."""

from __future__ import annotations

from itertools import permutations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.clock import LATEST, MAX_SPEED, MIN_SPEED, REPEATABLE_START, ClockMode, ClockSetting
from emulator.core.models import HOUR, MILLISECOND, SECOND
from emulator.core.namespace import Overrides
from emulator.core.policy import DeclaredCall, Policy
from tests.core.engines import CALL, HAPPY, HOOK, KEY, T0, Rig, delivered, failed, scenario

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


# --- seeds ---

CHATTY = """
vars: {who: me}
timeline:
  - {emit: siprec.started, after: {uniform: {min: 1s, max: 90s}}, payload: {id: '${uuid}', at: '${now}'}}
  - emit: siprec.stopped
    after: {lognormal: {median: 1s, sigma: 1}}
    deliver: {delay: {uniform: {min: 1s, max: 9s}}, copies: 3, gap: {uniform: {min: 1s, max: 2s}}, same_id: false}
"""


def told(rig: Rig, key: str = KEY) -> list[tuple[object, ...]]:
    """Start two calls and play to the end; every send but for the number and the namespace in its id."""
    already = len(rig.sends)
    for call in ("one", "two"):
        rig.start(call, key=key)
    while (effects := rig.engine.step(key, None, rig.now)) is not None:
        rig.effects += effects
        rig.now += 12_345
        rig.deliver_all()
    return [
        (send.method, send.url, send.headers, send.body, send.signed, send.timeout, send.success, send.signing)
        for send in rig.sends[already:]
    ]


def seeded(seed: str | None, setting: ClockSetting = MANUAL, *calls: DeclaredCall) -> Rig:
    """A server with a seed, begun at a later wall time each."""
    rig = Rig(CHATTY, policy=Policy(seed=seed, clock=setting, calls=calls))
    rig.now += HOUR * len(seed or "")
    return rig


def test_with_a_seed_and_a_clock_that_stands_two_servers_send_the_same_bytes() -> None:
    first = seeded("7")
    second = seeded("7")
    second.now += 17 * HOUR
    expected = told(first)
    assert len(expected) == 8
    assert told(second) == expected
    assert [send.attempt_id for send in second.sends] == [send.attempt_id for send in first.sends]
    assert told(seeded("8")) != expected


def test_without_a_seed_two_namespaces_have_nothing_in_common() -> None:
    rig = seeded(None)
    assert {body for *_, body, _, _, _, _ in told(rig, "a")}.isdisjoint(
        body for *_, body, _, _, _, _ in told(rig, "b")
    )


def test_a_servers_seed_gives_each_namespace_a_stream_of_its_own() -> None:
    rig, again = seeded("7"), seeded("7")
    first, second = told(rig, "a"), told(rig, "b")
    assert first != second
    assert told(again, "b") == second
    assert told(again, "a") == first


def test_a_namespaces_own_seed_gives_the_same_in_a_namespace_of_another_name() -> None:
    rig = seeded(None)
    for key in ("a", "b"):
        rig.engine.configure(key, Overrides(seed="mine"), (), rig.now)
        rig.now += HOUR
    assert told(rig, "a") == told(rig, "b")


def test_a_seed_that_is_set_again_does_not_begin_anew_and_another_does() -> None:
    rig = Rig(ONE)
    for seed in ("mine", "mine", "other"):
        rig.engine.configure(KEY, Overrides(seed=seed), (), rig.now)
        rig.start()
    first, second, third = (entry.event.id for entry in rig.webhooks)
    again = Rig(ONE)
    again.engine.configure(KEY, Overrides(seed="mine"), (), T0)
    again.start()
    again.start()
    assert [entry.event.id for entry in again.webhooks] == [first, second]
    assert third not in {first, second}


DECLARED = DeclaredCall(call_control_id="one")


@STANDING
@pytest.mark.parametrize("calls", [(), (DECLARED,)])
def test_a_seeded_clock_that_stands_begins_at_the_repeatable_start(
    standing: ClockSetting, calls: tuple[DeclaredCall, ...]
) -> None:
    """Whichever of seed and clock comes first, and whether it is the server's or the namespace's own."""
    rigs = [
        Rig(policy=Policy(seed=seed, clock=clock, calls=calls))
        for seed, clock in (("7", standing), ("7", RUNNING), (None, standing), (None, RUNNING), (None, RUNNING))
    ]
    for rig in rigs:
        rig.now += HOUR
    _, run, stand, seed_first, clock_first = rigs
    run.set_clock(standing)
    stand.engine.configure(KEY, Overrides(seed="7"), (), stand.now)
    seed_first.engine.configure(KEY, Overrides(seed="7"), (), seed_first.now)
    seed_first.set_clock(standing)
    clock_first.set_clock(standing)
    clock_first.engine.configure(KEY, Overrides(seed="7"), (), clock_first.now)
    for rig in rigs:
        rig.start()
        assert rig.time == REPEATABLE_START


def test_a_namespaces_own_seed_repeats_the_ids_of_declared_calls_too() -> None:
    told_of = []
    for wall in (T0, T0 + HOUR):
        rig = Rig(ONE, policy=Policy(clock=MANUAL, calls=(DECLARED,)))
        rig.now = wall
        if wall > T0:
            rig.start(key="another, which comes first")
        rig.engine.configure(KEY, Overrides(seed="7"), (DeclaredCall(call_control_id="two"),), rig.now)
        for call in ("one", "two"):
            rig.start(call)
        told_of.append([entry.event.payload for entry in rig.webhooks])
    assert told_of[0] == told_of[1]


def test_a_seed_that_comes_after_the_first_command_leaves_the_clock_alone() -> None:
    rig = Rig(policy=BY_HAND)
    rig.start()
    rig.engine.configure(KEY, Overrides(seed="7"), (), rig.now)
    rig.set_clock(AUTO)
    assert rig.time == T0
    server = Rig(policy=Policy(seed="7"))
    server.start()
    server.set_clock(MANUAL)
    assert server.time == T0


@pytest.mark.parametrize("seed_first", [True, False])
def test_a_time_that_was_set_stands_before_the_repeatable_start(seed_first: bool) -> None:
    rig = Rig()
    if seed_first:
        rig.engine.configure(KEY, Overrides(seed="7"), (), rig.now)
    rig.set_clock(MANUAL, time=T0 + HOUR)
    if not seed_first:
        rig.engine.configure(KEY, Overrides(seed="7"), (), rig.now)
    rig.set_clock(AUTO)
    assert rig.time == T0 + HOUR


def test_a_running_clock_shows_wall_time_also_with_a_seed() -> None:
    rig = seeded("7", RUNNING)
    rig.start()
    assert rig.time == rig.now
    rig.engine.configure("other", Overrides(seed="7"), (), rig.now)
    rig.start(key="other")
    other = rig.engine.namespaces.get("other")
    assert other is not None
    assert other.clock.read(rig.now) == rig.now


def test_a_seed_on_a_rig_that_stands_says_2025_in_its_webhooks() -> None:
    rig = Rig(scenario(HAPPY), policy=Policy(seed="7", clock=MANUAL))
    rig.start(CALL)
    assert rig.step()
    document = orjson.loads(rig.sends[0].body)
    assert document["data"]["occurred_at"] == "2025-01-01T00:00:00.400000Z"
    assert document["meta"]["delivered_to"] == HOOK
