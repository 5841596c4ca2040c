"""Fixtures that many tests share: settings, a running server, a client for it, and an app that takes webhooks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from emulator.config import Settings
from emulator.core.models import MILLISECOND, SECOND

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.web.server import Server

BOUND_SECS = 20
"""How long a test waits for something that must come."""

KEY = {"Authorization": "Bearer KEY_of_the_tests"}


@dataclass(frozen=True, slots=True)
class Hook:
    """One request that the app got."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class WebhookApp:
    """The app under test: takes webhooks and answers them as told.

    Attributes:
        url: Where it takes them.
        got: All of them so far, in order of arrival.
        statuses: Answers to give, first one first; 200 once there are none left.
        gate: Answers wait for it; set unless a test clears it.
    """

    url: str = ""
    got: list[Hook] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, http: web.BaseRequest) -> web.Response:
        """Remember a request, then answer it."""
        hook = Hook(http.method, http.raw_path, dict(http.headers), await http.read())
        async with self._arrived:
            self.got.append(hook)
            self._arrived.notify_all()
        await self.gate.wait()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def wait_for(self, count: int) -> list[Hook]:
        """Wait until that many came."""
        async with asyncio.timeout(BOUND_SECS), self._arrived:
            await self._arrived.wait_for(lambda: len(self.got) >= count)
        return self.got


@pytest.fixture
async def webhook_app() -> AsyncIterator[WebhookApp]:
    """An app on 127.0.0.1 that takes webhooks."""
    app = WebhookApp()
    app.gate.set()
    runner = web.ServerRunner(web.Server(app.take), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks"
    try:
        yield app
    finally:
        app.gate.set()
        await runner.cleanup()


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """Of a server for tests: a free port, quick tries; an indirect parameter, a dict, changes them."""
    changes: dict[str, Any] = getattr(request, "param", {})
    quick = Settings(port=0, webhook_timeout=2 * SECOND, webhook_backoff=MILLISECOND, drain=2 * SECOND)
    return replace(quick, **changes)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """A running server in the test's event loop."""
    # imported here, so that tests of the core need no web edge
    from emulator.web.server import running  # noqa: PLC0415 - see above

    async with running(settings) as started:
        yield started


@pytest.fixture
async def http(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the server, with an API key."""
    async with aiohttp.ClientSession(server.url, headers=KEY) as session:
        yield session
