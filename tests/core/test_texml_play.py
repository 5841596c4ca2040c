"""A TeXML document carried out on a call: sessions begin and end as by the REST form."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from emulator.core import ids
from emulator.core.errors import LimitReached
from emulator.core.models import MILLISECOND, SECOND, Track
from emulator.core.policy import Limits, Policy, Realism, Validation
from emulator.core.recording import ALREADY_RUNNING, NONE_RUNNING
from emulator.core.texml import read_texml
from emulator.core.texml_play import OTHER_NAME, SCRIPTED, played_view
from tests.core.engines import CALL, HAPPY, KEY, SCHEMAS, Rig, scenario

CALLBACK = 'statusCallback="http://app.test/cb"'


def play(
    rig: Rig, body: str, *, call: str = CALL, key: str = KEY, account: str | None = None
) -> list[tuple[str, str | None]]:
    """Carry a document out now: the result of each instruction, and why nothing came of it."""
    script = read_texml(
        f"<Response>{body}</Response>".encode(), file="f", schemas=SCHEMAS, validation=Validation.STANDARD
    )
    played, effects = rig.engine.texml(key, script, rig.now, call=call, account_sid=account)
    rig.effects += effects
    views = [played_view(one) for one in played]
    return [(view["result"], view["detail"]) for view in views]


def test_a_session_is_started_and_its_callbacks_are_those_of_the_rest_form() -> None:
    rig = Rig()
    body = f'<Start><Siprec name="mine" track="inbound_track" sessionTimeoutSecs="90" {CALLBACK}/></Start>'
    assert play(rig, body, account="AC1") == [("started", None)]
    [session] = rig.namespace.sessions.values()
    assert (session.start.call_control_id, session.start.track, session.start.session_timeout_secs) == (
        CALL,
        Track.INBOUND,
        90,
    )
    rig.run(400 * MILLISECOND)
    [send] = rig.sends
    assert (send.method, send.url) == ("POST", "http://app.test/cb")
    fields = {name: value for name, [value] in parse_qs(send.body.decode()).items()}
    assert fields == {
        "AccountSid": "AC1",
        "CallSid": CALL,
        "SiprecEvent": "siprec-started",
        "SiprecName": "mine",
        "SiprecSid": session.id,
        "Timestamp": "2023-11-14T22:13:20.400000Z",
    }


def test_defaults_are_the_documented_ones() -> None:
    """And the account is the namespace's own, always the same."""
    rig = Rig()
    play(rig, "<Start><Siprec/></Start>")
    [session] = rig.namespace.sessions.values()
    start, texml = session.start, session.start.texml
    assert texml is not None
    assert (start.track, start.secure, start.include_metadata_custom_headers, start.session_timeout_secs) == (
        Track.BOTH,
        False,
        False,
        1800,
    )
    assert (texml.account_sid, texml.name, texml.status_callback) == (ids.uuid5(KEY), None, None)
    assert texml.status_callback_method == "POST"


@pytest.mark.parametrize("stop", ["<Stop><Siprec/></Stop>", '<Stop><Siprec name="mine"/></Stop>'])
def test_a_session_is_stopped_by_its_name_or_by_its_call(stop: str) -> None:
    rig = Rig()
    play(rig, '<Start><Siprec name="mine"/></Start>')
    rig.run(SECOND)
    assert play(rig, stop) == [("stopped", None)]
    rig.run(SECOND)
    assert [name for name, _ in rig.events] == ["siprec.started", "siprec.stopped"]


def test_a_session_of_another_name_goes_on() -> None:
    """One that call control began has none."""
    rig = Rig()
    play(rig, '<Start><Siprec name="mine"/></Start>')
    rig.start("v3:other")
    rig.run(SECOND)
    stop = '<Stop><Siprec name="other"/></Stop>'
    assert play(rig, stop) == [("none", OTHER_NAME)]
    assert play(rig, stop, call="v3:other") == [("none", OTHER_NAME)]
    rig.run(SECOND)
    assert [name for name, _ in rig.events] == ["siprec.started", "siprec.started"]


