"""Where the server listens, and by which URL it calls itself.

Owns the socket until the server has it. Must not accept connections.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from emulator.core.errors import ConfigError

if TYPE_CHECKING:
    from emulator.web.tls import Tls


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
        if isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
            raise ConfigError.of("--host", f"cannot listen on {host}: {reason}") from None
        raise ConfigError.of("--port", f"cannot listen on {host}:{port}: {reason}; 0 takes a free port") from None
    listener.setblocking(False)
    return listener


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
