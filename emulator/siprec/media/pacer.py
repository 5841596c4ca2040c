"""Sends every track's packets on time: one timer for all of them.

Owns the timer, 20 slots of 1 ms over which tracks are spread, and what is late. Must not make packets:
``stream.py`` does.

A deadline is a whole millisecond of the clock, never a delay counted from the last one, so that nothing drifts. A
task or a timer for each track costs three times as much and keeps time worse.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from emulator.core.errors import Unwritable
from emulator.core.models import MILLISECOND, SECOND, Duration, Instant
from emulator.siprec.media.sound import FRAME
from emulator.siprec.media.stream import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.siprec.media.ports import Address, PortPair
    from emulator.siprec.media.stream import Track

Told: TypeAlias = "Callable[[bytes, Address, Address], None]"
"""Hears of a datagram that left: its bytes, from where and whereto."""

SLOT: Duration = MILLISECOND
SLOTS = FRAME // SLOT

LATE: Duration = 3 * MILLISECOND
"""Behind its deadline, from which a packet counts as late."""

CAUGHT_UP = 100
"""Slots that are made up for after a stall; what lies further back is skipped, since nobody waits for it."""

_IN_A_ROW = 5
"""Overdue slots that are sent before anything else may run."""

_STEP: Duration = 250
_STEPS = 41


class Timer(Protocol):
    """One that was set, such as ``asyncio.TimerHandle``."""

    def cancel(self) -> None:
        """Let it not fire."""
        ...


Later: TypeAlias = "Callable[[float, Callable[[], None]], Timer]"
"""Sets a timer, as ``loop.call_later`` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How well time was kept.

    Attributes:
        sent: Packets of RTP that left.
        late: Of these, more than 3 ms behind their deadline.
        skipped: Frames that a stall swallowed.
        unsent: Packets that the system would not take.
        worst: The most that one was behind.
        behind: How many were behind by up to 0.25 ms, up to 0.5 ms and so on; the last: by more than 10 ms.
    """

    sent: int
    late: int
    skipped: int
    unsent: int
    worst: Duration
    behind: tuple[int, ...]


class _Lane:
    """A track and the sockets that it leaves by."""

    __slots__ = ("ports", "send", "slot", "told", "track")

    def __init__(self, track: Track, ports: PortPair, slot: int, told: Told | None) -> None:
        self.track = track
        self.ports = ports
        self.slot = slot
        self.told = told
        self.send = ports.rtp.sendto


class Pacer:
    """One for a process, or for an event loop."""

    def __init__(self, clock: Callable[[], Instant], later: Later | None = None) -> None:
        """No timer runs until there is a track.

        Args:
            clock: Wall time that never goes back.
            later: Sets a timer; None: the running loop does.
        """
        self._clock = clock
        self._later = later
        self._slots: list[list[_Lane]] = [[] for _ in range(SLOTS)]
        self._lanes: dict[Track, _Lane] = {}
        self._held: dict[int, list[tuple[_Lane, bytes]]] = {}
        self._next = 0
        self._timer: Timer | None = None
        self._sent = self._late = self._skipped = self._unsent = 0
        self._worst: Duration = 0
        self._behind = [0] * _STEPS

    @property
    def tracks(self) -> int:
        """How many are being sent."""
        return len(self._lanes)

    @property
    def pace(self) -> Pace:
        """How well time was kept so far."""
        return Pace(
            sent=self._sent,
            late=self._late,
            skipped=self._skipped,
            unsent=self._unsent,
            worst=self._worst,
            behind=tuple(self._behind),
        )

    def add(self, track: Track, ports: PortPair, told: Told | None = None) -> None:
        """Send a track from now on: RTP within 20 ms, RTCP when it is due, until it is removed.

        It goes on while the track pauses, so that it may go on at any time.

        Args:
            track: Which may not be sent already.
            ports: Where its packets leave. They stay the caller's to close, after ``remove``.
            told: Called with each datagram that leaves, for a capture.
        """
        slot = min(range(SLOTS), key=lambda number: len(self._slots[number]))
        lane = _Lane(track, ports, slot, told)
        self._slots[slot] = [*self._slots[slot], lane]
        self._lanes[track] = lane
        now = self._clock()
        first = now // SLOT + 1
        first += (slot - first) % SLOTS
        if self._timer is None or first < self._next:
            self._disarm()
            self._next = first
            self._arm(now)

    def remove(self, track: Track) -> None:
        """Send a track no more, but its RTCP BYE, if it says one; one that is not being sent is no mistake."""
        lane = self._lanes.pop(track, None)
        if lane is None:
            return
        # another list: this one may be being walked through
        self._slots[lane.slot] = [other for other in self._slots[lane.slot] if other is not lane]
        for tick in list(self._held):
            self._held[tick] = [held for held in self._held[tick] if held[0] is not lane]
        self._send_rtcp(lane, track.farewell)
        if not self._lanes:
            self.close()

    def close(self) -> None:
        """Send nothing more, and leave no timer behind."""
        self._disarm()
        self._held.clear()
        self._lanes.clear()
        self._slots = [[] for _ in range(SLOTS)]

    # --- time ---

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, now: Instant) -> None:
        """Wake at the next slot that has something to send."""
        while not self._slots[self._next % SLOTS] and self._next not in self._held:
            self._next += 1
        # a loop's timers count whole milliseconds: rounded down they would wake too early, over and over
        wait = max(-(-(self._next * SLOT - now) // MILLISECOND), 0)
        later = self._later or asyncio.get_running_loop().call_later
        self._timer = later(wait * MILLISECOND / SECOND, self._wake)

    def _wake(self) -> None:
        now = self._clock()
        if now // SLOT - self._next >= CAUGHT_UP:
            self._skip_to(now // SLOT - CAUGHT_UP + 1)
        for _ in range(_IN_A_ROW):
            due = self._next * SLOT
            if due > now:
                break
            self._send_slot(self._next, due)
            self._next += 1
            now = self._clock()
        if self._lanes:
            self._arm(now)

    def _skip_to(self, tick: int) -> None:
        """A stall was longer than what is made up for: what was held back leaves at once, frames are skipped."""
        for past in [past for past in self._held if past < tick]:
            self._held.setdefault(tick, []).extend(self._held.pop(past))
        for number, slot in enumerate(self._slots):
            frames = (tick - number + SLOTS - 1) // SLOTS - (self._next - number + SLOTS - 1) // SLOTS
            for lane in slot:
                before = lane.track.sent.skipped
                lane.track.skip(frames)
                self._skipped += lane.track.sent.skipped - before
        self._next = tick

    # --- sending ---

    def _send_slot(self, tick: int, due: Instant) -> None:
        before = self._sent
        for lane, packet in self._held.pop(tick, ()):
            self._send_rtp(lane, packet)
        for lane in self._slots[tick % SLOTS]:
            self._send_track(lane, tick, due)
        self._measure(self._sent - before, self._clock() - due)

    def _send_track(self, lane: _Lane, tick: int, due: Instant) -> None:
        track = lane.track
        try:
            departure = track.packet_due(due)
        except Unwritable:
            self._unsent += 1
            return
        if isinstance(departure, Held):
            self._held.setdefault(tick + max(departure.by // SLOT, 1), []).append((lane, departure.packet))
        elif departure is not None:
            self._send_rtp(lane, departure)
        if track.report_at is not None and track.report_at <= due:
            self._send_rtcp(lane, track.report)

    def _send_rtp(self, lane: _Lane, packet: bytes) -> None:
        remote = lane.track.remote
        if remote is None:
            return
        try:
            lane.send(packet, remote)
        except OSError:
            # a full buffer, or a peer that can't be reached: sound does not wait, and the next may go through
            self._unsent += 1
            return
        self._sent += 1
        if lane.told is not None:
            lane.told(packet, lane.ports.local, remote)

    def _send_rtcp(self, lane: _Lane, make: Callable[[Instant], bytes | None]) -> None:
        """To RTP's port where the peer shares it, and then from there too (RFC 5761 section 5.1.1)."""
        track = lane.track
        remote = track.remote_rtcp
        shared = remote == track.remote
        try:
            packet = make(self._clock())
            if remote is None or packet is None:
                return
            (lane.ports.rtp if shared else lane.ports.rtcp).sendto(packet, remote)
        except (OSError, Unwritable):
            self._unsent += 1
            return
        if lane.told is not None:
            lane.told(packet, lane.ports.local if shared else lane.ports.local_rtcp, remote)

    def _measure(self, count: int, behind: Duration) -> None:
        """The last packet of a slot leaves latest, and stands for all of it."""
        if behind > LATE:
            self._late += count
        self._worst = max(self._worst, behind)
        self._behind[min(behind // _STEP, _STEPS - 1)] += count
