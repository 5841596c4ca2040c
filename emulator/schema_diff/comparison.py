"""What differs between our schemas and Telnyx's document, both ways.

Owns the differences and their wording, which ``schemas/differences.yaml`` quotes. Must not judge them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.core.references import followed
from emulator.core.validation import IDLE_KEYWORD, SUFFIX
from emulator.schema_diff.coverage import OPERATIONS
from emulator.schema_diff.shape import fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from emulator.core.models import JsonValue
    from emulator.schema_diff.coverage import Operation
    from emulator.schema_diff.shape import Field

OURS = "only here"
THEIRS = "only in Telnyx's document"

_METHODS = frozenset({"get", "put", "post", "delete", "patch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs.

    Attributes:
        line: What it is, in one line: the schema or operation, the field, and both sides.
        places: The operations in which it shows.
    """

    line: str
    places: tuple[str, ...]


def compare(openapi: JsonValue, schemas: Mapping[str, JsonValue]) -> tuple[Difference, ...]:
    """Name every field, type, enumerated value, default and requirement that differs.

    Args:
        openapi: Telnyx's OpenAPI 3.1 document, whole or in part.
        schemas: Our schemas by file name.

    Returns:
        The differences, in the order of ``coverage.OPERATIONS``; one that shows in several operations, because
        they share a schema, comes once.
    """
    found: dict[str, list[str]] = {}
    comparer = _Comparer(openapi, schemas)
    for operation in OPERATIONS:
        for place, line in comparer.operation(operation):
            found.setdefault(line, []).append(place)
    for place, line in _uncovered(openapi):
        found.setdefault(line, []).append(place)
    return tuple(Difference(line=line, places=tuple(dict.fromkeys(places))) for line, places in found.items())


class _Comparer:
    """Holds the two sides."""

    def __init__(self, openapi: JsonValue, schemas: Mapping[str, JsonValue]) -> None:
        self._openapi = openapi
        self._theirs = {"": openapi}
        self._schemas = schemas
        self._ours = {document["$id"]: document for document in schemas.values() if "$id" in document}

    def operation(self, covered: Operation) -> Iterator[tuple[str, str]]:
        """Place and line of each difference of one operation."""
        theirs = _at(self._openapi, covered.section, covered.path, covered.method)
        if theirs is None:
            yield covered.id, f"{covered.id}: not in Telnyx's document ({covered.method.upper()} {covered.path})"
            return
        if covered.request is not None:
            place = f"{covered.id} request"
            for line in self._body(place, covered.request, theirs.get("requestBody"), covered.media_type):
                yield place, line
        yield from self._responses(covered, theirs.get("responses", {}))

    def _responses(self, covered: Operation, theirs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for status in sorted(covered.responses.keys() - theirs.keys()):
            yield covered.id, f"{covered.id} response {status}: {OURS}"
        for status in sorted(theirs.keys() - covered.responses.keys()):
            yield covered.id, f"{covered.id} response {status}: {THEIRS}"
        for status, name in covered.responses.items():
            if status not in theirs:
                continue
            place = f"{covered.id} response {status}"
            for line in self._body(place, name, theirs[status], "application/json"):
                yield place, line

    def _body(self, place: str, name: str | None, theirs: JsonValue, media_type: str) -> Iterator[str]:
        try:
            schema = self._schema_of(theirs, media_type)
            if schema is None and name is None:
                return
            if schema is None:
                yield f"{place}: a body of {media_type} {OURS}"
            elif name is None:
                yield f"{place}: a body of {media_type} {THEIRS}"
            else:
                yield from self._schema(name, schema)
        except LookupError as error:
            yield f"{place}: can't be read, {error.args[0]}"

    def _schema_of(self, theirs: JsonValue, media_type: str) -> dict[str, Any] | None:
        if not isinstance(theirs, dict):
            return None
        found = _at(followed(theirs, self._theirs, ""), "content", media_type, "schema")
        return found if isinstance(found, dict) else None

    def _schema(self, name: str, theirs: dict[str, Any]) -> Iterator[str]:
        document = self._schemas[name + SUFFIX]
        ours = fields(document, self._ours, document["$id"])
        described = _without(fields(theirs, self._theirs, ""), document.get(IDLE_KEYWORD, ()))
        yield from (f"{name} {line}" for line in _fields_differ(ours, described))


def _without(described: Mapping[str, Field], idle: Iterable[str]) -> dict[str, Field]:
    """Their fields but for those that ours says it takes and does not emulate."""
    names = frozenset(idle)
    return {
        pointer: field
        for pointer, field in described.items()
        if pointer.partition("/")[2].partition("/")[0] not in names
    }


def _at(document: JsonValue, *path: str) -> JsonValue:
    """What stands at a path of keys, None where nothing does."""
    for key in path:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def _uncovered(openapi: JsonValue) -> Iterator[tuple[str, str]]:
    """Operations and webhooks of the document that speak of SIPREC and that the emulator does not know."""
    known = {(operation.section, operation.path, operation.method) for operation in OPERATIONS}
    for section in ("paths", "webhooks"):
        siprec = {
            path: methods for path, methods in (_at(openapi, section) or {}).items() if "siprec" in path.lower()
        }
        for path, methods in siprec.items():
            for method in sorted(_METHODS & methods.keys()):
                if (section, path, method) not in known:
                    yield path, f"{method.upper()} {path}: {THEIRS}"


def _fields_differ(ours: Mapping[str, Field], theirs: Mapping[str, Field]) -> Iterator[str]:
    yield from (f"{pointer}: field {OURS}" for pointer in _outermost(ours, theirs))
    yield from (f"{pointer}: field {THEIRS}" for pointer in _outermost(theirs, ours))
    for pointer, field in ours.items():
        if pointer in theirs:
            yield from (f"{pointer or '/'}: {what}" for what in _field_differs(field, theirs[pointer]))


def _outermost(here: Iterable[str], there: Mapping[str, Field]) -> Iterator[str]:
    """Pointers that the other side lacks, without those inside of such."""
    lacking = {pointer for pointer in here if pointer not in there}
    return (pointer for pointer in here if pointer in lacking and pointer.rpartition("/")[0] not in lacking)


def _field_differs(ours: Field, theirs: Field) -> Iterator[str]:
    if ours.types != theirs.types:
        yield f"type {_names(ours.types)} here, {_names(theirs.types)} in Telnyx's document"
    yield from (f"enum value {value} {OURS}" for value in sorted(ours.values - theirs.values))
    yield from (f"enum value {value} {THEIRS}" for value in sorted(theirs.values - ours.values))
    if ours.default != theirs.default:
        yield f"default {ours.default or 'none'} here, {theirs.default or 'none'} in Telnyx's document"
    if ours.required != theirs.required:
        yield f"required {OURS if ours.required else THEIRS}"


def _names(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "any"
