"""Keeping a busy machine out of what is measured: by precedence over other processes, and by trying again.

Owns the precedence and how often. A sender that is off its schedule by itself is so each time.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Found = TypeVar("Found")

ATTEMPTS = 4
_PRIORITY = 10


async def undisturbed(attempt: Callable[[int], Awaitable[Found]], fine: Callable[[Found], bool]) -> Found:
    """Measure until it is fine, a few times at most.

    Args:
        attempt: Measures, once; told which time it is, from 0.
        fine: Whether the machine let it be.

    Returns:
        The first that is fine, or the last.
    """
    with _ahead():
        found = await attempt(0)
        for number in range(1, ATTEMPTS):
            if fine(found):
                break
            found = await attempt(number)
    return found


@contextmanager
def _ahead() -> Iterator[None]:
    """Run before other processes do, but not what is started meanwhile; where that is permitted."""
    if not hasattr(os, "SCHED_RESET_ON_FORK"):
        yield
        return
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(_PRIORITY))
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
