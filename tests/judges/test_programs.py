"""Programs that judge: missing ones are told of, and none outlives its test."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.judges.programs import END_BOUND_SECS, module, program, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="judges run on Linux alone")


def gone(process: int) -> bool:
    """Whether it runs no more; it may be a zombie for as long as nobody has taken it in."""
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text(encoding="ascii").split()[2] == "Z"


def test_a_missing_program_skips_and_fails_where_it_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-judge is not installed"):
        program("no-such-judge")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-judge is not installed"):
        program("no-such-judge")
    with pytest.raises(pytest.fail.Exception, match="no-such-module is not installed"):
        module("no-such-module")


async def test_what_runs_ends_with_the_block_and_all_that_it_started(tmp_path: Path) -> None:
    script = "import subprocess; one = subprocess.Popen(['sleep', '99']); print(one.pid, flush=True); one.wait()"
    async with running(sys.executable, "-c", script, output=tmp_path / "said", folder=tmp_path) as run:
        await run.until(lambda: run.said().strip().isdigit())
        child = int(run.said())
        os.kill(child, 0)
    assert run.process.returncode is not None
    # killed with its group, which the kernel may carry out a moment later
    async with asyncio.timeout(END_BOUND_SECS):
        while not gone(child):  # noqa: ASYNC110 - nobody is told of the end of another's child
            await asyncio.sleep(0.01)


async def test_one_that_ends_too_soon_is_told_with_what_it_said(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print('I will not')")
    async with running(*command, output=tmp_path / "said", folder=tmp_path) as run:
        with pytest.raises(AssertionError, match="I will not"):
            await run.until(lambda: False)
