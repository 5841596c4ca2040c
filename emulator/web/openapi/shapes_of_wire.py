"""The shapes of the control API's answers about sessions on the wire, as JSON Schemas.

Owns their names and fields; ``web/live/views.py`` makes the values, and tests hold each against the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.models import SipTransport
from emulator.core.srs import SrsStage
from emulator.web.openapi.components import ref
from emulator.web.openapi.parts import TEXT
from emulator.web.openapi.shape_parts import (
    COUNT,
    FLAG,
    MAYBE_TEXT,
    TEXTS,
    WHEN,
    data,
    list_of,
    one_of,
    or_null,
    record,
)
from emulator.web.openapi.shapes import SESSION_DETAIL

if TYPE_CHECKING:
    from emulator.web.openapi.parts import Part

_SENT = record(
    packets={**COUNT, "description": "RTP packets, those that a scenario lost included."},
    octets=COUNT,
    reports={**COUNT, "description": "RTCP packets."},
    lost={**COUNT, "description": "Packets that a scenario lost."},
    held={**COUNT, "description": "Packets that a scenario held back."},
    skipped={**COUNT, "description": "Packets that were never made, since the machine stood still."},
)

_HEARD = record(
    reports={**COUNT, "description": "RTCP packets."},
    garbled=COUNT,
    name={**MAYBE_TEXT, "description": "The recording server's canonical name."},
    left={**FLAG, "description": "It sent an RTCP BYE."},
    round_trip_ms={"type": ["number", "null"]},
    lost={"type": ["integer", "null"], "description": "Packets that it missed, by its last report."},
    jitter={"type": ["integer", "null"], "description": "In samples, by its last report."},
)

_STREAM = record(
    label=MAYBE_TEXT,
    active=FLAG,
    sending=FLAG,
    codec=TEXT,
    payload_type=COUNT,
    ptime_ms=COUNT,
    encrypted=FLAG,
    remote={**MAYBE_TEXT, "description": "Where RTP goes."},
    remote_rtcp=MAYBE_TEXT,
    ssrc=or_null(COUNT),
    sent=or_null(_SENT),
    heard=or_null(_HEARD),
)

_LIVE = record(
    dial_id=TEXT,
    target={**TEXT, "description": "Host and port of the recording server."},
    transport=or_null(one_of(SipTransport)),
    secure=FLAG,
    stage=one_of(SrsStage),
    over={**FLAG, "description": "Whether nothing more will be sent or awaited."},
    streams={"type": "array", "items": _STREAM, "description": "As agreed on last; empty before the answer."},
    messages={**COUNT, "description": "SIP messages that are kept."},
    dropped_messages=COUNT,
    dropped_media={**COUNT, "description": "Media packets that the capture has no room for."},
    notes={**TEXTS, "description": "What is worth knowing and changed nothing."},
)

_MESSAGE: Part = record(
    dial_id=TEXT,
    at=WHEN,
    direction=one_of(("sent", "received")),
    transport=one_of(SipTransport),
    local=TEXT,
    remote=TEXT,
)
_MESSAGE["properties"] = {**_MESSAGE["properties"], "message": TEXT, "message_base64": TEXT}
_MESSAGE["oneOf"] = [{"required": ["message"]}, {"required": ["message_base64"]}]

SHAPES_OF_WIRE: Part = {
    "control.live": {**_LIVE, "description": "The latest session on the wire of a recording."},
    "control.session_whole": record(**SESSION_DETAIL, live=or_null(ref("control.live"))),
    "control.session": data(ref("control.session_whole")),
    "control.sip_message": _MESSAGE,
    "control.sip_messages": record(data=list_of("control.sip_message")),
}
"""Component name to schema."""
