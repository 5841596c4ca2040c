"""What is said of a loop that has no descriptor for a connection that comes."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from typing import TYPE_CHECKING

from emulator.deafness import tell_of_deafness

if TYPE_CHECKING:
    import pytest

TIMES = 1_024


def told_by(loop: asyncio.AbstractEventLoop, listener: socket.socket, number: int, times: int = 1) -> None:
    """What asyncio says of an ``accept`` that failed (``selector_events.py``)."""
    for _ in range(times):
        context = {"message": "socket.accept() out of system resource", "exception": OSError(number, "no")}
        loop.call_exception_handler({**context, "socket": listener})


def test_it_is_told_once_a_second_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    now = 100.0
    loop.time = lambda: now  # type: ignore[method-assign] # the test's clock
    tell_of_deafness(loop)
    with socket.socket() as listener, caplog.at_level(logging.WARNING):
        told_by(loop, listener, errno.EMFILE, TIMES)
        now += 0.9
        told_by(loop, listener, errno.ENFILE, TIMES)
        assert [record.message for record in caplog.records] == ["descriptors"]
        assert caplog.records[0].exc_info is None
        now += 0.1
        told_by(loop, listener, errno.EMFILE, TIMES)
        assert len(caplog.records) == 2
    loop.close()


def test_whatever_else_goes_wrong_is_told_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    tell_of_deafness(loop)
    with socket.socket() as listener, caplog.at_level(logging.ERROR):
        told_by(loop, listener, errno.ENOMEM)
        loop.call_exception_handler({"message": "a file was not there", "exception": OSError(errno.EMFILE, "no")})
    assert [record.name for record in caplog.records] == ["asyncio", "asyncio"]
    loop.close()
