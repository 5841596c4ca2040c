"""What RFC 7865 and 7866 demand of a document together with its session description and those before it.

Owns the rules. Must not know SIP: whether a message has the header fields it needs is the server's to say.

A rule that is broken is a value; nothing is raised for a document that can be read.
"""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledMetadata
from emulator.siprec.metadata.model import DataMode, Recording, merged
from emulator.siprec.metadata.nodes import read_node
from emulator.siprec.metadata.reading import recording_of
from emulator.siprec.metadata.schema import against_schema
from emulator.siprec.metadata.violations import Violation, Weight
from emulator.siprec.sdp.streams import Direction, direction_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from emulator.siprec.metadata.model import Group, ParticipantSession, ParticipantStreams, SessionRecording
    from emulator.siprec.sdp.description import SessionDescription

_ONE_WAY = frozenset({Direction.SENDONLY, Direction.INACTIVE})
_ID_BYTES = 16
_ID_CHARACTERS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of a document.

    Attributes:
        recording: All that has been said so far, this document included; that of before where it can't be read.
        violations: In no order that means anything.
    """

    recording: Recording | None
    violations: tuple[Violation, ...]


def check(data: bytes, *, description: SessionDescription | None, before: Recording | None) -> Checked:
    """Hold a document against the rules.

    Args:
        data: The body of type ``application/rs-metadata+xml``.
        description: What the client offered last: in the same message, or before.
        before: All that the client said before in this recording session; None at its beginning.
    """
    try:
        root = read_node(data)
        document = recording_of(root)
    except GarbledMetadata as garbled:
        return Checked(
            recording=before, violations=(_must("5.1", f"The document can't be read: {garbled.reason}."),)
        )
    known = merged(before or Recording(), document)
    found = [
        *against_schema(root),
        *_mode(document, before),
        *_ids(document),
        *_references(document, known),
        *_times(document),
        *_names(document),
        *_labels(known, description),
        *_completeness(known),
    ]
    return Checked(recording=known, violations=tuple(found))


def _must(section: str, sentence: str, rfc: int = 7865) -> Violation:
    return Violation(weight=Weight.MUST, rfc=rfc, section=section, sentence=sentence)


def _should(section: str, sentence: str, rfc: int = 7865) -> Violation:
    return Violation(weight=Weight.SHOULD, rfc=rfc, section=section, sentence=sentence)


def _mode(document: Recording, before: Recording | None) -> Iterator[Violation]:
    if document.mode is None:
        yield _should("6.1", "datamode does not say whether the document is complete or partial.")
    if document.mode is DataMode.PARTIAL and before is None:
        yield _must("9.1", "A partial document came before any complete one.", rfc=7866)


# --- ids ---


def _ids(document: Recording) -> Iterator[Violation]:
    defined = [
        *(one.group_id for one in document.groups),
        *(one.session_id for one in document.sessions),
        *(one.participant_id for one in document.participants),
        *(one.stream_id for one in document.streams),
    ]
    for text in dict.fromkeys(defined):
        if text and not _is_unique_id(text):
            yield _must("6.10", f"The id {text!r} is not base64 of a 16-byte UUID, 24 characters.")
    for text, count in Counter(defined).items():
        if text and count > 1:
            yield _must("6.10", f"The id {text!r} is given to {count} elements.")


def _is_unique_id(text: str) -> bool:
    if len(text) != _ID_CHARACTERS or not text.isascii():
        return False
    try:
        return len(b64decode(text, validate=True)) == _ID_BYTES
    except ValueError:
        return False


def _references(document: Recording, known: Recording) -> Iterator[Violation]:
    """Ids that no document has defined."""
    groups = {one.group_id for one in known.groups}
    sessions = {one.session_id for one in known.sessions}
    participants = {one.participant_id for one in known.participants}
    streams = {one.stream_id for one in known.streams}
    for session in document.sessions:
        yield from _dangling("6.3", "a session's group-ref", [session.group_ref], groups)
    for stream in document.streams:
        yield from _dangling("6.7", "a stream", [stream.session_id], sessions)
    for recorded in document.session_recordings:
        yield from _dangling("6.4", "a sessionrecordingassoc", [recorded.session_id], sessions)
    for taking_part in document.participant_sessions:
        yield from _dangling("6.6", "a participantsessionassoc", [taking_part.session_id], sessions)
        yield from _dangling("6.6", "a participantsessionassoc", [taking_part.participant_id], participants)
    for heard in document.participant_streams:
        yield from _dangling("6.8", "a participantstreamassoc", [heard.participant_id], participants)
        yield from _dangling("6.8", "a participantstreamassoc", [*heard.sends, *heard.receives], streams)


def _dangling(section: str, what: str, ids: Sequence[str | None], defined: set[str]) -> Iterator[Violation]:
    for text in ids:
        if text and text not in defined:
            yield _must(section, f"The id {text!r} in {what} is that of nothing.")


# --- times and names ---


def _times(document: Recording) -> Iterator[Violation]:
    spans = [("start-time", one.start_time, "stop-time", one.stop_time) for one in document.sessions]
    associations: tuple[Group | SessionRecording | ParticipantSession | ParticipantStreams, ...] = (
        *document.groups,
        *document.session_recordings,
        *document.participant_sessions,
        *document.participant_streams,
    )
    spans += [
        ("associate-time", one.associate_time, "disassociate-time", one.disassociate_time) for one in associations
    ]
    for first, begins, last, ends in spans:
        for name, text in ((first, begins), (last, ends)):
            if text is not None and _moment(text) is None:
                yield _must("6.9", f"The {name} {text!r} is no time of RFC 3339's.")
        start, end = _moment(begins), _moment(ends)
        if start and end and end < start:
            yield _must("6.9", f"A {last} is before its {first}.")


def _moment(text: str | None) -> datetime | None:
    """None where it is no time, or has no offset, which RFC 3339 section 5.6 wants."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and text is not None and "T" in text.upper() else None


