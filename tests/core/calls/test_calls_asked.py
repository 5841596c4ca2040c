"""Calls as they are asked for: bodies of the control API, questions, views, and what a scenario would bring."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from emulator.core.calls.connections import connection_view
from emulator.core.calls.model import Call, CallState, Connection, Direction, Ending, Parties
from emulator.core.calls.views import call_detail, call_line
from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.controls import Controls
from emulator.core.errors import ApiError, ControlError
from emulator.core.models import HOUR, SECOND, Route
from emulator.core.outlook import EndAhead, EventAhead
from emulator.core.outlook_question import ask
from emulator.core.outlook_views import outlook_view
from emulator.core.outlook_walk import outlook
from emulator.core.policy import Policy
from emulator.core.query import Hit, Kind, Query, Tally, find, hit_view
from emulator.core.questions import Questions
from emulator.core.scenario.model import Plays
from emulator.core.turn import NoteKind
from emulator.core.unmatched import unmatched
from emulator.core.views import entry_line
from emulator.resources import load_schemas
from tests.core.engines import KEY, SCHEMAS, Rig, scenario

CONTROLS = Controls(load_schemas())
QUESTIONS = Questions(load_schemas())

RINGING = Call(
    call_control_id="v3:a",
    call_leg_id="leg",
    call_session_id="session",
    connection_id="1",
    state=CallState.RINGING,
    direction=Direction.OUTGOING,
)


# --- bodies of the control API ---


def test_an_arrival_may_say_nothing_or_all() -> None:
    assert CONTROLS.arrival({}).parties == Parties()
    arrival = CONTROLS.arrival(
        {
            "from": "sip:a@b",
            "to": "+1",
            "caller_id_name": "A",
            "connection_id": "7",
            "custom_headers": [{"name": "X-A", "value": ""}],
            "scenario": "caller-waits",
        }
    )
    assert arrival.parties == Parties(caller="sip:a@b", callee="+1", caller_name="A")
    assert (arrival.connection_id, arrival.custom_headers, arrival.scenario) == (
        "7",
        (("X-A", ""),),
        "caller-waits",
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": ""}, "/from"),
        ({"to": "a\nb"}, "/to"),
        ({"custom_headers": [{"name": "a b", "value": ""}]}, "/custom_headers/0/name"),
        ({"nonsense": 1}, "/nonsense"),
    ],
)
def test_a_wrong_arrival_is_told_where(body: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ControlError) as caught:
        CONTROLS.arrival(body)
    assert (caught.value.status, caught.value.items[0].pointer) == (422, pointer)


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        ({}, Ending(cause="call_rejected", source="callee", sip="603")),
        ({"hangup_cause": "user_busy"}, Ending(cause="user_busy", source="callee", sip="486")),
        ({"hangup_source": "unknown"}, Ending(cause="call_rejected", source="unknown", sip="603")),
        (
            {"hangup_cause": "unspecified", "sip_hangup_cause": "500"},
            Ending(cause="unspecified", source="callee", sip="500"),
        ),
    ],
)
def test_a_far_end_hangs_up_as_one_does_unless_it_is_said(body: dict[str, Any], ending: Ending) -> None:
    assert CONTROLS.hangup(body, RINGING) == ending


def test_a_connection_is_read_and_shown() -> None:
    assert CONTROLS.connection("7", {}) == Connection(id="7")
    written = {
        "webhook_event_url": "http://a.test/",
        "webhook_event_failover_url": "",
        "webhook_api_version": "2",
        "webhook_timeout_secs": 30,
    }
    connection = CONTROLS.connection("7", written)
    assert connection == Connection(id="7", webhook_event_url="http://a.test/", webhook_timeout=30 * SECOND)
    assert connection_view(connection) == {**written, "id": "7", "webhook_event_failover_url": None}
    assert connection_view(Connection(id="8"))["webhook_timeout_secs"] is None
    with pytest.raises(ControlError, match="must be an absolute http or https URL"):
        CONTROLS.connection("7", {"webhook_event_url": "nowhere"})


# --- questions and views ---


def test_calls_are_asked_for_by_what_they_show() -> None:
    rig = Rig()
    first = rig.call_in(parties=Parties(caller="+1312")).call_control_id
    second = rig.call_in().call_control_id
    rig.hang_up(second)
    rig.command(Route.ANSWER, first)
    rig.start(first)
    rig.run(SECOND)

    def found(**matchers: Any) -> list[str]:
        query = QUESTIONS.read_verify({"calls": matchers}).query
        assert query.kind is Kind.CALLS
        hits = find(query, [rig.namespace], lambda one: one.clock.read(rig.now))
        return [str(hit_view(hit)["call_control_id"]) for hit in hits]

    assert found() == [first, second]
    assert found(state="ended", hangup_cause="originator_cancel") == [second]
    assert found(**{"from": {"prefix": "+1312"}}) == [first]
    assert found(direction="outgoing") == []
    waited = QUESTIONS.read_wait({"call": {"state": ["ringing", "answered"]}}).query
    assert waited is not None
    assert [hit.entry for hit in find(waited, [rig.namespace], lambda _: 0)] == [rig.namespace.calls[first]]
    recent = Query(kind=Kind.CALLS, last=0)
    assert find(recent, [rig.namespace], lambda one: one.clock.read(rig.now)) == []


def test_a_call_is_shown_with_what_became_of_it() -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call)
    rig.start(call)
    detail = call_detail(rig.namespace.calls[call], rig.namespace)
    (session,) = rig.namespace.sessions
    assert (detail["recording"], detail["sessions"], detail["playing"]) == (session, [session], False)
    rig.hang_up(call)
    detail = call_detail(rig.namespace.calls[call], rig.namespace)
    assert detail["recording"] is None
    assert [one["to_state"] for one in detail["transitions"]] == ["ringing", "answered", "ended"]
    assert detail["webhooks"] == [entry.event.id for entry in rig.webhooks]
    notes = [note.entry for note in rig.notes if note.kind is NoteKind.CALL]
    assert [entry_line(one) for one in notes] == [call_line(one) for one in rig.namespace.journal.calls]
    assert entry_line(notes[2])["hangup_cause"] == "normal_clearing"


# --- what a scenario would bring ---


def told(body: str, **fields: Any) -> list[tuple[str, int | None, Any]]:
    """The events that a call's scenario foretells: type, when in milliseconds, and hangup_cause."""
    loaded = scenario(body)
    asked = ask(SCHEMAS, Policy(), plays=loaded.plays, body=orjson.dumps(fields))
    ahead = outlook(loaded, asked, Policy())
    return [
        (one.event.value, None if one.at is None else one.at.soonest // 1_000, one.payload.get("hangup_cause"))
        for one in ahead.timeline
        if isinstance(one, EventAhead)
    ]


def test_a_dial_that_nobody_answers_is_foretold_to_ring_out() -> None:
    assert told("plays: dial", timeout_secs=20) == [
        ("call.initiated", 0, None),
        ("call.hangup", 20_000, "timeout"),
    ]


def test_what_is_foretold_of_a_call_comes_to_pass() -> None:
    body = """
plays: dial
timeline:
  - {emit: call.initiated}
  - {after: 1s, emit: call.answered}
  - {after: 2s, hangup: call, payload: {hangup_cause: no_answer, x: "${call.to}"}}
"""
    foretold = told(body)
    rig = Rig(scenario(body, "mine"))
    rig.dial(headers=(("X-Emulator-Scenario", "mine"),))
    rig.run(HOUR)
    assert [(kind, at) for kind, at, _ in foretold] == rig.events
    assert foretold[2][2] == rig.payloads[2]["hangup_cause"] == "no_answer"


def test_a_call_that_is_answered_goes_on() -> None:
    loaded = scenario("plays: inbound\ntimeline: [{wait_for: {call: answered}, timeout: 1m}, end]")
    ahead = outlook(loaded, ask(SCHEMAS, Policy(), plays=Plays.INBOUND), Policy())
    assert isinstance(ahead.timeline[-1], EndAhead)
    assert ahead.timeline[-1].goes_on
    shown = outlook_view(ahead)
    assert shown["plays"] == "inbound"
    assert shown["timeline"][1]["any"] == [{"call": "answered"}]
    assert shown["text"][-1].strip() == "the call goes on"


def test_a_recording_that_has_ended_hangs_up_without_stopping_again() -> None:
    assert told("timeline: [{emit: siprec.failed}, {hangup: call, after: 1s}]") == [
        ("siprec.failed", 0, None),
        ("call.hangup", 1_000, "normal_clearing"),
    ]
    after_wait = (
        "timeline: [{wait_for: {command: siprec_stop}, timeout: 1m, then: [{hangup: call, after: 1s}, end]}]"
    )
    assert told(after_wait) == []


def test_the_answer_to_a_dial_is_foretold() -> None:
    loaded = scenario("plays: dial\nrespond: {sequence: [{status: 500}, {session: none}]}")
    shown = outlook_view(outlook(loaded, ask(SCHEMAS, Policy(), plays=Plays.DIAL), Policy()))
    assert shown["text"][0] == "dial           1st on a call: 500 10007 Internal server error; no call begins"
    assert shown["respond"]["sequence"][1]["body"]["data"]["is_alive"] is False
    assert shown["timeline"] == []


def test_a_dial_that_would_be_refused_foretells_nothing() -> None:
    with pytest.raises(ApiError):
        ask(SCHEMAS, Policy(), plays=Plays.DIAL, body=b'{"to": 5}')


# --- the engine's door ---


def test_a_call_that_has_ended_is_not_hung_up_again() -> None:
    rig = Rig()
    call = rig.call_in()
    rig.hang_up(call.call_control_id)
    with pytest.raises(ApiError, match="no longer active"):
        rig.hang_up(call.call_control_id)
    assert rig.engine.idle(KEY) is False


def test_a_wait_counts_a_call_once() -> None:
    rig = Rig()
    call = rig.call_in()
    query = QUESTIONS.read_wait({"call": {}}).query
    assert query is not None
    tally = Tally(query, lasting=True)
    for _ in range(2):
        tally.take(Hit(rig.namespace, call))
    assert [hit.entry for hit in tally.hits(lambda _: 0)] == [call]


def test_nobody_who_waits_until_nothing_is_due_waits_for_the_longest_call() -> None:
    """Time moves there all the same when somebody moves it."""
    rig = Rig()
    rig.set_clock(ClockSetting(mode=ClockMode.MANUAL))
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call)
    rig.deliver_all()
    assert not rig.step()
    assert rig.namespace.idle
    rig.advance(4 * HOUR)
    assert rig.payloads[-1]["hangup_cause"] == "time_limit"


