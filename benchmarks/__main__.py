"""Run every benchmark: ``python -m benchmarks``; it fails at the end where one did not hold what it is to hold."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks import (
    calls,
    command_path,
    deliveries,
    engine_timers,
    fixture,
    many_sessions,
    media,
    memory,
    page,
    replicas,
    start_up,
    suite,
)

if TYPE_CHECKING:
    from types import ModuleType

BENCHMARKS = (
    command_path,
    start_up,
    fixture,
    engine_timers,
    deliveries,
    many_sessions,
    media,
    calls,
    memory,
    page,
    replicas,
    suite,
)


def missed(benchmark: ModuleType) -> str:
    """Run one; what it did not hold, empty where it held all."""
    try:
        benchmark.main()
    except SystemExit as told:
        return f"{benchmark.__name__}: {told}" if told.code else ""
    return ""


if __name__ == "__main__":
    misses = [miss for miss in map(missed, BENCHMARKS) if miss]
    sys.exit("\n".join(misses) or 0)
