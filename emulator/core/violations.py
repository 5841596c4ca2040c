"""What is wrong with a body, in Telnyx's words.

Owns the ``Violation`` and the way from a validator's complaint to a code, a title and a detail. Codes follow from
the keyword that was broken, or from ``x-telnyx-code`` beside it in the schema; no field is known here by name.
Must not decide whether a body is valid: ``validation.py`` does.

Texts: Telnyx's error catalogue and the examples of its OpenAPI document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from emulator.core.errors import ErrorItem
from emulator.core.formats import FORMATS
from emulator.core.references import pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema.exceptions import ValidationError

CODE_KEYWORD = "x-telnyx-code"
"""In a schema: the code for a value that breaks it, where the broken keyword does not tell."""

_ROOT_NAME = "body"
_TYPE_CODE = "10026"
_MISSING_CODE = "10004"
_FALLBACK_CODE = "10015"

TEXTS: Mapping[str, tuple[str, str]] = {
    "10003": (
        "Invalid URL",
        "The '{name}' parameter must be an absolute http or https URL of at most 2000 characters.",
    ),
    _MISSING_CODE: ("Missing required parameter", "The '{name}' parameter is required and cannot be blank."),
    _FALLBACK_CODE: ("Bad Request", "The '{name}' parameter must be {meaning}."),
    "10016": ("Phone number must be in +E164 format", "The '{name}' parameter must be in E164 format."),
    "10025": ("Invalid string length", "The '{name}' parameter must have {low} to {high} characters."),
    _TYPE_CODE: ("Invalid parameter type", "The '{name}' parameter must be of type '{type}'"),
    "10031": ("Invalid filter", "The '{name}' parameter must be {meaning}."),
    "10032": ("Invalid enumerated value", "The value must be one of: {values}."),
    "10033": ("Value outside of range", "The value is outside of allowed range {low} to {high}"),
    "90017": ("Invalid value for {name}", "The '{name}' parameter must be a valid base64 string."),
}
"""Code to title and detail: every code that a schema may name."""

_KEYWORD_CODES: Mapping[str, str] = {
    "required": _MISSING_CODE,
    "type": _TYPE_CODE,
    "enum": "10032",
    "const": "10032",
    "minimum": "10033",
    "maximum": "10033",
    "minLength": "10025",
    "maxLength": "10025",
}

_BOUNDS: Mapping[str, tuple[str, str]] = {
    "10025": ("minLength", "maxLength"),
    "10033": ("minimum", "maximum"),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Violation:
    """One field that breaks its schema; sorts by pointer.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the field, missing ones included; empty for the whole body.
        keyword: The JSON Schema keyword that was broken.
        code: Telnyx's catalogue code.
        title: What the code stands for.
        detail: What is wrong with this body.
    """

    pointer: str
    keyword: str
    code: str
    title: str
    detail: str


def unexplained() -> Violation:
    """The violation of a body that the accept check refused and that the explaining check can't fault."""
    return _violation((), "", _FALLBACK_CODE, {"meaning": "valid"})


def explain(found: Iterable[ValidationError]) -> tuple[Violation, ...]:
    """Say in Telnyx's words what a validator complained of.

    Args:
        found: The complaints, in the order of the schema.

    Returns:
        One violation a field, by pointer. A wrong type hides the rest: a value of the wrong type is in no enum
        and in no range either, and saying so helps nobody.
    """
    kept: dict[str, Violation] = {}
    for error in found:
        violation = _from_error(_sharpest(error))
        earlier = kept.get(violation.pointer)
        if earlier is None or (violation.keyword == "type" and earlier.keyword != "type"):
            kept[violation.pointer] = violation
    return tuple(sorted(kept.values()))


def _sharpest(error: ValidationError) -> ValidationError:
    """What to say of a value that fits no branch of ``anyOf``: what its last branch, the general one, says."""
    while error.validator == "anyOf" and error.context:
        last = max(branch.schema_path[0] for branch in error.context)
        error = next(branch for branch in error.context if branch.schema_path[0] == last)
    return error


def _from_error(error: ValidationError) -> Violation:
    keyword = str(error.validator)
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    path = tuple(error.absolute_path)
    if keyword == "required":
        path = (*path, _missing(error))
    return _violation(path, keyword, _code(keyword, schema), _facts(keyword, schema))


def _missing(error: ValidationError) -> str:
    """The property that a ``required`` complaint is about: the complaint carries it in its message alone.

    One complaint comes for each missing property, in the order of the schema's list.
    """
    names: list[str] = list(cast("Iterable[str]", error.validator_value))
    return next(name for name in names if error.message.startswith(repr(name)))


def _code(keyword: str, schema: Mapping[str, Any]) -> str:
    derived = _KEYWORD_CODES.get(keyword, _FALLBACK_CODE)
    if keyword in {"type", "required"}:
        return derived
    return str(schema.get(CODE_KEYWORD, derived))


def _facts(keyword: str, schema: Mapping[str, Any]) -> dict[str, str]:
    """What a detail may mention, from the schema that was broken."""
    facts = {"meaning": "valid", "type": _type_names(schema.get("type", ""))}
    if keyword == "format" and (known := FORMATS.get(schema["format"])):
        facts["meaning"] = known.meaning
    if keyword in {"enum", "const"}:
        facts["values"] = ", ".join(sorted(map(str, schema.get("enum", [schema.get("const")]))))
    low, high = _BOUNDS.get(_KEYWORD_CODES.get(keyword, ""), ("", ""))
    facts["low"] = str(schema.get(low, "any"))
    facts["high"] = str(schema.get(high, "any"))
    return facts


def _type_names(declared: str | list[str]) -> str:
    return declared if isinstance(declared, str) else " or ".join(declared)


def _violation(path: tuple[str | int, ...], keyword: str, code: str, facts: Mapping[str, str]) -> Violation:
    title, detail = TEXTS[code]
    # an item of a list is called by the list's name
    names = [part for part in path if isinstance(part, str)]
    known = {**facts, "name": names[-1] if names else _ROOT_NAME}
    return Violation(
        pointer=pointer_to(path),
        keyword=keyword,
        code=code,
        title=title.format_map(known),
        detail=detail.format_map(known),
    )


def items(violations: Iterable[Violation]) -> tuple[ErrorItem, ...]:
    """Violations as entries of an error document, for ``errors.Invalid``.

    Args:
        violations: What ``Schemas.check`` found.

    Returns:
        One entry each, in the same order.
    """
    return tuple(
        ErrorItem(code=found.code, title=found.title, detail=found.detail, pointer=found.pointer or None)
        for found in violations
    )
