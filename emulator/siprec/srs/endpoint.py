"""The recording server on real sockets: lends its machine a clock, links, ports and a folder.

Owns the timer, the listeners and the sessions' folders. Must not decide anything about SIP: ``server.py`` does.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import GarbledSip, SrtpMissing, Unwritable
from emulator.core.models import SECOND
from emulator.siprec.capture.record import Direction, Packet
from emulator.siprec.clock import steady_wall
from emulator.siprec.media.srtp import demand_srtp
from emulator.siprec.net.link import Transport
from emulator.siprec.net.listening import listen
from emulator.siprec.sip.message import parse, written
from emulator.siprec.sip.transactions.timers import Timers
from emulator.siprec.srs.actions import (
    Began,
    End,
    Ended,
    Flowing,
    Ignored,
    MetadataCame,
    Objected,
    PortsWanted,
    Transmit,
)
from emulator.siprec.srs.keeping import Kept, media_room
from emulator.siprec.srs.manner import Manner
from emulator.siprec.srs.server import Server
from emulator.siprec.srs.steps import Setting
from emulator.siprec.srs.summary import Summary, Trouble

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from emulator.core.errors import Unreachable
    from emulator.core.models import Instant
    from emulator.siprec.media.ports import PortRange
    from emulator.siprec.net.link import Address, Link
    from emulator.siprec.net.listening import Listener
    from emulator.siprec.srs.actions import Action, Ports

Told: TypeAlias = Summary | Ignored | Trouble

FAREWELL_SECS = 2.0
"""How long closing waits for answers to its BYEs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a recording server is to be.

    Attributes:
        host: The address to listen on.
        ports: A port for each transport that is listened for; 0 takes any.
        tls: What is shown to clients over TLS; needed where that is listened for.
        out: Where each session gets a folder of its own; None keeps nothing on disk.
        media_ports: Which UDP ports media may take; None: any.
        manner: How sessions are answered.
        timers: SIP's.
    """

    host: str = "127.0.0.1"
    ports: Mapping[Transport, int] = field(default_factory=lambda: {Transport.UDP: 0, Transport.TCP: 0})
    tls: ssl.SSLContext | None = None
    out: Path | None = None
    media_ports: PortRange | None = None
    manner: Manner = field(default_factory=Manner)
    timers: Timers = field(default_factory=Timers)


class RecordingServer:
    """A server that listens once it is opened; to be closed.

    Attributes:
        addresses: Where it listens, by transport.
        now: Its clock: wall time that never goes back.
    """

    def __init__(
        self,
        wishes: Wishes,
        *,
        passed: Callable[[Packet], None] | None = None,
        told: Callable[[Told], None] | None = None,
    ) -> None:
        """Not listening yet.

        Args:
            wishes: How it is to be.
            passed: Told of each SIP message as it comes and goes.
            told: Told of each session that is over, of what could not be read, and of trouble.
        """
        self.addresses: dict[Transport, Address] = {}
        self._wishes = wishes
        self._passed = passed
        self._told = told
        self._randomness = random.SystemRandom()
        setting = Setting(manner=wishes.manner, randomness=self._randomness, timers=wishes.timers)
        self._server = Server(setting)
        self._listener: Listener | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._kept: dict[int, Kept] = {}
        self.now = steady_wall()
        self._idle = asyncio.Event()
        self._idle.set()
        self._calls: dict[str, Kept] = {}
        self._arriving: Packet | None = None
        self._writing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen.

        Raises:
            Unreachable: A port can't be bound.
        """
        wishes = self._wishes
        self._listener = await listen(wishes.host, wishes.ports, self, tls=wishes.tls)
        self.addresses = dict(self._listener.addresses)

    async def close(self) -> None:
        """Hang up on everybody, wait a little for their answers, and stop listening."""
        self._carry_out(self._server.hang_up(self.now()))
        try:
            async with asyncio.timeout(FAREWELL_SECS):
                await self._idle.wait()
        except TimeoutError:
            # whoever does not answer a BYE is not waited for
            for number in tuple(self._kept):
                self._keep(Ended(session=number, how=End.SERVER, status=200))
        await asyncio.gather(*self._writing)
        if self._listener is not None:
            await self._listener.close()
        # what came meanwhile has set it again
        if self._timer is not None:
            self._timer.cancel()

    # --- what links tell (net.link.Receiver) ---

    def received(self, data: bytes, link: Link) -> None:
        """A message came."""
        now = self.now()
        self._arriving = self._passed_on(data, link, Direction.RECEIVED, now)
        self._carry_out(self._server.received(data, link, now))
        self._arriving = None

    def lost(self, error: Unreachable, link: Link) -> None:
        """A link is gone."""
        del error
        self._carry_out(self._server.lost(link, self.now()))

    # --- actions ---

    def _carry_out(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            self._do(action)
        self._arm()

    def _do(self, action: Action) -> None:
        match action:
            case Transmit():
                self._send(action)
            case Began():
                self._begin(action)
            case PortsWanted():
                self._open_ports(action)
            case Ignored():
                self._tell(action)
            case Flowing() | Objected() | MetadataCame() | Ended():
                self._keep(action)

    def _send(self, action: Transmit) -> None:
        try:
            data = written(action.message)
        except Unwritable as error:
            self._tell(Ignored(link=action.link, reason=f"what it wants back can't be written: {error}"))
            return
        self._passed_on(data, action.link, Direction.SENT, self.now())
        action.link.send(data)

    def _begin(self, began: Began) -> None:
        kept = self._new(began, self._folder(began.session))
        self._kept[began.session] = kept
        self._calls[began.call_id] = kept
        self._idle.clear()
        if self._arriving is not None:
            kept.record.add(self._arriving)

    def _new(self, began: Began, folder: Path | None) -> Kept:
        room = media_room(kept.room for kept in self._kept.values())
        try:
            return Kept(began, folder=folder, room=room, randomness=self._randomness, clock=self.now)
        except OSError as error:
            self._tell(Trouble(session=began.session, reason=f"{folder}: {error.strerror or error}"))
            return Kept(began, folder=None, room=0, randomness=self._randomness, clock=self.now)

    def _open_ports(self, wanted: PortsWanted) -> None:
        ports: tuple[Ports, ...] = ()
        try:
            if wanted.secure:
                demand_srtp()
            ports = self._kept[wanted.session].taking.open(wanted.host, wanted.streams, self._wishes.media_ports)
            if not ports:
                self._tell(Trouble(session=wanted.session, reason="no UDP ports are left for its media"))
        except SrtpMissing as missing:
            self._tell(Trouble(session=wanted.session, reason=str(missing)))
        self._carry_out(self._server.ready(wanted.session, wanted.host, ports, self.now()))

    def _keep(self, action: Flowing | Objected | MetadataCame | Ended) -> None:
        kept = self._kept.get(action.session)
        if kept is None:
            # closing did not wait for its end
            return
        try:
            match action:
                case Flowing():
                    kept.taking.follow(action.streams)
                case Objected():
                    kept.object(action)
                case MetadataCame():
                    kept.keep_metadata(action.document)
                case Ended():
                    self._end(kept, action)
        except OSError as error:
            self._tell(Trouble(session=action.session, reason=str(error.strerror or error)))

    def _end(self, kept: Kept, ended: Ended) -> None:
        del self._kept[ended.session]
        self._calls = {call: one for call, one in self._calls.items() if one is not kept}
        if not self._kept:
            self._idle.set()
        try:
            summary = kept.finish(ended, self.now())
        finally:
            kept.taking.close()
        writing = asyncio.get_running_loop().create_task(self._written_down(kept, summary))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    async def _written_down(self, kept: Kept, summary: Summary) -> None:
        """Write a session's papers while others go on, and tell of it."""
        try:
            await asyncio.to_thread(kept.write, summary)
        except OSError as error:
            self._tell(Trouble(session=summary.number, reason=str(error.strerror or error)))
        self._tell(summary)

    # --- small things ---

    def _folder(self, number: int) -> Path | None:
        """One of its own for each session, in order of time."""
        if self._wishes.out is None:
            return None
        at = datetime.fromtimestamp(self.now() / SECOND, UTC)
        return self._wishes.out / f"{at:%Y%m%dT%H%M%S}-{number:03d}"

    def _passed_on(self, data: bytes, link: Link, direction: Direction, now: Instant) -> Packet:
        packet = Packet(
            at=now,
            direction=direction,
            transport=link.transport,
            local=link.local,
            remote=link.remote,
            data=data,
        )
        if self._passed is not None:
            self._passed(packet)
        kept = self._calls.get(_call_of(data))
        if kept is not None:
            kept.record.add(packet)
        return packet

    def _tell(self, told: Told) -> None:
        if self._told is not None:
            self._told(told)

    def _arm(self) -> None:
        """See to the next deadline, the machine's or a report's."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        times = [self._server.deadline, *(kept.taking.report_at for kept in self._kept.values())]
        deadline = min((time for time in times if time is not None), default=None)
        if deadline is not None:
            pause = max(0, deadline - self.now()) / SECOND
            self._timer = asyncio.get_running_loop().call_later(pause, self._fire)

    def _fire(self) -> None:
        self._timer = None
        for kept in self._kept.values():
            kept.taking.report()
        self._carry_out(self._server.tick(self.now()))


def _call_of(data: bytes) -> str:
    """The Call-ID of a message; empty where it can't be read."""
    try:
        return parse(data).headers.get("Call-ID") or ""
    except GarbledSip:
        return ""
