"""Emulators in processes of their own, and nginx before them with the configuration of ``examples/scale``.

Ports alone are other than there. Every process is ended by its id when its block is left.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.e2e.harness import BOUND_SECS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EXAMPLE = ROOT / "examples" / "scale"
CONFIGURATION = (EXAMPLE / "nginx.conf").read_text(encoding="utf-8")

# Debian's nginx lies where only root's PATH leads
NGINX = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))

_BACKLOG = 511
"""nginx's own, which it does not set on a socket that it takes over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """An emulator that runs.

    Attributes:
        url: Its own, without ``/v2``.
        process: Killed by tests that want to.
    """

    url: str
    process: subprocess.Popen[str]

    def control(self, path: str) -> httpx.Response:
        """Ask it directly, past the balancer."""
        return httpx.get(f"{self.url}/_emulator{path}", timeout=BOUND_SECS)

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait(BOUND_SECS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balanced:
    """Emulators behind one address.

    Attributes:
        url: nginx's, without ``/v2``.
        http: For raw requests to it.
    """

    url: str
    http: httpx.Client
    replicas: tuple[Replica, ...]

    def of(self, api_key: str) -> Replica:
        """The replica that answers for a key, as nginx says."""
        answer = self.http.get("/_emulator/info", headers={"Authorization": f"Bearer {api_key}"})
        return next(one for one in self.replicas if one.url.endswith(answer.headers["X-Emulator-Replica"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """nginx that runs.

    Attributes:
        pid: Its first process; those that work are this one's children.
    """

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Without ``/v2``."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def replica(environment: dict[str, str]) -> Iterator[Replica]:
    """An emulator on a free port; it listens once this is entered."""
    script = str(Path(sys.executable).with_name("siprec-emulator"))
    command = [script, "serve", "--port", "0", "--log-level", "error"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("listening on ").strip()
            assert url
            yield Replica(url=url, process=process)
        finally:
            process.terminate()
            process.wait(BOUND_SECS)


def rendered(port: int, addresses: Sequence[str]) -> str:
    """The example's configuration with the ports of this run.

    Args:
        port: To listen on.
        addresses: Of the replicas, as many as there or fewer.
    """
    servers = re.findall(r"server emulator-\d:12111 .*;\n", CONFIGURATION)
    assert len(servers) >= len(addresses)
    text = CONFIGURATION
    for server, address in zip_longest(servers, addresses):
        line = re.sub(r"emulator-\d:12111", address, server) if address else "\n"
        text = text.replace(server, line)
    text, listening = re.subn(r"(?<=listen )12111(?=;)", f"127.0.0.1:{port}", text)
    assert listening == 1
    return text


@contextmanager
def balancer(folder: Path, addresses: Sequence[str]) -> Iterator[Balancer]:
    """Run nginx on a free port.

    It takes over the socket that its variable NGINX names, as when it succeeds itself at an upgrade: connections
    wait there until it is up, so nobody has to ask whether it is. It does not make that socket non-blocking, and a
    worker that comes second to a connection would wait in accept() for the next, serving nobody.
    """
    assert NGINX is not None
    with socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        file = folder / "nginx.conf"
        file.write_text(rendered(port, addresses), encoding="utf-8")
        process = subprocess.Popen(  # noqa: S603 - our own command
            [NGINX, "-p", folder, "-c", file, "-g", "daemon off;"],
            env=os.environ | {"NGINX": f"{listening.fileno()};"},
            pass_fds=(listening.fileno(),),
            stderr=subprocess.DEVNULL,
        )
    try:
        yield Balancer(port=port, pid=process.pid)
    finally:
        process.terminate()
        process.wait(BOUND_SECS)


@contextmanager
def balanced(folder: Path, environment: dict[str, str], *, count: int = 3) -> Iterator[Balanced]:
    """Emulators with the same environment, and nginx before them."""
    with ExitStack() as stack:
        replicas = tuple(stack.enter_context(replica(environment)) for _ in range(count))
        addresses = [one.url.removeprefix("http://") for one in replicas]
        url = stack.enter_context(balancer(folder, addresses)).url
        http = stack.enter_context(httpx.Client(base_url=url, timeout=BOUND_SECS))
        yield Balanced(url=url, http=http, replicas=replicas)
