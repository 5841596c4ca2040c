"""Resident memory between 200,000 and 1,000,000 requests, each of which starts a session: it must not grow."""

from __future__ import annotations

import sys

from benchmarks.command_path import QUIET, put_scenario
from benchmarks.processes import running, wrk

STEP_SECONDS = 5.0
SOAKED = 200_000
ENOUGH = 1_000_000
MOST_STEPS = 120


def main() -> None:
    """Print the memory as it goes; fail when it has grown by more than a tenth."""
    with running("emulator", *QUIET) as server:
        put_scenario(server.port)
        requests, soaked, resident = 0.0, 0.0, 0.0
        for _ in range(MOST_STEPS):
            requests += wrk(server.port, "sessions.lua", seconds=STEP_SECONDS)["requests"]
            resident = server.resident_mb()
            if requests >= SOAKED and not soaked:
                soaked = resident
                print(f"after {requests:9.0f} requests {resident:7.1f} MB")
            if requests >= ENOUGH:
                break
        print(f"after {requests:9.0f} requests {resident:7.1f} MB, grown by {resident / soaked - 1:.1%}")
        if resident > soaked * 1.1:
            sys.exit("memory grows with what is over")


if __name__ == "__main__":
    main()
