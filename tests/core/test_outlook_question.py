"""What an outlook is asked about: read as the emulator would read it, with stand-ins for what is left open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from emulator.core.calls.model import SOMEBODY, CallState, Direction
from emulator.core.errors import ApiError
from emulator.core.models import SECOND
from emulator.core.outlook_question import ANY_CALL, ask
from emulator.core.policy import DeclaredCall, Policy
from emulator.core.scenario.model import Plays
from tests.core.engines import SCHEMAS

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

STANDARD = Policy()


@pytest.mark.parametrize(("sent", "state"), [({}, "b2xk"), ({"client_state": "bmV3"}, "bmV3")])
def test_a_declared_call_is_known(sent: dict[str, str], state: str) -> None:
    """Its connection and client_state, unless the start gives another."""
    policy = Policy(calls=(DeclaredCall(call_control_id="v3:x", connection_id="12", client_state="b2xk"),))
    call = ask(SCHEMAS, policy, call_control_id="v3:x", body=json.dumps(sent).encode()).call
    assert (call.connection_id, call.client_state) == ("12", state)


def test_a_call_that_nobody_named_has_a_stand_in_for_everything() -> None:
    """In angle brackets, which no real id has."""
    call = ask(SCHEMAS, STANDARD).call
    assert call.call_control_id == ANY_CALL
    ids = (call.call_leg_id, call.call_session_id, call.connection_id)
    assert ids == ("<call.leg_id>", "<call.session_id>", "<call.connection_id>")


def test_a_start_is_chosen_a_scenario_for_by_what_it_sends() -> None:
    """Its call, headers in lower case, body and connector."""
    asked = ask(
        SCHEMAS,
        STANDARD,
        call_control_id="v3:x",
        headers=(("X-Tenant", "7"),),
        body=b'{"connector_name": "srs"}',
    )
    subject = asked.subject
    assert (subject.call_control_id, subject.connector_name, subject.callee) == ("v3:x", "srs", None)
    assert (subject.headers, subject.body) == ({"x-tenant": "7"}, {"connector_name": "srs"})


def test_a_dial_rings_as_long_as_it_says_between_nobodies_where_it_does_not_say() -> None:
    """Only a dial's scenario is chosen by whom it calls."""
    asked = ask(SCHEMAS, STANDARD, plays=Plays.DIAL, body=b'{"timeout_secs": 7, "to": "+15550001"}')
    assert (asked.command, asked.rings_for) == (None, 7 * SECOND)
    assert (asked.call.direction, asked.call.state) == (Direction.OUTGOING, CallState.RINGING)
    assert (asked.call.parties.caller, asked.call.parties.callee) == (SOMEBODY.caller, "+15550001")
    assert asked.subject.callee == "+15550001"


def test_what_comes_in_is_not_dialled() -> None:
    """It has a direction of its own, and no callee to be chosen by."""
    asked = ask(SCHEMAS, STANDARD, plays=Plays.INBOUND)
    assert (asked.call.direction, asked.subject.callee) == (Direction.INCOMING, None)


@pytest.mark.parametrize("plays", [Plays.RECORDING, Plays.DIAL, Plays.INBOUND])
@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_a_body_that_is_no_object_is_refused(plays: Plays, body: bytes) -> None:
    """As the emulator would refuse it, whatever is asked about."""
    with pytest.raises(ApiError):
        ask(SCHEMAS, STANDARD, plays=plays, body=body)


@pytest.mark.parametrize("body", [{"siprec_track": "both"}, {"client_state": "no base64"}])
def test_a_request_that_no_scenario_would_see_is_refused(body: dict[str, JsonValue]) -> None:
    """A field that is wrong, as the emulator would refuse it."""
    with pytest.raises(ApiError):
        ask(SCHEMAS, STANDARD, body=json.dumps(body).encode())
