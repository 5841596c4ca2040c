"""One session on real sockets: lends its machine a clock, a way to the SRS, ports and sound.

Owns the timer, and the order in which things are opened and closed. Must not decide anything about SIP:
``machine.py`` does.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import EmulatorError, SiprecError, Unreachable
from emulator.core.models import MILLISECOND, SECOND
from emulator.core.srs import SrsReason
from emulator.siprec.capture.record import Direction, Record
from emulator.siprec.media.srtp import demand_srtp
from emulator.siprec.net.connecting import connect
from emulator.siprec.net.resolving import resolve
from emulator.siprec.src import machine
from emulator.siprec.src.actions import (
    ChangeMedia,
    Ended,
    Failed,
    Noted,
    Over,
    Seek,
    StartMedia,
    StopMedia,
    Tell,
    Transmit,
)
from emulator.siprec.src.draws import Bits, Draw
from emulator.siprec.src.hops import Hops
from emulator.siprec.src.means import sound_of
from emulator.siprec.src.media_hosts import addressed, hosts_in, names_in
from emulator.siprec.src.order import Whereabouts
from emulator.siprec.src.state import Phase
from emulator.siprec.src.tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from emulator.siprec.capture.record import Packet
    from emulator.siprec.net.link import Destination, Link
    from emulator.siprec.sdp.streams import NegotiatedStream
    from emulator.siprec.src.actions import Action, Report
    from emulator.siprec.src.means import Means
    from emulator.siprec.src.order import Order
    from emulator.siprec.src.state import Conduct
    from emulator.siprec.src.statistics import Counted

    Told: TypeAlias = Callable[[Report], None]


class Placed:
    """A session that was placed.

    Attributes:
        record: What it sent and received.
    """

    def __init__(
        self,
        order: Order,
        tell: Told,
        seed: bytes,
        means: Means,
        passed: Callable[[Packet], None] | None = None,
    ) -> None:
        """Begin, from the running loop; nothing is told before this returns."""
        self._order = order
        self._tell = tell
        self._seed = seed
        self._means = means
        self.record = Record(keeps_media=means.media_bytes > 0, most_media_bytes=means.media_bytes, passed=passed)
        self._conduct: Conduct | None = None
        self._hops: Hops | None = None
        self._left_behind: list[Hops] = []
        self._tracks: Tracks | None = None
        self._answered = False
        self._timer: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self._agreed: tuple[NegotiatedStream, ...] = ()
        self._releasing: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling = self._spawn(self._dial())

    @property
    def counted(self) -> tuple[Counted, ...]:
        """What each track sent and heard; empty before there were any."""
        return () if self._tracks is None else self._tracks.counted

    @property
    def idle(self) -> bool:
        """Whether everything of it is closed."""
        return self._releasing is not None and not self._tasks

    def hang_up(self) -> None:
        """End it, by CANCEL or BYE, as far as it has come; nothing where it is over."""
        if self._conduct is not None:
            self._take(machine.hang_up(self._conduct, self._means.clock()))
        elif not self._over.is_set():
            self._dialling.cancel()
            self._loop.call_soon(self._never, Ended())

    async def over(self) -> None:
        """Wait until ``Over`` was told."""
        await self._over.wait()

    async def abandon(self) -> None:
        """Close everything at once, whatever is still awaited; ``Over`` is told if it was not."""
        if self._conduct is not None:
            self._conduct = replace(self._conduct, phase=Phase.OVER, owned=(), alarms=())
        self._release()
        for task in self._tasks - {self._releasing}:
            task.cancel()
        if not self._over.is_set():
            self._tell(Noted(text="the SRS took too long to answer, and is not waited for"))
        self._told_over()
        while self._tasks:
            await asyncio.wait(self._tasks)

    # --- dialling ---

    async def _dial(self) -> None:
        why = SrsReason.MEDIA
        try:
            if self._order.secure:
                demand_srtp()
            sounds = [await sound_of(track, self._means) for track in self._order.tracks]
            why = SrsReason.DNS
            means = self._means
            found = await resolve(self._order.target, means.names, means.draw, permit=means.permit)
            self._tracks = Tracks(self._order, sounds, Bits(self._seed, Draw.MEDIA), self.record)
            why = SrsReason.REFUSED
            began = means.clock()
            async with asyncio.timeout(self._order.answer_timeout / SECOND):
                here, left = await self._reach(found, self._tracks)
            conduct = machine.prepared(self._order, here, self._seed, began, left=left)
            self._take(machine.start(conduct, means.clock()))
        except TimeoutError:
            self._never(Failed(why=SrsReason.NO_ANSWER, reason="no answer in time"))
        except Unreachable as error:
            self._never(Failed(why=SrsReason.TLS if error.tls else why, reason=str(error)))
        except EmulatorError as error:
            known = isinstance(error, SiprecError)
            self._never(Failed(why=why if known else SrsReason.REFUSED, reason=str(error)))

    async def _reach(
        self, destinations: tuple[Destination, ...], tracks: Tracks
    ) -> tuple[Whereabouts, tuple[Destination, ...]]:
        """Open a way to the first address that takes one.

        Returns:
            Where this side is then, and the addresses behind that one.

        Raises:
            Unreachable: None does, or there are no ports for media.
        """
        link = await connect(destinations, self, self._means.ways)
        self._answered = False
        self._hops = Hops(self._order.target, link, self, self._means, self.record)
        tracks.close()
        ports = tracks.open(link.local[0], self._means.ports)
        host = self._means.advertised or link.local[0]
        here = Whereabouts(host=host, port=link.local[1], media_host=host, ports=ports)
        reached = next(at for at, one in enumerate(destinations) if one.address == link.remote)
        return here, destinations[reached + 1 :]

    def _leave_for(self, destinations: tuple[Destination, ...]) -> None:
        """Let go of the way that there is, and open one to another address."""
        if self._hops is None or self._tracks is None:
            return
        self._hops.leave()
        self._left_behind.append(self._hops)
        self._hops = None
        self._dialling = self._spawn(self._seek(destinations, self._tracks))

    async def _seek(self, destinations: tuple[Destination, ...], tracks: Tracks) -> None:
        try:
            here, left = await self._reach(destinations, tracks)
        except Unreachable as error:
            if self._conduct is not None:
                why = SrsReason.TLS if error.tls else SrsReason.REFUSED
                self._take(machine.unreached(self._conduct, why, str(error), self._means.clock()))
            return
        if self._conduct is not None:
            self._take(machine.reached(self._conduct, here, left, self._means.clock()))

    def _never(self, outcome: Failed | Ended) -> None:
        """The session ends before anything was sent."""
        if self._over.is_set():
            return
        self._tell(outcome)
        self._release()
        self._told_over()

    # --- what comes ---

    def received(self, data: bytes, link: Link) -> None:
        """Take a message (``net.link.Receiver``)."""
        now = self._means.clock()
        self.record.message(Direction.RECEIVED, data, link, now)
        if self._conduct is None or self._hops is None:
            return
        self._answered = True
        if not data.startswith(b"SIP/2.0 "):
            self._hops.asked(link)
        self._take(machine.heard(self._conduct, data, now, link.remote))

    def lost(self, error: Unreachable, link: Link) -> None:
        """Take in that nothing goes that way (``net.link.Receiver``)."""
        del link
        self._lose(error)

    def _lose(self, error: Unreachable) -> None:
        if self._conduct is not None:
            why = SrsReason.LOST if self._answered else SrsReason.REFUSED
            self._take(machine.lost(self._conduct, why, str(error), self._means.clock()))

    # --- what is asked ---

    def _take(self, step: machine.Step) -> None:
        self._conduct = step.conduct
        for action in step.actions:
            self._act(action)
        self._rearm()
        if step.conduct.phase in (Phase.LEAVING, Phase.OVER):
            self._seek_no_more()
        if step.conduct.phase is Phase.OVER:
            self._release()

    def _seek_no_more(self) -> None:
        if self._tracks is not None:
            self._tracks.close()
        if self._dialling is not asyncio.current_task():
            self._dialling.cancel()

    def _act(self, action: Action) -> None:
        match action:
            case Transmit():
                self._transmit(action)
            case Seek():
                self._leave_for(action.destinations)
            case StartMedia() | ChangeMedia():
                self._sound(action.streams)
            case StopMedia():
                if self._tracks is not None:
                    self._tracks.close()
            case Tell(report=Over()):
                self._told_over()
            case Tell():
                self._tell(action.report)

    def _transmit(self, action: Transmit) -> None:
        if self._hops is None:
            return
        if action.hop is None:
            self._hops.answer(action.data, action.back)
        else:
            self._hops.ask(action.data, action.hop, self._lose)

    def _sound(self, streams: tuple[NegotiatedStream, ...]) -> None:
        """Send as agreed on; names are looked up first, since a track takes none."""
        self._agreed = streams
        named = names_in(streams)
        if named:
            self._spawn(self._resolved(streams, named))
            return
        self._sounded(streams)

    async def _resolved(self, streams: tuple[NegotiatedStream, ...], named: frozenset[str]) -> None:
        found = {}
        for host in named:
            try:
                found[host] = (await self._means.names.addresses(host))[0]
            except Unreachable as error:
                self._tell(Noted(text=f"media can't be sent: {error}"))
                return
        if self._agreed is streams:
            self._sounded(addressed(streams, found))

    def _sounded(self, streams: tuple[NegotiatedStream, ...]) -> None:
        if self._tracks is None or self._conduct is None or self._conduct.phase is not Phase.UP:
            return
        try:
            for host in hosts_in(streams):
                self._means.permit(host, host)
            if self._tracks.started:
                self._tracks.follow(streams)
            else:
                self._tracks.start(streams, self._means.pacer, self._means.clock)
        except EmulatorError as error:
            self._tell(Noted(text=f"media can't be sent: {error}"))

    # --- time ---

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = None if self._conduct is None else machine.deadline(self._conduct)
        if due is not None:
            # rounded up: a loop's timers may wake a moment early
            wait = max(due - self._means.clock(), 0) + MILLISECOND
            self._timer = self._loop.call_later(wait / SECOND, self._tick)

    def _tick(self) -> None:
        if self._conduct is not None:
            self._take(machine.tick(self._conduct, self._means.clock()))

    # --- the end ---

    def _release(self) -> None:
        """Close everything; a second time does nothing."""
        if self._releasing is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._tracks is not None:
            self._tracks.close()
        self._releasing = self._spawn(self._left_hops())

    async def _left_hops(self) -> None:
        hops = () if self._hops is None else (self._hops,)
        for one in (*self._left_behind, *hops):
            await one.close()

    def _told_over(self) -> None:
        if not self._over.is_set():
            self._over.set()
            self._tell(Over())

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
