"""The one-shot queue: scenarios that play the next starts, each for a number of times.

Owns their order and their counting. Must not choose between the queue and the other rules: ``selection.py`` does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.errors import LimitReached
from emulator.core.selection import PLAYED, Rejection, mismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.scenario.model import Match, Scenario
    from emulator.core.selection import Subject

MAX_QUEUED = 1_000
"""Items that wait in one namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One item.

    Attributes:
        number: Counted per namespace; names the item.
        scenario: As it was when it was queued.
        match: Which starts it is for; None: any.
        left: How many starts it still plays.
    """

    number: int
    scenario: Scenario
    match: Match | None = None
    left: int = 1


class Queue:
    """What is queued in one namespace, first in first out among those that match."""

    def __init__(self) -> None:
        """Start empty."""
        self._items: deque[Queued] = deque()
        self._count = 0

    def __len__(self) -> int:
        """How many items wait."""
        return len(self._items)

    def __iter__(self) -> Iterator[Queued]:
        """The next one first."""
        return iter(tuple(self._items))

    def put(self, scenario: Scenario, match: Match | None = None, times: int = 1) -> Queued:
        """Let a scenario wait for its start.

        Args:
            scenario: To play.
            match: Which starts it is for; None: any.
            times: How many starts it plays, at least 1.

        Raises:
            LimitReached: As many wait as may.
        """
        if len(self._items) >= MAX_QUEUED:
            raise LimitReached("queued scenarios in a namespace", limit=MAX_QUEUED)
        self._count += 1
        item = Queued(number=self._count, scenario=scenario, match=match, left=times)
        self._items.append(item)
        return item

    def first(self, subject: Subject) -> Queued | None:
        """The item that a start would be given; it stays until ``take``."""
        return next((item for item in self._items if not _why_not(item, subject)), None)

    def passed_over(self, subject: Subject, chosen: Queued | None) -> tuple[Rejection, ...]:
        """Why the items before the chosen one, or all of them, are not for this start."""
        reasons: list[Rejection] = []
        for item in self._items:
            if item is chosen:
                break
            why = _why_not(item, subject)
            if why:
                reasons.append(Rejection(name=item.scenario.name, reason=f"queued as {item.number}, but {why}"))
        return tuple(reasons)

    def take(self, item: Queued) -> None:
        """Count a start that plays the item, and forget the item after its last."""
        place = self._items.index(item)
        if item.left > 1:
            self._items[place] = replace(item, left=item.left - 1)
        else:
            del self._items[place]

    def clear(self) -> None:
        """Forget everything that waits."""
        self._items.clear()


def _why_not(item: Queued, subject: Subject) -> str:
    """Why an item is not for a start or a call; empty where it is."""
    if item.scenario.plays is not subject.plays:
        return f"it plays {PLAYED[item.scenario.plays]}"
    return (mismatch(item.match, subject) or "") if item.match else ""
