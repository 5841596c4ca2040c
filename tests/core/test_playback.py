"""From a timeline to events: payloads, templates, the journal, and webhook_acked."""

from __future__ import annotations

import re

from emulator.core.models import HOUR, MILLISECOND, SECOND, SessionState
from emulator.core.policy import PayloadFields, Policy
from emulator.core.turn import NoteKind
from tests.core.engines import CALL, T0, Rig, delivered, failed

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DOCUMENTED = {"call_control_id", "call_leg_id", "call_session_id", "client_state", "connection_id"}


def emitting(payload: str, event: str = "siprec.started") -> str:
    """A scenario that emits one event with that payload."""
    return f"vars: {{who: me}}\ntimeline: [{{emit: {event}, payload: {payload}}}]"


# --- payloads ---


def test_payloads_have_the_documented_fields_and_those_seen_on_the_wire() -> None:
    rig = Rig("timeline: [{emit: siprec.started}]")
    rig.start()
    (payload,) = rig.payloads
    assert payload.keys() == DOCUMENTED | {"calling_party_type"}
    assert (payload["call_control_id"], payload["client_state"]) == (CALL, None)
    documented = Rig("timeline: [{emit: siprec.started}]", policy=Policy(payload_fields=PayloadFields.DOCUMENTED))
    documented.start()
    assert documented.payloads[0].keys() == DOCUMENTED - {"client_state"}


def test_a_failed_event_has_a_failure_cause_and_a_stopped_one_a_hangup_cause() -> None:
    rig = Rig("timeline: [{emit: siprec.failed}]")
    rig.start()
    assert rig.payloads[0].keys() - DOCUMENTED == {"calling_party_type", "failure_cause"}
    rig = Rig(emitting("{failure_cause: no_answer}", "siprec.failed"))
    rig.start()
    assert rig.payloads[0]["failure_cause"] == "no_answer"
    (session,) = rig.namespace.sessions.values()
    assert (session.state, session.cause) == (SessionState.FAILED, "no_answer")


def test_templates_see_the_request_the_call_the_session_and_the_event() -> None:
    paths = "request.body.note request.headers.x-note call.id call.client_state session.id session.connector_name"
    paths += " session.track session.scenario event.id vars.who seq now uuid call.leg_id call.session_id"
    paths += " call.connection_id"
    fields = ", ".join(f"{path.replace('.', '_').replace('-', '_')}: '${{{path}}}'" for path in paths.split())
    rig = Rig(emitting(f"{{{fields}}}"))
    rig.start(headers=(("X-Note", "hi"),), note=[1], client_state="bmV3", connector_name="c")
    (payload,) = rig.payloads
    (entry,) = rig.webhooks
    assert payload["request_body_note"] == [1]
    assert payload["request_headers_x_note"] == "hi"
    assert (payload["call_id"], payload["call_client_state"]) == (CALL, "bmV3")
    assert (payload["session_id"], payload["event_id"]) == (entry.event.session_id, entry.event.id)
    assert payload["session_connector_name"] == "c"
    assert (payload["session_track"], payload["session_scenario"]) == ("both_tracks", "happy-path")
    assert (payload["vars_who"], payload["seq"], payload["now"]) == ("me", 1, "2023-11-14T22:13:20.000000Z")
    assert UUID4.fullmatch(payload["uuid"])
    assert entry.warnings == ()


def test_a_path_without_a_value_is_null_with_a_warning_and_a_fallback_needs_none() -> None:
    rig = Rig(emitting("""{a: '${request.body.none}', b: '${request.body.none | "x"}'}"""))
    rig.start()
    assert (rig.payloads[0]["a"], rig.payloads[0]["b"]) == (None, "x")
    (warning,) = rig.webhooks[0].warnings
    assert "request.body.none" in warning


def test_a_value_that_is_too_large_is_null_with_a_warning() -> None:
    rig = Rig(emitting("{a: '${request.body.note}'}"))
    rig.start(note="x" * 300_000)
    assert rig.payloads[0]["a"] is None
    (warning,) = rig.webhooks[0].warnings
    assert "too large" in warning


