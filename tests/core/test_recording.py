"""siprec_start and siprec_stop: what each realism takes and refuses, and what takes effect once."""

from __future__ import annotations

import orjson
import pytest

from emulator.core.calls.model import CallState
from emulator.core.models import HOUR, MILLISECOND, SECOND, Route, SessionState
from emulator.core.namespace import COMMAND_ID_WINDOW
from emulator.core.policy import DeclaredCall, Limits, Policy, Realism, Validation
from emulator.core.turn import NoteKind
from tests.core.engines import CALL, HAPPY, Rig, error_of, header, scenario

OK = b'{"data":{"result":"ok"}}'
BUSY = """
respond_stop: {status: 500, error: {code: "10007", title: Unexpected error}}
timeline: [{emit: siprec.started}, {wait_for: {command: siprec_stop}}, {emit: siprec.stopped}]
"""
REFUSED = "respond: {status: 422, error: {code: '10015', title: Bad Request}}"
STRICT = Policy(realism=Realism.STRICT, calls=(DeclaredCall(call_control_id=CALL),))


def strict(body: str = HAPPY) -> Rig:
    """Strict realism, the call declared and the connector ``c`` created."""
    rig = Rig(body, policy=STRICT)
    reply = rig.request(Route.CONNECTOR_CREATE, body={"name": "c", "host": "srs.test", "port": 5060})
    assert reply.status == 201
    return rig


# --- the happy path ---


def test_a_recording_starts_400_ms_after_its_command_and_stops_with_siprec_stop() -> None:
    rig = Rig()
    reply = rig.start(connector_name="c")
    assert (reply.status, reply.body) == (200, OK)
    assert rig.events == []
    rig.run(2 * SECOND)
    assert rig.events == [("siprec.started", 400)]
    assert rig.stop().body == OK
    rig.run(SECOND)
    assert rig.events == [("siprec.started", 400), ("siprec.stopped", 2_050)]
    assert rig.payloads[1]["hangup_cause"] == "normal_clearing"


def test_a_recording_that_nobody_stops_ends_by_itself() -> None:
    rig = Rig()
    rig.start()
    rig.run(2 * HOUR)
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped"]
    assert rig.namespace.active_session(CALL) is None
    assert rig.engine.next_deadline() is None


def test_a_late_look_gives_the_same_webhooks_as_punctual_ones() -> None:
    """Also in what templates call now, and in the journal."""
    story = HAPPY.replace("after: 50ms", "after: 50ms, payload: {now: '${now}'}")

    def told(*pauses: int) -> list[tuple[bytes, int]]:
        rig = Rig(story)
        rig.start()
        for pause in pauses:
            rig.tick(pause)
        return [(send.body, entry.at) for send, entry in zip(rig.sends, rig.webhooks, strict=True)]

    assert told(2 * HOUR) == told(400 * MILLISECOND, HOUR, 50 * MILLISECOND, HOUR)


def test_the_client_state_of_a_stop_goes_into_siprec_stopped() -> None:
    rig = Rig()
    rig.start(client_state="c3RhcnQ=")
    rig.run(SECOND)
    rig.stop(client_state="c3RvcA==")
    rig.run(SECOND)
    assert [payload["client_state"] for payload in rig.payloads] == ["c3RhcnQ=", "c3RvcA=="]


def test_a_stop_without_client_state_keeps_the_starts() -> None:
    rig = Rig()
    rig.start(client_state="c3RhcnQ=")
    rig.stop()
    rig.run(SECOND)
    assert [payload["client_state"] for payload in rig.payloads] == ["c3RhcnQ=", "c3RhcnQ="]


# --- command_id ---


def test_a_command_id_counts_anew_at_60_s_and_not_before() -> None:
    rig = Rig("timeline: [{emit: siprec.started}]")
    assert COMMAND_ID_WINDOW == 60 * SECOND
    rig.start(command_id="one")
    rig.tick(60 * SECOND - 1)
    again = rig.start(command_id="one")
    assert (again.status, again.body) == (200, OK)
    assert header(again, "X-Emulator-Hint") is not None
    assert len(rig.events) == 1
    rig.tick(1)
    assert header(rig.start(command_id="one"), "X-Emulator-Hint") is None
    assert len(rig.events) == 2


def test_a_duplicate_names_the_session_that_runs() -> None:
    rig = Rig()
    rig.start(command_id="one")
    assert header(rig.start(command_id="one"), "X-Emulator-Scenario") == "happy-path"
    assert list(rig.namespace.journal.requests)[1].session_id == next(iter(rig.namespace.sessions))


def test_a_command_id_is_remembered_per_call() -> None:
    rig = Rig()
    rig.start("a", command_id="one")
    rig.start("b", command_id="one")
    assert len(rig.namespace.sessions) == 2


