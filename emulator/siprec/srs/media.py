"""The streams of one session at the server: what it says of each, and what is agreed on.

Owns this side's descriptions and their versions (RFC 3264, RFC 7866 section 7.2). Must not know SIP.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.siprec.sdp.answer import answered
from emulator.siprec.sdp.crypto import KEY_BYTES, CryptoKey
from emulator.siprec.sdp.description import revised, written_sdp
from emulator.siprec.sdp.offer import Writer, accepted, offer
from emulator.siprec.sdp.streams import Direction, OfferedStream

if TYPE_CHECKING:
    from emulator.core.ids import Randomness
    from emulator.siprec.sdp.description import MediaDescription, SessionDescription
    from emulator.siprec.sdp.streams import NegotiatedStream
    from emulator.siprec.srs.actions import Ports

RECORDER = Writer(username="-", name="telnyx-siprec-emulator recording server")

MOST_STREAMS = 16
"""Lines of an offer that get ports; further ones are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What a session's streams are at.

    Attributes:
        host: This side's address.
        number: Of the session, in ``o=``.
        own: What this side has for each line of the client's offer.
        said: Its last description; None before the first.
        streams: As agreed on.
        offered: What this side offered last and has no answer to; None else.
    """

    host: str
    number: int
    own: tuple[OfferedStream, ...]
    said: SessionDescription | None = None
    streams: tuple[NegotiatedStream, ...] = ()
    offered: tuple[OfferedStream, ...] | None = None

    @property
    def flows(self) -> bool:
        """Whether any stream is agreed on at all, though it may rest."""
        return any(stream.active for stream in self.streams)

    @property
    def rests(self) -> bool:
        """Whether the offer that this side waits for an answer to lets nothing flow."""
        if self.offered is None:
            return False
        return all(stream.direction is Direction.INACTIVE for stream in self.offered)

    @property
    def body(self) -> bytes:
        """What was said last."""
        return b"" if self.said is None else written_sdp(self.said)


def begun(
    description: SessionDescription, ports: tuple[Ports, ...], *, host: str, randomness: Randomness
) -> Media:
    """A session's streams before they are agreed on.

    Args:
        description: The client's first offer.
        ports: One pair for each of its lines, up to ``MOST_STREAMS``.
        host: Where they are.
        randomness: Draws keys.
    """
    lines = zip(description.media, ports, strict=False)
    own = tuple(_stream(media, pair, randomness) for media, pair in lines)
    return Media(host=host, number=randomness.getrandbits(31), own=own)


def answering(media: Media, description: SessionDescription) -> Media:
    """The streams once an offer of the client's is answered.

    Raises:
        GarbledSdp: It can't be.
    """
    made = answered(description, media.own, host=media.host, session=media.number, writer=RECORDER)
    return _settled(media, made.description, made.streams)


def offering(media: Media, *, resting: bool) -> Media:
    """The streams with an offer of this side's: all of them rest, or flow again.

    The client has to be asked: RFC 7866 section 7.2 lets a server pause and resume what it is sent.
    """
    direction = Direction.INACTIVE if resting else Direction.RECVONLY
    offered = tuple(replace(stream, direction=direction) for stream in media.own)
    wanted = offer(offered, host=media.host, session=media.number, writer=RECORDER)
    said = wanted if media.said is None else revised(media.said, wanted)
    return replace(media, said=said, offered=offered)


def agreed(media: Media, answer: SessionDescription) -> Media:
    """The streams once the client has answered this side's offer.

    Raises:
        GarbledSdp: It can't be read, or has other lines.
    """
    offered = media.own if media.offered is None else media.offered
    settled = replace(media, own=offered, offered=None)
    return replace(settled, streams=accepted(offered, answer))


def _settled(media: Media, wanted: SessionDescription, streams: tuple[NegotiatedStream, ...]) -> Media:
    """A stream keeps the key that it was answered with."""
    said = wanted if media.said is None else revised(media.said, wanted)
    kept = tuple(
        replace(own, label=stream.label, crypto=own.crypto if stream.local_key is None else stream.local_key)
        for own, stream in zip(media.own, streams, strict=False)
    )
    return replace(media, own=kept, said=said, streams=streams)


def asks_for_srtp(description: SessionDescription) -> bool:
    """Whether any line of an offer is to be encrypted."""
    return any(_secure(media) for media in description.media)


def _secure(media: MediaDescription) -> bool:
    return media.protocol.upper().endswith("SAVP")


def _stream(media: MediaDescription, ports: Ports, randomness: Randomness) -> OfferedStream:
    key = None
    if _secure(media):
        key = CryptoKey(key=randomness.getrandbits(8 * KEY_BYTES).to_bytes(KEY_BYTES, "big"))
    return OfferedStream(
        label=None, port=ports.rtp, rtcp_port=ports.rtcp, direction=Direction.RECVONLY, crypto=key
    )
