"""How a recording that ended with its call is told again: the far end hangs up, or the app is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from emulator.core.calls.life import Who, ending, rejection
from emulator.core.effects import DeliveryPolicy
from emulator.core.faults import WebhookFault
from emulator.core.models import HOUR, MILLISECOND, SECOND, EventType, Route
from emulator.core.playback import Emission
from emulator.core.retelling import retold
from emulator.core.scenario.load import load_scenario
from emulator.core.scenario.model import Deliver
from tests.core.engines import CALL, GRAMMAR, KEY, Rig, scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import JsonValue, Session
    from emulator.core.scenario.model import Scenario

WAIT_FOR_THE_CALL = {"wait_for": {"call": "ended"}, "timeout": "1h"}
WAIT_FOR_THE_STOP = {"wait_for": {"command": "siprec_stop"}, "timeout": "1h"}
CLEARED = {"emit": "siprec.stopped", "payload": {"hangup_cause": "normal_clearing"}}
STARTED = {"emit": "siprec.started", "after": "400ms"}

OF_EACH_RUN = {"call_leg_id", "call_session_id", "start_time", "end_time"}
"""Payload fields that no two calls have alike."""


def recorded(*scenarios: Scenario | str, call: str = CALL) -> Rig:
    """A recording that runs for two seconds."""
    rig = Rig(*scenarios)
    rig.start(call)
    rig.run(2 * SECOND)
    return rig


def session_of(rig: Rig) -> Session:
    [session] = rig.namespace.sessions.values()
    return session


def text_of(rig: Rig) -> str:
    return retold(session_of(rig), rig.namespace, DeliveryPolicy())


def timeline(rig: Rig) -> Any:
    return yaml.safe_load(text_of(rig))["timeline"]


def again(rig: Rig, *does: Callable[[Rig], object]) -> Rig:
    """What was told, loaded without a warning and run; after two seconds the app does what it did."""
    told = load_scenario(text_of(rig), file="told.yaml", grammar=GRAMMAR)
    assert told.warnings == ()
    second = Rig(told)
    second.start(headers=(("X-Emulator-Scenario", told.name),))
    second.run(2 * SECOND)
    for one in does:
        one(second)
    second.run(SECOND)
    return second


def told_to_the_app(rig: Rig) -> JsonValue:
    """Every webhook: what it says, when it occurs and how it is delivered and signed."""
    return [
        (
            one.event.type,
            one.event.occurred_at - rig.requests[0].at,
            {name: value for name, value in one.event.payload.items() if name not in OF_EACH_RUN},
            one.deliver,
            one.signing,
        )
        for one in rig.webhooks
    ]


def app_hangs_up(rig: Rig) -> None:
    rig.command(Route.HANGUP, CALL)


def far_end_hangs_up(rig: Rig) -> None:
    rig.hang_up(CALL)


# --- the far end ---


def test_a_far_end_that_hung_up_hangs_up_again() -> None:
    rig = recorded()
    far_end_hangs_up(rig)
    assert timeline(rig) == [
        STARTED,
        {
            "hangup": "call",
            "after": "1600ms",
            "payload": {
                "hangup_cause": "normal_clearing",
                "hangup_source": "caller",
                "sip_hangup_cause": "200",
            },
        },
    ]
    assert told_to_the_app(again(rig)) == told_to_the_app(rig)
    assert [one for one, _ in rig.events] == ["siprec.started", "siprec.stopped", "call.hangup"]


def test_the_end_is_told_with_its_cause_its_delivery_and_its_signature() -> None:
    rig = recorded(
        "timeline: [{emit: siprec.started},"
        " {hangup: call, after: 1s, payload: {hangup_cause: user_busy, note: '$${x}'},"
        " deliver: {copies: 2, gap: 1s}, sign: {mode: none}}]"
    )
    [_, end] = timeline(rig)
    assert (
        end["payload"] | {"hangup_cause": "user_busy", "sip_hangup_cause": "486", "note": "$${x}"}
        == end["payload"]
    )
    assert (end["deliver"], end["sign"]) == ({"copies": 2, "gap": "1s"}, {"mode": "none"})
    assert told_to_the_app(again(rig)) == told_to_the_app(rig)


def test_a_call_that_ends_before_its_recording_has_started_is_told_too() -> None:
    rig = Rig()
    rig.start()
    rig.run(100 * MILLISECOND)
    far_end_hangs_up(rig)
    assert [(one["hangup"], one["after"]) for one in timeline(rig)] == [("call", "100ms")]
    assert told_to_the_app(again(rig)) == told_to_the_app(rig)
    assert rig.payloads[0]["hangup_cause"] == "originator_cancel"


def test_a_stop_that_the_end_of_the_call_overtook_is_waited_for_before_it() -> None:
    rig = recorded(
        "timeline: [{emit: siprec.started, after: 400ms},"
        " {wait_for: {command: siprec_stop}}, {emit: siprec.stopped, after: 5s}]"
    )
    rig.stop()
    rig.run(100 * MILLISECOND)
    far_end_hangs_up(rig)
    assert [next(iter(one)) for one in timeline(rig)] == ["emit", "wait_for", "hangup"]
    assert told_to_the_app(again(rig, Rig.stop)) == told_to_the_app(rig)


def test_a_call_that_the_far_ends_own_scenario_ends_is_told_likewise() -> None:
    leaves = scenario("plays: inbound\ntimeline: [{hangup: call, after: 3s}]", name="caller-waits")
    rig = Rig(leaves, scenario())
    call = rig.call_in()
    rig.command(Route.ANSWER, call.call_control_id)
    rig.start(call.call_control_id)
    rig.run(5 * SECOND)
    assert [next(iter(one)) for one in timeline(rig)] == ["emit", "hangup"]
    assert timeline(rig)[1]["payload"]["hangup_source"] == "caller"


def test_a_call_whose_time_was_over_is_told_likewise() -> None:
    rig = Rig()
    rig.dial(time_limit_secs=3600)
    [call] = rig.namespace.calls
    rig.run(5 * SECOND)
    rig.start(call.call_control_id)
    rig.run(2 * HOUR)
    assert timeline(rig)[-1]["hangup"] == "call"
    assert timeline(rig)[-1]["payload"]["hangup_cause"] == "time_limit"


def test_a_stop_that_came_too_late_is_not_waited_for() -> None:
    rig = recorded()
    far_end_hangs_up(rig)
    rig.run(SECOND)
    rig.stop()
    assert [next(iter(one)) for one in timeline(rig)] == ["emit", "hangup"]


# --- the app ---


def test_an_app_that_hung_up_is_waited_for() -> None:
    rig = recorded()
    app_hangs_up(rig)
    assert timeline(rig) == [STARTED, WAIT_FOR_THE_CALL, CLEARED]
    assert "the end of its call is waited for" in yaml.safe_load(text_of(rig))["description"]
    assert told_to_the_app(again(rig, app_hangs_up)) == told_to_the_app(rig)


def test_an_app_that_rejected_is_waited_for() -> None:
    rig = Rig()
    call = rig.call_in()
    rig.start(call.call_control_id)
    rig.run(SECOND)
    rig.command(Route.REJECT, call.call_control_id, cause="USER_BUSY")
    assert timeline(rig)[1] == WAIT_FOR_THE_CALL
    assert rig.payloads[-1]["hangup_cause"] == rejection("USER_BUSY").cause


# --- ends that no far end of a timeline can make ---


def test_a_last_event_that_was_delivered_oddly_waits_for_the_end_of_the_call() -> None:
    rig = recorded()
    rig.strike(webhooks=(WebhookFault(events=frozenset({EventType.STOPPED}), deliver=Deliver(copies=2)),))
    far_end_hangs_up(rig)
    assert timeline(rig) == [STARTED, WAIT_FOR_THE_CALL, CLEARED | {"deliver": {"copies": 2}}]


def test_a_recording_that_outlived_its_call_waits_for_the_end_of_the_call() -> None:
    rig = recorded(
        "timeline: [{emit: siprec.started, after: 400ms},"
        " {wait_for: {call: ended}}, {emit: siprec.stopped, after: 50ms}]"
    )
    far_end_hangs_up(rig)
    rig.run(SECOND)
    late = {"emit": "siprec.stopped", "after": "50ms", "payload": {"hangup_cause": "normal_clearing"}}
    assert timeline(rig) == [STARTED, WAIT_FOR_THE_CALL, late]
    assert told_to_the_app(again(rig, far_end_hangs_up)) == told_to_the_app(rig)


def test_a_recording_that_nothing_was_told_of_ends_silently_with_its_call() -> None:
    rig = recorded("timeline: [{emit: siprec.started, after: 400ms}, {wait_for: {call: ended}}]")
    far_end_hangs_up(rig)
    assert timeline(rig) == [STARTED, WAIT_FOR_THE_CALL]
    assert told_to_the_app(again(rig, far_end_hangs_up)) == told_to_the_app(rig)


def test_what_occurred_after_the_end_by_hand_is_not_lost() -> None:
    rig = recorded()
    far_end_hangs_up(rig)
    rig.run(SECOND)
    rig.engine.emit(KEY, session_of(rig), Emission(event=EventType.FAILED), rig.now)
    assert [next(iter(one)) for one in timeline(rig)] == ["emit", "wait_for", "emit", "emit"]


# --- recordings that ended by themselves ---


def test_a_call_that_ended_after_its_recording_is_not_the_recordings_matter() -> None:
    rig = recorded()
    rig.stop()
    rig.run(SECOND)
    far_end_hangs_up(rig)
    late = {"emit": "siprec.stopped", "after": "50ms", "payload": {"hangup_cause": "normal_clearing"}}
    assert timeline(rig) == [STARTED, WAIT_FOR_THE_STOP, late]


def test_the_end_of_another_call_is_not_the_recordings_matter() -> None:
    rig = Rig()
    other = rig.call_in()
    rig.start()
    rig.run(2 * SECOND)
    rig.hang_up(other.call_control_id, ending(other, Who.FAR_END))
    assert timeline(rig)[1] == WAIT_FOR_THE_STOP
