"""What recording servers do, and what the app is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.core.calls.life import Who, ending
from emulator.core.models import (
    MINUTE,
    SECOND,
    ConnectorFields,
    EventType,
    Route,
    SessionState,
    SipTransport,
    Track,
)
from emulator.core.playback import Emission
from emulator.core.policy import Policy, Realism, Validation
from emulator.core.problems import mishaps
from emulator.core.srs import (
    ForgetSrs,
    HangUpSrs,
    Misconduct,
    OneTrack,
    SrsAddress,
    SrsReason,
    SrsReport,
    SrsStage,
)
from emulator.core.turn import NoteKind
from emulator.core.views import note_line, session_detail
from tests.core.engines import CALL, KEY, Rig

LIVE = """
timeline:
  - dial: srs
  - wait_for: {command: siprec_stop}
    timeout: 1h
  - {emit: siprec.stopped, payload: {hangup_cause: normal_clearing}}
"""

SOMEWHERE = Policy(srs=SrsAddress(host="127.0.0.1", port=5060))

RINGING, ANSWERED, FAILED = SrsStage.RINGING, SrsStage.ANSWERED, SrsStage.FAILED
ENDED, MEDIA_CHANGED = SrsStage.ENDED, SrsStage.MEDIA_CHANGED


def live(body: str = LIVE, policy: Policy = SOMEWHERE) -> Rig:
    """A recording whose recording server is being dialled."""
    rig = Rig(body, policy=policy)
    rig.start(connector_name="mine")
    return rig


def told(rig: Rig) -> list[tuple[str, str | None]]:
    """Each event, and the cause that it tells."""
    return [
        (one.event.type.value, one.event.payload.get("failure_cause") or one.event.payload.get("hangup_cause"))
        for one in rig.webhooks
    ]


def state(rig: Rig) -> SessionState:
    """Of the only session."""
    (session,) = rig.namespace.sessions.values()
    return session.state


# --- what is asked of the line ---


def test_a_dial_says_all_that_the_start_and_the_call_say() -> None:
    rig = Rig(
        LIVE, policy=Policy(connectors=(ConnectorFields(name="mine", host="srs", port=5090, app_subdomain="a"),))
    )
    call = rig.call_in(custom_headers=(("X-A", "1"),))
    rig.command(Route.ANSWER, call.call_control_id)
    rig.start(
        call.call_control_id,
        connector_name="mine",
        siprec_track="inbound_track",
        sip_transport="tcp",
        secure=True,
        session_timeout_secs=90,
        include_metadata_custom_headers=True,
    )
    (dial,) = rig.dials
    (session,) = rig.namespace.sessions.values()
    assert dial.address == SrsAddress(host="srs", port=5090, app_subdomain="a")
    assert (dial.transport, dial.secure, dial.track) == (SipTransport.TCP, True, Track.INBOUND)
    assert (dial.parties, dial.custom_headers, dial.metadata_headers) == (call.parties, (("X-A", "1"),), True)
    assert (dial.session_id, dial.session_timeout_secs, dial.answer_timeout) == (session.id, 90, None)
    assert (dial.call_uuid, dial.sip_call_id) == (call.call_leg_id, call.call_session_id)
    assert (dial.namespace, dial.misconduct) == (KEY, Misconduct())


def test_an_ipv6_host_is_dialled_as_it_is_with_brackets_and_without() -> None:
    for host in ("2001:db8::1", "[2001:db8::1]"):
        (dial,) = live(policy=Policy(connectors=(ConnectorFields(name="mine", host=host, port=5090),))).dials
        assert dial.address == SrsAddress(host="2001:db8::1", port=5090)


def test_a_connector_that_nobody_stored_leads_where_it_is_set_though_lenient_realism_made_one_up() -> None:
    rig = Rig(LIVE, policy=replace(SOMEWHERE, realism=Realism.LENIENT))
    rig.request(Route.CONNECTOR_READ, "mine", method="GET")
    rig.start(connector_name="mine")
    (dial,) = rig.dials
    assert dial.address == SOMEWHERE.srs


def test_a_dial_carries_the_step_s_time_and_misconduct() -> None:
    wire = "{loss: 0.05, jitter: 30ms, only_track: inbound, silence: 5s, late_cancel: true}"
    (dial,) = live(f"timeline: [{{dial: srs, timeout: 20s, wire: {wire}}}]").dials
    assert dial.answer_timeout == 20 * SECOND
    assert dial.misconduct == Misconduct(
        loss=0.05, jitter=30_000, only_track=OneTrack.INBOUND, silence=5 * SECOND, late_cancel=True
    )


def test_seeded_dials_repeat_and_differ_from_each_other() -> None:
    seeded = Policy(srs=SOMEWHERE.srs, seed="7")
    seeds = []
    for _ in range(2):
        rig = live(policy=seeded)
        rig.start("v3:other", connector_name="mine")
        seeds.append([dial.seed for dial in rig.dials])
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 2


def test_a_dial_waits_for_its_time() -> None:
    rig = live("timeline: [{dial: srs, after: 2s}]")
    assert not rig.dials
    rig.run(2 * SECOND)
    assert len(rig.dials) == 1


def test_while_it_dials_nothing_falls_due() -> None:
    """However long the recording server takes."""
    rig = live()
    assert rig.engine.next_deadline() is None
    assert not rig.engine.idle()
    assert rig.namespace.dialling
    rig.run(10 * MINUTE)
    assert told(rig) == []
    rig.srs(ANSWERED)
    assert not rig.namespace.dialling


# --- where there is nothing to dial ---


@pytest.mark.parametrize(
    ("body", "words"), [({"connector_name": "mine"}, "No connector 'mine' is stored"), ({}, "names no connector")]
)
def test_a_dial_that_leads_nowhere_fails_at_once_and_says_why(body: dict[str, str], words: str) -> None:
    rig = Rig(LIVE, policy=Policy(validation=Validation.WARN))
    rig.request(Route.SIPREC_START, CALL, body=body)
    assert (rig.dials, rig.stages) == ([], ["failed"])
    (problem,) = mishaps(rig.namespace.journal, ())
    assert problem.kind == "no_srs"
    assert words in problem.text
    assert "--srs" in problem.text
    assert state(rig) is SessionState.FAILED


def test_a_recording_that_is_over_is_not_dialled() -> None:
    rig = live("timeline: [{emit: siprec.failed}, {dial: srs}]")
    assert rig.dials == []
    (entry,) = rig.namespace.journal.srs
    assert "over" in entry.reason


# --- answers ---


def test_an_answer_starts_the_recording() -> None:
    rig = live()
    rig.srs(RINGING, status=180, reason="Ringing")
    assert told(rig) == []
    rig.tick(SECOND)
    rig.srs(ANSWERED, status=200)
    assert rig.events == [("siprec.started", 1000)]
    assert rig.stages == ["dialled", "ringing", "answered"]
    assert state(rig) is SessionState.STARTED
    rig.stop()
    assert told(rig)[1:] == [("siprec.stopped", "normal_clearing")]
    assert rig.hung_up == [rig.dials[0].dial_id]


def test_the_app_hears_of_the_end_before_the_recording_server_does() -> None:
    rig = live()
    rig.srs(ANSWERED)
    before = len(rig.effects)
    rig.stop()
    ends = [type(effect).__name__ for effect in rig.effects[before:]]
    assert ends.index("Send") < ends.index("HangUpSrs")


@pytest.mark.parametrize(
    ("why", "status", "cause"),
    [
        (SrsReason.RESPONSE, 486, "user_busy"),
        (SrsReason.RESPONSE, 603, "decline"),
        (SrsReason.NO_ANSWER, None, "no_answer"),
        (SrsReason.REFUSED, None, "normal_temporary_failure"),
    ],
)
def test_a_failure_is_told_with_its_cause(why: SrsReason, status: int | None, cause: str) -> None:
    rig = live()
    rig.srs(FAILED, why=why, status=status, reason="because")
    assert told(rig) == [("siprec.failed", cause)]
    assert (state(rig), rig.hung_up) == (SessionState.FAILED, [])
    assert rig.engine.idle() is False
    rig.deliver_all()
    assert rig.engine.idle()
    entry = [*rig.namespace.journal.srs][-1]
    assert (entry.stage, entry.why, entry.status, entry.cause, entry.reason) == (
        FAILED,
        why,
        status,
        cause,
        "because",
    )


def test_a_failed_branch_may_leave_the_cause_to_the_recording_server() -> None:
    rig = live("timeline: [{dial: srs, failed: [{emit: siprec.failed}, end]}]")
    rig.srs(FAILED, why=SrsReason.RESPONSE, status=404)
    assert told(rig) == [("siprec.failed", "unallocated_number")]


def test_templates_say_what_the_recording_server_told() -> None:
    note = "'${srs.cause} ${srs.status} ${srs.reason}'"
    rig = live(f"timeline: [{{dial: srs, failed: [{{emit: siprec.failed, payload: {{note: {note}}}}}]}}]")
    rig.srs(FAILED, why=SrsReason.RESPONSE, status=486, reason="Busy Here")
    assert rig.payloads[0]["note"] == "user_busy 486 Busy Here"


def test_a_failed_dial_may_be_made_again() -> None:
    rig = live("timeline: [{dial: srs, failed: [{dial: srs, after: 1s}]}, {wait_for: {command: siprec_stop}}]")
    rig.srs(FAILED, why=SrsReason.REFUSED)
    rig.run(SECOND)
    first, second = rig.dials
    assert first.dial_id != second.dial_id
    rig.srs(ANSWERED)
    assert told(rig) == [("siprec.started", None)]
    rig.srs(FAILED, dial=first, why=SrsReason.REFUSED)
    assert len(rig.webhooks) == 1


def test_a_second_dial_ends_the_first_session_on_the_wire() -> None:
    rig = live("timeline: [{dial: srs}, {dial: srs, answered: []}, {wait_for: {command: siprec_stop}}]")
    rig.srs(ANSWERED)
    first, second = rig.dials
    assert rig.hung_up == [first.dial_id]
    rig.srs(ANSWERED, dial=second)
    assert [*rig.namespace.legs] == [second.dial_id]


def test_a_session_shows_how_far_it_came_on_the_wire() -> None:
    rig = live()
    rig.srs(FAILED, why=SrsReason.RESPONSE, status=486, reason="Busy Here")
    (session,) = rig.namespace.sessions.values()
    dialled, failed = session_detail(session, rig.namespace)["srs"]
    assert (dialled["stage"], dialled["target"], dialled["why"]) == ("dialled", "127.0.0.1:5060", None)
    assert dialled["dial_id"] == failed["dial_id"] == rig.dials[0].dial_id
    assert {key: failed[key] for key in ("stage", "why", "status", "cause", "reason")} == {
        "stage": "failed",
        "why": "response",
        "status": 486,
        "cause": "user_busy",
        "reason": "Busy Here",
    }
    lines = [note_line(note) for note in rig.notes if note.kind is NoteKind.SRS]
    assert lines == [dialled, failed]


def test_an_address_is_written_as_in_a_sip_uri() -> None:
    assert str(SrsAddress(host="srs.test", port=5060)) == "srs.test:5060"
    assert str(SrsAddress(host="2001:db8::1", port=5061)) == "[2001:db8::1]:5061"


# --- a stop, and whoever else ends it ---


def test_a_stop_while_it_rings_cancels() -> None:
    rig = live()
    rig.srs(RINGING)
    rig.stop()
    assert told(rig) == [("siprec.stopped", "originator_cancel")]
    assert (rig.hung_up, state(rig)) == ([rig.dials[0].dial_id], SessionState.STOPPED)
    rig.srs(FAILED, why=SrsReason.RESPONSE, status=487)
    assert len(rig.webhooks) == 1


def test_a_stop_before_the_dial_lets_none_be_made() -> None:
    rig = live("timeline: [{dial: srs, after: 5s}]")
    rig.tick(SECOND)
    rig.stop()
    assert rig.events == [("siprec.stopped", 1000)]
    assert (rig.dials, rig.hung_up) == ([], [])


def test_a_cancelled_branch_says_what_comes_of_a_stop() -> None:
    rig = live("timeline: [{dial: srs, cancelled: []}, {emit: siprec.failed, after: 1s}]")
    rig.stop()
    assert rig.hung_up == [rig.dials[0].dial_id]
    rig.run(SECOND)
    assert told(rig) == [("siprec.failed", "normal_temporary_failure")]


def test_an_answer_after_all_is_over_is_hung_up() -> None:
    rig = live()
    rig.stop()
    before = len(rig.hung_up)
    rig.srs(ANSWERED)
    assert len(rig.hung_up) == before + 1
    assert told(rig) == [("siprec.stopped", "originator_cancel")]


def test_an_answer_that_comes_as_the_timeline_ends_is_hung_up() -> None:
    """What is due by then happens first, and the engine was not looked at in time."""
    rig = live("timeline: [{dial: srs}, {emit: siprec.stopped, after: 1s}]")
    rig.srs(ANSWERED)
    rig.now += 2 * SECOND
    rig.srs(MEDIA_CHANGED)
    assert told(rig)[-1] == ("siprec.stopped", "normal_clearing")
    assert len(rig.hung_up) == 1


def test_what_an_unknown_session_on_the_wire_does_is_hung_up_or_of_no_account() -> None:
    rig = live()
    report = SrsReport(namespace="nobody", dial_id="x", stage=ANSWERED)
    assert rig.engine.srs_reported(report, rig.now) == (HangUpSrs(namespace="nobody", dial_id="x"),)
    ended = SrsReport(namespace=KEY, dial_id="x", stage=ENDED, why=SrsReason.BYE)
    assert rig.engine.srs_reported(ended, rig.now) == ()


@pytest.mark.parametrize("answered", [True, False])
def test_a_call_that_ends_takes_the_recording_server_along(*, answered: bool) -> None:
    rig = Rig(LIVE, policy=SOMEWHERE)
    call = rig.call_in()
    rig.command(Route.ANSWER, call.call_control_id)
    rig.start(call.call_control_id, connector_name="mine")
    if answered:
        rig.srs(ANSWERED)
    rig.hang_up(call.call_control_id, ending(call, Who.FAR_END))
    cause = "normal_clearing" if answered else "originator_cancel"
    assert [one for one in told(rig) if one[0] == "siprec.stopped"] == [("siprec.stopped", cause)]
    assert rig.hung_up == [rig.dials[0].dial_id]


def test_a_timeline_that_ends_takes_the_recording_server_along() -> None:
    rig = live("timeline: [{dial: srs}]")
    rig.srs(ANSWERED)
    assert (state(rig), rig.hung_up) == (SessionState.ENDED, [rig.dials[0].dial_id])


@pytest.mark.parametrize("how", ["reset", "abandon"])
def test_a_namespace_that_is_forgotten_or_stops_hangs_up(how: str) -> None:
    rig = live()
    effects = rig.engine.reset(KEY) if how == "reset" else rig.engine.abandon(rig.now)
    assert HangUpSrs(namespace=KEY, dial_id=rig.dials[0].dial_id) in effects


# --- what the recording server does mid-session ---


@pytest.mark.parametrize(
    ("why", "cause"), [(SrsReason.BYE, "normal_clearing"), (SrsReason.TIMER, "recovery_on_timer_expire")]
)
def test_a_recording_stops_with_its_session_on_the_wire(why: SrsReason, cause: str) -> None:
    """Though its timeline waits for something else."""
    rig = live()
    rig.srs(ANSWERED)
    rig.tick(SECOND)
    rig.srs(ENDED, why=why)
    assert rig.events[1:] == [("siprec.stopped", 1000)]
    assert told(rig)[1] == ("siprec.stopped", cause)
    assert (rig.hung_up, rig.stages[-1]) == ([], "ended")
    rig.stop()
    assert len(rig.webhooks) == 2


@pytest.mark.parametrize(
    ("awaited", "why", "cause"),
    [
        ("bye", SrsReason.BYE, "normal_clearing"),
        ("ended", SrsReason.BYE, "normal_clearing"),
        ("ended", SrsReason.LOST, "normal_temporary_failure"),
    ],
)
def test_a_timeline_that_waits_for_the_end_says_what_comes_of_it(awaited: str, why: SrsReason, cause: str) -> None:
    rig = live(f"timeline: [{{dial: srs}}, {{wait_for: {{srs: {awaited}}}}}, {{emit: siprec.stopped, after: 3s}}]")
    rig.srs(ANSWERED)
    rig.srs(ENDED, why=why)
    assert len(rig.webhooks) == 1
    rig.run(3 * SECOND)
    assert told(rig)[1] == ("siprec.stopped", cause)
    assert rig.hung_up == []


def test_a_wait_for_bye_takes_no_other_end() -> None:
    rig = live("timeline: [{dial: srs}, {wait_for: {srs: bye}}, {emit: siprec.failed}]")
    rig.srs(ANSWERED)
    rig.srs(ENDED, why=SrsReason.LOST)
    assert told(rig)[1] == ("siprec.stopped", "normal_temporary_failure")


def test_a_change_of_media_can_be_waited_for() -> None:
    rig = live("timeline: [{dial: srs}, {wait_for: {srs: media_changed}}, {emit: siprec.stopped}]")
    rig.srs(ANSWERED)
    rig.srs(MEDIA_CHANGED, reason="inbound on hold")
    assert told(rig)[1:] == [("siprec.stopped", "normal_clearing")]


@pytest.mark.parametrize("stage", [RINGING, ANSWERED, FAILED, SrsStage.HUNG_UP])
def test_what_makes_no_sense_any_more_changes_nothing(stage: SrsStage) -> None:
    rig = live()
    rig.srs(ANSWERED)
    rig.srs(stage, why=SrsReason.RESPONSE if stage is FAILED else None, status=500)
    assert rig.stages == ["dialled", "answered"]
    assert len(rig.webhooks) == 1


def test_a_namespace_that_is_forgotten_takes_what_is_known_of_its_dials_along() -> None:
    rig = live()
    (dial,) = rig.dials
    ended = (HangUpSrs(namespace=KEY, dial_id=dial.dial_id), ForgetSrs(namespace=KEY))
    assert rig.engine.reset(KEY) == ended


def test_a_namespace_that_dialled_nobody_asks_for_nothing_as_it_is_forgotten() -> None:
    rig = Rig()
    rig.start()
    assert not any(isinstance(effect, ForgetSrs) for effect in rig.engine.reset(KEY))


def test_a_recording_that_is_stopped_by_hand_hangs_up() -> None:
    rig = live()
    rig.srs(ANSWERED)
    (session,) = rig.namespace.sessions.values()
    _, effects = rig.engine.emit(KEY, session, Emission(event=EventType.STOPPED), rig.now)
    assert HangUpSrs(namespace=KEY, dial_id=rig.dials[0].dial_id) in effects
