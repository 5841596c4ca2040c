"""What the tests of links share: somebody who hears, messages, and waiting that ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.errors import Unreachable
    from emulator.siprec.net.link import Link

BOUND_SECS = 10.0
"""How long a test waits for something that must come."""


@dataclass(slots=True)
class Ears:
    """A receiver that remembers."""

    heard: list[tuple[bytes, Link]] = field(default_factory=list)
    losses: list[tuple[Unreachable, Link]] = field(default_factory=list)
    answer: Callable[[bytes, Link], None] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def received(self, data: bytes, link: Link) -> None:
        """Remember a message, and answer it."""
        self.heard.append((data, link))
        self._changed.set()
        if self.answer is not None:
            self.answer(data, link)

    def lost(self, error: Unreachable, link: Link) -> None:
        """Remember a loss."""
        self.losses.append((error, link))
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that was heard makes it true."""
        async with asyncio.timeout(BOUND_SECS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def message(self, count: int = 1) -> bytes:
        """The message with that number, from 1, once it came."""
        await self.until(lambda: len(self.heard) >= count)
        return self.heard[count - 1][0]

    async def loss(self, count: int = 1) -> str:
        """The words of the loss with that number, from 1, once it came."""
        await self.until(lambda: len(self.losses) >= count)
        return str(self.losses[count - 1][0])


def message(name: str, body: bytes = b"") -> bytes:
    """A message that is told from others by its method."""
    head = f"{name} sip:srs@127.0.0.1 SIP/2.0\r\nCall-ID: {name}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
