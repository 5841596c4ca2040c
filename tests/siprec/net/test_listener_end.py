"""How a listener ends: every connection is closed by then, also one that came in the last moment."""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import suppress

import pytest

from emulator.siprec.net.link import Transport
from emulator.siprec.net.listening import listen
from tests.siprec.net.peers import Ears


@pytest.mark.parametrize("turns", range(8))
def test_a_connection_that_came_in_the_last_moment_is_closed(turns: int) -> None:
    """It is the listener's only some turns of the loop after it was accepted."""
    clients: list[socket.socket] = []

    async def lived() -> None:
        listener = await listen("127.0.0.1", {Transport.TCP: 0}, Ears())
        clients.append(socket.create_connection(listener.addresses[Transport.TCP]))
        for _ in range(turns):
            await asyncio.sleep(0)
        await listener.close()

    asyncio.run(lived())
    # what nobody closed would be told of here
    gc.collect()
    [client] = clients
    with client, suppress(ConnectionResetError):
        client.settimeout(5)
        assert client.recv(1) == b""


async def test_a_listener_that_has_closed_closes_again() -> None:
    listener = await listen("127.0.0.1", {Transport.UDP: 0, Transport.TCP: 0}, Ears())
    await listener.close()
    await listener.close()
