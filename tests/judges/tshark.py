"""Wireshark's dissectors over what went through loopback, or what a capture file holds.

Owns capturing, asking tshark for fields, and reading its answers. Must not know what a test expects of them. Only
packets from and to given ports are captured, so tests beside each other do not see each other's.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import pytest

from tests.judges.ports import HIGHEST, HOST, LOWEST, free_port
from tests.judges.programs import program, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from tests.judges.programs import Running

READ_BOUND_SECS = 30
_LAST = b"the last packet of this capture"
_SEPARATOR = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What is spoken where, since no port here is a usual one.

    Attributes:
        sip: UDP and TCP ports of SIP.
        tls: Ports of SIP over TLS.
        rtp: Ports to which RTP goes; RTCP goes to the next one each.
        secure: RTP and RTCP are encrypted, so no dissector reads RTCP.
    """

    sip: tuple[int, ...] = ()
    tls: tuple[int, ...] = ()
    rtp: tuple[int, ...] = ()
    secure: bool = False

    @property
    def all(self) -> tuple[int, ...]:
        """Each of them."""
        return (*self.sip, *self.tls, *self.rtp, *(port + 1 for port in self.rtp))

    def decoding(self) -> Iterator[str]:
        """As tshark is told."""
        for port in self.sip:
            yield from ("-d", f"udp.port=={port},sip", "-d", f"tcp.port=={port},sip")
        for port in self.tls:
            yield from ("-d", f"tcp.port=={port},tls", "-d", f"tls.port=={port},sip")
        for port in self.rtp:
            yield from ("-d", f"udp.port=={port},rtp", "-d", f"udp.port=={port + 1},{self._reports}")

    @property
    def _reports(self) -> str:
        return "data" if self.secure else "rtcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpStream:
    """A stream of RTP as Wireshark counts it.

    Attributes:
        port: Where it went.
        ssrc: Its source, as ``0x`` and hexadecimal digits.
        payload: Name of its codec.
        packets: How many there were.
        lost: How many were not.
        mean_delta: Between packets, in ms.
        mean_jitter: In ms.
        max_jitter: In ms.
    """

    port: int
    ssrc: str
    payload: str
    packets: int
    lost: int
    mean_delta: float
    mean_jitter: float
    max_jitter: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    """A packet as Wireshark reads it.

    Attributes:
        raw: All of it, as it was in its datagram.
        payload: What it carries.
    """

    sequence: int
    timestamp: int
    marker: bool
    payload_type: int
    payload: bytes
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame as Wireshark reads it; a field that it lacks is empty, of one that it has more than once all stand.

    Attributes:
        number: In the file.
        protocols: Each in the other, such as ``eth:ethertype:ip:udp:sip:sdp``.
        malformed: What no dissector could read to the end.
        severities: Of what Wireshark remarks.
        port: Where a datagram went.
        datagram: What it held, in hexadecimal digits.
        attributes: Those of SDP's media.
        reports: Types of RTCP packets.
        sequence, timestamp, marker, payload_type, payload: RTP's.
    """

    number: str
    protocols: str
    malformed: str
    severities: str
    port: str
    datagram: str
    method: str
    status: str
    attributes: str
    reports: str
    sequence: str
    timestamp: str
    marker: str
    payload_type: str
    payload: str


_FIELDS = (
    *(
        "frame.number",
        "frame.protocols",
        "_ws.malformed",
        "_ws.expert.severity",
        "udp.dstport",
        "udp.payload",
        "sip.Method",
    ),
    *("sip.Status-Code", "sdp.media_attr", "rtcp.pt", "rtp.seq", "rtp.timestamp", "rtp.marker", "rtp.p_type"),
    "rtp.payload",
)
"""Of a frame, in the order of its attributes."""

_ERROR = "8388608"
"""The severity of what breaks a protocol (``PI_ERROR``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissection:
    """What Wireshark read out of a capture.

    Attributes:
        frames: In order.
        streams: Of RTP, by port.
    """

    frames: tuple[Frame, ...]
    streams: tuple[RtpStream, ...]

    def malformed(self) -> list[Frame]:
        """Frames that no dissector can read to the end, or that it has an error against."""
        return [one for one in self.frames if one.malformed or _ERROR in one.severities.split(_SEPARATOR)]

    def methods(self) -> list[str]:
        """Of SIP's requests, in order."""
        return [one.method for one in self.frames if one.method]

    def statuses(self) -> list[str]:
        """Of SIP's responses, in order."""
        return [one.status for one in self.frames if one.status]

    def invite(self) -> Frame:
        """The first INVITE."""
        return next(one for one in self.frames if one.method == "INVITE")

    def attributes(self, method: str) -> list[str]:
        """SDP's, of all requests of a method."""
        return [
            value
            for one in self.frames
            if one.method == method
            for value in one.attributes.split(_SEPARATOR)
            if value
        ]

    def rtp(self, port: int) -> list[RtpPacket]:
        """RTP that went to a port, in order of arrival."""
        return [
            RtpPacket(
                sequence=int(one.sequence),
                timestamp=int(one.timestamp),
                marker=one.marker in {"1", "True"},
                payload_type=int(one.payload_type),
                payload=bytes.fromhex(one.payload),
                raw=bytes.fromhex(one.datagram),
            )
            for one in self._sent_to(port)
            if one.sequence
        ]

    def rtcp(self, port: int) -> list[int]:
        """Types of the RTCP packets that went to a port, in order: 200 SR, 202 SDES, 203 BYE (RFC 3550 12.1)."""
        return [int(kind) for one in self._sent_to(port) for kind in one.reports.split(_SEPARATOR) if kind]

    def datagrams(self, port: int) -> list[bytes]:
        """What went to a UDP port, as it is."""
        return [bytes.fromhex(one.datagram) for one in self._sent_to(port)]

    def _sent_to(self, port: int) -> list[Frame]:
        return [one for one in self.frames if one.port == f"{port}"]


async def dissected(file: Path, ports: Ports, key_log: Path | None = None) -> Dissection:
    """Have a capture file read, by one run of tshark: it takes half a second to start.

    Args:
        file: pcap or pcapng.
        ports: What is spoken where; frames from and to no such port are left out, streams are not.
        key_log: Secrets of its TLS (``SSLKEYLOGFILE``).
    """
    secrets = () if key_log is None else ("-o", f"tls.keylog_file:{key_log}")
    own = ",".join(map(str, ports.all))
    command = (
        *(program("tshark"), "-n", "-r", f"{file}", *ports.decoding(), *secrets, "-z", "rtp,streams"),
        *("-Y", f"udp.port in {{{own}}} || tcp.port in {{{own}}}"),
        *("-T", "fields", "-E", f"aggregator={_SEPARATOR}", "-E", "separator=/t"),
        *(word for name in _FIELDS for word in ("-e", name)),
    )
    async with running(*command, output=file.with_suffix(".fields"), folder=file.parent) as run:
        async with asyncio.timeout(READ_BOUND_SECS):
            status = await run.process.wait()
        said = run.said()
    assert status == 0, said
    lines = said.splitlines()
    rows = [line.split("\t") for line in lines if line.count("\t") == len(_FIELDS) - 1]
    streams = (_stream(line.split()) for line in lines if "\t" not in line and "0x" in line)
    names = [field.name for field in fields(Frame)]
    return Dissection(
        frames=tuple(Frame(**dict(zip(names, row, strict=True))) for row in rows),
        streams=tuple(sorted(streams, key=lambda stream: stream.port)),
    )


def _stream(words: Sequence[str]) -> RtpStream:
    """A line of ``-z rtp,streams``.

    Its columns: begin and end, source and port, destination and port, SSRC, codec (one word or more), packets,
    lost and its share, then least, mean and greatest delta and jitter.
    """
    port, ssrc = words[5:7]
    numbers = words[-10:] if words[-1] == "X" else words[-9:]
    packets, lost, _, _, mean_delta, _, _, mean_jitter, max_jitter = numbers[:9]
    return RtpStream(
        port=int(port),
        ssrc=ssrc,
        payload=" ".join(words[7 : -len(numbers)]),
        packets=int(packets),
        lost=int(lost),
        mean_delta=float(mean_delta),
        mean_jitter=float(mean_jitter),
        max_jitter=float(max_jitter),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Packets being captured.

    Attributes:
        file: Where they go.
        last_port: Where the packet goes that says that all before it are in the file.
    """

    file: Path
    ports: Ports
    last_port: int
    run: Running

    async def whole(self) -> Path:
        """The file, once all that came until now is in it."""
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
            sender.sendto(_LAST, (HOST, self.last_port))
        await self.run.until(lambda: _LAST in self.file.read_bytes())
        return self.file


def _permitted(dumpcap: str) -> bool:
    """Whether it may capture: for root, and where the file itself was given the capability."""
    return os.geteuid() == 0 or "security.capability" in os.listxattr(dumpcap)


@asynccontextmanager
async def capturing(ports: Ports, folder: Path, *, whole_range: bool = False) -> AsyncIterator[Capture]:
    """Capture what goes through loopback from and to these ports; skipped where that is not permitted.

    Args:
        ports: What is spoken where.
        folder: For its files; nobody else's.
        whole_range: All that judges may ever be given, for ports that are not known yet.
    """
    dumpcap = program("dumpcap")
    if not _permitted(dumpcap) and not os.environ.get("CI"):
        pytest.skip("capturing is not permitted")
    folder.mkdir()  # noqa: ASYNC240 - a test's own, on its own
    file, last_port = folder / "loopback.pcapng", free_port()
    each = " or ".join(f"port {port}" for port in (*ports.all, last_port))
    wanted = f"portrange {LOWEST}-{HIGHEST}" if whole_range else each
    command = (dumpcap, "-q", "-i", "lo", "-f", wanted, "-w", f"{file}")
    async with running(*command, output=folder / "dumpcap.log", folder=folder) as run:
        await run.until(lambda: "File:" in run.said())
        yield Capture(file=file, ports=ports, last_port=last_port, run=run)
