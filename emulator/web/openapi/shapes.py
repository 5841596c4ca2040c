"""The shapes of the control API's answers, as JSON Schemas.

Owns their names and fields; ``core/views.py`` makes the values, and tests hold each against the other. A record
lists all its fields and no other, so that a field nobody described is found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.delivery import DeliveryState
from emulator.core.effects import AttemptError, AttemptOutcome
from emulator.core.models import CallState, EventType, Route, SessionState, SipTransport, Track
from emulator.core.policy import Realism, Validation
from emulator.core.selection import Rule
from emulator.core.signing import Verdict
from emulator.core.views import UNADDRESSED
from emulator.web.openapi.components import ref

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from emulator.web.openapi.parts import Part

_TEXT: Part = {"type": "string"}
_FLAG: Part = {"type": "boolean"}
_COUNT: Part = {"type": "integer", "minimum": 0}
_MILLISECONDS: Part = {"type": "number", "minimum": 0}
_MAYBE_TEXT: Part = {"type": ["string", "null"]}
_TEXTS: Part = {"type": "array", "items": _TEXT}
_STATUS: Part = {"type": "integer", "minimum": 100, "maximum": 599}
_WHEN: Part = ref("common.timestamp_micros")
_HEADERS: Part = {
    "description": "Name and value of each, in their order.",
    "type": "array",
    "items": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2},
}


def _record(**fields: Part) -> Part:
    """An object that has all these fields and no others."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _message(**fields: Part) -> Part:
    """A record with a body: as text, or in Base64 where it is not UTF-8."""
    record = _record(**fields)
    record["properties"] = {**fields, "body": _TEXT, "body_base64": _TEXT}
    record["oneOf"] = [{"required": ["body"]}, {"required": ["body_base64"]}]
    return record


def _one_of(values: Iterable[StrEnum | str]) -> Part:
    return {"type": "string", "enum": [str(value) for value in values]}


def _or_null(schema: Part) -> Part:
    return {"anyOf": [schema, {"type": "null"}]}


def _list_of(name: str) -> Part:
    return {"type": "array", "items": ref(name)}


def _data(schema: Part) -> Part:
    return _record(data=schema)


def _page_of(name: str) -> Part:
    meta = _record(next_after=_or_null({**_COUNT, "description": "For the query's `after`, to read on."}))
    return _record(data=_list_of(name), meta=meta)


# --- requests ---

_REQUEST_LINE = {
    "id": _COUNT,
    "namespace": _TEXT,
    "at": _WHEN,
    "method": _TEXT,
    "target": _TEXT,
    "route": _one_of(Route),
    "call_control_id": _MAYBE_TEXT,
    "status": _STATUS,
    "scenario": _MAYBE_TEXT,
    "rule": _or_null(_one_of(Rule)),
    "session_id": _MAYBE_TEXT,
    "violations": _COUNT,
    "warnings": _TEXTS,
    "hint": _MAYBE_TEXT,
}

_STRAY = _record(
    id=_COUNT,
    namespace=_TEXT,
    at=_WHEN,
    method=_TEXT,
    target=_TEXT,
    route={"type": "null"},
    status=_STATUS,
    reason=_TEXT,
)

_VIOLATION = _record(pointer=_TEXT, keyword=_TEXT, code=_TEXT, detail=_TEXT)

_SELECTION = _record(
    scenario=_TEXT,
    rule=_one_of(Rule),
    detail=_TEXT,
    others={"type": "array", "items": _record(scenario=_TEXT, reason=_TEXT)},
)

_REQUEST_DETAIL = {
    **_REQUEST_LINE,
    "violations": {"type": "array", "items": _VIOLATION},
    "request": _message(headers=_HEADERS),
    "answer": _message(status=_STATUS, content_type=_TEXT, headers=_HEADERS, delay_ms=_MILLISECONDS),
    "selection": _or_null(_SELECTION),
}

# --- sessions ---

_TRANSITION = _record(
    id=_COUNT,
    namespace=_TEXT,
    at=_WHEN,
    session_id=_TEXT,
    call_control_id=_TEXT,
    scenario=_TEXT,
    to=_one_of(SessionState),
    cause=_MAYBE_TEXT,
    **{"from": _or_null(_one_of(SessionState))},
)

