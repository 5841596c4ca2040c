"""How long each timer of a transaction runs (RFC 3261 table 4, RFC 6026 section 7).

Owns the lengths and what becomes of one that fires again. Must not know states.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from emulator.core.models import MILLISECOND, SECOND

if TYPE_CHECKING:
    from emulator.core.models import Duration


class Timer(Enum):
    """By the letter that the RFCs give it; TRYING is the 200 ms after which a server says 100 (17.2.1)."""

    A = auto()
    B = auto()
    D = auto()
    E = auto()
    F = auto()
    G = auto()
    H = auto()
    I = auto()  # noqa: E741 - its name in RFC 3261
    J = auto()
    K = auto()
    L = auto()
    M = auto()
    TRYING = auto()


ONLY_UNRELIABLE = frozenset((Timer.A, Timer.E, Timer.G))
"""They send again what a reliable transport has not lost."""

ZERO_IF_RELIABLE = frozenset((Timer.D, Timer.I, Timer.J, Timer.K))
"""They wait for what arrives late, which nothing does on a reliable transport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """The durations from which all timers follow (RFC 3261 table 4), each more than zero.

    Attributes:
        t1: Estimate of a round trip.
        t2: The longest pause between two transmissions of anything but an INVITE request.
        t4: How long a message may stay in the network.
        d: How long a client absorbs repeated failures of its INVITE; at least 32 s.
        trying: After which a server sends 100 if nothing else was sent.
    """

    t1: Duration = 500 * MILLISECOND
    t2: Duration = 4 * SECOND
    t4: Duration = 5 * SECOND
    d: Duration = 32 * SECOND
    trying: Duration = 200 * MILLISECOND

    @property
    def patience(self) -> Duration:
        """64*T1: when a transaction without an answer has failed."""
        return 64 * self.t1

    def first(self, timer: Timer, *, reliable: bool) -> Duration | None:
        """How long it runs when it starts; None where it doesn't.

        Args:
            timer: Which.
            reliable: Whether the transport repeats what it loses, as TCP and TLS do.
        """
        if reliable and timer in ONLY_UNRELIABLE:
            return None
        if reliable and timer in ZERO_IF_RELIABLE:
            return 0
        if timer in ONLY_UNRELIABLE:
            return self.t1
        if timer in (Timer.I, Timer.K):
            return self.t4
        return {Timer.D: self.d, Timer.TRYING: self.trying}.get(timer, self.patience)

    def again(self, timer: Timer, before: Duration, *, provisional: bool) -> Duration:
        """How long one that resends runs after it has fired.

        Args:
            timer: A, E or G.
            before: How long it ran last.
            provisional: Whether a provisional answer has come.
        """
        if timer is Timer.A:
            return 2 * before
        return self.t2 if timer is Timer.E and provisional else min(2 * before, self.t2)


STANDARD = Timers()
"""The RFC's own."""
