"""Sessions that are set up, sound for a second and are hung up, on one core: none may fail.

To be held: 50 a second, all answered. The baseline of the same run sends as many messages of the same sizes over
bare sockets, with no media.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.processes import LOAD_CORE, SERVER_CORE, pinned

RATE = 50
SECONDS = 10.0
_MOST_SECS = 90.0


def _measured(kind: str) -> dict[str, Any]:
    """One round."""
    answerer = subprocess.Popen(
        [*pinned(LOAD_CORE), sys.executable, "-m", "benchmarks.call_answerer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert answerer.stdout is not None
    assert answerer.stdin is not None
    try:
        port = answerer.stdout.readline().strip()
        line = [
            *pinned(SERVER_CORE),
            sys.executable,
            "-m",
            "benchmarks.call_placer",
            port,
            str(RATE),
            str(SECONDS),
            kind,
        ]
        done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=_MOST_SECS)
    finally:
        answerer.stdin.close()
        answerer.wait(15)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def main() -> None:
    """Print the table; fail when a session does."""
    print(
        f"{'set-ups, one core':32} {'failed':>6} {'cpu ms':>7} {'ratio':>6} {'p50 ms':>7} {'p99 ms':>7}"
        f" {'KB/s.':>6}"
    )
    bare = _measured("bare")
    _row(f"bare messages, {RATE}/s", bare, bare["cpu_ms"])
    whole = _measured("whole")
    _row(f"sessions, {RATE}/s", whole, bare["cpu_ms"])
    if whole["failed"]:
        sys.exit("a session failed")


def _row(name: str, told: dict[str, Any], baseline: float) -> None:
    print(
        f"{name:32} {told['failed']:6} {told['cpu_ms']:7.2f} {told['cpu_ms'] / baseline:6.1f}"
        f" {told['p50_ms']:7.2f} {told['p99_ms']:7.2f} {told['kb']:6.1f}"
    )


if __name__ == "__main__":
    main()
