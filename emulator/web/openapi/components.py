"""The files of ``schemas/`` as components of one OpenAPI document.

Owns their names there and the rewriting of references. Must not change what a schema accepts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.models import JsonValue

_SUFFIX = ".schema.json"
_DEFINITIONS = "/$defs/"

_DESCRIBED = ("request.", "response.", "error.", "webhook.", "callback.", "scenario", "control", "query")
"""What the document speaks of, beside the shared definitions; the configuration is no part of any API."""

_SHARED = "common"

_DEFINITIONS_ALONE = (_SHARED, "control", "query")
"""Files that are nothing themselves: what they define counts."""

_OF_A_FILE = frozenset({"$schema", "$id", "$defs"})
"""What only a file of its own has: an ``$id`` would give the references within another base."""


def ref(name: str) -> dict[str, JsonValue]:
    """A reference to a component.

    Args:
        name: A schema's file name without ``.schema.json``, or a name of ``shapes.py``.
    """
    return {"$ref": f"#/components/schemas/{name}"}


def components(schemas: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Every schema that the document may refer to.

    Args:
        schemas: File name to JSON Schema; references in them are ``other.schema.json#/$defs/x`` or ``#/$defs/x``.

    Returns:
        Component name to schema: ``request.siprec_start``, and ``common.uuid`` for what stands in ``$defs``.
    """
    return dict(_all(schemas))


def _all(schemas: Mapping[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    for file, document in schemas.items():
        name = file.removesuffix(_SUFFIX)
        if name != _SHARED and not name.startswith(_DESCRIBED):
            continue
        for key, definition in document.get("$defs", {}).items():
            yield f"{name}.{key}", _rewritten(definition, name)
        if name not in _DEFINITIONS_ALONE:
            root = {key: value for key, value in document.items() if key not in _OF_A_FILE}
            yield name, _rewritten(root, name)


def _rewritten(node: JsonValue, name: str) -> JsonValue:
    """A copy whose references point into the document."""
    if isinstance(node, list):
        return [_rewritten(one, name) for one in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _rewritten(value, name) for key, value in node.items()}
    target = copy.get("$ref")
    return {**copy, **ref(_component(target, name))} if isinstance(target, str) else copy


def _component(target: str, name: str) -> str:
    file, _, pointer = target.partition("#")
    owner = file.removesuffix(_SUFFIX) or name
    return f"{owner}.{pointer.removeprefix(_DEFINITIONS)}" if pointer else owner
