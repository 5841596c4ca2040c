"""The shapes of the control API's answers about what happened, as JSON Schemas.

Owns their names and fields; ``core/views.py`` makes the values, and tests hold each against the other. A record
lists all its fields and no other, so that a field nobody described is found. What is set, loaded and asked is
``shapes_of_settings.py``'s and ``shapes_of_questions.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.delivery import DeliveryState
from emulator.core.effects import AttemptError, AttemptOutcome, SignMode, Simulate, WireFault
from emulator.core.models import EventType, Route, SessionState, SipTransport, Track
from emulator.core.problems import ProblemKind
from emulator.core.selection import Rule
from emulator.core.signing import Verdict
from emulator.core.srs import SrsReason, SrsStage
from emulator.core.texml_play import Result
from emulator.core.views import UNADDRESSED, WITHHELD
from emulator.web.openapi.components import ref
from emulator.web.openapi.parts import TEXT
from emulator.web.openapi.shape_parts import (
    COUNT,
    FLAG,
    HEADERS,
    MAYBE_TEXT,
    MILLISECONDS,
    STATUS,
    TEXTS,
    WHEN,
    data,
    list_of,
    message,
    one_of,
    or_null,
    page_of,
    record,
)

if TYPE_CHECKING:
    from emulator.web.openapi.parts import Part

# --- requests ---

_REQUEST_LINE = {
    "id": COUNT,
    "namespace": TEXT,
    "at": WHEN,
    "method": TEXT,
    "target": TEXT,
    "route": one_of(Route),
    "call_control_id": MAYBE_TEXT,
    "status": STATUS,
    "scenario": MAYBE_TEXT,
    "rule": or_null(one_of(Rule)),
    "session_id": MAYBE_TEXT,
    "violations": COUNT,
    "warnings": TEXTS,
    "hint": MAYBE_TEXT,
}

_STRAY_LINE = {
    "id": COUNT,
    "namespace": TEXT,
    "at": WHEN,
    "method": TEXT,
    "target": TEXT,
    "route": {"type": "null"},
    "status": STATUS,
    "reason": TEXT,
}

_STRAY: Part = {
    "anyOf": [
        record(**_STRAY_LINE, forwarded_to={"type": "null"}),
        record(
            **_STRAY_LINE,
            forwarded_to={**TEXT, "description": "The URL that it was passed on to, without its query."},
            duration_ms=MILLISECONDS,
            sent_bytes=COUNT,
            received_bytes=COUNT,
        ),
    ]
}

_VIOLATION = record(pointer=TEXT, keyword=TEXT, code=TEXT, detail=TEXT)

SELECTION = record(
    scenario=TEXT,
    rule=one_of(Rule),
    detail=TEXT,
    others={"type": "array", "items": record(scenario=TEXT, reason=TEXT)},
)

_REQUEST_DETAIL = {
    **_REQUEST_LINE,
    "violations": {"type": "array", "items": _VIOLATION},
    "request": message(headers=HEADERS),
    "answer": message(
        status=STATUS, content_type=TEXT, headers=HEADERS, delay_ms=MILLISECONDS, fault=or_null(one_of(WireFault))
    ),
    "selection": or_null(SELECTION),
}

# --- sessions ---

_TRANSITION = record(
    id=COUNT,
    namespace=TEXT,
    at=WHEN,
    session_id=TEXT,
    call_control_id=TEXT,
    scenario=TEXT,
    to=one_of(SessionState),
    cause=MAYBE_TEXT,
    **{"from": or_null(one_of(SessionState))},
)

_SESSION_LINE = {
    "id": ref("common.uuid"),
    "namespace": TEXT,
    "call_control_id": TEXT,
    "state": one_of(SessionState),
    "cause": MAYBE_TEXT,
    "scenario": TEXT,
    "playing": {**FLAG, "description": "Whether its scenario still has steps to come."},
    "api": one_of(("call_control", "texml")),
    "connector_name": MAYBE_TEXT,
    "track": one_of(Track),
    "secure": FLAG,
    "sip_transport": one_of(SipTransport),
    "session_timeout_secs": {"type": "integer"},
    "include_metadata_custom_headers": FLAG,
    "texml_name": MAYBE_TEXT,
    "created_at": WHEN,
    "started_at": or_null(WHEN),
    "ended_at": or_null(WHEN),
    "updated_at": WHEN,
}

_SRS_CHANGE = record(
    id=COUNT,
    namespace=TEXT,
    at=WHEN,
    session_id=TEXT,
    call_control_id=TEXT,
    dial_id={**MAYBE_TEXT, "description": "Which dial; null where there was nothing to dial."},
    stage=one_of(SrsStage),
    target={**MAYBE_TEXT, "description": "Host and port of the recording server."},
    why={**or_null(one_of(SrsReason)), "description": "Of a failure, or of an end that nobody here wanted."},
    status={**or_null(STATUS), "description": "The SIP status, where a response told it."},
    cause={**MAYBE_TEXT, "description": "Telnyx's word for a failure or an end."},
    reason=MAYBE_TEXT,
)

SESSION_DETAIL = {
    **_SESSION_LINE,
    "transitions": list_of("control.transition"),
    "srs": list_of("control.srs_change"),
    "webhooks": list_of("control.webhook_line"),
}

# --- webhooks ---

_WEBHOOK_LINE = {
    "id": ref("common.uuid"),
    "seq": COUNT,
    "namespace": TEXT,
    "event_type": one_of(EventType),
    "occurred_at": WHEN,
    "session_id": {**MAYBE_TEXT, "description": "Null for an event of the call itself."},
    "call_control_id": TEXT,
    "payload": {"type": "object"},
    "state": one_of((*DeliveryState, UNADDRESSED, WITHHELD)),
    "attempts": {**COUNT, "description": "How many have ended."},
    "repeats": or_null({**COUNT, "description": "The `seq` of the webhook that this is a copy or a replay of."}),
    "warnings": TEXTS,
}

_UNDER_WAY = record(
    number=COUNT,
    url=TEXT,
    simulate=one_of(Simulate),
    outcome=one_of((AttemptOutcome.PENDING, AttemptOutcome.ABANDONED)),
)

_PLAYED = record(
    verb={"type": "string", "enum": ["Start", "Stop"]},
    noun={"const": "Siprec"},
    line=COUNT,
    column=COUNT,
    result=one_of(Result),
    session_id=MAYBE_TEXT,
    scenario=MAYBE_TEXT,
    detail={**MAYBE_TEXT, "description": "Why nothing came of it."},
)

_FAILURE = record(code={"type": "integer", "enum": [error.value for error in AttemptError]}, reason=TEXT)

_ENDED = record(
    number=COUNT,
    url=TEXT,
    simulate=one_of(Simulate),
    outcome=one_of(AttemptOutcome),
    started_at=WHEN,
    finished_at=WHEN,
    duration_ms={"type": "number"},
    error=or_null(_FAILURE),
    request=message(method=TEXT, headers=HEADERS),
    response=or_null(message(status=STATUS, headers=HEADERS)),
)

_SIGNING = record(mode=one_of(SignMode), skew_ms={"type": "number"})

_RECEIVED = message(
    id=COUNT,
    namespace=TEXT,
    at=WHEN,
    method=TEXT,
    target=TEXT,
    headers=HEADERS,
    verdict=one_of(verdict.name.lower() for verdict in Verdict),
    reason=TEXT,
)

_TRY = record(
    number=COUNT,
    made_at={**WHEN, "description": "In the namespace's time."},
    verdict={
        **or_null(one_of(verdict.name.lower() for verdict in Verdict)),
        "description": "Of a receiver, on the signature; null where nothing was sent.",
    },
)

_WEBHOOK_WHOLE = {**_WEBHOOK_LINE, "attempts": list_of("control.attempt"), "signing": _SIGNING}

SHAPES: Part = {
    "control.transition": _TRANSITION,
    "control.session_line": record(**_SESSION_LINE),
    "control.srs_change": _SRS_CHANGE,
    "control.sessions": page_of("control.session_line", "control.session_whole"),
    "control.stray": _STRAY,
    "control.request_line": {"anyOf": [record(**_REQUEST_LINE), ref("control.stray")]},
    "control.request_whole": {"anyOf": [record(**_REQUEST_DETAIL), ref("control.stray")]},
    "control.requests": page_of("control.request_line", "control.request_whole"),
    "control.request": data(ref("control.request_whole")),
    "control.webhook_line": record(**_WEBHOOK_LINE),
    "control.attempt": {"anyOf": [_ENDED, _UNDER_WAY]},
    "control.webhook_whole": record(**_WEBHOOK_WHOLE),
    "control.webhooks": page_of("control.webhook_line", "control.webhook_whole"),
    "control.webhook": data(ref("control.webhook_whole")),
    "control.webhook_made": data(ref("control.webhook_line")),
    "control.texml": data(
        record(
            namespace=TEXT,
            call_control_id=TEXT,
            verbs={"type": "array", "items": _PLAYED},
            warnings=list_of("control.problem"),
        )
    ),
    "control.story": data(
        record(
            call=or_null(ref("control.call_line")),
            sessions=list_of("control.session_line"),
            requests=list_of("control.request_whole"),
            transitions=list_of("control.transition"),
            call_transitions=list_of("control.call_change"),
            srs=list_of("control.srs_change"),
            webhooks={
                "type": "array",
                "items": record(
                    **_WEBHOOK_WHOLE,
                    deliver={"type": "object"},
                    tries={"type": "array", "items": _TRY},
                ),
            },
            left_out={**COUNT, "description": "Requests and webhooks that are older than those that are told."},
            next_at={**or_null(WHEN), "description": "When its scenario's next step falls due by itself."},
        )
    ),
    "control.retold": data(record(name=TEXT, text=TEXT)),
    "control.received_line": _RECEIVED,
    "control.received": page_of("control.received_line"),
    "control.problem_met": record(id=COUNT, namespace=TEXT, kind=one_of(ProblemKind), text=TEXT),
    "control.problems_met": page_of("control.problem_met"),
}
"""Component name to schema."""
