"""An emulator before a server that takes what it does not cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.config import Settings
from emulator.web.server import Server, running
from tests.conftest import KEY
from tests.web.fallback.standing import Behind, standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@pytest.fixture
async def behind() -> AsyncIterator[Behind]:
    one = Behind()
    async with standing(one.take) as port:
        one.url = f"http://127.0.0.1:{port}"
        yield one


@pytest.fixture
def emulate(behind: Behind) -> Callable[..., Any]:
    """Starts an emulator before that server."""

    def start(**settings: Any) -> Any:
        given: dict[str, Any] = {"port": 0, "drain": 0, "fallback_url": behind.url} | settings
        return running(Settings(**given))

    return start


@pytest.fixture
async def server(emulate: Callable[..., Any]) -> AsyncIterator[Server]:
    async with emulate() as server:
        yield server


@pytest.fixture
async def http(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url, headers=KEY) as session:
        yield session
