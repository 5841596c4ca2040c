"""What a recording server has taken down of a session, read from its folder: packets and sound."""

from __future__ import annotations

import struct
import sys
import wave
from array import array
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from emulator.siprec.media import rtp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.siprec.srs.summary import Summary
    from emulator.siprec.srs.taking import Track

_FILE_HEADER = 24
_PACKET_HEADER = struct.Struct("<IIII")
_IP_HEADER, _UDP_HEADER = 20, 8
_PROTOCOL, _UDP = 9, 17
"""Of the IP header: which byte names what it carries, and UDP's number there."""

_RTCP_TYPES = range(192, 224)
_RATE = 8_000


@dataclass(frozen=True, kw_only=True)
class Media:
    """What came of one source.

    Attributes:
        packets: Of RTP, as they came; encrypted ones as they are.
    """

    packets: tuple[rtp.RtpPacket, ...]

    @property
    def numbers(self) -> list[int]:
        """Sequence numbers, as they came."""
        return [packet.sequence for packet in self.packets]

    @property
    def payload_types(self) -> list[int]:
        """Of each packet, as they came."""
        return [packet.payload_type for packet in self.packets]


def media_of(summary: Summary, label: str) -> Media:
    """What came on a track, by the server's own capture.

    Args:
        summary: Of a session with a folder, and one source a track.
        label: The track's.
    """
    (source,) = track_of(summary, label).arrived.sources
    assert summary.folder is not None
    return Media(packets=captured((summary.folder / "session.pcap").read_bytes(), source.ssrc))


def captured(capture: bytes, ssrc: int) -> tuple[rtp.RtpPacket, ...]:
    """The RTP packets of a source that stand in a capture.

    Args:
        capture: Of IPv4, as this project writes it.
        ssrc: The source's.
    """
    media = (data for data in _datagrams(capture) if data[0] >> 6 == 2 and data[1] not in _RTCP_TYPES)
    return tuple(packet for packet in map(rtp.parse, media) if packet.ssrc == ssrc)


def track_of(summary: Summary, label: str) -> Track:
    """A track by its label."""
    return next(track for track in summary.tracks if track.label == label)


def frequency(track: Track, begin: float, end: float) -> float:
    """Hz of the tone that was recorded from ``begin`` to ``end`` (seconds).

    By the median of the samples from one rise through zero to the next, so that a gap is of no account.
    """
    assert track.file is not None
    with wave.open(str(track.file)) as file:
        samples = array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    part = pairwise(samples[int(begin * _RATE) : int(end * _RATE)])
    rises = [at for at, (before, after) in enumerate(part) if before < 0 <= after]
    return _RATE / median(other - one for one, other in pairwise(rises))


def _datagrams(data: bytes) -> Iterator[bytes]:
    """The payloads of UDP in a capture of IPv4 (``draft-ietf-opsawg-pcap``, link type RAW)."""
    at = _FILE_HEADER
    while at < len(data):
        _, _, length, _ = _PACKET_HEADER.unpack_from(data, at)
        at += _PACKET_HEADER.size
        if data[at + _PROTOCOL] == _UDP:
            yield data[at + _IP_HEADER + _UDP_HEADER : at + length]
        at += length
