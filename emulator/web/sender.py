"""Sends webhooks: many at once, each origin within its bound, and every ``Send`` reported exactly once.

Owns the tasks and their end. Must not decide whether to try again (``core/delivery.py``) nor how one exchange goes
(``web/exchange.py``); the order in which the waiting start is ``web/lanes.py``'s.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.errors import TargetRefused
from emulator.web.deadlines import Deadlines
from emulator.web.exchange import Exchange, Line, open_session
from emulator.web.lanes import Lanes
from emulator.web.targets import MAX_SENT_URL_LENGTH, GuardedResolver, check_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from yarl import URL

    from emulator.container import Container
    from emulator.core.effects import AttemptResult, Send
    from emulator.core.models import Instant
    from emulator.core.signing import Signer
    from emulator.web.targets import TargetPolicy

PER_ORIGIN = 256
FIRST_OF_ORIGIN = 32
TOTAL = 1024

WIDEN_SECS = 0.02
"""How often slow origins are looked for while something waits."""

_URLS_REMEMBERED = 256
_REFUSED = "refused"


class _Target(NamedTuple):
    url: URL
    origin: str


class Sender:
    """Carries out ``Send`` effects.

    ``submit`` may be called before ``start``: what was submitted waits.
    """

    def __init__(  # noqa: PLR0913 - it is assembled once, of this many independent parts
        self,
        *,
        signer: Signer,
        targets: TargetPolicy,
        wall: Callable[[], Instant],
        on_result: Callable[[AttemptResult], None],
        tls: ssl.SSLContext | None = None,
        container: Container | None = None,
        per_origin: int = PER_ORIGIN,
        total: int = TOTAL,
    ) -> None:
        """Nothing is opened yet.

        Args:
            signer: Signs every webhook; its decoy signs those that are to be signed wrong.
            targets: Where webhooks may go.
            wall: The wall clock, microseconds since the Unix epoch.
            on_result: Called from the event loop, once for every ``Send``.
            tls: How certificates are checked; None is the system's way.
            container: That the server runs in, for what is said of failures.
            per_origin: Attempts under way at once to one scheme, host and port.
            total: Attempts under way at once.
        """
        self._signer = signer
        self._policy = targets
        self._wall = wall
        self._on_result = on_result
        self._tls = tls
        self._container = container
        self._lanes: Lanes[Send] = Lanes(per_origin=per_origin, total=total, first=FIRST_OF_ORIGIN)
        self._widening: asyncio.TimerHandle | None = None
        self._deadlines = Deadlines()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unreported = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._line: Line | None = None
        self._closed = False
        self._abandoning = False
        self._target = lru_cache(_URLS_REMEMBERED)(self._check)

    @property
    def in_flight(self) -> int:
        """Attempts under way."""
        return self._lanes.started

    @property
    def waiting(self) -> int:
        """Attempts that have not started."""
        return self._lanes.waiting

    @property
    def idle(self) -> asyncio.Event:
        """Set while every ``Send`` has been reported."""
        return self._idle

    async def start(self) -> None:
        """Open the client, and start what was submitted before."""
        session = open_session(GuardedResolver(self._policy), self._tls)
        self._line = Line(
            session=session,
            signer=self._signer,
            decoy=self._signer.decoy(),
            target=lambda url: self._target(url).url,
            deadlines=self._deadlines,
        )
        self._start_waiting()

    async def close(self) -> None:
        """Abandon what is left and close every connection; a later ``Send`` is reported as abandoned."""
        self._closed = True
        await self._abandon_all()
        self._deadlines.stop()
        if self._widening is not None:
            self._widening.cancel()
        if self._line is not None:
            await self._line.session.close()
            self._line = None

    def submit(self, send: Send) -> None:
        """Take a ``Send`` and return at once; ``on_result`` hears of it later, never within this call."""
        self._unreported += 1
        self._idle.clear()
        if self._closed or self._abandoning:
            self._abandon(send)
            return
        self._lanes.put(self._origin(send.url), send)
        self._start_waiting()

    async def drain(self, timeout_secs: float) -> None:
        """Let what was submitted end; abandon what has not by the timeout.

        Returns when everything has been reported. The sender stays open.

        Args:
            timeout_secs: 0 abandons at once.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_secs):
                await self._all_reported()
        await self._abandon_all()

    async def _abandon_all(self) -> None:
        """What ``on_result`` submits meanwhile is abandoned too, or this might never end."""
        self._abandoning = True
        try:
            for send in self._lanes.clear():
                self._abandon(send)
            for task in self._tasks:
                task.cancel()
            await self._all_reported()
        finally:
            self._abandoning = False

    async def _all_reported(self) -> None:
        while self._unreported:
            await self._idle.wait()

    def _abandon(self, send: Send) -> None:
        now = self._wall()
        asyncio.get_running_loop().call_soon(self._report, Exchange(send, now).abandoned(now))

    def _start_waiting(self) -> None:
        if self._line is None:
            return
        while (taken := self._lanes.take()) is not None:
            origin, send = taken
            first = Exchange(send, self._wall())
            task = asyncio.get_running_loop().create_task(self._work(self._line, origin, first))
            self._tasks.add(task)
            task.add_done_callback(partial(self._ended, origin, first))
        if self._lanes.waiting and self._widening is None:
            self._widening = asyncio.get_running_loop().call_later(WIDEN_SECS, self._widen)

    def _widen(self) -> None:
        """A slow receiver gets more at once, so that its own slowness is all that it waits for."""
        self._widening = None
        self._lanes.widen_slow()
        self._start_waiting()

    async def _work(self, line: Line, origin: str, exchange: Exchange) -> None:
        """Run an exchange, then whichever may start next, until none waits: a task for each costs more."""
        loop = asyncio.get_running_loop()
        cancelled = False
        while True:
            try:
                await exchange.run(line)
                result = exchange.answered(self._wall())
            except asyncio.CancelledError:
                result, cancelled = exchange.abandoned(self._wall()), True
            except Exception as error:  # noqa: BLE001 - whatever it is, the attempt failed, and it is named
                result = exchange.failed(error, self._wall(), self._container)
            self._lanes.done(origin)
            # not from here: what goes wrong with a report must not end the work on the others
            loop.call_soon(self._report, result)
            if cancelled:
                # whoever cancelled a task is not to be taken for a later deadline of the same one
                self._start_waiting()
                return
            taken = self._lanes.take()
            if taken is None:
                return
            origin, send = taken
            exchange = Exchange(send, self._wall())

    def _ended(self, origin: str, first: Exchange, task: asyncio.Task[None]) -> None:
        """A task that was cancelled before its first step has reported nothing: no ``Send`` is lost."""
        self._tasks.discard(task)
        if task.cancelled():
            self._lanes.done(origin)
            self._report(first.abandoned(self._wall()))

    def _report(self, result: AttemptResult) -> None:
        try:
            self._on_result(result)
        finally:
            self._unreported -= 1
            if not self._unreported:
                self._idle.set()

    def _origin(self, url: str) -> str:
        """Forbidden URLs share one line: their attempts end at once, saying why."""
        try:
            return self._target(url).origin
        except TargetRefused:
            return _REFUSED

    def _check(self, url: str) -> _Target:
        parsed = check_url(url, self._policy, max_length=MAX_SENT_URL_LENGTH)
        return _Target(parsed, f"{parsed.scheme}://{parsed.raw_host}:{parsed.port}")