_SESSION_LINE = {
    "id": ref("common.uuid"),
    "namespace": _TEXT,
    "call_control_id": _TEXT,
    "state": _one_of(SessionState),
    "cause": _MAYBE_TEXT,
    "scenario": _TEXT,
    "playing": {**_FLAG, "description": "Whether its scenario still has steps to come."},
    "api": _one_of(("call_control", "texml")),
    "connector_name": _MAYBE_TEXT,
    "track": _one_of(Track),
    "secure": _FLAG,
    "sip_transport": _one_of(SipTransport),
    "session_timeout_secs": {"type": "integer"},
    "include_metadata_custom_headers": _FLAG,
    "texml_name": _MAYBE_TEXT,
    "created_at": _WHEN,
    "started_at": _or_null(_WHEN),
    "ended_at": _or_null(_WHEN),
    "updated_at": _WHEN,
}

# --- webhooks ---

_WEBHOOK_LINE = {
    "id": ref("common.uuid"),
    "seq": _COUNT,
    "namespace": _TEXT,
    "event_type": _one_of(EventType),
    "occurred_at": _WHEN,
    "session_id": _TEXT,
    "call_control_id": _TEXT,
    "payload": {"type": "object"},
    "state": _one_of((*DeliveryState, UNADDRESSED)),
    "attempts": {**_COUNT, "description": "How many have ended."},
    "warnings": _TEXTS,
}

_UNDER_WAY = _record(number=_COUNT, url=_TEXT, outcome=_one_of((AttemptOutcome.PENDING, AttemptOutcome.ABANDONED)))

_FAILURE = _record(code={"type": "integer", "enum": [error.value for error in AttemptError]}, reason=_TEXT)

_ENDED = _record(
    number=_COUNT,
    url=_TEXT,
    outcome=_one_of(AttemptOutcome),
    started_at=_WHEN,
    finished_at=_WHEN,
    duration_ms={"type": "number"},
    error=_or_null(_FAILURE),
    request=_message(method=_TEXT, headers=_HEADERS),
    response=_or_null(_message(status=_STATUS, headers=_HEADERS)),
)

_RECEIVED = _message(
    id=_COUNT,
    namespace=_TEXT,
    at=_WHEN,
    method=_TEXT,
    target=_TEXT,
    headers=_HEADERS,
    verdict=_one_of(verdict.name.lower() for verdict in Verdict),
    reason=_TEXT,
)

# --- namespaces, scenarios, the server ---

_CONNECTOR = _record(name=_TEXT, host=_TEXT, port={"type": "integer"}, app_subdomain=_MAYBE_TEXT)

_NAMESPACE = _record(
    id=_TEXT,
    settings=_record(
        webhook_url=_MAYBE_TEXT,
        webhook_failover_url=_MAYBE_TEXT,
        realism=_or_null(_one_of(Realism)),
        validation=_or_null(_one_of(Validation)),
        default_scenario=_MAYBE_TEXT,
    ),
    sessions=_COUNT,
    playing=_COUNT,
    delivering=_COUNT,
    connectors={"type": "array", "items": _CONNECTOR},
    scenarios=_TEXTS,
    journal=_record(
        requests=_COUNT, transitions=_COUNT, webhooks=_COUNT, received=_COUNT, bytes=_COUNT, evicted=_COUNT
    ),
    evicted_sessions=_COUNT,
)

_CALL: Part = {
    "type": "object",
    "required": ["call_control_id"],
    "properties": {
        "call_control_id": {"type": "string", "minLength": 1},
        "state": {"enum": [*map(str, CallState), None], "default": "answered"},
        "connection_id": {"type": ["string", "null"], "minLength": 1},
        "client_state": {"type": ["string", "null"], "minLength": 1},
    },
    "additionalProperties": False,
}

_URL: Part = {"type": ["string", "null"], "format": "telnyx-http-url"}

