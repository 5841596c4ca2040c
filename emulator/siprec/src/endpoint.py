"""The recording client of a process: places sessions, and ends what is left of them.

Owns what all sessions share, and the sessions themselves. Must not know what a session does: ``placed.py`` lends
each one's machine what it needs.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from emulator.core.errors import Unreachable
from emulator.siprec.clock import steady_wall
from emulator.siprec.media.pacer import Pacer
from emulator.siprec.net.connecting import Ways
from emulator.siprec.net.names import SystemNames
from emulator.siprec.net.resolving import anywhere
from emulator.siprec.src.means import Means
from emulator.siprec.src.placed import Placed

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import Instant
    from emulator.siprec.capture.record import Packet
    from emulator.siprec.media.pacer import Pace
    from emulator.siprec.media.ports import PortRange
    from emulator.siprec.net.names import Names
    from emulator.siprec.net.resolving import Permit
    from emulator.siprec.src.order import Order
    from emulator.siprec.src.placed import Told

SEED_BYTES = 32

FAREWELL_SECS = 2.0
"""How long closing waits for the answers to its BYEs and CANCELs."""


class Caller:
    """Places sessions; one for an event loop."""

    def __init__(
        self,
        *,
        clock: Callable[[], Instant] | None = None,
        ways: Ways | None = None,
        names: Names | None = None,
        permit: Permit = anywhere,
        ports: PortRange | None = None,
        advertised: str | None = None,
        media_bytes: int = 0,
    ) -> None:
        """Open nothing yet.

        Args:
            clock: Wall time in microseconds that never goes back; None: the machine's.
            ways: How links are opened, TLS among it; None: as the net's defaults say.
            names: Who knows addresses; None: the system.
            permit: May refuse an address.
            ports: Which UDP ports media may take; None: any.
            advertised: The address that SRSs are told in place of the local one, where they see another.
            media_bytes: How much of its media each record keeps, for a capture; 0: none.
        """
        clock = clock or steady_wall()
        self._means = Means(
            clock=clock,
            names=names or SystemNames(),
            draw=lambda most: secrets.randbelow(most + 1),
            permit=permit,
            ways=ways or Ways(),
            pacer=Pacer(clock),
            ports=ports,
            advertised=advertised,
            media_bytes=media_bytes,
        )
        self._placed: set[Placed] = set()
        self._closed = False

    @property
    def pace(self) -> Pace:
        """How well media kept time."""
        return self._means.pacer.pace

    def place(
        self,
        order: Order,
        tell: Told,
        *,
        seed: bytes | None = None,
        passed: Callable[[Packet], None] | None = None,
    ) -> Placed:
        """Begin a session, from the running loop.

        Args:
            order: What is to be placed.
            tell: Called with each report of it, in order, never from within this call; ``Over`` is the last.
            seed: What ids and keys are drawn from, 16 to 64 bytes; None draws one.
            passed: Told of each SIP message as it goes and comes, for a ladder.

        Raises:
            Unreachable: The caller is closed.
        """
        if self._closed:
            raise Unreachable("no session is placed any more")
        self._placed = {placed for placed in self._placed if not placed.idle}
        placed = Placed(order, tell, seed or secrets.token_bytes(SEED_BYTES), self._means, passed)
        self._placed.add(placed)
        return placed

    async def close(self, secs: float = FAREWELL_SECS) -> None:
        """Hang up everywhere, wait for answers a while, and let go of everything; a second time does nothing.

        Args:
            secs: How long SRSs may take to answer.
        """
        self._closed = True
        placed, self._placed = self._placed, set()
        for one in placed:
            one.hang_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(secs):
                for one in placed:
                    await one.over()
        for one in placed:
            await one.abandon()
        self._means.pacer.close()
