"""The metadata of a recorded call in the shape of Telnyx's, as its client would send them.

Owns what is said of a call: at the start and in every snapshot, and at its end. Must not know XML.

Telnyx's client of 2024 was seen to send a session, two participants, a stream for each track and the session's
association (facts: what the SRC sends). The data mode and the associations of participants are said here beside,
since RFC 7865 sections 6.6 and 6.8 want them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.times import iso_millis
from emulator.siprec.metadata.model import (
    DataMode,
    NameId,
    Participant,
    ParticipantSession,
    ParticipantStreams,
    Recording,
    Session,
    SessionRecording,
    Stream,
    unique_id,
)

if TYPE_CHECKING:
    from emulator.core.models import HeaderList, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One of the two who talk.

    Attributes:
        uuid: Of the participant.
        aor: A SIP or tel URI.
        name: For people; None where none is known.
    """

    uuid: str
    aor: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One direction of the call's sound that is recorded.

    Attributes:
        uuid: Of the stream.
        label: ``inbound`` or ``outbound``, as in the session description; None leaves it out.
        from_caller: Whether the caller is heard in it; else the callee is.
    """

    uuid: str
    label: str | None
    from_caller: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """A call and what of it is recorded.

    Attributes:
        uuid: Of the session.
        sip_call_id: The recorded call's own Call-ID, not the recording session's.
        caller, callee: Both are always told of, whichever tracks are recorded.
        tracks: One or two.
        started_at: Since when it is recorded.
        parameters: Names and values for ``ExtensionParameters``; empty leaves the element out.
    """

    uuid: str
    sip_call_id: str
    caller: Party
    callee: Party
    tracks: tuple[Track, ...]
    started_at: Instant
    parameters: HeaderList = ()


def snapshot(call: RecordedCall) -> Recording:
    """Everything: what an opening INVITE says, and the answer to a server that asks for a snapshot."""
    began = iso_millis(call.started_at)
    session_id = unique_id(call.uuid)
    caller = _streams(call, call.caller, is_caller=True)
    callee = _streams(call, call.callee, is_caller=False)
    session = Session(
        session_id=session_id,
        sip_session_ids=(call.sip_call_id,),
        start_time=began,
        parameters=call.parameters,
    )
    parties = (call.caller, call.callee)
    return Recording(
        mode=DataMode.COMPLETE,
        sessions=(session,),
        participants=tuple(_participant(party) for party in parties),
        streams=tuple(
            Stream(stream_id=unique_id(track.uuid), session_id=session_id, label=track.label)
            for track in call.tracks
        ),
        session_recordings=(SessionRecording(session_id=session_id, associate_time=began),),
        participant_sessions=tuple(
            ParticipantSession(participant_id=unique_id(party.uuid), session_id=session_id, associate_time=began)
            for party in parties
        ),
        participant_streams=(caller, callee),
    )


def stopped(call: RecordedCall, now: Instant) -> Recording:
    """What changes at the end: the session stops, and nobody belongs to it any more.

    Args:
        call: The call.
        now: When the recording ended.
    """
    ended = iso_millis(now)
    session_id = unique_id(call.uuid)
    participants = [unique_id(party.uuid) for party in (call.caller, call.callee)]
    began = iso_millis(call.started_at)
    return Recording(
        mode=DataMode.PARTIAL,
        sessions=(Session(session_id=session_id, start_time=began, stop_time=ended),),
        session_recordings=(SessionRecording(session_id=session_id, disassociate_time=ended),),
        participant_sessions=tuple(
            ParticipantSession(participant_id=one, session_id=session_id, disassociate_time=ended)
            for one in participants
        ),
        participant_streams=tuple(
            ParticipantStreams(participant_id=one, disassociate_time=ended) for one in participants
        ),
    )


def _participant(party: Party) -> Participant:
    return Participant(participant_id=unique_id(party.uuid), names=(NameId(aor=party.aor, name=party.name),))


def _streams(call: RecordedCall, party: Party, *, is_caller: bool) -> ParticipantStreams:
    """Whoever does not send a stream of the call's hears it."""
    sends = tuple(unique_id(track.uuid) for track in call.tracks if track.from_caller is is_caller)
    receives = tuple(unique_id(track.uuid) for track in call.tracks if track.from_caller is not is_caller)
    return ParticipantStreams(
        participant_id=unique_id(party.uuid),
        sends=sends,
        receives=receives,
        associate_time=iso_millis(call.started_at),
    )
