"""What a record keeps when there is more than it has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.siprec.capture.record import Direction, Kind, Packet, Record
from emulator.siprec.net.link import Transport

if TYPE_CHECKING:
    from emulator.siprec.net.link import Address


def packet(at: int, size: int = 100, kind: Kind = Kind.SIP) -> Packet:
    return Packet(
        at=at,
        direction=Direction.SENT,
        kind=kind,
        transport=Transport.UDP,
        local=("127.0.0.1", 5060),
        remote=("127.0.0.1", 5080),
        data=bytes(size),
    )


def test_the_first_and_the_last_messages_are_kept() -> None:
    record = Record(most_message_bytes=1_800)
    for at in range(10):
        record.add(packet(at))
    assert [one.at for one in record.messages] == [0, 1, 2, 7, 8, 9]
    assert record.dropped_messages == 4


def test_a_message_that_no_record_has_room_for_is_counted() -> None:
    record = Record(most_message_bytes=1_000)
    record.add(packet(0))
    record.add(packet(1, size=5_000))
    record.add(packet(2))
    assert [one.at for one in record.messages] == [0, 2]
    assert record.dropped_messages == 1


def test_media_are_kept_only_when_asked_for() -> None:
    record = Record()
    record.add(packet(0, kind=Kind.RTP))
    assert record.packets == ()
    assert record.dropped_media == 0


def test_media_are_kept_from_the_first_without_gaps() -> None:
    record = Record(keeps_media=True, most_media_bytes=1_000)
    for at, size in enumerate((100, 100, 500, 100)):
        record.add(packet(at, size, Kind.RTP))
    assert [one.at for one in record.packets] == [0, 1]
    assert record.dropped_media == 2


def test_packets_are_in_order_of_time_and_messages_before_media() -> None:
    record = Record(keeps_media=True)
    for one in (packet(2, kind=Kind.RTP), packet(1, kind=Kind.RTCP), packet(2), packet(0)):
        record.add(one)
    assert [(one.at, one.kind) for one in record.packets] == [
        (0, Kind.SIP),
        (1, Kind.RTCP),
        (2, Kind.SIP),
        (2, Kind.RTP),
    ]


@dataclass(frozen=True, slots=True)
class Way:
    """A link that goes nowhere."""

    transport: Transport = Transport.TLS
    local: Address = ("127.0.0.1", 5061)
    remote: Address = ("127.0.0.1", 5081)

    def towards(self, _port: int) -> Way:
        """Lead nowhere else."""
        return self

    def send(self, data: bytes) -> None:
        """Send nothing."""

    def close(self) -> None:
        """End nothing."""

    async def closed(self) -> None:
        """Wait for nothing."""


def test_a_message_is_kept_with_the_ends_of_its_link() -> None:
    record = Record()
    kept = record.message(Direction.RECEIVED, b"BYE", Way(), 7)
    assert record.messages == (kept,)
    assert (kept.at, kept.kind, kept.transport, kept.data) == (7, Kind.SIP, Transport.TLS, b"BYE")
    assert (kept.source[1], kept.destination[1]) == (5081, 5061)


@pytest.mark.parametrize(
    ("direction", "ends"), [(Direction.SENT, (5060, 5080)), (Direction.RECEIVED, (5080, 5060))]
)
def test_a_packet_knows_where_it_came_from(direction: Direction, ends: tuple[int, int]) -> None:
    sent = packet(0)
    turned = Packet(
        at=0, direction=direction, transport=sent.transport, local=sent.local, remote=sent.remote, data=b""
    )
    assert (turned.source[1], turned.destination[1]) == ends


@given(st.lists(st.integers(0, 2_000), max_size=60))
def test_memory_is_bounded_and_everything_is_counted(sizes: list[int]) -> None:
    record = Record(most_message_bytes=4_000)
    for at, size in enumerate(sizes):
        record.add(packet(at, size))
    kept = record.messages
    assert sum(len(one.data) for one in kept) <= 4_000
    assert len(kept) + record.dropped_messages == len(sizes)
    assert [one.at for one in kept] == sorted(one.at for one in kept)
