"""Strict YAML: bytes in, plain values out, and the place of every key and value.

Owns what is YAML to the emulator: one document, text keys, no duplicates, and only those scalars that YAML 1.1 and
YAML 1.2 read alike, so that no tool and no reader can take a value for another. Must not know any language that is
written in it: scenarios and the configuration file check their own grammar on what is returned.

What YAML 1.1 would read otherwise (``yes``, ``on``, ``1:30``, ``010``, ``1_000``, dates) is refused when it stands
unquoted, with the advice to quote it; see YAML 1.2.2 section 10.3 for the core schema that remains.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias

import yaml

from emulator.core.errors import LanguageError, Problem, ScenarioError
from emulator.core.yaml_scalars import Refusal, read_plain, read_tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.models import JsonValue

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 50_000
"""After aliases are expanded: what stops a few lines from becoming gigabytes."""

MAX_PROBLEMS = 100

TOO_DEEP = f"it is nested deeper than {MAX_DEPTH} levels"

_TOO_DEEP_FOR_LIBYAML = "exceeded maximum nesting depth"
"""Said of a thousand levels on one line, which newer scanners read ahead of the first event."""

Path: TypeAlias = tuple[str | int, ...]
"""The way from the root to a value: keys and list indexes, as a JSON pointer names them."""

_LOADERS: Mapping[bool, Any] = {True: getattr(yaml, "CSafeLoader", yaml.SafeLoader), False: yaml.SafeLoader}
_CORE_TAGS = "tag:yaml.org,2002:"

_REFUSED = object()
"""Stands for a scalar that was complained about, so that a key isn't complained about twice."""

_UNPRINTABLE = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\\ufeff\\ufffe\\uffff]"
)
_SURROGATE = re.compile("[\\ud800-\\udfff]")
_LINE_BREAK = re.compile("\\r\\n|[\\n\\r\\x85\\u2028\\u2029]")
_SYNTAX_HINTS = (
    ("\t", "a tab can't indent: use spaces"),
    ("@", "text that starts with @ needs quotes"),
    ("`", "text that starts with ` needs quotes"),
    ("%", "text that starts with % needs quotes"),
)
_COLON_HINT = "; text that contains ': ' needs quotes, or the line is indented wrongly"
_PARSER_HINTS: Mapping[str, str] = {
    "mapping values are not allowed here": _COLON_HINT,
    "mapping values are not allowed in this context": _COLON_HINT,
    "did not find expected <document start>": "; the lines above are not indented alike",
}


class Place(NamedTuple):
    """Line and column, both from 1; columns count characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says, and where.

    Attributes:
        file: The name that problems carry.
        value: None, bool, int, float, str, list and dict. What an alias names is there again, as a copy.
        values: The place of each value; below an alias, where the anchored text stands.
        keys: The place of each key, by the path of its value.
    """

    file: str
    value: JsonValue
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]

    def at(self, path: Path, message: str) -> Problem:
        """A complaint about the value at ``path``, or about the nearest thing around it that has a place."""
        while path not in self.values:
            path = path[:-1]
        return self._problem(self.values[path], message)

    def at_key(self, path: Path, message: str) -> Problem:
        """A complaint about the key whose value is at ``path``; about the value where there is no key."""
        place = self.keys.get(path)
        return self._problem(place, message) if place else self.at(path, message)

    def _problem(self, place: Place, message: str) -> Problem:
        return Problem(file=self.file, line=place.line, column=place.column, message=message)


