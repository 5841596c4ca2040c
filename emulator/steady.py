"""An event loop whose time passes whatever a test does to the clocks of its process.

Owns the loop of a server that shares its process with tests. freezegun and monkeypatching put another function in
the place of ``time.monotonic``, by which loops tell the time: no wait would end there, no timeout, and no timer
would fire. Must not touch wall time: what is signed says what the test's app, in the same process, takes for now.
"""

from __future__ import annotations

import asyncio
import time

_CLOCK = getattr(time, "CLOCK_MONOTONIC", None)


def steady_loop() -> asyncio.AbstractEventLoop:
    """A new event loop, as asyncio's policy makes it, that asks the machine for the time.

    Where the machine has no ``clock_gettime`` (Windows) it is the usual one.
    """
    loop = asyncio.new_event_loop()
    if _CLOCK is not None:
        loop.time = _machine_time  # type: ignore[method-assign] # a subclass would have to name one of several loops
    return loop


def _machine_time() -> float:
    """Seconds of the same clock; neither freezegun nor time-machine stand in for this function's monotonic one."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
