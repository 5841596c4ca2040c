"""Seeds: which runs say the same, to the byte, and where their clocks begin."""

from __future__ import annotations

import orjson
import pytest

from emulator.core.clock import REPEATABLE_START, ClockMode, ClockSetting
from emulator.core.models import HOUR
from emulator.core.namespace import Overrides
from emulator.core.policy import DeclaredCall, Policy
from tests.core.engines import CALL, HAPPY, HOOK, KEY, T0, Rig, scenario

RUNNING = ClockSetting()
MANUAL = ClockSetting(mode=ClockMode.MANUAL)
AUTO = ClockSetting(mode=ClockMode.AUTO)
BY_HAND = Policy(clock=MANUAL)
STANDING = pytest.mark.parametrize("standing", [MANUAL, AUTO], ids=["manual", "auto"])
ONE = "timeline: [{emit: siprec.started}]"

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


def test_a_clock_that_ran_on_from_the_repeatable_start_does_not_begin_there_again() -> None:
    rig = Rig(policy=Policy(seed="7", clock=MANUAL))
    for setting in (MANUAL, RUNNING):
        rig.set_clock(setting)
    rig.run(HOUR)
    rig.set_clock(MANUAL)
    assert rig.time == REPEATABLE_START + HOUR


@pytest.mark.parametrize(("calls", "cleared"), [((), True), ((DECLARED,), False)])
def test_a_namespace_was_used_although_its_journal_was_cleared_or_its_call_declared(
    calls: tuple[DeclaredCall, ...],
    cleared: bool,
) -> None:
    rig = Rig(policy=Policy(seed="7", calls=calls))
    rig.start("one")
    if cleared:
        rig.namespace.journal.clear()
    rig.set_clock(MANUAL)
    assert rig.time == T0


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