def read_yaml(
    source: bytes | str, *, file: str, error: type[LanguageError] = ScenarioError, compiled: bool = True
) -> Document:
    """Read one strict YAML document.

    Args:
        source: At most 1 MiB, UTF-8 where it is bytes; a byte order mark is skipped.
        file: Named in every problem.
        error: What to raise.
        compiled: Use libyaml's parser where PyYAML has it. The other reads the same; tests compare them.

    Returns:
        Values and places.

    Raises:
        LanguageError: An ``error`` with every problem found, at most 100. A syntax error ends the reading.
    """
    reader = _Reader(file)
    try:
        text = reader.decode(source)
        root = reader.document(_events(text, _LOADERS[compiled]))
    except _Stop:
        raise error(reader.problems) from None
    except yaml.MarkedYAMLError as broken:
        raise error([*reader.problems, reader.syntax(broken)]) from None
    except (yaml.YAMLError, ValueError, OverflowError) as broken:
        # The pure parser lets what int() and chr() raise through.
        raise error([*reader.problems, reader.problem(Place(1, 1), f"this is not YAML: {broken}")]) from None
    if reader.problems:
        raise error(reader.problems)
    expander = _Expander()
    try:
        value = expander.expand(root, ())
    except _Stop:
        raise error(
            [
                reader.problem(
                    root.place, f"with its aliases expanded it has over {MAX_NODES} values or is too deep"
                )
            ]
        ) from None
    return Document(file=file, value=value, values=expander.values, keys=expander.keys)


class _Stop(Exception):
    """Reading can't go on; the problems say why."""


@dataclass(slots=True)
class _Node:
    """One value before aliases are expanded."""

    place: Place
    scalar: JsonValue = None
    items: list[_Node] | None = None
    entries: dict[str, tuple[Place, _Node]] | None = None


