"""RTCP packets to and from bytes, against RFC 3550 section 6's figures."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledMedia, Unwritable
from emulator.siprec.media.rtcp import (
    Goodbye,
    Other,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    middle_of,
    ntp_time,
    parse,
    written,
)

BLOCK = ReportBlock(
    ssrc=7, fraction_lost=64, lost=-2, highest=0x0001_0005, jitter=3, last_report=9, since_last_report=8
)
REPORT = SenderReport(ssrc=1, ntp=0x11223344_55667788, rtp_timestamp=2, packets=3, octets=4, blocks=(BLOCK,))
REPORT_BYTES = bytes.fromhex(
    "81 c8 000c 00000001 11223344 55667788 00000002 00000003 00000004"
    "00000007 40 fffffe 00010005 00000003 00000009 00000008"
)
NAMED = SourceDescription(names=((1, "a@b"),))
NAMED_BYTES = bytes.fromhex("81 ca 0003 00000001 01 03 614062 00 0000")
LEFT = Goodbye(ssrcs=(1,), reason="end")
LEFT_BYTES = bytes.fromhex("81 cb 0002 00000001 03 656e64")

u32 = st.integers(0, 0xFFFFFFFF)
blocks = st.lists(
    st.builds(
        ReportBlock,
        ssrc=u32,
        fraction_lost=st.integers(0, 255),
        lost=st.integers(-(1 << 23), (1 << 23) - 1),
        highest=u32,
        jitter=u32,
        last_report=u32,
        since_last_report=u32,
    ),
    max_size=31,
).map(tuple)
words = st.text(st.characters(codec="utf-8"), max_size=60)
packets = st.one_of(
    st.builds(
        SenderReport,
        ssrc=u32,
        ntp=st.integers(0, (1 << 64) - 1),
        rtp_timestamp=u32,
        packets=u32,
        octets=u32,
        blocks=blocks,
    ),
    st.builds(ReceiverReport, ssrc=u32, blocks=blocks),
    st.builds(SourceDescription, names=st.lists(st.tuples(u32, words), max_size=31).map(tuple)),
    st.builds(Goodbye, ssrcs=st.lists(u32, max_size=31).map(tuple), reason=words),
    st.builds(Other, packet_type=st.just(206), body=st.just(bytes(12))),
)


@pytest.mark.parametrize(
    ("packet", "data"),
    [(REPORT, REPORT_BYTES), (NAMED, NAMED_BYTES), (LEFT, LEFT_BYTES)],
    ids=["SR", "SDES", "BYE"],
)
def test_a_packet_looks_as_the_figure_shows(packet: RtcpPacket, data: bytes) -> None:
    assert written((packet,)) == data
    assert parse(data) == (packet,)


def test_a_compound_packet_holds_its_packets_in_order() -> None:
    assert parse(REPORT_BYTES + NAMED_BYTES + LEFT_BYTES) == (REPORT, NAMED, LEFT)


def test_time_counts_from_1900_in_32_bits_of_fraction() -> None:
    assert ntp_time(0) == 2_208_988_800 << 32
    assert ntp_time(500_000) == 2_208_988_800 << 32 | 0x8000_0000


def test_an_sr_is_named_by_the_middle_of_its_time() -> None:
    assert middle_of(0x11223344_55667788) == 0x3344_5566


@pytest.mark.parametrize(("lost", "written_as"), [(1 << 23, 0x7FFFFF), (-(1 << 24), -0x800000)])
def test_the_number_lost_stays_at_its_ends(lost: int, written_as: int) -> None:
    data = written((ReceiverReport(ssrc=1, blocks=(replace(BLOCK, lost=lost),)),))
    assert parse(data) == (ReceiverReport(ssrc=1, blocks=(replace(BLOCK, lost=written_as),)),)


def test_what_a_profile_adds_behind_the_blocks_is_left_out() -> None:
    data = bytes.fromhex("80 c9 0002 00000005 aabbccdd")
    assert parse(data) == (ReceiverReport(ssrc=5),)


def test_other_items_of_a_source_are_passed_over() -> None:
    data = bytes.fromhex("81 ca 0004 00000001 02 02 6869 01 03 614062 00 0000")[:20]
    assert parse(data) == (NAMED,)


def test_padding_is_no_part_of_the_last_packet() -> None:
    data = bytes.fromhex("a1 cb 0003 00000001 03 656e64 00000004")
    assert parse(data) == (LEFT,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\xc8",
        b"\x40" + REPORT_BYTES[1:],
        REPORT_BYTES[:-1],
        b"\x82" + REPORT_BYTES[1:],
        bytes.fromhex("81 c9 0001 00000001"),
        bytes.fromhex("81 ca 0002 00000001 01 09 6162"),
        bytes.fromhex("82 ca 0003 00000001 01 03 614062 00 0000"),
        bytes.fromhex("82 cb 0001 00000001"),
        bytes.fromhex("a0 cb 0000"),
        bytes.fromhex("a1 cb 0001 00000009"),
    ],
)
def test_what_is_no_packet_is_garbled(data: bytes) -> None:
    with pytest.raises(GarbledMedia):
        parse(data)


@pytest.mark.parametrize(
    "packet",
    [
        replace(REPORT, packets=1 << 32),
        replace(REPORT, blocks=(BLOCK,) * 32),
        SourceDescription(names=((1, "a" * 256),)),
        Other(packet_type=204, body=b"abc"),
    ],
)
def test_what_does_not_fit_is_not_written(packet: RtcpPacket) -> None:
    with pytest.raises(Unwritable):
        written((packet,))


@given(st.lists(packets, min_size=1, max_size=4).map(tuple))
def test_every_packet_comes_back_from_its_bytes(compound: tuple[RtcpPacket, ...]) -> None:
    assert parse(written(compound)) == compound


@given(
    st.binary(max_size=120),
    st.sampled_from((b"", REPORT_BYTES, NAMED_BYTES, LEFT_BYTES, REPORT_BYTES[:4], NAMED_BYTES[:8])),
)
def test_any_bytes_are_packets_or_garbled(tail: bytes, head: bytes) -> None:
    with suppress(GarbledMedia):
        assert parse(head + tail)