def test_names_and_calls_are_those_of_the_namespace() -> None:
    rig = Rig()
    play(rig, '<Start><Siprec name="mine"/></Start>')
    assert play(rig, '<Stop><Siprec name="mine"/></Stop>', key="other") == [("none", NONE_RUNNING)]
    assert play(rig, '<Stop><Siprec name="mine"/></Stop>', call="v3:other") == [("none", NONE_RUNNING)]


def test_a_rest_session_is_stopped_by_a_document_and_the_other_way_round() -> None:
    rig = Rig()
    rig.texml_start(b"Name=mine")
    assert play(rig, '<Stop><Siprec name="mine"/></Stop>') == [("stopped", None)]
    rig.run(2 * SECOND)
    play(rig, "<Start><Siprec/></Start>")
    session = [*rig.namespace.sessions.values()][-1]
    assert rig.texml_update(session.id).status == 200


def test_instructions_are_carried_out_in_order_and_a_second_start_begins_nothing() -> None:
    rig = Rig()
    body = (
        '<Start><Siprec name="a"/><Siprec name="b"/></Start><Stop><Siprec/></Stop><Stop><Siprec name="a"/></Stop>'
    )
    assert [one[0] for one in play(rig, body)] == ["started", "none", "stopped", "stopped"]
    assert play(rig, "<Start><Siprec/></Start>")[0] == ("none", ALREADY_RUNNING)


def test_scenarios_are_chosen_as_for_the_rest_form() -> None:
    """By its fields' names and by a connector's name; of what they answer only the effect counts."""
    busy = scenario("match: {body: {ConnectorName: front-desk}}\ntimeline: [{emit: siprec.failed}]", name="busy")
    refusing = scenario("respond: {status: 503}\ntimeline: []", name="refusing")
    lost = scenario("respond: {fault: reset, session: started}\nrespond_stop: {status: 500}" + HAPPY, name="lost")
    rig = Rig(scenario(), busy, refusing, lost)
    assert play(rig, '<Start><Siprec connectorName="front-desk"/></Start>') == [("started", None)]
    assert play(rig, '<Start><Siprec connectorName="emu:refusing"/></Start>') == [("refused", SCRIPTED)]
    assert play(rig, '<Start><Siprec connectorName="emu:lost"/></Start>') == [("started", None)]
    assert play(rig, "<Stop><Siprec/></Stop>") == [("refused", SCRIPTED)]
    assert [one.scenario for one in rig.namespace.sessions.values()] == ["busy", "lost"]


def test_what_is_refused_is_told_and_the_rest_is_carried_out() -> None:
    rig = Rig(policy=Policy(realism=Realism.STRICT))
    assert play(rig, "<Start><Siprec/></Start><Stop><Siprec/></Stop>") == [
        ("refused", "Resource not found"),
        ("refused", "The call_control_id provided was not valid."),
    ]
    unknown = play(Rig(), '<Start><Siprec connectorName="emu:nothing"/></Start>')
    assert unknown == [("refused", "No scenario named 'nothing' is loaded.")]


def test_an_instruction_is_shown_with_its_place() -> None:
    rig = Rig()
    script = read_texml(
        b"<Response>\n <Stop><Siprec/></Stop></Response>",
        file="f",
        schemas=SCHEMAS,
        validation=Validation.STANDARD,
    )
    [played], _ = rig.engine.texml(KEY, script, rig.now, call=CALL)
    assert played_view(played) == {
        "verb": "Stop",
        "noun": "Siprec",
        "line": 2,
        "column": 8,
        "result": "none",
        "session_id": None,
        "scenario": None,
        "detail": NONE_RUNNING,
    }


def test_what_fell_due_before_happens_before() -> None:
    rig = Rig()
    play(rig, "<Start><Siprec/></Start>")
    rig.now += SECOND
    play(rig, "<Stop><Siprec/></Stop>")
    assert rig.events == [("siprec.started", 400)]


def test_a_full_house_takes_no_document() -> None:
    rig = Rig(policy=Policy(limits=Limits(max_namespaces=1)))
    rig.start(key="busy")
    with pytest.raises(LimitReached):
        play(rig, "<Start><Siprec/></Start>")
