"""Wireshark's dissectors and the measuring of tones as judges can fail, on packets that are known."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.judges.pcaps import Packet, goodbye, rtp, sender_report, write_pcap
from tests.judges.ports import HOST, free_port
from tests.judges.scenarios import scenario
from tests.judges.sipp import calling, serving
from tests.judges.tones import from_alaw, from_ulaw, share, to_ulaw, tone
from tests.judges.tshark import Dissection, Ports, capturing, dissected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MEDIA = 40_000
SENDER = 41_000
FRAME = 160
SOUND = to_ulaw(tone(440, 50 * FRAME))


def sent(number: int, late: int = 0) -> Packet:
    """A packet of the sound, on schedule or so many microseconds late."""
    payload = rtp(number, SOUND[number * FRAME : (number + 1) * FRAME])
    return Packet(micros=number * 20_000 + late, source=SENDER, destination=MEDIA, payload=payload)


async def read(packets: Sequence[Packet], folder: Path) -> Dissection:
    """Have a capture file of these packets read."""
    write_pcap(folder / "known.pcap", packets)
    return await dissected(folder / "known.pcap", Ports(rtp=(MEDIA,), sip=(5060,)))


async def test_media_on_schedule_are_found_so(tmp_path: Path) -> None:
    found = await read([sent(number) for number in range(50)], tmp_path)
    (stream,) = found.streams
    assert (stream.port, stream.packets, stream.lost, stream.ssrc) == (MEDIA, 50, 0, "0x12345678")
    assert stream.mean_delta == pytest.approx(20, abs=0.01)
    assert stream.max_jitter < 0.1
    assert "711" in stream.payload
    assert found.malformed() == []
    packets = found.rtp(MEDIA)
    assert [packet.sequence for packet in packets] == list(range(50))
    assert [packet.marker for packet in packets] == [True, *[False] * 49]
    assert b"".join(packet.payload for packet in packets) == SOUND
    assert packets[3].raw == sent(3).payload


async def test_loss_and_jitter_are_found(tmp_path: Path) -> None:
    (stream,) = (await read([sent(number) for number in range(50) if number not in {7, 8}], tmp_path)).streams
    assert stream.lost == 2
    (stream,) = (await read([sent(number, number % 2 * 15_000) for number in range(50)], tmp_path)).streams
    assert stream.mean_jitter > 5


async def test_rtcp_is_told_apart_and_a_torn_packet_is_malformed(tmp_path: Path) -> None:
    reports = [sender_report(), goodbye(), sender_report()[:20]]
    whole, end, torn = (
        Packet(micros=number, source=SENDER + 1, destination=MEDIA + 1, payload=payload)
        for number, payload in enumerate(reports)
    )
    found = await read([whole, end], tmp_path)
    assert found.rtcp(MEDIA + 1) == [200, 202, 200, 202, 203]
    assert found.malformed() == []
    assert len((await read([whole, torn], tmp_path)).malformed()) == 1


async def test_a_session_is_captured_and_read(tmp_path: Path) -> None:
    port, media = free_port(), free_port()
    async with (
        serving(scenario("accept"), "udp", tmp_path / "server") as srs,
        capturing(Ports(sip=(srs.port,), rtp=(media,)), tmp_path / "capture") as capture,
        calling(scenario("recorder-client"), "udp", tmp_path / "client", srs.port),
    ):
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
            sender.sendto(sent(0).payload, (HOST, media))
            sender.sendto(sent(0).payload, (HOST, port))
        verdict = await srs.verdict()
        assert verdict.passed, verdict
        found = await dissected(await capture.whole(), capture.ports)
    assert found.methods() == ["INVITE", "ACK", "BYE"]
    assert found.statuses() == ["200", "200"]
    assert sum("sdp" in one.protocols.split(":") for one in found.frames) == 2
    assert "label:inbound" in found.attributes("INVITE")
    assert len(found.rtp(media)) == 1
    assert len(found.rtp(port)) == 0
    assert found.malformed() == []


def test_g711_is_its_tables() -> None:
    """The decision values at which segments begin, as ITU-T G.711 tables 1 and 2 list them, in 16 bits."""
    assert from_ulaw(bytes((0xFF, 0x7F, 0x80, 0x00, 0xEF, 0xF0))) == [0, 0, 32_124, -32_124, 132, 120]
    assert from_alaw(bytes((0xD5, 0x55, 0xAA, 0x2A))) == [8, -8, 32_256, -32_256]
    assert all(
        from_ulaw(to_ulaw([value])) == [value] for octet in range(256) for value in from_ulaw(bytes((octet,)))
    )


def test_a_tone_is_told_from_others_and_from_silence() -> None:
    sound = from_ulaw(SOUND)
    assert share(sound, 440) > 0.99
    assert share(sound, 880) < 0.01
    assert share([0] * 800, 440) == 0
    mixed = [low + high for low, high in zip(tone(440, 8_000), tone(880, 8_000), strict=True)]
    assert share(mixed, 440) == pytest.approx(0.5, abs=0.01)
