"""Calls as the control API shows them.

Owns the JSON form. Must not change anything. What Telnyx's own routes answer is ``documents.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.times import iso_micros

if TYPE_CHECKING:
    from emulator.core.calls.model import Call
    from emulator.core.journal import CallEntry
    from emulator.core.models import Instant, JsonValue
    from emulator.core.namespace import Namespace


def _when(instant: Instant | None) -> str | None:
    return None if instant is None else iso_micros(instant)


def call_facts(call: Call) -> dict[str, JsonValue]:
    """What a question may ask of a call."""
    ending = call.ending
    return {
        "call_control_id": call.call_control_id,
        "call_leg_id": call.call_leg_id,
        "call_session_id": call.call_session_id,
        "connection_id": call.connection_id,
        "state": call.state,
        "direction": call.direction,
        "from": call.parties.caller,
        "to": call.parties.callee,
        "client_state": call.client_state,
        "scenario": call.scenario or None,
        "hangup_cause": ending.cause if ending else None,
        "hangup_source": ending.source if ending else None,
        "sip_hangup_cause": ending.sip if ending else None,
    }


def call_view(call: Call, namespace: Namespace) -> dict[str, JsonValue]:
    """A call, and whether anything records it."""
    session = namespace.active_session(call.call_control_id)
    return {
        "namespace": namespace.id,
        **call_facts(call),
        "custom_headers": [{"name": name, "value": value} for name, value in call.custom_headers],
        "playing": call.call_control_id in namespace.calls.playing,
        "recording": session.id if session else None,
        "created_at": _when(call.created_at),
        "answered_at": _when(call.answered_at),
        "ended_at": _when(call.ended_at),
    }


def call_detail(call: Call, namespace: Namespace) -> dict[str, JsonValue]:
    """A call with its changes, and what was recorded of it."""
    journal = namespace.journal
    return {
        **call_view(call, namespace),
        "transitions": [call_line(one) for one in journal.calls.of_call(call.call_control_id)],
        "sessions": [
            session.id
            for session in namespace.sessions.values()
            if session.start.call_control_id == call.call_control_id
        ],
        "webhooks": [one.event.id for one in journal.webhooks.of_call(call.call_control_id)],
    }


def call_line(entry: CallEntry) -> dict[str, JsonValue]:
    """A change of a call's state."""
    return {
        "id": entry.seq,
        "namespace": entry.namespace,
        "at": iso_micros(entry.at),
        "call_control_id": entry.call_control_id,
        "direction": entry.direction,
        "from_state": entry.before,
        "to_state": entry.after,
        "hangup_cause": entry.cause,
    }
