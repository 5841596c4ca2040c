"""Links that a test opens, and that are closed behind it."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, cast

import pytest

from emulator.siprec.net.connecting import Ways, connect
from emulator.siprec.net.link import Destination, Transport
from emulator.siprec.net.listening import listen
from emulator.siprec.net.stream import Habits
from tests.siprec.net.peers import BOUND_SECS, Ears

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from emulator.siprec.net.link import Address, Link
    from emulator.siprec.net.listening import Listener

QUIET = Habits(keep_alive=None)


class Wire:
    """Opens links and listeners for a test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        """Close all with the stack."""
        self._stack = stack

    async def link(
        self,
        address: Address,
        ears: Ears,
        transport: Transport = Transport.UDP,
        *,
        ways: Ways | None = None,
        name: str = "127.0.0.1",
    ) -> Link:
        """A client's link."""
        destination = Destination(address=address, transport=transport, name=name)
        opened = await connect([destination], ears, ways or Ways(habits=QUIET))
        self._stack.push_async_callback(opened.closed)
        self._stack.callback(opened.close)
        return opened

    async def listener(
        self,
        ears: Ears,
        *transports: Transport,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        habits: Habits = QUIET,
        port: int = 0,
    ) -> Listener:
        """A server that listens."""
        opened = await listen(host, dict.fromkeys(transports, port), ears, tls=tls, habits=habits)
        self._stack.push_async_callback(opened.close)
        return opened


class Peer:
    """A TCP server that does what a test tells it, byte by byte; the last connection is the one it speaks on."""

    def __init__(self) -> None:
        """Take nothing yet."""
        self.address: Address = ("127.0.0.1", 0)
        self._server: asyncio.Server | None = None
        self._connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._came = asyncio.Condition()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.address = self._server.sockets[0].getsockname()

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def accepted(self, count: int = 1) -> None:
        """Wait until that many connections came."""
        async with asyncio.timeout(BOUND_SECS), self._came:
            await self._came.wait_for(lambda: len(self._connections) >= count)

    async def read(self, count: int) -> bytes:
        """That many bytes."""
        await self.accepted()
        async with asyncio.timeout(BOUND_SECS):
            return await self._connections[-1][0].readexactly(count)

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        await self.accepted()
        writer = self._connections[-1][1]
        writer.write(data)
        await writer.drain()

    async def end(self) -> None:
        """Close the connection properly."""
        await self.accepted()
        self._connections[-1][1].close()

    async def reset(self) -> None:
        """Break the connection off: closing with linger 0 sends RST (tcp(7))."""
        await self.accepted()
        writer = self._connections[-1][1]
        opened = writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def pause(self) -> None:
        """Read nothing any more."""
        await self.accepted()
        cast("asyncio.Transport", self._connections[-1][1].transport).pause_reading()

    async def close(self) -> None:
        """Close everything."""
        await self.stop()
        for _, writer in self._connections:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._came:
            self._connections.append((reader, writer))
            self._came.notify_all()


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A TCP server that a test drives."""
    started = Peer()
    await started.start()
    try:
        yield started
    finally:
        await started.close()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """What opens links, and closes them."""
    async with AsyncExitStack() as stack:
        yield Wire(stack)


@pytest.fixture
def ears() -> Ears:
    """A client's."""
    return Ears()


@pytest.fixture
def server_ears() -> Ears:
    """A server's."""
    return Ears()
