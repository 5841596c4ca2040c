"""What the pytest plugin costs: to be loaded, to have an emulator up, and for each test.

Beside it what cannot be had for less: to import pytest itself, and to have a bare aiohttp server up in a thread.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from aiohttp import web

from benchmarks.processes import SERVER_CORE, pinned
from emulator.fixture.host import started

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15
TESTS = 200

_IMPORTS = """
import time
began = time.perf_counter()
import pytest
loaded = time.perf_counter()
import emulator.pytest_plugin
print(loaded - began, time.perf_counter() - loaded)
"""


def main() -> None:
    """Print the medians."""
    pytest_secs, plugin_secs = _imports()
    print(f"{'pytest plugin':32} {'ms':>8} {'ratio':>6}")
    _line("import pytest", pytest_secs, pytest_secs)
    _line("import the plugin", plugin_secs, pytest_secs)
    bare = _median(_bare_server)
    _line("bare server up in a thread", bare, bare)
    _line("emulator up in a thread", _median(_emulator), bare)
    _line("each test: namespace, forgotten", _each_test(), bare)


def _line(what: str, secs: float, baseline: float) -> None:
    print(f"{what:32} {secs * 1000:8.2f} {secs / baseline:6.3f}")


def _imports() -> tuple[float, float]:
    """Seconds to import pytest, then the plugin: each in a process of its own."""
    command = [*pinned(SERVER_CORE), sys.executable, "-c", _IMPORTS]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(ROUNDS)]
    pairs = [tuple(map(float, run.split())) for run in runs]
    return statistics.median(one[0] for one in pairs), statistics.median(one[1] for one in pairs)


def _median(once: Callable[[], float]) -> float:
    """The first round pays for imports."""
    once()
    return statistics.median(once() for _ in range(ROUNDS))


def _emulator() -> float:
    began = time.perf_counter()
    with started(()):
        return time.perf_counter() - began


def _bare_server() -> float:
    up, over = threading.Event(), threading.Event()

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response()

    async def live() -> None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        up.set()
        await asyncio.to_thread(over.wait)
        await runner.cleanup()

    began = time.perf_counter()
    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    up.wait()
    secs = time.perf_counter() - began
    over.set()
    thread.join()
    return secs


def _each_test() -> float:
    with started(()) as host:
        began = time.perf_counter()
        for _ in range(TESTS):
            host.open(clock={"mode": "auto"}, seed="x").client.forget_namespace()
        return (time.perf_counter() - began) / TESTS


if __name__ == "__main__":
    main()
