"""Captures as tshark reads them: each packet sound, messages whole, media known by the session's own SDP."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.siprec.capture.pcap import written
from emulator.siprec.capture.record import Direction, Packet
from emulator.siprec.net.link import Transport
from tests.judges.programs import program
from tests.siprec.capture.sessions import BEGIN, PACKETS, Script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.siprec.net.link import Address

CHECKSUMS = ("ip.check_checksum", "udp.check_checksum", "tcp.check_checksum")
FAULTS = (
    "_ws.malformed or _ws.short or tcp.analysis.flags or ip.checksum.status == 0 or udp.checksum.status == 0 "
    "or tcp.checksum.status == 0 or _ws.expert.severity >= 6291456"
)
"""What tshark may find nowhere; the last is a warning or an error."""

SCRIPTS = [
    Script(),
    Script(transport=Transport.TCP),
    Script(transport=Transport.TLS, server_port=5061),
    Script(client="2001:db8::1", server="2001:db8::2"),
    Script(client="fe80::1%lo", server="fe80::2%lo", transport=Transport.TCP),
    Script(client="192.0.2.1", server="198.51.100.7", padding=3_001),
    Script(transport=Transport.TCP, padding=20_000),
    Script(client="::1", server="::1", transport=Transport.TLS, padding=20_001),
    Script(padding=60_000),
]


def named(script: Script) -> str:
    return f"{script.transport}-{script.client}-{script.padding}"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[str]]:
    """Lines that tshark prints of packets, its arguments given."""
    tshark = program("tshark")

    def reading(packets: tuple[Packet, ...], *arguments: str) -> list[str]:
        file = tmp_path / "session.pcap"
        file.write_bytes(b"".join(written(packets)))
        options = [word for checksum in CHECKSUMS for word in ("-o", f"{checksum}:TRUE")]
        done = subprocess.run(  # noqa: S603 - its path is found, its arguments are the tests'
            [tshark, "-n", "-r", str(file), *options, *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout.splitlines()

    return reading


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_tshark_finds_nothing_wrong(script: Script, read: Callable[..., list[str]]) -> None:
    assert read(script.packets(), "-Y", FAULTS) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_every_message_is_read_whole_and_in_order(script: Script, read: Callable[..., list[str]]) -> None:
    fields = ("-e", "sip.CSeq", "-e", "sip.Status-Code", "-e", "sip.Method")
    lines = read(script.packets(), "-Y", "sip", "-T", "fields", *fields)
    assert [line.split("\t") for line in lines] == [
        ["1 INVITE", "", "INVITE"],
        ["1 INVITE", "100", ""],
        ["1 INVITE", "200", ""],
        ["1 ACK", "", "ACK"],
        ["2 BYE", "", "BYE"],
        ["2 BYE", "200", ""],
    ]


@pytest.mark.parametrize("script", SCRIPTS[:5], ids=named)
def test_media_are_known_by_the_sdp_and_none_is_lost(script: Script, read: Callable[..., list[str]]) -> None:
    lines = read(script.packets(), "-q", "-z", "rtp,streams")
    stream = next(line for line in lines if "0x00001234" in line)
    assert "g711U" in stream
    assert f" {PACKETS} " in stream
    assert " 0 (0.0%)" in stream
    known = 'rtp.setup-method == "SDP" or (rtcp.setup-method == "SDP" and rtcp.pt == 200)'
    assert len(read(script.packets(), "-Y", known)) == PACKETS + 1


def test_times_are_those_of_the_record(read: Callable[..., list[str]]) -> None:
    times = read(Script().packets(), "-T", "fields", "-e", "frame.time_epoch")
    assert times[:3] == ["1753000000.000000000", "1753000000.010000000", "1753000000.020000000"]


def test_a_connection_begins_with_its_handshake(read: Callable[..., list[str]]) -> None:
    script = Script(transport=Transport.TCP)
    lines = read(script.packets(), "-Y", "tcp", "-T", "fields", "-e", "tcp.flags.str", "-e", "tcp.srcport")
    flags = [line.replace("\u00b7", "").split("\t") for line in lines[:5]]
    assert flags == [["S", "41000"], ["AS", "5080"], ["A", "41000"], ["AP", "41000"], ["A", "5080"]]


def test_what_went_through_tls_stands_at_a_port_of_plain_sip(read: Callable[..., list[str]]) -> None:
    script = Script(transport=Transport.TLS, server_port=5061)
    ports = read(script.packets(), "-Y", "sip", "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.dstport")
    assert ports[:2] == ["41000\t5060", "5060\t41000"]


def test_a_connection_that_the_peer_opened_is_drawn_from_its_end() -> None:
    def turned(packet: Packet) -> Packet:
        way = Direction.RECEIVED if packet.direction is Direction.SENT else Direction.SENT
        return Packet(
            at=packet.at,
            direction=way,
            kind=packet.kind,
            transport=packet.transport,
            local=packet.remote,
            remote=packet.local,
            data=packet.data,
        )

    packets = Script(transport=Transport.TLS, server_port=5061).packets()
    assert b"".join(written(packets)) == b"".join(written(map(turned, packets)))


def test_a_record_of_nothing_is_a_file_of_nothing(read: Callable[..., list[str]]) -> None:
    assert read(()) == []
    # magic, version 2.4, no zone, no accuracy, the longest packet, LINKTYPE_RAW
    assert b"".join(written(())) == struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 101)


def folded(data: bytes) -> int:
    """The ones' complement sum, by RFC 1071's own way."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@given(
    st.binary(max_size=3_000),
    st.sampled_from(
        [
            (("127.0.0.1", 5060), ("127.0.0.1", 1)),
            (("0.0.0.0", 65_535), ("255.255.255.255", 5080)),  # noqa: S104 - written, not bound
            (("::1", 5060), ("::", 5080)),
        ]
    ),
)
def test_whatever_a_datagram_holds_its_checksums_are_right(data: bytes, ends: tuple[Address, Address]) -> None:
    local, remote = ends
    packet = Packet(
        at=BEGIN, direction=Direction.SENT, transport=Transport.UDP, local=local, remote=remote, data=data
    )
    _, framed = written([packet])
    whole = framed[16:]
    if whole[0] >> 4 == 4:
        assert folded(whole[:20]) == 0xFFFF
        addresses, datagram = whole[12:20], whole[20:]
    else:
        addresses, datagram = whole[8:40], whole[40:]
    pseudo = addresses + struct.pack("!II", len(datagram), 17)
    assert datagram[6:8] != b"\0\0"
    assert folded(pseudo + datagram) == 0xFFFF
    assert datagram[8:] == data


def test_a_peer_of_the_other_family_is_written_as_a_mapped_address() -> None:
    packet = Packet(
        at=BEGIN,
        direction=Direction.SENT,
        transport=Transport.UDP,
        local=("::", 5060),
        remote=("192.0.2.1", 5060),
        data=b"x",
    )
    _, framed = written([packet])
    assert framed[16 + 24 : 16 + 40] == b"\0" * 10 + b"\xff\xff\xc0\x00\x02\x01"
