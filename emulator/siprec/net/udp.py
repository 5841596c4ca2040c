"""SIP over UDP: a message a datagram (RFC 3261 section 18).

Owns datagram sockets, and links over them. Must not decide where an answer goes: that is the transactions' matter,
by ``received`` and ``rport`` (RFC 3581).

A client's link has two sockets on one port. The connected one goes to the peer and alone learns at once that
nobody is there (ICMP); the other one takes what anybody else sends to the port that Via and Contact name, such as
an SRS behind the proxy that the session was placed through.

Messages longer than 1,300 bytes are sent as they are asked for, although RFC 3261 section 18.1.1 would have them
go over TCP: Telnyx sends SIPREC over UDP unless it is told otherwise. The kernel fragments them.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import Unreachable
from emulator.siprec.net.link import Destination, Transport
from emulator.siprec.net.sockets import numeric, plain, shown, unbound, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.siprec.net.link import Address, Receiver
    from emulator.siprec.net.sockets import SocketAddress

LARGEST = 65_535
_AT_ONCE = 64
"""How many datagrams are taken before others have their turn."""

_BUFFER_BYTES = 1 << 20
"""For bursts of set-ups: the usual 208 KiB hold some fifty of them."""

_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


class Datagrams:
    """A socket that is read as datagrams come."""

    def __init__(
        self,
        opened: socket.socket,
        arrived: Callable[[bytes, SocketAddress], None],
        failed: Callable[[OSError], None],
    ) -> None:
        """Begin to read.

        Args:
            opened: Bound or connected, and this object's from now on.
            arrived: Told each datagram and its sender.
            failed: Told what the network says of earlier ones, such as that a port is closed.
        """
        self._socket = opened
        self._arrived = arrived
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self.local = plain(opened.getsockname())
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._loop.add_reader(opened.fileno(), self._readable)

    def send(self, data: bytes, to: SocketAddress | None = None) -> None:
        """Send one datagram; a full buffer drops it as a network would."""
        if self._socket.fileno() < 0:
            return
        try:
            if to is None:
                self._socket.send(data)
            else:
                self._socket.sendto(data, to)
        except BlockingIOError:
            return
        except OSError as error:
            self._loop.call_soon(self._failed, error)

    def close(self) -> None:
        """Stop reading and close the socket."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            if self._socket.fileno() < 0:
                return
            try:
                data, sender = self._socket.recvfrom(LARGEST)
            except BlockingIOError:
                return
            except OSError as error:
                self._failed(error)
                return
            self._arrived(data, sender)


@dataclass(frozen=True, slots=True)
class PeerLink:
    """The way to one peer over a socket that serves any; it ends with the socket.

    Attributes:
        datagrams: The socket.
        form: The peer as the socket takes it.
    """

    datagrams: Datagrams
    form: SocketAddress

    @property
    def transport(self) -> Transport:
        """UDP."""
        return Transport.UDP

    @property
    def local(self) -> Address:
        """The socket's address; for one that is bound to every address, that which this peer is reached from."""
        address, port = self.datagrams.local
        return (_towards(self.form), port) if address in _WILDCARDS else (address, port)

    @property
    def remote(self) -> Address:
        """The peer."""
        return plain(self.form)

    def towards(self, port: int) -> PeerLink:
        """See ``Link``."""
        host, _, *rest = self.form
        return PeerLink(self.datagrams, (host, port, *rest))

    def send(self, data: bytes) -> None:
        """Send a datagram."""
        self.datagrams.send(data, self.form)

    def close(self) -> None:
        """Leave the socket to its other peers."""

    async def closed(self) -> None:
        """Wait for nothing."""


