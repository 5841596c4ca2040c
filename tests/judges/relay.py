"""A hop of UDP on loopback between a client and a judge, which drops datagrams or changes them on their way.

Owns carrying them, both ways. What becomes of each is asked. The judge's own port in what it says is replaced by
the relay's, so that a client that follows a Contact comes this way again; both have five digits, so lengths stay
true.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

from tests.judges.ports import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Change: TypeAlias = "Callable[[bytes], bytes | None]"
"""What a datagram becomes; None: it is lost."""


def unchanged(data: bytes) -> bytes:
    """As it is."""
    return data


@dataclass(slots=True)
class Losing:
    """Loses the first datagrams of a kind.

    Attributes:
        begins: What these begin with, such as ``INVITE`` or ``SIP/2.0 200``.
        count: How many are lost.
        lost: How many were.
    """

    begins: bytes
    count: int
    lost: int = 0

    def __call__(self, data: bytes) -> bytes | None:
        """Lose it or not."""
        if data.startswith(self.begins) and self.lost < self.count:
            self.lost += 1
            return None
        return data


@dataclass(slots=True)
class Spoiling:
    """Replaces text in the datagrams of a kind.

    Attributes:
        begins: As in ``Losing``.
        old: A regular expression; the first place is meant.
        new: What comes there, as ``re.sub`` takes it.
        holds: What the datagram must hold besides.
        spared: How many of them are left as they are first.
        hits: In how many it was found.
    """

    begins: bytes
    old: bytes
    new: bytes
    holds: bytes = b""
    spared: int = 0
    hits: int = 0
    _seen: int = 0

    def __call__(self, data: bytes) -> bytes:
        """Change it or not."""
        if not data.startswith(self.begins) or self.holds not in data:
            return data
        self._seen += 1
        if self._seen <= self.spared:
            return data
        changed, hits = re.subn(self.old, self.new, data, count=1)
        self.hits += hits
        return changed


@dataclass(slots=True)
class _Side(asyncio.DatagramProtocol):
    """One of the relay's two sockets.

    Attributes:
        change: Asked of each datagram that comes in.
        other: Where it leaves again.
        peer: Whom this side sends to; the front learns it from what comes in.
    """

    change: Change
    peer: tuple[str, int] | None = None
    other: _Side | None = None
    transport: asyncio.DatagramTransport | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    learns: bool = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Pass it on, or lose it."""
        if self.learns:
            self.peer = address
        changed = self.change(data)
        if changed is not None and self.other is not None:
            self.other.send(changed)

    def send(self, data: bytes) -> None:
        """To this side's peer, if it has one."""
        if self.peer is not None and self.transport is not None:
            self.transport.sendto(data, self.peer)

    def connection_lost(self, _: Exception | None) -> None:
        """The socket is closed."""
        self.gone.set()


@asynccontextmanager
async def relaying(srs_port: int, to_srs: Change = unchanged, to_client: Change = unchanged) -> AsyncIterator[int]:
    """The port on ``HOST`` that a client talks to instead of the server's.

    Args:
        srs_port: The server's.
        to_srs: What becomes of the client's datagrams.
        to_client: What becomes of the server's.
    """
    port = free_port()

    def readdressed(data: bytes) -> bytes | None:
        changed = to_client(data)
        return (
            None
            if changed is None
            else changed.replace(f"@{HOST}:{srs_port}".encode(), f"@{HOST}:{port}".encode())
        )

    front, back = _Side(change=to_srs), _Side(change=readdressed, peer=(HOST, srs_port), learns=False)
    front.other, back.other = back, front
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: front, local_addr=(HOST, port))
    await loop.create_datagram_endpoint(lambda: back, local_addr=(HOST, 0))
    try:
        yield port
    finally:
        for side in (front, back):
            if side.transport is not None:
                side.transport.close()
                await side.gone.wait()
