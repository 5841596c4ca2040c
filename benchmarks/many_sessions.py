"""Ten thousand sessions at once through the real server: the lag of their webhooks, and the memory of each."""

from __future__ import annotations

import asyncio
import statistics
import time

import aiohttp

from benchmarks.command_path import QUIET
from benchmarks.deliveries import command
from benchmarks.processes import receiving, running

SESSIONS = 10_000
AT_ONCE = 32
MOST_SECS = 120.0

SCENARIO = b"""version: 1
name: many
timeline:
  - {emit: siprec.started, at: {uniform: {min: 15s, max: 35s}}}
  - {emit: siprec.stopped, after: {uniform: {min: 5s, max: 20s}}}
"""


async def _start(port: int) -> None:
    left = iter(range(SESSIONS))
    headers = {"Authorization": "Bearer benchmark"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as session:

        async def one_after_the_other() -> None:
            for number in left:
                path = f"/v2/calls/v3:{number}/actions/siprec_start"
                async with session.post(path, json={"connector_name": "emu:many"}) as response:
                    assert response.status == 200

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))


def main() -> None:
    """Print the lag's percentiles and the memory a session."""
    with receiving() as receiver, running("emulator", *QUIET, "--webhook-url", receiver.url) as server:
        command(server.port, "PUT", "/_emulator/scenarios/many", SCENARIO)
        before = server.resident_mb()
        asyncio.run(_start(server.port))
        each = (server.resident_mb() - before) * 1024 / SESSIONS
        until = time.monotonic() + MOST_SECS
        while receiver.count() < 2 * SESSIONS and time.monotonic() < until:
            time.sleep(1)
        told = receiver.told()
    lags = sorted(told["lags_ms"])
    assert len(lags) == 2 * SESSIONS, len(lags)
    cuts = statistics.quantiles(lags, n=1000)
    rate = told["count"] / (told["last"] - told["first"])
    print(f"{'10,000 sessions at once':32} {'p50 ms':>7} {'p99 ms':>7} {'p99.9':>7} {'max':>7} {'kB each':>8}")
    print(
        f"{f'{rate:.0f} webhooks a second':32} {cuts[499]:7.1f} {cuts[989]:7.1f} {cuts[998]:7.1f} {lags[-1]:7.1f}"
        f" {each:8.1f}"
    )


if __name__ == "__main__":
    main()
