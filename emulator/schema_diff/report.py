"""Differences sorted by whether they are meant.

Owns the list of meant differences, its file's form, and the report. Must not find differences:
``comparison`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from emulator.core.errors import ConfigError, Problem
from emulator.schema_diff.comparison import compare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from emulator.core.models import JsonValue
    from emulator.schema_diff.comparison import Difference

Expected: TypeAlias = "Mapping[str, str]"
"""A difference's line to the reason why it is meant."""

_ENTRY_KEYS = {"reason", "differences"}

# The C loader reads Telnyx's 220 kB some ten times faster; PyYAML without libyaml has only the other.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a comparison.

    Attributes:
        unexpected: Differences that nobody meant.
        stale: Lines that are listed as meant and no longer occur.
        meant: Differences that are listed, each with its reason.
    """

    unexpected: tuple[Difference, ...]
    stale: tuple[str, ...]
    meant: tuple[tuple[Difference, str], ...]

    @property
    def clean(self) -> bool:
        """Whether everything is as listed."""
        return not self.unexpected and not self.stale

    def lines(self) -> tuple[str, ...]:
        """The report as text.

        Returns:
            A line for each unexpected difference with the operations that it shows in, one for each stale entry,
            and a last one that counts.
        """
        return (
            *(f"unexpected: {found.line}  [{', '.join(found.places)}]" for found in self.unexpected),
            *(f"no longer so: {line}" for line in self.stale),
            f"{len(self.unexpected)} unexpected, {len(self.stale)} no longer so, {len(self.meant)} as listed",
        )


def diff(openapi: JsonValue, schemas: Mapping[str, JsonValue], expected: Expected) -> Report:
    """Compare our schemas with Telnyx's document.

    Args:
        openapi: The OpenAPI 3.1 document, as ``load_yaml`` returns it.
        schemas: Ours by file name, as ``resources.load_schemas`` returns them.
        expected: What is meant, as ``read_expected`` returns it.

    Returns:
        The report.
    """
    found = compare(openapi, schemas)
    lines = {difference.line for difference in found}
    return Report(
        unexpected=tuple(difference for difference in found if difference.line not in expected),
        stale=tuple(line for line in expected if line not in lines),
        meant=tuple(
            (difference, expected[difference.line]) for difference in found if difference.line in expected
        ),
    )


def load_yaml(file: Path) -> JsonValue:
    """Read an OpenAPI document, YAML or JSON.

    Args:
        file: Where it is.

    Returns:
        The document, an object.

    Raises:
        ConfigError: It can't be read, is no YAML, or is no object.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _complaint(str(file), f"can't be read: {error}") from error
    document = _parsed(text, str(file))
    if not isinstance(document, dict):
        raise _complaint(str(file), "is not an OpenAPI document: no object at its top")
    return document


def read_expected(text: str, file: str = "differences.yaml") -> Expected:
    """Read the list of meant differences.

    Args:
        text: YAML: a list of entries, each with a ``reason`` and the ``differences`` that it explains, word for
            word as the report prints them.
        file: Its name, for complaints.

    Returns:
        Line to reason.

    Raises:
        ConfigError: It is not of that form, or lists a line twice.
    """
    expected: dict[str, str] = {}
    for number, entry in enumerate(_entries(_parsed(text, file), file), start=1):
        if (
            not isinstance(entry, dict)
            or entry.keys() != _ENTRY_KEYS
            or not isinstance(entry["differences"], list)
        ):
            raise _complaint(file, f"entry {number} needs a reason and a list of differences, and nothing else")
        for line in entry["differences"]:
            if line in expected:
                raise _complaint(file, f"entry {number} lists again: {line}")
            expected[str(line)] = str(entry["reason"]).strip()
    return expected


def _entries(document: JsonValue, file: str) -> list[JsonValue]:
    if not isinstance(document, list):
        raise _complaint(file, "must be a list of entries")
    return document


def _parsed(text: str, file: str) -> JsonValue:
    try:
        return yaml.load(text, Loader=_SafeLoader)  # noqa: S506 - it is a safe loader, chosen above
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _complaint(file, f"is not YAML: {getattr(error, 'problem', error)}", line, column) from error


def _complaint(file: str, message: str, line: int = 1, column: int = 1) -> ConfigError:
    return ConfigError([Problem(file=file, line=line, column=column, message=message)])
