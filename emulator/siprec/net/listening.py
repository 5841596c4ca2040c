"""Where a server takes SIP: UDP, TCP and TLS, each on a port of its own.

Owns the listening sockets and the bound on connections. Must not read messages.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.core.errors import Unreachable
from emulator.deafness import deafened
from emulator.siprec.net.link import Transport
from emulator.siprec.net.sockets import numeric, plain, shown, unbound, words
from emulator.siprec.net.stream import GOODBYE_SECS, Connection, Habits, ended
from emulator.siprec.net.udp import listen_udp

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from emulator.siprec.net.link import Address, Receiver
    from emulator.siprec.net.udp import Datagrams

MOST_CONNECTIONS = 1_000
"""At once; further ones are closed as they come."""

_BACKLOG = 512
_TRIES = 16
_HELLO_SECS = 10.0
"""How long a peer may take to begin TLS."""

_HABITS = Habits(keep_alive=None)
"""Signs of life are the client's to give (RFC 5626 section 4.4)."""


class AcceptedLink:
    """The way back over a connection that a peer opened, as long as it lasts."""

    def __init__(self, transport: Transport, server: _Server) -> None:
        """Of a connection that is about to be made."""
        self.transport = transport
        self._server = server
        self._connection = Connection(self, server.habits, opened=False)

    @property
    def protocol(self) -> Connection:
        """What the event loop drives."""
        return self._connection

    @property
    def local(self) -> Address:
        """See ``Link``."""
        return self._connection.local

    @property
    def remote(self) -> Address:
        """See ``Link``."""
        return self._connection.remote

    def towards(self, _port: int) -> AcceptedLink:
        """See ``Link``."""
        return self

    def send(self, data: bytes) -> None:
        """See ``Link``; a server opens no connection again, the peer may."""
        if self._connection.usable:
            self._connection.write(data)

    def close(self) -> None:
        """See ``Link``."""
        self._connection.close()

    def abort(self) -> None:
        """End it at once."""
        self._connection.abort()

    async def closed(self) -> None:
        """See ``Link``."""
        await self._connection.ended

    def began(self, connection: Connection) -> None:
        """See ``Owner``: one connection too many is one that never was."""
        links = self._server.links
        if self._server.closing or len(links) >= MOST_CONNECTIONS:
            connection.abort()
            return
        links.add(self)
        connection.ended.add_done_callback(lambda _: links.discard(self))

    def arrived(self, data: bytes, _: Connection) -> None:
        """See ``Owner``."""
        self._server.receiver.received(data, self)

    def gone(self, reason: str, _: Connection) -> None:
        """See ``Owner``."""
        self._server.receiver.lost(Unreachable(ended(self, reason)), self)


@dataclass(slots=True, kw_only=True)
class _Server:
    """What all accepted links of a listener share."""

    receiver: Receiver
    habits: Habits
    links: set[AcceptedLink] = field(default_factory=set)
    closing: bool = False


class Listener:
    """What listens; ``listen`` makes one.

    Attributes:
        addresses: Where, by transport; with the ports that were found where 0 was asked for.
    """

    def __init__(self, server: _Server) -> None:
        """Listen nowhere yet."""
        self.addresses: dict[Transport, Address] = {}
        self._server = server
        self._datagrams: Datagrams | None = None
        self._accepting: list[asyncio.Server] = []

    async def add(self, transport: Transport, address: Address, context: ssl.SSLContext | None) -> None:
        """Listen by one transport more.

        Raises:
            Unreachable: The address can't be bound.
        """
        try:
            if transport is Transport.UDP:
                self._datagrams = listen_udp(address, self._server.receiver)
                self.addresses[transport] = self._datagrams.local
            else:
                self.addresses[transport] = await self._accept(transport, address, context)
        except OSError as error:
            raise Unreachable(f"can't listen on {shown(address)} by {transport.upper()}: {words(error)}") from None

    async def close(self) -> None:
        """Stop listening, end every connection and wait until nothing is open."""
        self._server.closing = True
        if self._datagrams is not None:
            self._datagrams.close()
        await deafened(*(opened for accepting in self._accepting for opened in accepting.sockets))
        for accepting in self._accepting:
            accepting.close()
        links = tuple(self._server.links)
        for link in links:
            link.close()
        for link in links:
            await link.closed()
        for accepting in self._accepting:
            # some Pythons wait there for those that never came further than TLS's hello
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_SECS):
                    await accepting.wait_closed()

    async def _accept(self, transport: Transport, address: Address, context: ssl.SSLContext | None) -> Address:
        family, form = numeric(address, socket.SOCK_STREAM)
        opened = unbound(family, socket.SOCK_STREAM)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(form)
        except OSError:
            opened.close()
            raise
        secured: dict[str, Any] = {"ssl_handshake_timeout": _HELLO_SECS, "ssl_shutdown_timeout": GOODBYE_SECS}
        self._accepting.append(
            await asyncio.get_running_loop().create_server(
                lambda: AcceptedLink(transport, self._server).protocol,
                sock=opened,
                backlog=_BACKLOG,
                ssl=context,
                **(secured if context is not None else {}),
            )
        )
        return plain(opened.getsockname())


async def listen(
    host: str,
    ports: Mapping[Transport, int],
    receiver: Receiver,
    *,
    tls: ssl.SSLContext | None = None,
    habits: Habits = _HABITS,
) -> Listener:
    """Listen on one address.

    Args:
        host: An address, IPv6 without brackets; ``0.0.0.0`` or ``::`` for each of its family.
        ports: For each transport that is wanted; 0 takes any free one, for UDP the one that TCP has.
        receiver: Told what comes; each peer is a link.
        tls: What is shown to clients; ``server_context`` makes it. Needed for TLS.
        habits: How connections are kept.

    Raises:
        Unreachable: A port can't be bound; none is then.
    """
    # a port that is free for TCP may be somebody else's for UDP
    tries = _TRIES if ports.get(Transport.UDP) == ports.get(Transport.TCP) == 0 else 1
    while True:
        listener = Listener(_Server(receiver=receiver, habits=habits))
        try:
            await _add_all(listener, host, ports, tls)
        except Unreachable:
            await listener.close()
            tries -= 1
            if tries == 0:
                raise
        else:
            return listener


async def _add_all(
    listener: Listener, host: str, ports: Mapping[Transport, int], tls: ssl.SSLContext | None
) -> None:
    for transport in sorted(ports):
        port = ports[transport]
        if transport is Transport.UDP and port == 0 and Transport.TCP in ports:
            port = listener.addresses[Transport.TCP][1]
        await listener.add(transport, (host, port), tls if transport is Transport.TLS else None)
