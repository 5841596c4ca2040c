"""Run every benchmark: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import command_path, deliveries, engine_timers, many_sessions, memory, start_up, suite

if __name__ == "__main__":
    command_path.main()
    start_up.main()
    engine_timers.main()
    deliveries.main()
    many_sessions.main()
    memory.main()
    suite.main()
