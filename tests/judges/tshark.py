"""Wireshark's dissectors over what went through loopback, or what a capture file holds.

Owns capturing, asking tshark for fields, and reading its answers. Must not know what a test expects of them. Only
packets from and to given ports are captured, so tests beside each other do not see each other's.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.judges.ports import HOST, free_port
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
class Dissection:
    """A capture file and how to read it.

    Attributes:
        file: pcap or pcapng.
        ports: What is spoken where.
        key_log: Secrets of its TLS (``SSLKEYLOGFILE``).
    """

    file: Path
    ports: Ports
    key_log: Path | None = None

    async def malformed(self) -> list[str]:
        """Frames that no dissector can read to the end, or that it has an error against; number and protocols."""
        return await self._lines("-Y", "_ws.malformed || _ws.expert.severity == error")

    async def of(self, what: str) -> int:
        """How many frames a display filter lets through."""
        return len(await self._lines("-Y", what))

    async def fields(self, name: str, what: str) -> list[str]:
        """All values of a field, in order.

        Args:
            name: As Wireshark calls it, such as ``sip.Method``.
            what: A display filter.
        """
        lines = await self._rows(what, name)
        return [value for (line,) in lines for value in line.split(_SEPARATOR) if value]

    async def rtp(self, port: int) -> list[RtpPacket]:
        """RTP that went to a port, in order of arrival."""
        names = ("rtp.seq", "rtp.timestamp", "rtp.marker", "rtp.p_type", "rtp.payload", "udp.payload")
        return [
            RtpPacket(
                sequence=int(sequence),
                timestamp=int(timestamp),
                marker=marker in {"1", "True"},
                payload_type=int(kind),
                payload=bytes.fromhex(payload),
                raw=bytes.fromhex(raw),
            )
            for sequence, timestamp, marker, kind, payload, raw in await self._rows(
                f"rtp && udp.dstport == {port}", *names
            )
        ]

    async def rtcp(self, port: int) -> list[int]:
        """Types of the RTCP packets that went to a port, in order: 200 SR, 202 SDES, 203 BYE (RFC 3550 12.1)."""
        return [int(kind) for kind in await self.fields("rtcp.pt", f"rtcp && udp.dstport == {port}")]

    async def datagrams(self, port: int) -> list[bytes]:
        """What went to a UDP port, as it is."""
        return [bytes.fromhex(payload) for payload in await self.fields("udp.payload", f"udp.dstport == {port}")]

    async def streams(self) -> list[RtpStream]:
        """What Wireshark counted of each RTP stream, by port."""
        said = await self._said("-q", "-z", "rtp,streams")
        found = (_stream(line.split()) for line in said.splitlines() if "0x" in line)
        return sorted(found, key=lambda stream: stream.port)

    async def _rows(self, what: str, *names: str) -> list[list[str]]:
        asked = (word for name in names for word in ("-e", name))
        told = ("-T", "fields", "-E", f"aggregator={_SEPARATOR}", "-E", "separator=/t")
        return [line.split("\t") for line in await self._lines("-Y", what, *told, *asked)]

    async def _lines(self, *told: str) -> list[str]:
        return (await self._said(*told)).splitlines()

    async def _said(self, *told: str) -> str:
        secrets = () if self.key_log is None else ("-o", f"tls.keylog_file:{self.key_log}")
        process = await asyncio.create_subprocess_exec(
            *(program("tshark"), "-n", "-r", f"{self.file}", *self.ports.decoding(), *secrets, *told),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(READ_BOUND_SECS):
            said, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode(errors="replace")
        return said.decode()


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

    async def whole(self) -> Dissection:
        """What came until now, once all of it is in the file."""
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
            sender.sendto(_LAST, (HOST, self.last_port))
        await self.run.until(lambda: _LAST in self.file.read_bytes())
        return Dissection(file=self.file, ports=self.ports)


def _permitted(dumpcap: str) -> bool:
    """Whether it may capture: for root, and where the file itself was given the capability."""
    return os.geteuid() == 0 or "security.capability" in os.listxattr(dumpcap)


@asynccontextmanager
async def capturing(ports: Ports, folder: Path) -> AsyncIterator[Capture]:
    """Capture what goes through loopback from and to these ports; skipped where that is not permitted.

    Args:
        ports: What is spoken where.
        folder: For its files; nobody else's.
    """
    dumpcap = program("dumpcap")
    if not _permitted(dumpcap) and not os.environ.get("CI"):
        pytest.skip("capturing is not permitted")
    folder.mkdir()  # noqa: ASYNC240 - a test's own, on its own
    file, last_port = folder / "loopback.pcapng", free_port()
    wanted = " or ".join(f"port {port}" for port in (*ports.all, last_port))
    command = (dumpcap, "-q", "-i", "lo", "-f", wanted, "-w", f"{file}")
    async with running(*command, output=folder / "dumpcap.log", folder=folder) as run:
        await run.until(lambda: "File:" in run.said())
        yield Capture(file=file, ports=ports, last_port=last_port, run=run)
