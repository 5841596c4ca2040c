"""One TCP connection that carries SIP, plain or inside TLS, from its beginning to its end.

Owns framing, keep-alive and what a connection may cost: how long half a message may take, how much an unread peer
is owed. Must not open connections: ``tcp.py`` and ``listening.py`` do.

Keep-alive (RFC 5626 section 4.4.1): a double line end while nothing else is sent; one that comes is answered with
a single one. That no answer comes is no fault here: only who has agreed on ``outbound`` must answer.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from emulator.core.errors import GarbledSip
from emulator.core.models import SECOND
from emulator.siprec.net.sockets import plain, shown, words
from emulator.siprec.sip.framing import Framing, KeepAlive

if TYPE_CHECKING:
    from emulator.core.models import Duration
    from emulator.siprec.net.link import Address, Link
    from emulator.siprec.sip.framing import Framed

GOODBYE_SECS = 2.0
"""How long a peer may take to take what is left, and to end TLS in its turn."""

_MOST_OWED = 4 << 20
"""Bytes that wait for a peer which does not read; more and the connection is given up."""

_DEAD_AFTER_SECS = 32
"""How long sent bytes may go unacknowledged: as long as a transaction lasts (RFC 3261 section 17, 64*T1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How connections are kept.

    Attributes:
        keep_alive: How long one is silent before it is sent a sign of life; None sends none. RFC 5626 section
            4.4.1 has at most two minutes.
        patience: How long a message may take from its first byte to its last.
    """

    keep_alive: Duration | None = 95 * SECOND
    patience: Duration = 30 * SECOND


class Owner(Protocol):
    """Who has a connection."""

    def began(self, connection: Connection) -> None:
        """It is there, and TLS, where it is inside it, too."""

    def arrived(self, data: bytes, connection: Connection) -> None:
        """A whole message came."""

    def gone(self, reason: str, connection: Connection) -> None:
        """The connection ended, not by ``close``; what was sent last may be lost. Told once."""


class Connection(asyncio.Protocol):
    """A connection as the event loop's protocol."""

    def __init__(self, owner: Owner, habits: Habits, *, opened: bool) -> None:
        """Be nothing until connected.

        Args:
            owner: Told what comes.
            habits: How it is kept.
            opened: Whether this end opens it.
        """
        self.local: Address = ("", 0)
        self.remote: Address = ("", 0)
        self.ended = asyncio.get_running_loop().create_future()
        self._owner = owner
        self._habits = habits
        self._framing = Framing(opened=opened)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._alive: asyncio.TimerHandle | None = None
        self._half: asyncio.TimerHandle | None = None
        self._goodbye: asyncio.TimerHandle | None = None
        self._reason = ""
        self._wanted = False

    @property
    def usable(self) -> bool:
        """Whether what is written may arrive."""
        return self._transport is not None and not self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self._transport is None or not self.usable:
            return
        self._transport.write(data)
        self._stay_alive()
        if self._transport.get_write_buffer_size() > _MOST_OWED:
            self._give_up("it does not read what it is sent")

    def close(self) -> None:
        """End the connection; what was written is still sent, if the peer takes it soon."""
        self._wanted = True
        if self._transport is not None and self._goodbye is None and not self.ended.done():
            self._transport.close()
            self._goodbye = self._loop.call_later(GOODBYE_SECS, self._transport.abort)

    def abort(self) -> None:
        """End the connection at once."""
        self._wanted = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note both ends."""
        self._transport = cast("asyncio.Transport", transport)
        self.local = plain(transport.get_extra_info("sockname"))
        self.remote = plain(transport.get_extra_info("peername"))
        _notice_death(transport.get_extra_info("socket"))
        self._stay_alive()
        self._owner.began(self)

    def data_received(self, data: bytes) -> None:
        """Hand on what is whole."""
        finished = pinged = False
        try:
            for one in self._framing.feed(data):
                finished = True
                pinged = pinged or one is KeepAlive.PING
                self._take(one)
        except GarbledSip as error:
            self._give_up(f"it sent what is no SIP: {error.reason}")
            return
        if pinged:
            # one for all: a flood of them earns no flood
            self.write(KeepAlive.PONG.value)
        self._wait_for_rest(anew=finished)

    def _take(self, one: Framed) -> None:
        if isinstance(one, bytes) and not self._wanted:
            self._owner.arrived(one, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner, unless it asked for it."""
        for timer in (self._alive, self._half, self._goodbye):
            if timer is not None:
                timer.cancel()
        if not self.ended.done():
            self.ended.set_result(None)
        if not self._wanted:
            self._owner.gone(self._reason or self._why(exc), self)

    def _why(self, error: Exception | None) -> str:
        if error is not None:
            return words(error)
        if self._framing.unfinished:
            return "it closed the connection in the middle of a message"
        return "it closed the connection"

    def _give_up(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()

    def _stay_alive(self) -> None:
        if self._habits.keep_alive is None:
            return
        if self._alive is not None:
            self._alive.cancel()
        self._alive = self._loop.call_later(self._habits.keep_alive / SECOND, self.write, KeepAlive.PING.value)

    def _wait_for_rest(self, *, anew: bool) -> None:
        """Bound the time that half a message takes, from when it began."""
        if self._half is not None and (anew or not self._framing.unfinished):
            self._half.cancel()
            self._half = None
        if self._half is None and self._framing.unfinished:
            self._half = self._loop.call_later(
                self._habits.patience / SECOND, self._give_up, "it never finished a message"
            )


def ended(link: Link, reason: str) -> str:
    """In words, that a connection is over and why."""
    return f"the connection with {shown(link.remote)} by {link.transport.upper()} is over: {reason}"


def _notice_death(opened: socket.socket) -> None:
    """Let the kernel notice a peer that is gone without a word, where it can (tcp(7))."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_AFTER_SECS * 1000)
    if hasattr(socket, "TCP_KEEPIDLE"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _DEAD_AFTER_SECS)
