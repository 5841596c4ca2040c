"""SIPp as a recording server or client that checks each message against a scenario.

Owns running it and its verdict. What it demands is in ``scenarios/``. SIPp ends after one call; a call that takes
too long, a message that the scenario has no place for and a check that fails all make it fail.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.judges.ports import HOST, free_port
from tests.judges.programs import listens, program, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.judges.programs import Running, Transport
    from tests.judges.scenarios import Scenario

CALL_BOUND_SECS = 15
"""How long SIPp waits for its call to be over."""

_SOCKETS = {"udp": "u1", "tcp": "t1"}
"""One socket for all messages, as SIPp's ``-t`` says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What SIPp found.

    Attributes:
        passed: Whether the call went as the scenario says.
        failed: Names of the checks that failed, first one first; none where it was an unexpected message
            or silence.
        errors: SIPp's error log.
        messages: SIPp's log of messages, both ways.
    """

    passed: bool
    failed: tuple[str, ...]
    errors: str
    messages: str

    def __str__(self) -> str:
        """For a failing test: the checks, then the logs."""
        return f"failed checks: {', '.join(self.failed) or 'none'}\n{self.errors}\n{self.messages}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """SIPp while it runs.

    Attributes:
        port: Where it takes messages, on ``HOST``.
        scenario: What it plays.
        folder: Where its logs are.
    """

    port: int
    scenario: Scenario
    folder: Path
    run: Running

    async def verdict(self) -> Verdict:
        """Wait until the call is over; say what came of it."""
        async with asyncio.timeout(2 * CALL_BOUND_SECS):
            status = await self.run.process.wait()
        errors = _text(self.folder / "errors.log") or self.run.said()
        failed = self.scenario.failed(errors)
        return Verdict(
            # a check outside of a message is told of, and does not make SIPp fail
            passed=status == 0 and not failed,
            failed=failed,
            errors=errors,
            messages=_text(self.folder / "messages.log"),
        )


@asynccontextmanager
async def serving(
    scenario: Scenario,
    transport: Transport,
    folder: Path,
    keys: Mapping[str, object] | None = None,
    *,
    bound_secs: int = CALL_BOUND_SECS,
    host: str = HOST,
) -> AsyncIterator[Judge]:
    """SIPp as the recording server, for one call.

    Args:
        scenario: What it plays.
        transport: What it listens on.
        folder: For its files; nobody else's.
        keys: Values for ``[name]`` in the scenario, beside ``in_port`` and ``out_port``.
        bound_secs: How long the call may take.
        host: Where it listens.
    """
    async with _sipp(scenario, transport, folder, keys or {}, bound_secs=bound_secs, host=host) as judge:
        await judge.run.until(lambda: listens(judge.port, transport))
        yield judge


@asynccontextmanager
async def calling(
    scenario: Scenario,
    transport: Transport,
    folder: Path,
    port: int,
    *,
    files: Mapping[str, bytes] | None = None,
) -> AsyncIterator[Judge]:
    """SIPp as a recording client that places one call.

    Args:
        scenario: What it plays.
        transport: How it sends.
        folder: For its files; nobody else's.
        port: Whom it calls, on ``HOST``.
        files: What the scenario reads, by name.
    """
    async with _sipp(scenario, transport, folder, {}, peer=(f"{HOST}:{port}",), files=files or {}) as judge:
        yield judge


@asynccontextmanager
async def _sipp(
    scenario: Scenario,
    transport: Transport,
    folder: Path,
    keys: Mapping[str, object],
    *,
    peer: tuple[str, ...] = (),
    files: Mapping[str, bytes] = MappingProxyType({}),
    bound_secs: int = CALL_BOUND_SECS,
    host: str = HOST,
) -> AsyncIterator[Judge]:
    sipp = program("sipp")
    _lay_out(folder, {"scenario.xml": scenario.xml.encode(), **files})
    port = free_port()
    given = {"in_port": free_port(), "out_port": free_port(), **keys}
    command = (
        *(
            sipp,
            *peer,
            "-sf",
            "scenario.xml",
            "-t",
            _SOCKETS[transport],
            "-i",
            host,
            "-bind_local",
            "-p",
            f"{port}",
        ),
        *("-m", "1", "-timeout", f"{bound_secs}s", "-timeout_error", "-nostdin", "-skip_rlimit"),
        *("-cp", f"{free_port()}", "-mi", host, "-mp", f"{free_port()}"),
        *("-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"),
        *(word for name, value in given.items() for word in ("-key", name, f"{value}")),
        *scenario.options,
    )
    async with running(*command, output=folder / "output.log", folder=folder) as run:
        yield Judge(port=port, scenario=scenario, folder=folder, run=run)


def _lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