def _events(text: str, loader: Any) -> Iterator[yaml.Event]:  # noqa: ANN401 - PyYAML's parsers share no base
    """The parser's events, one at a time, so that bounds hold before a hostile file is wholly parsed."""
    parser = loader(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


class _Reader:
    """Builds nodes from events and keeps the problems it meets."""

    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._anchors: dict[str | None, _Node | None] = {}
        self._text = ""
        self._nodes = 0

    def problem(self, place: Place, message: str) -> Problem:
        return Problem(file=self._file, line=place.line, column=place.column, message=message)

    def syntax(self, broken: yaml.MarkedYAMLError) -> Problem:
        """The parser's own complaint, with what was probably meant where that can be told."""
        place = _place(broken.problem_mark or broken.context_mark)
        lines = _LINE_BREAK.split(self._text)
        rest = lines[place.line - 1][place.column - 1 :] if place.line <= len(lines) else ""
        for hint, message in _SYNTAX_HINTS:
            if rest.startswith(hint):
                return self.problem(place, message)
        said = broken.problem or "it ends in the middle"
        if said == _TOO_DEEP_FOR_LIBYAML:
            return self.problem(place, TOO_DEEP)
        hint = _PARSER_HINTS.get(said, "")
        return self.problem(place, f"this is not YAML: {said}{hint}")

    def decode(self, source: bytes | str) -> str:
        """Text without byte order mark, all of it allowed in YAML."""
        if isinstance(source, bytes):
            source = self._decode_bytes(source)
        self._text = text = source.removeprefix("\ufeff")
        if len(text) > MAX_BYTES:
            self._stop(Place(1, 1), f"the file is larger than {MAX_BYTES} bytes")
        bad = _UNPRINTABLE.search(text)
        if bad:
            self._stop(
                _place_of(text, bad.start()),
                f'U+{ord(bad.group()):04X} can\'t stand in YAML: write "\\x.." or leave it out',
            )
        return text

    def _decode_bytes(self, source: bytes) -> str:
        if len(source) > MAX_BYTES:
            self._stop(Place(1, 1), f"the file is larger than {MAX_BYTES} bytes")
        if source.startswith((b"\xff\xfe", b"\xfe\xff")):
            self._stop(Place(1, 1), "the file is UTF-16: save it as UTF-8")
        try:
            return source.decode()
        except UnicodeDecodeError as broken:
            before = source[: broken.start].decode().removeprefix("\ufeff")
            self._stop(_place_of(before, len(before)), "these bytes are not UTF-8: save the file as UTF-8")

    def document(self, events: Iterator[yaml.Event]) -> _Node:
        """The one document of the stream."""
        next(events)
        start = next(events)
        if not isinstance(start, yaml.DocumentStartEvent):
            self._stop(Place(1, 1), "the file is empty")
        if start.version not in {None, (1, 2)}:
            self._stop(_place(start.start_mark), "only YAML 1.2 is read: leave the %YAML line out")
        root = self._node(next(events), events, 1)
        next(events)
        after = next(events)
        if isinstance(after, yaml.DocumentStartEvent):
            self._stop(_place(after.start_mark), "a second document starts here: one file holds one")
        return root

    def _node(self, event: Any, events: Iterator[yaml.Event], depth: int) -> _Node:  # noqa: ANN401 - typed by isinstance
        place = _place(event.start_mark)
        self._nodes += 1
        if depth > MAX_DEPTH:
            self._stop(place, TOO_DEEP)
        if self._nodes > MAX_NODES:
            self._stop(place, f"it has over {MAX_NODES} values")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor, place)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = _Node(place, scalar=self._scalar(event, place))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event.tag, "seq", place)
            node = _Node(place, items=self._items(events, depth))
        else:
            self._check_tag(event.tag, "map", place)
            node = _Node(place, entries=self._entries(events, depth))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, anchor: str | None, place: Place) -> _Node:
        node = self._anchors.get(anchor)
        if node is None:
            reason = "contains itself" if anchor in self._anchors else "is not anchored above"
            self._complain(place, f"'*{anchor}' {reason}")
            return _Node(place)
        return node

    def _items(self, events: Iterator[yaml.Event], depth: int) -> list[_Node]:
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, depth + 1))
        return items

    def _entries(self, events: Iterator[yaml.Event], depth: int) -> dict[str, tuple[Place, _Node]]:
        entries: dict[str, tuple[Place, _Node]] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            place = _place(event.start_mark)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key.scalar, str):
                if key.scalar is not _REFUSED:
                    self._complain(place, "a key is text: quote it")
            elif key.scalar in entries:
                first = entries[key.scalar][0]
                self._complain(place, f"the key '{key.scalar}' stands at line {first.line} already")
            else:
                entries[key.scalar] = (place, value)
        return entries

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> JsonValue:
        text, tag, plain = event.value, event.tag, not event.style
        if _SURROGATE.search(text):
            self._complain(place, "half of a surrogate pair is no character: write the whole one")
            return _REFUSED
        try:
            if tag is None:
                return read_plain(text) if plain else text
            if tag.startswith(_CORE_TAGS):
                return read_tagged(tag.removeprefix(_CORE_TAGS), text, plain=plain)
            self._check_tag(tag, "str", place)
        except Refusal as refusal:
            self._complain(place, str(refusal))
            return _REFUSED
        return text

    def _check_tag(self, tag: str | None, kind: str, place: Place) -> None:
        if tag not in {None, "!", _CORE_TAGS + kind}:
            shown = str(tag).replace(_CORE_TAGS, "!!")
            self._complain(place, f"the tag '{shown}' is not used here: leave it out")

    def _complain(self, place: Place, message: str) -> None:
        self.problems.append(self.problem(place, message))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Stop

    def _stop(self, place: Place, message: str) -> NoReturn:
        self.problems.append(self.problem(place, message))
        raise _Stop


class _Expander:
    """Turns nodes into values, aliases included, and notes every place."""

    def __init__(self) -> None:
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}

    def expand(self, node: _Node, path: Path) -> JsonValue:
        if len(self.values) >= MAX_NODES or len(path) >= MAX_DEPTH:
            raise _Stop
        self.values[path] = node.place
        if node.items is not None:
            return [self.expand(item, (*path, index)) for index, item in enumerate(node.items)]
        if node.entries is None:
            return node.scalar
        value = {}
        for key, (place, child) in node.entries.items():
            below = (*path, key)
            self.keys[below] = place
            value[key] = self.expand(child, below)
        return value


def _place(mark: Any) -> Place:  # noqa: ANN401 - libyaml's marks and PyYAML's share no base
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _place_of(text: str, index: int) -> Place:
    lines = _LINE_BREAK.split(text[:index])
    return Place(len(lines), len(lines[-1]) + 1)