def test_nothing_is_idle_while_a_call_rings_out() -> None:
    rig = Rig(scenario("plays: dial", "nobody"))
    rig.dial(headers=(("X-Emulator-Scenario", "nobody"),))
    rig.deliver_all()
    assert (rig.namespace.calls.playing, rig.namespace.idle) == ({}, False)
    rig.run(30 * SECOND)
    rig.deliver_all()
    assert rig.namespace.idle


def test_waits_for_a_call_are_warned_of_in_recordings_alone() -> None:
    (warning,) = scenario("timeline: [{wait_for: {call: answered}}]").warnings
    assert "this waits for the call to be answered, however long" in warning.message
    assert scenario("plays: inbound\ntimeline: [{wait_for: {call: answered}}, {hangup: call}]").warnings == ()
    (never,) = scenario("plays: inbound\ntimeline: [{hangup: call}, {hangup: call}]").warnings
    assert never.message == "this step is never reached: the call has ended"
    (silent,) = scenario(
        "plays: dial\ntimeline: [{wait_for: {webhook_acked: call.answered}, timeout: 1s}, {hangup: call}]"
    ).warnings
    assert silent.message == "this can't happen: no step before it emits call.answered"


def test_a_dial_is_not_told_of_scenarios_for_recordings_that_it_came_near() -> None:
    match = "match: {body: {connector_name: mine}}"
    rig = Rig(scenario(), scenario(match, "recorded"))
    rig.dial()
    assert unmatched([rig.namespace], ()) == ()
    rig = Rig(scenario(), scenario(f"plays: dial\n{match}", "dialled"))
    rig.dial()
    (near,) = unmatched([rig.namespace], ())
    assert [one.scenario for one in near.scenarios] == ["dialled"]
