"""Requests of calls as commands, and what there is to say of them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from emulator.core.models import SECOND, Route
from emulator.core.policy import DeclaredCall, Policy, Validation
from tests.core.engines import CALL, Rig, error_of, scenario


def ids(rig: Rig, query: str, connection: str = "1") -> tuple[list[str], dict[str, Any]]:
    """The calls of a page of the connection's active ones, and its meta."""
    reply = rig.request(Route.ACTIVE_CALLS, connection, method="GET", query=query)
    document = orjson.loads(reply.body)
    return [one["call_control_id"] for one in document["data"]], document["meta"]


def dialled(rig: Rig, count: int) -> list[str]:
    """Dial so many, and their ids."""
    return [orjson.loads(rig.dial().body)["data"]["call_control_id"] for _ in range(count)]


def test_what_is_taken_and_not_emulated_is_said() -> None:
    rig = Rig()
    rig.dial(to=["+18005550100", "sip:a@b"], record="record-from-answer", nonsense=1, webhook_url_method="GET")
    assert rig.requests[0].warnings == (
        "/nonsense is no parameter of dial; Telnyx ignores it.",
        "/record is taken, and not emulated.",
        "/webhook_url_method is GET; the emulator sends these webhooks by POST.",
        "/to names several; the emulator calls the first.",
    )
    assert rig.payloads[0]["to"] == "+18005550100"


def test_strict_validation_knows_what_is_not_emulated() -> None:
    rig = Rig(policy=Policy(validation=Validation.STRICT))
    assert rig.dial(record="record-from-answer").status == 200
    assert rig.dial(nonsense=1).status == 422


def test_lenient_validation_takes_what_can_be_taken() -> None:
    rig = Rig(policy=Policy(validation=Validation.WARN))
    wrong: dict[str, Any] = {
        "to": 5,
        "from": None,
        "connection_id": [],
        "timeout_secs": "long",
        "time_limit_secs": -1,
        "webhook_url": "nowhere",
        "webhook_urls": {"call.hangup": 7},
        "custom_headers": [{"name": "a"}, 5],
    }
    assert rig.dial(**wrong).status == 200
    assert (rig.payloads[0]["from"], rig.payloads[0]["to"]) == ("", "")
    assert rig.command(Route.REJECT, rig.call_in().call_control_id, cause="BUSY").status == 200
    assert rig.payloads[-1]["hangup_cause"] == "call_rejected"


def test_custom_headers_are_told() -> None:
    rig = Rig()
    rig.dial(custom_headers=[{"name": "X-A", "value": "1"}])
    assert rig.payloads[0]["custom_headers"] == [{"name": "X-A", "value": "1"}]


def test_a_linked_call_shares_the_session() -> None:
    rig = Rig()
    first = rig.call_in()
    rig.dial(link_to=first.call_control_id)
    rig.dial(link_to="v3:nobody")
    _, linked, alone = rig.payloads
    assert linked["call_session_id"] == first.call_session_id != alone["call_session_id"]
    assert linked["call_leg_id"] != first.call_leg_id


@pytest.mark.parametrize(("secs", "rings"), [(5, 5), (600, 600), (None, 30)])
def test_a_dial_rings_as_long_as_it_says(secs: int | None, rings: int) -> None:
    rig = Rig(scenario("plays: dial", "nobody"))
    fields: dict[str, Any] = {} if secs is None else {"timeout_secs": secs}
    rig.dial(headers=(("X-Emulator-Scenario", "nobody"),), **fields)
    rig.run(rings * SECOND - 1)
    assert [kind for kind, _ in rig.events] == ["call.initiated"]
    rig.run(1)
    assert rig.payloads[1]["hangup_cause"] == "timeout"


def test_a_call_is_read_until_ten_minutes_after_its_end() -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call, client_state="YQ==")
    rig.run(90 * SECOND)
    rig.hang_up(call)
    rig.run(600 * SECOND - 1)
    data = orjson.loads(rig.request(Route.CALL_READ, call, method="GET").body)["data"]
    assert data == {
        "record_type": "call",
        "call_control_id": call,
        "call_leg_id": rig.payloads[0]["call_leg_id"],
        "call_session_id": rig.payloads[0]["call_session_id"],
        "is_alive": False,
        "client_state": "YQ==",
        "call_duration": 90,
        "start_time": "2023-11-14T22:13:20.000Z",
        "end_time": "2023-11-14T22:14:50.000Z",
    }
    rig.run(1)
    gone = rig.request(Route.CALL_READ, call, method="GET")
    assert (gone.status, error_of(gone)["code"]) == (422, "90015")


def test_a_declared_call_has_no_beginning() -> None:
    rig = Rig(policy=Policy(calls=(DeclaredCall(call_control_id=CALL),)))
    data = orjson.loads(rig.request(Route.CALL_READ, CALL, method="GET").body)["data"]
    assert (data["is_alive"], data["call_duration"], "start_time" in data) == (True, 0, False)


# --- pages ---


def test_pages_by_number() -> None:
    rig = Rig()
    calls = dialled(rig, 5)
    assert ids(rig, "page[size]=2&page[number]=2") == (
        calls[2:4],
        {
            "total_items": 5,
            "cursors": {"after": "v1:NA==", "before": "v1:Mw=="},
            "next": "/v2/connections/1/active_calls?page[after]=v1:NA%3D%3D&page[size]=2",
            "previous": "/v2/connections/1/active_calls?page[before]=v1:Mw%3D%3D&page[size]=2",
            "page_number": 2,
            "page_size": 2,
            "total_pages": 3,
            "total_results": 5,
        },
    )
    assert ids(rig, "page[size]=2&page[number]=3")[0] == calls[4:]
    assert ids(rig, "page[number]=99")[0] == []
    assert ids(rig, "", connection="2")[0] == []
    assert ids(rig, "page_size=1&page_number=2")[0] == [calls[1]]


def test_cursors_stay_true_while_calls_end() -> None:
    rig = Rig()
    calls = dialled(rig, 5)
    first, meta = ids(rig, "page[limit]=2")
    assert first == calls[:2]
    rig.command(Route.HANGUP, calls[1])
    rig.command(Route.HANGUP, calls[2])
    query = meta["next"].partition("?")[2]
    second, meta = ids(rig, query)
    assert second == calls[3:]
    assert ids(rig, meta["previous"].partition("?")[2])[0] == [calls[0]]


@pytest.mark.parametrize("cursor", ["garbage", "v1:", "v1:!!!", "v1:LTE=", "v1:/+8=", "é"])
def test_a_cursor_that_is_none_of_ours_begins_at_the_first(cursor: str) -> None:
    rig = Rig()
    calls = dialled(rig, 2)
    assert ids(rig, f"page[after]={cursor}")[0] == calls


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("page[size]=0", "page[size]"), ("page[limit]=251", "page[limit]"), ("page[number]=x", "page[number]")],
)
def test_a_page_out_of_range_is_told(query: str, parameter: str) -> None:
    reply = Rig().request(Route.ACTIVE_CALLS, "1", method="GET", query=query)
    item = error_of(reply)
    assert (reply.status, item["code"], item["source"]) == (422, "10033", {"parameter": parameter})
