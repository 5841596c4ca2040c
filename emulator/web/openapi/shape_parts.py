"""The small pieces that the shapes of answers are made of.

Owns the JSON Schemas that many shapes share. Must not know any answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.web.openapi.components import ref
from emulator.web.openapi.parts import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from emulator.web.openapi.parts import Part

FLAG: Part = {"type": "boolean"}
COUNT: Part = {"type": "integer", "minimum": 0}
MILLISECONDS: Part = {"type": "number", "minimum": 0}
MAYBE_TEXT: Part = {"type": ["string", "null"]}
TEXTS: Part = {"type": "array", "items": TEXT}
STATUS: Part = {"type": "integer", "minimum": 100, "maximum": 599}
WHEN: Part = ref("common.timestamp_micros")
HEADERS: Part = {
    "description": "Name and value of each, in their order.",
    "type": "array",
    "items": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
}


def record(**fields: Part) -> Part:
    """An object that has all these fields and no others."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def message(**fields: Part) -> Part:
    """A record with a body: as text, or in Base64 where it is not UTF-8."""
    described = record(**fields)
    described["properties"] = {**fields, "body": TEXT, "body_base64": TEXT}
    described["oneOf"] = [{"required": ["body"]}, {"required": ["body_base64"]}]
    return described


def one_of(values: Iterable[StrEnum | str]) -> Part:
    """A text that is one of these."""
    return {"type": "string", "enum": [str(value) for value in values]}


def or_null(schema: Part) -> Part:
    """What the schema says, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(name: str) -> Part:
    """A list of a component."""
    return {"type": "array", "items": ref(name)}


def data(schema: Part) -> Part:
    """An answer that is one thing."""
    return record(data=schema)


def page_of(name: str, whole: str | None = None) -> Part:
    """A page of a list of a component.

    Args:
        name: What its entries are.
        whole: What they are where the query's ``view`` wants them so; None: it can't.
    """
    meta = record(next_after=or_null({**COUNT, "description": "For the query's `after`, to read on."}))
    entries = list_of(name) if whole is None else {"anyOf": [list_of(name), list_of(whole)]}
    return record(data=entries, meta=meta)
