"""From exec to ready, and resident memory at rest, beside the bare application."""

from __future__ import annotations

import statistics

from benchmarks.processes import running

ROUNDS = 7


def main() -> None:
    """Print the medians."""
    medians: dict[str, tuple[float, float]] = {}
    for kind in ("bare", "emulator"):
        ready, resident = [], []
        for _ in range(ROUNDS):
            with running(kind) as server:
                ready.append(server.ready_secs)
                resident.append(server.resident_mb())
        medians[kind] = statistics.median(ready), statistics.median(resident)
    print(f"{'start':32} {'ready ms':>8} {'ratio':>6} {'MB':>7}")
    for kind, (secs, megabytes) in medians.items():
        print(f"{kind:32} {secs * 1000:8.0f} {secs / medians['bare'][0]:6.2f} {megabytes:7.1f}")


if __name__ == "__main__":
    main()
