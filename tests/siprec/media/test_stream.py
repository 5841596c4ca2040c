"""An outgoing track's packets, by RFC 3550 and RFC 3551."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from emulator.core.errors import Unreachable
from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.media import rtcp, rtp
from emulator.siprec.media.mischief import HARMLESS, Mischief
from emulator.siprec.media.srtp import Unprotector
from emulator.siprec.media.stream import Held, Source, Track, drawn_source
from emulator.siprec.media.tone import tone
from emulator.siprec.sdp.codecs import Codec
from emulator.siprec.sdp.crypto import CryptoKey
from emulator.siprec.sdp.streams import Direction, NegotiatedStream

START = 1_700_000_000 * SECOND
FRAME = 20 * MILLISECOND
SOURCE = Source(ssrc=7, sequence=65_534, timestamp=(1 << 32) - 320, name="emulator@127.0.0.1")
SOUND = tone(440)
AGREED = NegotiatedStream(
    label="inbound",
    active=True,
    direction=Direction.SENDONLY,
    remote=("127.0.0.1", 4_000),
    remote_rtcp=("127.0.0.1", 4_001),
)
INACTIVE = replace(AGREED, direction=Direction.INACTIVE)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - nothing secret is drawn


def track(
    negotiated: NegotiatedStream = AGREED, *, source: Source = SOURCE, mischief: Mischief = HARMLESS
) -> Track:
    return Track(sound=SOUND, negotiated=negotiated, source=source, randomness=seeded(1), mischief=mischief)


def departures(sender: Track, numbers: range) -> list[object]:
    return [sender.packet_due(START + number * FRAME) for number in numbers]


def packets(sender: Track, numbers: range) -> list[rtp.RtpPacket]:
    return [rtp.parse(left) for left in departures(sender, numbers) if isinstance(left, bytes)]


def reported(data: bytes) -> tuple[rtcp.RtcpPacket, ...]:
    return rtcp.parse(data)


def test_each_packet_is_the_next_20_ms_of_the_sound() -> None:
    sent = packets(track(), range(7))
    frames = SOUND.frames(Codec.PCMU)
    assert [packet.payload for packet in sent] == [*frames, *frames[:2]]


def test_sequence_and_timestamp_begin_where_the_source_says_and_wrap() -> None:
    sent = packets(track(), range(4))
    assert [packet.sequence for packet in sent] == [65_534, 65_535, 0, 1]
    assert [packet.timestamp for packet in sent] == [(1 << 32) - 320, (1 << 32) - 160, 0, 160]
    assert {packet.ssrc for packet in sent} == {7}


def test_the_marker_is_on_the_first_packet_of_a_talkspurt() -> None:
    sender = track()
    first = packets(sender, range(3))
    sender.follow(INACTIVE)
    assert packets(sender, range(3, 6)) == []
    sender.follow(AGREED)
    again = packets(sender, range(6, 8))
    assert [packet.marker for packet in (*first, *again)] == [True, False, False, True, False]


def test_time_goes_on_while_a_track_pauses_and_sequence_numbers_do_not() -> None:
    sender = track()
    before = packets(sender, range(1))[0]
    sender.follow(INACTIVE)
    packets(sender, range(1, 10))
    sender.follow(AGREED)
    after = packets(sender, range(10, 11))[0]
    assert (after.timestamp - before.timestamp) % (1 << 32) == 10 * 160
    assert (after.sequence - before.sequence) % (1 << 16) == 1


@pytest.mark.parametrize(
    "paused",
    [
        INACTIVE,
        replace(AGREED, active=False),
        replace(AGREED, remote=None),
        replace(AGREED, direction=Direction.RECVONLY),
    ],
)
def test_a_track_that_was_not_agreed_on_sends_no_rtp(paused: NegotiatedStream) -> None:
    sender = track(paused)
    assert packets(sender, range(5)) == []
    assert not sender.sending


def test_a_codec_that_the_peer_chose_later_is_spoken_at_once() -> None:
    sender = track()
    packets(sender, range(1))
    sender.follow(replace(AGREED, codec=Codec.PCMA, payload_type=8))
    sent = packets(sender, range(1, 3))
    assert [packet.payload_type for packet in sent] == [8, 8]
    assert [packet.payload for packet in sent] == list(SOUND.frames(Codec.PCMA)[1:3])
    assert not sent[0].marker


def test_the_peer_may_number_the_codec_as_it_likes() -> None:
    assert packets(track(replace(AGREED, payload_type=96)), range(2))[1].payload_type == 96


def test_a_track_goes_where_the_peer_moved_to() -> None:
    sender = track()
    sender.follow(replace(AGREED, remote=("127.0.0.2", 5_000), remote_rtcp=("127.0.0.2", 5_001)))
    assert (sender.remote, sender.remote_rtcp) == (("127.0.0.2", 5_000), ("127.0.0.2", 5_001))


def test_a_name_is_refused_as_a_remote_address() -> None:
    sender = track()
    with pytest.raises(Unreachable, match=r"srs\.example"):
        sender.follow(replace(AGREED, remote=("srs.example", 5_000)))
    assert sender.remote == AGREED.remote


def test_frames_that_a_stall_swallowed_use_up_time_and_no_number() -> None:
    sender = track()
    before = packets(sender, range(1))[0]
    sender.skip(3)
    after = packets(sender, range(4, 5))[0]
    assert (after.timestamp - before.timestamp) % (1 << 32) == 4 * 160
    assert (after.sequence - before.sequence) % (1 << 16) == 1
    assert after.marker
    assert sender.sent.skipped == 3


def test_nothing_is_skipped_before_the_first_packet() -> None:
    sender = track()
    sender.skip(3)
    assert packets(sender, range(1))[0].timestamp == SOURCE.timestamp
    assert sender.sent.skipped == 0


def test_what_was_sent_is_counted() -> None:
    sender = track()
    packets(sender, range(5))
    assert (sender.sent.packets, sender.sent.octets) == (5, 800)


# --- RTCP ---


def test_the_first_report_is_due_after_half_the_interval_and_the_next_after_all_of_it() -> None:
    """RFC 3550 section 6.2 and 6.3.1: 2.5 s and 5 s, times 0.5 to 1.5, divided by e - 1.5."""
    firsts, others = [], []
    for seed in range(200):
        sender = Track(sound=SOUND, negotiated=AGREED, source=SOURCE, randomness=seeded(seed))
        sender.packet_due(START)
        assert sender.report_at is not None
        firsts.append(sender.report_at - START)
        sender.report(START)
        others.append(sender.report_at - START)
    assert 1.02 * SECOND < min(firsts) < 1.15 * SECOND
    assert 2.95 * SECOND < max(firsts) < 3.08 * SECOND
    assert 2.05 * SECOND < min(others) < 2.2 * SECOND
    assert 6 * SECOND < max(others) < 6.16 * SECOND


def test_a_report_says_what_was_sent_and_who_sends() -> None:
    sender = track()
    packets(sender, range(10))
    report, name = reported(sender.report(START + 9 * FRAME + 5 * MILLISECOND))
    assert report == rtcp.SenderReport(
        ssrc=7,
        ntp=rtcp.ntp_time(START + 9 * FRAME + 5 * MILLISECOND),
        rtp_timestamp=9 * 160 - 320 + 40,
        packets=10,
        octets=1_600,
    )
    assert name == rtcp.SourceDescription(names=((7, "emulator@127.0.0.1"),))


def test_a_track_that_sent_nothing_since_the_last_report_has_none_of_a_sender() -> None:
    sender = track()
    packets(sender, range(3))
    sender.report(START)
    sender.follow(INACTIVE)
    assert reported(sender.report(START + SECOND))[0] == rtcp.ReceiverReport(ssrc=7)


def test_the_last_packet_says_goodbye() -> None:
    sender = track()
    packets(sender, range(3))
    goodbye = sender.farewell(START + SECOND)
    assert goodbye is not None
    kinds = [type(packet) for packet in reported(goodbye)]
    assert kinds == [rtcp.SenderReport, rtcp.SourceDescription, rtcp.Goodbye]
    assert sender.report_at is None
    assert packets(sender, range(3, 6)) == []


def test_what_the_peer_reports_is_kept() -> None:
    sender = track()
    packets(sender, range(3))
    sender.report(START)
    block = rtcp.ReportBlock(
        ssrc=7, fraction_lost=12, lost=3, highest=2, jitter=8, last_report=rtcp.middle_of(rtcp.ntp_time(START))
    )
    other = replace(block, ssrc=8)
    data = rtcp.written(
        (rtcp.ReceiverReport(ssrc=99, blocks=(other, block)), rtcp.SourceDescription(names=((99, "srs"),)))
    )
    sender.hear(data, START + SECOND // 4)
    heard = sender.heard
    assert (heard.packets, heard.garbled, heard.name, heard.block, heard.left) == (1, 0, "srs", block, False)
    assert heard.round_trip == SECOND // 4


def test_a_peers_goodbye_is_kept() -> None:
    sender = track()
    sender.hear(rtcp.written((rtcp.ReceiverReport(ssrc=9), rtcp.Goodbye(ssrcs=(9,)))), START)
    assert sender.heard.left


def test_what_can_not_be_read_is_counted() -> None:
    sender = track()
    sender.hear(b"no rtcp", START)
    assert sender.heard.garbled == 1


# --- SRTP ---


def test_a_secure_track_seals_rtp_and_rtcp_and_opens_the_peers() -> None:
    pytest.importorskip("pylibsrtp", reason="the extra srtp is not installed")
    local, remote = CryptoKey(key=bytes(range(30))), CryptoKey(key=bytes(range(30, 60)))
    sender = track(replace(AGREED, local_key=local, remote_key=remote))
    plain = departures(track(), range(3))
    opener = Unprotector(local)
    sealed = departures(sender, range(3))
    assert [opener.unprotect(left) for left in sealed if isinstance(left, bytes)] == plain
    report = opener.unprotect_rtcp(sender.report(START))
    assert isinstance(reported(report)[0], rtcp.SenderReport)
    sender.hear(report, START)
    assert sender.heard.garbled == 1


# --- mischief ---


def test_lost_packets_are_counted_as_sent_and_leave_a_gap() -> None:
    sender = track(mischief=Mischief(loss=0.5))
    left = packets(sender, range(100))
    assert sender.sent.packets == 100
    assert sender.sent.lost == 100 - len(left) > 20
    assert {packet.sequence for packet in left} < {(65_534 + number) % (1 << 16) for number in range(100)}


def test_held_packets_say_how_long() -> None:
    """The most that can be reordered is every other packet: one that was held back too is no overtaker."""
    left = departures(track(mischief=Mischief(reordering=1.0)), range(6))
    assert [one.by if isinstance(one, Held) else 0 for one in left] == [21 * MILLISECOND, 0] * 3


def test_held_packets_are_counted() -> None:
    sender = track(mischief=Mischief(reordering=1.0))
    departures(sender, range(6))
    assert sender.sent.held == 3


def test_silence_falls_abruptly_and_ends_with_a_marker() -> None:
    sender = track(mischief=Mischief(silence_after=10 * FRAME, silence_for=5 * FRAME))
    sent = packets(sender, range(20))
    assert len(sent) == 15
    assert [packet.marker for packet in sent] == [True] + [False] * 9 + [True] + [False] * 4
    assert (sent[10].sequence - sent[9].sequence) % (1 << 16) == 1
    assert (sent[10].timestamp - sent[9].timestamp) % (1 << 32) == 6 * 160


def test_no_report_breaks_the_silence() -> None:
    sender = track(mischief=Mischief(silence_after=10 * FRAME, silence_for=1_000 * FRAME))
    packets(sender, range(900))
    assert sender.report_at is not None
    assert sender.report_at > START + 900 * FRAME


@pytest.mark.parametrize(
    ("negotiated", "mute"), [(AGREED, frozenset()), (AGREED, frozenset({"inbound"})), (INACTIVE, frozenset())]
)
def test_whatever_a_track_was_at_silence_takes_its_reports_and_its_goodbye(
    negotiated: NegotiatedStream, mute: frozenset[str]
) -> None:
    sender = track(negotiated, mischief=Mischief(silence_after=10 * FRAME, mute=mute))
    packets(sender, range(900))
    assert sender.report_at is not None
    assert sender.report_at > START + 899 * FRAME
    assert sender.farewell(START + 900 * FRAME) is None


def test_a_muted_track_still_reports() -> None:
    sender = track(mischief=Mischief(mute=frozenset({"inbound"})))
    assert packets(sender, range(5)) == []
    assert sender.report_at is not None
    assert sender.report_at < START + 4 * SECOND
    assert reported(sender.report(START))[0] == rtcp.ReceiverReport(ssrc=7)


@pytest.mark.parametrize(("agreed", "other"), [(Codec.PCMU, Codec.PCMA), (Codec.PCMA, Codec.PCMU)])
def test_the_codec_changes_and_nobody_is_told(agreed: Codec, other: Codec) -> None:
    negotiated = replace(AGREED, codec=agreed, payload_type=agreed.payload_type)
    sent = packets(track(negotiated, mischief=Mischief(codec_after=2 * FRAME)), range(4))
    assert [packet.payload_type for packet in sent] == [agreed.payload_type] * 2 + [other.payload_type] * 2
    assert sent[3].payload == SOUND.frames(other)[3]


def test_a_codec_that_changed_stays_so_when_the_session_is_refreshed() -> None:
    sender = track(mischief=Mischief(codec_after=2 * FRAME))
    before = packets(sender, range(4))
    sender.follow(replace(AGREED, remote=("127.0.0.1", 4_002)))
    after = packets(sender, range(4, 6))
    assert [packet.payload_type for packet in (*before, *after)] == [0, 0, 8, 8, 8, 8]


# --- sources ---


def test_sources_are_drawn_and_begin_in_the_lower_half_of_the_sequence() -> None:
    """RFC 3711 section 3.3.1: the first wrap is far away."""
    randomness = seeded(3)
    sources = [drawn_source(randomness, "a") for _ in range(100)]
    assert len({source.ssrc for source in sources}) == 100
    assert len({source.timestamp for source in sources}) == 100
    assert max(source.sequence for source in sources) < 1 << 15