def _names(document: Recording) -> Iterator[Violation]:
    for participant in document.participants:
        for name in participant.names:
            scheme, colon, rest = name.aor.partition(":")
            if not colon or not rest or scheme.lower() not in {"sip", "sips", "tel"}:
                yield _must("6.5", f"The aor {name.aor!r} of a participant is no SIP, SIPS or tel URI.")


# --- with the session description ---


def check_description(description: SessionDescription) -> tuple[Violation, ...]:
    """What RFC 7866 section 7.1 demands of a client's offer."""
    return tuple(_description(description))


def _description(description: SessionDescription) -> Iterator[Violation]:
    for number, media in enumerate(description.media, start=1):
        labels = media.every("label")
        if media.port and (len(labels) != 1 or not labels[0]):
            yield _must("7.1.1", f"The m= line {number} has not one a=label.", rfc=7866)
        if media.port and direction_of(description, media) not in _ONE_WAY:
            yield _must("7.1.1", f"The m= line {number} is neither sendonly nor inactive.", rfc=7866)
        if media.every("record"):
            yield _must(
                "7.1.2", f"The m= line {number} has a=record, which belongs to the recorded call.", rfc=7866
            )
    given = [label for media in description.media for label in media.every("label") if label]
    for label, count in Counter(given).items():
        if count > 1:
            yield _must("7.1.1", f"The label {label!r} is given to {count} m= lines.", rfc=7866)


def _labels(known: Recording, description: SessionDescription | None) -> Iterator[Violation]:
    offered = {label for media in description.media for label in media.every("label")} if description else set()
    for stream in known.streams:
        if stream.label is None:
            yield _should("6.7", f"The stream {stream.stream_id!r} has no label, so that it is no m= line's.")
        elif stream.label not in offered:
            yield _must("9.1", f"The label {stream.label!r} is on no m= line of the offer.", rfc=7866)
    for label in sorted(offered - {stream.label for stream in known.streams}):
        yield _should("6.7", f"No stream is told of for the label {label!r}.")


# --- what a server would miss ---


def _completeness(known: Recording) -> Iterator[Violation]:
    if not known.sessions:
        yield _should("6.3", "No session is told of.")
    if not known.participants:
        yield _should("6.5", "No participant is told of.")
    recorded = {one.session_id for one in known.session_recordings}
    for session in known.sessions:
        if session.session_id not in recorded:
            yield _should("6.4", f"The session {session.session_id!r} has no sessionrecordingassoc.")
    in_session = {one.participant_id for one in known.participant_sessions}
    for participant in known.participants:
        if participant.participant_id not in in_session:
            yield _should("6.6", f"The participant {participant.participant_id!r} has no participantsessionassoc.")
    sent = {stream for one in known.participant_streams for stream in one.sends}
    for stream in known.streams:
        if stream.session_id is None:
            yield _should("6.7", f"The stream {stream.stream_id!r} says not which session it is of.")
        if stream.stream_id not in sent:
            yield _should("6.8", f"Nobody is said to send the stream {stream.stream_id!r}.")
