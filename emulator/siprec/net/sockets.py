"""Sockets for addresses that are known, and words for why they fail.

Owns families, binding and wording. Must not know of messages or links.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.descriptors import demand_room

if TYPE_CHECKING:
    from emulator.siprec.net.link import Address

SocketAddress: TypeAlias = "tuple[Any, ...]"
"""As ``socket`` takes it: for IPv6 with flow and scope behind."""


def numeric(address: Address, kind: socket.SocketKind) -> tuple[socket.AddressFamily, SocketAddress]:
    """The family and form of an address, whose IPv6 zone may be a name or a number.

    Raises:
        OSError: It is no address.
    """
    found = socket.getaddrinfo(*address, type=kind, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV)
    family, *_, form = found[0]
    return family, form


def unbound(family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
    """A socket that never blocks; one for IPv6 is for that alone, so that both can have the same port.

    Raises:
        OSError: It can't be made, or is one of the last that sessions leave to others (``descriptors.py``).
    """
    made = socket.socket(family, kind)
    try:
        demand_room(made.fileno())
        made.setblocking(False)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    except OSError:
        made.close()
        raise
    return made


def plain(form: SocketAddress) -> Address:
    """An address as links show it."""
    return str(form[0]), int(form[1])


def shown(address: Address) -> str:
    """An address for people; IPv6 stands in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def words(error: Exception) -> str:
    """What went wrong, in words, without Python's names and numbers."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message or error.reason}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {_spoken(error.reason or str(error))}"
    if isinstance(error, ConnectionResetError):
        return "it broke the connection off"
    if isinstance(error, OSError):
        return (error.strerror or str(error) or type(error).__name__).lower()
    return str(error)


def _spoken(reason: str) -> str:
    return reason.replace("_", " ").lower()
