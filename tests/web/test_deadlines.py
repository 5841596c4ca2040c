"""Deadlines: what takes too long is cancelled, what is over in time is not, and one timer serves all."""

from __future__ import annotations

import asyncio

import pytest

from emulator.web.deadlines import Deadlines
from tests.conftest import BOUND_SECS


async def late(deadlines: Deadlines, secs: float) -> bool:
    """Wait for ever under a deadline; whether it was the deadline that ended it."""
    deadline = deadlines.open(secs)
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        return deadline.passed
    finally:
        deadlines.close(deadline)
    raise AssertionError


async def test_each_task_is_cancelled_at_its_own_time_whatever_the_order() -> None:
    """A later deadline that was opened first does not hold up an earlier one."""
    deadlines, ended = Deadlines(), []

    async def told(name: str, secs: float) -> None:
        assert await late(deadlines, secs)
        ended.append(name)

    async with asyncio.timeout(BOUND_SECS):
        await asyncio.gather(told("last", 0.06), told("first", 0.01), told("second", 0.03))
    assert ended == ["first", "second", "last"]


async def test_what_was_closed_is_left_alone() -> None:
    """Its time passes, and the task goes on; so does one whose deadlines were stopped."""
    deadlines = Deadlines()
    deadlines.close(deadlines.open(0.01))
    assert await late(deadlines, 0.02)
    deadlines.open(0.01)
    deadlines.stop()
    deadlines.stop()
    assert await late(Deadlines(), 0.02)


async def test_another_cancellation_is_not_the_deadlines() -> None:
    """Whoever cancels the task sees it cancelled."""
    deadlines = Deadlines()
    task = asyncio.ensure_future(late(deadlines, BOUND_SECS))
    await asyncio.sleep(0)
    task.cancel()
    assert await task is False
    deadlines.stop()


def test_a_deadline_is_a_tasks() -> None:
    """Nobody else could be cancelled."""
    loop = asyncio.new_event_loop()
    failed: list[BaseException] = []

    def called() -> None:
        with pytest.raises(RuntimeError, match="a task's") as caught:
            Deadlines().open(1)
        failed.append(caught.value)
        loop.stop()

    loop.call_soon(called)
    loop.run_forever()
    loop.close()
    assert failed
