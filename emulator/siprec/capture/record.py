"""What one session sent and received, as it was on the wire, in bounded memory.

Owns what is kept and what is dropped. Must not read what it keeps: ``ladder.py`` and ``pcap.py`` show it.

Of messages the first and the last are kept, for a session is explained by how it began and how it ended; of media
the first, without gaps, for a packet that is not there looks like one that was lost.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import Instant
    from emulator.siprec.net.link import Address, Link, Transport

MOST_MESSAGE_BYTES = 1 << 20
"""Some 300 INVITEs of SIPREC."""

MOST_MEDIA_BYTES = 16 << 20
"""Some eight minutes of two streams."""

_OVERHEAD_BYTES = 200
"""What an entry costs besides its bytes, so that many empty ones are bounded too."""


class Direction(StrEnum):
    """Which way something went, seen from this end."""

    SENT = "sent"
    RECEIVED = "received"


class Kind(StrEnum):
    """What a packet holds."""

    SIP = "sip"
    RTP = "rtp"
    RTCP = "rtcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One message or media packet.

    Attributes:
        at: When, by the wall clock.
        direction: Which way.
        kind: What.
        transport: How; media always travel by UDP.
        local: This end.
        remote: The other end.
        data: The message or the datagram; of TLS what was inside.
    """

    at: Instant
    direction: Direction
    kind: Kind = Kind.SIP
    transport: Transport
    local: Address
    remote: Address
    data: bytes

    @property
    def source(self) -> Address:
        """Where it came from."""
        return self.local if self.direction is Direction.SENT else self.remote

    @property
    def destination(self) -> Address:
        """Where it went."""
        return self.remote if self.direction is Direction.SENT else self.local


class Record:
    """One session's packets.

    Attributes:
        dropped_messages: How many messages are not in it any more.
        dropped_media: How many media packets never came into it, though they were to be kept.
        keeps_media: Whether media packets are kept at all.
    """

    def __init__(
        self,
        *,
        keeps_media: bool = False,
        most_message_bytes: int = MOST_MESSAGE_BYTES,
        most_media_bytes: int = MOST_MEDIA_BYTES,
        passed: Callable[[Packet], None] | None = None,
    ) -> None:
        """Begin empty.

        Args:
            keeps_media: Whether RTP and RTCP are to be seen in a capture.
            most_message_bytes: For SIP messages.
            most_media_bytes: For media packets.
            passed: Told of each SIP message as it is added.
        """
        self.keeps_media = keeps_media
        self.dropped_messages = 0
        self.dropped_media = 0
        self._first: list[Packet] = []
        self._last: deque[Packet] = deque()
        self._media: list[Packet] = []
        self._first_room = self._last_room = most_message_bytes // 2
        self._media_room = most_media_bytes
        self._passed = passed

    def add(self, packet: Packet) -> None:
        """Keep a packet, as far as there is room."""
        if packet.kind is Kind.SIP:
            self._add_message(packet)
            if self._passed is not None:
                self._passed(packet)
        elif self.keeps_media:
            self._add_media(packet)

    def message(self, direction: Direction, data: bytes, link: Link, at: Instant) -> Packet:
        """Keep a SIP message that came or went over a link.

        Args:
            direction: Which way.
            data: The message.
            link: Over which.
            at: When, by the wall clock.

        Returns:
            What was kept, such as for a ladder that is drawn as messages come.
        """
        packet = Packet(
            at=at,
            direction=direction,
            transport=link.transport,
            local=link.local,
            remote=link.remote,
            data=data,
        )
        self.add(packet)
        return packet

    @property
    def messages(self) -> tuple[Packet, ...]:
        """The SIP messages, in the order in which they came in."""
        return (*self._first, *self._last)

    @property
    def packets(self) -> tuple[Packet, ...]:
        """Messages and media by time; at one instant messages come first, for they say what media are."""
        return tuple(sorted((*self.messages, *self._media), key=lambda packet: packet.at))

    def _add_message(self, packet: Packet) -> None:
        cost = _cost(packet)
        if not self._last and cost <= self._first_room:
            self._first.append(packet)
            self._first_room -= cost
            return
        self._last.append(packet)
        self._last_room -= cost
        while self._last_room < 0:
            self._last_room += _cost(self._last.popleft())
            self.dropped_messages += 1

    def _add_media(self, packet: Packet) -> None:
        cost = _cost(packet)
        if self.dropped_media or cost > self._media_room:
            self.dropped_media += 1
            return
        self._media.append(packet)
        self._media_room -= cost


def _cost(packet: Packet) -> int:
    return len(packet.data) + _OVERHEAD_BYTES
