"""Templates: ``${path}`` and ``${path | "fallback"}`` in text, filled in from a dictionary.

Owns the notation and the walk. A template can't compute, call, index or reach an attribute: a path is looked up
name by name in mappings, and what is found is put in as it is, never read as a template again. Must not know
which paths there are: ``scenario/paths.py`` checks that at load, the engine makes the context.

``$${`` stands for a literal ``${``. A text that is one template and nothing else takes the value's JSON type;
inside other text a value is written as JSON writes it, text without its quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import JsonValue

MAX_OUTPUT = 256 * 1024
"""Characters that one rendering may put in, all fields together."""

_MAX_DEPTH = 64
_TEMPLATE = re.compile(
    r"""\$(?:\$\{            # an escape
    |\{[ \t]*
     ([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)
     [ \t]*
     (?:\|[ \t]*("(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"|null|true|false|-?[0-9]{1,15})[ \t]*)?
     \}
    |\{)                     # the start of none of these
    """,
    re.VERBOSE,
)

Context: TypeAlias = "Mapping[str, JsonValue | Callable[[], JsonValue]]"
"""What paths are looked up in. A callable, at any level, is called when a path reaches it and gives the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One ``${...}``.

    Attributes:
        path: Its names, in order.
        offset: Where in the text it starts, in characters.
        fallback: Taken where the path leads nowhere or to null.
        has_fallback: Whether one was written; null can be one.
    """

    path: tuple[str, ...]
    offset: int
    fallback: JsonValue = None
    has_fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text, taken apart.

    Attributes:
        parts: Literal text and lookups, in order.
        faults: Offsets of ``${`` that start nothing readable; rendering leaves them as they are.
    """

    parts: tuple[str | Lookup, ...]
    faults: tuple[int, ...] = ()

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """What the text looks up."""
        return tuple(part for part in self.parts if isinstance(part, Lookup))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What came of a rendering.

    Attributes:
        value: The value with its templates filled in.
        missing: Paths that led nowhere and had no fallback; each field that named one is null.
        oversize: Paths whose value did not fit ``MAX_OUTPUT``; each field that named one is null.
    """

    value: JsonValue
    missing: tuple[str, ...] = ()
    oversize: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """Take a text apart.

    Args:
        text: Any text.

    Returns:
        Its parts; text without ``${`` is one literal part. Never raises: what can't be read is in ``faults``.
    """
    parts: list[str | Lookup] = []
    faults: list[int] = []
    literal, end = "", 0
    for found in _TEMPLATE.finditer(text):
        literal += text[end : found.start()]
        end = found.end()
        path, fallback = found.groups()
        if path is None:
            literal += "${"
            if found.group() == "${":
                faults.append(found.start())
            continue
        if literal:
            parts.append(literal)
            literal = ""
        parts.append(
            Lookup(
                path=tuple(path.split(".")),
                offset=found.start(),
                fallback=None if fallback is None else json.loads(fallback),
                has_fallback=fallback is not None,
            )
        )
    literal += text[end:]
    if literal:
        parts.append(literal)
    return Template(parts=tuple(parts), faults=tuple(faults))


def render(value: JsonValue, context: Context) -> Rendered:
    """Fill in every template of a JSON value.

    Args:
        value: Text is rendered; lists and mappings are walked (keys are left alone); the rest stays as it is.
        context: Names to values, nested as paths are.

    Returns:
        The value and what was missing. What came from the context is not copied and not rendered again.
    """
    if isinstance(value, str) and "${" not in value:
        return Rendered(value=value)
    work = _Rendering(context)
    rendered = work.value(value)
    return Rendered(value=rendered, missing=tuple(work.missing), oversize=tuple(work.oversize))


class _Absent(Exception):
    """A path leads nowhere, or to more than fits; the rendering has noted which."""


class _Rendering:
    """One call of ``render``: what it may still put in, and what it could not."""

    def __init__(self, context: Context) -> None:
        self.missing: list[str] = []
        self.oversize: list[str] = []
        self._context = context
        self._room = MAX_OUTPUT

    def value(self, value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {key: self.value(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        return value

    def _text(self, text: str) -> JsonValue:
        if "${" not in text:
            return text
        parts = parse_template(text).parts
        try:
            if len(parts) == 1 and isinstance(parts[0], Lookup):
                return self._found(parts[0])
            return "".join(part if isinstance(part, str) else _as_text(self._found(part)) for part in parts)
        except _Absent:
            return None

    def _found(self, lookup: Lookup) -> JsonValue:
        reached: JsonValue = self._context
        for name in lookup.path:
            if not isinstance(reached, Mapping) or name not in reached:
                return self._fallback(lookup)
            reached = reached[name]
            if callable(reached):
                reached = reached()
        if reached is None and lookup.has_fallback:
            return lookup.fallback
        self._room -= _size(reached, self._room)
        if self._room < 0:
            self._room = 0
            self.oversize.append(".".join(lookup.path))
            raise _Absent
        return reached

    def _fallback(self, lookup: Lookup) -> JsonValue:
        if lookup.has_fallback:
            return lookup.fallback
        self.missing.append(".".join(lookup.path))
        raise _Absent


def _as_text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _size(value: JsonValue, room: int) -> int:
    """About how many characters the value takes as JSON; counting ends once it is more than ``room``."""
    if isinstance(value, str):
        return len(value)
    size = 0
    level = [value]
    for _ in range(_MAX_DEPTH):
        deeper: list[JsonValue] = []
        for item in level:
            size += len(item) if isinstance(item, str) else 8
            if isinstance(item, Mapping):
                size += sum(map(len, item))
                deeper.extend(item.values())
            elif isinstance(item, (list, tuple)):
                deeper.extend(item)
            if size > room:
                return size
        if not deeper:
            return size
        level = deeper
    return room + 1
