"""What happens to calls: their events, in which order, and what becomes of their recordings."""

from __future__ import annotations

import orjson
import pytest

from emulator.core.calls.model import CallState, Ending, Parties
from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.models import HOUR, SECOND, Route
from emulator.core.policy import DeclaredCall, Limits, PayloadFields, Policy
from tests.core.engines import Rig, scenario

IDS = {"call_control_id", "call_leg_id", "call_session_id", "calling_party_type", "client_state", "connection_id"}
PARTIES = {"from", "to", "start_time"}


def kinds(rig: Rig) -> list[str]:
    """Each event's type."""
    return [kind for kind, _ in rig.events]


def test_a_call_that_comes_in_rings_and_tells_what_real_webhooks_tell() -> None:
    rig = Rig()
    parties = Parties(caller="+18124040851", callee="+13057864498")
    call = rig.call_in(parties=parties, connection_id="2811212257810187875")
    assert call.state is CallState.RINGING
    assert rig.events == [("call.initiated", 0)]
    (payload,) = rig.payloads
    assert payload.keys() == IDS | PARTIES | {
        "caller_id_name",
        "connection_codecs",
        "direction",
        "from_sip_uri",
        "offered_codecs",
        "state",
        "to_sip_uri",
    }
    assert payload["call_control_id"] == call.call_control_id
    assert (payload["from"], payload["to"], payload["caller_id_name"]) == (
        "+18124040851",
        "+13057864498",
        "+18124040851",
    )
    assert (payload["direction"], payload["state"]) == ("incoming", "parked")
    assert payload["connection_id"] == "2811212257810187875"
    assert payload["client_state"] is None


def test_a_call_that_is_answered_tells_what_real_webhooks_tell() -> None:
    rig = Rig()
    call = rig.call_in()
    rig.run(SECOND)
    assert rig.command(Route.ANSWER, call.call_control_id, client_state="bmV3").status == 200
    assert rig.events == [("call.initiated", 0), ("call.answered", 1_000)]
    payload = rig.payloads[1]
    assert payload.keys() == IDS | PARTIES | {"codec", "sampling_rate"}
    assert payload["client_state"] == "bmV3"
    assert payload["start_time"] == rig.payloads[0]["start_time"]


def test_a_call_that_is_hung_up_tells_what_real_webhooks_tell() -> None:
    rig = Rig()
    call = rig.call_in()
    rig.command(Route.ANSWER, call.call_control_id)
    rig.run(30 * SECOND)
    rig.hang_up(call.call_control_id)
    assert rig.events[-1] == ("call.hangup", 30_000)
    payload = rig.payloads[-1]
    assert payload.keys() == IDS | PARTIES | {
        "call_quality_stats",
        "end_time",
        "hangup_cause",
        "hangup_source",
        "sip_hangup_cause",
    }
    assert payload["end_time"] == "2023-11-14T22:13:50.000000Z"
    assert (payload["hangup_cause"], payload["hangup_source"], payload["sip_hangup_cause"]) == (
        "normal_clearing",
        "caller",
        "200",
    )
    # fifty packets a second
    assert payload["call_quality_stats"]["inbound"]["packet_count"] == "1500"
    assert payload["call_quality_stats"]["outbound"] == {"packet_count": "1500", "skip_packet_count": "0"}


def test_the_documented_fields_can_be_had_instead() -> None:
    rig = Rig(policy=Policy(payload_fields=PayloadFields.DOCUMENTED))
    call = rig.call_in(custom_headers=(("X-One", "1"),))
    rig.command(Route.ANSWER, call.call_control_id)
    rig.command(Route.HANGUP, call.call_control_id)
    initiated, answered, hung_up = rig.payloads
    assert "calling_party_type" not in initiated
    assert "from_sip_uri" not in initiated
    assert initiated["custom_headers"] == [{"name": "X-One", "value": "1"}]
    assert (answered["state"], hung_up["state"]) == ("answered", "hangup")
    assert "codec" not in answered
    assert "end_time" not in hung_up


@pytest.mark.parametrize("way", ["command", "far end", "time limit"])
def test_the_recording_of_a_call_that_ends_stops_before_it_is_said_to_have_ended(way: str) -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call)
    rig.start(call)
    rig.run(SECOND)
    match way:
        case "command":
            rig.command(Route.HANGUP, call)
        case "far end":
            rig.hang_up(call)
        case _:
            # the recording's own timeline is over after an hour
            rig.run(30 * 60 * SECOND)
            rig.stop(call)
            rig.run(SECOND)
            rig.run(3 * HOUR)
            rig.start(call)
            rig.run(HOUR)
    assert kinds(rig)[-3:] == ["siprec.started", "siprec.stopped", "call.hangup"]
    assert rig.payloads[-2]["hangup_cause"] == "normal_clearing"
    assert rig.namespace.active_session(call) is None
    assert rig.namespace.playing == {}


