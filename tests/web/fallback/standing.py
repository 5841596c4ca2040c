"""A server behind the emulator, and what the emulator's journal tells of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    from emulator.web.server import Server

    Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


BOUND_SECS = 20


@dataclass(slots=True)
class Got:
    """One request that the server behind got."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def named(self, name: str) -> list[str]:
        """The values of a field."""
        return [value for field_name, value in self.headers if field_name.lower() == name.lower()]


@dataclass(slots=True)
class Behind:
    """The server behind the emulator: keeps what it gets, and answers as told."""

    handle: Handler | None = None
    url: str = ""
    got: list[Got] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, http: web.BaseRequest) -> web.StreamResponse:
        """Keep a request and answer it."""
        body = await http.read()
        self.got.append(Got(http.method, http.raw_path, list(http.headers.items()), body))
        if self.handle is not None:
            return await self.handle(http)
        return web.json_response({"data": []}, headers={"Set-Cookie": "a=b", "X-Theirs": "1", "Server": "behind"})


@asynccontextmanager
async def standing(take: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on a port of its own."""
    runner = web.ServerRunner(web.Server(take, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def journal(server: Server) -> list[Any]:
    """The requests that the control API lists."""
    async with aiohttp.ClientSession(server.url) as session, session.get("/_emulator/requests") as answer:
        listed: list[Any] = (await answer.json())["data"]
        return listed


async def one_entry(server: Server) -> Any:
    """The only entry of the journal, once it is there: it is written when an exchange has ended, not before."""
    watcher = server.watchers.subscribe(None)
    assert watcher is not None
    notes = watcher.events()
    try:
        async with asyncio.timeout(BOUND_SECS):
            while not (listed := await journal(server)):
                await anext(notes)
    finally:
        server.watchers.unsubscribe(watcher)
    [entry] = listed
    return entry
