"""Time for recording sessions: wall time that nobody sets.

Owns how it is made. A machine's wall clock may be set back, by hours where it was wrong, and whoever counted by it
would send nothing again and notice no end until then.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import Instant


def steady_wall() -> Callable[[], Instant]:
    """A clock that shows wall time as it is now, and from then on goes as time passes."""
    began, counted = time.time_ns(), time.monotonic_ns()
    return lambda: (began + time.monotonic_ns() - counted) // 1_000
