"""Scenarios of calls: which plays, what its far end does, and what a recording's scenario does to its call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from emulator.core.calls.model import CallState, Parties
from emulator.core.effects import Simulate
from emulator.core.errors import UnknownScenario, WrongScenario
from emulator.core.models import HOUR, MILLISECOND, MINUTE, SECOND, Route
from emulator.core.scenario.load import load_scenario
from emulator.resources import scenario_files
from tests.core.engines import CALL, GRAMMAR, HAPPY, Rig, error_of, header, scenario

if TYPE_CHECKING:
    from emulator.core.scenario.model import Scenario

BUILT_IN = [load_scenario(file.read_text("utf-8"), file=file.name, grammar=GRAMMAR) for file in scenario_files()]


def rig_of(*more: Scenario) -> Rig:
    """One that has every built-in scenario."""
    return Rig(*BUILT_IN, *more)


def dialled(rig: Rig, **body: Any) -> str:
    """Dial, and the call's id."""
    reply = rig.dial(**body)
    assert reply.status == 200
    return str(orjson.loads(reply.body)["data"]["call_control_id"])


def arrived(rig: Rig, name: str) -> str:
    """A call comes in whose far end plays a scenario; its id."""
    return rig.call_in(scenario=name).call_control_id


def endings(rig: Rig) -> list[tuple[str, str, str]]:
    """How each call ended."""
    return [
        (payload["hangup_cause"], payload["hangup_source"], payload["sip_hangup_cause"])
        for payload in rig.payloads
        if "hangup_source" in payload
    ]


# --- the built-in ones ---


@pytest.mark.parametrize(
    ("name", "events", "ending"),
    [
        ("callee-answers", [("call.initiated", 0), ("call.answered", 2_000)], None),
        (
            "callee-hangs-up",
            [("call.initiated", 0), ("call.answered", 2_000), ("call.hangup", 47_000)],
            ("normal_clearing", "callee", "200"),
        ),
        ("callee-busy", [("call.initiated", 0), ("call.hangup", 1_000)], ("user_busy", "callee", "486")),
        ("callee-declines", [("call.initiated", 0), ("call.hangup", 4_000)], ("call_rejected", "callee", "603")),
        ("callee-not-found", [("call.initiated", 0), ("call.hangup", 500)], ("not_found", "callee", "404")),
        ("callee-rings-out", [("call.initiated", 0), ("call.hangup", 20_000)], ("timeout", "caller", "487")),
    ],
)
def test_a_dial_comes_to_what_its_scenario_says(
    name: str, events: list[tuple[str, int]], ending: tuple[str, str, str] | None
) -> None:
    rig = rig_of()
    reply = rig.dial(headers=(("X-Emulator-Scenario", name),), timeout_secs=20)
    assert (reply.status, header(reply, "X-Emulator-Scenario")) == (200, name)
    rig.run(HOUR)
    assert rig.events == events
    assert endings(rig) == ([ending] if ending else [])
    assert rig.namespace.calls.playing == {}


def test_a_call_that_nobody_answers_is_given_up_after_a_minute() -> None:
    rig = rig_of()
    rig.call_in()
    rig.run(HOUR)
    assert rig.events == [("call.initiated", 0), ("call.hangup", 60_000)]
    assert endings(rig) == [("originator_cancel", "caller", "487")]


def test_the_caller_hangs_up_45_s_after_the_answer() -> None:
    rig = rig_of()
    call = arrived(rig, "caller-hangs-up")
    rig.run(10 * SECOND)
    rig.command(Route.ANSWER, call)
    rig.run(HOUR)
    assert rig.events[1:] == [("call.answered", 10_000), ("call.hangup", 55_000)]
    assert endings(rig) == [("normal_clearing", "caller", "200")]


def test_an_answer_comes_too_late_for_a_caller_that_gives_up() -> None:
    rig = rig_of()
    call = arrived(rig, "caller-gives-up")
    rig.run(5 * SECOND)
    reply = rig.command(Route.ANSWER, call)
    assert (reply.status, error_of(reply)["code"]) == (422, "90018")


def test_the_caller_hangs_up_while_the_recording_starts() -> None:
    rig = rig_of()
    call = arrived(rig, "caller-hangs-up-while-recording-starts")
    rig.command(Route.ANSWER, call)
    rig.run(SECOND)
    rig.start(call)
    rig.run(HOUR)
    assert rig.events[2:] == [("siprec.stopped", 1_100), ("call.hangup", 1_100)]
    assert rig.payloads[2]["hangup_cause"] == "originator_cancel"


