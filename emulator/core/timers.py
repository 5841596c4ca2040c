"""What falls due when: one instant a key, the earliest first.

Owns the order, and forgets what was cancelled or moved, so that timers that nobody waits for any more cost no
memory and wake nobody. Must not know what a key means.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.models import Instant

_SPARE = 64
"""A heap this much above twice its live timers is rebuilt: seldom enough to cost nothing a timer."""


class Timers:
    """A heap of (instant, order, key) in which a key stands for its latest instant alone."""

    def __init__(self) -> None:
        """Start with nothing due."""
        self._heap: list[tuple[Instant, int, str]] = []
        self._live: dict[str, tuple[Instant, int, str]] = {}
        self._patient: set[str] = set()
        self._order = 0

    def __len__(self) -> int:
        """How many timers wait."""
        return len(self._live)

    @property
    def held(self) -> int:
        """How many entries take memory: those that wait, and cancelled ones that were not swept yet."""
        return len(self._heap)

    @property
    def stirring(self) -> bool:
        """Whether something waits that time should be moved on for."""
        return len(self._live) > len(self._patient)

    def set(self, key: str, due: Instant | None, *, patient: bool = False) -> None:
        """Let ``key`` fall due at an instant instead of any earlier set one; None cancels it.

        Equal instants keep the order in which they were set; setting the same instant again changes nothing.

        Args:
            key: Whose timer.
            due: When.
            patient: It bounds what is not over by itself: nobody who waits until nothing is due waits for it.
        """
        if patient and due is not None:
            self._patient.add(key)
        else:
            self._patient.discard(key)
        before = self._live.get(key)
        if before is not None and before[0] == due:
            return
        if due is None:
            self._live.pop(key, None)
        else:
            self._order += 1
            self._live[key] = due, self._order, key
            heapq.heappush(self._heap, self._live[key])
        self._sweep()

    def waits(self, key: str) -> bool:
        """Whether ``key`` is to fall due."""
        return key in self._live

    def next(self) -> Instant | None:
        """The earliest instant, None when nothing waits."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: Instant) -> tuple[Instant, str] | None:
        """Take the earliest timer that is due by ``now``."""
        if not self._heap or self._heap[0][0] > now:
            return None
        due, _, key = heapq.heappop(self._heap)
        del self._live[key]
        self._patient.discard(key)
        self._sweep()
        return due, key

    def _sweep(self) -> None:
        """Keep a live timer at the top, and the heap in proportion."""
        if len(self._heap) > 2 * len(self._live) + _SPARE:
            self._heap = list(self._live.values())
            heapq.heapify(self._heap)
        while self._heap and self._live.get(self._heap[0][2]) is not self._heap[0]:
            heapq.heappop(self._heap)
