"""RTP packets as values, and their way from and to bytes (RFC 3550 section 5).

Owns the header. Must not know what a payload holds, nor count what was lost: ``counting.py`` does.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from emulator.core.errors import GarbledMedia, Unwritable

SEQUENCES = 1 << 16
"""A sequence number is taken modulo this."""

TIMESTAMPS = 1 << 32
"""A timestamp is taken modulo this."""

HEADER = struct.Struct("!BBHII")
"""Version and flags, marker and payload type, sequence number, timestamp, SSRC."""

VERSION = 2 << 6
MARKER = 0x80

_VERSION_BITS = 0xC0
_PADDING = 0x20
_EXTENSION = 0x10
_CSRC_COUNT = 0x0F
_EXTENSION_HEADER = struct.Struct("!HH")
_WORD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A header extension (section 5.3.1).

    Attributes:
        profile: 16 bits that the profile defines, such as 0xBEDE (RFC 8285).
        data: Whole words of four bytes.
    """

    profile: int
    data: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    """A packet.

    Attributes:
        payload_type: 7 bits.
        sequence: 16 bits.
        timestamp: 32 bits, in samples of the payload's clock.
        ssrc: 32 bits, the source.
        payload: Without padding.
        marker: On audio: the first packet of a talkspurt (RFC 3551 section 4.1).
        csrcs: At most 15 sources that a mixer put together.
    """

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: Extension | None = None


def written(packet: RtpPacket) -> bytes:
    """The bytes of a packet.

    Raises:
        Unwritable: A value does not fit its field.
    """
    extension = packet.extension
    first = VERSION | len(packet.csrcs) | (_EXTENSION if extension else 0)
    if len(packet.csrcs) > _CSRC_COUNT:
        raise Unwritable("an RTP packet has at most 15 contributing sources")
    if packet.payload_type >= MARKER or (extension and len(extension.data) % _WORD):
        raise Unwritable("an RTP payload type has 7 bits, and a header extension whole words")
    second = packet.payload_type | (MARKER if packet.marker else 0)
    try:
        head = HEADER.pack(first, second, packet.sequence, packet.timestamp, packet.ssrc)
        head += struct.pack(f"!{len(packet.csrcs)}I", *packet.csrcs)
        if extension:
            head += _EXTENSION_HEADER.pack(extension.profile, len(extension.data) // _WORD) + extension.data
    except struct.error as error:
        raise Unwritable(f"a field of an RTP header does not fit: {error}") from error
    return head + packet.payload


def parse(data: bytes) -> RtpPacket:
    """Read one datagram.

    Raises:
        GarbledMedia: It is no RTP packet (appendix A.1, as far as one packet tells).
    """
    if len(data) < HEADER.size:
        raise GarbledMedia(f"{len(data)} bytes are no RTP packet")
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    if first & _VERSION_BITS != VERSION:
        raise GarbledMedia(f"an RTP packet of version {first >> 6}")
    csrc_count = first & _CSRC_COUNT
    at = HEADER.size + _WORD * csrc_count
    if at > len(data):
        raise GarbledMedia("an RTP packet ends within its list of sources")
    extension = None
    if first & _EXTENSION:
        extension = _extension(data, at)
        at += _EXTENSION_HEADER.size + len(extension.data)
    return RtpPacket(
        payload_type=second & ~MARKER,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=data[at : _payload_end(data, at) if first & _PADDING else len(data)],
        marker=bool(second & MARKER),
        csrcs=struct.unpack_from(f"!{csrc_count}I", data, HEADER.size),
        extension=extension,
    )


def _extension(data: bytes, at: int) -> Extension:
    start = at + _EXTENSION_HEADER.size
    if start > len(data):
        raise GarbledMedia("an RTP packet ends within its header extension")
    profile, words = _EXTENSION_HEADER.unpack_from(data, at)
    end = start + _WORD * words
    if end > len(data):
        raise GarbledMedia("an RTP packet ends within its header extension")
    return Extension(profile=profile, data=data[start:end])


def _payload_end(data: bytes, start: int) -> int:
    """The last byte says how many bytes of padding there are, itself included."""
    padding = data[-1]
    if not padding or len(data) - padding < start:
        raise GarbledMedia(f"{padding} bytes of padding in an RTP packet of {len(data)}")
    return len(data) - padding
