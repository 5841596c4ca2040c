"""Run every benchmark: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import (
    calls,
    command_path,
    deliveries,
    engine_timers,
    fixture,
    many_sessions,
    media,
    memory,
    replicas,
    start_up,
    suite,
)

if __name__ == "__main__":
    command_path.main()
    start_up.main()
    fixture.main()
    engine_timers.main()
    deliveries.main()
    many_sessions.main()
    media.main()
    calls.main()
    memory.main()
    replicas.main()
    suite.main()
