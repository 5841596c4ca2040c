"""The ways of one session: to where it was placed, and to wherever else a dialog leads (RFC 3261 section 8.1.2).

Owns which link a message leaves by, and recording what goes over them. Must not read messages.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from emulator.core.errors import EmulatorError, Unreachable
from emulator.siprec.capture.record import Direction
from emulator.siprec.net.connecting import connect
from emulator.siprec.net.resolving import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.siprec.capture.record import Record
    from emulator.siprec.net.link import Address, Link, Receiver, Target
    from emulator.siprec.src.means import Means

_MOST_WAITING = 32
_MOST_ASKERS = 16
_MOST_HOPS = 8
"""Ways besides the first: a dialog has one remote target at a time, and few route sets."""


class Hops:
    """The links of one session, of which the first is where it was placed."""

    def __init__(self, target: Target, first: Link, receiver: Receiver, means: Means, record: Record) -> None:
        """Take over the first link.

        Args:
            target: What it was resolved from.
            first: The link.
            receiver: Told what comes over later ones.
            means: How those are opened.
            record: Takes what leaves.
        """
        self._target = target
        self._first = first
        self._receiver = receiver
        self._means = means
        self._record = record
        self._others: dict[Target, Link] = {}
        self._waiting: dict[Target, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._askers: OrderedDict[Address, Link] = OrderedDict()

    def asked(self, link: Link) -> None:
        """Remember where a request came from, for its answers."""
        self._askers[link.remote] = link
        self._askers.move_to_end(link.remote)
        if len(self._askers) > _MOST_ASKERS:
            self._askers.popitem(last=False)

    def answer(self, data: bytes, back: Address | None) -> None:
        """Send an answer.

        Args:
            data: The message.
            back: Where its request came from.
        """
        link = self._first if back is None else self._askers.get(back, self._first)
        self._over(link, data)

    def ask(self, data: bytes, hop: Target, failed: Callable[[Unreachable], None]) -> None:
        """Send a request.

        Args:
            data: The message.
            hop: Where it goes.
            failed: Told later, if there is no way there.
        """
        if self._leads_to(hop):
            self._over(self._first, data)
        elif hop in self._others:
            self._over(self._others[hop], data)
        else:
            self._open(hop, data, failed)

    def leave(self) -> None:
        """Begin to end all links: nothing comes over them any more, and nothing is told of them."""
        for task in self._tasks:
            task.cancel()
        for link in (self._first, *self._others.values()):
            link.close()

    async def close(self) -> None:
        """End all links."""
        self.leave()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for link in (self._first, *self._others.values()):
            await link.closed()

    def _leads_to(self, hop: Target) -> bool:
        """Whether the first link goes there: by the name that it was placed to, or by its address.

        Over whichever transport: a Contact often leaves its own out.
        """
        port = hop.port or hop.transport.default_port
        placed = self._target.port or self._target.transport.default_port
        return (hop.host, port) in ((self._target.host, placed), self._first.remote)

    def _over(self, link: Link, data: bytes) -> None:
        self._record.message(Direction.SENT, data, link, self._means.clock())
        link.send(data)

    def _open(self, hop: Target, data: bytes, failed: Callable[[Unreachable], None]) -> None:
        waiting = self._waiting.get(hop)
        if waiting is not None:
            if len(waiting) < _MOST_WAITING:
                waiting.append(data)
            return
        if len(self._others) + len(self._waiting) >= _MOST_HOPS:
            error = Unreachable("the session has been led to too many places")
            asyncio.get_running_loop().call_soon(failed, error)
            return
        self._waiting[hop] = [data]
        task = asyncio.get_running_loop().create_task(self._opened(hop, failed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _opened(self, hop: Target, failed: Callable[[Unreachable], None]) -> None:
        means = self._means
        try:
            found = await resolve(hop, means.names, means.draw, permit=means.permit)
            link = await connect(found, self._receiver, means.ways)
        except EmulatorError as error:
            self._waiting.pop(hop, None)
            failed(error if isinstance(error, Unreachable) else Unreachable(str(error)))
            return
        self._others[hop] = link
        for data in self._waiting.pop(hop, ()):
            self._over(link, data)
