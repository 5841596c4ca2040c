"""A host and its port (RFC 3261 section 25.1, ``hostport``).

Owns IPv6 brackets and which text is a host. Must not resolve one.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

from emulator.core.errors import GarbledSip, Unwritable

_NAME = re.compile(r"[A-Za-z0-9._-]+")
"""With underscores, which no host name has and Docker's service names do."""

_HOST_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))[ \t]*+(?::[ \t]*+([0-9]{1,5}))?+")
_PORTS = range(1, 65_536)


def parse_host_port(text: str) -> tuple[str, int | None]:
    """Read a host and its port.

    Args:
        text: Such as ``srs.example.com``, ``192.0.2.1:5060`` or ``[2001:db8::1]:5060``.

    Returns:
        The host, an IPv6 address without brackets, and the port where there is one.

    Raises:
        GarbledSip: It is none.
    """
    found = _HOST_PORT.fullmatch(text)
    if found is None:
        raise GarbledSip("a host can't be read")
    port = None if found[3] is None else int(found[3])
    if port is not None and port not in _PORTS:
        raise GarbledSip("a port is out of range")
    if found[1] is not None and not _is_ipv6(found[1]):
        raise GarbledSip("an IPv6 address can't be read")
    return found[1] or found[2], port


def written_host_port(host: str, port: int | None) -> str:
    """A host and its port as they stand on the wire.

    Args:
        host: A name, an IPv4 address, or an IPv6 address without brackets.
        port: Left out where None.

    Raises:
        Unwritable: It is no host or no port.
    """
    literal = ":" in host
    if not (_is_ipv6(host) if literal else _NAME.fullmatch(host)):
        raise Unwritable("a host is neither a name nor an address")
    if port is not None and port not in _PORTS:
        raise Unwritable("a port is out of range")
    return (f"[{host}]" if literal else host) + ("" if port is None else f":{port}")


def same_host(host: str, other: str) -> bool:
    """Whether two hosts are written alike, but for case and the many ways of writing an IPv6 address."""
    if ":" in host and ":" in other and _is_ipv6(host) and _is_ipv6(other):
        return IPv6Address(host) == IPv6Address(other)
    return host.lower() == other.lower()


def _is_ipv6(text: str) -> bool:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return False
    return address.scope_id is None
