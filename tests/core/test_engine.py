"""The engine: namespaces, deadlines, what the control API changes, and that any order of inputs is taken."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.calls.model import CallState, Ending
from emulator.core.effects import AttemptOutcome, AttemptResult
from emulator.core.errors import CallEnded, LimitReached, UnknownRoute
from emulator.core.inputs import Outcome, Received
from emulator.core.models import HOUR, MILLISECOND, SECOND, Route, SessionState
from emulator.core.namespace import Overrides
from emulator.core.namespaces import MAX_SCENARIOS
from emulator.core.policy import DeclaredCall, Limits, Policy, Realism
from emulator.core.reception import TAKEN
from emulator.core.sessions import ACTIVE
from emulator.core.turn import Addresses, NoteKind
from tests.core.engines import CALL, FAILOVER, HAPPY, HOOK, KEY, T0, Rig, delivered, error_of, scenario

if TYPE_CHECKING:
    from emulator.core.effects import Reply

SHORT = "timeline: [{emit: siprec.started}]"
RECEIVED = Received(method="POST", target="/", headers=(), body=b"{}", verdict="good", reason="")
FEW = Policy(limits=Limits(max_namespaces=2))


# --- deadlines ---


def test_a_new_engine_has_nothing_to_wait_for() -> None:
    rig = Rig()
    assert rig.engine.next_deadline() is None
    assert rig.engine.due(T0) == ()
    assert rig.engine.idle()
    assert rig.engine.idle(KEY)


def test_the_deadline_is_the_earliest_of_all_namespaces() -> None:
    rig = Rig()
    rig.start(key="a")
    rig.tick(100 * MILLISECOND)
    rig.start(key="b")
    assert rig.engine.next_deadline() == T0 + 400 * MILLISECOND
    rig.tick(300 * MILLISECOND)
    assert rig.engine.next_deadline() == T0 + 500 * MILLISECOND


def test_a_timeout_that_was_outrun_wakes_nobody() -> None:
    """Once the recording has stopped, its timeout of an hour is gone."""
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    rig.stop()
    rig.run(SECOND)
    assert rig.engine.next_deadline() is None


def test_what_is_due_happens_before_a_request_that_comes_later() -> None:
    """No tick came in between, and the start had occurred all the same."""
    rig = Rig()
    rig.start()
    rig.now += SECOND
    rig.stop()
    rig.run(SECOND)
    assert rig.events == [("siprec.started", 400), ("siprec.stopped", 1_050)]


def test_a_start_meets_no_recording_whose_end_was_due_before_it() -> None:
    rig = Rig()
    rig.start()
    rig.now += 2 * HOUR
    rig.start()
    assert len(rig.namespace.sessions) == 2
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped"]


# --- namespaces ---


def test_each_key_has_its_own_calls_sessions_and_journal() -> None:
    rig = Rig(SHORT)
    rig.start(key="a")
    rig.start(key="b")
    first, second = tuple(rig.engine.namespaces)
    assert (first.id, second.id) == ("a", "b")
    assert first.calls[CALL] != second.calls[CALL]
    assert [len(one.journal.webhooks) for one in (first, second)] == [1, 1]
    assert rig.engine.namespaces.get("c") is None


def test_the_longest_unused_idle_namespace_makes_room() -> None:
    rig = Rig(SHORT, policy=FEW)
    for key in ("a", "b", "a"):
        rig.start(key=key)
    rig.deliver_all()
    rig.start(key="c")
    assert [one.id for one in tuple(rig.engine.namespaces)] == ["a", "c"]
    assert rig.engine.namespaces.evicted == 1


def test_a_busy_namespace_is_not_forgotten_and_another_is_refused() -> None:
    rig = Rig(policy=FEW)
    rig.start(key="a")
    rig.start(key="b")
    refused = rig.start(key="c")
    assert (refused.status, error_of(refused)["code"]) == (503, "10007")
    assert rig.stray(UnknownRoute(), key="c").status == 503
    with pytest.raises(LimitReached):
        rig.engine.configure("c", Overrides(), (), T0)
    assert [one.id for one in tuple(rig.engine.namespaces)] == ["a", "b"]


def test_a_namespaces_settings_stand_before_the_servers() -> None:
    rig = Rig()
    ringing = DeclaredCall(call_control_id=CALL, state=CallState.RINGING)
    rig.engine.configure(KEY, Overrides(policy=Policy(realism=Realism.STRICT)), (ringing,), T0)
    assert error_of(rig.start(connector_name="c"))["code"] == "90034"
    assert rig.start(key="other").status == 200


# --- reset ---


def test_a_reset_forgets_one_namespace_or_all() -> None:
    rig = Rig()
    for key in ("a", "b", "c"):
        rig.start(key=key)
    rig.engine.reset("a")
    rig.engine.reset("unknown")
    assert [one.id for one in tuple(rig.engine.namespaces)] == ["b", "c"]
    rig.engine.reset(None)
    assert tuple(rig.engine.namespaces) == ()
    assert rig.engine.next_deadline() is None
    assert rig.engine.due(T0 + HOUR) == ()


def test_a_result_from_before_a_reset_is_not_taken_for_one_of_after() -> None:
    """Although the same seed gives the same events."""
    rig = Rig(SHORT, policy=Policy(seed="1"))
    rig.start()
    before = rig.sends[0]
    rig.engine.reset(KEY)
    rig.report(delivered(before))
    rig.start()
    after = rig.sends[1]
    assert after.body == before.body
    rig.report(delivered(before))
    assert not rig.engine.idle(KEY)
    rig.report(delivered(after))
    assert rig.engine.idle(KEY)


def test_a_namespace_that_made_room_is_not_looked_at_when_its_time_comes() -> None:
    """What it had planned was given up, so that nothing was left to happen in it."""
    rig = Rig("timeline: [{emit: siprec.started, deliver: {delay: 1h}}]", policy=FEW)
    rig.start(key="a")
    rig.effects += rig.engine.abandon(rig.now)
    rig.start(key="b")
    rig.start(key="c")
    assert rig.engine.namespaces.get("a") is None
    assert rig.engine.next_deadline() == T0 + HOUR
    rig.run(HOUR)
    assert [send.namespace for send in rig.sends] == ["b", "c"]


# --- scenarios ---


def test_a_namespaces_scenario_hides_the_servers_of_that_name() -> None:
    rig = Rig()
    assert rig.engine.namespaces.put_scenario(scenario(SHORT), KEY, T0)
    assert not rig.engine.namespaces.put_scenario(scenario(SHORT), KEY, T0)
    rig.start()
    rig.start(key="other")
    assert len(rig.sends) == 1
    visible = rig.engine.namespaces.visible_scenarios
    assert visible(KEY)["happy-path"] != visible(None)["happy-path"]
    assert rig.engine.namespaces.remove_scenario("happy-path", KEY)
    assert not rig.engine.namespaces.remove_scenario("happy-path", KEY)
    assert not rig.engine.namespaces.remove_scenario("happy-path", "unknown")
    assert rig.engine.namespaces.visible_scenarios(KEY) == rig.engine.namespaces.visible_scenarios(None)


def test_the_servers_scenarios_change_for_all_but_sessions_that_play_go_on() -> None:
    rig = Rig()
    rig.start()
    assert not rig.engine.namespaces.put_scenario(scenario("timeline: [{emit: siprec.failed}]"), None, T0)
    rig.start("other")
    rig.run(SECOND)
    assert [kind for kind, _ in rig.events] == ["siprec.failed", "siprec.started"]
    assert rig.engine.namespaces.remove_scenario("happy-path", None)
    assert rig.start("third").status == 422


# --- strays, the receiver ---


def test_a_stray_is_answered_and_journaled_where_a_key_is_known() -> None:
    rig = Rig()
    assert rig.stray(UnknownRoute()).status == 404
    (entry,) = rig.namespace.journal.strays
    assert (entry.status, entry.target) == (404, "/v2/nowhere")
    assert rig.stray(UnknownRoute(), key="").status == 404
    assert len(tuple(rig.engine.namespaces)) == 1


def test_what_the_receiver_gets_is_journaled_for_a_namespace_that_exists() -> None:
    rig = Rig()
    assert rig.engine.received(KEY, RECEIVED, T0) == Outcome(reply=TAKEN, effects=())
    rig.start()
    (note,) = rig.engine.received(KEY, RECEIVED, T0).effects
    assert [entry.verdict for entry in rig.namespace.journal.received] == ["good"]
    assert getattr(note, "kind", None) is NoteKind.RECEIVED


# --- any order of inputs ---

ACKED = """
timeline:
  - {emit: siprec.started, after: 100ms}
  - {wait_for: {any: [{command: siprec_stop}, {webhook_acked: siprec.started}]}, timeout: 5s}
  - {emit: siprec.stopped}
