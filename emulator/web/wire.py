"""Answers that go wrong on the wire: late, reset, empty, no HTTP, a trickle, none at all.

Owns what a client sees of a ``WireFault``, and the end of its connection, which no fault leaves open. Must not
decide which answer goes wrong: the ``Reply`` says so.

aiohttp knows only answers that are HTTP, so the bytes go to the transport past it; what it gets back is an answer
that says, when it is about to be sent, that the client is gone. aiohttp then ends the connection without a word.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from aiohttp import web

from emulator.core.effects import WireFault
from emulator.core.models import SECOND
from emulator.web.protocol import Connection
from emulator.web.replies import written

if TYPE_CHECKING:
    from emulator.core.effects import Reply

GARBAGE = b"\x00\xff\xfe this is not HTTP \x01\x02\x03\r\n\r\n"
"""No status line begins so (RFC 9112 section 4), nor any line of text."""

HANG_SECS = 600.0
"""How long a client that is left without an answer is kept."""

TURN_SECS = 0.001
"""The least pause in a trickle: of a long answer, what is due by then goes at once."""

_RESETS_WHEN_CLOSED = struct.pack("ii", 1, 0)


class _Gone(web.StreamResponse):
    """What aiohttp is given in the place of an answer: there is nobody to send it to."""

    async def prepare(self, request: web.BaseRequest) -> NoReturn:  # noqa: ARG002 -- the signature is aiohttp's
        raise ConnectionResetError("the connection was ended on purpose")


async def misbehave(http: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    """Answer with the fault that a reply bears, and end the connection.

    A client that leaves meanwhile is no error. HANG and TRICKLE end as soon as the server stops.

    Args:
        http: The request, its body read; it came by a ``Connection``.
        reply: Its ``fault`` is not None.

    Returns:
        For aiohttp, which sends nothing more.

    Raises:
        TypeError: There is no fault, or another's connection.
    """
    connection, transport = http.protocol, http.transport
    if reply.fault is None or not isinstance(connection, Connection):
        raise TypeError("only a fault is carried out here, and only on a Connection")
    if transport is None or transport.is_closing():
        return _Gone()
    try:
        match reply.fault:
            case WireFault.RESET:
                _reset(transport)
            case WireFault.EMPTY:
                pass
            case WireFault.GARBAGE:
                transport.write(GARBAGE)
            case WireFault.TRICKLE:
                answer = written(reply, method=http.method, now=time.time())
                await _trickle(transport, answer, reply.trickle / SECOND, connection.over)
            case WireFault.HANG:
                await _set_within(connection.over, HANG_SECS)
    finally:
        transport.close()
    return _Gone()


async def pause(http: web.BaseRequest, secs: float) -> None:
    """Let a client wait for its answer: until the time is over, the client has left, or the server stops."""
    connection = http.protocol
    if isinstance(connection, Connection):
        await _set_within(connection.over, secs)


def _reset(transport: asyncio.Transport) -> None:
    """A socket that lingers for no time is reset when it is closed (socket(7), SO_LINGER)."""
    with suppress(OSError):
        # fails where the client was first to reset: then all is done
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS_WHEN_CLOSED)
    transport.abort()


async def _trickle(transport: asyncio.Transport, answer: bytes, over_secs: float, end: asyncio.Event) -> None:
    """Write byte after byte, the last when the time is over."""
    loop = asyncio.get_running_loop()
    began, pause, sent = loop.time(), over_secs / len(answer), 0
    while sent < len(answer):
        next_at = began + (sent + 1) * pause
        if await _set_within(end, max(next_at - loop.time(), TURN_SECS)):
            return
        elapsed = loop.time() - began
        due = len(answer) if elapsed >= over_secs else int(len(answer) * elapsed / over_secs)
        transport.write(answer[sent:due])
        sent = max(sent, due)


async def _set_within(event: asyncio.Event, secs: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(secs):
            await event.wait()
    return event.is_set()
