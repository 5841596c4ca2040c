"""Those who watch what happens: server-sent events of every note.

Owns the subscriptions and their bounds. Must not hold up the engine: a watcher that falls behind is cut off, and
asks the journal for what it missed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from emulator.core.documents import compact
from emulator.core.views import note_line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.core.turn import Note

MAX_BEHIND = 10_000
"""Events that a slow watcher may fall behind before it is cut off."""

MAX_WATCHERS = 100

KEEP_ALIVE_SECS = 15


class Watcher:
    """One subscription.

    Attributes:
        namespace: Whose notes it gets; None for everybody's.
    """

    def __init__(self, namespace: str | None) -> None:
        """Start with nothing to read."""
        self.namespace = namespace
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    def offer(self, event: bytes) -> bool:
        """Take an event; False when the watcher is too far behind."""
        if self._queue.qsize() >= MAX_BEHIND:
            self.end()
            return False
        self._queue.put_nowait(event)
        return True

    def end(self) -> None:
        """Let the reader come to the end of the stream."""
        self._queue.put_nowait(None)

    async def events(self) -> AsyncIterator[bytes]:
        """The stream's bytes, with a comment now and then that keeps the connection alive."""
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECS):
                    event = await self._queue.get()
            except TimeoutError:
                yield b": keep-alive\n\n"
                continue
            if event is None:
                return
            yield event


class Watchers:
    """All subscriptions of a server."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._watchers: set[Watcher] = set()
        self._sent = 0

    def subscribe(self, namespace: str | None) -> Watcher | None:
        """Add a watcher; None when there are as many as may be."""
        if len(self._watchers) >= MAX_WATCHERS:
            return None
        watcher = Watcher(namespace)
        self._watchers.add(watcher)
        return watcher

    def unsubscribe(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        self._watchers.discard(watcher)

    def tell(self, note: Note) -> None:
        """Give a note to all who watch its namespace (server-sent events: WHATWG HTML section 9.2)."""
        self._sent += 1
        interested = [one for one in self._watchers if one.namespace in {None, note.entry.namespace}]
        if not interested:
            return
        event = b"id: %d\nevent: %s\ndata: %s\n\n" % (
            self._sent,
            note.kind.encode(),
            compact(note_line(note)),
        )
        for watcher in interested:
            if not watcher.offer(event):
                self._watchers.discard(watcher)

    def end_all(self) -> None:
        """End every stream: the server stops."""
        for watcher in self._watchers:
            watcher.end()
