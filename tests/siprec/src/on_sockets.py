"""The recording client on real sockets as tests use it: who is told, a server of our own, and one by hand."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.siprec.net.link import Transport
from emulator.siprec.sip.message import Request, parse
from emulator.siprec.src.actions import Noted
from emulator.siprec.src.endpoint import Caller
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from tests.siprec.src.peer import ORDER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from emulator.siprec.capture.record import Direction
    from emulator.siprec.sip.message import Message
    from emulator.siprec.src.actions import Report
    from emulator.siprec.src.order import Order
    from emulator.siprec.src.placed import Placed

BOUND_SECS = 10


class Heard:
    """What was told of one session."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self.reports: list[Report] = []
        self._more = asyncio.Event()

    def __call__(self, report: Report) -> None:
        """Keep a report."""
        self.reports.append(report)
        self._more.set()

    async def until(self, *kinds: type[Report]) -> Report:
        """The first report of one of these kinds."""
        async with asyncio.timeout(BOUND_SECS):
            while True:
                found = next((report for report in self.reports if isinstance(report, kinds)), None)
                if found is not None:
                    return found
                self._more.clear()
                await self._more.wait()

    @property
    def outcomes(self) -> list[Report]:
        """All but notes."""
        return [report for report in self.reports if not isinstance(report, Noted)]


@asynccontextmanager
async def calling(**settings: object) -> AsyncIterator[Caller]:
    caller = Caller(**settings)  # type: ignore[arg-type] # each test names settings of its own
    try:
        yield caller
    finally:
        await caller.close()


@asynccontextmanager
async def recording(out: Path | None = None) -> AsyncIterator[RecordingServer]:
    server = RecordingServer(Wishes(out=out))
    await server.open()
    try:
        yield server
    finally:
        await server.close()


def order_to(server: RecordingServer, transport: Transport = Transport.UDP) -> Order:
    host, port = server.addresses[transport]
    return replace(ORDER, host=host, port=port, transport=transport)


def messages(placed: Placed, direction: Direction) -> list[str]:
    """What went one way, in a word each."""
    parsed = [parse(packet.data) for packet in placed.record.messages if packet.direction is direction]
    return [one.method if isinstance(one, Request) else str(one.status) for one in parsed]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(BOUND_SECS):
        while not true():  # noqa: ASYNC110 - what is counted here tells nobody
            await asyncio.sleep(0.01)


# --- a server by hand ---


class ByHand(asyncio.DatagramProtocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.came: list[Message] = []

    def datagram_received(self, data: bytes, _: tuple[str, int]) -> None:
        """Keep a message."""
        self.came.append(parse(data))


@asynccontextmanager
async def by_hand() -> AsyncIterator[tuple[asyncio.DatagramTransport, ByHand, int]]:
    """A port, what comes to it, and its number."""
    loop = asyncio.get_running_loop()
    transport, hand = await loop.create_datagram_endpoint(ByHand, local_addr=("127.0.0.1", 0))
    try:
        yield transport, hand, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def methods(hand: ByHand) -> list[str]:
    """What came, in a word each."""
    return [one.method if isinstance(one, Request) else str(one.status) for one in hand.came]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
