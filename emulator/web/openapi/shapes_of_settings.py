"""The shapes of the control API's answers about the server and what is set for it, as JSON Schemas.

Owns their names and fields; ``core/setting_views.py`` makes the values, and tests hold each against the other.
Must not describe what happened (``shapes.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.model import CallState
from emulator.core.clock import ClockMode
from emulator.core.effects import SignMode, Simulate, WireFault
from emulator.core.models import EventType, Route
from emulator.core.policy import Realism, Validation
from emulator.core.scenario.model import Plays
from emulator.web.openapi.components import ref
from emulator.web.openapi.parts import TEXT
from emulator.web.openapi.shape_parts import (
    COUNT,
    FLAG,
    MAYBE_TEXT,
    STATUS,
    TEXTS,
    WHEN,
    data,
    list_of,
    one_of,
    or_null,
    record,
)
from emulator.web.steering import MAX_TOLD, TOLD

if TYPE_CHECKING:
    from emulator.web.openapi.parts import Part

# --- namespaces, scenarios, the server ---

_CONNECTOR = record(name=TEXT, host=TEXT, port={"type": "integer"}, app_subdomain=MAYBE_TEXT)

_NAMESPACE = record(
    id=TEXT,
    settings=record(
        webhook_url=MAYBE_TEXT,
        webhook_failover_url=MAYBE_TEXT,
        realism=or_null(one_of(Realism)),
        validation=or_null(one_of(Validation)),
        default_scenario=MAYBE_TEXT,
        seed=MAYBE_TEXT,
    ),
    clock=ref("control.clock_line"),
    calls=COUNT,
    sessions=COUNT,
    playing=COUNT,
    delivering=COUNT,
    queued=COUNT,
    connections=list_of("control.connection_line"),
    connectors={"type": "array", "items": _CONNECTOR},
    scenarios=TEXTS,
    journal=record(
        requests=COUNT, transitions=COUNT, dials=COUNT, webhooks=COUNT, received=COUNT, bytes=COUNT, evicted=COUNT
    ),
    evicted_sessions=COUNT,
    dropped_webhooks={**COUNT, "description": "Not sent, since as many waited as may."},
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
        "seed": {
            "type": ["string", "integer", "null"],
            "minLength": 1,
            "description": "Of everything that is drawn: identifiers, durations, probabilities.",
        },
        "clock": or_null(ref("control.clock")),
    },
    "additionalProperties": False,
}

_SCENARIO_LINE = {
    "name": TEXT,
    "plays": one_of(Plays),
    "description": TEXT,
    "priority": {"type": "integer"},
    "matches": {**FLAG, "description": "Whether it has a `match` of its own."},
    "source": {**TEXT, "description": "The file that it was loaded from."},
    "warnings": {
        **TEXTS,
        "description": "What was loaded and is probably not meant, as `line:column: message`.",
    },
}

_PROBLEM = record(file=TEXT, line=COUNT, column=COUNT, message=TEXT, text=TEXT)
_PROBLEMS: Part = {"type": "array", "items": ref("control.problem")}

_INFO = record(
    name=TEXT,
    version=TEXT,
    url=TEXT,
    public_key=TEXT,
    webhook_url=MAYBE_TEXT,
    fallback_url={**MAYBE_TEXT, "description": "Where requests to other routes are passed on."},
    realism=one_of(Realism),
    validation=one_of(Validation),
    default_scenario=TEXT,
    clock=record(mode=one_of(ClockMode), speed={"type": "number"}),
    seeded={**FLAG, "description": "Whether runs repeat."},
    any_api_key={**FLAG, "description": "Whether every API key is taken, or those alone that are listed."},
    scenarios=COUNT,
    namespaces=COUNT,
    evicted_namespaces=COUNT,
    sending=record(in_flight=COUNT, waiting=COUNT),
)

# --- clocks ---

_CLOCK = record(
    namespace=TEXT,
    mode=one_of(ClockMode),
    speed={"type": "number"},
    time=WHEN,
    next=or_null({**WHEN, "description": "When the next thing falls due."}),
    waiting={**COUNT, "description": "How many things fall due some time."},
    on_the_wire={**COUNT, "description": "Attempts under way."},
    idle={**FLAG, "description": "Whether nothing runs, is delivered or held back."},
)

_ANSWERED = record(kind={"const": "answer"}, request_id=COUNT)

_FIRED: Part = {
    "description": "A transition, a webhook, an attempt or a held answer, as the event stream tells it.",
    "anyOf": [
        {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": list(map(str, TOLD))}}},
        _ANSWERED,
    ],
}

_ADVANCED: Part = {
    **record(
        data=record(
            namespace=TEXT,
            to=WHEN,
            fired={"type": "array", "items": _FIRED, "maxItems": MAX_TOLD},
            **{"from": WHEN},
        ),
        meta=record(untold={**COUNT, "description": "How many more there were."}),
    ),
}

# --- faults and the queue ---

DELAY: Part = {
    "description": "A duration, or a distribution as a scenario writes it.",
    "anyOf": [TEXT, {"type": "object"}],
}

_ANSWER: Part = {
    "anyOf": [
        record(delay=DELAY, takes_effect=FLAG, status={"const": 200}),
        record(delay=DELAY, takes_effect=FLAG, status=STATUS, codes=TEXTS, sdk_retry=FLAG),
        record(delay=DELAY, takes_effect=FLAG, fault=one_of(WireFault), over=MAYBE_TEXT),
    ]
}

DELIVER = record(
    delay=DELAY,
    copies=COUNT,
    gap=DELAY,
    same_id=FLAG,
    url=MAYBE_TEXT,
    attempts={"type": "array", "items": record(url=MAYBE_TEXT, simulate=one_of(Simulate))},
)

_STRIKES: Part = {
    "probability": {"type": "number", "minimum": 0, "maximum": 1},
    "count": or_null(COUNT),
    "struck": {**COUNT, "description": "How often it has struck."},
}

_FAULTS = record(
    requests={
        "type": "array",
        "items": record(routes={"type": "array", "items": one_of(Route)}, answer=_ANSWER, **_STRIKES),
    },
    webhooks={
        "type": "array",
        "items": record(
            events={"type": "array", "items": one_of(EventType)},
            deliver=or_null(DELIVER),
            sign=or_null(record(mode=one_of(SignMode), skew_ms={"type": "number"})),
            **_STRIKES,
        ),
    },
)

_RECEPTION = record(
    answers={
        "type": "array",
        "items": record(
            match={**TEXTS, "description": "The fields that are looked at."},
            status=or_null(STATUS),
            delay=TEXT,
            fault=or_null(one_of(WireFault)),
            over=MAYBE_TEXT,
            count=or_null(COUNT),
            answered={**COUNT, "description": "How often it was given."},
        ),
    }
)

_QUEUED = record(
    number={**COUNT, "description": "Counted per namespace."},
    scenario=TEXT,
    matches={**FLAG, "description": "Whether it is for some starts only."},
    left={**COUNT, "description": "How many starts it still plays."},
)

_VALID: Part = {
    "valid": {"const": True},
    "problems": {"type": "array", "maxItems": 0},
    "scenario": ref("control.scenario_line"),
}

SHAPES_OF_SETTINGS: Part = {
    "control.index": record(name=TEXT, links=TEXTS),
    "control.health": record(status={"const": "ok"}),
    "control.ready": record(status=one_of(("ready", "stopping"))),
    "control.info": _INFO,
    "control.names": data(TEXTS),
    "control.document": {"type": "object"},
    "control.public_key": record(public_key=TEXT),
    "control.reset": record(reset={**TEXT, "description": "A namespace's id, or `all`."}),
    "control.scenario_line": record(**_SCENARIO_LINE),
    "control.scenarios": data(list_of("control.scenario_line")),
    "control.scenario": data(record(**_SCENARIO_LINE, text=TEXT)),
    "control.scenario_put": data(ref("control.scenario_line")),
    "control.problem": _PROBLEM,
    "control.scenario_valid": record(**_VALID),
    "control.scenario_explained": record(**_VALID, outlook=ref("control.outlook_itself")),
    "control.scenario_invalid": record(valid={"const": False}, problems={**_PROBLEMS, "minItems": 1}),
    "control.settings": _SETTINGS,
    "control.namespace_line": _NAMESPACE,
    "control.namespaces": data(list_of("control.namespace_line")),
    "control.namespace": data(ref("control.namespace_line")),
    "control.clock_line": _CLOCK,
    "control.clock_now": data(ref("control.clock_line")),
    "control.advanced": _ADVANCED,
    "control.faults_now": data(_FAULTS),
    "control.reception_now": data(_RECEPTION),
    "control.queued": _QUEUED,
    "control.queue_now": data(list_of("control.queued")),
    "control.queue_put": data(ref("control.queued")),
}
"""Component name to schema."""
