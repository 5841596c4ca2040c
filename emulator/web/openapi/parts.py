"""The small pieces that descriptions of operations are made of.

Owns the OpenAPI objects' form (OpenAPI 3.1.1, sections 4.8.10 to 4.8.17). Must not know any route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.web.openapi.components import ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.core.models import JsonValue

Part = dict[str, "JsonValue"]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
YAML = "application/yaml"
XML = "application/xml"

ERROR = "error.call_control"
"""The schema of nearly every error document."""

TEXT: Part = {"type": "string"}


def path_parameter(name: str) -> Part:
    """A segment of the path; ``/`` in it is sent as %2F."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def query_parameter(name: str, description: str, schema: Part | None = None) -> Part:
    """A field of the query that may be left out."""
    return {"name": name, "in": "query", "description": description, "schema": schema or TEXT}


def header_parameter(name: str, description: str, *, required: bool = False) -> Part:
    """A header of the request."""
    return {"name": name, "in": "header", "description": description, "required": required, "schema": TEXT}


def content(schema: str | Part, *media_types: str) -> Part:
    """One schema under each media type.

    Args:
        schema: The name of a component, or the schema itself.
        media_types: JSON when none is named.
    """
    described = ref(schema) if isinstance(schema, str) else schema
    return {media_type: {"schema": described} for media_type in media_types or (JSON,)}


def body(schema: str | Part, *media_types: str, required: bool = False) -> Part:
    """What a request carries."""
    return {"content": content(schema, *media_types), "required": required}


def answer(
    description: str, schema: str | Part | None = None, media_type: str = JSON, headers: Part | None = None
) -> Part:
    """One answer of an operation; without a schema it has no body."""
    described: Part = {"description": description}
    if headers:
        described["headers"] = headers
    if schema is not None:
        described["content"] = content(schema, media_type)
    return described


def errors(texts: Mapping[int, str], statuses: Iterable[int], schema: str = ERROR) -> Part:
    """The error answers of an operation.

    Args:
        texts: What each status says.
        statuses: Those that the operation gives.
        schema: Of their documents.
    """
    return {str(status): answer(texts[status], schema) for status in statuses}


def parameters_of(path: str) -> list[Part]:
    """The parameters that a path's braces name, in their order."""
    return [path_parameter(segment[1:-1]) for segment in _bare(path).split("/") if segment.startswith("{")]


def _bare(path: str) -> str:
    """TeXML's parameters have a suffix that is no part of them."""
    return path.removesuffix(".json")
