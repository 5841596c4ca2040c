"""Opening a client's way to a target: its addresses one after the other, until one can be reached.

Owns which kind of link a transport gets. Must not resolve: ``resolving.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import Unreachable
from emulator.core.models import SECOND
from emulator.siprec.net.link import Transport
from emulator.siprec.net.stream import Habits
from emulator.siprec.net.tcp import StreamLink
from emulator.siprec.net.tls import ClientTls, client_context
from emulator.siprec.net.udp import UdpLink

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from emulator.core.models import Duration
    from emulator.siprec.net.link import Destination, Link, Receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How links are opened.

    Attributes:
        tls: For TLS, made beforehand by ``client_context``: it takes some 10 ms; None verifies by the system's
            authorities.
        habits: How connections are kept.
        timeout: For connecting to one address, TLS and all.
        source: The address to send from; the system's choice where None.
    """

    tls: ssl.SSLContext | None = None
    habits: Habits = Habits()  # noqa: RUF009 - frozen
    timeout: Duration = 5 * SECOND
    source: str | None = None


async def connect(destinations: Sequence[Destination], receiver: Receiver, ways: Ways) -> Link:
    """Open a link to the first destination that takes one.

    Over UDP one takes it that there is a way to: whether somebody listens shows only after something was sent, by
    ``Receiver.lost``, and who wants the next destination then asks for those behind ``link.remote``
    (RFC 3263 section 4.3).

    Args:
        destinations: At least one, as ``resolve`` orders them.
        receiver: Told what comes.
        ways: How.

    Raises:
        Unreachable: None takes it; the words are those of the last.
    """
    *others, last = destinations
    for destination in others:
        try:
            return await opened(destination, receiver, ways)
        except Unreachable:
            continue
    return await opened(last, receiver, ways)


async def opened(destination: Destination, receiver: Receiver, ways: Ways) -> Link:
    """Open a link to one destination.

    Raises:
        Unreachable: There is no way to it, or, over TCP and TLS, no connection came about.
    """
    if destination.transport is Transport.UDP:
        return UdpLink(destination, receiver, source=ways.source)
    secure = destination.transport is Transport.TLS
    context = (ways.tls or client_context(ClientTls())) if secure else None
    link = StreamLink(
        destination,
        receiver,
        context=context,
        habits=ways.habits,
        timeout=ways.timeout,
        source=ways.source,
    )
    await link.open()
    return link
