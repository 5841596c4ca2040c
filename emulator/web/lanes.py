"""Fair waiting lines: which of the waiting things may start next, when each origin and all together have bounds.

Owns the counting and the order: first come first served within an origin, and origins that wait take turns, so
that a slow one with a long line holds up nobody else. Must not know what it queues, nor start anything.

An origin begins narrow, since what is started beyond what a quick one can take only waits elsewhere, at a cost. It
is widened, up to its bound, while its items end slowly.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """Lines of waiting items, one an origin.

    Every operation takes constant time, and an origin without waiting or started items costs nothing.
    """

    __slots__ = (
        "_ended",
        "_first",
        "_lines",
        "_per_origin",
        "_started",
        "_total",
        "_turns",
        "_widths",
        "started",
        "waiting",
    )

    def __init__(self, *, per_origin: int, total: int, first: int | None = None) -> None:
        """The bounds are of started items.

        Args:
            per_origin: Started at once for one origin.
            total: Started at once for all together.
            first: How many of an origin are started at once before it is widened; None: as many as may be.
        """
        self._per_origin = per_origin
        self._first = per_origin if first is None else min(first, per_origin)
        self._widths: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        self._total = total
        self._lines: dict[str, deque[T]] = {}
        self._started: dict[str, int] = {}
        self._turns: deque[str] = deque()
        self.started = 0
        self.waiting = 0

    def put(self, origin: str, item: T) -> None:
        """Let an item wait at the end of its origin's line."""
        line = self._lines.get(origin)
        if line is None:
            line = self._lines[origin] = deque()
        line.append(item)
        self.waiting += 1
        if len(line) == 1 and self._has_room(origin):
            self._turns.append(origin)

    def take(self) -> tuple[str, T] | None:
        """Start the next item: its origin and itself, or None when nothing may start now."""
        if self.started >= self._total or not self._turns:
            return None
        origin = self._turns.popleft()
        line = self._lines[origin]
        item = line.popleft()
        self.waiting -= 1
        self.started += 1
        self._started[origin] = self._started.get(origin, 0) + 1
        if not line:
            del self._lines[origin]
        elif self._has_room(origin):
            self._turns.append(origin)
        return origin, item

    def done(self, origin: str) -> None:
        """A started item of this origin has ended."""
        was_full = not self._has_room(origin)
        self.started -= 1
        self._started[origin] -= 1
        if not self._started[origin]:
            del self._started[origin]
        if origin not in self._lines:
            self._forget(origin)
            return
        self._ended[origin] = self._ended.get(origin, 0) + 1
        if was_full:
            self._turns.append(origin)

    def widen_slow(self) -> None:
        """Let more items start at once for origins that are full and whose items end slowly.

        An origin is slow when, since the last look, fewer of its items ended than may be started at once. Called
        at even times while something waits.
        """
        for origin in self._lines:
            width = self._width(origin)
            if not self._has_room(origin) and self._ended.get(origin, 0) < width < self._per_origin:
                self._widths[origin] = min(2 * width, self._per_origin)
                self._turns.append(origin)
        self._ended.clear()

    def _forget(self, origin: str) -> None:
        """An origin for which nothing waits begins narrow again once all of its items have ended."""
        self._ended.pop(origin, None)
        if origin not in self._started:
            self._widths.pop(origin, None)

    def clear(self) -> list[T]:
        """Take out everything that waits, origin by origin, without starting it."""
        left = [item for line in self._lines.values() for item in line]
        self._lines.clear()
        self._turns.clear()
        self.waiting = 0
        return left

    def _has_room(self, origin: str) -> bool:
        return self._started.get(origin, 0) < self._width(origin)

    def _width(self, origin: str) -> int:
        return self._widths.get(origin, self._first)
