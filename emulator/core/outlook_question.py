"""What an outlook is asked about: a siprec_start, a dial or the arrival of a call that nobody has sent.

Owns how such a request is read, and what stands for what it leaves open. Must not carry it out, and must not know
a scenario: ``outlook_walk.py`` follows one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import orjson

from emulator.core.body import decode_json
from emulator.core.calls.model import SOMEBODY, Call, CallState, Direction
from emulator.core.commands import JSON, parse
from emulator.core.models import Request, Route, StartSiprec
from emulator.core.scenario.model import Plays
from emulator.core.selection import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.calls.model import Dial
    from emulator.core.models import Duration, HeaderList, JsonValue
    from emulator.core.policy import Policy
    from emulator.core.validation import Schemas

ANY_CALL = "<call.id>"
"""Stands for the call where the question names none."""

_ANYBODY = Call(
    call_control_id=ANY_CALL,
    call_leg_id="<call.leg_id>",
    call_session_id="<call.session_id>",
    connection_id="<call.connection_id>",
    state=CallState.RINGING,
)
"""A call of which nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A siprec_start, or a call that begins, which is talked about.

    Attributes:
        plays: What it takes a scenario for.
        command: The start; None for a call.
        call: As it stands when the first step comes.
        rings_for: How long a dial lets it ring.
        document: The body's fields as sent; of a call, those that are not sent are made up.
        headers: Lower-case name to value.
    """

    plays: Plays = Plays.RECORDING
    command: StartSiprec | None
    call: Call
    rings_for: Duration = 0
    document: Mapping[str, JsonValue] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> Subject:
        """The request, as the choice of a scenario looks at it."""
        return Subject(
            call_control_id=self.call.call_control_id,
            headers=self.headers,
            body=self.document,
            connector_name=self.command.connector_name if self.command else None,
            plays=self.plays,
            callee=self.call.parties.callee if self.plays is Plays.DIAL else None,
        )


def ask(
    schemas: Schemas,
    policy: Policy,
    *,
    plays: Plays = Plays.RECORDING,
    call_control_id: str = ANY_CALL,
    headers: HeaderList = (),
    body: bytes = b"",
) -> Asked:
    """Read a siprec_start, a dial or the arrival of a call as the emulator would.

    Args:
        schemas: The compiled schemas.
        policy: Says what becomes of violations and unknown keys, and which calls are declared.
        plays: Which of the three.
        call_control_id: Decoded.
        headers: As sent.
        body: JSON.

    Raises:
        ApiError: It would be refused before any scenario is asked.
    """
    named = {name.lower(): value for name, value in headers}
    if plays is not Plays.RECORDING:
        return _ask_for_call(schemas, policy, plays, named, body)
    request = Request(
        namespace="",
        route=Route.SIPREC_START,
        method="POST",
        target="",
        params=(call_control_id,),
        headers=headers,
        media_type=JSON,
        body=body,
    )
    parsed = parse(request, schemas, policy)
    # the type of all commands can't say that this route's builder makes nothing else
    command = cast("StartSiprec", parsed.command)
    return Asked(command=command, call=_call(command, policy), document=parsed.document, headers=named)


def _ask_for_call(
    schemas: Schemas, policy: Policy, plays: Plays, headers: Mapping[str, str], body: bytes
) -> Asked:
    """What is not said of the call is as for one between numbers that nobody has."""
    made_up = {"connection_id": "<call.connection_id>", "from": SOMEBODY.caller, "to": SOMEBODY.callee}
    document = {**made_up, **decode_json(body)}
    request = Request(
        namespace="",
        route=Route.DIAL,
        method="POST",
        target="",
        media_type=JSON,
        body=orjson.dumps(document),
    )
    # what comes in has the fields of a dial, and no more
    dial = cast("Dial", parse(request, schemas, policy).command)
    call = replace(
        _ANYBODY,
        connection_id=dial.connection_id,
        direction=Direction.OUTGOING if plays is Plays.DIAL else Direction.INCOMING,
        parties=dial.parties,
        client_state=dial.client_state,
        custom_headers=dial.custom_headers,
    )
    return Asked(plays=plays, command=None, call=call, rings_for=dial.timeout, document=document, headers=headers)


def _call(command: StartSiprec, policy: Policy) -> Call:
    """The call as far as the settings and the command tell of it."""
    declared = next((one for one in policy.calls if one.call_control_id == command.call_control_id), None)
    known = declared.client_state if declared else None
    return Call(
        call_control_id=command.call_control_id,
        call_leg_id="<call.leg_id>",
        call_session_id="<call.session_id>",
        connection_id=(declared.connection_id if declared else None) or "<call.connection_id>",
        client_state=known if command.client_state is None else command.client_state,
    )
