"""GET /call_events: commands and webhooks of calls, by Telnyx's filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
import pytest

from emulator.core.calls.model import Parties
from emulator.core.models import HOUR, MILLISECOND, SECOND, Route
from emulator.core.policy import Limits, Policy
from tests.core.engines import Rig

EVENTS = Route.CALL_EVENT_LIST


def lived() -> Rig:
    """A recording by call control that is stopped, its last webhook failed; then one by TeXML with a callback."""
    rig = Rig()
    rig.start("v3:first", client_state="c3RhdGU=")
    rig.run(400 * MILLISECOND)
    rig.deliver_all()
    rig.run(10 * MILLISECOND)
    rig.stop("v3:first")
    rig.run(50 * MILLISECOND)
    for _ in range(3):
        rig.fail_all()
        rig.run(2 * SECOND)
    rig.texml_start(b"StatusCallback=http://app.test/cb", call="v3:second")
    rig.run(400 * MILLISECOND)
    rig.deliver_all()
    return rig


ALL = ["siprec_start", "siprec.started", "siprec_stop", "siprec.stopped", "texml_siprec_start", "siprec.started"]


def names(rig: Rig, query: str) -> list[str]:
    """What is listed, by name."""
    return [one["name"] for one in rig.inspect(EVENTS, query=query)["data"]]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ALL),
        ("filter[type]=command", ALL[::2]),
        ("filter[type]=webhook", ALL[1::2]),
        ("filter[product]=call_control", ALL[:4]),
        ("filter[product]=texml", ALL[4:]),
        ("filter[product]=fax", []),
        ("filter[name]=siprec.started", [ALL[1], ALL[5]]),
        ("filter[failed]=true", ["siprec.stopped"]),
        ("filter[failed]=false", [*ALL[:3], *ALL[4:]]),
        ("filter[occurred_at][eq]=2023-11-14T22:13:20.400Z", ["siprec.started"]),
        ("filter[occurred_at][lte]=2023-11-14T22:13:20Z", ["siprec_start"]),
        ("filter[occurred_at][lt]=2023-11-14T22:13:20Z", []),
        ("filter[occurred_at][gt]=2023-11-14T22:13:20.460Z", ALL[4:]),
        ("filter[occurred_at][gte]=2023-11-14T22:13:20.460Z", ALL[3:]),
        ("filter[from]=%2B12025550142", []),
        ("filter[to]=%2B12025550142", []),
        ("filter[application_name][contains]=app", []),
        ("filter[outbound.outbound_voice_profile_id]=1293384261075731499", []),
        ("filter[status]=completed", ALL),
        ("page[size]=2&page[number]=2", ALL[2:4]),
        ("page[limit]=3", ALL[:3]),
        ("page[size]=2&page[limit]=3", ALL[:2]),
        ("page[after]=null&page[before]=null", ALL),
    ],
)
def test_filters_and_pages_select_the_earliest_first(query: str, wanted: list[str]) -> None:
    assert names(lived(), query) == wanted


def test_a_call_is_found_by_its_leg_its_session_and_its_connection() -> None:
    rig = lived()
    [call] = [one for one in rig.namespace.calls if one.call_control_id == "v3:second"]
    assert names(rig, f"filter[leg_id]={call.call_leg_id}") == ALL[4:]
    assert names(rig, f"filter[application_session_id]={call.call_session_id}") == ALL[4:]
    assert names(rig, f"filter[connection_id]={call.connection_id}") == ALL
    assert names(rig, "filter[leg_id]=none") == names(rig, "filter[connection_id]=1") == []


def dialled() -> Rig:
    """A call that is dialled, told things and hung up; then one that is rejected, and one that is answered."""
    rig = Rig()
    call = orjson.loads(rig.dial(to="sip:callee@b.test").body)["data"]["call_control_id"]
    assert rig.command(Route.CLIENT_STATE_UPDATE, call, client_state="c3RhdGU=").status == 200
    assert rig.command(Route.HANGUP, call).status == 200
    other = rig.call_in(parties=Parties(caller="+12025550142", callee="+12025550143"))
    assert rig.command(Route.ANSWER, call).status == 422
    assert rig.request(Route.CALL_READ, other.call_control_id, method="GET").status == 200
    assert rig.command(Route.REJECT, other.call_control_id, cause="USER_BUSY").status == 200
    third = rig.call_in()
    assert rig.command(Route.ANSWER, third.call_control_id).status == 200
    return rig


def test_a_calls_life_is_told_with_its_commands_each_before_what_it_brought_about() -> None:
    """All of it is at one instant, and reading a call and a refused command are no events."""
    rig = dialled()
    assert names(rig, "") == [
        *("dial", "call.initiated", "client_state_update", "hangup", "call.hangup"),
        *("call.initiated", "reject", "call.hangup"),
        *("call.initiated", "answer", "call.answered"),
    ]
    assert names(rig, "filter[type]=command") == ["dial", "client_state_update", "hangup", "reject", "answer"]
    assert names(rig, "filter[product]=texml") == []


def test_calls_are_found_by_who_calls_whom_and_by_their_legs() -> None:
    rig = dialled()
    assert names(rig, "filter[to]=sip:callee@b.test") == ["call.initiated", "call.hangup"]
    assert names(rig, f"filter[from]={quote('+12025550142')}") == ["call.initiated", "call.hangup"]
    first, second, third = rig.namespace.calls
    assert names(rig, f"filter[leg_id]={first.call_leg_id}")[0] == "dial"
    assert names(rig, f"filter[leg_id]={second.call_leg_id}") == ["call.initiated", "reject", "call.hangup"]
    assert names(rig, f"filter[application_session_id]={third.call_session_id}") == [
        *("call.initiated", "answer", "call.answered"),
    ]
    assert names(rig, "filter[connection_id]=1") == [
        *("dial", "call.initiated", "client_state_update", "hangup", "call.hangup"),
    ]


def test_a_dial_is_told_with_what_was_asked_and_the_call_that_it_began() -> None:
    rig = dialled()
    [call, *_] = rig.namespace.calls
    [told] = rig.inspect(EVENTS, query="filter[name]=dial")["data"]
    assert (told["call_leg_id"], told["call_session_id"]) == (call.call_leg_id, call.call_session_id)
    assert told["metadata"]["call_control_id"] == call.call_control_id
    assert told["metadata"]["body"] == {"connection_id": "1", "from": "+18005550101", "to": "sip:callee@b.test"}


def test_a_webhook_comes_before_the_command_that_answers_it_at_the_same_instant() -> None:
    """A clock that stands has both at once; the numbers tell which came first."""
    rig = Rig()
    call = rig.call_in()
    rig.command(Route.ANSWER, call.call_control_id)
    assert names(rig, "") == ["call.initiated", "answer", "call.answered"]


def test_an_event_that_carries_numbers_is_found_by_them() -> None:
    """Events of recordings carry none; a scenario may say otherwise."""
    rig = Rig("timeline:\n  - {emit: siprec.failed, payload: {from: '+1202', to: 'sip:a@b.test'}}")
    rig.start()
    rig.run(SECOND)
    assert names(rig, f"filter[from]={quote('+1202')}") == ["siprec.failed"]
    assert names(rig, "filter[to]=sip:a@b.test") == ["siprec.failed"]
    assert names(rig, "filter[to]=sip:c@b.test") == []


def test_an_event_is_in_telnyxs_shape() -> None:
    """The document requires seven fields; of a webhook the raw event is the metadata."""
    rig = lived()
    [call] = [one for one in rig.namespace.calls if one.call_control_id == "v3:first"]
    command, webhook, *_ = rig.inspect(EVENTS)["data"]
    legs = {"call_leg_id": call.call_leg_id, "call_session_id": call.call_session_id, "record_type": "call_event"}
    assert command == {
        **legs,
        "event_timestamp": "2023-11-14T22:13:20.000000Z",
        "metadata": {"call_control_id": "v3:first", "body": {"client_state": "c3RhdGU="}, "status": 200},
        "name": "siprec_start",
        "type": "command",
    }
    metadata: Any = webhook.pop("metadata")
    assert webhook == {
        **legs,
        "event_timestamp": "2023-11-14T22:13:20.400000Z",
        "name": "siprec.started",
        "type": "webhook",
    }
    assert metadata["event"]["payload"]["call_control_id"] == "v3:first"
    assert (metadata["event"]["event_type"], metadata["status"]) == ("siprec.started", "delivered")


def test_a_query_without_leg_or_session_looks_back_24_hours() -> None:
    rig = lived()
    [call] = [one for one in rig.namespace.calls if one.call_control_id == "v3:first"]
    rig.run(23 * HOUR)
    assert names(rig, "filter[type]=command") == ALL[::2]
    rig.run(3 * HOUR)
    assert names(rig, "") == []
    assert names(rig, f"filter[leg_id]={call.call_leg_id}") == ALL[:4]
    assert names(rig, f"filter[application_session_id]={call.call_session_id}") == ALL[:4]


def test_refused_commands_other_routes_copies_and_replays_are_no_events_of_their_own() -> None:
    rig = Rig("timeline:\n  - {emit: siprec.failed, deliver: {copies: 3}}")
    rig.start(session_timeout_secs=1)
    rig.request(Route.PUBLIC_KEY, method="GET")
    rig.start()
    rig.run(SECOND)
    assert names(rig, "") == ["siprec_start", "siprec.failed"]


def test_commands_of_a_call_that_was_forgotten_are_told_no_more() -> None:
    """There is no leg to tell them of."""
    rig = Rig("timeline:\n  - {emit: siprec.failed}", policy=Policy(limits=Limits(max_sessions=1)))
    rig.start("v3:first")
    rig.start("v3:second")
    listed = rig.inspect(EVENTS, query="filter[type]=command")["data"]
    assert [one["metadata"]["call_control_id"] for one in listed] == ["v3:second"]
