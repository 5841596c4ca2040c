"""Run every benchmark: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import command_path, memory, start_up

if __name__ == "__main__":
    command_path.main()
    start_up.main()
    memory.main()
