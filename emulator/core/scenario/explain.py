"""Violations of a schema in plain words: what is wrong, where, and what was probably meant.

Owns the wording. Must not decide what is valid: the schema does, through ``jsonschema``. Imported only once a
document was refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from emulator.core.scenario.suggest import did_you_mean
from emulator.core.yaml_reader import MAX_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema import ValidationError

    from emulator.core.errors import Problem
    from emulator.core.models import JsonValue
    from emulator.core.scenario.draft import Located
    from emulator.core.yaml_reader import Path

_SHOWN = 60
_TYPES: Mapping[str, str] = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _items(
    validator: Any,  # noqa: ANN401 - as jsonschema hands it on
    items: Mapping[str, JsonValue],
    instance: JsonValue,
    schema: Mapping[str, Any],
) -> Iterator[ValidationError]:
    """Look at a list's items as far as it may be long: each costs time, and that it is too long is told anyway."""
    if isinstance(instance, list):
        instance = instance[: schema.get("maxItems")]
    yield from Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema)


# jsonschema's types leave this function out
_Explainer = extend(Draft202012Validator, {"items": _items})  # type: ignore[no-untyped-call]


def explain(schema: Mapping[str, JsonValue], document: Located) -> tuple[Problem, ...]:
    """Every violation of the schema, in words.

    Args:
        schema: JSON Schema 2020-12.
        document: What was refused.

    Returns:
        Problems in the order of the file, none twice, at most ``MAX_PROBLEMS``.
    """
    errors = _Explainer(schema).iter_errors(document.value)
    problems = (problem for error in errors for problem in _problems(_violation(error), document))
    return tuple(sorted(set(islice(problems, MAX_PROBLEMS))))


def shown(value: JsonValue) -> str:
    """A value as a message names it, cut where it is long."""
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str)
    text = text.replace("\n", "\\n")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 4] + "...'"


class _Violation(NamedTuple):
    """What the wording needs of a ValidationError, without the types that say it may be unset."""

    keyword: str
    wanted: Any
    instance: JsonValue
    schema: Mapping[str, Any]
    message: str
    path: Path
    is_key: bool


def _violation(error: ValidationError) -> _Violation:
    return _Violation(
        keyword=str(error.validator),
        wanted=error.validator_value,
        instance=error.instance,
        schema=error.schema if isinstance(error.schema, Mapping) else {},
        message=error.message,
        path=tuple(error.absolute_path),
        is_key="propertyNames" in error.absolute_schema_path,
    )


def _problems(error: _Violation, document: Located) -> Iterator[Problem]:
    if error.keyword == "additionalProperties":
        for key in _unknown(error.instance, error.schema):
            yield document.at_key((*error.path, key), _unknown_key(key, error.schema))
    elif error.is_key:
        yield document.at_key((*error.path, error.instance), _message(error))
    else:
        yield document.at(error.path, _message(error))


def _unknown(instance: Mapping[str, JsonValue], schema: Mapping[str, JsonValue]) -> list[str]:
    return [key for key in instance if key not in schema.get("properties", {})]


def _unknown_key(key: str, schema: Mapping[str, JsonValue]) -> str:
    known = schema["properties"]
    hint = did_you_mean(key, known) or f"; it has {', '.join(known)}"
    return f"{schema.get('title', 'this')} has no key {shown(key)}{hint}"


def _message(error: _Violation) -> str:
    written = error.schema.get("errorMessage")
    if written and not (error.keyword == "type" and error.schema.get("type") == "object"):
        return f"{written}{_nearest_key(error.instance, error.schema)}"
    worded = _WORDING.get(error.keyword)
    return worded(error) if worded else error.message


def _nearest_key(instance: JsonValue, schema: Mapping[str, JsonValue]) -> str:
    if not isinstance(instance, Mapping):
        return f": {shown(instance)} is not" if isinstance(instance, str) else ""
    guesses = (did_you_mean(key, schema.get("properties", {})) for key in _unknown(instance, schema))
    return next(filter(None, guesses), "")


def _type(error: _Violation) -> str:
    wanted = error.wanted
    names = [_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    found = _kind(error.instance)
    advice = (
        "; quote it" if wanted == "string" and found in {"a number", "a whole number", "true or false"} else ""
    )
    return f"expected {' or '.join(names)}, found {found}{advice}"


def _kind(value: JsonValue) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return _TYPES[name]
    return _TYPES["null" if value is None else "object"]


def _enum(error: _Violation) -> str:
    allowed = [str(value) for value in dict.fromkeys(map(str, error.wanted))]
    hint = did_you_mean(str(error.instance), allowed)
    what = error.schema.get("title", "allowed here")
    return f"{shown(error.instance)} is not {what}: {', '.join(allowed)}{hint}"


def _required(error: _Violation) -> str:
    missing = next(key for key in error.wanted if f"'{key}'" in error.message)
    return f"{error.schema.get('title', 'this')} needs '{missing}'"


def _dependent(error: _Violation) -> str:
    key, needed = next((key, needed) for key, needed in error.wanted.items() if key in error.instance)
    return f"'{key}' needs '{needed[0]}' beside it"


_WORDING: Mapping[str, Callable[[_Violation], str]] = {
    "type": _type,
    "enum": _enum,
    "required": _required,
    "dependentRequired": _dependent,
    "const": lambda error: f"expected {shown(error.wanted)}, found {shown(error.instance)}",
    "pattern": lambda error: f"{shown(error.instance)} is not of the form {error.wanted}",
    "minimum": lambda error: f"{shown(error.instance)} is below {error.wanted}, the least",
    "exclusiveMinimum": lambda error: f"{shown(error.instance)} is not above {error.wanted}",
    "maximum": lambda error: f"{shown(error.instance)} is above {error.wanted}, the most",
    "minItems": lambda error: f"the list needs at least {error.wanted}",
    "maxItems": lambda error: f"the list has over {error.wanted}",
    "minProperties": lambda _: "it is empty: fill it in, or leave it out",
    "maxProperties": lambda error: f"it has over {error.wanted} keys",
    "minLength": lambda _: "the text is empty",
    "maxLength": lambda error: f"the text is longer than {error.wanted} characters",
}
