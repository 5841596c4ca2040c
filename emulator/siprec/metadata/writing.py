"""Recording metadata from values to bytes (RFC 7865 section 5).

Owns elements, their order (section 9) and their text. Must not decide what is said: ``call.py`` does. Nothing is
indented: an INVITE with metadata is too large for one datagram as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from emulator.core.errors import Unwritable
from emulator.siprec.metadata.names import EXTENSION_NAMESPACE, NAMESPACE

if TYPE_CHECKING:
    from emulator.siprec.metadata.model import (
        Group,
        Participant,
        ParticipantSession,
        ParticipantStreams,
        Recording,
        Session,
        SessionRecording,
        Stream,
    )

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_NO_CHARACTER = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold (XML 1.0 section 2.2), and CR, which a reader would turn into LF."""


def written_metadata(recording: Recording, *, in_order: bool = True) -> bytes:
    """The bytes of a document.

    Args:
        recording: What to say.
        in_order: False writes the elements last one first, which the schema does not allow, for trying how a
            server takes that.

    Raises:
        Unwritable: A value holds a character that XML can't.
    """
    root = Element("recording", {"xmlns": NAMESPACE})
    if recording.mode is not None:
        _add(root, "datamode", recording.mode)
    for group in recording.groups:
        _group(root, group)
    for session in recording.sessions:
        _session(root, session)
    for participant in recording.participants:
        _participant(root, participant)
    for stream in recording.streams:
        _stream(root, stream)
    for session_recording in recording.session_recordings:
        _session_recording(root, session_recording)
    for participant_session in recording.participant_sessions:
        _participant_session(root, participant_session)
    for participant_streams in recording.participant_streams:
        _participant_streams(root, participant_streams)
    if not in_order:
        _reverse(root)
    return _written(root)


def written_snapshot_request(reason: str | None = None) -> bytes:
    """The bytes of a server's request for a complete document (RFC 7865 section 7).

    Raises:
        Unwritable: The reason holds a character that XML can't.
    """
    root = Element("requestsnapshot", {"xmlns": NAMESPACE})
    _add(root, "requestreason", reason)
    return _written(root)


def _reverse(root: Element) -> None:
    root[:] = reversed(root)


def _written(root: Element) -> bytes:
    text = tostring(root, encoding="unicode")
    if _NO_CHARACTER.search(text):
        raise Unwritable("a value of the metadata holds a character that XML can't")
    return f"{_DECLARATION}{text}".encode()


def _add(parent: Element, name: str, text: str | None) -> None:
    """A child with text, unless there is none to give."""
    if text is not None:
        SubElement(parent, name).text = text


def _times(parent: Element, one: Group | SessionRecording | ParticipantSession | ParticipantStreams) -> None:
    _add(parent, "associate-time", one.associate_time)
    _add(parent, "disassociate-time", one.disassociate_time)


def _group(root: Element, group: Group) -> None:
    _times(SubElement(root, "group", {"group_id": group.group_id}), group)


def _session(root: Element, session: Session) -> None:
    element = SubElement(root, "session", {"session_id": session.session_id})
    for sip_session_id in session.sip_session_ids:
        _add(element, "sipSessionID", sip_session_id)
    for reason in session.reasons:
        SubElement(element, "reason", {"cause": reason.cause, "protocol": reason.protocol}).text = reason.text
    _add(element, "group-ref", session.group_ref)
    _add(element, "start-time", session.start_time)
    _add(element, "stop-time", session.stop_time)
    if session.parameters:
        extension = SubElement(element, "ExtensionParameters", {"xmlns": EXTENSION_NAMESPACE})
        for name, value in session.parameters:
            SubElement(extension, "Parameter", {"name": name, "value": value})


def _participant(root: Element, participant: Participant) -> None:
    element = SubElement(root, "participant", {"participant_id": participant.participant_id})
    for name in participant.names:
        name_id = SubElement(element, "nameID", {"aor": name.aor})
        if name.name is not None:
            language = {} if name.language is None else {"xml:lang": name.language}
            SubElement(name_id, "name", language).text = name.name


def _stream(root: Element, stream: Stream) -> None:
    ids = {"stream_id": stream.stream_id}
    if stream.session_id is not None:
        ids["session_id"] = stream.session_id
    _add(SubElement(root, "stream", ids), "label", stream.label)


def _session_recording(root: Element, one: SessionRecording) -> None:
    _times(SubElement(root, "sessionrecordingassoc", {"session_id": one.session_id}), one)


def _participant_session(root: Element, one: ParticipantSession) -> None:
    ids = {"participant_id": one.participant_id, "session_id": one.session_id}
    element = SubElement(root, "participantsessionassoc", ids)
    _times(element, one)
    for name, value in one.parameters:
        SubElement(element, "param", {"pname": name, "pval": value})


def _participant_streams(root: Element, one: ParticipantStreams) -> None:
    element = SubElement(root, "participantstreamassoc", {"participant_id": one.participant_id})
    for stream_id in one.sends:
        _add(element, "send", stream_id)
    for stream_id in one.receives:
        _add(element, "recv", stream_id)
    _times(element, one)
