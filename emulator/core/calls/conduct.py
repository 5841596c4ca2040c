"""What happens to calls: they begin, are answered and end, by the app, the far end or a timer.

Owns the order in which things happen when a call changes: its recording stops before it is said to have ended.
Must not say what a call becomes (``life.py``), what an event tells (``events.py``) or how commands are answered
(``commands.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core import dispatch, ids, playback
from emulator.core.calls import life
from emulator.core.calls.events import call_payload
from emulator.core.calls.model import CallState, Direction
from emulator.core.dispatch import Manner
from emulator.core.models import Event, EventType

if TYPE_CHECKING:
    from emulator.core.calls.model import Call, Dial, Ending, Parties
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import HeaderList
    from emulator.core.turn import Turn

LIMIT_KEY = "limit "
"""Timers that end a call when its time is over: this and the call_control_id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A call that comes in.

    Attributes:
        connection_id: To which connection; None: to the one that is declared, else to the namespace's own.
        custom_headers: Of its INVITE.
    """

    parties: Parties
    connection_id: str | None = None
    custom_headers: HeaderList = ()


def arrive(turn: Turn, arrival: Arrival) -> Call:
    """Let a call come in.

    Args:
        turn: At hand; takes the effects.
        arrival: Which.

    Returns:
        The call, ringing.

    Raises:
        LimitReached: As many are alive as may be.
    """
    namespace = turn.namespace
    namespace.calls.check_room()
    call = namespace.calls.announced(namespace.randomness, turn.now)
    call = replace(
        call,
        direction=Direction.INCOMING,
        parties=arrival.parties,
        connection_id=arrival.connection_id or namespace.usual_connection,
        custom_headers=arrival.custom_headers,
        scenario="",
    )
    begin(turn, call)
    return namespace.calls[call.call_control_id]


def dial(turn: Turn, command: Dial) -> Call:
    """Dial.

    Args:
        turn: At hand; takes the effects.
        command: Whom, for which connection.

    Returns:
        The call, as it rings.

    Raises:
        LimitReached: As many are alive as may be.
    """
    namespace = turn.namespace
    namespace.calls.check_room()
    call = namespace.calls.announced(namespace.randomness, turn.now)
    linked = namespace.calls.get(command.link_to) if command.link_to else None
    call = replace(
        call,
        call_session_id=linked.call_session_id if linked else call.call_session_id,
        direction=Direction.OUTGOING,
        parties=command.parties,
        connection_id=command.connection_id,
        client_state=command.client_state,
        custom_headers=command.custom_headers,
        hooks=command.hooks,
        time_limit=command.time_limit,
        scenario="",
    )
    begin(turn, call)
    namespace.timers.set(LIMIT_KEY + call.call_control_id, turn.now + command.timeout)
    return call


def begin(turn: Turn, call: Call) -> None:
    """Let a call that was just announced ring, and tell the app."""
    turn.namespace.calls.add(call)
    turn.record_call(None, call)
    occur(turn, call, EventType.CALL_INITIATED)


def answer(turn: Turn, call: Call) -> None:
    """Let a call that rings be answered."""
    occur(turn, call, EventType.CALL_ANSWERED)


def end(turn: Turn, call: Call, ends: Ending) -> WebhookEntry:
    """Let a call end that has not.

    Returns:
        The journal's entry of call.hangup.
    """
    return occur(turn, call, EventType.CALL_HANGUP, ends)


def limit_reached(turn: Turn, call_control_id: str) -> None:
    """A call's time is over: to ring, or to last."""
    call = turn.namespace.calls[call_control_id]
    who = life.Who.TIMEOUT if call.state is CallState.RINGING else life.Who.TIME_LIMIT
    end(turn, call, life.ending(call, who))


def occur(turn: Turn, call: Call, event_type: EventType, ends: Ending | None = None) -> WebhookEntry:
    """Let an event of a call occur: the call changes, and its app is told.

    Args:
        turn: At hand; the event occurs now.
        call: As it stands.
        event_type: One of ``CALL_EVENTS``.
        ends: How it ends, for call.hangup.

    Returns:
        The journal's entry of the event.
    """
    namespace = turn.namespace
    payload = call_payload(event_type, call, turn.now, turn.policy.payload_fields, ends)
    after = life.after_event(call, event_type, turn.now, ends)
    if after.state is CallState.ENDED and after is not call:
        playback.stop_with_call(turn, call)
    event = Event(
        id=ids.uuid4(namespace.randomness),
        type=event_type,
        occurred_at=turn.now,
        session_id=None,
        call_control_id=call.call_control_id,
        payload=payload,
    )
    namespace.emitted += 1
    if after is not call:
        _change(turn, call, after)
    return dispatch.announce(turn, event, None, Manner(policy=dispatch.policy_of(turn, call)))


def _change(turn: Turn, before: Call, after: Call) -> None:
    turn.namespace.calls.update(after)
    turn.record_call(before.state, after)
    limit = turn.now + after.time_limit if after.state is CallState.ANSWERED else None
    turn.namespace.timers.set(LIMIT_KEY + after.call_control_id, limit)
