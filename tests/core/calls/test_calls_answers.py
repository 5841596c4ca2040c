"""What the operations of calls answer: a dial, reading a call, a connection's calls page by page, and hooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from emulator.core.calls.model import CallState, Connection
from emulator.core.models import MINUTE, SECOND, Route
from emulator.core.namespace import COMMAND_ID_WINDOW
from emulator.core.policy import DeclaredCall, Limits, Policy, Realism, Validation
from emulator.core.selection import DEFAULT_DIAL
from tests.core.engines import CALL, HOOK, Rig, error_of, header, scenario

STRICT = Policy(realism=Realism.STRICT)
LENIENT = Policy(realism=Realism.LENIENT)


def dialled(rig: Rig, **body: Any) -> dict[str, Any]:
    """A dial that is taken: its ``data``."""
    reply = rig.dial(**body)
    assert reply.status == 200, reply.body
    data: dict[str, Any] = orjson.loads(reply.body)["data"]
    return data


def read(rig: Rig, call: str) -> dict[str, Any]:
    """RetrieveCallStatus: its ``data``."""
    reply = rig.request(Route.CALL_READ, call, method="GET")
    assert reply.status == 200, reply.body
    data: dict[str, Any] = orjson.loads(reply.body)["data"]
    return data


def listed(rig: Rig, connection: str = "1", **query: str) -> dict[str, Any]:
    """ListConnectionActiveCalls: the whole document."""
    query_string = urlencode({name.replace("_", "[", 1) + "]": value for name, value in query.items()})
    reply = rig.request(Route.ACTIVE_CALLS, connection, method="GET", query=query_string)
    assert reply.status == 200, reply.body
    document: dict[str, Any] = orjson.loads(reply.body)
    return document


# --- dialling ---


def test_a_dial_answers_with_the_calls_ids_and_is_not_alive_yet() -> None:
    rig = Rig()
    data = dialled(rig, client_state="YQ==")
    [call] = rig.namespace.calls
    assert data == {
        "record_type": "call",
        "call_control_id": call.call_control_id,
        "call_leg_id": call.call_leg_id,
        "call_session_id": call.call_session_id,
        "is_alive": False,
        "client_state": "YQ==",
    }
    assert "client_state" not in dialled(rig)


def test_a_dial_that_comes_again_within_a_minute_begins_no_second_call() -> None:
    rig = Rig()
    first = dialled(rig, command_id="c")
    again = rig.dial(command_id="c")
    assert orjson.loads(again.body)["data"]["call_control_id"] == first["call_control_id"]
    assert header(again, "X-Emulator-Hint") is not None
    assert len(rig.namespace.calls) == 1
    rig.run(COMMAND_ID_WINDOW)
    assert dialled(rig, command_id="c")["call_control_id"] != first["call_control_id"]


def test_a_bounded_number_of_dials_is_remembered() -> None:
    rig = Rig(policy=Policy(limits=Limits(max_sessions=2)))
    first = dialled(rig, command_id="1")["call_control_id"]
    for number in ("1", "2"):
        rig.hang_up(dialled(rig, command_id=number)["call_control_id"])
    rig.hang_up(dialled(rig, command_id="3")["call_control_id"])
    assert dialled(rig, command_id="1")["call_control_id"] != first


def test_a_call_that_is_linked_to_another_shares_its_session() -> None:
    rig = Rig()
    first = dialled(rig)
    linked = dialled(rig, link_to=first["call_control_id"])
    assert (linked["call_session_id"], linked["call_leg_id"] == first["call_leg_id"]) == (
        first["call_session_id"],
        False,
    )
    assert dialled(rig, link_to="v3:none")["call_session_id"] != first["call_session_id"]


def test_strict_realism_dials_for_connections_that_exist_alone() -> None:
    rig = Rig(policy=STRICT)
    reply = rig.dial()
    assert (reply.status, error_of(reply)["code"]) == (422, "10015")
    rig.namespace.connections["1"] = Connection(id="1")
    assert dialled(rig)["record_type"] == "call"


def test_nobody_answers_before_the_dials_timeout() -> None:
    rig = Rig(scenario("plays: dial", DEFAULT_DIAL))
    dialled(rig, timeout_secs=5)
    rig.run(5 * SECOND)
    assert rig.events == [("call.initiated", 0), ("call.hangup", 5_000)]
    assert (rig.payloads[1]["hangup_cause"], rig.payloads[1]["hangup_source"]) == ("timeout", "caller")


# --- reading ---


def test_a_call_is_read_as_it_stands_and_for_ten_minutes_after_its_end() -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    assert (read(rig, call)["is_alive"], read(rig, call)["call_duration"]) == (True, 0)
    rig.run(2 * SECOND)
    rig.command(Route.ANSWER, call, client_state="YQ==")
    rig.run(3 * SECOND)
    shown = read(rig, call)
    assert (shown["call_duration"], shown["client_state"]) == (3, "YQ==")
    assert shown["start_time"] == "2023-11-14T22:13:20.000Z"
    rig.hang_up(call)
    rig.run(10 * MINUTE - 1)
    over = read(rig, call)
    assert (over["is_alive"], over["call_duration"], over["end_time"]) == (False, 3, "2023-11-14T22:13:25.000Z")
    rig.run(1)
    assert error_of(rig.request(Route.CALL_READ, call, method="GET"))["code"] == "90015"


def test_a_call_that_was_there_from_the_beginning_has_no_start() -> None:
    rig = Rig(policy=Policy(calls=(DeclaredCall(call_control_id=CALL),)))
    assert read(rig, CALL).keys() == {
        *("record_type", "call_control_id", "call_leg_id", "call_session_id", "is_alive", "call_duration")
    }


def test_a_call_that_nobody_knows_can_be_read_with_lenient_realism_alone() -> None:
    assert Rig().request(Route.CALL_READ, CALL, method="GET").status == 422
    assert read(Rig(policy=LENIENT), CALL)["is_alive"] is True


# --- a connection's calls ---


def test_a_connections_calls_are_those_that_have_not_ended() -> None:
    rig = Rig()
    first, second, third = (
        dialled(rig, client_state=state)["call_control_id"] for state in ("YQ==", "Yg==", "Yw==")
    )
    dialled(rig, connection_id="2")
    rig.hang_up(second)
    document = listed(rig)
    assert [one["call_control_id"] for one in document["data"]] == [first, third]
    assert [one["client_state"] for one in document["data"]] == ["YQ==", "Yw=="]
    assert (document["meta"]["total_items"], document["meta"]["cursors"]) == (2, {})
    assert listed(rig, "3")["data"] == []


def ids(document: dict[str, Any]) -> list[str]:
    """The calls of a page."""
    return [one["call_control_id"] for one in document["data"]]


def test_pages_follow_each_other_by_cursor_in_both_directions() -> None:
    """A cursor stays true when the call that it stands behind has ended."""
    rig = Rig()
    calls = [dialled(rig)["call_control_id"] for _ in range(5)]
    first = listed(rig, page_size="2")
    assert ids(first) == calls[:2]
    assert first["meta"]["next"].startswith("/v2/connections/1/active_calls?page[after]=v1:")
    rig.hang_up(calls[1])
    second = listed(rig, page_limit="2", page_after=first["meta"]["cursors"]["after"])
    assert ids(second) == calls[2:4]
    before = listed(rig, page_size="2", page_before=second["meta"]["cursors"]["before"])
    assert ids(before) == calls[:1]
    last = listed(rig, page_size="2", page_after=second["meta"]["cursors"]["after"])
    assert (ids(last), "next" in last["meta"], "previous" in last["meta"]) == (calls[4:], False, True)


def test_pages_can_be_asked_for_by_number_and_one_behind_the_last_is_empty() -> None:
    rig = Rig()
    calls = [dialled(rig)["call_control_id"] for _ in range(3)]
    assert ids(listed(rig, page_size="2", page_number="2")) == calls[2:]
    assert ids(listed(rig, page_size="2", page_number="9")) == []
    beyond = listed(rig, page_after="v1:OTk=")
    assert (ids(beyond), beyond["meta"]["cursors"]) == ([], {})


@pytest.mark.parametrize(
    "cursor", ["", "v1:", "v1:=", "v1:YQ==", "v1:4pyT", "none", "v1:OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
def test_a_cursor_that_is_none_of_ours_stands_before_all(cursor: str) -> None:
    rig = Rig()
    call = dialled(rig)["call_control_id"]
    assert ids(listed(rig, page_after=cursor)) == [call]


@pytest.mark.parametrize("size", ["0", "251", "-1", "1.5", "all", "", "٣", "9999"])
def test_a_page_size_that_is_none_is_refused_with_the_parameter(size: str) -> None:
    rig = Rig()
    reply = rig.request(Route.ACTIVE_CALLS, "1", method="GET", query=urlencode({"page[size]": size}))
    assert (reply.status, error_of(reply)["code"]) == (422, "10033")
    assert error_of(reply)["source"] == {"parameter": "page[size]"}


def test_strict_realism_lists_calls_of_connections_that_exist_alone() -> None:
    rig = Rig(policy=STRICT)
    reply = rig.request(Route.ACTIVE_CALLS, "1", method="GET")
    assert (reply.status, error_of(reply)["code"]) == (422, "10015")
    assert listed(rig, rig.namespace.calls.connection_id)["data"] == []


# --- where a call's webhooks go ---


def test_a_calls_own_hooks_come_before_its_connections_and_those_before_the_usual_ones() -> None:
    """facts: webhook_urls[event], then webhook_url, then the app's webhook_event_url."""
    rig = Rig()
    rig.request(Route.PUBLIC_KEY, method="GET")
    rig.namespace.connections["2"] = Connection(id="2", webhook_event_url="http://app.test/2")
    rig.namespace.connections["3"] = Connection(id="3")
    own = {
        "webhook_url": "http://app.test/own",
        "webhook_urls": {"call.hangup": ["http://app.test/end", "http://app.test/end2"]},
    }
    for body in (own, {"connection_id": "2"}, {"connection_id": "3"}):
        rig.hang_up(dialled(rig, **body)["call_control_id"])
    assert [send.url for send in rig.sends] == [
        *("http://app.test/own", "http://app.test/end"),
        *("http://app.test/2", "http://app.test/2"),
        *(HOOK, HOOK),
    ]


