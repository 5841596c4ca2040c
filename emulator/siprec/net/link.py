"""What SIP is carried by: the ways to a peer and what is told about them, whatever lies underneath.

Owns the shapes alone. Must not open anything: ``connecting.py`` and ``listening.py`` do. A link carries whole
messages and knows nothing of what they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from emulator.core.errors import Unreachable

Address: TypeAlias = tuple[str, int]
"""An IP address without brackets, perhaps with an IPv6 zone, and a port."""


class Transport(StrEnum):
    """How messages travel; the value is the URI's ``transport`` parameter (RFC 3261 section 19.1.1)."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"

    @property
    def reliable(self) -> bool:
        """Whether nothing is sent twice over it (RFC 3261 section 17)."""
        return self is not Transport.UDP

    @property
    def default_port(self) -> int:
        """Where a peer listens that names no port (RFC 3261 section 19.1.2)."""
        return 5061 if self is Transport.TLS else 5060


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a message is to go, as a URI or a connector names it.

    Attributes:
        host: A name, or an address, IPv6 with or without brackets.
        port: 1 to 65535; None or 0 where none is named, which asks for SRV records.
        transport: Named or implied.
    """

    host: str
    port: int | None
    transport: Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One address that a target stands for.

    Attributes:
        address: Where to.
        transport: How.
        name: The target's host, which a certificate must be for (RFC 5922 section 4).
    """

    address: Address
    transport: Transport
    name: str


class Link(Protocol):
    """A way to one peer, that stays one over reconnection.

    Two links to the same peer over the same listener are equal, and can be keys.
    """

    @property
    def transport(self) -> Transport:
        """How messages travel."""

    @property
    def local(self) -> Address:
        """What the peer sees us come from, but for what translates addresses on the way; for Via and Contact."""

    @property
    def remote(self) -> Address:
        """The peer."""

    def towards(self, port: int) -> Link:
        """The way to another port of the same peer; over TCP and TLS, which have none, the same way."""

    def send(self, data: bytes) -> None:
        """Send one whole message; what hinders it is told to the receiver, later.

        A client's connection that is gone is opened again first. After ``close`` nothing is sent.
        """

    def close(self) -> None:
        """End it; nothing is told to the receiver any more. A listener's peer over UDP has nothing to end."""

    async def closed(self) -> None:
        """Wait until nothing of it is open after ``close``."""


class Receiver(Protocol):
    """Who is told what comes over links; one may serve any number of them.

    Neither is called from within ``Link.send`` or ``Link.close``.
    """

    def received(self, data: bytes, link: Link) -> None:
        """A whole message came, without the line ends that keep connections alive.

        Args:
            data: The message; over UDP the datagram as it is, which need not be one.
            link: Where it came from and an answer goes to. A client's UDP socket takes messages from others than
                the peer that it was opened to as well, and they have links of their own.
        """

    def lost(self, error: Unreachable, link: Link) -> None:
        """What was sent may not have arrived: a peer refused (ICMP) or ended the connection, or none came about.

        A client's link can be used on: the next message opens a connection again.
        """
