"""Capture files made by hand, so that what a dissector says can be tried on packets that are known.

Owns the file format (draft-ietf-opsawg-pcap) with UDP over IPv4 in it. Written apart from the emulator's own.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MAGIC = 0xA1B2C3D4
_RAW_IP = 101
_LOOPBACK = bytes((127, 0, 0, 1))
_UDP = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A datagram.

    Attributes:
        micros: When, in microseconds.
    """

    micros: int
    source: int
    destination: int
    payload: bytes


def write_pcap(file: Path, packets: Iterable[Packet]) -> None:
    """Put datagrams between ports of 127.0.0.1 into a file."""
    head = struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, 0xFFFF, _RAW_IP)
    file.write_bytes(head + b"".join(_record(packet) for packet in packets))


def _record(packet: Packet) -> bytes:
    udp = struct.pack(">HHHH", packet.source, packet.destination, 8 + len(packet.payload), 0) + packet.payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, _UDP, 0) + _LOOPBACK + _LOOPBACK
    whole = ip + udp
    seconds, micros = divmod(packet.micros, 1_000_000)
    return struct.pack("<IIII", seconds, micros, len(whole), len(whole)) + whole


def rtp(number: int, payload: bytes, *, kind: int = 0, source: int = 0x1234_5678) -> bytes:
    """An RTP packet of 20 ms at 8,000 samples a second (RFC 3550 5.1), the first one marked."""
    marker = 0x80 if number == 0 else 0
    return struct.pack(">BBHII", 0x80, marker | kind, number, 160 * number, source) + payload


def sender_report(source: int = 0x1234_5678) -> bytes:
    """SR and SDES in one datagram, as RFC 3550 6.1 demands."""
    report = struct.pack(">BBHIQIII", 0x80, 200, 6, source, 1 << 32, 0, 1, 160)
    return report + struct.pack(">BBHIBB4sH", 0x81, 202, 3, source, 1, 4, b"a@bc", 0)


def goodbye(source: int = 0x1234_5678) -> bytes:
    """SR, SDES and BYE."""
    return sender_report(source) + struct.pack(">BBHI", 0x81, 203, 1, source)
