"""What the machine of the recording server asks of what carries it, and what it tells.

Owns the shapes. Must not decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from emulator.siprec.metadata.violations import Violation
    from emulator.siprec.net.link import Link
    from emulator.siprec.sdp.streams import NegotiatedStream
    from emulator.siprec.sip.message import Message


class End(StrEnum):
    """How a session ended.

    CLIENT: by the client's BYE. SERVER: by this side's. CANCELLED: before an answer. REFUSED: by ``--answer``
    or because it can't be recorded. EXPIRED: no refresh came. UNACKNOWLEDGED: the 200 never got its ACK. LOST: the
    connection ended before an answer.
    """

    CLIENT = "client"
    SERVER = "server"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNACKNOWLEDGED = "unacknowledged"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where one stream is received.

    Attributes:
        rtp: The even port.
        rtcp: The odd one.
    """

    rtp: int
    rtcp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmit:
    """Put a message on a link."""

    message: Message
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class PortsWanted:
    """A session can be answered once it has ports: ``Server.ready`` takes them.

    Attributes:
        session: Its number.
        host: The local address that the client reached.
        streams: How many pairs.
        secure: Whether any of them is to be SRTP.
    """

    session: int
    host: str
    streams: int
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Flowing:
    """What is agreed on of a session's streams, at its beginning and with each change."""

    session: int
    streams: tuple[NegotiatedStream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataCame:
    """A metadata document, as its bytes came."""

    session: int
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected:
    """What a message does against the RFCs.

    Attributes:
        message: What it was in, such as ``INVITE``.
    """

    session: int
    message: str
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """A first INVITE came.

    Attributes:
        caller: Who it says it is from.
        call_id: Of the recording session.
    """

    session: int
    caller: str
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A session is over.

    Attributes:
        status: What its INVITE was answered with; 0 where it was not.
    """

    session: int
    how: End
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Something came that can't be answered.

    Attributes:
        reason: In words.
    """

    link: Link
    reason: str


Action: TypeAlias = Transmit | PortsWanted | Flowing | MetadataCame | Objected | Began | Ended | Ignored
