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

from emulator.siprec.media import rtcp, rtp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.siprec.srs.summary import Summary
    from emulator.siprec.srs.taking import Track

_FILE_HEADER = 24
_PACKET_HEADER = struct.Struct("<IIII")
_IP_HEADER, _UDP_HEADER = 20, 8
_RTCP_TYPES = range(192, 224)
_RATE = 8_000


@dataclass(frozen=True, kw_only=True)
class Media:
    """What came of one source.

    Attributes:
        packets: Of RTP, as they came.
        goodbye: Whether RTCP said BYE.
    """

    packets: tuple[rtp.RtpPacket, ...]
    goodbye: bool

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
    datagrams = list(_datagrams(summary))
    packets = [rtp.parse(data) for data in datagrams if data[0] >> 6 == 2 and data[1] not in _RTCP_TYPES]
    reports = [rtcp.parse(data) for data in datagrams if data[0] >> 6 == 2 and data[1] in _RTCP_TYPES]
    goodbyes = [one for report in reports for one in report if isinstance(one, rtcp.Goodbye)]
    return Media(
        packets=tuple(packet for packet in packets if packet.ssrc == source.ssrc),
        goodbye=any(source.ssrc in goodbye.ssrcs for goodbye in goodbyes),
    )


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


def _datagrams(summary: Summary) -> Iterator[bytes]:
    """The payloads of a capture of IPv4 and UDP (``draft-ietf-opsawg-pcap``, link type RAW)."""
    assert summary.folder is not None
    data = (summary.folder / "session.pcap").read_bytes()
    at = _FILE_HEADER
    while at < len(data):
        _, _, length, _ = _PACKET_HEADER.unpack_from(data, at)
        at += _PACKET_HEADER.size
        yield data[at + _IP_HEADER + _UDP_HEADER : at + length]
        at += length
