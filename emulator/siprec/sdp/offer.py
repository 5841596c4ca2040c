"""The offer that opens a recording session, and what an answer to it settles (RFC 3264, RFC 7866 section 7.1.1).

Owns the client's own description, in Telnyx's shape, and the reading of the answer to it. Must not know SIP: who
carries the descriptions, and when, is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSdp
from emulator.siprec.sdp.crypto import answered_key
from emulator.siprec.sdp.description import Origin, SessionDescription
from emulator.siprec.sdp.streams import (
    Direction,
    NegotiatedStream,
    OfferedStream,
    addresses_of,
    codecs_of,
    direction_of,
    media_section,
    ptime_of,
)

if TYPE_CHECKING:
    from emulator.siprec.sdp.codecs import Codec
    from emulator.siprec.sdp.crypto import CryptoKey
    from emulator.siprec.sdp.description import MediaDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes a description, as it says.

    Attributes:
        username: In ``o=``; a dash says that there is none (RFC 8866 section 5.2).
        name: Of the session, in ``s=``.
    """

    username: str
    name: str


TELNYX = Writer(username="FreeSWITCH", name="Telnyx Media Gateway")
"""What Telnyx's own client writes (facts: what the SRC sends)."""


def offer(
    streams: tuple[OfferedStream, ...], *, host: str, session: int, version: int = 1, writer: Writer = TELNYX
) -> SessionDescription:
    """A description of these streams, one ``m=`` each, in order.

    Telnyx's client of 2024 was seen to offer PCMU alone; PCMA stands behind it here, so that a server may take it,
    and ``OfferedStream.codecs`` leaves it out.

    Args:
        streams: What to say of each.
        host: This side's address, for ``c=`` and ``o=``; IPv6 without brackets.
        session: The session's number in ``o=``, the same throughout.
        version: Of ``o=``; ``description.revised`` makes the next ones.
        writer: Who this side is.
    """
    sections = tuple(_section(stream) for stream in streams)
    return described(sections, host=host, session=session, version=version, writer=writer)


def described(
    media: tuple[MediaDescription, ...], *, host: str, session: int, version: int, writer: Writer
) -> SessionDescription:
    """Sections under the head that a writer gives them."""
    origin = Origin(username=writer.username, session=str(session), version=version, host=host)
    return SessionDescription(origin=origin, name=writer.name, host=host, media=media)


def _section(stream: OfferedStream) -> MediaDescription:
    formats = tuple((codec.payload_type, codec) for codec in stream.codecs)
    return media_section(
        stream, port=stream.port, direction=stream.direction, formats=formats, mux=stream.rtcp_mux
    )


def accepted(offered: tuple[OfferedStream, ...], answer: SessionDescription) -> tuple[NegotiatedStream, ...]:
    """What an answer makes of the streams that were offered, one each, in order.

    Args:
        offered: The streams as they were offered.
        answer: What the peer said.

    Returns:
        A refused stream (port 0) is not active. One without a direction counts as ``sendrecv``, and flows.

    Raises:
        GarbledSdp: The answer does not fit the offer: another number of ``m=`` lines, another medium or transport,
            no codec that was offered, no address, or a foreign key (RFC 3264 section 6, RFC 4568 section 5.1.3).
    """
    if len(answer.media) != len(offered):
        raise GarbledSdp(f"the answer has {len(answer.media)} m= lines, the offer {len(offered)}")
    return tuple(_negotiated(stream, answer, media) for stream, media in zip(offered, answer.media, strict=True))


def _negotiated(stream: OfferedStream, answer: SessionDescription, media: MediaDescription) -> NegotiatedStream:
    if media.port == 0 or stream.port == 0:
        return NegotiatedStream(label=stream.label, active=False)
    if (media.kind, media.protocol.upper()) != ("audio", stream.protocol):
        raise GarbledSdp(f"{media.kind} over {media.protocol} answers audio over {stream.protocol}")
    formats = common_formats(stream, media)
    if not formats:
        raise GarbledSdp("no codec that was offered is in the answer")
    remote_key = None if stream.crypto is None else answered_key(media.every("crypto"), stream.crypto)
    return agreed(stream, answer, media, remote_key=remote_key)


def common_formats(own: OfferedStream, media: MediaDescription) -> tuple[tuple[int, Codec], ...]:
    """The peer's payload types that this side speaks, in the peer's order, and what each is."""
    return tuple(one for one in codecs_of(media) if one[1] in own.codecs)


def agreed(
    own: OfferedStream, description: SessionDescription, media: MediaDescription, *, remote_key: CryptoKey | None
) -> NegotiatedStream:
    """What a peer's live section makes of this side's stream.

    Args:
        own: The stream, with the label and the key that count.
        description: What the peer said.
        media: The section of it that belongs to the stream; it has a codec in common with it.
        remote_key: What the peer encrypts with.

    Raises:
        GarbledSdp: It has no address that can be read.
    """
    formats = common_formats(own, media)
    remote, remote_rtcp = addresses_of(description, media, mux=muxed(own, media))
    payload_type, codec = formats[0]
    return NegotiatedStream(
        label=own.label,
        active=True,
        direction=agreed_direction(own.direction, direction_of(description, media)),
        remote=remote,
        remote_rtcp=remote_rtcp,
        payload_type=payload_type,
        codec=codec,
        received_types=formats,
        ptime=ptime_of(media),
        local_key=own.crypto,
        remote_key=remote_key,
    )


def muxed(own: OfferedStream, media: MediaDescription) -> bool:
    """Whether both sides say ``rtcp-mux``; one alone is not enough (RFC 5761 section 5.1.1)."""
    return own.rtcp_mux and media.get("rtcp-mux") is not None


def agreed_direction(own: Direction, peers: Direction) -> Direction:
    """What this side does where it would do ``own`` and the peer said ``peers`` (RFC 3264 section 6.1)."""
    sends, receives = own.sends and peers.receives, own.receives and peers.sends
    if sends and receives:
        return Direction.SENDRECV
    if sends:
        return Direction.SENDONLY
    return Direction.RECVONLY if receives else Direction.INACTIVE
