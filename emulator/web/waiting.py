"""Those who wait: for a webhook, a state, idleness, or for what is on the wire.

Owns the waiting and, for clocks that go by themselves while somebody waits (AUTO), the jumps. Must not know what
is waited for, and must not decide what a jump does: the engine does.

A clock jumps to the next thing that falls due once somebody waits in its namespace (``POST /wait``, or an answer
that is held back), nothing is on the wire, no recording server is being dialled, and nothing has happened there
for a moment: what an app does upon a webhook comes before whatever is due later. The moment is longer while an app
has taken a webhook and sent no command since, for Telnyx wants webhooks answered quickly, so that apps answer
first and act afterwards.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.clock import ClockMode
from emulator.core.models import SECOND
from emulator.core.turn import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.core.turn import Effect
    from emulator.web.driver import Driver

Told: TypeAlias = "Callable[[tuple[Effect, ...]], bool]"
"""Given the effects of each input; says whether the wait is over."""

QUIET_SECS = 0.001
"""How long nothing may have happened before a clock jumps, in real time."""

PATIENT_SECS = 0.25
"""The same where an app may still be about to act."""

ANSWERS = 8
"""Or so many times as long as it took to answer the webhook, for an app whose machine is busy."""

MOST_PATIENT_SECS = 2.0
"""However long that was."""

MAX_WAITING = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    """Somebody who waits.

    Attributes:
        namespace: Where; None: in all.
        jumps: Whether clocks may jump for this.
    """

    namespace: str | None
    told: Told
    jumps: bool
    over: asyncio.Future[bool]


class Waits:
    """All who wait at a server."""

    def __init__(self, driver: Driver) -> None:
        """Listen to everything that the driver carries out."""
        self._driver = driver
        self._waiters: list[_Waiter] = []
        self._jumps: dict[str, asyncio.TimerHandle] = {}
        self._stopped = False
        driver.listeners.append(self._look)

    @property
    def full(self) -> bool:
        """Whether as many wait as may."""
        return len(self._waiters) >= MAX_WAITING

    async def until(
        self,
        told: Told,
        *,
        namespace: str | None,
        timeout_secs: float | None = None,
        jumps: bool = False,
    ) -> bool:
        """Wait until something is so.

        Args:
            told: Asked at once with no effects, then with the effects of each input until it says yes.
            namespace: Where clocks may jump for it; None: in all.
            timeout_secs: Of real time; None waits for ever.
            jumps: Whether clocks may.

        Returns:
            Whether it became so; False after the timeout, or when the server stops.
        """
        if told(()):
            return True
        if self._stopped:
            return False
        waiter = _Waiter(namespace, told, jumps, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        self._plan(())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_secs):
                    return await waiter.over
            return False
        finally:
            self._leave(waiter)

    async def settled(self, namespace: str) -> None:
        """Wait until nothing is on the wire for a namespace."""

        def nothing(_: tuple[Effect, ...]) -> bool:
            found = self._driver.engine.namespaces.get(namespace)
            return found is None or found.settled or self._driver.stopped

        await self.until(nothing, namespace=namespace)

    def stop(self) -> None:
        """Let nobody wait any more: the server stops."""
        self._stopped = True
        for handle in self._jumps.values():
            handle.cancel()
        for waiter in self._waiters:
            if not waiter.over.done():
                waiter.over.set_result(False)

    def _leave(self, waiter: _Waiter) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)

    def _look(self, effects: tuple[Effect, ...]) -> None:
        for waiter in tuple(self._waiters):
            if waiter.told(effects):
                self._leave(waiter)
                if not waiter.over.done():
                    waiter.over.set_result(True)
        if self._waiters or self._driver.holding:
            self._plan(effects)

    # --- jumps ---

    def _plan(self, effects: tuple[Effect, ...]) -> None:
        """See to a jump in every namespace that may have one; what has just happened puts it off."""
        stirred = set(map(_whose, effects))
        for namespace in self._waited_for():
            if namespace in stirred and namespace in self._jumps:
                self._jumps.pop(namespace).cancel()
            if namespace not in self._jumps and self._may_jump(namespace):
                loop = asyncio.get_running_loop()
                self._jumps[namespace] = loop.call_later(self._quiet(namespace), self._jump, namespace)

    def _waited_for(self) -> Iterator[str]:
        named = {waiter.namespace for waiter in self._waiters if waiter.jumps}
        if None in named:
            return (namespace.id for namespace in self._driver.engine.namespaces)
        return iter({*(one for one in named if one is not None), *self._driver.holding})

    def _may_jump(self, namespace_id: str) -> bool:
        namespace = self._driver.engine.namespaces.get(namespace_id)
        if namespace is None or self._driver.stopped:
            return False
        jumps = namespace.clock.setting.mode is ClockMode.AUTO
        return jumps and namespace.settled and not namespace.dialling and namespace.timers.stirring

    def _quiet(self, namespace_id: str) -> float:
        """How long nothing may have happened there before it jumps, in seconds."""
        namespace = self._driver.engine.namespaces.get(namespace_id)
        due = namespace.timers.next() if namespace is not None and namespace.unheeded else None
        if namespace is None or due is None:
            return QUIET_SECS
        slowly: float = min(MOST_PATIENT_SECS, ANSWERS * namespace.answered_in / SECOND)
        # no app is given longer than it would have before the same thing in real time
        ahead = (due - namespace.clock.read(self._driver.now())) / SECOND
        return max(QUIET_SECS, min(max(PATIENT_SECS, slowly), ahead))

    def _jump(self, namespace_id: str) -> None:
        del self._jumps[namespace_id]
        if namespace_id not in set(self._waited_for()) or not self._may_jump(namespace_id):
            return
        effects = self._driver.engine.step(namespace_id, None, self._driver.now())
        if effects is not None:
            self._driver.carry_out(effects)


def _whose(effect: Effect) -> str:
    """The namespace that an effect is of."""
    match effect:
        case Note():
            return effect.entry.namespace
        case _:
            return effect.namespace
