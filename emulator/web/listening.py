"""Where the server listens, and by which URL it calls itself.

Owns the socket until the server has it, and how it stops to listen. Must not accept connections.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from emulator.core.errors import ConfigError

if TYPE_CHECKING:
    from emulator.web.tls import Tls

_TURNS_TO_CONNECT = 5
"""Turns of the loop after which a connection that was accepted is one that can be closed."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, made before anything is loaded, so that a busy port is told at once.

    Raises:
        ConfigError: The address can't be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError.of("--port", f"cannot listen on {host}:{port}: {reason}; 0 takes a free port") from None
    listener.setblocking(False)
    return listener


async def deafened(listener: socket.socket) -> None:
    """Accept no more connections; those accepted just before have their handlers when this returns.

    asyncio forgets to close one whose transport is made only once its server is closed (``Server._attach``).
    """
    if listener.fileno() < 0:
        # a server that has stopped stops again
        return
    with suppress(NotImplementedError):  # Windows has loops without readers
        asyncio.get_running_loop().remove_reader(listener)
    for _ in range(_TURNS_TO_CONNECT):
        await asyncio.sleep(0)


def own_url(host: str, port: int, tls: Tls | None) -> str:
    """The URL by which this machine reaches the server, without a trailing slash.

    Args:
        host: As listened on.
        port: Likewise.
        tls: What it shows; None where it speaks plain HTTP.
    """
    name = _reachable(host)
    return f"http://{name}:{port}" if tls is None else f"https://{tls.host(name)}:{port}"


def _reachable(host: str) -> str:
    """The host as a URL on this machine writes it; a wildcard address is reached by loopback."""
    if host in {"0.0.0.0", ""}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host
