"""The bodies of a recording client's requests: its description, and its metadata beside it (RFC 7866 section 9).

Owns how they are put together, and what a body of the SRS's holds. What is in them is made elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from emulator.core.errors import Garbled, GarbledMetadata, GarbledMultipart
from emulator.core.ids import uuid5
from emulator.siprec.metadata.call import Party, RecordedCall, Track, snapshot, stopped
from emulator.siprec.metadata.names import DISPOSITION, MEDIA_TYPE, REQUEST_MEDIA_TYPE
from emulator.siprec.metadata.reading import read_snapshot_request
from emulator.siprec.metadata.writing import written_metadata
from emulator.siprec.multipart import Part, mixed, parse_multipart, written_multipart
from emulator.siprec.sdp.description import parse_sdp, written_sdp
from emulator.siprec.sip.content import parse_media_type
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.uri import ANONYMOUS, escaped_user
from emulator.siprec.src.draws import Draw, drawn_uuid

if TYPE_CHECKING:
    from emulator.core.models import HeaderList, Instant
    from emulator.siprec.sdp.description import SessionDescription
    from emulator.siprec.sip.message import Message
    from emulator.siprec.src.order import Order

SDP = "application/sdp"
_METADATA = (MEDIA_TYPE, "application/rs-metadata")
"""The registered name, and the one in the examples of RFC 7866."""

SNAPSHOT_REQUESTS = (REQUEST_MEDIA_TYPE, f"{REQUEST_MEDIA_TYPE}+xml", *_METADATA)
"""How an SRS may call its wish for a snapshot; as plain metadata it is told by its root."""

_DISPOSED = ("Content-Disposition", DISPOSITION)
AOR_HOST = "sip.telnyx.com"
"""Where a number is at home that is no URI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body and the headers that tell of it."""

    fields: HeaderList = ()
    data: bytes = b""


EMPTY = Body()


def recorded_call(order: Order, seed: bytes, now: Instant) -> RecordedCall:
    """What the metadata tell of.

    Args:
        order: Whose call.
        seed: Ids are drawn from it.
        now: Since when it is recorded.
    """
    tracks = tuple(
        Track(uuid=drawn_uuid(seed, Draw.TRACK + at), label=track.label, from_caller=track.from_caller)
        for at, track in enumerate(order.tracks)
    )
    return RecordedCall(
        uuid=_uuid(order.session_id),
        sip_call_id=order.sip_call_id,
        caller=Party(uuid=drawn_uuid(seed, Draw.CALLER), aor=_aor(order.caller), name=order.caller_name),
        callee=Party(uuid=drawn_uuid(seed, Draw.CALLEE), aor=_aor(order.callee)),
        tracks=tracks,
        started_at=now,
        parameters=order.custom_headers if order.metadata_headers else (),
    )


def offering(description: SessionDescription) -> Body:
    """A description alone."""
    return Body(fields=(("Content-Type", SDP),), data=written_sdp(description))


def opening(
    description: SessionDescription, call: RecordedCall, boundary: str, *, misnamed: bool, in_order: bool
) -> Body:
    """A description and all the metadata.

    Args:
        description: The offer.
        call: What the metadata tell of.
        boundary: A new word.
        misnamed: Whether the Content-Type names another boundary, to try how an SRS takes that.
        in_order: False makes metadata that the schema refuses, for the same reason.

    Raises:
        Unwritable: A value can't stand in it.
    """
    parts = (
        Part(headers=Headers((("Content-Type", SDP),)), body=written_sdp(description)),
        Part(
            headers=Headers((("Content-Type", MEDIA_TYPE), _DISPOSED)),
            body=written_metadata(snapshot(call), in_order=in_order),
        ),
    )
    named = f"{boundary}-other" if misnamed else boundary
    fields = (("MIME-Version", "1.0"), ("Content-Type", mixed(named)))
    return Body(fields=fields, data=written_multipart(parts, boundary))


def closing(call: RecordedCall, now: Instant) -> Body:
    """The metadata that say that the call's recording ended.

    Raises:
        Unwritable: A value can't stand in it.
    """
    data = written_metadata(stopped(call, now))
    return Body(fields=(("Content-Type", MEDIA_TYPE), _DISPOSED), data=data)


# --- what the SRS sends ---


def description_in(message: Message) -> SessionDescription | None:
    """The description that a message carries, by itself or as a part.

    Returns:
        None where it carries none.

    Raises:
        Garbled: Its body or the description can't be read.
    """
    for part in _parts(message):
        if part.media_type.name == SDP:
            return parse_sdp(part.body)
    return None


def asks_for_snapshot(message: Message) -> bool:
    """Whether a message of the SRS's asks for all the metadata (RFC 7866 section 9.2)."""
    try:
        return any(_is_snapshot_request(part) for part in _parts(message))
    except Garbled:
        return False


def unreadable(message: Message) -> bool:
    """Whether it has a body of no type that is known here."""
    try:
        parts = _parts(message)
        return bool(parts) and not any(part.media_type.name in (SDP, *SNAPSHOT_REQUESTS) for part in parts)
    except Garbled:
        return True


def _is_snapshot_request(part: Part) -> bool:
    name = part.media_type.name
    if name not in SNAPSHOT_REQUESTS:
        return False
    if name not in _METADATA:
        return True
    try:
        read_snapshot_request(part.body)
    except GarbledMetadata:
        return False
    return True


def _parts(message: Message) -> tuple[Part, ...]:
    """The parts of a body; a body that has none is one."""
    if not message.body.strip():
        return ()
    written = message.headers.get("Content-Type")
    if written is None:
        raise GarbledMultipart("a body has no Content-Type")
    if parse_media_type(written).multipart:
        return parse_multipart(written, message.body)
    return (Part(headers=Headers((("Content-Type", written),)), body=message.body),)


def _uuid(text: str) -> str:
    """An id that is no UUID becomes the one that belongs to it, always the same."""
    try:
        return str(UUID(text))
    except ValueError:
        return uuid5(text)


def _aor(party: str) -> str:
    """A party's URI; a number is at home at Telnyx."""
    if party.lower().startswith(("sip:", "sips:", "tel:")):
        return party
    return f"sip:{escaped_user(party) or ANONYMOUS}@{AOR_HOST}"