def test_event_ids_are_random_uuids_and_differ() -> None:
    rig = Rig("timeline: [{emit: siprec.started}, {emit: siprec.stopped}]")
    rig.start()
    ids = {entry.event.id for entry in rig.webhooks}
    assert len(ids) == 2
    assert all(map(UUID4.fullmatch, ids))


# --- sessions and the journal ---


def test_every_change_of_state_is_journaled_once_at_its_instant() -> None:
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    rig.stop()
    rig.tick(HOUR)
    changes = [(one.before, one.after, (one.at - T0) // MILLISECOND) for one in rig.namespace.journal.transitions]
    assert changes == [
        (None, SessionState.STARTING, 0),
        (SessionState.STARTING, SessionState.STARTED, 400),
        (SessionState.STARTED, SessionState.STOPPED, 1_050),
    ]
    assert rig.count(NoteKind.TRANSITION) == 3
    assert list(rig.namespace.journal.transitions)[2].cause == "normal_clearing"


def test_a_webhooks_entry_shows_its_session_once_the_event_had_occurred() -> None:
    rig = Rig("timeline: [{emit: siprec.started}, {emit: siprec.stopped}]")
    rig.start()
    assert [entry.session.state for entry in rig.webhooks if entry.session] == [
        SessionState.STARTED,
        SessionState.STOPPED,
    ]


def test_a_timeline_that_ends_without_a_last_event_ends_the_session() -> None:
    rig = Rig("timeline: [{emit: siprec.started, after: 1s}]")
    rig.start()
    rig.run(HOUR)
    (session,) = rig.namespace.sessions.values()
    assert (session.state, session.ended_at) == (SessionState.ENDED, T0 + SECOND)
    assert rig.namespace.playing == {}


def test_a_call_can_be_recorded_again_once_its_recording_has_stopped() -> None:
    """Also while the old timeline still has something to tell, which leaves the new session alone."""
    rig = Rig("timeline: [{emit: siprec.stopped}, {emit: siprec.started, after: 1s}, {emit: siprec.failed}]")
    rig.start()
    rig.start()
    rig.run(SECOND)
    assert [kind for kind, _ in rig.events].count("siprec.stopped") == 2
    assert [one.state for one in rig.namespace.sessions.values()] == [SessionState.STOPPED] * 2
    assert rig.namespace.calls.recorded == {}


def test_stops_that_a_timeline_does_not_wait_for_cost_no_memory() -> None:
    rig = Rig("timeline: [{emit: siprec.started, after: 1h}]")
    rig.start()
    for _ in range(1_000):
        rig.stop()
    assert len(rig.namespace.timers) == 1
    assert rig.namespace.timers.held == 1


# --- webhook_acked ---

ACKED = """
timeline:
  - emit: siprec.started
  - {wait_for: {webhook_acked: siprec.started}, timeout: 10s, on_timeout: [{emit: siprec.failed}, end]}
  - {emit: siprec.stopped, after: 1s}
"""


def test_webhook_acked_waits_for_the_delivery() -> None:
    rig = Rig(ACKED)
    rig.start()
    rig.run(2 * SECOND)
    rig.report(delivered(rig.sends[0]))
    rig.run(2 * SECOND)
    assert rig.events == [("siprec.started", 0), ("siprec.stopped", 3_000)]


def test_webhook_acked_times_out_when_nothing_is_delivered() -> None:
    rig = Rig(ACKED)
    rig.start()
    rig.report(failed(rig.sends[0]))
    rig.run(HOUR)
    assert rig.events == [("siprec.started", 0), ("siprec.failed", 10_000)]


def test_a_delivery_after_the_sessions_end_moves_nothing() -> None:
    rig = Rig("timeline: [{emit: siprec.started}]")
    rig.start()
    rig.report(delivered(rig.sends[0]))
    assert rig.engine.next_deadline() is None
    assert len(rig.events) == 1
