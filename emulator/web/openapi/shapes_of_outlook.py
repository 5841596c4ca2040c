"""The shape of an outlook, what ``POST /scenarios/{name}/explain`` answers, as JSON Schemas.

Owns its names and fields; ``core/outlook_views.py`` makes the values, and tests hold each against the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.model import CallState
from emulator.core.effects import Order, SignMode, SuccessRule, WireFault
from emulator.core.models import EventType
from emulator.core.scenario.model import AfterLast, Plays, SrsDid
from emulator.core.srs import OneTrack
from emulator.web.openapi.components import ref
from emulator.web.openapi.parts import TEXT
from emulator.web.openapi.shape_parts import (
    COUNT,
    FLAG,
    HEADERS,
    MAYBE_TEXT,
    STATUS,
    TEXTS,
    data,
    list_of,
    one_of,
    or_null,
    record,
)
from emulator.web.openapi.shapes import SELECTION
from emulator.web.openapi.shapes_of_settings import DELAY, DELIVER

if TYPE_CHECKING:
    from emulator.web.openapi.parts import Part

_OBJECT: Part = {"type": "object"}

_AT: Part = {
    **or_null(record(min={"type": "number"}, max={"type": "number"})),
    "description": "Milliseconds since the command; null where it is up to the app.",
}

_CODES: Part = {"type": "array", "items": {"type": ["string", "integer", "null"]}}

_ANSWER: Part = {
    "anyOf": [
        record(delay=DELAY, takes_effect=FLAG, status={"const": 200}, body=_OBJECT),
        record(
            delay=DELAY,
            takes_effect=FLAG,
            status=STATUS,
            codes=_CODES,
            sdk_retry=FLAG,
            body=or_null(_OBJECT),
            headers=HEADERS,
        ),
        record(delay=DELAY, takes_effect=FLAG, fault=one_of(WireFault), over=MAYBE_TEXT),
    ]
}

_RESPOND: Part = {
    "anyOf": [
        ref("control.answer_ahead"),
        record(sequence=list_of("control.answer_ahead"), after_last=one_of(AfterLast)),
    ]
}

_EVENT = record(
    step={"const": "emit"},
    event_type=one_of(EventType),
    at_ms=_AT,
    after=or_null(DELAY),
    or_later=FLAG,
    payload=_OBJECT,
    empty={**TEXTS, "description": "Fields that will be null, for a template that finds nothing."},
    deliver=or_null(DELIVER),
    sign=record(mode=one_of(SignMode), skew_ms={"type": "number"}),
)

_CONDITION: Part = {
    "anyOf": [
        record(command=TEXT),
        record(webhook_acked=one_of(EventType)),
        record(call=one_of((CallState.ANSWERED, CallState.ENDED))),
        record(srs=one_of(SrsDid)),
    ]
}

_WAIT = record(
    step={"const": "wait_for"},
    at_ms=_AT,
    any={"type": "array", "items": _CONDITION},
    timeout=or_null(DELAY),
    then=list_of("control.step_ahead"),
    on_timeout=list_of("control.step_ahead"),
)

_WIRE = record(
    late_cancel=FLAG,
    no_refresh=FLAG,
    missing_label=FLAG,
    wrong_boundary=FLAG,
    invalid_metadata=FLAG,
    only_track=or_null(one_of(OneTrack)),
    loss={"type": "number"},
    reordering={"type": "number"},
    jitter=TEXT,
    codec_change=MAYBE_TEXT,
    silence=MAYBE_TEXT,
)

_DIAL = record(
    step={"const": "dial"},
    at_ms=_AT,
    after=or_null(DELAY),
    or_later=FLAG,
    timeout=or_null(DELAY),
    secure={**or_null(FLAG), "description": "Null: as siprec_start says."},
    wire={**_WIRE, "description": "What the emulator does wrong on the wire."},
    answered=list_of("control.step_ahead"),
    failed=list_of("control.step_ahead"),
    cancelled=list_of("control.step_ahead"),
)

_END = record(step={"const": "end"}, at_ms=_AT, silent=FLAG, goes_on=FLAG)

_DELIVERY = record(
    timeout=TEXT,
    attempts_per_url=COUNT,
    backoff=record(first=TEXT, factor={"type": "number"}, max=TEXT),
    failover=FLAG,
    success=one_of(SuccessRule),
    order=one_of(Order),
    concurrency=or_null(COUNT),
)

SHAPES_OF_OUTLOOK: Part = {
    "control.answer_ahead": _ANSWER,
    "control.step_ahead": {"anyOf": [_EVENT, _WAIT, _DIAL, _END]},
    "control.outlook_itself": record(
        chosen={**SELECTION, "description": "The scenario that the rules would choose for the request."},
        scenario=TEXT,
        plays=one_of(Plays),
        description=TEXT,
        mismatch={**MAYBE_TEXT, "description": "Why its `match` does not hold for the request."},
        starts={**FLAG, "description": "Whether any of its answers lets a recording begin."},
        respond=_RESPOND,
        respond_stop=_RESPOND,
        timeline=list_of("control.step_ahead"),
        delivery=or_null(_DELIVERY),
        warnings=TEXTS,
        text={**TEXTS, "description": "The same for people, line by line."},
    ),
    "control.outlook": data(ref("control.outlook_itself")),
}
"""Component name to schema."""
