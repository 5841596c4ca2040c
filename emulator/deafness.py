"""How what listens stops to listen, so that no connection is left open behind it.

Owns the moment between the last connection that is accepted and the end of the server. Must not close anything.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from asyncio.trsock import TransportSocket

_TURNS_TO_CONNECT = 5
"""Turns of the loop after which a connection that was accepted is one that can be closed."""


async def deafened(*listeners: socket.socket | TransportSocket) -> None:
    """Accept no more connections; those accepted just before have their handlers when this returns.

    asyncio forgets to close one whose transport is made only once its server is closed (``Server._attach``).

    Args:
        listeners: That the running loop accepts on; those that are closed already are no mistake.
    """
    # a server that has stopped stops again
    opened = [listener for listener in listeners if listener.fileno() >= 0]
    for listener in opened:
        with suppress(NotImplementedError):  # Windows has loops without readers
            asyncio.get_running_loop().remove_reader(listener)
    for _ in range(_TURNS_TO_CONNECT if opened else 0):
        await asyncio.sleep(0)
