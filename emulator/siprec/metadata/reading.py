"""Recording metadata from bytes to values (RFC 7865 section 5), and a server's request for them.

Owns what is taken from a document, leniently: what is missing is left empty, what is unknown is read past. Must
not judge it: ``checking.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledMetadata
from emulator.siprec.metadata.model import (
    DataMode,
    Group,
    NameId,
    Participant,
    ParticipantSession,
    ParticipantStreams,
    Reason,
    Recording,
    Session,
    SessionRecording,
    Stream,
)
from emulator.siprec.metadata.names import NAMESPACE
from emulator.siprec.metadata.nodes import read_node

if TYPE_CHECKING:
    from emulator.siprec.metadata.nodes import Node


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """A server's wish for a complete document (RFC 7865 section 7).

    Attributes:
        reason: In the server's words; None where it gave none.
    """

    reason: str | None = None


def read_metadata(data: bytes) -> Recording:
    """Read a document.

    Args:
        data: A body of type ``application/rs-metadata+xml``.

    Raises:
        GarbledMetadata: It is no XML, or no recording is in it.
    """
    return recording_of(read_node(data))


def read_snapshot_request(data: bytes) -> SnapshotRequest:
    """Read a request for a snapshot.

    Args:
        data: A body of type ``application/rs-metadata-request``. The schema calls the root ``requestsnapshot``,
            the prose ``requestSnapshot``: both are taken.

    Raises:
        GarbledMetadata: It is none.
    """
    root = read_node(data)
    if root.namespace != NAMESPACE or root.name.lower() != "requestsnapshot":
        raise GarbledMetadata("the document's root is no requestsnapshot of RFC 7865's")
    reasons = [one for one in root.children if one.name.lower() == "requestreason"]
    return SnapshotRequest(reasons[0].text.strip() if reasons else None)


def recording_of(root: Node) -> Recording:
    """What a document's root says.

    Raises:
        GarbledMetadata: It is no ``recording`` in RFC 7865's namespace.
    """
    if root.namespace != NAMESPACE or root.name != "recording":
        raise GarbledMetadata("the document's root is no recording of RFC 7865's")
    return Recording(
        mode=_mode(root),
        groups=tuple(map(_group, root.every("group"))),
        sessions=tuple(map(_session, root.every("session"))),
        participants=tuple(map(_participant, root.every("participant"))),
        streams=tuple(map(_stream, root.every("stream"))),
        session_recordings=tuple(map(_session_recording, root.every("sessionrecordingassoc"))),
        participant_sessions=tuple(map(_participant_session, root.every("participantsessionassoc"))),
        participant_streams=tuple(map(_participant_streams, root.every("participantstreamassoc"))),
    )


def _mode(root: Node) -> DataMode | None:
    said = _text(root, "datamode")
    return DataMode(said) if said in set(DataMode) else None


def _text(node: Node, name: str) -> str | None:
    """What the first child of a name holds; None where there is none."""
    found = node.every(name)
    return found[0].text.strip() if found else None


def _id(node: Node, name: str) -> str:
    return node.attributes.get(name, "").strip()


def _group(node: Node) -> Group:
    return Group(
        group_id=_id(node, "group_id"),
        associate_time=_text(node, "associate-time"),
        disassociate_time=_text(node, "disassociate-time"),
    )


def _session(node: Node) -> Session:
    return Session(
        session_id=_id(node, "session_id"),
        sip_session_ids=tuple(one.text.strip() for one in node.every("sipSessionID")),
        reasons=tuple(map(_reason, node.every("reason"))),
        group_ref=_text(node, "group-ref"),
        start_time=_text(node, "start-time"),
        stop_time=_text(node, "stop-time"),
        parameters=_extension_parameters(node),
    )


def _reason(node: Node) -> Reason:
    given = node.attributes
    return Reason(text=node.text.strip(), cause=given.get("cause", ""), protocol=given.get("protocol", "SIP"))


def _extension_parameters(node: Node) -> tuple[tuple[str, str], ...]:
    """By name alone, since which namespace Telnyx writes is not published."""
    return tuple(
        (one.attributes.get("name", ""), one.attributes.get("value", ""))
        for extension in node.children
        if extension.name == "ExtensionParameters"
        for one in extension.every("Parameter")
    )


def _participant(node: Node) -> Participant:
    return Participant(participant_id=_id(node, "participant_id"), names=tuple(map(_name, node.every("nameID"))))


def _name(node: Node) -> NameId:
    names = node.every("name")
    return NameId(
        aor=node.attributes.get("aor", ""),
        name=names[0].text if names else None,
        language=names[0].attributes.get("xml:lang") if names else None,
    )


def _stream(node: Node) -> Stream:
    return Stream(
        stream_id=_id(node, "stream_id"), session_id=_id(node, "session_id") or None, label=_text(node, "label")
    )


def _session_recording(node: Node) -> SessionRecording:
    return SessionRecording(
        session_id=_id(node, "session_id"),
        associate_time=_text(node, "associate-time"),
        disassociate_time=_text(node, "disassociate-time"),
    )


def _participant_session(node: Node) -> ParticipantSession:
    return ParticipantSession(
        participant_id=_id(node, "participant_id"),
        session_id=_id(node, "session_id"),
        associate_time=_text(node, "associate-time"),
        disassociate_time=_text(node, "disassociate-time"),
        parameters=tuple(
            (one.attributes.get("pname", ""), one.attributes.get("pval", "")) for one in node.every("param")
        ),
    )


def _participant_streams(node: Node) -> ParticipantStreams:
    return ParticipantStreams(
        participant_id=_id(node, "participant_id"),
        sends=tuple(one.text.strip() for one in node.every("send")),
        receives=tuple(one.text.strip() for one in node.every("recv")),
        associate_time=_text(node, "associate-time"),
        disassociate_time=_text(node, "disassociate-time"),
    )
