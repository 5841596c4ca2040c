"""Servers under measurement: started on one core, asked for their time and memory, ended by their id."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_READY_SECS = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")

SERVER_CORE = 0
LOAD_CORE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A server that runs.

    Attributes:
        port: Where it listens.
        pid: Its process.
        ready_secs: From exec to the first 200 of ``/_emulator/ready``.
    """

    port: int
    pid: int
    ready_secs: float

    def cpu_secs(self) -> float:
        """CPU time used so far, user and system."""
        return cpu_secs(self.pid)

    def resident_mb(self) -> float:
        """Resident memory."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")


def cpu_secs(pid: int) -> float:
    """CPU time that a process has used so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(core: int | None) -> list[str]:
    """One core for the server and another for the load, where there are two; None: whichever is free."""
    return ["taskset", "-c", str(core)] if core is not None and (os.cpu_count() or 1) > 1 else []


def bare_command(port: int) -> list[str]:
    """The baseline."""
    return [sys.executable, str(_HERE / "bare_app.py"), str(port)]


def emulator_command(port: int, *flags: str) -> list[str]:
    """The emulator as a user starts it."""
    script = Path(sys.executable).parent / "siprec-emulator"
    return [str(script), "serve", "--port", str(port), *flags]


@contextlib.contextmanager
def running(kind: str, *flags: str, core: int | None = SERVER_CORE) -> Iterator[Measured]:
    """A server on a free port; ended when the block is left.

    Args:
        kind: ``bare`` or ``emulator``.
        flags: For the emulator's ``serve``.
        core: That it may use; None: any.
    """
    port = _free_port()
    command = bare_command(port) if kind == "bare" else emulator_command(port, *flags)
    began = time.perf_counter()
    process = subprocess.Popen([*pinned(core), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Measured(port=port, pid=process.pid, ready_secs=_until_ready(port, process, began))
    finally:
        process.terminate()
        process.wait(15)


class Receiving:
    """A receiver of webhooks that runs.

    Attributes:
        url: Where it takes them.
    """

    def __init__(self, port: int) -> None:
        """Know where it listens."""
        self.url = f"http://127.0.0.1:{port}/hook"
        self._port = port

    def told(self) -> dict[str, Any]:
        """Everything that it noted."""
        told: dict[str, Any] = json.loads(self._exchange("GET"))
        return told

    def count(self) -> int:
        """How many came."""
        return int(self._exchange("HEAD"))

    def forget(self) -> None:
        """Let it count anew."""
        self._exchange("DELETE")

    def _exchange(self, method: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        connection.request(method, "/")
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.headers["X-Count"] if method == "HEAD" else body


@contextlib.contextmanager
def receiving() -> Iterator[Receiving]:
    """A receiver on a free port, on the load's core; ended when the block is left."""
    port = _free_port()
    command = [sys.executable, str(_HERE / "hook_receiver.py"), str(port)]
    process = subprocess.Popen([*pinned(LOAD_CORE), *command])
    try:
        _until_listening(port, process)
        yield Receiving(port)
    finally:
        process.terminate()
        process.wait(15)


def _until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.perf_counter() + _READY_SECS
    while time.perf_counter() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise RuntimeError("the receiver was not ready in time")


def _until_ready(port: int, process: subprocess.Popen[bytes], began: float) -> float:
    while time.perf_counter() - began < _READY_SECS:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        if _answers(port):
            return time.perf_counter() - began
        time.sleep(0.002)
    raise RuntimeError("the server was not ready in time")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/_emulator/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def wrk(
    port: int, script: str, *, seconds: float, connections: int = 32, core: int | None = LOAD_CORE
) -> dict[str, float]:
    """Drive a server on loopback with wrk, one thread, for a bounded time.

    Args:
        port: The server's.
        script: A Lua file beside this module.
        seconds: How long.
        connections: At once.
        core: That it may use; None: any.

    Returns:
        ``rate`` in requests a second, ``p99_ms``, ``requests``, and ``failed``: errors and statuses above 399.
    """
    command = [
        *pinned(core),
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{round(seconds)}s",
        "-s",
        str(_HERE / script),
        f"http://127.0.0.1:{port}",
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    row = next(line for line in output.splitlines() if line.startswith("RESULT "))
    requests, micros, p99, failed = map(float, row.split()[1:])
    return {"rate": requests / micros * 1e6, "p99_ms": p99 / 1000, "requests": requests, "failed": failed}
