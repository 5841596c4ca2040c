"""Where agreed streams go, by name or address, and the names put in place of addresses.

Owns the walk over the streams. Must not look a name up, nor decide where media may go.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.siprec.net.link import Address
    from emulator.siprec.sdp.streams import NegotiatedStream


def hosts_in(streams: tuple[NegotiatedStream, ...]) -> frozenset[str]:
    """Every host that RTP or RTCP would go to."""
    addresses = (address for stream in streams for address in (stream.remote, stream.remote_rtcp))
    return frozenset(address[0] for address in addresses if address is not None)


def names_in(streams: tuple[NegotiatedStream, ...]) -> frozenset[str]:
    """Those of them that are no IP address."""
    return frozenset(host for host in hosts_in(streams) if not _is_ip(host))


def addressed(streams: tuple[NegotiatedStream, ...], found: Mapping[str, str]) -> tuple[NegotiatedStream, ...]:
    """The streams with an address for each name that was found."""
    return tuple(
        replace(
            stream,
            remote=_addressed(stream.remote, found),
            remote_rtcp=_addressed(stream.remote_rtcp, found),
        )
        for stream in streams
    )


def _addressed(address: Address | None, found: Mapping[str, str]) -> Address | None:
    return None if address is None else (found.get(address[0], address[0]), address[1])


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
