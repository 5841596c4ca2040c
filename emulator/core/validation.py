"""Whether a body is valid, by the JSON Schemas alone, and which of its keys they do not know.

Owns the two validators and what happens between them: a compiled one (jsonschema-rs) accepts, and only what it
refuses is put to the ``jsonschema`` package, which can say why. Must not hold rules of its own: what is valid
stands in ``schemas/``, what to call a violation in ``violations.py``, and files are read by ``resources.py``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from emulator.core.formats import FORMATS
from emulator.core.references import followed, pointer_to
from emulator.core.violations import Violation, explain, items, unexplained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema import Draft202012Validator

    from emulator.core.models import JsonValue

__all__ = ["SUFFIX", "Schemas", "Violation", "items"]

IDLE_KEYWORD = "x-not-emulated"
"""In a schema: parameters that Telnyx documents, and that the emulator takes unchecked and does nothing with."""

SUFFIX = ".schema.json"
"""What a schema's file name has behind its name."""

# Longer runs of digits are no number that any field takes, and int() is quadratic in their length.
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_BOOLEANS = {"true": True, "false": False}


class Schemas:
    """The loaded schemas, each compiled when it is first asked."""

    def __init__(self, documents: Mapping[str, JsonValue]) -> None:
        """Keep the documents; nothing is compiled yet.

        Args:
            documents: File name (``request.siprec_start.schema.json``) to parsed JSON Schema. A document that
                others refer to needs its ``$id``.
        """
        self._documents = {file.removesuffix(SUFFIX): document for file, document in documents.items()}
        self._accepts: dict[str, Callable[[JsonValue], bool]] = {}
        self._explainers: dict[str, Draft202012Validator] = {}
        self._properties: dict[str, dict[str, Any]] = {}
        self._registry: jsonschema_rs.Registry | None = None

    def check(self, name: str, value: JsonValue) -> tuple[Violation, ...]:
        """Find what a value breaks.

        Args:
            name: Of the schema: its file's name without ``.schema.json``.
            value: What a JSON parser returned, or ``coerce_form``.

        Returns:
            One violation for each offending field, by pointer; none when the value is valid.

        Raises:
            KeyError: No schema has that name.
        """
        accepts = self._accepts.get(name) or self._compile(name)
        try:
            if accepts(value):
                return ()
        except ValueError:
            # Text that is no Unicode (lone surrogates) and keys that are no text: not JSON, so never valid.
            pass
        return explain(self._explainer(name).iter_errors(value)) or (unexplained(),)

    def unknown_keys(self, name: str, value: JsonValue) -> tuple[str, ...]:
        """Find the top-level keys that a schema does not describe; Telnyx takes them and ignores them.

        Args:
            name: Of the schema.
            value: What a JSON parser returned.

        Returns:
            A JSON pointer for each, in the order of the value; none when the value is not an object.
        """
        if not isinstance(value, dict):
            return ()
        known = self._known(name)
        if value.keys() <= known.keys():
            return ()
        idle = self._documents[name].get(IDLE_KEYWORD, ())
        return tuple(pointer_to((key,)) for key in value if key not in known and key not in idle)

    def idle_keys(self, name: str, value: Mapping[str, JsonValue]) -> tuple[str, ...]:
        """Find the top-level keys that are documented and not emulated; arguments and result as of the above."""
        idle = self._documents[name].get(IDLE_KEYWORD, ())
        return tuple(pointer_to((key,)) for key in value if key in idle) if idle else ()

    def keys(self, name: str) -> tuple[str, ...]:
        """The top-level keys that a schema describes.

        Args:
            name: Of the schema.
        """
        return tuple(self._known(name))

    def coerce_form(self, name: str, fields: Mapping[str, str]) -> dict[str, JsonValue]:
        """Read a form's text as the types that a schema declares for it.

        Args:
            name: Of the schema that describes the form.
            fields: Field name to text.

        Returns:
            The fields, ``true``, ``false`` and decimal integers read where the schema declares boolean or integer.
            Text that can't be read so stays text, and ``check`` then finds the wrong type.
        """
        known = self._known(name)
        return {field: _read(text, known.get(field, {}).get("type")) for field, text in fields.items()}

    def _compile(self, name: str) -> Callable[[JsonValue], bool]:
        document = self._documents[name]
        if self._registry is None:
            self._registry = jsonschema_rs.Registry(list(self._identified()))
        compiled = jsonschema_rs.Draft202012Validator(
            document,
            formats={name: known.holds for name, known in FORMATS.items()},
            validate_formats=True,
            registry=self._registry,
        )
        self._accepts[name] = compiled.is_valid
        return compiled.is_valid

    def _explainer(self, name: str) -> Draft202012Validator:
        known = self._explainers.get(name)
        if known is not None:
            return known
        # Imported here because it takes longer than the rest of the start together, and a run in which every
        # body is valid never needs it.
        from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 - see above
        from referencing import Registry  # noqa: PLC0415 - comes with jsonschema, same reason
        from referencing.jsonschema import DRAFT202012  # noqa: PLC0415 - same

        formats = FormatChecker(formats=())
        formats.checkers = {format_name: (known_format.holds, ()) for format_name, known_format in FORMATS.items()}
        registry: Registry[Any] = Registry().with_resources(
            (identifier, DRAFT202012.create_resource(document)) for identifier, document in self._identified()
        )
        explainer = Draft202012Validator(self._flattened(name), registry=registry, format_checker=formats)
        self._explainers[name] = explainer
        return explainer

    def _flattened(self, name: str) -> dict[str, Any]:
        """A schema with its properties' references replaced: ``jsonschema`` follows each anew for every value.

        A property that refers further keeps its reference, since that one is relative to where it stands.
        """
        document: dict[str, Any] = self._documents[name]
        followed_here = {key: schema for key, schema in self._known(name).items() if "'$ref'" not in repr(schema)}
        return {**document, "properties": {**document.get("properties", {}), **followed_here}}

    def _identified(self) -> Iterator[tuple[str, JsonValue]]:
        """The documents that can be referred to, by their ``$id``."""
        return ((document["$id"], document) for document in self._documents.values() if "$id" in document)

    def _known(self, name: str) -> dict[str, Any]:
        """The top-level properties that a schema describes, each with its reference followed."""
        known = self._properties.get(name)
        if known is None:
            library = dict(self._identified())
            document = self._documents[name]
            described = document.get("properties", {})
            known = {key: followed(schema, library, document.get("$id", "")) for key, schema in described.items()}
            self._properties[name] = known
        return known


def _read(text: str, declared: object) -> JsonValue:
    if declared == "boolean":
        return _BOOLEANS.get(text, text)
    if declared == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    return text
