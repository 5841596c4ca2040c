"""TeXML documents: which recordings they start and stop, and what else is in them.

Owns the verbs ``<Start><Siprec/></Start>`` and ``<Stop><Siprec/></Stop>``, their attributes, and what is said of
everything else. Must not carry anything out (``texml_play.py`` does) and must not read XML (``xml_reader.py``).

Source: Telnyx's TeXML page on Siprec. What the emulator has no use for is skipped with a warning, as a document of
a real app has more than recordings in it; attributes are those of the REST form's fields, whose names differ in
their first letter alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import Problem, TexmlError
from emulator.core.policy import Validation
from emulator.core.scenario.suggest import did_you_mean
from emulator.core.xml_reader import read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.models import JsonValue
    from emulator.core.validation import Schemas, Violation
    from emulator.core.xml_reader import Element, Place

MAX_PROBLEMS = 100

_START, _STOP, _SIPREC = "Start", "Stop", "Siprec"
_SCHEMAS = {_START: "texml.siprec_start", _STOP: "texml.siprec_stop"}

_VERBS = frozenset(
    {
        *("AIAssistant", "AIGather", "Connect", "Dial", "Enqueue", "Gather", "Hangup", "HttpRequest", "Leave"),
        *("Pause", "Play", "Record", "Redirect", "Refer", "Reject", "Say", "Start", "Stop", "Suppression"),
        "Transcription",
    }
)
"""Telnyx's verbs, as its pages list them; only two of them are carried out here."""

_NOUNS = frozenset(["Recording", "Siprec", "Stream", "Suppression", "Transcription"])
"""What starts and stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRecording:
    """``<Start><Siprec .../></Start>``.

    Attributes:
        fields: Its attributes, by the names of the REST form's fields, their text read as the schema's types.
        place: Of the noun.
    """

    fields: Mapping[str, JsonValue]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecording:
    """``<Stop><Siprec name="..."/></Stop>``; without a name, whatever records the call."""

    name: str | None
    place: Place


Instruction: TypeAlias = StartRecording | StopRecording


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A document that was read.

    Attributes:
        instructions: In its order.
        warnings: What was skipped or ignored, each with its place.
    """

    instructions: tuple[Instruction, ...]
    warnings: tuple[Problem, ...]


def read_texml(source: bytes, *, file: str, schemas: Schemas, validation: Validation) -> Script:
    """Read a document.

    Args:
        source: XML in UTF-8.
        file: The name that problems carry.
        schemas: The compiled schemas.
        validation: WARN takes attributes that break their schema as not given; STRICT refuses unknown ones.

    Returns:
        What it asks for.

    Raises:
        TexmlError: With every complaint and its place; nothing of such a document is carried out.
    """
    reader = _Reader(file, schemas, validation)
    instructions = tuple(reader.read(read_xml(source, file=file)))
    if reader.problems:
        raise TexmlError(reader.problems[:MAX_PROBLEMS])
    return Script(instructions=instructions, warnings=tuple(sorted(reader.warnings)[:MAX_PROBLEMS]))


class _Reader:
    """One document's complaints and warnings."""

    def __init__(self, file: str, schemas: Schemas, validation: Validation) -> None:
        """Begin without any."""
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._file = file
        self._schemas = schemas
        self._validation = validation

    def read(self, root: Element) -> Iterator[Instruction]:
        """What the document's verbs ask for, in their order."""
        if root.name != "Response":
            meant = "; names are written with their capitals" if root.name.lower() == "response" else ""
            self._complain(root.place, f"a TeXML document is a <Response>, not a <{_cut(root.name)}>{meant}")
            return
        self._unread(root)
        for verb in root.children:
            if verb.name in _SCHEMAS:
                yield from self._verb(verb)
            else:
                self._skip(verb, _VERBS, "verb")

    def _verb(self, verb: Element) -> Iterator[Instruction]:
        self._unread(verb)
        if not verb.children:
            self._warn(verb.place, f"an empty <{verb.name}> does nothing")
        for noun in verb.children:
            if noun.name != _SIPREC:
                self._skip(noun, _NOUNS, f"noun of <{verb.name}>")
                continue
            for inner in noun.children:
                self._warn(inner.place, f"<{_cut(inner.name)}> in a <Siprec> is skipped")
            fields = self._fields(noun, _SCHEMAS[verb.name])
            if verb.name == _START:
                yield StartRecording(fields=fields, place=noun.place)
            else:
                name = fields.get("Name")
                yield StopRecording(name=name if isinstance(name, str) else None, place=noun.place)

    def _fields(self, noun: Element, schema: str) -> dict[str, JsonValue]:
        """The attributes as the REST form would have them."""
        values = self._schemas.coerce_form(schema, noun.attributes)
        for violation in self._schemas.check(schema, values):
            self._violated(noun, violation)
            values.pop(violation.pointer[1:], None)
        for pointer in self._schemas.unknown_keys(schema, values):
            name = pointer[1:].replace("~1", "/").replace("~0", "~")
            known = did_you_mean(name, self._schemas.keys(schema))
            message = f"{_cut(name)} is no attribute of this <Siprec>, and ignored{known}"
            place = noun.places.get(name, noun.place)
            if self._validation is Validation.STRICT:
                self._complain(place, message.replace(", and ignored", ""))
            else:
                self._warn(place, message)
            del values[name]
        return {name[:1].upper() + name[1:]: value for name, value in values.items()}

    def _violated(self, noun: Element, violation: Violation) -> None:
        place = noun.places.get(violation.pointer[1:], noun.place)
        name = violation.pointer[1:]
        message = violation.detail if f"'{name}'" in violation.detail else f"{name}: {violation.detail}"
        if self._validation is Validation.WARN:
            self._warn(place, f"{message.removesuffix('.')}; it counts as not given")
        else:
            self._complain(place, message)

    def _skip(self, element: Element, known: frozenset[str], kind: str) -> None:
        name = element.name
        if name == _SIPREC:
            self._warn(element.place, "<Siprec> stands in a <Start> or a <Stop>; here it is skipped")
        elif name in known:
            self._warn(element.place, f"the emulator skips <{name}>")
        else:
            meant = did_you_mean(name, known)
            self._warn(element.place, f"<{_cut(name)}> is no {kind} that the emulator knows, and skipped{meant}")

    def _unread(self, element: Element) -> None:
        """Say of attributes and text that they have no meaning here."""
        for name, place in element.places.items():
            self._warn(place, f"{_cut(name)} is ignored on <{element.name}>")
        if element.text.strip():
            self._warn(element.place, f"text in <{element.name}> is ignored")

    def _complain(self, place: Place, message: str) -> None:
        self.problems.append(self._problem(place, message))

    def _warn(self, place: Place, message: str) -> None:
        self.warnings.append(self._problem(place, message))

    def _problem(self, place: Place, message: str) -> Problem:
        return Problem(file=self._file, line=place.line, column=place.column, message=message)


def _cut(name: str) -> str:
    """A name for a message, whatever its length."""
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


_LONGEST = 60
