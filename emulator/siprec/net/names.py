"""Asks the system for addresses, and DNS for SRV records.

Owns the two questions and how their refusals are worded. Must not choose among the answers: ``resolving.py`` does.

Addresses go the system's way (``getaddrinfo``), so that ``/etc/hosts`` and a container's names count. The system
knows no question for SRV; dnspython asks it, and is imported only then, for it takes 70 ms to.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from emulator.core.errors import Unreachable
from emulator.core.models import SECOND

if TYPE_CHECKING:
    from emulator.core.models import Duration
    from emulator.siprec.net.link import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One SRV record (RFC 2782).

    Attributes:
        host: Where the service is; empty where the record says that there is none.
        port: Of the service.
        priority: The lowest is tried first.
        weight: How often it is to be tried before others of its priority, relative to theirs.
    """

    host: str
    port: int
    priority: int
    weight: int


class Names(Protocol):
    """What a resolver asks."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """A name's addresses, best first.

        Raises:
            Unreachable: It has none.
        """

    async def services(self, name: str) -> tuple[Service, ...]:
        """A name's SRV records in any order; none where it has none, or nobody can be asked."""


class SystemNames:
    """The names that this machine knows."""

    def __init__(self, *, server: Address | None = None, patience: Duration = 2 * SECOND) -> None:
        """Ask nothing yet.

        Args:
            server: A DNS server to ask for SRV records; the system's where None.
            patience: How long to wait for SRV records: a server that is silent must not keep a name from being
                found in another way.
        """
        self._server = server
        self._patience = patience

    async def addresses(self, host: str) -> tuple[str, ...]:
        """See ``Names``."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except (OSError, ValueError) as error:
            words = error.strerror if isinstance(error, OSError) else "it can be no host's name"
            raise Unreachable(f"{host!a} has no address: {words}") from None
        # an IPv6 zone is part of the text already
        return tuple(dict.fromkeys(str(address[0]) for *_, address in found))

    async def services(self, name: str) -> tuple[Service, ...]:
        """See ``Names``."""
        import dns.asyncbackend  # noqa: PLC0415 - see above
        import dns.asyncresolver  # noqa: PLC0415 - see above
        import dns.exception  # noqa: PLC0415 - see above

        try:
            resolver = dns.asyncresolver.Resolver(configure=self._server is None)
            if self._server is not None:
                resolver.nameservers, resolver.port = [self._server[0]], self._server[1]
            answer = await resolver.resolve(
                f"{name.rstrip('.')}.",
                "SRV",
                lifetime=self._patience / SECOND,
                backend=dns.asyncbackend.get_backend("asyncio"),
            )
        except (dns.exception.DNSException, OSError, ValueError):
            return ()
        return tuple(
            Service(
                host=record.target.to_text(omit_final_dot=True).rstrip("."),
                port=record.port,
                priority=record.priority,
                weight=record.weight,
            )
            for record in answer
        )
