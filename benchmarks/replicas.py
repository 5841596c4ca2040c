"""Starts a second through nginx, with one emulator behind it and with two, as a ratio; as examples/scale has them.

Nothing is bound to a core: emulators, nginx and the load share all that there are, the same in every row. So the
ratio is what this machine makes of a second emulator: on two cores less than 2, since nginx and the load want some
of them. What each part costs a start tells what a machine with a core for each would make of it. ``cores`` is how
many they had in all: where two emulators had fewer than the machine has, somebody else had the rest, and the ratio
tells of that.
"""

from __future__ import annotations

import resource
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command_path import QUIET, put_scenario
from benchmarks.processes import cpu_secs, running, wrk
from tests.e2e.balancing import NGINX, balancer

if TYPE_CHECKING:
    from benchmarks.processes import Measured
    from tests.e2e.balancing import Balancer

SECONDS = 6.0
WARM_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way to set them up.

    Attributes:
        rate: Starts a second.
        emulators, nginx, load: CPU microseconds a start, each.
    """

    name: str
    rate: float
    p99_ms: float
    emulators: float
    nginx: float
    load: float

    @property
    def cores(self) -> float:
        """CPU seconds that all of them had in a second."""
        return self.rate * (self.emulators + self.nginx + self.load) / 1e6


def _nginx_secs(nginx: Balancer | None) -> float:
    """CPU time of the processes that nginx works with: its children."""
    if nginx is None:
        return 0.0
    workers = Path(f"/proc/{nginx.pid}/task/{nginx.pid}/children").read_text().split()
    return sum(cpu_secs(int(pid)) for pid in workers)


def _load_secs() -> float:
    """CPU time of the load generators that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measure(name: str, servers: list[Measured], nginx: Balancer | None = None) -> Row:
    port = servers[0].port if nginx is None else nginx.port
    wrk(port, "keys.lua", seconds=WARM_SECONDS, core=None)
    load, balancing, serving = _load_secs(), _nginx_secs(nginx), sum(one.cpu_secs() for one in servers)
    result = wrk(port, "keys.lua", seconds=SECONDS, core=None)
    micros = 1e6 / result["requests"]
    assert result["failed"] == 0, f"{name}: {result}"
    return Row(
        name=name,
        rate=result["rate"],
        p99_ms=result["p99_ms"],
        emulators=(sum(one.cpu_secs() for one in servers) - serving) * micros,
        nginx=(_nginx_secs(nginx) - balancing) * micros,
        load=(_load_secs() - load) * micros,
    )


def _direct() -> Row:
    with running("emulator", *QUIET, core=None) as server:
        put_scenario(server.port)
        return _measure("one emulator, no nginx", [server])


def _through_nginx(name: str, count: int) -> Row:
    with ExitStack() as stack:
        servers = [stack.enter_context(running("emulator", *QUIET, core=None)) for _ in range(count)]
        for server in servers:
            put_scenario(server.port)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nginx = stack.enter_context(balancer(folder, [f"127.0.0.1:{server.port}" for server in servers]))
        return _measure(name, servers, nginx)


def main() -> None:
    """Print the table."""
    if NGINX is None:
        print("replicas: skipped, nginx is not installed")
        return
    one = _through_nginx("nginx and one emulator", 1)
    rows = (_direct(), one, _through_nginx("nginx and two emulators", 2))
    print(
        f"{'replicas, 64 API keys':32} {'req/s':>8} {'ratio':>6} {'p99 ms':>7}"
        f" {'emulator us':>12} {'nginx us':>9} {'load us':>8} {'cores':>6}"
    )
    for row in rows:
        print(
            f"{row.name:32} {row.rate:8.0f} {row.rate / one.rate:6.2f} {row.p99_ms:7.2f}"
            f" {row.emulators:12.1f} {row.nginx:9.1f} {row.load:8.1f} {row.cores:6.2f}"
        )


if __name__ == "__main__":
    main()
