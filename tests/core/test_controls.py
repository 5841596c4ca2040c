"""The bodies of the control API's commands: what they mean, and what is refused."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.calls.model import SOMEBODY, Call, Ending, Parties
from emulator.core.clock import LATEST, ClockMode, ClockSetting
from emulator.core.controls import Advance, ClockChange, Controls, Edit
from emulator.core.effects import DeliveryPolicy, Signing, SignMode, Simulate, WireFault
from emulator.core.errors import ControlError
from emulator.core.faults import NO_FAULTS
from emulator.core.matching import read_matcher
from emulator.core.models import MINUTE, SECOND, Event, EventType, Route
from emulator.core.scenario.model import USUAL_DELIVERY, RespondError, RespondFault
from emulator.resources import load_schemas
from tests.core.engines import GRAMMAR, scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.controls import Order
    from emulator.core.models import JsonValue

CONTROLS = Controls(load_schemas())
KNOWN = {"happy-path": scenario()}
DAY_ONE = 1_735_689_600_000_000
"""2025-01-01T00:00:00Z."""

EVENT = Event(
    id="e1",
    type=EventType.STOPPED,
    occurred_at=DAY_ONE,
    session_id="s1",
    call_control_id="v3:a",
    payload={"hangup_cause": "normal_clearing", "client_state": None},
)


def order(document: JsonValue) -> Order:
    """The body of POST /queue."""
    return CONTROLS.order(document, known=KNOWN, grammar=GRAMMAR, delivery=DeliveryPolicy())


def pointer_of(read: Callable[[JsonValue], object], document: JsonValue) -> str | None:
    """Where a body is refused."""
    with pytest.raises(ControlError) as caught:
        read(document)
    assert caught.value.status == 422
    [item] = caught.value.items
    return item.pointer


# --- clocks ---


def test_a_clock_changes_what_it_names() -> None:
    """The rest stays as it is."""
    whole = CONTROLS.clock({"mode": "manual", "speed": 2, "time": "2025-01-01T00:00:00.5Z"})
    assert whole == ClockChange(mode=ClockMode.MANUAL, speed=2.0, time=DAY_ONE + SECOND // 2)
    before = ClockSetting(mode=ClockMode.AUTO, speed=3.0)
    assert whole.over(before) == ClockSetting(mode=ClockMode.MANUAL, speed=2.0)
    assert CONTROLS.clock({"speed": 5}).over(before) == ClockSetting(mode=ClockMode.AUTO, speed=5.0)
    assert CONTROLS.clock({"mode": "running"}).over(before) == ClockSetting(speed=3.0)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"mode": "fast"}, "/mode"),
        ({"speed": 100_001}, "/speed"),
        ({"time": "2025-02-30T00:00:00Z"}, "/time"),
        ({"time": "2100-01-01T00:00:00Z"}, "/time"),
        ({}, None),
    ],
)
def test_a_clock_that_cannot_be_is_refused(document: JsonValue, pointer: str | None) -> None:
    assert pointer_of(CONTROLS.clock, document) == pointer
    assert pointer_of(lambda one: CONTROLS.clock(one, "/clock"), document) == f"/clock{pointer or ''}"


def test_an_advance_ends_where_it_says() -> None:
    """By so much, to an instant, or wherever what falls due leads."""
    assert CONTROLS.advance({"by": "1m"}).limit(DAY_ONE) == DAY_ONE + MINUTE
    to = CONTROLS.advance({"to": "2025-01-01T00:00:01Z"})
    assert to.limit(DAY_ONE) == to.limit(DAY_ONE + SECOND) == DAY_ONE + SECOND
    assert CONTROLS.advance({"until": "next"}) == Advance(once=True)
    assert CONTROLS.advance({"until": "idle"}) == Advance()
    assert Advance().limit(DAY_ONE) is None


def test_an_advance_never_goes_back() -> None:
    assert pointer_of(lambda _: Advance(to=DAY_ONE - 1).limit(DAY_ONE), None) == "/to"


@given(st.integers(0, LATEST))
def test_an_advance_by_something_never_ends_before_now(now: int) -> None:
    limit = CONTROLS.advance({"by": "250ms"}).limit(now)
    assert limit is not None
    assert limit > now


@pytest.mark.parametrize(
    ("document", "pointer"),
    [({"by": "25h"}, "/by"), ({"by": "${vars.x}"}, "/by"), ({"to": "soon"}, "/to"), ({"until": "then"}, "/until")],
)
def test_an_advance_that_cannot_be_is_refused(document: JsonValue, pointer: str) -> None:
    assert pointer_of(CONTROLS.advance, document) == pointer


# --- faults ---


def test_faults_are_read_with_all_that_they_say() -> None:
    rules = CONTROLS.faults(
        {
            "requests": [
                {"answer": {"fault": "hang"}},
                {
                    "answer": {"status": 503},
                    "routes": ["siprec_start", "public_key"],
                    "probability": 0.5,
                    "count": 2,
                },
            ],
            "webhooks": [
                {"sign": {"mode": "wrong_key"}, "events": ["siprec.failed"], "probability": 1, "count": 3},
                {"deliver": {"copies": 2, "attempts": [{"simulate": "drop"}]}},
            ],
        }
    )
    hang, down = rules.requests
    assert isinstance(hang.answer, RespondFault)
    assert (hang.answer.fault, hang.routes, hang.probability, hang.count) == (WireFault.HANG, frozenset(), 1, None)
    assert isinstance(down.answer, RespondError)
    assert (down.answer.status, down.probability, down.count) == (503, 0.5, 2)
    assert down.routes == {Route.SIPREC_START, Route.PUBLIC_KEY}
    signed, copied = rules.webhooks
    assert (signed.signing, signed.deliver) == (Signing(mode=SignMode.WRONG_KEY), None)
    assert (signed.events, signed.count) == (frozenset({EventType.FAILED}), 3)
    assert copied.deliver is not None
    assert (copied.signing, copied.deliver.copies, copied.events) == (None, 2, frozenset())
    assert [one.simulate for one in copied.deliver.attempts] == [Simulate.DROP]


def test_no_faults_are_an_empty_object() -> None:
    assert CONTROLS.faults({}) == NO_FAULTS


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"requests": [{"answer": {"error": "99999"}}]}, "/requests/0/answer/error"),
        ({"requests": [{"answer": {}, "count": 0}]}, "/requests/0/count"),
        ({"webhooks": [{"deliver": {"url": "ftp://x/"}}]}, "/webhooks/0/deliver/url"),
        ({"webhooks": [{}]}, "/webhooks/0"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(document: JsonValue, pointer: str) -> None:
    assert pointer_of(CONTROLS.faults, document) == pointer


# --- the queue ---


def test_a_queued_scenario_is_named_or_written_out() -> None:
    """Version and name may be left out."""
    named = order({"scenario": "happy-path"})
    assert (named.scenario, named.match, named.times) == (KNOWN["happy-path"], None, 1)
    written = order({"scenario": {"timeline": [{"emit": "siprec.failed"}]}, "times": 3})
    assert (len(written.scenario.timeline), written.times) == (1, 3)
    full = order({"scenario": {"version": 1, "name": "mine"}, "match": {"call_control_id": "v3:a"}})
    assert full.scenario.name == "mine"
    assert full.match is not None
    assert full.match.call_control_id == read_matcher("v3:a")


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"scenario": "nothing"}, "/scenario"),
        (
            {"scenario": {"timeline": [{"emit": "siprec.failed", "after": "${vars.x}"}]}},
            "/scenario/timeline/0/after",
        ),
        ({"scenario": {"version": 2}}, "/scenario/version"),
        ({"scenario": "happy-path", "match": {}}, "/match"),
        ({"match": {"call_control_id": "x"}}, None),
    ],
)
def test_what_cannot_be_queued_is_refused(document: JsonValue, pointer: str | None) -> None:
    assert pointer_of(order, document) == pointer


# --- webhooks and events ---


def test_an_empty_edit_sends_the_very_event() -> None:
    edit = CONTROLS.edit({})
    assert edit == Edit()
    assert edit.of(EVENT, random.Random(1)) is EVENT  # noqa: S311 - identifiers, no secrets


def test_an_edit_lays_over_leaves_out_and_names_anew() -> None:
    edit = CONTROLS.edit(
        {
            "set": {"hangup_cause": "timeout", "extra": [1]},
            "remove": ["client_state", "unknown"],
            "new_id": True,
            "deliver": {"copies": 2},
            "sign": {"mode": "none"},
        }
    )
    edited = edit.of(EVENT, random.Random(1))  # noqa: S311 - identifiers, no secrets
    assert edited.payload == {"hangup_cause": "timeout", "extra": [1]}
    assert edited.id != EVENT.id
    assert replace(edited, id=EVENT.id, payload=EVENT.payload) == EVENT
    assert (edit.deliver.copies, edit.signing) == (2, Signing(mode=SignMode.NONE))
    kept = replace(edit, new_id=False).of(EVENT, random.Random(1))  # noqa: S311 - identifiers, no secrets
    assert kept.id == EVENT.id


def test_an_event_is_read_with_its_manner() -> None:
    plain = CONTROLS.emission({"event_type": "siprec.failed"})
    assert (plain.event, plain.payload, plain.without) == (EventType.FAILED, {}, ())
    assert (plain.deliver, plain.signing) == (USUAL_DELIVERY, Signing())
    full: dict[str, Any] = {"event_type": "siprec.started", "set": {"a": 1}, "remove": ["b"]}
    edited = CONTROLS.emission({**full, "sign": {"timestamp_skew": "-10m"}, "deliver": {"delay": "1s"}})
    assert (edited.payload, edited.without) == ({"a": 1}, ("b",))
    assert (edited.signing.skew, edited.deliver.delay) == (-10 * MINUTE, SECOND)


@pytest.mark.parametrize("read", [CONTROLS.edit, CONTROLS.emission])
@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        ({"deliver": {"url": "nowhere"}}, "/deliver/url"),
        ({"sign": {"mode": "bad"}}, "/sign/mode"),
        ({"remove": "a"}, "/remove"),
    ],
)
def test_an_edit_or_event_that_cannot_be_is_refused(
    read: Callable[[JsonValue], object], part: dict[str, JsonValue], pointer: str
) -> None:
    whole = part if read == CONTROLS.edit else {"event_type": "siprec.failed", **part}
    assert pointer_of(read, whole) == pointer


# --- imagined starts ---


def test_a_start_that_is_only_imagined_is_read_as_it_would_come() -> None:
    """What is left out is the reader's to fill in, but for the body, which is an empty object."""
    nothing = CONTROLS.start({})
    assert (nothing.call_control_id, nothing.headers, json.loads(nothing.body)) == (None, (), {})
    body = {"connector_name": "srs", "secure": True}
    whole = CONTROLS.start({"call_control_id": "v3:a", "headers": {"X-Test": "1"}, "body": body})
    assert whole.call_control_id == "v3:a"
    assert whole.headers == (("X-Test", "1"),)
    assert json.loads(whole.body) == body
    assert pointer_of(CONTROLS.start, {"headers": {"a": 1}}) == "/headers/a"


