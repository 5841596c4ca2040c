"""What a recorder makes of a track that comes in."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.media import rtcp, rtp
from emulator.siprec.media.arrival import MOST_SOURCES, Arrival
from emulator.siprec.media.srtp import Unprotector
from emulator.siprec.media.stream import Track, drawn_source
from emulator.siprec.media.tone import tone
from emulator.siprec.sdp.codecs import Codec
from emulator.siprec.sdp.crypto import CryptoKey
from emulator.siprec.sdp.streams import Direction, NegotiatedStream

START = 1_700_000_000 * SECOND
FRAME = 20 * MILLISECOND
THERE = ("127.0.0.1", 4_000)
AGREED = NegotiatedStream(
    label="inbound",
    active=True,
    direction=Direction.RECVONLY,
    remote=THERE,
    remote_rtcp=THERE,
    received_types=((0, Codec.PCMU), (96, Codec.PCMA)),
)
PACKET = rtp.RtpPacket(payload_type=0, sequence=1, timestamp=160, ssrc=5, payload=b"\xff" * 160)


def arrival(negotiated: NegotiatedStream = AGREED) -> Arrival:
    return Arrival(negotiated=negotiated, ssrc=9, name="srs", randomness=seeded(), now=START)


def seeded() -> Random:
    return Random(2)  # noqa: S311 - nothing secret is drawn


def test_a_packet_is_sound_of_the_codec_that_was_agreed_on() -> None:
    heard = arrival().take(rtp.written(replace(PACKET, payload_type=96, marker=True)), START)
    assert heard is not None
    assert (heard.ssrc, heard.timestamp, heard.codec, heard.marker) == (5, 160, Codec.PCMA, True)
    assert heard.payload == PACKET.payload


def test_what_is_no_sound_is_counted() -> None:
    taking = arrival()
    assert taking.take(b"garbage", START) is None
    assert taking.take(rtp.written(replace(PACKET, payload_type=8)), START) is None
    assert (taking.arrived.garbled, taking.arrived.unknown, taking.arrived.sources) == (1, 1, ())


def test_each_source_is_counted_for_itself() -> None:
    taking = arrival()
    for number in range(10):
        taking.take(rtp.written(replace(PACKET, sequence=number, ssrc=number % 2)), START + number * FRAME)
    assert [(source.ssrc, source.packets, source.lost) for source in taking.arrived.sources] == [
        (0, 5, 4),
        (1, 5, 4),
    ]


def test_sources_without_end_are_not_kept() -> None:
    taking = arrival()
    for ssrc in range(100):
        taking.take(rtp.written(replace(PACKET, ssrc=ssrc)), START)
    assert len(taking.arrived.sources) == MOST_SOURCES
    assert taking.arrived.crowded == 100 - MOST_SOURCES


def test_what_the_client_reports_is_kept() -> None:
    taking = arrival()
    taking.take(rtp.written(PACKET), START)
    said = rtcp.SenderReport(ssrc=5, ntp=rtcp.ntp_time(START), rtp_timestamp=1, packets=1, octets=160)
    taking.hear(rtcp.written((said, rtcp.SourceDescription(names=((5, "client"),)))), START)
    taking.hear(rtcp.written((said, rtcp.Goodbye(ssrcs=(5,)))), START)
    taking.hear(b"garbage", START)
    arrived = taking.arrived
    assert (arrived.reports, arrived.sender_reports, arrived.name, arrived.left) == (2, 2, "client", True)
    assert arrived.garbled == 1
    report, name = rtcp.parse(taking.report(START + SECOND))
    assert isinstance(report, rtcp.ReceiverReport)
    assert report.ssrc == 9
    assert (report.blocks[0].ssrc, report.blocks[0].since_last_report) == (5, 1 << 16)
    assert name == rtcp.SourceDescription(names=((9, "srs"),))


def test_reports_are_due_now_and_then_until_the_goodbye() -> None:
    taking = arrival()
    assert taking.report_at is not None
    assert START + SECOND < taking.report_at < START + 4 * SECOND
    taking.report(START + SECOND)
    assert START + 3 * SECOND < taking.report_at < START + 8 * SECOND
    assert rtcp.parse(taking.farewell(START))[-1] == rtcp.Goodbye(ssrcs=(9,))
    assert taking.report_at is None


@pytest.mark.parametrize("secure", [False, True])
def test_what_a_track_sends_arrives_whole_and_its_reports_go_both_ways(secure: bool) -> None:
    pytest.importorskip("pylibsrtp", reason="the extra srtp is not installed")
    client, server = CryptoKey(key=bytes(30)), CryptoKey(key=bytes(range(30)))
    sends = replace(AGREED, direction=Direction.SENDONLY)
    if secure:
        sends = replace(sends, local_key=client, remote_key=server)
    source = drawn_source(seeded(), "client")
    track = Track(sound=tone(440), negotiated=sends, source=source, randomness=seeded())
    taking = arrival(replace(AGREED, local_key=sends.remote_key, remote_key=sends.local_key))
    played = []
    for number in range(50):
        packet = track.packet_due(START + number * FRAME)
        assert isinstance(packet, bytes)
        voice = taking.take(packet, START + number * FRAME)
        assert voice is not None
        played.append(voice.payload)
    assert tuple(played[:5]) == tone(440).frames(Codec.PCMU)
    taking.hear(track.report(START + SECOND), START + SECOND)
    track.hear(taking.report(START + SECOND), START + SECOND)
    assert taking.arrived.sources[0].lost == 0
    assert taking.arrived.sources[0].jitter == 0
    assert track.heard.block is not None
    assert (track.heard.name, track.heard.block.lost, track.heard.round_trip) == ("srs", 0, 0)
    track.hear(taking.farewell(START + SECOND), START + SECOND)
    assert track.heard.left


def test_plain_packets_on_a_secure_track_are_garbled() -> None:
    pytest.importorskip("pylibsrtp", reason="the extra srtp is not installed")
    key = CryptoKey(key=bytes(30))
    taking = arrival(replace(AGREED, local_key=key, remote_key=key))
    assert taking.take(rtp.written(PACKET), START) is None
    assert taking.arrived.garbled == 1
    assert Unprotector(key).unprotect_rtcp(taking.report(START))


def test_a_track_may_be_encrypted_with_another_key_later() -> None:
    pytest.importorskip("pylibsrtp", reason="the extra srtp is not installed")
    old, new = CryptoKey(key=bytes(30)), CryptoKey(key=bytes(range(30)))
    taking = arrival(replace(AGREED, local_key=old, remote_key=old))
    taking.follow(replace(AGREED, local_key=new, remote_key=new))
    assert Unprotector(new).unprotect_rtcp(taking.report(START))
