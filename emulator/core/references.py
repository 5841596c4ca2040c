"""References between JSON documents: ``{"$ref": "<document>#<pointer>"}`` and what stands there.

Owns RFC 6901 pointers and the ``$ref`` of JSON Schema 2020-12 (section 8.2.3.1) and OpenAPI, as far as fixed
documents need them: anchors and dynamic references are not read. Must not fetch anything: documents are arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.core.models import JsonValue

_MAX_HOPS = 32


def pointer_to(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901 section 3).

    Args:
        path: Keys and indices from the root.

    Returns:
        The pointer; empty for the root.
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def at_pointer(document: JsonValue, pointer: str) -> JsonValue:
    """What stands at a JSON pointer (RFC 6901 section 4).

    Args:
        document: Objects all the way down the pointer.
        pointer: Empty for the whole document.

    Returns:
        The value there.

    Raises:
        LookupError: Nothing stands there.
    """
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if not (isinstance(document, dict) and key in document):
            raise LookupError(f"nothing stands at {pointer}")
        document = document[key]
    return document


def follow(schema: dict[str, Any], library: Mapping[str, JsonValue], base: str) -> tuple[dict[str, Any], str]:
    """A schema with its reference replaced by what it refers to; what stands beside the reference wins.

    Args:
        schema: A schema that may be a reference.
        library: URI of a document, without fragment, to the document.
        base: URI of the document that the schema stands in.

    Returns:
        The schema itself where it refers to nothing, and the URI of the document that it was found in: references
        deeper down are relative to that one.

    Raises:
        LookupError: The reference leads nowhere, or in a circle.
    """
    for _ in range(_MAX_HOPS):
        reference = schema.get("$ref")
        if reference is None:
            return schema, base
        base, _, fragment = urljoin(base, reference).partition("#")
        if base not in library:
            raise LookupError(f"no document has the address {base!r}")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**at_pointer(library[base], unquote(fragment)), **beside}
    raise LookupError(f"a reference by way of {base!r} leads in a circle")


def followed(schema: dict[str, Any], library: Mapping[str, JsonValue], base: str) -> dict[str, Any]:
    """What ``follow`` finds, without where.

    Args:
        schema: A schema that may be a reference.
        library: URI of a document, without fragment, to the document.
        base: URI of the document that the schema stands in.

    Returns:
        The schema itself where it refers to nothing.

    Raises:
        LookupError: The reference leads nowhere, or in a circle.
    """
    return follow(schema, library, base)[0]
