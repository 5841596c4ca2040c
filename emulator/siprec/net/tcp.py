"""A client's way to one peer over TCP, plain or inside TLS, that is opened again when it has gone.

Owns opening and opening again. Must not know what TLS verifies: ``tls.py`` does.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import TYPE_CHECKING, Any

from emulator.core.errors import Unreachable
from emulator.core.models import SECOND
from emulator.siprec.net.sockets import SocketAddress, numeric, shown, unbound, words
from emulator.siprec.net.stream import GOODBYE_SECS, Connection, ended

if TYPE_CHECKING:
    from emulator.core.models import Duration
    from emulator.siprec.net.link import Address, Destination, Receiver
    from emulator.siprec.net.stream import Habits

_TAKEN = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL})

_MOST_WAITING = 64
"""Messages that wait for a connection to come about again; what is more is dropped."""


class StreamLink:
    """The way; ``connecting.py`` makes and opens one."""

    def __init__(
        self,
        destination: Destination,
        receiver: Receiver,
        *,
        context: ssl.SSLContext | None = None,
        habits: Habits,
        timeout: Duration,
        source: str | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            destination: The peer.
            receiver: Told what comes.
            context: For TLS.
            habits: How the connection is kept.
            timeout: For connecting, TLS and all.
            source: The address to connect from; the system's choice where None.
        """
        self.transport = destination.transport
        self.remote = destination.address
        self.local: Address = (source or "", 0)
        self._destination = destination
        self._receiver = receiver
        self._context = context
        self._habits = habits
        self._timeout = timeout
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._waiting: list[bytes] = []
        self._closed = False

    async def open(self) -> None:
        """Connect.

        Raises:
            Unreachable: Within its time the peer was not there, or not who it should be.
        """
        connection = Connection(self, self._habits, opened=True)
        try:
            async with asyncio.timeout(self._timeout / SECOND):
                await self._connected(connection)
        except TimeoutError:
            connection.abort()
            raise self._unreachable(f"no connection within {self._timeout / SECOND:g} s") from None
        except OSError as error:
            connection.abort()
            reason = "nobody listens there" if isinstance(error, ConnectionRefusedError) else words(error)
            raise self._unreachable(reason, tls=isinstance(error, ssl.SSLError)) from None
        if self._closed:
            connection.abort()
            return
        self._connection = connection
        self.local = connection.local

    def towards(self, _port: int) -> StreamLink:
        """See ``Link``."""
        return self

    def send(self, data: bytes) -> None:
        """See ``Link``."""
        if self._closed:
            return
        if self._connecting is None and self._connection is not None and self._connection.usable:
            self._connection.write(data)
            return
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(data)
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._open_again())

    def close(self) -> None:
        """See ``Link``."""
        self._closed = True
        self._waiting.clear()
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close()

    async def closed(self) -> None:
        """See ``Link``."""
        if self._connecting is not None:
            await asyncio.wait([self._connecting])
        if self._connection is not None:
            await self._connection.ended

    def began(self, _: Connection) -> None:
        """See ``Owner``: ``open`` waits for it."""

    def arrived(self, data: bytes, _: Connection) -> None:
        """See ``Owner``."""
        if not self._closed:
            self._receiver.received(data, self)

    def gone(self, reason: str, connection: Connection) -> None:
        """See ``Owner``."""
        if not self._closed and connection is self._connection:
            self._receiver.lost(Unreachable(ended(self, reason)), self)

    async def _open_again(self) -> None:
        try:
            await self.open()
        except Unreachable as error:
            self._waiting.clear()
            self._connecting = None
            self._receiver.lost(error, self)
            return
        self._connecting = None
        waiting, self._waiting = self._waiting, []
        for data in waiting:
            self.send(data)

    async def _connected(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        opened = await _socket_to(self.remote, self.local)
        await loop.create_connection(
            lambda: connection,
            sock=opened,
            **self._tls(),
        )

    def _tls(self) -> dict[str, Any]:
        """What the event loop takes with TLS alone."""
        if self._context is None:
            return {}
        name = self._destination.name.partition("%")[0].rstrip(".")
        return {"ssl": self._context, "server_hostname": name, "ssl_shutdown_timeout": GOODBYE_SECS}

    def _unreachable(self, reason: str, *, tls: bool = False) -> Unreachable:
        return Unreachable(f"{shown(self.remote)} can't be reached by {self.transport.upper()}: {reason}", tls=tls)


async def _socket_to(remote: Address, local: Address) -> socket.socket:
    """Connect a socket, from the port that the connection before had where that is to be had.

    A peer knows that port by our Contact.
    """
    if local[1]:
        try:
            return await _socket_between(local, remote)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
    return await _socket_between((local[0], 0), remote)


def _anywhere(family: socket.AddressFamily) -> SocketAddress:
    return ("::" if family == socket.AF_INET6 else "0.0.0.0", 0)  # noqa: S104 - to connect from, nothing listens


async def _socket_between(local: Address, remote: Address) -> socket.socket:
    family, form = numeric(remote, socket.SOCK_STREAM)
    opened = unbound(family, socket.SOCK_STREAM)
    try:
        # also of the first connection: the next one takes its port while the kernel still sees to its end
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # connect() alone may choose a port that others have used, which nobody may then bind again for a minute
        opened.bind(numeric(local, socket.SOCK_STREAM)[1] if local[0] else _anywhere(family))
        await asyncio.get_running_loop().sock_connect(opened, form)
    except BaseException:
        opened.close()
        raise
    return opened
