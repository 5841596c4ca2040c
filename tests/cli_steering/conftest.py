"""A server for the commands, and commands for it."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from emulator.cli.group import commands
from emulator.core.clock import ClockMode
from tests.e2e.harness import Emulator, emulating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("SIPREC_EMULATOR_", "TELNYX_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One for all tests here, whose clocks move by hand; each test has a namespace of its own."""
    with emulating(clock=ClockMode.MANUAL, seed="tests") as started:
        yield started


@pytest.fixture
def key() -> str:
    return f"KEY{uuid.uuid4().hex}"


@pytest.fixture
def run(emulator: Emulator, key: str) -> Run:
    """Runs a command against the server, for the test's namespace."""

    def invoke(*arguments: str, **options: Any) -> Result:
        environ = {"SIPREC_EMULATOR_PORT": str(emulator.server.port), "TELNYX_API_KEY": key}
        return CliRunner().invoke(commands, arguments, env={**environ, **options.pop("env", {})}, **options)

    return invoke


@pytest.fixture
def started(emulator: Emulator, key: str) -> str:
    """A call whose recording was accepted; the default scenario emits siprec.started after 400 ms."""
    assert emulator.start("v3:call", key=key, connector_name="c").status_code == 200
    return "v3:call"
