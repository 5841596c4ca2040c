"""The emulator's recording client as the judges' tests place it: one session at a time, and what it tells.

Owns quick timers and waiting for reports. What is checked stands in the tests.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.core.models import MILLISECOND
from emulator.siprec.capture.record import MOST_MEDIA_BYTES
from emulator.siprec.net.connecting import Ways
from emulator.siprec.net.link import Transport as Carrier
from emulator.siprec.net.tls import client_context
from emulator.siprec.sip.transactions.timers import Timers
from emulator.siprec.src.actions import Over
from emulator.siprec.src.endpoint import Caller
from emulator.siprec.src.order import Order
from tests.judges.ports import HOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.siprec.net.tls import ClientTls
    from emulator.siprec.src.actions import Report
    from emulator.siprec.src.placed import Placed

    Kind = TypeVar("Kind", bound=Report)

QUICK = Timers(
    t1=100 * MILLISECOND, t2=400 * MILLISECOND, t4=200 * MILLISECOND, d=500 * MILLISECOND, trying=50 * MILLISECOND
)
"""SIP's timers, five times as fast."""

BOUND_SECS = 20
_LOOK_EVERY_SECS = 0.02

_USUAL = Order(
    host=HOST,
    port=5060,
    caller="+15550100",
    callee="+15550101",
    session_id="6a09cdc3-8948-47f0-aa62-74ac943d6c58",
    sip_call_id="a84b4c76e66710@example.com",
    timers=QUICK,
)


def order(port: int, transport: str = "udp", **changes: Any) -> Order:
    """An order to a server on loopback.

    Args:
        port: The server's.
        transport: How SIP travels.
        changes: Of what else is usual.
    """
    return replace(_USUAL, port=port, transport=Carrier(transport), **changes)


@dataclass(slots=True)
class Client:
    """A session that was placed, and what it told.

    Attributes:
        reports: All of them, in order.
    """

    reports: list[Report] = field(default_factory=list)
    _placed: Placed | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def placed(self) -> Placed:
        """The session."""
        assert self._placed is not None
        return self._placed

    def tell(self, report: Report) -> None:
        """Take a report."""
        self.reports.append(report)
        self._changed.set()

    async def until(self, kind: type[Kind]) -> Kind:
        """Wait for the first report of a kind, which comes before the last of all."""
        async with asyncio.timeout(BOUND_SECS):
            while True:
                for report in self.reports:
                    if isinstance(report, kind):
                        return report
                assert not any(isinstance(one, Over) for one in self.reports), self.reports
                self._changed.clear()
                await self._changed.wait()

    async def until_played(self, packets: int) -> None:
        """Wait until each track sent so many packets."""
        async with asyncio.timeout(BOUND_SECS):
            # media tell nobody of each packet
            while not self._played(packets):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_EVERY_SECS)

    def _played(self, packets: int) -> bool:
        counted = self.placed.counted
        return bool(counted) and all(one.sent.packets >= packets for one in counted)


@asynccontextmanager
async def placing(
    wanted: Order, tls: ClientTls | None = None, *, keeps_media: bool = False, farewell: float = 1.0
) -> AsyncIterator[Client]:
    """A session for the length of the block.

    Args:
        wanted: What is placed.
        tls: Whom the client trusts and what it shows.
        keeps_media: Whether its record holds media.
        farewell: How many seconds the server has to answer what ends the session.
    """
    ways = Ways() if tls is None else Ways(tls=client_context(tls))
    caller = Caller(ways=ways, media_bytes=MOST_MEDIA_BYTES if keeps_media else 0)
    client = Client()
    client._placed = caller.place(wanted, client.tell)  # noqa: SLF001 - made here
    try:
        yield client
    finally:
        await caller.close(farewell)
