"""XML of a recording session, read safely: bytes in, elements with their namespaces out.

Owns the resolving of prefixes (Namespaces in XML 1.0, section 6). Must not know recording metadata; the core's
reader refuses document types, entities and everything over its bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledMetadata, TexmlError
from emulator.core.xml_reader import read_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.xml_reader import Element

_XML = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An element.

    Attributes:
        namespace: Empty where it is in none.
        name: Without prefix.
        attributes: Those without a prefix by their name, and ``xml:`` ones with theirs.
        text: Its own, its children's left out.
        line: Where it begins, from 1.
    """

    namespace: str
    name: str
    attributes: Mapping[str, str]
    children: tuple[Node, ...]
    text: str
    line: int

    def every(self, name: str) -> tuple[Node, ...]:
        """The children of a name that are in its own namespace, in order."""
        return tuple(one for one in self.children if one.name == name and one.namespace == self.namespace)


def read_node(data: bytes) -> Node:
    """The root element of a document.

    Raises:
        GarbledMetadata: It is no XML in UTF-8, has a document type, is over a bound of the reader, or has a prefix
            that stands for nothing.
    """
    try:
        root = read_xml(data, file="metadata")
    except TexmlError as error:
        problem = error.problems[0]
        raise GarbledMetadata(f"line {problem.line}: {problem.message}") from None
    return _resolved(root, {"xml": _XML, "": ""})


def _resolved(element: Element, outer: Mapping[str, str]) -> Node:
    scope = _scope(element, outer)
    prefix, name = _split(element.name)
    if prefix not in scope:
        raise GarbledMetadata(f"line {element.place.line}: the prefix of an element stands for no namespace")
    kept = {key: value for key, value in element.attributes.items() if ":" not in key or key.startswith("xml:")}
    return Node(
        namespace=scope[prefix],
        name=name,
        attributes=kept,
        children=tuple(_resolved(child, scope) for child in element.children),
        text=element.text,
        line=element.place.line,
    )


def _scope(element: Element, outer: Mapping[str, str]) -> Mapping[str, str]:
    declared = {
        key.partition(":")[2]: value
        for key, value in element.attributes.items()
        if key == "xmlns" or key.startswith("xmlns:")
    }
    return {**outer, **declared} if declared else outer


def _split(name: str) -> tuple[str, str]:
    prefix, colon, local = name.partition(":")
    return (prefix, local) if colon else ("", prefix)
