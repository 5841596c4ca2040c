"""Lends the engine a clock and carries out its effects.

Owns the wall clock, the one timer of the event loop and the way of effects: sends to the sender, notes to the
watchers and the log. Must not decide anything about Telnyx: every input goes to the engine as a value.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.effects import Release, Send
from emulator.core.srs import AskedOfLine, DialSrs, ForgetSrs, HangUpSrs
from emulator.core.views import note_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.controls import ClockChange
    from emulator.core.effects import AttemptResult, Forwarded, Reply
    from emulator.core.engine import Engine
    from emulator.core.errors import ApiError
    from emulator.core.inputs import Outcome, Received
    from emulator.core.models import Instant, Request
    from emulator.core.srs import SrsReport
    from emulator.core.turn import Effect, Note

OnTheLine: TypeAlias = "Callable[[AskedOfLine], None]"
"""Takes what is asked of the line to recording servers."""

logger = logging.getLogger("emulator")


def wall() -> Instant:
    """Microseconds since the Unix epoch, from the machine's clock."""
    return time.time_ns() // 1_000


class Driver:
    """The engine's place in the event loop.

    Attributes:
        engine: Driven by nobody else.
        listeners: Told of all effects of an input at once, after they were carried out.
        holding: How many answers are held back, by namespace.
    """

    def __init__(self, engine: Engine, *, watch: Callable[[Note], None]) -> None:
        """Be ready; ``attach`` gives the sender, which needs the driver's ``delivered`` first.

        Args:
            engine: To drive.
            watch: Told of every note.
        """
        self.engine = engine
        self.listeners: list[Callable[[tuple[Effect, ...]], None]] = []
        self._watch = watch
        self._submit: Callable[[Send], None] | None = None
        self._line: OnTheLine | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for: Instant | None = None
        self.holding: Counter[str] = Counter()
        self._held: dict[int, asyncio.Future[None]] = {}
        self._latest: Instant = 0
        self.stopped = False

    def attach(self, submit: Callable[[Send], None], line: OnTheLine | None = None) -> None:
        """Say where sends go, and what is asked of the line to recording servers; None: nobody is dialled."""
        self._submit = submit
        self._line = line

    def now(self) -> Instant:
        """Wall time as the engine is told it: it never goes back, though a machine's clock may be set back."""
        self._latest = max(self._latest, wall())
        return self._latest

    def handle(self, request: Request) -> Outcome:
        """Answer a request to a Telnyx route; a held answer waits for ``released``."""
        outcome = self.engine.handle(request, self.now())
        if outcome.held is not None:
            self._held[outcome.held] = asyncio.get_running_loop().create_future()
            self.holding[request.namespace] += 1
        self.carry_out(outcome.effects)
        return outcome

    async def released(self, namespace: str, seq: int) -> None:
        """Wait until a held answer of a namespace may go; cancelled, the engine is told that nobody waits."""
        try:
            await self._held[seq]
        finally:
            del self._held[seq]
            self.holding -= Counter((namespace,))
            self.engine.forget_answer(namespace, seq)

    def stray(self, namespace: str, method: str, target: str, error: ApiError) -> Reply:
        """Answer a request that no Telnyx route takes."""
        outcome = self.engine.stray(namespace, method, target, error, self.now())
        self.carry_out(outcome.effects)
        return outcome.reply

    def forwarded(self, forwarded: Forwarded) -> None:
        """Take in that a request was passed on to another server."""
        self.carry_out(self.engine.forwarded(forwarded, self.now()))

    def delivered(self, result: AttemptResult) -> None:
        """Take in what came of an attempt."""
        self.carry_out(self.engine.delivered(result, self.now()))

    def srs_reported(self, report: SrsReport) -> None:
        """Take in what a recording server did."""
        self.carry_out(self.engine.srs_reported(report, self.now()))

    def received(self, namespace: str, received: Received) -> Reply:
        """Take in what the built-in receiver got; what it answers."""
        outcome = self.engine.received(namespace, received, self.now())
        self.carry_out(outcome.effects)
        return outcome.reply

    def reset(self, namespace: str | None) -> None:
        """Forget a namespace, or all of them."""
        self.carry_out(self.engine.reset(namespace))

    def set_clock(self, namespace: str, change: ClockChange) -> None:
        """Let a namespace's clock go in another way.

        Raises:
            LimitReached: There are as many namespaces as may be, all busy.
        """
        now = self.now()
        setting = change.over(self.engine.namespaces.turn(namespace, now).namespace.clock.setting)
        self.carry_out(self.engine.set_clock(namespace, setting, now, time=change.time))

    def stop(self) -> None:
        """Fire no more timers and send nothing more; what is not delivered is journaled as abandoned."""
        self.stopped = True
        if self._timer is not None:
            self._timer.cancel()
        self.carry_out(self.engine.abandon(self.now()))

    def carry_out(self, effects: tuple[Effect, ...]) -> None:
        """Do what the engine asked for, and see to its next deadline."""
        for effect in effects:
            if isinstance(effect, Send):
                if self._submit is not None and not self.stopped:
                    self._submit(effect)
            elif isinstance(effect, Release):
                self._release(effect.seq)
            elif isinstance(effect, (DialSrs, HangUpSrs, ForgetSrs)):
                self._ring(effect)
            else:
                self._watch(effect)
                _log(effect)
        self._arm()
        for listener in self.listeners:
            listener(effects)

    def _ring(self, effect: AskedOfLine) -> None:
        if self._line is not None:
            self._line(effect)

    def _release(self, seq: int) -> None:
        """A client that has left waits no more."""
        waiting = self._held.get(seq)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _arm(self) -> None:
        deadline = self.engine.next_deadline()
        if deadline == self._armed_for or self.stopped:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = deadline
        self._timer = None
        if deadline is not None:
            pause = max(0, deadline - self.now()) / 1_000_000
            self._timer = asyncio.get_running_loop().call_later(pause, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._armed_for = None
        self.carry_out(self.engine.due(self.now()))


def _log(note: Note) -> None:
    """One line per request, transition, webhook and attempt, with fixed keys."""
    if logger.isEnabledFor(logging.INFO):
        fields = note_line(note)
        for bulky in ("payload", "headers", "body", "body_base64"):
            fields.pop(bulky, None)
        logger.info(note.kind, extra={"fields": fields})
