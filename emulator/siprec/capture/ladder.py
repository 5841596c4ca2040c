"""A session's messages as a ladder of text, for people.

Owns the drawing: who sent what when, and what it was for. Must not colour it, nor say whether a message was right.
A ladder is drawn line by line as messages come, or whole from a record.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.capture.record import Direction, Kind
from emulator.siprec.net.sockets import shown
from emulator.siprec.sip.message import Request, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.models import Instant
    from emulator.siprec.capture.record import Packet
    from emulator.siprec.net.link import Address
    from emulator.siprec.sip.message import Message

WIDTH = 56
"""Characters between the two rails."""

_LONGEST = WIDTH - 8
"""Of a label, so that an arrow is left."""

_GUTTER = 10
"""Characters for the time."""

_BODIES = (
    ("application/sdp", "SDP"),
    ("application/rs-metadata", "metadata"),
)
_REMEMBERED = 1_000
"""How many distinct messages are told from their repetitions."""


class Party(StrEnum):
    """Whose ladder it is: the client stands on the left, the server on the right."""

    SRC = "SRC"
    SRS = "SRS"


class Ladder:
    """Draws one session, line by line."""

    def __init__(self, local: Party = Party.SRC) -> None:
        """Begin with the first line that is asked for.

        Args:
            local: Which of the two this end is.
        """
        self._local = local
        self._began: Instant | None = None
        self._remote: Address | None = None
        self._seen: dict[tuple[Direction, bytes], None] = {}

    def lines(self, packet: Packet) -> list[str]:
        """What a message adds; before the first one stand the parties. Media add nothing.

        Args:
            packet: In order of time.
        """
        if packet.kind is not Kind.SIP:
            return []
        head = self._head(packet) if self._began is None else []
        return [*head, self._row(packet)]

    def note(self, at: Instant, text: str) -> list[str]:
        """What happened beside the messages, such as that media begin.

        Args:
            at: When.
            text: One line.
        """
        if self._began is None:
            self._began = at
        return [f"{self._offset(at)} :  {_plain(text, WIDTH - 4):<{WIDTH - 2}}:"]

    def _head(self, packet: Packet) -> list[str]:
        self._began = packet.at
        self._remote = packet.remote
        ends = {self._local: packet.local, _other(self._local): packet.remote}
        left, right = (f"{party} {shown(ends[party])}" for party in Party)
        space = max(2, WIDTH + 2 - len(left) - len(right))
        way = packet.transport.upper()
        return [f"{way:>{_GUTTER - 1}}  {left}{' ' * space}{right}"]

    def _row(self, packet: Packet) -> str:
        message = _read(packet.data)
        sent = packet.direction is Direction.SENT
        rightward = sent is (self._local is Party.SRC)
        row = f"{self._offset(packet.at)} |{_arrow(_label(message, packet.data), rightward=rightward)}|"
        return "  ".join((row, *self._notes(packet, message)))

    def _notes(self, packet: Packet, message: Message | None) -> list[str]:
        notes = []
        if self._again(packet):
            notes.append("again")
        elif isinstance(message, Request) and message.method == "INVITE" and ";tag=" in _to(message):
            notes.append("re-INVITE")
        if packet.remote != self._remote:
            notes.append(f"{'to' if packet.direction is Direction.SENT else 'from'} {shown(packet.remote)}")
        return notes

    def _again(self, packet: Packet) -> bool:
        key = (packet.direction, packet.data)
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return False

    def _offset(self, at: Instant) -> str:
        passed = (at - (self._began or at)) // MILLISECOND * MILLISECOND
        return f"{passed / SECOND:>{_GUTTER - 1}.3f}"


def drawn(packets: Iterable[Packet], local: Party = Party.SRC) -> str:
    """A whole ladder.

    Args:
        packets: In order of time.
        local: Which of the two parties kept the record.

    Returns:
        Lines, each with its end; empty where there was no message.
    """
    ladder = Ladder(local)
    return "".join(f"{line}\n" for packet in packets for line in ladder.lines(packet))


def _other(party: Party) -> Party:
    return Party.SRS if party is Party.SRC else Party.SRC


def _read(data: bytes) -> Message | None:
    try:
        return parse(data)
    except GarbledSip:
        return None


def _to(message: Message) -> str:
    return (message.headers.get("To") or "").lower()


def _label(message: Message | None, data: bytes) -> str:
    if message is None:
        return f"{len(data)} bytes that are no SIP"
    if isinstance(message, Request):
        first = message.method
    else:
        method = (message.headers.get("CSeq") or "").partition(" ")[2].strip()
        first = f"{message.status} {message.reason} ({method})"
    bodies = _bodies(message)
    return _plain(f"{first} + {', '.join(bodies)}" if bodies else first, _LONGEST)


def _bodies(message: Message) -> list[str]:
    """What the body holds, by the types that are named in it: a look, not a parse."""
    if not message.body:
        return []
    types = (message.headers.get("Content-Type") or "").lower()
    if types.startswith("multipart/"):
        types = message.body.decode("latin-1").lower()
    return [name for kind, name in _BODIES if kind in types] or ["body"]


def _arrow(label: str, *, rightward: bool) -> str:
    shaft = "-" * (WIDTH - len(label) - 5)
    return f" {label} {shaft}> " if rightward else f" <{shaft} {label} "


def _plain(text: str, longest: int) -> str:
    """Text that can do nothing to a terminal."""
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable if len(printable) <= longest else f"{printable[: longest - 3]}..."
