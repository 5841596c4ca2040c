"""How what listens stops to listen: for good, with no connection left open behind it, or for want of descriptors.

Owns the moment between the last connection that is accepted and the end of the server, and what is said of a loop
that can't accept. Must not close anything.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from emulator.descriptors import USED_UP, limit

if TYPE_CHECKING:
    import socket
    from asyncio.trsock import TransportSocket

logger = logging.getLogger(__name__)

_PAUSE_SECS = 1.0
"""How long asyncio accepts nothing once it has no descriptor for a connection."""

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
        asyncio.get_running_loop().remove_reader(listener)
    for _ in range(_TURNS_TO_CONNECT if opened else 0):
        await asyncio.sleep(0)


def tell_of_deafness(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop of the emulator's own say once a second that it accepts nothing for want of descriptors.

    asyncio tells it once for each connection that may wait, each time with a traceback. Connections wait
    meanwhile; uvloop ends them without a word.
    """
    silent_until = 0.0

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal silent_until
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in USED_UP or "socket" not in context:
            loop.default_exception_handler(context)
        elif loop.time() >= silent_until:
            silent_until = loop.time() + _PAUSE_SECS
            told = f"no connection is accepted for a second: all {limit()} descriptors (ulimit -n) are in use"
            logger.warning("descriptors", extra={"fields": {"warning": told}})

    loop.set_exception_handler(handle)
