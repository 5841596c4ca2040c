"""From a host and perhaps a port to the addresses that are tried, in order (RFC 3263 section 4).

Owns the order and what counts as not found. Must not connect, and must not ask anybody itself: ``names.py`` does.

The transport is always known here: a connector and a URI name it, or imply it. So NAPTR, which is there to find
one, is not asked (RFC 3263 section 4.1).
"""

from __future__ import annotations

import asyncio
import ipaddress
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import Unreachable
from emulator.core.models import SECOND
from emulator.siprec.net.link import Destination, Target, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from emulator.core.models import Duration
    from emulator.siprec.net.link import Address
    from emulator.siprec.net.names import Names, Service

Draw: TypeAlias = "Callable[[int], int]"
"""From the largest whole number that may be drawn, evenly, to one between 0 and it."""

Permit: TypeAlias = "Callable[[str, str], None]"
"""Told a target's host and each address of it; raises an ``EmulatorError`` where it may not be dialled."""

MOST = 16
"""How many addresses are tried: nobody waits for more."""

_SERVICES = {Transport.UDP: "_sip._udp", Transport.TCP: "_sip._tcp", Transport.TLS: "_sips._tcp"}
"""RFC 3263 section 4.2; TLS is asked for as SIPS, over TCP."""


def anywhere(_host: str, _address: str) -> None:
    """A ``Permit`` that refuses nothing."""


async def resolve(
    target: Target,
    names: Names,
    draw: Draw,
    *,
    permit: Permit = anywhere,
    bound: Duration = 5 * SECOND,
) -> tuple[Destination, ...]:
    """Find where to send what is for a target.

    Args:
        target: A host that is an address is taken as it is; a name with a port has its addresses looked up; one
            without has its SRV records looked up first.
        names: Whom to ask.
        draw: Orders services of one priority by their weights.
        permit: May refuse an address; one that is refused spoils the whole, as for webhooks.
        bound: How long it may all take.

    Returns:
        At least one, best first: if one can't be reached, the next is to be tried.

    Raises:
        Unreachable: Nothing was found, in time.
        EmulatorError: What ``permit`` raises.
    """
    host = target.host.strip("[]")
    try:
        async with asyncio.timeout(bound / SECOND):
            found = await _found(host, target, names, draw)
    except TimeoutError:
        raise Unreachable(f"{host!a} could not be resolved within {bound / SECOND:g} s") from None
    for address, _ in found:
        permit(host, address)
    return tuple(
        Destination(address=address, transport=target.transport, name=host)
        for address in tuple(dict.fromkeys(found))[:MOST]
    )


async def _found(host: str, target: Target, names: Names, draw: Draw) -> list[Address]:
    port = target.port or target.transport.default_port
    if not host:
        raise Unreachable("no host is named")
    if is_address(host):
        return [(host, port)]
    if not target.port and not _is_local(host):
        services = await names.services(f"{_SERVICES[target.transport]}.{host}")
        if services:
            return await _of_services(host, ordered(services, draw), names)
    return [(address, port) for address in await names.addresses(host)]


async def _of_services(host: str, services: tuple[Service, ...], names: Names) -> list[Address]:
    if all(not service.host for service in services):
        raise Unreachable(f"DNS says that {host!a} takes no SIP sessions by this transport")
    found: list[Address] = []
    for service in services[:MOST]:
        try:
            addresses = await names.addresses(service.host)
        except Unreachable:
            continue
        found += [(address, service.port) for address in addresses]
    if not found:
        raise Unreachable(f"none of the services that DNS names for {host!a} has an address")
    return found


def ordered(services: Iterable[Service], draw: Draw) -> tuple[Service, ...]:
    """Services in the order in which they are to be tried (RFC 2782, "Weight")."""
    by_priority = sorted(services, key=lambda service: service.priority)
    return tuple(
        service
        for _, equals in groupby(by_priority, key=lambda service: service.priority)
        for service in _by_weight(list(equals), draw)
    )


def _by_weight(left: list[Service], draw: Draw) -> Iterator[Service]:
    """Each next one is drawn from those left; those without weight stand first, for a small chance."""
    left.sort(key=lambda service: service.weight)
    while left:
        drawn = draw(sum(service.weight for service in left))
        index, reached = 0, left[0].weight
        while reached < drawn:
            index += 1
            reached += left[index].weight
        yield left.pop(index)


def is_address(host: str) -> bool:
    """Whether a host is an IP address, without brackets, perhaps with an IPv6 zone."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_local(host: str) -> bool:
    """Names that are asked of nobody (RFC 6761 section 6.3)."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")
