"""The shapes of the control API's answers to questions, as JSON Schemas.

Owns their names and fields; ``core/near_misses.py`` and ``core/unmatched.py`` make the values, and tests hold each
against the other. Must not describe the questions: ``schemas/query.schema.json`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.web.openapi.components import ref
from emulator.web.openapi.parts import ERROR, TEXT
from emulator.web.openapi.shape_parts import COUNT, data, list_of, record

if TYPE_CHECKING:
    from emulator.web.openapi.parts import Part

_DIFFERENCE = record(field=TEXT, expected=TEXT, found=TEXT)
_DIFFERENCES: Part = {"type": "array", "items": ref("control.difference")}

_BRIEF: Part = {
    "description": "An entry or a session as lists show it, without its lists and objects.",
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
}

_NEAR_MISS = record(
    entry=_BRIEF,
    held={**COUNT, "description": "How many of the matchers hold."},
    differences={**_DIFFERENCES, "minItems": 1},
)

_MISSED: Part = {
    "allOf": [
        ref(ERROR),
        {
            "type": "object",
            "required": ["meta"],
            "properties": {
                "meta": record(
                    count={**COUNT, "description": "How many match."}, near_misses=list_of("control.near_miss")
                )
            },
        },
    ]
}

_UNMATCHED = record(
    entry=_BRIEF,
    scenarios={
        "description": "Of a start that no match took: the scenarios that came nearest.",
        "type": "array",
        "items": record(scenario=TEXT, held=COUNT, differences=_DIFFERENCES),
    },
    routes={
        "description": "Of a request that no route took: the routes that came nearest.",
        "type": "array",
        "items": record(route=TEXT, differences=_DIFFERENCES),
    },
)


def _list_of_any(*names: str) -> Part:
    return {"type": "array", "items": {"anyOf": [ref(f"control.{name}") for name in names]}}


_AWAITED = ("webhook_line", "webhook_whole", "session_line", "session_whole", "call_line", "call_whole")
_MATCHED = _list_of_any(*_AWAITED)

_VERIFIED = record(count=COUNT, wanted={**TEXT, "description": "Such as `at least 1`."})
_VERIFIED["properties"]["matched"] = {
    **_list_of_any("request_line", "request_whole", "received_line", *_AWAITED),
    "description": "Those that match, where the query has a `view`.",
}

SHAPES_OF_QUESTIONS: Part = {
    "control.difference": _DIFFERENCE,
    "control.near_miss": _NEAR_MISS,
    "control.missed": _MISSED,
    "control.verified": data(_VERIFIED),
    "control.waited": data({"anyOf": [record(count=COUNT, matched=_MATCHED), record(idle={"const": True})]}),
    "control.unmatched": data({"type": "array", "items": _UNMATCHED}),
}
"""Component name to schema."""
