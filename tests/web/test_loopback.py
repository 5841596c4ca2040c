"""Webhooks to loopback out of a container: doubted at the start, and explained where nobody listens."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from emulator.config import Settings
from emulator.container import Container
from emulator.core.effects import AttemptError
from emulator.web.loopback import advice, doubts, is_loopback
from emulator.web.targets import TargetPolicy
from tests.web.receivers import open_desk, to

if TYPE_CHECKING:
    from collections.abc import Iterator

BOUND_SECS = 20
OWN_PORT = 12111


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "app.localhost",
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104 - a target here
        "::1",
        "::",
        "::ffff:127.0.0.1",
    ],
)
def test_these_hosts_lead_to_the_machine_itself(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "app",
        "host.docker.internal",
        "localhost.example",
        "10.0.0.1",
        "128.0.0.1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "",
    ],
)
def test_these_do_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("container", "instead"),
    [
        (Container.DOCKER, "host.docker.internal:host-gateway"),
        (Container.PODMAN, "host.containers.internal"),
        (Container.KUBERNETES, "unless it runs in the same pod"),
        (Container.OTHER, "name the app's service instead"),
    ],
)
def test_the_advice_names_what_leads_out_of_such_a_container(container: Container, instead: str) -> None:
    said = advice("localhost", container)
    assert said.startswith("the emulator runs in a container, and localhost is that container: ")
    assert instead in said


def test_each_url_to_loopback_is_doubted_by_its_flag() -> None:
    settings = Settings(webhook_url="http://localhost:8080/", webhook_failover_url="http://[::1]/")
    told = dict(doubts(settings, Container.DOCKER, OWN_PORT))
    assert list(told) == ["--webhook-url", "--webhook-failover-url"]
    assert "localhost is that container" in told["--webhook-url"]
    assert "::1 is that container" in told["--webhook-failover-url"]


@pytest.mark.parametrize(
    "url",
    [None, "http://app:8080/", "http://10.0.0.1/", f"http://127.0.0.1:{OWN_PORT}/_emulator/receiver/0123456789ab"],
)
def test_no_url_and_one_that_leads_elsewhere_or_to_itself_are_not_doubted(url: str | None) -> None:
    assert not list(doubts(Settings(webhook_url=url), Container.DOCKER, OWN_PORT))


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port of 127.0.0.1 that is taken, and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def test_an_attempt_that_is_refused_on_loopback_says_what_loopback_is(deaf_port: int) -> None:
    async with open_desk(container=Container.DOCKER) as desk:
        result = await desk.try_once(to(f"http://localhost:{deaf_port}/"))
    assert result.error is AttemptError.CONNECT
    assert f"cannot connect to localhost:{deaf_port}: " in result.reason
    assert "localhost is that container: name the app's service" in result.reason
    assert result.reason.endswith("host.docker.internal:host-gateway)"), "all of it fits"


async def test_outside_of_a_container_nothing_is_added(deaf_port: int) -> None:
    async with open_desk() as desk:
        result = await desk.try_once(to(f"http://127.0.0.1:{deaf_port}/"))
    assert "container" not in result.reason


async def test_in_a_container_other_failures_are_told_as_ever() -> None:
    async with open_desk(container=Container.DOCKER, targets=TargetPolicy()) as desk:
        unresolved = await desk.try_once(to("http://nowhere.invalid/"))
        refused = await desk.try_once(to("http://8.8.8.8/"))
    assert "container" not in unresolved.reason + refused.reason


SERVE = """
import sys
from emulator.config import Settings
from emulator.container import Container
from emulator.options import LogFormat
from emulator.web.server import run
settings = Settings(port=0, webhook_url="http://localhost:8080/webhooks", log_format=LogFormat.JSON)
container = Container.DOCKER if sys.argv[1] == "docker" else None
sys.exit(run(settings, lambda server: signal.raise_signal(signal.SIGTERM), container=container))
"""


@pytest.mark.parametrize(("where", "warnings"), [("docker", 1), ("none", 0)])
def test_the_server_warns_once_at_its_start_in_a_container_alone(where: str, warnings: int) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", f"import signal\n{SERVE}", where],
        capture_output=True,
        text=True,
        timeout=BOUND_SECS,
        check=True,
    )
    told = [line for line in map(json.loads, done.stderr.splitlines()) if line["level"] == "warning"]
    assert len(told) == warnings
    assert all((one["event"], one["flag"]) == ("setting", "--webhook-url") for one in told)


def test_serve_looks_for_itself_whether_it_runs_in_a_container() -> None:
    """The variable that every pod has is enough of a sign."""
    with subprocess.Popen(
        [sys.executable, "-m", "emulator", "serve", "--port", "0", "--webhook-url", "http://127.0.0.1:9/"],
        env=os.environ | {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "SIPREC_EMULATOR_LOG_FORMAT": "json"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("listening on ")
        server.terminate()
        _, log = server.communicate(timeout=BOUND_SECS)
    [told] = [line for line in map(json.loads, log.splitlines()) if line["level"] == "warning"]
    assert "name the app's Service instead" in told["warning"]
