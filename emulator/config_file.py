"""A configuration file: strict YAML, checked against ``schemas/config.schema.json``.

Owns how the file becomes the texts that flags would give. Must not know which layer wins: ``config.py`` does.
Paths in the file count from the file's own folder, so that it may be mounted anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from emulator.core.calls.model import CallState
from emulator.core.errors import ConfigError, Problem
from emulator.core.policy import DeclaredCall
from emulator.core.scenario.grammar import Grammar
from emulator.core.yaml_reader import read_yaml
from emulator.options import OPTIONS
from emulator.resources import load_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from emulator.core.models import JsonValue

SCHEMA_NAME = "config.schema.json"
_PATHS = {"scenarios", "tls_dir", "tls_cert", "tls_key", "tls_ca"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """What a configuration file holds, its shape already checked.

    Attributes:
        texts: Setting to the text, or the texts of a list, that ``Option.read`` takes.
        places: Setting to where it stands: a ``Problem`` without its message.
        calls: Already read, since no flag can give them.
    """

    texts: Mapping[str, tuple[str, ...]]
    places: Mapping[str, tuple[str, int, int]]
    calls: tuple[DeclaredCall, ...] = ()


def read_config_file(file: Path) -> FileSettings:
    """The settings that a file gives.

    Raises:
        ConfigError: The file can't be read, is not YAML, or breaks the schema; every complaint has its place.
    """
    try:
        source = file.read_bytes()
    except OSError as error:
        raise ConfigError(
            [Problem(file=str(file), line=0, column=0, message=f"can't be read: {error.strerror}")]
        ) from None
    document = read_yaml(source, file=str(file), error=ConfigError)
    problems = _grammar().check(document)
    if problems:
        raise ConfigError(problems)
    return FileSettings(
        texts=dict(_texts(document.value, file.parent)),
        places={key: (str(file), *document.values[key,]) for key in document.value},
        calls=tuple(map(_call, document.value.get("calls", ()))),
    )


@cache
def _grammar() -> Grammar:
    return Grammar(load_schemas()[SCHEMA_NAME])


def _texts(value: Mapping[str, JsonValue], folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each setting as the texts that a flag would give."""
    for option in OPTIONS:
        if option.name not in value:
            continue
        given = value[option.name]
        texts = tuple(map(str, given)) if isinstance(given, list) else (str(given),)
        if option.name in _PATHS:
            texts = tuple(str(folder / text) for text in texts)
        elif option.name == "signing_key" and texts[0].startswith("@"):
            texts = (f"@{folder / texts[0][1:]}",)
        yield option.name, texts


def _call(value: Mapping[str, Any]) -> DeclaredCall:
    return DeclaredCall(**{**value, "state": CallState(value.get("state", CallState.ANSWERED))})
