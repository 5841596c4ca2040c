"""How a server ends: every connection is closed by then, also one that came in the last moment."""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from emulator.config import Settings
from emulator.web.server import running


@pytest.mark.parametrize("turns", range(8))
def test_a_connection_that_came_in_the_last_moment_is_closed(turns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the server's only some turns of the loop after it was accepted."""
    clients: list[socket.socket] = []

    async def lived() -> None:
        async with running(Settings(port=0, drain=0)) as server:
            parts = urlsplit(server.url)

            async def connecting(_: float) -> None:
                clients.append(socket.create_connection((parts.hostname or "", parts.port or 0)))
                for _ in range(turns):
                    await asyncio.sleep(0)

            monkeypatch.setattr(server.live, "close", connecting)

    asyncio.run(lived())
    # what nobody closed would be told of here
    gc.collect()
    [client] = clients
    with client, suppress(ConnectionResetError):
        client.settimeout(5)
        assert client.recv(1) == b""
