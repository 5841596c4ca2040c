"""What a question sees of an entry or a session: its fields by name, and what its texts decode to.

Owns which fields there are; they are those that ``views.py`` shows, so that whoever reads a list knows what to ask
for. Must not compare anything: ``query.py`` does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import orjson

from emulator.core.body import decode_form
from emulator.core.calls.model import Call
from emulator.core.calls.views import call_facts
from emulator.core.errors import Malformed
from emulator.core.journal import ReceivedEntry, RequestEntry, StrayEntry, WebhookEntry
from emulator.core.views import received_line, request_line, webhook_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import HeaderList, JsonValue, Session

Answerable: TypeAlias = "RequestEntry | StrayEntry | WebhookEntry | ReceivedEntry | Session | Call"
"""What may answer a question."""

_FORM = "application/x-www-form-urlencoded"
_INDEX = re.compile("[0-9]{1,9}")
_NOTHING: Mapping[str, JsonValue] = {}


class Field(NamedTuple):
    """Where a matcher looks.

    Attributes:
        part: A field that the entry itself has, or ``headers``, ``body`` or ``payload``.
        name: Within such a part: a lower-case header name, or a field of what the text decodes to. Dots lead into
            objects and lists, unless a field is called just so.
    """

    part: str
    name: str | None = None

    def __str__(self) -> str:
        """Such as ``status``, ``headers.x-foo`` or ``body.a.b``."""
        return self.part if self.name is None else f"{self.part}.{self.name}"


class Fact(NamedTuple):
    """What stands in a field; ``there`` tells an absent one from one that is null."""

    value: JsonValue
    there: bool


class Facts:
    """One entry, session or call; each of its texts is decoded once, and only when a question looks into it."""

    def __init__(self, entry: Answerable) -> None:
        """Look at the entry's own fields."""
        self._entry = entry
        self._own = _own(entry)
        self._parts: dict[str, JsonValue] = {}

    def at(self, field: Field) -> Fact:
        """What stands in a field; one that the entry has no value for is absent."""
        if field.name is None:
            value = self._own.get(field.part)
            return Fact(value, value is not None)
        if field.part not in self._parts:
            self._parts[field.part] = _part(self._entry, field.part)
        return _inside(self._parts[field.part], field.name)


def _own(entry: Answerable) -> Mapping[str, JsonValue]:
    match entry:
        case RequestEntry() | StrayEntry():
            return request_line(entry)
        case WebhookEntry():
            return webhook_line(entry)
        case ReceivedEntry():
            return {**received_line(entry), "event_type": _inside(body_of(entry), "data.event_type").value}
        case Call():
            return call_facts(entry)
        case _:
            return _session(entry)


def _session(session: Session) -> Mapping[str, JsonValue]:
    start = session.start
    return {
        "session_id": session.id,
        "call_control_id": start.call_control_id,
        "state": session.state,
        "cause": session.cause,
        "scenario": session.scenario,
        "connector_name": start.connector_name,
        "api": "texml" if start.texml else "call_control",
    }


def _part(entry: Answerable, part: str) -> JsonValue:
    if isinstance(entry, WebhookEntry):
        return entry.event.payload
    if not isinstance(entry, (RequestEntry, ReceivedEntry)):
        return _NOTHING
    if part == "headers":
        return _by_name(entry.request.headers if isinstance(entry, RequestEntry) else entry.headers)
    body = body_of(entry)
    return body if part == "body" else _inside(body, "data.payload").value


def _by_name(headers: HeaderList) -> dict[str, str]:
    """Lower-case name to value; of a header that came twice the last counts, as for a scenario's ``match``."""
    return {name.lower(): value for name, value in headers}


def body_of(entry: RequestEntry | ReceivedEntry) -> Mapping[str, JsonValue]:
    """The fields of a body, or of the query that a TeXML callback by GET brings; empty where it has none."""
    if isinstance(entry, RequestEntry):
        return _decoded(entry.request.body, form=entry.request.media_type == _FORM)
    if entry.method == "GET":
        return _decoded(entry.target.partition("?")[2].encode(), form=True)
    content_type = _by_name(entry.headers).get("content-type", "")
    return _decoded(entry.body, form=content_type.partition(";")[0].strip().lower() == _FORM)


def _decoded(body: bytes, *, form: bool) -> Mapping[str, JsonValue]:
    """Leniently: a command that was refused for a key that stands twice can be asked about too."""
    try:
        document = decode_form(body) if form else orjson.loads(body)
    except (Malformed, orjson.JSONDecodeError):
        return _NOTHING
    return document if isinstance(document, dict) else _NOTHING


def _inside(document: JsonValue, name: str) -> Fact:
    """What a name with dots in it leads to."""
    rest = name
    while rest:
        if isinstance(document, dict) and rest in document:
            return Fact(document[rest], there=True)
        step, _, rest = rest.partition(".")
        found = _step(document, step)
        if not found.there:
            return found
        document = found.value
    return Fact(document, there=True)


def _step(document: JsonValue, step: str) -> Fact:
    if isinstance(document, dict) and step in document:
        return Fact(document[step], there=True)
    if isinstance(document, list) and _INDEX.fullmatch(step) and int(step) < len(document):
        return Fact(document[int(step)], there=True)
    return Fact(None, there=False)