def test_a_connection_may_have_a_failover_url_and_a_timeout_of_its_own() -> None:
    rig = Rig()
    rig.request(Route.PUBLIC_KEY, method="GET")
    rig.namespace.connections["1"] = Connection(
        id="1",
        webhook_event_url="http://app.test/a",
        webhook_event_failover_url="http://app.test/b",
        webhook_timeout=9 * SECOND,
    )
    dialled(rig)
    assert [(send.url, send.timeout) for send in rig.sends] == [("http://app.test/a", 9 * SECOND)]
    [entry] = rig.webhooks
    assert entry.delivery is not None
    assert "http://app.test/b" in entry.delivery.urls


def test_hooks_that_an_answer_names_are_the_calls_from_then_on() -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call, webhook_url="http://app.test/own")
    assert [send.url for send in rig.sends] == [HOOK, "http://app.test/own"]


def test_with_lenient_validation_a_field_of_the_wrong_type_counts_as_not_given() -> None:
    rig = Rig(scenario("plays: dial", DEFAULT_DIAL), policy=Policy(validation=Validation.WARN))
    body: dict[str, Any] = {
        "custom_headers": "none",
        "webhook_urls": [],
        "timeout_secs": "soon",
        "to": ["sip:a@b.test", 1],
    }
    call = dialled(rig, **body)["call_control_id"]
    found = rig.namespace.calls[call]
    assert (found.custom_headers, found.hooks.by_event, found.parties.callee) == ((), {}, "sip:a@b.test")
    assert found.state is CallState.RINGING
    rig.run(30 * SECOND)
    assert rig.namespace.calls[call].state is CallState.ENDED
