"""The pacer over real sockets of the loopback, and over a clock that a test holds."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from emulator.core.models import MILLISECOND, SECOND, Instant
from emulator.siprec.media import rtcp, rtp
from emulator.siprec.media.mischief import HARMLESS, Mischief
from emulator.siprec.media.pacer import CAUGHT_UP, SLOTS, Pacer
from emulator.siprec.media.ports import Address, PortPair, open_ports
from emulator.siprec.media.stream import Track, drawn_source
from emulator.siprec.media.tone import tone
from emulator.siprec.sdp.streams import Direction, NegotiatedStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

RANDOM = Random(9)  # noqa: S311 - nothing secret is drawn


class Peer:
    """Takes what is sent, in order."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.ports = open_ports("127.0.0.1", randomness=RANDOM)
        self.rtp: list[rtp.RtpPacket] = []
        self.rtcp: list[tuple[rtcp.RtcpPacket, ...]] = []
        self._came = asyncio.Event()
        self.ports.listen(rtcp=self._take_rtcp, rtp=self._take_rtp)

    async def until(self, packets: int = 0, reports: int = 0) -> None:
        """Wait for so many."""
        async with asyncio.timeout(10):
            while len(self.rtp) < packets or len(self.rtcp) < reports:
                self._came.clear()
                await self._came.wait()

    def _take_rtp(self, data: bytes, _: Address) -> None:
        self.rtp.append(rtp.parse(data))
        self._came.set()

    def _take_rtcp(self, data: bytes, _: Address) -> None:
        self.rtcp.append(rtcp.parse(data))
        self._came.set()


class HeldTime:
    """A clock that stands still until it is moved, and the timer that it lets fire."""

    def __init__(self) -> None:
        """No timer is set."""
        self.now: Instant = 1_700_000_000 * SECOND
        self._due: Instant = 0
        self._fire: Callable[[], None] | None = None

    def clock(self) -> Instant:
        """What time it is."""
        return self.now

    def later(self, seconds: float, fire: Callable[[], None]) -> HeldTime:
        """Set the one timer."""
        self._due, self._fire = self.now + round(seconds * SECOND), fire
        return self

    def cancel(self) -> None:
        """Let it not fire."""
        self._fire = None

    def run(self, milliseconds: int) -> None:
        """Let time pass, and the timer fire when it should."""
        end = self.now + milliseconds * MILLISECOND
        while self._fire is not None and self._due <= end:
            self.now = max(self.now, self._due)
            fire, self._fire = self._fire, None
            fire()
        self.now = end

    def stall(self, milliseconds: int) -> None:
        """Let time pass while nothing runs, and then what is overdue."""
        self.now += milliseconds * MILLISECOND
        self.run(0)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    taking = Peer()
    yield taking
    taking.ports.close()


@pytest.fixture
async def ports() -> AsyncIterator[PortPair]:
    opened = open_ports("127.0.0.1", randomness=RANDOM)
    yield opened
    opened.close()


def machine_clock() -> Instant:
    return time.time_ns() // 1_000


def agreed(peer: Peer) -> NegotiatedStream:
    return NegotiatedStream(
        label="inbound",
        active=True,
        direction=Direction.SENDONLY,
        remote=peer.ports.local,
        remote_rtcp=peer.ports.local_rtcp,
    )


def track(negotiated: NegotiatedStream, mischief: Mischief = HARMLESS) -> Track:
    return Track(
        sound=tone(440),
        negotiated=negotiated,
        source=drawn_source(RANDOM, "test"),
        randomness=RANDOM,
        mischief=mischief,
    )


def timers() -> int:
    """How many timers the running loop holds."""
    loop = asyncio.get_running_loop()
    return sum(not handle.cancelled() for handle in loop._scheduled)  # type: ignore[attr-defined] # noqa: SLF001


async def test_packets_leave_in_order_every_20_ms(peer: Peer, ports: PortPair) -> None:
    pacer = Pacer(machine_clock)
    began = time.monotonic()
    pacer.add(track(agreed(peer)), ports)
    await peer.until(packets=15)
    assert time.monotonic() - began > 14 * 0.02 - 0.002
    first = peer.rtp[0]
    assert [packet.sequence - first.sequence for packet in peer.rtp[:15]] == list(range(15))
    pacer.close()


async def test_a_track_that_is_removed_says_goodbye_and_leaves_no_timer(peer: Peer, ports: PortPair) -> None:
    pacer = Pacer(machine_clock)
    before = timers()
    sender = track(agreed(peer))
    pacer.add(sender, ports)
    await peer.until(packets=2)
    pacer.remove(sender)
    assert (pacer.tracks, timers()) == (0, before)
    await peer.until(reports=1)
    assert peer.rtcp[0][-1] == rtcp.Goodbye(ssrcs=(sender.ssrc,))
    pacer.remove(sender)


async def test_reports_leave_by_the_port_of_rtcp(peer: Peer, ports: PortPair) -> None:
    pacer = Pacer(machine_clock)
    sender = track(agreed(peer))
    pacer.add(sender, ports)
    await peer.until(packets=1)
    sender.report_at = 0
    await peer.until(reports=1)
    assert isinstance(peer.rtcp[0][0], rtcp.SenderReport)
    assert sender.sent.reports == 1
    pacer.close()


async def test_reports_leave_by_the_port_of_rtp_where_the_peer_shares_it(peer: Peer, ports: PortPair) -> None:
    pacer = Pacer(machine_clock)
    sent: list[tuple[Address, Address]] = []
    sender = track(replace(agreed(peer), direction=Direction.INACTIVE, remote_rtcp=peer.ports.local))
    pacer.add(sender, ports, lambda _, local, remote: sent.append((local, remote)))
    pacer.remove(sender)
    assert sent == [(ports.local, peer.ports.local)]


