"""RFC 7865's schema as a table, for a program that has no validator of XML Schema beside it.

Owns which elements there are, in which order and how often, what attributes they need, and the simple types
(section 9). Must not know what the elements mean together: ``checking.py`` does. A test holds its verdict against
the schema itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.siprec.metadata.names import NAMESPACE
from emulator.siprec.metadata.violations import Violation, Weight

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from emulator.siprec.metadata.nodes import Node

_MANY = 1_000_000

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?")
_DATE_TIME = re.compile(
    r"-?(?!0000)\d{4,9}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?)(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?",
    re.ASCII,
)
_SHORT = re.compile(r"[+-]?[0-9]{1,9}")
_BLANKS = re.compile(r"[ \t\r\n]+")
_MODES = frozenset({"complete", "partial"})


@dataclass(frozen=True, slots=True)
class _Shape:
    """An element's type.

    Attributes:
        children: Name, least and most count of each, in order.
        required: Attributes that must be there, and each one's simple type.
        optional: Those that may.
        text: The simple type of its content; None where there are children alone.
        open: Whether elements of other namespaces may follow.
    """

    children: tuple[tuple[str, int, int], ...] = ()
    required: Mapping[str, str] | None = None
    optional: Mapping[str, str] | None = None
    text: str | None = None
    open: bool = True


def _leaf(text: str) -> _Shape:
    return _Shape(text=text, open=False)


_TIMES = (("associate-time", 0, 1), ("disassociate-time", 0, 1))
_TIME_NAMES = ("associate-time", "disassociate-time", "start-time", "stop-time")

_SHAPES: Mapping[str, _Shape] = {
    "recording": _Shape(
        children=(
            ("datamode", 0, 1),
            ("group", 0, _MANY),
            ("session", 0, _MANY),
            ("participant", 0, _MANY),
            ("stream", 0, _MANY),
            ("sessionrecordingassoc", 0, _MANY),
            ("participantsessionassoc", 0, _MANY),
            ("participantstreamassoc", 0, _MANY),
        )
    ),
    "datamode": _leaf("dataMode"),
    "group": _Shape(children=_TIMES, required={"group_id": "base64Binary"}),
    "session": _Shape(
        children=(
            ("sipSessionID", 0, _MANY),
            ("reason", 0, _MANY),
            ("group-ref", 0, 1),
            ("start-time", 0, 1),
            ("stop-time", 0, 1),
        ),
        required={"session_id": "base64Binary"},
    ),
    "sipSessionID": _leaf("string"),
    "reason": _Shape(required={"cause": "short"}, optional={"protocol": "string"}, text="string", open=False),
    "group-ref": _leaf("base64Binary"),
    "participant": _Shape(children=(("nameID", 1, _MANY),), required={"participant_id": "base64Binary"}),
    "nameID": _Shape(children=(("name", 0, 1),), required={"aor": "string"}, open=False),
    "name": _Shape(optional={"xml:lang": "string"}, text="string", open=False),
    "stream": _Shape(
        children=(("label", 0, 1),),
        required={"stream_id": "base64Binary"},
        optional={"session_id": "base64Binary"},
    ),
    "label": _leaf("string"),
    "sessionrecordingassoc": _Shape(children=_TIMES, required={"session_id": "base64Binary"}),
    "participantsessionassoc": _Shape(
        children=(*_TIMES, ("param", 0, _MANY)),
        required={"participant_id": "base64Binary", "session_id": "base64Binary"},
    ),
    "param": _Shape(required={"pname": "string", "pval": "string"}, open=False),
    "participantstreamassoc": _Shape(
        children=(("send", 0, _MANY), ("recv", 0, _MANY), *_TIMES), required={"participant_id": "base64Binary"}
    ),
    "send": _leaf("base64Binary"),
    "recv": _leaf("base64Binary"),
    **dict.fromkeys(_TIME_NAMES, _leaf("dateTime")),
}


def against_schema(root: Node) -> tuple[Violation, ...]:
    """What of a document the schema does not allow, in the order of the document.

    Args:
        root: A ``recording`` in RFC 7865's namespace.
    """
    return tuple(_broken(root, _SHAPES["recording"]))


def _violation(node: Node, what: str) -> Violation:
    return Violation(weight=Weight.MUST, rfc=7865, section="9", sentence=f"Line {node.line}: {what}.")


def _broken(node: Node, shape: _Shape) -> Iterator[Violation]:
    yield from _broken_attributes(node, shape)
    yield from _broken_text(node, shape)
    yield from _broken_order(node, shape)
    allowed = {name for name, _, _ in shape.children}
    for child in node.children:
        if child.namespace == NAMESPACE and child.name in allowed:
            yield from _broken(child, _SHAPES[child.name])


def _broken_attributes(node: Node, shape: _Shape) -> Iterator[Violation]:
    required, optional = shape.required or {}, shape.optional or {}
    for name in required:
        if name not in node.attributes:
            yield _violation(node, f"{node.name} has no {name}")
    for name, value in node.attributes.items():
        kind = required.get(name) or optional.get(name)
        if kind is None and not name.startswith("xmlns"):
            yield _violation(node, f"{node.name} must not have an attribute {name}")
        if kind is not None and not _fits(value, kind):
            yield _violation(node, f"{name} of {node.name} is no {kind}")


def _broken_text(node: Node, shape: _Shape) -> Iterator[Violation]:
    if shape.text is None and node.text.strip():
        yield _violation(node, f"{node.name} must not hold text")
    if shape.text is not None and not _fits(node.text, shape.text):
        yield _violation(node, f"{node.name} holds no {shape.text}")


def _broken_order(node: Node, shape: _Shape) -> Iterator[Violation]:
    """Each child against where the sequence stands; the one that falls behind is told of, and the next go on."""
    places = {name: place for place, (name, _, _) in enumerate(shape.children)}
    counts = dict.fromkeys(places, 0)
    reached = 0
    for child in node.children:
        place = _place(child, places, shape)
        if place is None:
            yield _violation(child, f"{child.name} does not belong in {node.name}")
            continue
        if place < reached:
            yield _violation(child, f"{child.name} stands too late in {node.name}")
        reached = max(reached, place)
        if place < len(places):
            counts[child.name] += 1
    yield from _broken_counts(node, shape.children, counts)


def _place(child: Node, places: Mapping[str, int], shape: _Shape) -> int | None:
    """Where a child belongs: foreign elements behind all others; None where it may not be."""
    if child.namespace == NAMESPACE:
        return places.get(child.name)
    return len(places) if shape.open and child.namespace else None


def _broken_counts(
    node: Node, wanted: Sequence[tuple[str, int, int]], counts: Mapping[str, int]
) -> Iterator[Violation]:
    for name, least, most in wanted:
        if counts[name] < least:
            yield _violation(node, f"{node.name} has no {name}")
        if counts[name] > most:
            yield _violation(node, f"{node.name} has more than one {name}")


def _fits(value: str, kind: str) -> bool:
    """Whether text is of a simple type (XML Schema part 2, section 3)."""
    text = _BLANKS.sub(" ", value).strip(" ")
    if kind == "base64Binary":
        return _BASE64.fullmatch(text.replace(" ", "")) is not None
    if kind == "dateTime":
        return _DATE_TIME.fullmatch(text) is not None
    if kind == "short":
        return _SHORT.fullmatch(text) is not None and -(2**15) <= int(text) < 2**15
    return kind != "dataMode" or value in _MODES
