"""A schema as the flat list of its fields.

Owns what is read of a schema: names, types, enumerated values, defaults, what is required. Ranges, patterns and
formats are not read: Telnyx's document has next to none. Must not compare.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.core.references import follow, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.models import JsonValue

Placed: TypeAlias = "tuple[dict[str, Any] | bool, str]"
"""A schema (true allows anything), and the URI of the document that it stands in."""

_MAX_DEPTH = 32
_ITEM = "*"
_BOTH = frozenset({"true", "false"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a schema says of one place.

    Attributes:
        types: JSON type names; empty where any is allowed.
        values: The enumerated values as JSON text; empty where they are not enumerated.
        default: As JSON text, None where there is none.
        required: Whether the object around it must have it.
    """

    types: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    default: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What the parts of one place say together."""

    keywords: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, list[Placed]] = field(default_factory=dict)
    items: list[Placed] = field(default_factory=list)
    alternatives: list[Placed] = field(default_factory=list)
    required: set[str] = field(default_factory=set)


def fields(schema: dict[str, Any], library: Mapping[str, JsonValue], base: str) -> dict[str, Field]:
    """List what a schema says of each place.

    Args:
        schema: JSON Schema 2020-12 or an OpenAPI 3.1 schema object.
        library: URI to document, for references.
        base: URI of the schema's own document.

    Returns:
        JSON pointer to field, outer before inner, the root's pointer empty; ``*`` stands for an array's items.

    Raises:
        LookupError: A reference leads nowhere, or the schema is endless.
    """
    return dict(_Reader(library).walk([(schema, base)], ()))


class _Reader:
    """Walks one schema with the documents that it may refer to."""

    def __init__(self, library: Mapping[str, JsonValue]) -> None:
        self._library = library

    def walk(
        self, parts: list[Placed], path: tuple[str, ...], *, required: bool = False
    ) -> Iterator[tuple[str, Field]]:
        """The place that the parts describe, then all below it."""
        if len(path) > _MAX_DEPTH:
            raise LookupError(f"{pointer_to(path)} is nested without end")
        place = _Place()
        for part in parts:
            self._gather(part, place, 0)
        yield pointer_to(path), self._field(place, required=required)
        for name, inner in place.properties.items():
            yield from self.walk(inner, (*path, name), required=name in place.required)
        if place.items:
            yield from self.walk(place.items, (*path, _ITEM))

    def _gather(self, part: Placed, place: _Place, depth: int) -> None:
        """Add what a schema and its ``allOf`` parts say."""
        if depth > _MAX_DEPTH:
            raise LookupError("allOf leads in a circle")
        if isinstance(part[0], bool):
            return
        schema, base = follow(part[0], self._library, part[1])
        for inner in schema.get("allOf", ()):
            self._gather((inner, base), place, depth + 1)
        for name, inner in schema.get("properties", {}).items():
            place.properties.setdefault(name, []).append((inner, base))
        if "items" in schema:
            place.items.append((schema["items"], base))
        place.alternatives.extend((inner, base) for key in ("anyOf", "oneOf") for inner in schema.get(key, ()))
        place.required.update(schema.get("required", ()))
        place.keywords.update({key: schema[key] for key in ("type", "enum", "const", "default") if key in schema})

    def _field(self, place: _Place, *, required: bool) -> Field:
        keywords = place.keywords
        types = self._types(place)
        values = frozenset(map(json.dumps, keywords.get("enum", ())))
        if "const" in keywords:
            values = frozenset({json.dumps(keywords["const"])})
        if types == {"boolean"} and values == _BOTH:
            values = frozenset()  # An enum of both truth values says no more than the type.
        default = json.dumps(keywords["default"]) if "default" in keywords else None
        return Field(types=types, values=values, default=default, required=required)

    def _types(self, place: _Place) -> frozenset[str]:
        declared = place.keywords.get("type")
        if declared is not None:
            return frozenset({declared} if isinstance(declared, str) else declared)
        if place.properties:
            return frozenset({"object"})
        if place.items:
            return frozenset({"array"})
        branches = [
            follow(schema, self._library, base)[0].get("type")
            for schema, base in place.alternatives
            if not isinstance(schema, bool)
        ]
        return frozenset(branch for branch in branches if isinstance(branch, str))
