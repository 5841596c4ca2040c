"""What recording metadata say, as values (RFC 7865 section 6).

Owns the classes of the metadata model and how one document changes what was said before. Must not know XML, nor
who sends what when: ``writing.py``, ``reading.py`` and ``call.py`` do.

Every id is base64 of a 16-byte UUID, 24 characters (section 6.10); every time is RFC 3339 text (section 6.9). Both
are as they stand in the document, so that one that a peer wrote wrongly can be told of.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


def unique_id(uuid: str) -> str:
    """The id that a UUID makes (section 6.10).

    Args:
        uuid: In the form 8-4-4-4-12.

    Raises:
        ValueError: It is no UUID.
    """
    return b64encode(UUID(uuid).bytes).decode("ascii")


class DataMode(StrEnum):
    """Whether a document says everything or what changed alone."""

    COMPLETE = "complete"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sessions that belong together (section 6.2)."""

    group_id: str
    associate_time: str | None = None
    disassociate_time: str | None = None

    @property
    def key(self) -> Hashable:
        """What a later document calls it by."""
        return self.group_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a session ended, as a SIP Reason says it (section 6.3.1, RFC 3326)."""

    text: str
    cause: str
    protocol: str = "SIP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that is recorded: a call (section 6.3).

    Attributes:
        sip_session_ids: Of the SIP dialogs that make it up; Telnyx gives the call's Call-ID.
        parameters: Names and values of ``ExtensionParameters``, which is no part of RFC 7865.
    """

    session_id: str
    sip_session_ids: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    group_ref: str | None = None
    start_time: str | None = None
    stop_time: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> Hashable:
        """What a later document calls it by."""
        return self.session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NameId:
    """What a participant is called (section 6.5.1).

    Attributes:
        aor: A SIP or tel URI.
        name: For people; None where there is none.
        language: Of the name, as in ``xml:lang``.
    """

    aor: str
    name: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody in a session (section 6.5)."""

    participant_id: str
    names: tuple[NameId, ...]

    @property
    def key(self) -> Hashable:
        """What a later document calls it by."""
        return self.participant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A media stream (section 6.7).

    Attributes:
        label: Of its ``m=`` line in the session description that goes with the document (RFC 4574).
    """

    stream_id: str
    session_id: str | None = None
    label: str | None = None

    @property
    def key(self) -> Hashable:
        """What a later document calls it by."""
        return self.stream_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecording:
    """That a session is recorded in this recording session (section 6.4)."""

    session_id: str
    associate_time: str | None = None
    disassociate_time: str | None = None

    @property
    def key(self) -> Hashable:
        """What a later document calls it by."""
        return self.session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantSession:
    """That somebody takes part in a session (section 6.6).

    Attributes:
        parameters: Names and values of ``param``, such as a feature tag.
    """

    participant_id: str
    session_id: str
    associate_time: str | None = None
    disassociate_time: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> Hashable:
        """What a later document calls it by."""
        return self.participant_id, self.session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantStreams:
    """Which streams somebody sends and hears (section 6.8).

    Attributes:
        sends, receives: Ids of streams.
    """

    participant_id: str
    sends: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    associate_time: str | None = None
    disassociate_time: str | None = None

    @property
    def key(self) -> Hashable:
        """What a later document calls it by."""
        return self.participant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One document, or all that several have said (section 6.1).

    Attributes:
        mode: None where the document doesn't say, which counts as complete.
    """

    mode: DataMode | None = None
    groups: tuple[Group, ...] = ()
    sessions: tuple[Session, ...] = ()
    participants: tuple[Participant, ...] = ()
    streams: tuple[Stream, ...] = ()
    session_recordings: tuple[SessionRecording, ...] = ()
    participant_sessions: tuple[ParticipantSession, ...] = ()
    participant_streams: tuple[ParticipantStreams, ...] = ()


_One = TypeVar(
    "_One", Group, Session, Participant, Stream, SessionRecording, ParticipantSession, ParticipantStreams
)


def merged(before: Recording, update: Recording) -> Recording:
    """All that was said once a document has come.

    Args:
        before: All that was said until then.
        update: A complete document stands for itself. Of a partial one, what each element says is laid over the
            one with its ids, or is new.

    Returns:
        A complete recording.
    """
    if update.mode is not DataMode.PARTIAL:
        return replace(update, mode=DataMode.COMPLETE)
    return Recording(
        mode=DataMode.COMPLETE,
        groups=_merged(before.groups, update.groups),
        sessions=_merged(before.sessions, update.sessions),
        participants=_merged(before.participants, update.participants),
        streams=_merged(before.streams, update.streams),
        session_recordings=_merged(before.session_recordings, update.session_recordings),
        participant_sessions=_merged(before.participant_sessions, update.participant_sessions),
        participant_streams=_merged(before.participant_streams, update.participant_streams),
    )


def _merged(before: Iterable[_One], update: Iterable[_One]) -> tuple[_One, ...]:
    held = {one.key: one for one in before}
    for one in update:
        held[one.key] = _laid_over(held[one.key], one) if one.key in held else one
    return tuple(held.values())


def _laid_over(before: _One, update: _One) -> _One:
    said = {field.name: getattr(update, field.name) for field in fields(update)}
    return replace(before, **{name: value for name, value in said.items() if value not in (None, ())})
