"""Deadlines of many exchanges: one timer for all, since one each costs more than what it guards.

Owns the end of what takes too long. Must not know what that is: it cancels a task, and its owner tells a deadline
from another cancellation by ``Deadline.passed``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class Deadline:
    """When a piece of a task's work has to be over.

    Attributes:
        at: By the loop's clock.
        passed: Whether the task was cancelled for it.
    """

    __slots__ = ("at", "passed", "task")

    def __init__(self, task: asyncio.Task[Any], at: float) -> None:
        """Of the task that is to be cancelled then."""
        self.task = task
        self.at = at
        self.passed = False


class Deadlines:
    """All deadlines that are open."""

    def __init__(self) -> None:
        """Start with none."""
        self._open: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0

    def open(self, secs: float) -> Deadline:
        """Let the current task be cancelled after so many seconds, unless ``close`` comes first.

        Raises:
            RuntimeError: Called outside a task.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline is a task's")
        loop = task.get_loop()
        deadline = Deadline(task, loop.time() + secs)
        self._open.add(deadline)
        if self._timer is None or deadline.at < self._armed_for:
            self._arm(loop, deadline.at)
        return deadline

    def close(self, deadline: Deadline) -> None:
        """The work is over, in time or not."""
        self._open.discard(deadline)

    def stop(self) -> None:
        """Cancel nothing any more."""
        self._open.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = at
        self._timer = loop.call_at(at, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Every open deadline's task is suspended within its work: whoever leaves it closes the deadline first."""
        self._timer = None
        now = loop.time()
        for deadline in [one for one in self._open if one.at <= now]:
            self._open.discard(deadline)
            deadline.passed = True
            deadline.task.cancel()
        if self._open:
            self._arm(loop, min(one.at for one in self._open))
