"""What the control API shows of calls, described.

Owns those shapes; ``core/calls/views.py`` makes what they describe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.model import CallState, Direction
from emulator.web.openapi.components import ref
from emulator.web.openapi.parts import TEXT
from emulator.web.openapi.shape_parts import (
    COUNT,
    FLAG,
    MAYBE_TEXT,
    WHEN,
    data,
    list_of,
    one_of,
    or_null,
    page_of,
    record,
)

if TYPE_CHECKING:
    from emulator.web.openapi.parts import Part

_CALL_LINE: Part = {
    "namespace": TEXT,
    "call_control_id": TEXT,
    "call_leg_id": ref("common.uuid"),
    "call_session_id": ref("common.uuid"),
    "connection_id": TEXT,
    "state": one_of(CallState),
    "direction": one_of(Direction),
    "from": TEXT,
    "to": TEXT,
    "client_state": MAYBE_TEXT,
    "scenario": {**MAYBE_TEXT, "description": "What its far end plays."},
    "hangup_cause": MAYBE_TEXT,
    "hangup_source": MAYBE_TEXT,
    "sip_hangup_cause": MAYBE_TEXT,
    "custom_headers": {"type": "array", "items": record(name=TEXT, value=TEXT)},
    "playing": {**FLAG, "description": "Whether its scenario still has steps to come."},
    "recording": {**MAYBE_TEXT, "description": "The session that records it now."},
    "created_at": or_null(WHEN),
    "answered_at": or_null(WHEN),
    "ended_at": or_null(WHEN),
}

_CHANGE = record(
    id=COUNT,
    namespace=TEXT,
    at=WHEN,
    call_control_id=TEXT,
    direction=one_of(Direction),
    from_state=or_null(one_of(CallState)),
    to_state=one_of(CallState),
    hangup_cause=MAYBE_TEXT,
)

_CONNECTION = record(
    id=TEXT,
    webhook_event_url=MAYBE_TEXT,
    webhook_event_failover_url=MAYBE_TEXT,
    webhook_api_version=TEXT,
    webhook_timeout_secs=or_null(COUNT),
)

SHAPES_OF_CALLS: Part = {
    "control.connection_line": _CONNECTION,
    "control.connections": data(list_of("control.connection_line")),
    "control.connection_told": data(ref("control.connection_line")),
    "control.call_line": record(**_CALL_LINE),
    "control.call_whole": record(
        **_CALL_LINE,
        transitions=list_of("control.call_change"),
        sessions={"type": "array", "items": TEXT},
        webhooks={"type": "array", "items": TEXT},
    ),
    "control.calls": page_of("control.call_line", "control.call_whole"),
    "control.call_change": _CHANGE,
    "control.call_told": data(ref("control.call_line")),
    "control.call": data(ref("control.call_whole")),
}
"""Component name to schema."""
