"""The command path: requests a second and CPU time a request, as ratios to the bare application of that run.

The journal is on and no webhook falls due. CPU time is the steadier of the two on a machine that is shared.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass

from benchmarks.processes import Measured, running, wrk

SCENARIO = (
    b"version: 1\nname: benchmark\ndescription: Answers and ends, so that nothing falls due.\ntimeline: []\n"
)
QUIET = ("--log-level", "warning")
SECONDS = 6.0
WARM_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One load on one server."""

    name: str
    rate: float
    cpu_micros: float
    p99_ms: float


def put_scenario(port: int) -> None:
    """Load the scenario that every request names."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("PUT", "/_emulator/scenarios/benchmark", body=SCENARIO)
    assert connection.getresponse().status == http.HTTPStatus.CREATED
    connection.close()


def _measure(server: Measured, name: str, script: str, *, refused: bool = False) -> Row:
    wrk(server.port, script, seconds=WARM_SECONDS)
    before = server.cpu_secs()
    result = wrk(server.port, script, seconds=SECONDS)
    cpu = server.cpu_secs() - before
    expected = result["requests"] if refused else 0
    assert result["failed"] == expected, f"{name}: {result}"
    return Row(name=name, rate=result["rate"], cpu_micros=cpu / result["requests"] * 1e6, p99_ms=result["p99_ms"])


def measure() -> tuple[Row, ...]:
    """The baseline first, then the emulator under each load."""
    with running("bare") as bare:
        rows = [_measure(bare, "bare aiohttp application", "same_call.lua")]
    with running("emulator", *QUIET) as emulator:
        put_scenario(emulator.port)
        rows.append(_measure(emulator, "valid, one call", "same_call.lua"))
        rows.append(_measure(emulator, "valid, a session each", "sessions.lua"))
        rows.append(_measure(emulator, "invalid, one error", "invalid.lua", refused=True))
        rows.append(_measure(emulator, "invalid, three errors", "invalid_three.lua", refused=True))
    with running("emulator") as talking:
        put_scenario(talking.port)
        rows.append(_measure(talking, "valid, one call, with the log", "same_call.lua"))
    return tuple(rows)


def main() -> None:
    """Print the table."""
    rows = measure()
    bare = rows[0]
    print(
        f"{'command path, 32 connections':32} {'req/s':>8} {'ratio':>6} {'cpu us':>7} {'ratio':>6} {'p99 ms':>7}"
    )
    for row in rows:
        print(
            f"{row.name:32} {row.rate:8.0f} {row.rate / bare.rate:6.2f} {row.cpu_micros:7.1f}"
            f" {bare.cpu_micros / row.cpu_micros:6.2f} {row.p99_ms:7.2f}"
        )


if __name__ == "__main__":
    main()
