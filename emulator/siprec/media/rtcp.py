"""RTCP packets as values, and their way from and to bytes (RFC 3550 section 6).

Owns what a compound packet looks like. Must not count (``counting.py``) nor decide when one is due
(``stream.py``).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeAlias

from emulator.core.errors import GarbledMedia, Unwritable
from emulator.core.models import SECOND, Instant

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203

_VERSION = 2 << 6
_VERSION_BITS = 0xC0
_PADDING = 0x20
_COUNT = 0x1F
_WORD = 4
_CNAME = 1
_MAX_TEXT = 255
_HEADER = struct.Struct("!BBH")
_SSRC = struct.Struct("!I")
_SENDER_INFO = struct.Struct("!QIII")
_BLOCK = struct.Struct("!IIIIII")
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""

_LOST_BITS = 24
_LOST_MOST = (1 << _LOST_BITS - 1) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBlock:
    """What a receiver says of one source (section 6.4.1).

    Attributes:
        ssrc: The source.
        fraction_lost: Of 256, since the last report.
        lost: Since the beginning; negative where duplicates came.
        highest: The highest sequence number, with its cycles in the upper 16 bits.
        jitter: In samples.
        last_report: The middle 32 bits of the NTP time of the source's last SR; 0 where none came.
        since_last_report: From that SR's arrival to this report, in 1/65,536 s.
    """

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_report: int = 0
    since_last_report: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """SR (section 6.4.1).

    Attributes:
        ntp: 64 bits, seconds since 1900 in the upper half.
        rtp_timestamp: The same moment on the clock of the source's packets.
        packets: Sent so far, modulo 2^32.
        octets: Of payload sent so far, modulo 2^32.
    """

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    """RR (section 6.4.2)."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDescription:
    """SDES (section 6.5), as far as the canonical name.

    Attributes:
        names: SSRC and CNAME of each chunk; an empty name where a chunk has none.
    """

    names: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodbye:
    """BYE (section 6.6)."""

    ssrcs: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A packet of a kind that is not read here, such as APP or feedback (RFC 4585)."""

    packet_type: int
    body: bytes


RtcpPacket: TypeAlias = SenderReport | ReceiverReport | SourceDescription | Goodbye | Other


def ntp_time(now: Instant) -> int:
    """An instant as the 64 bits of an SR."""
    seconds, micros = divmod(now, SECOND)
    return (seconds + _NTP_EPOCH) << 32 | (micros << 32) // SECOND


def middle_of(ntp: int) -> int:
    """The 32 bits of an NTP time by which a report block names an SR."""
    return ntp >> 16 & 0xFFFFFFFF


def written(packets: tuple[RtcpPacket, ...]) -> bytes:
    """The bytes of a compound packet, in this order.

    Raises:
        Unwritable: A value does not fit its field.
    """
    try:
        return b"".join(map(_written, packets))
    except struct.error as error:
        raise Unwritable(f"a field of an RTCP packet does not fit: {error}") from error


def parse(data: bytes) -> tuple[RtcpPacket, ...]:
    """Read one datagram: a compound packet, or one packet alone (RFC 5506).

    Kinds that are not known and what a profile adds behind report blocks are no reason to refuse it.

    Raises:
        GarbledMedia: It is none.
    """
    packets = []
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise GarbledMedia("an RTCP packet ends within its header")
        first, packet_type, words = _HEADER.unpack_from(data, at)
        if first & _VERSION_BITS != _VERSION:
            raise GarbledMedia(f"an RTCP packet of version {first >> 6}")
        end = at + _WORD * (words + 1)
        if end > len(data):
            raise GarbledMedia("an RTCP packet is longer than its datagram")
        body = data[at + _HEADER.size : end]
        packets.append(_read(packet_type, first & _COUNT, _unpadded(body) if first & _PADDING else body))
        at = end
    if not packets:
        raise GarbledMedia("an empty datagram is no RTCP packet")
    return tuple(packets)


def _written(packet: RtcpPacket) -> bytes:
    if isinstance(packet, SenderReport):
        info = _SENDER_INFO.pack(packet.ntp, packet.rtp_timestamp, packet.packets, packet.octets)
        body = _SSRC.pack(packet.ssrc) + info + _blocks(packet.blocks)
        return _framed(SENDER_REPORT, len(packet.blocks), body)
    if isinstance(packet, ReceiverReport):
        return _framed(RECEIVER_REPORT, len(packet.blocks), _SSRC.pack(packet.ssrc) + _blocks(packet.blocks))
    if isinstance(packet, SourceDescription):
        return _framed(SOURCE_DESCRIPTION, len(packet.names), b"".join(_chunk(*name) for name in packet.names))
    if isinstance(packet, Goodbye):
        text = _counted(packet.reason) if packet.reason else b""
        body = b"".join(map(_SSRC.pack, packet.ssrcs)) + text
        return _framed(GOODBYE, len(packet.ssrcs), body + bytes(-len(body) % _WORD))
    return _framed(packet.packet_type, 0, packet.body)


def _framed(packet_type: int, count: int, body: bytes) -> bytes:
    if count > _COUNT or len(body) % _WORD:
        raise Unwritable("an RTCP packet has at most 31 parts, and whole words")
    return _HEADER.pack(_VERSION | count, packet_type, len(body) // _WORD) + body


def _blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << _LOST_BITS | _in_24_bits(block.lost),
            block.highest,
            block.jitter,
            block.last_report,
            block.since_last_report,
        )
        for block in blocks
    )


def _in_24_bits(lost: int) -> int:
    """It stays at its ends rather than wrap (appendix A.3)."""
    return max(min(lost, _LOST_MOST), -_LOST_MOST - 1) & (1 << _LOST_BITS) - 1


def _chunk(ssrc: int, name: str) -> bytes:
    """At least one zero ends the items, and zeros fill up the word."""
    items = _SSRC.pack(ssrc) + bytes((_CNAME,)) + _counted(name)
    return items + bytes(_WORD - len(items) % _WORD)


def _counted(text: str) -> bytes:
    data = text.encode()
    if len(data) > _MAX_TEXT:
        raise Unwritable(f"a text of {len(data)} bytes in an RTCP packet, where 255 fit")
    return bytes((len(data),)) + data


def _unpadded(body: bytes) -> bytes:
    padding = body[-1] if body else 0
    if not padding or padding > len(body):
        raise GarbledMedia(f"{padding} bytes of padding in an RTCP packet")
    return body[:-padding]


def _read(packet_type: int, count: int, body: bytes) -> RtcpPacket:
    if packet_type == SENDER_REPORT:
        return _read_sender_report(count, body)
    if packet_type == RECEIVER_REPORT:
        _demand(body, _SSRC.size + count * _BLOCK.size)
        return ReceiverReport(ssrc=_SSRC.unpack_from(body)[0], blocks=_read_blocks(body[_SSRC.size :], count))
    if packet_type == SOURCE_DESCRIPTION:
        return _read_description(count, body)
    if packet_type == GOODBYE:
        return _read_goodbye(count, body)
    return Other(packet_type=packet_type, body=body)


def _demand(body: bytes, size: int) -> None:
    if len(body) < size:
        raise GarbledMedia("an RTCP packet has fewer parts than it says")


def _read_sender_report(count: int, body: bytes) -> SenderReport:
    start = _SSRC.size + _SENDER_INFO.size
    _demand(body, start + count * _BLOCK.size)
    ntp, rtp_timestamp, packets, octets = _SENDER_INFO.unpack_from(body, _SSRC.size)
    return SenderReport(
        ssrc=_SSRC.unpack_from(body)[0],
        ntp=ntp,
        rtp_timestamp=rtp_timestamp,
        packets=packets,
        octets=octets,
        blocks=_read_blocks(body[start:], count),
    )


def _read_blocks(body: bytes, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for index in range(count):
        ssrc, loss, highest, jitter, last, since = _BLOCK.unpack_from(body, index * _BLOCK.size)
        lost = loss & (1 << _LOST_BITS) - 1
        blocks.append(
            ReportBlock(
                ssrc=ssrc,
                fraction_lost=loss >> _LOST_BITS,
                lost=lost - (1 << _LOST_BITS) if lost > _LOST_MOST else lost,
                highest=highest,
                jitter=jitter,
                last_report=last,
                since_last_report=since,
            )
        )
    return tuple(blocks)


def _read_description(count: int, body: bytes) -> SourceDescription:
    names = []
    at = 0
    for _ in range(count):
        _demand(body, at + _SSRC.size)
        ssrc = _SSRC.unpack_from(body, at)[0]
        name, at = _read_items(body, at + _SSRC.size)
        names.append((ssrc, name))
    return SourceDescription(names=tuple(names))


def _read_items(body: bytes, at: int) -> tuple[str, int]:
    """The canonical name among a chunk's items, and where the next chunk begins."""
    name = ""
    while at < len(body) and body[at]:
        _demand(body, at + 2)
        end = at + 2 + body[at + 1]
        _demand(body, end)
        if body[at] == _CNAME:
            name = body[at + 2 : end].decode("utf-8", "replace")
        at = end
    return name, at + _WORD - at % _WORD


def _read_goodbye(count: int, body: bytes) -> Goodbye:
    _demand(body, count * _SSRC.size)
    ssrcs = struct.unpack_from(f"!{count}I", body)
    rest = body[count * _SSRC.size :]
    reason = rest[1 : 1 + rest[0]].decode("utf-8", "replace") if rest else ""
    return Goodbye(ssrcs=ssrcs, reason=reason)