_SETTINGS: Part = {
    "title": "What a namespace does differently",
    "description": "A field that is missing or null leaves the server's setting.",
    "type": "object",
    "properties": {
        "webhook_url": _URL,
        "webhook_failover_url": _URL,
        "realism": {"enum": [*map(str, Realism), None]},
        "validation": {"enum": [*map(str, Validation), None]},
        "default_scenario": {"type": ["string", "null"], "minLength": 1, "description": "One that is loaded."},
        "calls": {
            "type": ["array", "null"],
            "items": _CALL,
            "description": "Calls that exist, for strict realism.",
        },
    },
    "additionalProperties": False,
}

_SCENARIO_LINE = {
    "name": _TEXT,
    "description": _TEXT,
    "priority": {"type": "integer"},
    "matches": {**_FLAG, "description": "Whether it has a `match` of its own."},
    "source": {**_TEXT, "description": "The file that it was loaded from."},
    "warnings": {
        **_TEXTS,
        "description": "What was loaded and is probably not meant, as `line:column: message`.",
    },
}

_PROBLEM = _record(file=_TEXT, line=_COUNT, column=_COUNT, message=_TEXT, text=_TEXT)
_PROBLEMS: Part = {"type": "array", "items": ref("control.problem")}

_INFO = _record(
    name=_TEXT,
    version=_TEXT,
    url=_TEXT,
    public_key=_TEXT,
    webhook_url=_MAYBE_TEXT,
    realism=_one_of(Realism),
    validation=_one_of(Validation),
    default_scenario=_TEXT,
    scenarios=_COUNT,
    namespaces=_COUNT,
    evicted_namespaces=_COUNT,
    sending=_record(in_flight=_COUNT, waiting=_COUNT),
)

SHAPES: Part = {
    "control.index": _record(name=_TEXT, links=_TEXTS),
    "control.health": _record(status={"const": "ok"}),
    "control.ready": _record(status=_one_of(("ready", "stopping"))),
    "control.info": _INFO,
    "control.names": _data(_TEXTS),
    "control.document": {"type": "object"},
    "control.public_key": _record(public_key=_TEXT),
    "control.reset": _record(reset={**_TEXT, "description": "A namespace's id, or `all`."}),
    "control.scenario_line": _record(**_SCENARIO_LINE),
    "control.scenarios": _data(_list_of("control.scenario_line")),
    "control.scenario": _data(_record(**_SCENARIO_LINE, text=_TEXT)),
    "control.scenario_put": _data(ref("control.scenario_line")),
    "control.problem": _PROBLEM,
    "control.scenario_valid": _record(
        valid={"const": True}, problems={"type": "array", "maxItems": 0}, scenario=ref("control.scenario_line")
    ),
    "control.scenario_invalid": _record(valid={"const": False}, problems={**_PROBLEMS, "minItems": 1}),
    "control.settings": _SETTINGS,
    "control.namespace_line": _NAMESPACE,
    "control.namespaces": _data(_list_of("control.namespace_line")),
    "control.namespace": _data(ref("control.namespace_line")),
    "control.transition": _TRANSITION,
    "control.session_line": _record(**_SESSION_LINE),
    "control.sessions": _page_of("control.session_line"),
    "control.session": _data(
        _record(
            **_SESSION_LINE,
            transitions=_list_of("control.transition"),
            webhooks=_list_of("control.webhook_line"),
        )
    ),
    "control.stray": _STRAY,
    "control.request_line": {"anyOf": [_record(**_REQUEST_LINE), ref("control.stray")]},
    "control.requests": _page_of("control.request_line"),
    "control.request": _data({"anyOf": [_record(**_REQUEST_DETAIL), ref("control.stray")]}),
    "control.webhook_line": _record(**_WEBHOOK_LINE),
    "control.webhooks": _page_of("control.webhook_line"),
    "control.attempt": {"anyOf": [_ENDED, _UNDER_WAY]},
    "control.webhook": _data(_record(**{**_WEBHOOK_LINE, "attempts": _list_of("control.attempt")})),
    "control.received_line": _RECEIVED,
    "control.received": _page_of("control.received_line"),
}
"""Component name to schema."""
