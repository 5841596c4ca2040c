"""Moves a namespace's clock forward, letting everything happen on the way that falls due.

Owns an advance: one thing at a time, each delivery awaited, and the account of what fired. Must not know what
falls due: the engine does.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from emulator.core.effects import Release
from emulator.core.turn import Note, NoteKind
from emulator.core.views import note_line

if TYPE_CHECKING:
    from emulator.core.controls import Advance
    from emulator.core.models import Instant, JsonValue
    from emulator.core.turn import Effect
    from emulator.web.driver import Driver
    from emulator.web.waiting import Waits

MAX_TOLD = 1_000
"""Happenings that an advance tells; the journal has them all."""

TOLD = (NoteKind.TRANSITION, NoteKind.SRS, NoteKind.WEBHOOK, NoteKind.ATTEMPT)
"""What is told, beside answers that were held back; a request or a reception is no work of the clock."""


@dataclass(slots=True, kw_only=True)
class Account:
    """What an advance did.

    Attributes:
        began_at, ended_at: In the namespace's time.
        fired: What happened, in order, each as the event stream tells it, with its ``kind``.
        untold: How many more there were than are told.
    """

    namespace: str
    began_at: Instant
    ended_at: Instant
    fired: list[dict[str, JsonValue]] = field(default_factory=list)
    untold: int = 0

    def take(self, effects: tuple[Effect, ...]) -> None:
        """Note down what an input came to, as far as it is this namespace's."""
        for effect in effects:
            if isinstance(effect, Note) and effect.kind in TOLD and effect.entry.namespace == self.namespace:
                self._tell({"kind": effect.kind, **note_line(effect)})
            elif isinstance(effect, Release) and effect.namespace == self.namespace:
                self._tell({"kind": "answer", "request_id": effect.seq})

    def _tell(self, line: dict[str, JsonValue]) -> None:
        if len(self.fired) < MAX_TOLD:
            self.fired.append(line)
        else:
            self.untold += 1


class Steering:
    """Advances, one at a time in each namespace."""

    def __init__(self, driver: Driver, waits: Waits) -> None:
        """Steer what the driver drives."""
        self._driver = driver
        self._waits = waits
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def advance(self, namespace_id: str, advance: Advance) -> Account:
        """Move a namespace's clock.

        Args:
            namespace_id: Made if need be.
            advance: How far.

        Raises:
            LimitReached: There are as many namespaces as may be, all busy.
            ControlError: 422, the instant to go to has passed.
        """
        lock = self._locks.get(namespace_id)
        if lock is None:
            lock = self._locks[namespace_id] = asyncio.Lock()
        async with lock:
            return await self._advance(namespace_id, advance)

    async def _advance(self, namespace_id: str, advance: Advance) -> Account:
        driver = self._driver
        now = driver.engine.namespaces.turn(namespace_id, driver.now()).now
        limit = advance.limit(now)
        account = Account(namespace=namespace_id, began_at=now, ended_at=now)
        driver.listeners.append(account.take)
        try:
            await self._run(namespace_id, limit, once=advance.once)
            if limit is not None and not driver.stopped:
                driver.carry_out(driver.engine.move_clock(namespace_id, limit, driver.now()))
                await self._waits.settled(namespace_id)
        finally:
            driver.listeners.remove(account.take)
        found = driver.engine.namespaces.get(namespace_id)
        account.ended_at = now if found is None else found.clock.read(driver.now())
        return account

    async def _run(self, namespace_id: str, limit: Instant | None, *, once: bool) -> None:
        """Let what is due by the limit happen, the next thing once all that came of the last is delivered."""
        driver = self._driver
        while not driver.stopped:
            await self._waits.settled(namespace_id)
            effects = driver.engine.step(namespace_id, limit, driver.now())
            if effects is None:
                return
            driver.carry_out(effects)
            if once:
                await self._waits.settled(namespace_id)
                return
            # others get their turn: an advance may run for long
            await asyncio.sleep(0)
