"""Media as they leave, judged by Wireshark: the pacer's time, what is in the packets, and secure ones."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from emulator.core.models import SECOND, Instant
from emulator.siprec.capture.pcap import written
from emulator.siprec.capture.record import Direction as Way
from emulator.siprec.capture.record import Kind, Packet
from emulator.siprec.media.pacer import Pacer
from emulator.siprec.media.ports import Address, open_ports
from emulator.siprec.media.stream import Track, drawn_source
from emulator.siprec.media.tone import INBOUND_HZ, OUTBOUND_HZ, tone
from emulator.siprec.net.link import Transport
from emulator.siprec.sdp.crypto import CryptoKey
from emulator.siprec.sdp.streams import Direction, NegotiatedStream
from tests.judges.heard import demand_pace, demand_reports, demand_secure_reports, demand_tone, opened, punctual
from tests.judges.ports import HOST
from tests.judges.sinks import Sinks, sinks
from tests.judges.tshark import Dissection, Ports, capturing, dissected
from tests.judges.undisturbed import undisturbed

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = Random(3)  # noqa: S311 - nothing secret is drawn
PACKETS = 50
BOUND_SECS = 20
KEYS = {"inbound": bytes(range(30)), "outbound": bytes(range(30, 60))}
TONES = {"inbound": INBOUND_HZ, "outbound": OUTBOUND_HZ}


def clock() -> Instant:
    """Wall time that never goes back."""
    return time.monotonic_ns() // 1_000 + 1_700_000_000 * SECOND


def agreed(label: str, port: int, *, secure: bool) -> NegotiatedStream:
    """A stream to a port on loopback."""
    key = CryptoKey(tag=1, key=KEYS[label]) if secure else None
    return NegotiatedStream(
        label=label,
        active=True,
        direction=Direction.SENDONLY,
        remote=(HOST, port),
        remote_rtcp=(HOST, port + 1),
        local_key=key,
        remote_key=key,
    )


async def play(where: Sinks, *, secure: bool) -> list[Packet]:
    """Send both tracks until each sent enough; what left, as the session's record has it."""
    left: list[Packet] = []
    enough = asyncio.Event()
    pacer = Pacer(clock)

    def told(data: bytes, local: Address, remote: Address) -> None:
        kind = Kind.RTP if remote[1] in where.both else Kind.RTCP
        left.append(
            Packet(
                at=clock(),
                direction=Way.SENT,
                kind=kind,
                transport=Transport.UDP,
                local=local,
                remote=remote,
                data=data,
            )
        )
        if len(left) >= 2 * PACKETS:
            enough.set()

    tracks = {}
    for label, port in zip(TONES, where.both, strict=True):
        track = Track(
            sound=tone(TONES[label]),
            negotiated=agreed(label, port, secure=secure),
            source=drawn_source(RANDOM, "a@emulator"),
            randomness=RANDOM,
        )
        tracks[track] = open_ports(HOST, randomness=RANDOM)
    try:
        for track, ports in tracks.items():
            pacer.add(track, ports, told)
        async with asyncio.timeout(BOUND_SECS):
            await enough.wait()
        for track in tracks:
            pacer.remove(track)
    finally:
        pacer.close()
        for ports in tracks.values():
            ports.close()
    return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was played, where, and what Wireshark read of it."""

    where: Sinks
    left: list[Packet]
    wire: Dissection

    @property
    def punctual(self) -> bool:
        """Whether the machine let it be on time."""
        return punctual(self.wire)


async def captured(folder: Path, *, secure: bool) -> Played:
    """Play while capturing."""
    with sinks() as where:
        ports = Ports(rtp=where.both, secure=secure)
        async with capturing(ports, folder) as capture:
            left = await play(where, secure=secure)
            wire = await dissected(await capture.whole(), ports)
    return Played(where=where, left=left, wire=wire)


async def test_tracks_are_on_time_and_each_has_its_tone(tmp_path: Path) -> None:
    played = await undisturbed(
        lambda number: captured(tmp_path / f"{number}", secure=False), lambda played: played.punctual
    )
    where = played.where
    (tmp_path / "record.pcap").write_bytes(b"".join(written(played.left)))
    record = await dissected(tmp_path / "record.pcap", Ports(rtp=where.both))
    for one in (played.wire, record):
        assert one.malformed() == []
        demand_pace(one, where.both, PACKETS - 2)
        demand_reports(one, where.both)
        for label, port in zip(TONES, where.both, strict=True):
            demand_tone([packet.payload for packet in one.rtp(port)], TONES[label])
    assert played.wire.datagrams(where.inbound) == record.datagrams(where.inbound)


async def test_secure_tracks_decrypt_to_what_plain_ones_carry(tmp_path: Path) -> None:
    plain = await captured(tmp_path / "plain", secure=False)
    secure = await captured(tmp_path / "secure", secure=True)
    for number, (label, key) in enumerate(KEYS.items()):
        text = base64.b64encode(key).decode()
        carried = [packet.payload for packet in plain.wire.rtp(plain.where.both[number])]
        sealed = secure.wire.rtp(secure.where.both[number])
        heard = opened(sealed, text)
        common = min(len(carried), len(heard))
        assert common >= PACKETS - 2, label
        assert carried[:common] == heard[:common]
        assert not any(packet.payload.startswith(payload) for packet, payload in zip(sealed, heard, strict=True))
        demand_secure_reports(secure.wire, secure.where.both[number], text)
