"""A DNS server in the test's own process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.siprec.net.link import Address


class DnsServer(asyncio.DatagramProtocol):
    """Answers SRV questions from a table.

    Attributes:
        services: Records by name, with the final dot: ``priority weight port target``.
        asked: The names that were asked for, in order.
        silent: Answers nothing while set.
        rcode: Of every answer to a name that the table does not have.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.services: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.silent = False
        self.rcode = dns.rcode.NXDOMAIN
        self.address: Address = ("", 0)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text()
        self.asked.append(name)
        if self.silent or self._transport is None:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        if name in self.services:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "SRV", *self.services[name]))
        else:
            answer.set_rcode(self.rcode)
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def serving() -> AsyncIterator[DnsServer]:
    """A server on a free port."""
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        DnsServer, local_addr=("127.0.0.1", 0)
    )
    try:
        yield server
    finally:
        transport.close()
