"""Receivers of webhooks for tests: real sockets on 127.0.0.1 that misbehave as told, and a sender that remembers.

Nothing here sleeps: what a test waits for is an event, and every wait has a bound.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.core.effects import AttemptResult, Send, SuccessRule
from emulator.core.models import SECOND, CallbackMethod
from emulator.core.signing import Signer
from emulator.deafness import deafened
from emulator.web.sender import Sender
from emulator.web.targets import TargetPolicy

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    Handler: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

BOUND_SECS = 20
TURNS_TO_CONNECT = 5
"""Turns of the loop in which what was just accepted gets its task, and what was just aborted its end."""

SIGNER = Signer(seed=bytes(range(32)))
BODY = b'{\n  "data": {"event_type": "siprec.started", "id": "e1"}\n}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

SEND = Send(
    attempt_id="a1",
    namespace="n1",
    method=CallbackMethod.POST,
    url="",
    headers=(("Content-Type", "application/json"), ("User-Agent", "telnyx-webhooks")),
    body=BODY,
    signed=BODY,
    timeout=10 * SECOND,
    success=SuccessRule.ANY_2XX,
)


def wall() -> int:
    """The wall clock, microseconds."""
    return time.time_ns() // 1000


def to(url: str, **changes: Any) -> Send:
    """A ``Send`` to this URL."""
    return replace(SEND, url=url, **changes)


class Desk:
    """A started sender and everything that it reported."""

    def __init__(self, **options: Any) -> None:
        """``options`` are the sender's."""
        self.results: list[AttemptResult] = []
        self._reported = asyncio.Event()
        defaults: dict[str, Any] = {"signer": SIGNER, "targets": TargetPolicy(), "wall": wall}
        self.sender = Sender(**(defaults | {"on_result": self._take} | options))

    def _take(self, result: AttemptResult) -> None:
        self.results.append(result)
        self._reported.set()

    def ids(self) -> list[str]:
        """The reported attempts, in the order of their reports."""
        return [result.attempt_id for result in self.results]

    async def reported(self, count: int) -> list[AttemptResult]:
        """Wait until so many were reported."""
        async with asyncio.timeout(BOUND_SECS):
            while len(self.results) < count:
                self._reported.clear()
                await self._reported.wait()
        return self.results

    async def try_once(self, send: Send) -> AttemptResult:
        """Submit one and wait for its result."""
        count = len(self.results)
        self.sender.submit(send)
        return (await self.reported(count + 1))[count]


@asynccontextmanager
async def open_desk(**options: Any) -> AsyncIterator[Desk]:
    """A desk that is closed after use."""
    desk = Desk(**options)
    await desk.sender.start()
    try:
        yield desk
    finally:
        await desk.sender.close()


@asynccontextmanager
async def receiver(
    handle: Handler,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    """A raw TCP server on 127.0.0.1; yields its URL. Its connections are dropped after use."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handle(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{port}"
    finally:
        await deafened(*server.sockets)
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(TURNS_TO_CONNECT):
            await asyncio.sleep(0)


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """One request as it came: its head and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head, await reader.readexactly(length)


def answering(answer: bytes) -> Handler:
    """Answer every request with these bytes, then close."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return handle