"""
NO_ANSWER = """
timeline:
  - wait_for: {command: siprec_stop}
    timeout: 3s
    then: [{emit: siprec.stopped}, end]
  - {emit: siprec.failed}
"""
REFUSES = "respond: {status: 500, error: {code: '10007', title: x}}"
NAMES = ("happy-path", "acked", "no-answer", "refuses")
BODIES = (HAPPY, ACKED, NO_ANSWER, REFUSES)


@dataclass(frozen=True, slots=True)
class Input:
    """One input of any kind; ``number`` means what the kind makes of it."""

    kind: str
    number: int


KINDS = ("start", "stop", "texml", "texml_stop", "tick", "delivered", "failed", "abandoned", "unknown")
inputs = st.lists(st.builds(Input, st.sampled_from(KINDS), st.integers(0, 11)), max_size=40)

Told: TypeAlias = "list[Reply]"


def feed(rig: Rig, one: Input) -> Told:
    """Give the engine one input."""
    number = one.number
    call, name = f"call{number % 3}", NAMES[number % 4]
    tagged: dict[str, Any] = {"command_id": f"id{number}"} if number % 3 else {}
    if one.kind == "start":
        return [rig.start(call, connector_name=f"emu:{name}", **tagged)]
    if one.kind == "stop":
        return [rig.stop(call, **tagged)]
    if one.kind == "texml":
        callback = b"&StatusCallback=http://app.test/cb" if number % 3 else b""
        return [rig.texml_start(f"ConnectorName=emu:{name}".encode() + callback, call)]
    if one.kind == "texml_stop":
        known = rig.engine.namespaces.get(KEY)
        sids = list(known.sessions) if known else []
        return [rig.texml_update(sids[number % len(sids)] if sids else "none", call=call)]
    if one.kind == "tick":
        rig.tick(number**4 * MILLISECOND)
        return []
    sends = rig.sends
    attempt_id = "unknown" if one.kind == "unknown" or not sends else sends[number % len(sends)].attempt_id
    outcome = AttemptOutcome.FAILED if one.kind == "unknown" else AttemptOutcome(one.kind)
    rig.report(AttemptResult(attempt_id=attempt_id, outcome=outcome, started_at=0, finished_at=0))
    return []


def play(story: list[Input]) -> tuple[Rig, Told]:
    """A fresh rig after all inputs; few sessions may be kept, so that bounds are met."""
    addresses = Addresses(webhook_url=HOOK, webhook_failover_url=FAILOVER)
    limits = Policy(limits=Limits(max_sessions=2))
    loaded = [scenario(body, name) for body, name in zip(BODIES, NAMES, strict=True)]
    rig = Rig(*loaded, addresses=addresses, policy=limits)
    replies = [reply for one in story for reply in feed(rig, one)]
    return rig, replies


ALLOWED: tuple[list[str], ...] = ([], ["started"], ["started", "stopped"], ["stopped"], ["failed"])


def check(rig: Rig, replies: Told, story: list[Input]) -> None:
    """What holds after any inputs."""
    requests = sum(one.kind in {"start", "stop", "texml", "texml_stop"} for one in story)
    assert len(replies) == requests == rig.count(NoteKind.REQUEST)
    assert {reply.status for reply in replies} <= {200, 404, 500, 503}
    if not requests:
        return
    told: dict[str, list[str]] = {}
    ended: dict[str, int] = {}
    for entry in rig.webhooks:
        session = entry.session
        assert session is not None
        told.setdefault(session.id, []).append(entry.event.type.removeprefix("siprec."))
        assert session.id not in ended
        if session.state not in ACTIVE:
            ended[session.id] = entry.event.occurred_at
        assert len(entry.attempts) <= 6
        assert len({attempt.id for attempt in entry.attempts}) == len(entry.attempts)
    assert all(kinds in ALLOWED for kinds in told.values())
    assert set(rig.namespace.active.values()) == set(rig.namespace.playing)
    assert len(rig.namespace.sessions) <= 2
    attempt_ids = [send.attempt_id for send in rig.sends]
    assert len(set(attempt_ids)) == len(attempt_ids)


@settings(max_examples=120, deadline=None)
@given(inputs)
def test_any_inputs_in_any_order_keep_the_promises(story: list[Input]) -> None:
    """One reply a request, events in order and none after the end, bounded tries; and the end is reached."""
    rig, replies = play(story)
    check(rig, replies, story)
    rig.run(2 * HOUR)
    rig.deliver_all()
    rig.run(2 * HOUR)
    rig.deliver_all()
    check(rig, replies, story)
    assert rig.engine.idle()
    assert rig.engine.next_deadline() is None
    kept = rig.engine.namespaces.get(KEY)
    states = {session.state for session in kept.sessions.values()} if kept else set[SessionState]()
    assert not states & ACTIVE


@settings(max_examples=60, deadline=None)
@given(inputs)
def test_the_same_inputs_give_the_same_outputs(story: list[Input]) -> None:
    first, replies = play(story)
    second, again = play(story)
    assert replies == again
    assert first.sends == second.sends
    assert [note.entry for note in first.notes] == [note.entry for note in second.notes]


def test_a_long_run_of_inputs_leaves_nothing_behind() -> None:
    """Timers, deliveries and attempts go with what they were for."""
    dice = random.Random(1)  # noqa: S311 - a fixed story, no secret
    story = [Input(dice.choice(KINDS), dice.randrange(12)) for _ in range(2_000)]
    rig, replies = play(story)
    check(rig, replies, story)
    for _ in range(12):
        rig.run(2 * HOUR)
        rig.deliver_all()
    namespace = rig.namespace
    assert (namespace.playing, namespace.active, namespace.calls.recorded) == ({}, {}, {})
    assert (namespace.deliveries, namespace.attempts) == ({}, {})
    assert len(namespace.timers) == namespace.timers.held == 0


def test_a_bounded_number_of_scenarios_can_be_put() -> None:
    rig = Rig()
    for number in range(MAX_SCENARIOS - len(rig.engine.namespaces.scenarios)):
        name = f"extra-{number}"
        rig.engine.namespaces.scenarios[name] = scenario(name=name)
    with pytest.raises(LimitReached, match="at most 1000 scenarios"):
        rig.engine.namespaces.put_scenario(scenario(name="one-more"), None, T0)


def test_a_far_end_hangs_up_no_call_that_has_ended_meanwhile() -> None:
    """It ends at the very instant, before the hang-up: what is due comes first."""
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call)
    rig.now += 4 * HOUR
    with pytest.raises(CallEnded):
        rig.hang_up(call)
    assert rig.namespace.calls[call].ending == Ending(cause="time_limit", source="unknown", sip="unspecified")
