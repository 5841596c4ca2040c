"""A session's packets as a pcap file, which Wireshark opens.

Owns the file and the headers around what a record holds: those are payloads, and what was below them is made up
here so that it is plausible. Must not send anything.

The file: classic pcap, microseconds, link type RAW (``draft-ietf-opsawg-pcap``; 101 of its registry), so a packet
begins with its IP header and none is cut into fragments, however long. TCP, RFC 9293: a connection begins with its
handshake, sequence numbers follow from the bytes, each part of a message is acknowledged at once. What went
through TLS stands there as the plain text that was inside, at port 5060 of who was called: at TLS's own port
Wireshark would look for ciphertext.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.models import SECOND
from emulator.siprec.net.link import Transport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.core.models import Instant
    from emulator.siprec.capture.record import Packet
    from emulator.siprec.net.link import Address

_IP: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 101)
_PACKET_HEADER = struct.Struct("<IIII")

_UDP, _TCP = 17, 6
_V4, _V6 = 4, 6
_HOPS = 64
_WINDOW = 65_535
_SEGMENT = 1_400
_INITIAL = 1_000
"""Of every sequence, so that two captures of one session are the same; Wireshark shows them from 0 anyway."""

_SYN, _PUSH, _ACK = 0x02, 0x08, 0x10
_PLAIN_PORT = 5060


@dataclass(frozen=True, slots=True)
class _End:
    """An address that a packet comes from or goes to."""

    ip: _IP
    port: int


@dataclass(slots=True, kw_only=True)
class _Connection:
    """A TCP connection as it is made up, seen from the end that opened it."""

    opener: _End
    other: _End
    sent: dict[_End, int]
    """The next sequence number of each end."""


def written(packets: Iterable[Packet]) -> Iterator[bytes]:
    """Write packets, piece by piece.

    Args:
        packets: In order of time. The sender of a connection's first message is taken for who opened it.

    Yields:
        The file's header, then what makes up each packet.
    """
    yield _FILE_HEADER
    connections: dict[frozenset[Address], _Connection] = {}
    for packet in packets:
        source, destination = _ends(packet)
        if packet.transport is Transport.UDP:
            datagram = _udp(source, destination, packet.data)
            yield _framed(packet.at, _ip(source, destination, _UDP, datagram))
            continue
        key = frozenset((packet.local, packet.remote))
        if key not in connections:
            connections[key] = _opened(packet, source, destination)
            yield from _each(packet.at, _handshake(connections[key]))
        yield from _each(packet.at, _segments(connections[key], packet))


# --- TCP ---


def _opened(packet: Packet, source: _End, destination: _End) -> _Connection:
    if packet.transport is Transport.TLS:
        destination = _End(destination.ip, _PLAIN_PORT)
    return _Connection(opener=source, other=destination, sent={source: _INITIAL, destination: _INITIAL})


def _handshake(connection: _Connection) -> Iterator[bytes]:
    opener, other = connection.opener, connection.other
    yield _segment(connection, opener, other, _SYN)
    connection.sent[opener] += 1
    yield _segment(connection, other, opener, _SYN | _ACK)
    connection.sent[other] += 1
    yield _segment(connection, opener, other, _ACK)


def _segments(connection: _Connection, packet: Packet) -> Iterator[bytes]:
    source, destination = connection.opener, connection.other
    if _ends(packet)[0] != source:
        source, destination = destination, source
    for start in range(0, len(packet.data), _SEGMENT):
        part = packet.data[start : start + _SEGMENT]
        last = start + _SEGMENT >= len(packet.data)
        yield _segment(connection, source, destination, _ACK | _PUSH if last else _ACK, part)
        connection.sent[source] += len(part)
        yield _segment(connection, destination, source, _ACK)


def _segment(connection: _Connection, source: _End, destination: _End, flags: int, data: bytes = b"") -> bytes:
    acknowledged = connection.sent[destination] if flags & _ACK else 0
    header = struct.pack(
        "!HHIIBBHHH",
        source.port,
        destination.port,
        connection.sent[source] % 2**32,
        acknowledged % 2**32,
        5 << 4,
        flags,
        _WINDOW,
        0,
        0,
    )
    whole = header + data
    checksum = _checksum(_pseudo(source, destination, _TCP, len(whole)) + whole)
    return _ip(source, destination, _TCP, whole[:16] + checksum.to_bytes(2) + whole[18:])


# --- UDP and IP ---


def _udp(source: _End, destination: _End, data: bytes) -> bytes:
    header = struct.pack("!HHHH", source.port, destination.port, 8 + len(data), 0)
    checksum = _checksum(_pseudo(source, destination, _UDP, 8 + len(data)) + header + data)
    # 0 would say that there is none (RFC 768)
    return header[:6] + (checksum or 0xFFFF).to_bytes(2) + data


def _ip(source: _End, destination: _End, protocol: int, payload: bytes) -> bytes:
    if source.ip.version == _V6:
        header = struct.pack("!IHBB", 6 << 28, len(payload), protocol, _HOPS)
        return header + source.ip.packed + destination.ip.packed + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, _HOPS, protocol, 0)
    header += source.ip.packed + destination.ip.packed
    return header[:10] + _checksum(header).to_bytes(2) + header[12:] + payload


def _pseudo(source: _End, destination: _End, protocol: int, length: int) -> bytes:
    """What a checksum covers besides (RFC 9293 section 3.1, RFC 8200 section 8.1)."""
    addresses = source.ip.packed + destination.ip.packed
    if source.ip.version == _V4:
        return addresses + struct.pack("!HH", protocol, length)
    return addresses + struct.pack("!II", length, protocol)


def _checksum(data: bytes) -> int:
    """The complement of the ones' complement sum (RFC 1071), which is the remainder by 2**16 - 1.

    Of that sum's two zeros it is the one of data that are not all zero.
    """
    padded = data + b"\0" * (len(data) % 2)
    return 0xFFFF - (int.from_bytes(padded) % 0xFFFF or 0xFFFF)


def _ends(packet: Packet) -> tuple[_End, _End]:
    source, destination = _end(packet.source), _end(packet.destination)
    if source.ip.version == destination.ip.version:
        return source, destination
    # who is bound to any address of both families knows its own one as that of the other alone
    return _End(_of_version(source.ip), source.port), _End(_of_version(destination.ip), destination.port)


def _end(address: Address) -> _End:
    host, port = address
    return _End(ipaddress.ip_address(host.partition("%")[0]), port)


def _of_version(ip: _IP) -> _IP:
    return ip if ip.version == _V6 else ipaddress.IPv6Address(f"::ffff:{ip}")


# --- the file ---


def _each(at: Instant, packets: Iterable[bytes]) -> Iterator[bytes]:
    for packet in packets:
        yield _framed(at, packet)


def _framed(at: Instant, packet: bytes) -> bytes:
    seconds, micros = divmod(at, SECOND)
    return _PACKET_HEADER.pack(seconds, micros, len(packet), len(packet)) + packet
