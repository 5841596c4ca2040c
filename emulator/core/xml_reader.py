"""XML, read safely: bytes in, elements and their places out.

Owns what is XML to the emulator: one document in UTF-8 without a document type, so that there is nothing to expand
and nothing to fetch, within bounds. Must not know any language that is written in it.

The parser is expat, by the standard library. Where a document type begins, its handler refuses, so that no entity
is ever declared (only XML's own five and character references are left) and none can be external; expat itself
opens no file and no connection. ``defusedxml`` sets the same handlers, yet reports no places. The document is
parsed in one piece, within the bound on its bytes: older versions of expat are slow on long tokens in many.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

from emulator.core.errors import Problem, TexmlError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_ELEMENTS = 2_000

_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_SHOWN = 60
_ATTRIBUTE = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")


class Place(NamedTuple):
    """Line and column, both from 1; columns count characters."""

    line: int
    column: int


@dataclass(slots=True)
class Element:
    """An element and what is in it.

    Attributes:
        places: Where each attribute's name begins.
        text: Its own text, its children's left out.
    """

    name: str
    place: Place
    attributes: Mapping[str, str]
    places: Mapping[str, Place]
    children: list[Element] = field(default_factory=list)
    text: str = ""


class _Refused(Exception):
    """What a handler stops the parser by."""

    def __init__(self, message: str, place: Place) -> None:
        self.message = message
        self.place = place
        super().__init__(message)


def read_xml(source: bytes, *, file: str) -> Element:
    """The root element of a document.

    Args:
        source: The document.
        file: The name that problems carry.

    Raises:
        TexmlError: It is no XML, has a document type, is in another encoding than UTF-8, or is over a bound.
    """
    try:
        return _Reader(source).read()
    except _Refused as refused:
        problem = Problem(file=file, line=refused.place.line, column=refused.place.column, message=refused.message)
        raise TexmlError([problem]) from None


class _Reader:
    """One parse."""

    def __init__(self, source: bytes) -> None:
        """Ready the parser, its handlers in place before a byte is seen."""
        # columns count from what a reader sees first
        self._source = source.removeprefix(BOM_UTF8)
        self._open: list[Element] = []
        self._root: Element | None = None
        self._elements = 0
        # as UTF-8 whatever it says of itself: what it says is checked where it says so
        self._parser = parser = expat.ParserCreate("UTF-8")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def read(self) -> Element:
        if len(self._source) > MAX_BYTES:
            raise _Refused(f"it is larger than {MAX_BYTES} bytes", Place(1, 1))
        self._must_be_utf8()
        try:
            self._parser.Parse(self._source, True)
        except expat.ExpatError as error:
            what = expat.errors.messages[error.code]
            raise _Refused(f"this is not XML: {what}", Place(error.lineno, error.offset + 1)) from None
        assert self._root is not None  # noqa: S101 - expat takes no document without an element
        return self._root

    def _must_be_utf8(self) -> None:
        """Expat reads UTF-16 although it is told otherwise; no text of XML's has a NUL, and all of UTF-16's do."""
        if self._source.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            raise _Refused("write it in UTF-8, not in UTF-16", Place(1, 1))
        before, nul, _ = self._source.partition(b"\0")
        if nul:
            raise _Refused("write it in UTF-8: there are NULs in it", _moved(Place(1, 1), before))
        try:
            self._source.decode()
        except UnicodeDecodeError as error:
            raise _Refused("write it in UTF-8", _moved(Place(1, 1), self._source[: error.start])) from None

    def _place(self) -> Place:
        return Place(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise _Refused(f"write it in UTF-8, not in {encoding[:_SHOWN]}", self._place())

    def _doctype(self, *_declared: object) -> None:
        raise _Refused("a document type (<!DOCTYPE>) is refused, and with it every entity", self._place())

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise _Refused(f"it has more than {MAX_ELEMENTS} elements", self._place())
        if len(self._open) >= MAX_DEPTH:
            raise _Refused(f"it is nested deeper than {MAX_DEPTH} levels", self._place())
        places = dict(self._attribute_places()) if attributes else {}
        element = Element(name, self._place(), attributes, places)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text += text

    def _attribute_places(self) -> Iterator[tuple[str, Place]]:
        """Expat tells where a tag begins; it is sound, so its attributes follow one another."""
        start = self._parser.CurrentByteIndex
        at = start + len(re.match(rb"<[^\s/>]+", self._source[start:])[0])  # type: ignore[index] # a tag begins so
        place, done = self._place(), start
        while (found := _ATTRIBUTE.match(self._source, at)) is not None:
            place = _moved(place, self._source[done : found.start(1)])
            yield found[1].decode(), place
            done, at = found.start(1), found.end()


def _moved(place: Place, passed: bytes) -> Place:
    """The place behind some bytes that begin at another."""
    breaks = [one.end() for one in _LINE_BREAK.finditer(passed)]
    after = passed[breaks[-1] :] if breaks else passed
    column = (1 if breaks else place.column) + len(after.decode("utf-8", "replace"))
    return Place(place.line + len(breaks), column)
