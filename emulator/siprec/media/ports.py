"""Pairs of UDP ports, an even one for RTP and the odd one above it for RTCP (RFC 3550 section 11).

Owns the sockets: finding a free pair, reading what comes, closing. Must not know what a datagram holds.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import Unreachable
from emulator.descriptors import USED_UP
from emulator.siprec.net.sockets import unbound, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.core.ids import Randomness

Address: TypeAlias = tuple[str, int]
"""IP address and port."""

_MAX_DATAGRAM = 4_096
_AT_ONCE = 64
"""Datagrams read before anything else may run."""

_TRIES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PortRange:
    """Which ports may be taken.

    Attributes:
        first: The lowest.
        last: The highest, included.
    """

    first: int
    last: int

    @property
    def evens(self) -> range:
        """Even ports whose odd neighbour is in the range too."""
        return range(self.first + self.first % 2, self.last, 2)


class PortPair:
    """Two bound sockets, neither of which ever blocks.

    Attributes:
        rtp: For media.
        rtcp: For reports.
        local: Where RTP leaves and comes in.
        local_rtcp: Where RTCP leaves and comes in.
    """

    __slots__ = ("_loop", "_read", "local", "local_rtcp", "rtcp", "rtp")

    def __init__(self, rtp: socket.socket, rtcp: socket.socket) -> None:
        """Take over the sockets, which are bound."""
        self.rtp = rtp
        self.rtcp = rtcp
        self.local: Address = _address(rtp.getsockname())
        self.local_rtcp: Address = _address(rtcp.getsockname())
        self._read: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(
        self,
        *,
        rtcp: Callable[[bytes, Address], None],
        rtp: Callable[[bytes, Address], None] | None = None,
    ) -> None:
        """Hand over what comes in, from the running loop, until closed; once only.

        Args:
            rtcp: Called with each datagram of RTCP, cut after 4 KiB, and whom it came from.
            rtp: The same of RTP; None leaves it to the system, which drops it.
        """
        self._loop = asyncio.get_running_loop()
        self._hear(self._loop, self.rtcp, rtcp)
        if rtp is not None:
            self._hear(self._loop, self.rtp, rtp)

    def close(self) -> None:
        """Give both ports back; a second time does nothing."""
        for one in self._read:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(one.fileno())
        self._read.clear()
        self.rtp.close()
        self.rtcp.close()

    def _hear(
        self, loop: asyncio.AbstractEventLoop, one: socket.socket, heard: Callable[[bytes, Address], None]
    ) -> None:
        loop.add_reader(one.fileno(), self._readable, one, heard)
        self._read.append(one)

    def _readable(self, one: socket.socket, heard: Callable[[bytes, Address], None]) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, peer = one.recvfrom(_MAX_DATAGRAM)
            except OSError:
                # nothing more, or a port at the other end that nobody listens at
                return
            heard(data, _address(peer))
            if one.fileno() < 0:
                return


def open_ports(host: str, *, randomness: Randomness, within: PortRange | None = None) -> PortPair:
    """Bind a free pair.

    Args:
        host: The local IP address to bind to, IPv4 or IPv6 without brackets.
        randomness: Chooses where in the range the search begins, so that neighbours don't search the same ports.
        within: Which ports may be taken; None: any that the system has.

    Raises:
        Unreachable: There is no free pair, no descriptor is left for one, or the address is none of this
            machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    search = _given(host, family) if within is None else _turned(within.evens, randomness)
    why = "none is left"
    while True:
        try:
            port = next(search, None)
            if port is None:
                break
            return _bound_pair(host, family, port)
        except OSError as error:
            why = words(error)
            if error.errno in USED_UP:
                break
    where = "" if within is None else f" from {within.first} to {within.last}"
    raise Unreachable(f"no free pair of UDP ports{where} at {host}: {why}")


def _turned(ports: range, randomness: Randomness) -> Iterator[int]:
    start = randomness.getrandbits(32) % len(ports) if ports else 0
    return chain(ports[start:], ports[:start])


def _given(host: str, family: socket.AddressFamily) -> Iterator[int]:
    """Ports that the system gave out just now, or the even ones below them.

    Raises:
        OSError: The address is none of this machine's; the search is over.
    """
    for _ in range(_TRIES):
        with _bound(host, family, 0) as probe:
            port = int(probe.getsockname()[1])
        yield port - port % 2


def _bound_pair(host: str, family: socket.AddressFamily, port: int) -> PortPair:
    rtp = _bound(host, family, port)
    try:
        return PortPair(rtp, _bound(host, family, port + 1))
    except OSError:
        rtp.close()
        raise


def _bound(host: str, family: socket.AddressFamily, port: int) -> socket.socket:
    one = unbound(family, socket.SOCK_DGRAM)
    try:
        one.bind((host, port))
    except OSError:
        one.close()
        raise
    return one


def _address(told: tuple[str, int] | tuple[str, int, int, int]) -> Address:
    return told[0], told[1]
