"""The files that come with the emulator: JSON Schemas, built-in scenarios, and the live page.

Owns where they are: beside the package in a checkout, inside it when installed (the wheel maps them there), the
page inside it always; and which files a user means who names folders. Other modules open no file of the package.
Must not know what the files mean.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from emulator.core.models import JsonValue

_PACKAGE = Path(__file__).resolve().parent
_SCHEMA_GLOB = "*.schema.json"


def _directory(name: str) -> Path:
    """Inside the package where it was installed, beside it in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


@cache
def load_schemas() -> Mapping[str, JsonValue]:
    """Read every JSON Schema.

    Returns:
        File name (``request.siprec_start.schema.json``) to parsed document, by name. Read once a process.
    """
    files = sorted(_directory("schemas").glob(_SCHEMA_GLOB))
    return MappingProxyType({file.name: orjson.loads(file.read_bytes()) for file in files})


def schema_text(name: str) -> bytes:
    """The bytes of one JSON Schema, as they are published.

    Args:
        name: File name, as ``load_schemas`` has it.

    Returns:
        UTF-8 JSON.

    Raises:
        KeyError: No schema has that file name; names with a path in them are none.
    """
    if name not in load_schemas():
        raise KeyError(name)
    return (_directory("schemas") / name).read_bytes()


def scenario_files() -> tuple[Path, ...]:
    """Where the built-in scenarios are.

    Returns:
        The YAML files, by name.
    """
    return tuple(sorted(_directory("scenarios").glob("*.yaml")))


@cache
def page_files() -> Mapping[str, bytes]:
    """Read the live page.

    Returns:
        File name (``index.html``) to content. Read once a process, when it is first asked for.
    """
    folder = _PACKAGE / "web" / "inspector" / "static"
    return MappingProxyType({file.name: file.read_bytes() for file in sorted(folder.iterdir())})


def files_below(paths: Iterable[Path]) -> Iterator[Path]:
    """A user's scenario files.

    Args:
        paths: Files and folders.

    Returns:
        Files as they are, also such as don't exist; of a folder its YAML files, by name.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.suffix in {".yaml", ".yml"})
        else:
            yield path


def expected_differences() -> str:
    """The text of ``schemas/differences.yaml``: where our schemas differ from Telnyx's document on purpose.

    Returns:
        YAML.
    """
    return (_directory("schemas") / "differences.yaml").read_text(encoding="utf-8")
