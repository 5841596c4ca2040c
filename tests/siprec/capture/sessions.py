"""A recording session as a record holds it, made by hand: by which addresses, transport and size is told."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.models import MILLISECOND
from emulator.siprec.capture.record import Direction, Kind, Packet
from emulator.siprec.net.link import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.models import Duration, Instant

BEGIN: Instant = 1_753_000_000_000_000
CLIENT_MEDIA, SERVER_MEDIA = 40_000, 50_000
PACKETS = 100
"""Of RTP; 2 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a session is like.

    Attributes:
        transport: Of its messages.
        client: The client's address.
        server: The server's.
        server_port: Where it takes messages.
        client_port: Where the client's come from.
        padding: Bytes by which the INVITE is longer, in a header.
    """

    transport: Transport = Transport.UDP
    client: str = "127.0.0.1"
    server: str = "127.0.0.1"
    server_port: int = 5080
    client_port: int = 41_000
    padding: int = 0

    def packets(self) -> tuple[Packet, ...]:
        """INVITE, 100, 200, ACK, two seconds of PCMU with RTCP, BYE, 200."""
        setup = (
            self._message(0, Direction.SENT, self._invite()),
            self._message(10 * MILLISECOND, Direction.RECEIVED, self._response("100 Trying", "1 INVITE")),
            self._message(
                20 * MILLISECOND, Direction.RECEIVED, self._response("200 OK", "1 INVITE", self._sdp(SERVER_MEDIA))
            ),
            self._message(21 * MILLISECOND, Direction.SENT, self._request("ACK", "1 ACK")),
        )
        end = (
            self._message(2_100 * MILLISECOND, Direction.SENT, self._request("BYE", "2 BYE")),
            self._message(2_110 * MILLISECOND, Direction.RECEIVED, self._response("200 OK", "2 BYE")),
        )
        return (*setup, *self._media(), *end)

    def _message(self, after: Duration, direction: Direction, data: bytes) -> Packet:
        return Packet(
            at=BEGIN + after,
            direction=direction,
            transport=self.transport,
            local=(self.client, self.client_port),
            remote=(self.server, self.server_port),
            data=data,
        )

    def _media(self) -> Iterator[Packet]:
        for index in range(PACKETS):
            rtp = struct.pack("!BBHII", 0x80, 0, index, index * 160, 0x1234) + b"\xff" * 160
            yield self._media_packet(index, Kind.RTP, 0, rtp)
        report = struct.pack("!BBHIQIII", 0x80, 200, 6, 0x1234, 1, PACKETS * 160, PACKETS, PACKETS * 160)
        name = b"\x01\x03a@b\0\0\0"
        report += struct.pack("!BBHI", 0x81, 202, 3, 0x1234) + name
        yield self._media_packet(PACKETS, Kind.RTCP, 1, report)

    def _media_packet(self, index: int, kind: Kind, above: int, data: bytes) -> Packet:
        return Packet(
            at=BEGIN + (30 + 20 * index) * MILLISECOND,
            direction=Direction.SENT,
            kind=kind,
            transport=Transport.UDP,
            local=(self.client, CLIENT_MEDIA + above),
            remote=(self.server, SERVER_MEDIA + above),
            data=data,
        )

    def _invite(self) -> bytes:
        padding = f"X-Padding: {'x' * self.padding}\r\n" if self.padding else ""
        return self._request("INVITE", "1 INVITE", self._sdp(CLIENT_MEDIA), padding)

    def _request(self, method: str, cseq: str, sdp: str = "", extra: str = "") -> bytes:
        to = "" if method == "INVITE" else ";tag=b"
        return self._written(f"{method} sip:srs@{_host(self.server)} SIP/2.0", cseq, sdp, to, extra)

    def _response(self, status: str, cseq: str, sdp: str = "") -> bytes:
        return self._written(f"SIP/2.0 {status}", cseq, sdp, ";tag=b")

    def _written(self, first: str, cseq: str, sdp: str, to: str, extra: str = "") -> bytes:
        client, server = _host(self.client), _host(self.server)
        kind = "Content-Type: application/sdp\r\n" if sdp else ""
        via = f"SIP/2.0/{self.transport.upper()} {client}:{self.client_port};branch=z9hG4bK{cseq.replace(' ', '')}"
        return (
            f"{first}\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: <sip:src@{client}>;tag=a\r\n"
            f"To: <sip:srs@{server}>{to}\r\nCall-ID: one\r\nCSeq: {cseq}\r\n"
            f"Contact: <sip:src@{client}:{self.client_port}>\r\n{extra}{kind}"
            f"Content-Length: {len(sdp)}\r\n\r\n{sdp}"
        ).encode()

    def _sdp(self, port: int) -> str:
        host = (self.client if port == CLIENT_MEDIA else self.server).partition("%")[0]
        family = "IP6" if ":" in host else "IP4"
        return (
            f"v=0\r\no=- 1 1 IN {family} {host}\r\ns=-\r\nc=IN {family} {host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=label:inbound\r\n"
        )


def _host(address: str) -> str:
    plain = address.partition("%")[0]
    return f"[{plain}]" if ":" in plain else plain
