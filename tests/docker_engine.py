"""As much of Docker's Engine API as Testcontainers uses, where a container is an emulator in a process of its own.

What an engine would make of a container's settings is made of them here, and nothing else: the image's and the
container's variables, mounted folders, the name of the host, the published port. So a setting that an example
forgets is missing here too.

Source: Docker Engine API v1.47 (docs.docker.com/reference/api/engine).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = "siprec-emulator:latest"
PUBLISHED = "12111/tcp"
HOST_NAME = "host.docker.internal"
BOUND_SECS = 20
DOCKERFILE = (Path(__file__).parent.parent / "Dockerfile").read_text(encoding="utf-8")


@dataclass(kw_only=True)
class Container:
    """A container: created, perhaps running, perhaps removed.

    Attributes:
        request: What it was created with.
    """

    request: dict[str, Any]
    port: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def host_config(self) -> dict[str, Any]:
        """The part that tells of the machine's side."""
        found: dict[str, Any] = self.request["HostConfig"]
        return found

    def environment(self) -> dict[str, str]:
        """The variables as they are inside, paths and names that lead out of it translated."""
        given = dict(pair.split("=", 1) for pair in self.request["Env"])
        variables = dict(re.findall(r"(SIPREC_EMULATOR_\w+)=(\S+)", DOCKERFILE)) | given
        for bind in self.host_config.get("Binds") or ():
            source, target, mode = bind.split(":")
            assert mode == "ro"
            variables = {name: source if value == target else value for name, value in variables.items()}
        if f"{HOST_NAME}:host-gateway" in (self.host_config.get("ExtraHosts") or ()):
            variables = {name: value.replace(HOST_NAME, "127.0.0.1") for name, value in variables.items()}
        return variables | {"SIPREC_EMULATOR_HOST": "127.0.0.1", "SIPREC_EMULATOR_PORT": "0"}

    def start(self) -> None:
        """Run it until it listens, and publish its port where that is asked for."""
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [str(Path(sys.executable).with_name("siprec-emulator")), "serve"],
            env={"PATH": os.environ["PATH"]} | self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = self.process.stdout.readline().strip().rpartition(":")[2]

    def remove(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate(timeout=BOUND_SECS)
            self.process = None

    def document(self, identifier: str) -> dict[str, Any]:
        """What is told of it."""
        running = self.process is not None
        published = PUBLISHED in self.host_config.get("PortBindings", {}) and running
        ports = {PUBLISHED: [{"HostIp": "127.0.0.1", "HostPort": self.port}]} if published else {}
        return {
            "Id": identifier,
            "Name": "/emulator",
            "State": {"Status": "running" if running else "created", "Running": running},
            "Config": {"Image": self.request["Image"], "Env": self.request["Env"]},
            "HostConfig": self.host_config,
            "NetworkSettings": {"Ports": ports, "Networks": {}},
        }


@dataclass(kw_only=True)
class Engine:
    """The engine.

    Attributes:
        url: For ``DOCKER_HOST``.
        containers: By id, removed ones too.
    """

    url: str = ""
    containers: dict[str, Container] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Answer one request; the path is without the version."""
        if path == "/version":
            return 200, {"Version": "28.0.0", "ApiVersion": "1.47", "MinAPIVersion": "1.24"}
        if path == f"/images/{IMAGE}/json":
            return 200, {"Id": "sha256:" + "0" * 64, "RepoTags": [IMAGE], "Config": {}}
        if (method, path) == ("POST", "/containers/create"):
            identifier = f"{len(self.containers):064x}"
            self.containers[identifier] = Container(request=body)
            return 201, {"Id": identifier, "Warnings": []}
        found = re.fullmatch(r"/containers/([0-9a-f]{64})(/\w+)?", path)
        if found is None:
            return 404, {"message": f"this engine has no {method} {path}"}
        container = self.containers[found[1]]
        if (method, found[2]) == ("GET", "/json"):
            return 200, container.document(found[1])
        if (method, found[2]) == ("POST", "/start"):
            container.start()
        else:
            assert (method, found[2]) == ("DELETE", None)
            container.remove()
        return 204, None


@contextmanager
def running_engine() -> Iterator[Engine]:
    """An engine on a free port of loopback; what it runs has ended when the block is left."""
    engine = Engine()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(length) or b"null")
            path = re.sub(r"^/v1\.\d+", "", self.path.partition("?")[0])
            status, document = engine.answer(self.command, path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            if document is not None:
                self.wfile.write(json.dumps(document).encode())

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    engine.url = f"tcp://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield engine
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
        for container in engine.containers.values():
            container.remove()