class UdpLink:
    """A client's way to one peer."""

    def __init__(self, destination: Destination, receiver: Receiver, *, source: str | None = None) -> None:
        """Open both sockets; a running event loop reads them.

        Args:
            destination: The peer.
            receiver: Told what comes.
            source: The address to send from; the system's choice where None.

        Raises:
            Unreachable: There is no way to such an address from here.
        """
        self.transport = Transport.UDP
        self.remote = destination.address
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._closed = False
        try:
            connected, listening = _pair(destination.address, source)
        except OSError as error:
            raise Unreachable(f"there is no way to {shown(self.remote)} by UDP: {words(error)}") from None
        self._connected = Datagrams(connected, self._from_peer, self._failed)
        self._listening = Datagrams(listening, self._from_other, self._ignored)
        self.local = self._connected.local

    def towards(self, port: int) -> UdpLink | PeerLink:
        """See ``Link``; another port than the one that this link was opened to is reached as any peer's is."""
        if port == self.remote[1]:
            return self
        _, form = numeric((self.remote[0], port), socket.SOCK_DGRAM)
        return PeerLink(self._listening, form)

    def send(self, data: bytes) -> None:
        """See ``Link``."""
        if not self._closed:
            self._connected.send(data)

    def close(self) -> None:
        """See ``Link``."""
        self._closed = True
        self._connected.close()
        self._listening.close()

    async def closed(self) -> None:
        """See ``Link``: sockets close at once."""

    def _from_peer(self, data: bytes, _: SocketAddress) -> None:
        _deliver(data, self, self._receiver)

    def _from_other(self, data: bytes, sender: SocketAddress) -> None:
        _deliver(data, PeerLink(self._listening, sender), self._receiver)

    def _failed(self, error: OSError) -> None:
        if self._closed:
            return
        refused = isinstance(error, ConnectionRefusedError)
        reason = "nobody listens there" if refused else words(error)
        self._receiver.lost(Unreachable(f"{shown(self.remote)} can't be reached by UDP: {reason}"), self)

    def _ignored(self, _: OSError) -> None:
        """Who sent from elsewhere and is gone has a transaction that runs out."""


def listen_udp(address: Address, receiver: Receiver) -> Datagrams:
    """Take datagrams from anybody.

    Args:
        address: To bind; port 0 takes any free one.
        receiver: Told each, with a ``PeerLink`` to its sender.

    Raises:
        OSError: The address can't be bound.
    """
    family, form = numeric(address, socket.SOCK_DGRAM)
    opened = unbound(family, socket.SOCK_DGRAM)
    try:
        opened.bind(form)
    except OSError:
        opened.close()
        raise

    def arrived(data: bytes, sender: SocketAddress) -> None:
        _deliver(data, PeerLink(datagrams, sender), receiver)

    def failed(_: OSError) -> None:
        """A datagram that could not be sent is one that got lost."""

    datagrams = Datagrams(opened, arrived, failed)
    return datagrams


def _deliver(data: bytes, link: PeerLink | UdpLink, receiver: Receiver) -> None:
    # line ends alone keep the way through a NAT open (RFC 3261 section 7.5, RFC 5626 section 3.5.1)
    if data.strip(b"\r\n\0"):
        receiver.received(data, link)


def _pair(remote: Address, source: str | None) -> tuple[socket.socket, socket.socket]:
    """A connected socket, and one on the same port for everybody else.

    Only once the first has its port may it be shared: a port that is chosen for a sharing socket can be one that
    another such has. Darwin's way to share is another option than Linux's.
    """
    family, form = numeric(remote, socket.SOCK_DGRAM)
    connected = unbound(family, socket.SOCK_DGRAM)
    try:
        listening = unbound(family, socket.SOCK_DGRAM)
    except OSError:
        connected.close()
        raise
    try:
        if source is not None:
            connected.bind(numeric((source, 0), socket.SOCK_DGRAM)[1])
        connected.connect(form)
        for one in (connected, listening):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(connected.getsockname())
    except OSError:
        connected.close()
        listening.close()
        raise
    return connected, listening


def _towards(form: SocketAddress) -> str:
    """The address of this machine that packets to a peer bear; the peer's own where there is no way to it."""
    family, _ = numeric(plain(form), socket.SOCK_DGRAM)
    try:
        with unbound(family, socket.SOCK_DGRAM) as asking:
            asking.connect(form)
            return plain(asking.getsockname())[0]
    except OSError:
        return plain(form)[0]
