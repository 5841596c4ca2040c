"""A configuration file: strict YAML, checked against ``schemas/config.schema.json``.

Owns how the file becomes the texts that flags would give. Must not know which layer wins: ``config.py`` does.
Paths in the file count from the file's own folder, so that it may be mounted anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.core.calls.connections import read_connection, wrong_urls
from emulator.core.calls.model import CallState, Connection
from emulator.core.errors import ConfigError, Problem
from emulator.core.formats import is_host
from emulator.core.models import ConnectorFields
from emulator.core.policy import DeclaredCall
from emulator.core.scenario.grammar import Grammar
from emulator.core.yaml_reader import read_yaml
from emulator.options import OPTIONS
from emulator.resources import load_schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from emulator.core.models import JsonValue
    from emulator.core.yaml_reader import Document

SCHEMA_NAME = "config.schema.json"
_PATHS = {
    "scenarios",
    "tls_dir",
    "tls_cert",
    "tls_key",
    "tls_ca",
    "sip_ca",
    "sip_cert",
    "sip_key",
    "wav_inbound",
    "wav_outbound",
}

Declared: TypeAlias = DeclaredCall | Connection | ConnectorFields


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """What a configuration file holds, its shape already checked.

    Attributes:
        texts: Setting to the text, or the texts of a list, that ``Option.read`` takes.
        places: Setting to where it stands: a ``Problem`` without its message.
        declared: Calls, connections and connectors, already read, since no flag can give them.
    """

    texts: Mapping[str, tuple[str, ...]]
    places: Mapping[str, tuple[str, int, int]]
    declared: Mapping[str, tuple[Declared, ...]] = field(default_factory=dict)


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
    problems = _grammar().check(document) or tuple(_wrong(document))
    if problems:
        raise ConfigError(problems)
    return FileSettings(
        texts=dict(_texts(document.value, file.parent)),
        places={key: (str(file), *document.values[key,]) for key in document.value},
        declared={
            name: tuple(map(read, document.value[name]))
            for name, read in _READ.items()
            if document.value.get(name)
        },
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


def _wrong(document: Document) -> Iterator[Problem]:
    """What is wrong with what is declared, beside its structure."""
    for key, name in (("connections", "id"), ("connectors", "name")):
        taken: set[str] = set()
        for index, one in enumerate(document.value.get(key, ())):
            if one[name] in taken:
                yield document.at((key, index, name), f"'{one[name]}' stands here twice")
            taken.add(one[name])
    for index, one in enumerate(document.value.get("connections", ())):
        for name, message in wrong_urls(one):
            yield document.at(("connections", index, name), message)
    for index, one in enumerate(document.value.get("connectors", ())):
        if not is_host(one["host"]):
            yield document.at(("connectors", index, "host"), "must be a host name or an IP address")


def _call(value: Mapping[str, Any]) -> DeclaredCall:
    return DeclaredCall(**{**value, "state": CallState(value.get("state", CallState.ANSWERED))})


def _connection(value: Mapping[str, Any]) -> Connection:
    return read_connection(value["id"], value)


def _connector(value: Mapping[str, Any]) -> ConnectorFields:
    return ConnectorFields(
        name=value["name"], host=value["host"], port=int(value["port"]), app_subdomain=value.get("app_subdomain")
    )


_READ: Mapping[str, Callable[[Mapping[str, Any]], Declared]] = {
    "calls": _call,
    "connections": _connection,
    "connectors": _connector,
}
"""How each of what only a file can declare is read."""