def test_a_recording_can_hang_up_its_call() -> None:
    """Also one that nobody announced."""
    rig = rig_of()
    rig.start(headers=(("X-Emulator-Scenario", "hangup-while-recording"),))
    rig.run(HOUR)
    assert rig.events == [("siprec.started", 400), ("siprec.stopped", 10_400), ("call.hangup", 10_400)]
    assert rig.namespace.calls[CALL].state is CallState.ENDED
    assert (rig.namespace.playing, rig.namespace.calls.recorded) == ({}, {})


# --- the language ---


def test_a_timeline_may_say_all_of_an_event_of_a_call() -> None:
    """Payload, templates, copies and signature, as of any event; the SIP status goes with the cause."""
    rig = Rig(
        scenario(
            """
plays: dial
vars: {why: no_answer}
timeline:
  - {emit: call.initiated, deliver: {copies: 2}}
  - {after: 1s, hangup: call, payload: {hangup_cause: "${vars.why}", seen: "${call.from} ${call.direction}"}}
""",
            "mine",
        )
    )
    rig.dial(headers=(("X-Emulator-Scenario", "mine"),))
    rig.run(MINUTE)
    assert rig.events == [("call.initiated", 0), ("call.initiated", 0), ("call.hangup", 1_000)]
    assert rig.payloads[2]["seen"] == "+18005550101 outgoing"
    assert endings(rig) == [("no_answer", "callee", "480")]
    assert rig.namespace.calls[rig.payloads[2]["call_control_id"]].ending is not None


def test_a_call_waits_for_commands_and_acknowledgements() -> None:
    rig = Rig(
        scenario(
            """
plays: inbound
timeline:
  - wait_for: {webhook_acked: call.initiated}
    timeout: 10s
  - wait_for: {any: [{command: siprec_stop}, {command: siprec_start}]}
    timeout: 10m
    then: [{after: 1s, hangup: call}]
""",
            "mine",
        ),
        scenario(),
    )
    call = arrived(rig, "mine")
    rig.deliver_all()
    rig.command(Route.ANSWER, call)
    rig.start(call)
    rig.run(MINUTE)
    assert [kind for kind, _ in rig.events] == [
        "call.initiated",
        "call.answered",
        "siprec.started",
        "siprec.stopped",
        "call.hangup",
    ]


def test_a_recording_may_wait_for_the_answer_to_its_call() -> None:
    body = "timeline: [{wait_for: {call: answered}, timeout: 1m}, {emit: siprec.started, after: 10ms}]"
    at_once = Rig(body.replace(", after: 10ms", ""))
    rings = at_once.call_in().call_control_id
    at_once.start(rings)
    at_once.command(Route.ANSWER, rings)
    assert [kind for kind, _ in at_once.events] == ["call.initiated", "call.answered", "siprec.started"]
    rig = Rig(body)
    call = rig.call_in().call_control_id
    rig.start(call)
    rig.run(SECOND)
    rig.command(Route.ANSWER, call)
    rig.run(SECOND)
    assert rig.events == [("call.initiated", 0), ("call.answered", 1_000), ("siprec.started", 1_010)]
    # a call that was answered before counts at once
    other = Rig(body)
    other.start()
    other.run(SECOND)
    assert other.events == [("siprec.started", 10)]


def test_a_recording_that_waits_for_its_calls_end_says_itself_what_comes_of_it() -> None:
    rig = Rig(
        """
timeline:
  - {emit: siprec.started}
  - wait_for: {call: ended}
    timeout: 1h
    then: [{after: 2s, emit: siprec.stopped, payload: {hangup_cause: late}}]
"""
    )
    rig.start()
    rig.hang_up(CALL)
    rig.run(MINUTE)
    assert rig.events == [("siprec.started", 0), ("call.hangup", 0), ("siprec.stopped", 2_000)]


def test_what_goes_wrong_with_deliveries_can_be_said_of_calls() -> None:
    rig = Rig(
        scenario(
            """
plays: dial
delivery: {attempts_per_url: 1, failover: false}
timeline: [{after: 1s, emit: call.answered, deliver: {attempts: [{simulate: connect_error}]}}]
""",
            "mine",
        )
    )
    rig.dial(headers=(("X-Emulator-Scenario", "mine"),))
    rig.run(MINUTE)
    assert rig.simulated[1] == [Simulate.CONNECT_ERROR]
    assert rig.states[1] == "failed"


# --- which one plays ---


