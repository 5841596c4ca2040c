"""What is written as ``field=value`` on a command line, and files that hold what is too long for one.

Owns their reading. Must not know what a field means, except how a question's fields are spelled.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Pair: TypeAlias = tuple[str, str]

_PARTS = ("headers", "body", "payload")
"""Of a question: what follows the dot is a field inside."""

_NUMBERS = frozenset({"status", "violations", "attempts"})


def read_pairs(_ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[Pair, ...]:
    """Each ``field=value``, split at its first ``=``, as click's callback reads them.

    Raises:
        click.BadParameter: One has no field or no ``=``.
    """
    pairs = [text.partition("=") for text in given]
    for (field, equals, _), text in zip(pairs, given, strict=True):
        if not field or not equals:
            raise click.BadParameter(f"{text!r} is not of the form field=value")
    return tuple((field, value) for field, _, value in pairs)


def fields(pairs: Iterable[Pair]) -> dict[str, object]:
    """Fields of a body or a payload: a value is read as JSON where it is JSON, else as text.

    Raises:
        click.UsageError: A field stands there twice.
    """
    return _once((name, json_or_text(text)) for name, text in pairs)


def matchers(pairs: Iterable[Pair]) -> dict[str, object]:
    """A question's matchers: ``body.a=1`` is the field ``a`` of the body.

    Inside of bodies and payloads values are read as ``fields`` reads them. Elsewhere fields are texts and some are
    numbers, so that ``call_control_id=1`` means what it says; a JSON object there is a comparison such as
    ``{"prefix": "v3:"}``, a list names several.

    Raises:
        click.UsageError: A field stands there twice.
    """
    flat = _once((name, _matcher(name, text)) for name, text in pairs)
    nested: dict[str, object] = {}
    inside: dict[str, dict[str, object]] = {}
    for name, value in flat.items():
        part, dot, field = name.partition(".")
        if part in _PARTS and dot:
            inside.setdefault(part, {})[field] = value
        else:
            nested[name] = value
    return {**nested, **inside}


def json_or_text(text: str) -> object:
    """What a text says as JSON, else the text itself."""
    try:
        read: object = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    return read


def _refuse(text: str) -> object:
    """``NaN`` and ``Infinity`` are Python's, not JSON's (RFC 8259 section 6)."""
    raise ValueError(text)


def _matcher(name: str, text: str) -> object:
    value = json_or_text(text)
    free = name.startswith(("body.", "payload.")) or name in _NUMBERS
    return value if free or isinstance(value, (dict, list)) else text


def _once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    read: dict[str, object] = {}
    for name, value in pairs:
        if name in read:
            raise click.UsageError(f"'{name}' is given twice")
        read[name] = value
    return read


def read_file(file: str) -> dict[str, object]:
    """The mapping that a file of YAML or JSON holds.

    Args:
        file: Its path; ``-`` is standard input.

    Raises:
        click.UsageError: There is no such file, or it holds no mapping.
        LanguageError: It is not strict YAML, with every problem's place.
    """
    from emulator.core.yaml_reader import read_yaml  # noqa: PLC0415 - YAML only for a file

    read: Callable[[], bytes] = sys.stdin.buffer.read if file == "-" else Path(file).read_bytes
    try:
        source = read()
    except OSError as error:
        raise click.UsageError(f"can't read {file}: {error.strerror}") from None
    value = read_yaml(source, file="standard input" if file == "-" else file).value
    if not isinstance(value, dict):
        raise click.UsageError(f"{file} holds no mapping")
    return value
