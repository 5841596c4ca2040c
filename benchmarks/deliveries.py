"""Signed deliveries to a loopback receiver: as a ratio to a bare aiohttp client loop that posts the same bytes.

The emulator sends 20,000 webhooks that fall due at once, each signed, journaled and taken in; both run on the same
core, the receiver on the other.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.command_path import QUIET
from benchmarks.processes import SERVER_CORE, Measured, Receiving, pinned, receiving, running

SESSIONS = 200
COPIES = 100
MOST_SECS = 60.0

SCENARIO = (
    "version: 1\nname: deliveries\ntimeline:\n"
    f"  - {{emit: siprec.started, after: 1s, deliver: {{copies: {COPIES}}}}}\n"
)


def command(port: int, method: str, path: str, body: bytes = b"") -> None:
    """One request to the emulator that must succeed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": "Bearer benchmark", "Content-Type": "application/json"}
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    response.read()
    assert response.status < http.HTTPStatus.BAD_REQUEST, response.status
    connection.close()


def _emulator_rate(server: Measured, receiver: Receiving) -> tuple[float, float]:
    """Webhooks a second from the first to the last, and CPU microseconds each."""
    command(server.port, "PUT", "/_emulator/scenarios/deliveries", SCENARIO.encode())
    before = server.cpu_secs()
    for number in range(SESSIONS):
        command(
            server.port,
            "POST",
            f"/v2/calls/{number}/actions/siprec_start",
            b'{"connector_name": "emu:deliveries"}',
        )
    wanted, until = SESSIONS * COPIES, time.monotonic() + MOST_SECS
    while receiver.count() < wanted and time.monotonic() < until:
        time.sleep(0.2)
    told = receiver.told()
    assert told["count"] == wanted, told["count"]
    rate: float = wanted / (told["last"] - told["first"])
    return rate, (server.cpu_secs() - before) / wanted * 1e6


def _bare_rate(receiver: Receiving, request: str) -> float:
    script = Path(__file__).with_name("bare_sender.py")
    line = [*pinned(SERVER_CORE), sys.executable, str(script), receiver.url, str(SESSIONS * COPIES)]
    done = subprocess.run(line, input=request.encode(), capture_output=True, check=True, timeout=MOST_SECS)
    return float(done.stdout)


def main() -> None:
    """Print the table."""
    with receiving() as receiver:
        with running("emulator", *QUIET, "--webhook-url", receiver.url) as server:
            rate, cpu = _emulator_rate(server, receiver)
        request = receiver.told()["body"]
        receiver.forget()
        bare = _bare_rate(receiver, request)
    print(f"{'deliveries, one core':32} {'hooks/s':>8} {'ratio':>6} {'cpu us':>7}")
    print(f"{'bare aiohttp client loop':32} {bare:8.0f} {1:6.2f}")
    print(f"{'emulator, signed and journaled':32} {rate:8.0f} {rate / bare:6.2f} {cpu:7.1f}")


if __name__ == "__main__":
    main()
