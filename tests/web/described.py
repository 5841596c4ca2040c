"""The document at /_emulator/openapi.json, and whether a value is as it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator, FormatChecker

from emulator.core.formats import FORMATS
from emulator.resources import load_schemas
from emulator.web.openapi import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.models import JsonValue


DOCUMENT = describe(load_schemas(), "1.2.3")


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, known in FORMATS.items():
        checker.checks(name)(known.holds)
    return checker


def complaints(schema: JsonValue, value: JsonValue) -> list[str]:
    """What a value breaks of a schema whose references point into the document."""
    rooted = {**schema, "components": DOCUMENT["components"]}
    validator = Draft202012Validator(rooted, format_checker=_formats())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def operations() -> Iterator[tuple[str, str, JsonValue]]:
    """Path, method and description of each operation."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation
