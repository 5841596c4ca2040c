"""A namespace's bounds: what is forgotten, what is refused, and that nothing in use is lost."""

from __future__ import annotations

from emulator.core.calls.model import CallState
from emulator.core.models import HOUR, SECOND
from emulator.core.policy import DeclaredCall, Limits, Policy
from tests.core.engines import CALL, Rig, error_of

SHORT = "timeline: [{emit: siprec.started}]"


def bounded(body: str, max_sessions: int) -> Rig:
    """A rig whose namespaces keep that many sessions."""
    return Rig(body, policy=Policy(limits=Limits(max_sessions=max_sessions)))


# --- sessions ---


def test_the_oldest_session_that_is_over_makes_room() -> None:
    rig = bounded(SHORT, 2)
    for call in ("a", "b", "c"):
        assert rig.start(call).status == 200
    kept = [session.start.call_control_id for session in rig.namespace.sessions.values()]
    assert kept == ["b", "c"]
    assert rig.namespace.evicted_sessions == 1


def test_a_session_that_runs_is_not_forgotten_for_another() -> None:
    rig = bounded("timeline: [{emit: siprec.started, after: 1h}]", 2)
    rig.start("a")
    rig.start("b")
    refused = rig.start("c")
    assert (refused.status, error_of(refused)["code"]) == (503, "10007")
    assert "--max-sessions" in refused.body.decode()
    rig.run(2 * HOUR)
    assert rig.start("c").status == 200
    assert len(rig.namespace.sessions) == 2


def test_running_sessions_before_the_one_that_is_over_are_passed_by() -> None:
    rig = bounded("timeline: [{wait_for: {command: siprec_stop}}]", 2)
    rig.start("runs")
    rig.start("over")
    rig.stop("over")
    assert rig.start("new").status == 200
    assert {one.start.call_control_id for one in rig.namespace.sessions.values()} == {"runs", "new"}


# --- calls ---


def test_calls_are_forgotten_oldest_first_but_not_while_they_are_recorded() -> None:
    rig = bounded("timeline: [{wait_for: {command: siprec_stop}}, {emit: siprec.stopped}]", 3)
    rig.start("recorded")
    for number in range(20):
        rig.stop(f"call{number}", client_state="bmV3")
    kept = [call.call_control_id for call in rig.namespace.calls]
    assert len(kept) <= 4
    assert {"recorded", "call19"} <= set(kept)
    rig.stop("recorded")
    assert rig.events == [("siprec.stopped", 0)]


def test_a_house_full_of_recorded_calls_is_not_searched_to_its_end() -> None:
    rig = bounded("timeline: [{wait_for: {command: siprec_stop}}]", 70)
    for number in range(70):
        rig.start(f"recorded{number}")
    assert rig.stop("new").status == 200
    assert len(rig.namespace.calls) == 71
    assert rig.start("newer").status == 503


def test_declared_calls_are_there_from_the_beginning() -> None:
    declared = DeclaredCall(call_control_id=CALL, connection_id="1494404757140276705", client_state="bmV3")
    rig = Rig(SHORT, policy=Policy(calls=(declared, DeclaredCall(call_control_id="over", state=CallState.ENDED))))
    rig.start()
    (payload,) = rig.payloads
    assert (payload["connection_id"], payload["client_state"]) == ("1494404757140276705", "bmV3")
    assert [call.state for call in rig.namespace.calls] == [CallState.ANSWERED, CallState.ENDED]


def test_a_call_has_ids_in_telnyxs_forms_and_keeps_them() -> None:
    """Leg and session are UUIDv1 and differ; the connection is 19 digits."""
    rig = Rig(SHORT)
    rig.start()
    rig.start()
    first, second = rig.payloads
    assert {key: first[key] for key in first if key.endswith("_id")} == {
        key: second[key] for key in second if key.endswith("_id")
    }
    assert first["call_leg_id"][14] == first["call_session_id"][14] == "1"
    assert first["call_leg_id"] != first["call_session_id"]
    assert len(first["connection_id"]) == 19
    assert first["connection_id"].isdigit()


# --- command ids ---


def test_no_more_command_ids_are_kept_than_sessions_may_be() -> None:
    """The oldest is forgotten, and then counts anew."""
    rig = bounded(SHORT, 2)
    for command_id in ("1", "2", "3"):
        rig.start(command_id=command_id)
    assert len(rig.events) == 3
    rig.start(command_id="3")
    rig.start(command_id="2")
    assert len(rig.events) == 3
    rig.start(command_id="1")
    assert len(rig.events) == 4


def test_old_command_ids_are_forgotten_in_order() -> None:
    rig = Rig(SHORT)
    rig.start(command_id="1")
    rig.tick(30 * SECOND)
    rig.start(command_id="2")
    rig.tick(30 * SECOND)
    rig.start(command_id="2")
    assert len(rig.events) == 2
    rig.start(command_id="1")
    assert len(rig.events) == 3
