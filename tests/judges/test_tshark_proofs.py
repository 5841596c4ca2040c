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
from tests.judges.tshark import Dissection, Ports, capturing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MEDIA = 40_000
SENDER = 41_000
FRAME = 160
SOUND = to_ulaw(tone(440, 50 * FRAME))


def sent(number: int, late: int = 0) -> Packet:
    """A packet of the sound, on schedule or so many microseconds late."""
    payload = rtp(number, SOUND[number * FRAME : (number + 1) * FRAME])
    return Packet(micros=number * 20_000 + late, source=SENDER, destination=MEDIA, payload=payload)


@pytest.fixture
def dissected(tmp_path: Path) -> Callable[[Sequence[Packet]], Dissection]:
    """Makes a capture file of packets."""

    def make(packets: Sequence[Packet]) -> Dissection:
        write_pcap(tmp_path / "known.pcap", packets)
        return Dissection(file=tmp_path / "known.pcap", ports=Ports(rtp=(MEDIA,), sip=(5060,)))

    return make


async def test_media_on_schedule_are_found_so(dissected: Callable[[Sequence[Packet]], Dissection]) -> None:
    found = dissected([sent(number) for number in range(50)])
    (stream,) = await found.streams()
    assert (stream.port, stream.packets, stream.lost, stream.ssrc) == (MEDIA, 50, 0, "0x12345678")
    assert stream.mean_delta == pytest.approx(20, abs=0.01)
    assert stream.max_jitter < 0.1
    assert "711" in stream.payload
    assert await found.malformed() == []
    packets = await found.rtp(MEDIA)
    assert [packet.sequence for packet in packets] == list(range(50))
    assert [packet.marker for packet in packets] == [True, *[False] * 49]
    assert b"".join(packet.payload for packet in packets) == SOUND
    assert packets[3].raw == sent(3).payload


async def test_loss_and_jitter_are_found(dissected: Callable[[Sequence[Packet]], Dissection]) -> None:
    (stream,) = await dissected([sent(number) for number in range(50) if number not in {7, 8}]).streams()
    assert stream.lost == 2
    (stream,) = await dissected([sent(number, number % 2 * 15_000) for number in range(50)]).streams()
    assert stream.mean_jitter > 5


async def test_rtcp_is_told_apart_and_a_torn_packet_is_malformed(
    dissected: Callable[[Sequence[Packet]], Dissection],
) -> None:
    reports = [sender_report(), goodbye(), sender_report()[:20]]
    whole, end, torn = (
        Packet(micros=number, source=SENDER + 1, destination=MEDIA + 1, payload=payload)
        for number, payload in enumerate(reports)
    )
    found = dissected([whole, end])
    assert await found.rtcp(MEDIA + 1) == [200, 202, 200, 202, 203]
    assert await found.malformed() == []
    assert len(await dissected([whole, torn]).malformed()) == 1


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
        found = await capture.whole()
    assert await found.fields("sip.Method", "sip.Method") == ["INVITE", "ACK", "BYE"]
    assert await found.fields("sip.Status-Code", "sip.Status-Code") == ["200", "200"]
    assert await found.of("sdp") == 2
    assert [value for value in await found.fields("sdp.media_attr", "sip.Method == INVITE") if "label" in value]
    assert len(await found.rtp(media)) == 1
    assert len(await found.rtp(port)) == 0
    assert await found.malformed() == []


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