def test_a_repeated_stop_has_no_second_effect() -> None:
    """Neither on the first recording nor on one that began meanwhile."""
    rig = Rig()
    rig.start()
    rig.stop(command_id="one")
    rig.run(SECOND)
    rig.start()
    rig.stop(command_id="one", client_state="bmV3")
    rig.run(SECOND)
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped", "siprec.started"]
    assert rig.namespace.calls[CALL].client_state is None


def test_a_command_that_was_refused_may_be_sent_again() -> None:
    """As Telnyx advises after a 5xx: the same command once more."""
    rig = Rig(policy=Policy(limits=Limits(max_sessions=1)))
    rig.start("busy")
    assert rig.start(command_id="one", client_state="bmV3").status == 503
    rig.stop("busy")
    rig.run(SECOND)
    again = rig.start(command_id="one")
    assert (again.status, header(again, "X-Emulator-Hint")) == (200, None)
    assert rig.namespace.active_session(CALL) is not None


# --- a second start, a stop with none ---


@pytest.mark.parametrize("realism", [Realism.LENIENT, Realism.STANDARD])
def test_a_second_start_on_a_recorded_call_is_200_and_starts_nothing(realism: Realism) -> None:
    rig = Rig(policy=Policy(realism=realism))
    rig.start()
    reply = rig.start(client_state="bmV3", command_id="two")
    assert (reply.status, reply.body) == (200, OK)
    assert header(reply, "X-Emulator-Hint") == "SIPREC is already running on this call; nothing was started."
    assert len(rig.namespace.sessions) == 1
    rig.run(SECOND)
    assert rig.events == [("siprec.started", 400)]
    assert rig.payloads[0]["client_state"] == "bmV3"


@pytest.mark.parametrize("realism", [Realism.LENIENT, Realism.STANDARD])
def test_a_stop_with_none_running_is_200_and_sends_nothing(realism: Realism) -> None:
    rig = Rig(policy=Policy(realism=realism))
    reply = rig.stop(command_id="one")
    assert (reply.status, reply.body) == (200, OK)
    assert header(reply, "X-Emulator-Hint") == "No SIPREC session is running on this call; nothing was stopped."
    assert header(rig.stop(command_id="one"), "X-Emulator-Scenario") is None
    rig.run(HOUR)
    assert rig.events == []


def test_strict_realism_refuses_a_second_start_and_a_stop_with_none() -> None:
    rig = strict()
    assert rig.stop().status == 422
    assert rig.start(connector_name="c").status == 200
    refused = rig.start(connector_name="c")
    assert (refused.status, error_of(refused)["code"]) == (422, "10027")
    assert len(rig.namespace.sessions) == 1


# --- what must exist ---


@pytest.mark.parametrize(
    ("state", "code"), [(None, "90015"), (CallState.RINGING, "90034"), (CallState.ENDED, "90018")]
)
@pytest.mark.parametrize("command", ["start", "stop"])
def test_strict_realism_wants_a_call_that_was_answered(state: CallState | None, code: str, command: str) -> None:
    calls = () if state is None else (DeclaredCall(call_control_id=CALL, state=state),)
    rig = Rig(policy=Policy(realism=Realism.STRICT, calls=calls))
    reply = rig.start() if command == "start" else rig.stop()
    assert (reply.status, error_of(reply)["code"]) == (422, code)


def test_only_an_unknown_call_is_pointed_at() -> None:
    """Real answers have a pointer for 90015 and neither source nor meta for 90018."""
    ended = (DeclaredCall(call_control_id=CALL, state=CallState.ENDED),)
    rig = Rig(policy=Policy(realism=Realism.STRICT, calls=ended))
    assert error_of(rig.start("unknown"))["source"] == {"pointer": "/call_control_id"}
    assert error_of(rig.start()).keys() == {"code", "title", "detail"}


def test_standard_realism_takes_any_call_but_an_ended_one() -> None:
    calls = (
        DeclaredCall(call_control_id="ended", state=CallState.ENDED),
        DeclaredCall(call_control_id="rings", state=CallState.RINGING),
    )
    rig = Rig(policy=Policy(calls=calls))
    assert error_of(rig.start("ended"))["code"] == "90018"
    assert rig.start("rings").status == 200
    assert rig.start("unknown").status == 200


def test_strict_realism_wants_a_connector_that_was_created() -> None:
    rig = strict()
    reply = rig.start(connector_name="other")
    assert (reply.status, error_of(reply)["source"]) == (422, {"pointer": "/connector_name"})
    assert error_of(rig.texml_start(b"ConnectorName=other"))["source"] == {"pointer": "/ConnectorName"}
    assert rig.start(connector_name="c").status == 200


# --- scripted answers ---


