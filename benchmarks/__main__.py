"""Run the benchmarks: ``python -m benchmarks [NAME ...]``; it fails where one does not hold what it is to hold."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
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


NAMES = {one.__name__.rpartition(".")[2]: one for one in BENCHMARKS}


def missed(benchmark: ModuleType) -> str:
    """Run one; what it did not hold, empty where it held all."""
    try:
        benchmark.main()
    except SystemExit as told:
        return f"{benchmark.__name__}: {told}" if told.code else ""
    return ""


def wanted() -> list[ModuleType]:
    """Those that the command line names; all of them where it names none."""
    parser = ArgumentParser(
        prog="python -m benchmarks", description="Measure the emulator; every benchmark where none is named."
    )
    parser.add_argument("name", nargs="*", help=f"one of {', '.join(NAMES)}")
    names = parser.parse_args().name
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark '{unknown[0]}'; there are {', '.join(NAMES)}")
    return [NAMES[name] for name in names] or list(BENCHMARKS)


if __name__ == "__main__":
    misses = [miss for miss in map(missed, wanted()) if miss]
    sys.exit("\n".join(misses) or 0)
