"""Where a judge's media go: sockets that are open and never read, so that nobody is told that a port is closed."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.judges.ports import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Sinks:
    """Ports of RTP, each with RTCP's above it.

    Attributes:
        inbound: Of the track of that label.
        outbound: Of the other.
    """

    inbound: int
    outbound: int

    @property
    def both(self) -> tuple[int, int]:
        """In the order of an offer."""
        return self.inbound, self.outbound

    @property
    def keys(self) -> dict[str, object]:
        """As SIPp's scenarios call them."""
        return {"in_port": self.inbound, "out_port": self.outbound}


@contextmanager
def sinks() -> Iterator[Sinks]:
    """Two for the length of the block."""
    found = Sinks(inbound=free_port(), outbound=free_port())
    with ExitStack() as held:
        for port in (found.inbound, found.inbound + 1, found.outbound, found.outbound + 1):
            held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind((HOST, port))
        yield found
