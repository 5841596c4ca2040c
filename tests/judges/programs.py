"""Others' programs that judge what is sent: where they are, and running one for the length of a block.

Owns finding, starting and ending a program, and when one listens. Must not know what any of them judges. Ends only
what it started.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import pytest

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable

START_BOUND_SECS = 20
"""How long a program may take to come up, on a machine that does much else."""

LIFE_SECS = 600
"""How long one may run at all."""

END_BOUND_SECS = 5
"""How long it may take to end once it was told to."""

_LOOK_EVERY_SECS = 0.01
_LISTENS = "0A"
"""TCP_LISTEN, as the kernel writes it."""

_ROOTS_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
"""Debian puts servers where only root's PATH leads."""

Transport = Literal["udp", "tcp"]


def program(name: str) -> str:
    """Where a program is; the test is skipped without it, and fails where CI says that it has to be there."""
    if sys.platform != "linux":
        pytest.skip("which ports are taken is read from Linux's tables")
    found = shutil.which(name, path=_ROOTS_PATH)
    if found is None:
        _missing(f"{name} is not installed")
    return found


def module(name: str) -> None:
    """Be sure of a file that a program loads from Debian's folder of libraries; absent as in ``program``."""
    if not any(Path("/usr/lib").glob(f"*/{name}")):
        _missing(f"{name} is not installed")


def _missing(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A program that was started.

    Attributes:
        process: Its process, in a group of its own.
        output: The file with what it said.
    """

    process: Process
    output: Path

    def said(self) -> str:
        """What it said so far, on both streams."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until that is so.

        Raises:
            AssertionError: The program ended before, or it took too long; with what the program said.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(START_BOUND_SECS):
                while not ready():
                    assert self.process.returncode is None, f"ended too soon: {self.said()}"
                    await asyncio.sleep(_LOOK_EVERY_SECS)
                return
        raise AssertionError(f"not ready in time: {self.said()}")


@asynccontextmanager
async def running(*command: str, output: Path, folder: Path) -> AsyncIterator[Running]:
    """Run a program for the length of the block; it and what it started end with the block at the latest.

    Args:
        command: Its path and arguments.
        output: Where what it says is kept.
        folder: Where it works.
    """
    with output.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield Running(process=process, output=output)
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    for way in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, way)
        with suppress(TimeoutError):
            async with asyncio.timeout(END_BOUND_SECS):
                await process.wait()


def listens(port: int, transport: Transport) -> bool:
    """Whether somebody took the port, by the kernel's own tables (``proc_net_tcp``; the others are alike)."""
    for table in (Path(f"/proc/net/{transport}"), Path(f"/proc/net/{transport}6")):
        lines = table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else []
        fields = (line.split() for line in lines)
        if any(one[1].endswith(f":{port:04X}") and (transport == "udp" or one[3] == _LISTENS) for one in fields):
            return True
    return False
