"""The line to recording servers: what places sessions, as far as this room uses it.

Owns the seam to ``emulator.siprec.src.endpoint``, which is loaded once the first session is placed: a server that
dials nobody starts the sooner, and needs none of what media need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.siprec.capture.record import Record
    from emulator.siprec.src.actions import Report
    from emulator.siprec.src.order import Order
    from emulator.siprec.src.statistics import Counted

Tell: TypeAlias = "Callable[[Report], None]"
"""Called with each report of a session, in order; ``Over`` is the last."""


class Placed(Protocol):
    """A session that was placed."""

    @property
    def record(self) -> Record:
        """What it sent and received so far."""

    @property
    def counted(self) -> tuple[Counted, ...]:
        """Its media so far, a track each; empty before there were any."""

    def hang_up(self) -> None:
        """End it, by CANCEL or BYE, as far as it has come; nothing where it is over."""


class Line(Protocol):
    """Places sessions."""

    def place(self, order: Order, tell: Tell, *, seed: bytes) -> Placed:
        """Begin a session.

        Args:
            order: What is to be placed.
            tell: Told of all that comes of it, never from within this call.
            seed: What ids and keys are drawn from.

        Raises:
            SiprecError: It can't even be begun: a sound that can't be read, SRTP that is not installed.
        """

    async def close(self, secs: float) -> None:
        """Hang up everywhere, wait for answers at most so long, and let go of everything."""