def test_a_scripted_error_starts_nothing() -> None:
    rig = Rig(REFUSED)
    reply = rig.start(command_id="one", client_state="bmV3")
    assert (reply.status, error_of(reply)["code"]) == (422, "10015")
    assert header(reply, "X-Emulator-Scenario") == "happy-path"
    assert rig.namespace.sessions == {}
    assert rig.namespace.calls[CALL].client_state is None
    assert rig.start(command_id="one").status == 422
    rig.run(HOUR)
    assert rig.events == []


def test_a_scripted_error_to_a_stop_stops_nothing() -> None:
    rig = Rig(BUSY)
    rig.start()
    assert rig.stop(command_id="one", client_state="bmV3").status == 500
    assert rig.stop(command_id="one").status == 500
    rig.run(HOUR)
    assert rig.events == [("siprec.started", 0)]
    assert rig.namespace.calls[CALL].client_state is None


def test_the_scenario_of_a_header_or_of_the_connectors_name_plays() -> None:
    rig = Rig(scenario(), scenario("timeline: [{emit: siprec.failed}]", "other"))
    rig.start("a", headers=(("X-Emulator-Scenario", "other"),))
    reply = rig.start("b", connector_name="emu:other")
    assert header(reply, "X-Emulator-Scenario") == "other"
    assert [kind for kind, _ in rig.events] == ["siprec.failed", "siprec.failed"]


def test_a_scenario_that_is_not_loaded_is_422_and_starts_nothing() -> None:
    rig = Rig()
    assert rig.start(connector_name="emu:none").status == 422
    assert rig.namespace.sessions == {}


# --- TeXML ---


def test_a_texml_session_is_stopped_by_its_sid() -> None:
    rig = Rig()
    sid = orjson.loads(rig.texml_start().body)["sid"]
    rig.run(SECOND)
    assert orjson.loads(rig.texml_update(sid, b"").body)["status"] == "in-progress"
    rig.run(SECOND)
    assert rig.events == [("siprec.started", 400)]
    assert orjson.loads(rig.texml_update(sid).body)["status"] == "stopped"
    rig.run(SECOND)
    assert rig.events[1] == ("siprec.stopped", 2_050)
    again = rig.texml_update(sid)
    assert (again.status, header(again, "X-Emulator-Hint") is not None) == (200, True)


def test_a_scripted_error_to_a_texml_update_stops_nothing() -> None:
    rig = Rig(BUSY)
    sid = orjson.loads(rig.texml_start().body)["sid"]
    assert rig.texml_update(sid).status == 500
    assert rig.namespace.sessions[sid].state is SessionState.STARTED


def test_a_texml_404_has_its_detail_alone() -> None:
    rig = Rig(policy=Policy(realism=Realism.STRICT))
    for reply in (rig.texml_start(), rig.texml_update("none")):
        assert reply.status == 404
        assert orjson.loads(reply.body) == {"errors": [{"detail": "Resource not found"}]}


def test_a_texml_session_of_another_call_or_of_call_control_is_not_found() -> None:
    rig = Rig()
    sid = orjson.loads(rig.texml_start().body)["sid"]
    assert rig.texml_update(sid, call="other").status == 404
    rig.start("other")
    session = rig.namespace.active_session("other")
    assert session is not None
    assert rig.texml_update(session.id, call="other").status == 404


def test_lenient_realism_stops_a_texml_session_that_never_was() -> None:
    rig = Rig(policy=Policy(realism=Realism.LENIENT))
    stopped = orjson.loads(rig.texml_update("siprec_sid").body)
    assert (stopped["sid"], stopped["status"]) == ("siprec_sid", "stopped")
    assert orjson.loads(rig.texml_update("siprec_sid", b"").body)["status"] == "in-progress"


def test_a_status_callback_that_is_no_url_counts_as_not_given_where_validation_only_warns() -> None:
    rig = Rig("timeline: [{emit: siprec.started}]", policy=Policy(validation=Validation.WARN))
    assert rig.texml_start(b"StatusCallback=http://[::1&StatusCallbackMethod=GET").status == 200
    assert rig.sends == []
    assert rig.count(NoteKind.WEBHOOK) == 1


def test_a_scenario_that_does_not_exist_is_told_also_where_nothing_would_start() -> None:
    rig = Rig()
    rig.start()
    reply = rig.start(headers=(("X-Emulator-Scenario", "no-such"),))
    assert reply.status == 422
    assert error_of(reply)["code"] == "10005"


def test_running_sessions_keep_a_bounded_number_of_body_bytes() -> None:
    rig = Rig("timeline: [{wait_for: {command: siprec_stop}}]", policy=Policy(limits=Limits(journal_bytes=2_000)))
    assert rig.start("one", padding="x" * 1_000).status == 200
    assert rig.start("two", padding="x" * 1_000).status == 503
    assert rig.stop("one").status == 200
    assert rig.start("two", padding="x" * 1_000).status == 200
