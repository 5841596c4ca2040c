"""What the control API shows of requests, sessions and namespaces that an engine made."""

from __future__ import annotations

import orjson
import pytest

from emulator.core import views
from emulator.core.errors import ApiError, MethodNotAllowed, Unauthenticated, UnknownRoute
from emulator.core.inputs import Received
from emulator.core.models import SessionState
from emulator.core.turn import Note
from tests.core.engines import CALL, HAPPY, KEY, T0, Rig, scenario

MATCHING = "match: {body: {connector_name: other}}\n" + HAPPY


def test_a_request_shows_its_scenario_its_rule_and_why_each_other_one_lost() -> None:
    rig = Rig(scenario(), scenario(MATCHING, name="matching"))
    rig.start(connector_name="mine", colour="red")
    (entry,) = rig.namespace.journal.requests
    line, detail = views.request_line(entry), views.request_detail(entry)
    assert (line["scenario"], line["rule"], line["status"]) == ("happy-path", "default", 200)
    assert line["warnings"] == ["/colour is no parameter of siprec_start; Telnyx ignores it."]
    assert [other["scenario"] for other in detail["selection"]["others"]] == ["matching"]
    assert "connector_name" in detail["selection"]["others"][0]["reason"]
    assert orjson.loads(detail["request"]["body"]) == {"connector_name": "mine", "colour": "red"}
    assert detail["answer"]["body"] == '{"data":{"result":"ok"}}'


def test_a_refused_request_shows_its_violations_and_no_scenario() -> None:
    rig = Rig()
    rig.start(session_timeout_secs=5)
    (entry,) = rig.namespace.journal.requests
    detail = views.request_detail(entry)
    assert [(one["pointer"], one["code"]) for one in detail["violations"]] == [("/session_timeout_secs", "10033")]
    assert detail["selection"] is None
    assert detail["scenario"] is None


@pytest.mark.parametrize("error", [UnknownRoute(), Unauthenticated(), MethodNotAllowed(["PUT"])])
def test_a_request_that_no_route_took_shows_why(error: ApiError) -> None:
    rig = Rig()
    rig.engine.stray(KEY, "GET", "/v2/nothing", error, T0)
    (entry,) = rig.namespace.journal.strays
    detail = views.request_detail(entry)
    assert (detail["route"], detail["status"], detail["target"]) == (None, error.status, "/v2/nothing")
    assert detail["reason"] == error.items[0].detail


def test_a_session_shows_its_life_and_what_its_app_was_told() -> None:
    rig = Rig()
    rig.start()
    session = rig.namespace.active_session(CALL)
    assert session is not None
    assert views.session_view(session, rig.namespace)["started_at"] is None
    rig.run(1_000_000)
    session = rig.namespace.sessions[session.id]
    detail = views.session_detail(session, rig.namespace)
    assert (detail["state"], detail["playing"], detail["api"]) == (SessionState.STARTED, True, "call_control")
    assert [(one["from"], one["to"]) for one in detail["transitions"]] == [
        (None, "starting"),
        ("starting", "started"),
    ]
    assert [one["event_type"] for one in detail["webhooks"]] == ["siprec.started"]


def test_a_texml_session_shows_its_name() -> None:
    rig = Rig()
    rig.texml_start(b"Name=mine")
    (session,) = rig.namespace.sessions.values()
    view = views.session_view(session, rig.namespace)
    assert (view["api"], view["texml_name"]) == ("texml", "mine")


def test_every_note_of_a_run_has_a_line_with_its_namespace() -> None:
    rig = Rig()
    rig.start()
    rig.run(1_000_000)
    rig.deliver_all()
    received = Received(method="POST", target="/", headers=(), body=b"{}", verdict="good", reason="it is good")
    (note,) = rig.engine.received(KEY, received, T0).effects
    assert isinstance(note, Note)
    lines = [views.note_line(one) for one in (*rig.notes, note)]
    assert {line["namespace"] for line in lines} == {KEY}
    assert len(lines) >= 4