async def test_a_capture_hears_of_each_datagram(peer: Peer, ports: PortPair) -> None:
    pacer = Pacer(machine_clock)
    sent: list[tuple[bytes, Address, Address]] = []
    sender = track(agreed(peer))
    pacer.add(sender, ports, lambda *told: sent.append(told))
    await peer.until(packets=3)
    pacer.remove(sender)
    *media, goodbye = sent
    assert [rtp.parse(data) for data, _, _ in media][:3] == peer.rtp[:3]
    assert {(local, remote) for _, local, remote in media} == {(ports.local, peer.ports.local)}
    assert goodbye[1:] == (ports.local_rtcp, peer.ports.local_rtcp)


async def test_a_paused_track_goes_on_when_it_is_told_to(peer: Peer, ports: PortPair) -> None:
    pacer = Pacer(machine_clock)
    sender = track(replace(agreed(peer), direction=Direction.INACTIVE))
    pacer.add(sender, ports)
    sender.follow(agreed(peer))
    await peer.until(packets=2)
    assert peer.rtp[0].marker
    pacer.close()


async def test_tracks_are_spread_over_the_slots(peer: Peer, ports: PortPair) -> None:
    held = HeldTime()
    pacer = Pacer(held.clock, held.later)
    left: list[Instant] = []
    for _ in range(2 * SLOTS):
        pacer.add(track(agreed(peer)), ports, lambda *_: left.append(held.now))
    began = held.now
    held.run(SLOTS)
    assert left == [began + number // 2 * MILLISECOND for number in range(2, 2 * SLOTS + 2)]
    pacer.close()


async def test_a_short_stall_is_made_up_for_in_order(peer: Peer, ports: PortPair) -> None:
    held = HeldTime()
    pacer = Pacer(held.clock, held.later)
    senders = [track(agreed(peer)) for _ in range(3)]
    for sender in senders:
        pacer.add(sender, ports)
    held.run(SLOTS)
    held.stall(4 * SLOTS)
    await peer.until(packets=15)
    for sender in senders:
        numbers = [packet.sequence for packet in peer.rtp if packet.ssrc == sender.ssrc]
        assert numbers == list(range(numbers[0], numbers[0] + 5))
    assert [packet.ssrc for packet in peer.rtp[3:6]] == [packet.ssrc for packet in peer.rtp[:3]]
    pace = pacer.pace
    assert (pace.sent, pace.skipped, pace.late) == (15, 0, 11)
    # the last of slot 0 was due at the very end of the stall, and the first of slot 1 79 ms before it
    assert pace.worst == 79 * MILLISECOND
    pacer.close()


async def test_what_a_long_stall_swallowed_is_skipped_and_counted(peer: Peer, ports: PortPair) -> None:
    held = HeldTime()
    pacer = Pacer(held.clock, held.later)
    sender = track(agreed(peer))
    pacer.add(sender, ports)
    held.run(SLOTS)
    held.stall(10_000)
    caught_up = CAUGHT_UP // SLOTS
    await peer.until(packets=1 + caught_up)
    skipped = 10_000 // SLOTS - caught_up
    assert pacer.pace.skipped == sender.sent.skipped == skipped
    before, after = peer.rtp[0], peer.rtp[1]
    assert (after.sequence - before.sequence) % (1 << 16) == 1
    assert (after.timestamp - before.timestamp) % (1 << 32) == 160 * (skipped + 1)
    assert after.marker
    pacer.close()


async def test_a_timer_that_fires_early_is_set_again(peer: Peer, ports: PortPair) -> None:
    held = HeldTime()
    pacer = Pacer(held.clock, lambda seconds, fire: held.later(seconds / 2, fire))
    pacer.add(track(agreed(peer)), ports)
    held.run(100)
    await peer.until(packets=5)
    assert pacer.pace.sent == 5
    pacer.close()


async def test_reordered_packets_leave_after_their_successors(peer: Peer, ports: PortPair) -> None:
    held = HeldTime()
    pacer = Pacer(held.clock, held.later)
    pacer.add(track(agreed(peer), Mischief(seed=1, reordering=0.5)), ports)
    held.run(32 * SLOTS)
    await peer.until(packets=30)
    numbers = [packet.sequence for packet in peer.rtp]
    assert numbers != sorted(numbers)
    # a packet is overtaken by one alone
    assert all(abs(number - min(numbers) - place) <= 1 for place, number in enumerate(numbers))
    pacer.close()


async def test_what_the_system_does_not_take_is_counted_and_holds_up_nothing(peer: Peer, ports: PortPair) -> None:
    pacer = Pacer(machine_clock)
    # no socket of IPv4 sends there
    pacer.add(track(replace(agreed(peer), remote=("::1", 9), remote_rtcp=("::1", 10))), ports)
    pacer.add(track(agreed(peer)), ports)
    await peer.until(packets=5)
    assert pacer.pace.unsent > 0
    pacer.close()


async def test_a_pacer_goes_on_after_it_was_idle(peer: Peer, ports: PortPair) -> None:
    held = HeldTime()
    pacer = Pacer(held.clock, held.later)
    for number in (1, 2):
        sender = track(agreed(peer))
        pacer.add(sender, ports)
        held.run(2 * SLOTS)
        pacer.remove(sender)
        held.run(1_000)
        await peer.until(packets=2 * number, reports=number)
    assert (pacer.pace.sent, pacer.pace.skipped, pacer.pace.late) == (4, 0, 0)