def test_a_dial_is_answered_as_scripted_and_begins_no_call_then() -> None:
    rig = Rig(
        scenario("plays: dial\nrespond: {sequence: [{status: 500}, {session: none}], after_last: default}", "mine")
    )
    named = (("X-Emulator-Scenario", "mine"),)
    assert rig.dial(headers=named).status == 500
    quiet = rig.dial(headers=named)
    assert quiet.status == 200
    assert rig.events == []
    assert rig.dial(headers=named).status == 200
    assert rig.events == [("call.initiated", 0)]


def test_a_scenario_is_chosen_by_what_is_dialled_or_comes_in() -> None:
    """By the fields of the request, as for recordings; a scenario for something else is not asked."""
    busy = "timeline: [{hangup: call, payload: {hangup_cause: user_busy}}]"
    match = 'match: {body: {to: {prefix: "+44"}}}'
    rig = Rig(
        scenario(),
        scenario(f"plays: dial\n{match}\n{busy}", "a-dial"),
        scenario(f"plays: inbound\n{match}\n{busy}", "b-inbound"),
        scenario(match, "c-recording"),
    )
    assert header(rig.dial(to="+442071838750"), "X-Emulator-Scenario") == "a-dial"
    assert header(rig.dial(to="+18005550100"), "X-Emulator-Scenario") == "callee-answers"
    assert rig.call_in(parties=Parties(callee="+442071838750")).scenario == "b-inbound"
    assert header(rig.start(to="+442071838750"), "X-Emulator-Scenario") == "c-recording"


def test_a_callee_can_name_its_scenario() -> None:
    rig = rig_of()
    call = dialled(rig, to="sip:callee-busy@emu")
    rig.run(SECOND)
    assert rig.namespace.calls[call].ending is not None
    entry = rig.requests[0].selected
    assert entry is not None
    assert entry.choice.rule == "magic_callee"


@pytest.mark.parametrize("key", ["dial", "start", "inbound"])
def test_a_scenario_that_is_for_something_else_is_refused_by_name(key: str) -> None:
    rig = rig_of()
    if key == "inbound":
        with pytest.raises(WrongScenario, match="'srs-busy' plays recordings, not calls that come in"):
            arrived(rig, "srs-busy")
        with pytest.raises(UnknownScenario, match="Did you mean 'caller-waits'") as unknown:
            arrived(rig, "caller-wait")
        assert str(unknown.value.items[0].note).startswith("The field 'scenario' names a scenario")
        return
    wrong = "srs-busy" if key == "dial" else "callee-busy"
    headers = (("X-Emulator-Scenario", wrong),)
    reply = rig.dial(headers=headers) if key == "dial" else rig.start(headers=headers)
    assert (reply.status, error_of(reply)["code"]) == (422, "10027")
    assert rig.events == []


def test_the_queue_holds_calls_and_recordings() -> None:
    """Each start and each call takes the first that is for it."""
    rig = rig_of()
    by_name = {one.name: one for one in BUILT_IN}
    rig.call_in()
    for name in ("srs-busy", "caller-gives-up", "callee-busy"):
        rig.namespace.queue.put(by_name[name])
    assert header(rig.dial(), "X-Emulator-Scenario") == "callee-busy"
    assert rig.call_in().scenario == "caller-gives-up"
    assert header(rig.start(), "X-Emulator-Scenario") == "srs-busy"
    assert len(rig.namespace.queue) == 0


def test_why_another_was_not_chosen_is_told_of_scenarios_for_the_same() -> None:
    rig = rig_of()
    dialled(rig)
    selected = rig.requests[0].selected
    assert selected is not None
    assert selected.choice.scenario.name == "callee-answers"


def test_a_timeline_that_runs_late_tells_the_same_story() -> None:
    punctual, late = rig_of(), rig_of()
    for rig in (punctual, late):
        dialled(rig, to="sip:callee-hangs-up@emu")
    punctual.run(HOUR)
    late.tick(HOUR)
    assert late.events == punctual.events
    assert late.payloads == punctual.payloads


def test_a_recording_of_an_ended_call_does_not_end_it_again() -> None:
    """Its timeline goes on after its last event, and hangs up a call that is gone by then."""
    body = HAPPY.replace("after: 50ms}", "after: 50ms}\n  - {after: 1s, hangup: call}")
    rig = Rig(body)
    rig.start()
    rig.run(SECOND)
    rig.stop()
    rig.run(100 * MILLISECOND)
    rig.hang_up(CALL)
    rig.run(MINUTE)
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped", "call.hangup"]
    assert rig.namespace.playing == {}
