"""RTP packets to and from bytes, against RFC 3550 section 5.1's figure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledMedia, Unwritable
from emulator.siprec.media.rtp import Extension, RtpPacket, parse, written

PLAIN = RtpPacket(payload_type=8, sequence=0x1234, timestamp=0x56789ABC, ssrc=0xDEADBEEF, payload=b"\xd5" * 160)
PLAIN_HEAD = bytes.fromhex("80 08 1234 56789abc deadbeef")

extensions = st.builds(
    Extension,
    profile=st.integers(0, 0xFFFF),
    data=st.binary(max_size=40).map(lambda data: data[: len(data) // 4 * 4]),
)
packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=200),
    marker=st.booleans(),
    csrcs=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15).map(tuple),
    extension=st.none() | extensions,
)


def test_a_header_lies_in_twelve_bytes() -> None:
    assert written(PLAIN) == PLAIN_HEAD + b"\xd5" * 160


def test_the_marker_is_the_first_bit_of_the_second_byte() -> None:
    assert written(replace(PLAIN, marker=True))[1] == 0x88


def test_padding_is_no_part_of_the_payload() -> None:
    data = bytes((0xA0,)) + PLAIN_HEAD[1:] + b"sound" + b"\0\0\x03"
    assert parse(data).payload == b"sound"


def test_sources_and_an_extension_stand_between_header_and_payload() -> None:
    data = bytes.fromhex("92 00 0001 00000002 00000003 0000000a 0000000b bede 0001 11223344") + b"sound"
    assert parse(data) == RtpPacket(
        payload_type=0,
        sequence=1,
        timestamp=2,
        ssrc=3,
        payload=b"sound",
        csrcs=(10, 11),
        extension=Extension(profile=0xBEDE, data=b"\x11\x22\x33\x44"),
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN_HEAD[:11],
        b"\x40" + PLAIN_HEAD[1:],
        b"\x8f" + PLAIN_HEAD[1:] + bytes(59),
        b"\x90" + PLAIN_HEAD[1:] + bytes(3),
        b"\x90" + PLAIN_HEAD[1:] + b"\xbe\xde\x00\x02" + bytes(7),
        b"\xa0" + PLAIN_HEAD[1:] + b"\x00",
        b"\xa0" + PLAIN_HEAD[1:] + b"\x02",
        b"\xa0" + PLAIN_HEAD[1:],
    ],
)
def test_what_is_no_packet_is_garbled(data: bytes) -> None:
    with pytest.raises(GarbledMedia):
        parse(data)


@pytest.mark.parametrize(
    "packet",
    [
        replace(PLAIN, sequence=1 << 16),
        replace(PLAIN, ssrc=-1),
        replace(PLAIN, payload_type=128),
        replace(PLAIN, csrcs=tuple(range(16))),
        replace(PLAIN, extension=Extension(profile=1, data=b"abc")),
        replace(PLAIN, extension=Extension(profile=1 << 16)),
    ],
)
def test_what_does_not_fit_is_not_written(packet: RtpPacket) -> None:
    with pytest.raises(Unwritable):
        written(packet)


@given(packets)
def test_every_packet_comes_back_from_its_bytes(packet: RtpPacket) -> None:
    assert parse(written(packet)) == packet


@given(st.binary(max_size=120) | st.binary(max_size=60).map(lambda data: PLAIN_HEAD + data))
def test_any_bytes_are_a_packet_or_garbled(data: bytes) -> None:
    with suppress(GarbledMedia):
        parse(data)
