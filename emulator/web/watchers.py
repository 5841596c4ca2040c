"""Those who watch what happens: server-sent events of every note, and of every change of what is set.

Owns the subscriptions and their bounds, and what a watcher that lost its connection is told again. Must not hold
up the engine: a watcher that falls behind is cut off, and comes again with the id of the last event that it got.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from emulator.core.documents import compact
from emulator.core.views import note_line
from emulator.web.recent import Recent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.core.models import JsonValue
    from emulator.core.turn import Note
    from emulator.web.recent import Told

MAX_BEHIND = 10_000
"""Events that a slow watcher may fall behind before it is cut off."""

MAX_WATCHERS = 100

FORGETTING = frozenset({"reset", "journal"})
"""Changes after which what happened before is forgotten."""

KEEP_ALIVE_SECS = 15


class Watcher:
    """One subscription.

    Attributes:
        namespace: Whose notes it gets; None for everybody's.
        since: The id of the last event before it began: what it would come again with.
    """

    def __init__(self, namespace: str | None, since: str) -> None:
        """Start with nothing to read."""
        self.namespace = namespace
        self.since = since
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

    def __init__(self, run: str = "1") -> None:
        """Start with nobody.

        Args:
            run: Stands in every event's id, so that a restarted server takes no other run's for its own.
        """
        self._watchers: set[Watcher] = set()
        self._recent = Recent(run)
        self._watched = False

    def subscribe(self, namespace: str | None, last_id: str | None = None) -> Watcher | None:
        """Add a watcher; None when there are as many as may be.

        Args:
            namespace: Whose events it gets; None: everybody's.
            last_id: Of the last event that it got before its connection was lost (WHATWG HTML section 9.2.4); what
                has come since is told first, or ``missed`` where that is not known any more.
        """
        if len(self._watchers) >= MAX_WATCHERS:
            return None
        watcher = Watcher(namespace, last_id or self._recent.last_id)
        if last_id is not None:
            self._catch_up(watcher, last_id)
        self._watchers.add(watcher)
        self._watched = True
        return watcher

    def _catch_up(self, watcher: Watcher, last_id: str) -> None:
        since = self._recent.since(last_id)
        if since is None:
            watcher.offer(_event(self._recent.last_id, "missed", {}))
            return
        for told in since:
            if watcher.namespace is None or told.concerns(watcher.namespace):
                watcher.offer(_shown(told))

    def unsubscribe(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        self._watchers.discard(watcher)

    def tell(self, note: Note) -> None:
        """Give a note to all who watch its namespace (server-sent events: WHATWG HTML section 9.2)."""
        # until somebody has watched, nobody can come back
        if self._watched:
            self._give(self._recent.note(note))

    def changed(self, namespace: str | None, what: str) -> None:
        """Say that something is set otherwise now, so that who shows it asks again.

        Args:
            namespace: Where; None: everywhere.
            what: The route that shows it, such as ``clock`` or ``faults``; ``reset`` and ``journal`` where what
                happened is forgotten, which then is not told again to anybody.
        """
        if what in FORGETTING:
            self._recent.forget()
        if self._watched:
            self._give(self._recent.change(namespace, what))

    def _give(self, told: Told) -> None:
        interested = [one for one in self._watchers if one.namespace is None or told.concerns(one.namespace)]
        if not interested:
            return
        event = _shown(told)
        for watcher in interested:
            if not watcher.offer(event):
                self._watchers.discard(watcher)

    def end_all(self) -> None:
        """End every stream: the server stops."""
        for watcher in self._watchers:
            watcher.end()


def _shown(told: Told) -> bytes:
    if told.note is None:
        return _event(told.id, "change", {"namespace": told.namespace, "what": told.what})
    return _event(told.id, told.note.kind, note_line(told.note))


def _event(event_id: str, kind: str, data: JsonValue) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event_id.encode(), kind.encode(), compact(data))