# --- calls ---


def test_a_call_comes_in_from_and_to_numbers_that_nobody_has_unless_the_body_says_more() -> None:
    usual = CONTROLS.arrival({})
    assert (usual.parties, usual.connection_id, usual.custom_headers) == (SOMEBODY, None, ())
    told = CONTROLS.arrival(
        {
            "from": "+12025550142",
            "to": "sip:a@b.test",
            "caller_id_name": "Ann",
            "connection_id": "7",
            "custom_headers": [{"name": "X-Tenant", "value": "blue"}],
        }
    )
    assert told.parties == Parties(caller="+12025550142", callee="sip:a@b.test", caller_name="Ann")
    assert (told.connection_id, told.custom_headers) == ("7", (("X-Tenant", "blue"),))
    assert pointer_of(CONTROLS.arrival, {"to": ""}) == "/to"


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ({}, Ending(cause="normal_clearing", source="caller", sip="200")),
        ({"hangup_cause": "user_busy"}, Ending(cause="user_busy", source="caller", sip="486")),
        (
            {"hangup_cause": "user_busy", "sip_hangup_cause": "600"},
            Ending(cause="user_busy", source="caller", sip="600"),
        ),
        ({"hangup_source": "callee"}, Ending(cause="normal_clearing", source="callee", sip="200")),
    ],
)
def test_a_far_end_hangs_up_as_one_usually_does_unless_the_body_says_how(body: JsonValue, ends: Ending) -> None:
    call = Call(call_control_id="v3:a", call_leg_id="l", call_session_id="s", connection_id="1")
    assert CONTROLS.hangup(body, call) == ends
