"""Answers that are held back: until their time has come, their client leaves, or the server stops."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp

from emulator.config import Settings
from emulator.core.clock import ClockMode
from emulator.web.server import running
from tests.conftest import BOUND_SECS

if TYPE_CHECKING:
    from emulator.web.server import Server

START = b"POST /v2/calls/c/actions/siprec_start HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n"
SLOW = b"Content-Type: application/json\r\nX-Emulator-Scenario: slow-api\r\nContent-Length: 2\r\n\r\n{}"


async def held(server: Server, *, any_is: bool = True) -> None:
    """Wait until an answer is held, or until none is; the server is asked meanwhile, which gives it its turns."""
    async with asyncio.timeout(BOUND_SECS), aiohttp.ClientSession(server.url) as client:
        while bool(server.driver.holding) is not any_is:
            await client.get("/_emulator/health")


async def test_a_client_that_leaves_is_waited_for_no_longer(server: Server) -> None:
    """The namespace forgets the answer, although its clock stands."""
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(START + SLOW)
    await held(server)
    (namespace,) = tuple(server.driver.engine.namespaces)
    assert len(namespace.held) == 1
    writer.close()
    await writer.wait_closed()
    await held(server, any_is=False)
    assert not namespace.held


async def test_a_reset_lets_an_answer_go(server: Server, http: aiohttp.ClientSession) -> None:
    """Who reset its namespace does not wait for it."""
    headers = {"X-Emulator-Scenario": "slow-api"}
    await http.put("/_emulator/clock", json={"mode": ClockMode.MANUAL})
    asking = asyncio.ensure_future(http.post("/v2/calls/c/actions/siprec_start", json={}, headers=headers))
    await held(server)
    await http.post("/_emulator/reset")
    async with asyncio.timeout(BOUND_SECS):
        response = await asking
    assert response.status == 200


async def test_a_stopping_server_lets_an_answer_go() -> None:
    """Its client is answered, and the stop is not held up."""
    async with running(Settings(port=0, drain=0, clock=ClockMode.MANUAL)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(START + SLOW)
        await held(server)
    async with asyncio.timeout(BOUND_SECS):
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    await writer.wait_closed()