def test_a_recording_that_is_starting_is_cancelled_with_its_call() -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call)
    rig.start(call)
    rig.hang_up(call)
    rig.run(HOUR)
    assert kinds(rig) == ["call.initiated", "call.answered", "siprec.stopped", "call.hangup"]
    assert rig.payloads[2]["hangup_cause"] == "originator_cancel"


def test_every_webhook_carries_the_latest_client_state() -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call, client_state="YQ==")
    rig.start(call)
    rig.run(SECOND)
    rig.command(Route.CLIENT_STATE_UPDATE, call, client_state="Yg==")
    rig.command(Route.HANGUP, call, client_state="Yw==")
    assert [payload["client_state"] for payload in rig.payloads] == [None, "YQ==", "YQ==", "Yw==", "Yw=="]


@pytest.mark.parametrize(
    ("answered", "by", "told"),
    [
        (False, "far end", ("originator_cancel", "caller", "487")),
        (False, "app", ("call_rejected", "callee", "603")),
        (True, "far end", ("normal_clearing", "caller", "200")),
        (True, "app", ("normal_clearing", "callee", "unspecified")),
    ],
)
def test_who_ends_an_incoming_call_shows_in_its_causes(
    answered: bool, by: str, told: tuple[str, str, str]
) -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    if answered:
        rig.command(Route.ANSWER, call)
    if by == "app":
        rig.command(Route.HANGUP, call)
    else:
        rig.hang_up(call)
    payload = rig.payloads[-1]
    assert (payload["hangup_cause"], payload["hangup_source"], payload["sip_hangup_cause"]) == told
    assert ("call_quality_stats" in payload) is answered


def test_a_call_lasts_four_hours_at_most() -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call)
    rig.run(4 * HOUR - 1)
    assert kinds(rig)[-1] == "call.answered"
    rig.run(1)
    assert rig.payloads[-1]["hangup_cause"] == "time_limit"
    assert rig.engine.next_deadline() is None


def test_as_many_calls_may_be_alive_as_sessions_are_kept() -> None:
    rig = Rig(policy=Policy(limits=Limits(max_sessions=2)))
    calls = [rig.call_in().call_control_id for _ in range(2)]
    assert rig.dial().status == 503
    rig.hang_up(calls[0], Ending(cause="user_busy", source="callee", sip="486"))
    assert rig.dial().status == 200
    assert rig.namespace.calls[calls[1]].state is CallState.RINGING


def test_a_call_that_was_forgotten_is_not_ended_by_its_limit() -> None:
    """Nobody announced it, so that it may be forgotten for another."""
    rig = Rig(policy=Policy(limits=Limits(max_sessions=1)))
    rig.command(Route.ANSWER, "v3:a")
    rig.command(Route.ANSWER, "v3:b")
    assert rig.namespace.calls.get("v3:a") is None
    rig.run(4 * HOUR)
    assert [payload["call_control_id"] for payload in rig.payloads] == ["v3:a", "v3:b", "v3:b"]


@pytest.mark.parametrize("state", list(CallState))
def test_a_call_that_is_declared_anew_has_no_limit_of_the_old_one(state: CallState) -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call)
    rig.namespace.declare_calls((DeclaredCall(call_control_id=call, state=state),), rig.now)
    assert rig.namespace.calls.live == 0
    rig.run(5 * HOUR)
    rig.namespace.declare_calls((DeclaredCall(call_control_id=call),), rig.now)
    assert kinds(rig) == ["call.initiated", "call.answered"]
    rig.hang_up(call)
    assert rig.namespace.calls.live == 0


def test_acknowledgements_that_come_together_end_a_recording_before_its_call() -> None:
    """While a clock stands results are taken in together; the first lets the recording's timeline hang up."""
    rig = Rig(
        "timeline: [{emit: siprec.started, deliver: {copies: 2}}, "
        "{wait_for: {webhook_acked: siprec.started}, timeout: 1m}, {hangup: call}]"
    )
    rig.set_clock(ClockSetting(mode=ClockMode.MANUAL))
    rig.start()
    rig.deliver_all()
    assert kinds(rig) == ["siprec.started", "siprec.started", "siprec.stopped", "call.hangup"]


def test_a_texml_stop_is_a_stop_for_its_call_too() -> None:
    rig = Rig(
        scenario(),
        scenario(
            "plays: inbound\ntimeline: [{wait_for: {command: siprec_stop}, timeout: 1h, then: [{hangup: call}]}]",
            "mine",
        ),
    )
    call = rig.call_in(scenario="mine").call_control_id
    sid = orjson.loads(rig.texml_start(call=call).body)["sid"]
    rig.texml_update(sid, call=call)
    assert kinds(rig) == ["call.initiated", "siprec.stopped", "call.hangup"]
