"""What one session's media become: datagrams from sockets in, a WAV file a track and counts out.

Owns a session's port pairs and files. Must not know SIP: what was agreed on is told to it. The sockets are read by
the running loop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import Unreachable, Unwritable
from emulator.siprec.capture.record import Direction, Kind, Packet
from emulator.siprec.media.arrival import Arrival, Arrived
from emulator.siprec.media.ports import PortPair, PortRange, open_ports
from emulator.siprec.media.wav_writer import WavWriter
from emulator.siprec.net.link import Transport
from emulator.siprec.net.resolving import is_address
from emulator.siprec.srs.actions import Ports

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.core.ids import Randomness
    from emulator.core.models import Instant
    from emulator.siprec.media.ports import Address
    from emulator.siprec.sdp.streams import NegotiatedStream

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What came of one stream.

    Attributes:
        label: Of its ``m=`` line; its number where it has none.
        file: Its recording; None where nothing is recorded, or nothing came.
        samples: Of sound in it, silence included.
        arrived: Packets, reports and losses.
    """

    label: str
    file: Path | None
    samples: int
    arrived: Arrived


class Taking:
    """One session's media, from its ports to its files; to be closed."""

    def __init__(
        self,
        *,
        folder: Path | None,
        randomness: Randomness,
        clock: Callable[[], Instant],
        keep: Callable[[Packet], None],
    ) -> None:
        """Have no ports yet.

        Args:
            folder: Where recordings go, which exists; None keeps none.
            randomness: Draws ports, sources and report times.
            clock: Asked when a datagram came.
            keep: Told of each datagram.
        """
        self._folder = folder
        self._randomness = randomness
        self._clock = clock
        self._keep = keep
        self._pairs: list[PortPair] = []
        self._streams: tuple[NegotiatedStream, ...] = ()
        self._arrivals: dict[int, Arrival] = {}
        self._writers: dict[int, tuple[Path, WavWriter]] = {}

    def open(self, host: str, count: int, within: PortRange | None) -> tuple[Ports, ...]:
        """Bind a pair for each stream.

        Args:
            host: The local address to bind to.
            count: How many streams.
            within: Which ports may be taken; None: any.

        Returns:
            None at all where not every one was to be had.
        """
        try:
            for index in range(count):
                pair = open_ports(host, randomness=self._randomness, within=within)
                self._pairs.append(pair)
                self._listen(index, pair)
        except Unreachable:
            self.close()
            return ()
        return tuple(Ports(rtp=pair.local[1], rtcp=pair.local_rtcp[1]) for pair in self._pairs)

    def follow(self, streams: tuple[NegotiatedStream, ...]) -> None:
        """Take what was agreed on, first or anew.

        Raises:
            SrtpMissing: A stream is secure, and ``pylibsrtp`` is not installed.
        """
        self._streams = streams
        for index, stream in enumerate(streams[: len(self._pairs)]):
            if not stream.active:
                continue
            if index in self._arrivals:
                self._arrivals[index].follow(stream)
                continue
            ssrc = self._randomness.getrandbits(32)
            self._arrivals[index] = Arrival(
                negotiated=stream,
                ssrc=ssrc,
                name=f"srs-{ssrc:08x}",
                randomness=self._randomness,
                now=self._clock(),
            )

    @property
    def report_at(self) -> Instant | None:
        """When the next report is due."""
        times = (arrival.report_at for arrival in self._arrivals.values())
        return min((time for time in times if time is not None), default=None)

    def report(self) -> None:
        """Send the reports that are due."""
        now = self._clock()
        for index, arrival in self._arrivals.items():
            if arrival.report_at is not None and arrival.report_at <= now:
                self._send(index, arrival.report)

    def tracks(self) -> tuple[Track, ...]:
        """What came of each stream so far."""
        return tuple(self._track(index, arrival) for index, arrival in sorted(self._arrivals.items()))

    def leave(self) -> None:
        """Say goodbye on every stream, once."""
        for index, arrival in self._arrivals.items():
            if arrival.report_at is not None:
                self._send(index, arrival.farewell)

    def close(self) -> None:
        """Give ports back and finish files; a second time does nothing."""
        for pair in self._pairs:
            pair.close()
        self._pairs.clear()
        for _, writer in self._writers.values():
            writer.close()

    def _listen(self, index: int, pair: PortPair) -> None:
        def rtp(data: bytes, peer: Address) -> None:
            self._kept(Kind.RTP, Direction.RECEIVED, pair.local, peer, data)
            self._take(index, data, self._clock())

        def rtcp(data: bytes, peer: Address) -> None:
            self._kept(Kind.RTCP, Direction.RECEIVED, pair.local_rtcp, peer, data)
            arrival = self._arrivals.get(index)
            if arrival is not None:
                arrival.hear(data, self._clock())

        pair.listen(rtp=rtp, rtcp=rtcp)

    def _kept(self, kind: Kind, direction: Direction, local: Address, remote: Address, data: bytes) -> None:
        self._keep(
            Packet(
                at=self._clock(),
                direction=direction,
                kind=kind,
                transport=Transport.UDP,
                local=local,
                remote=remote,
                data=data,
            )
        )

    def _take(self, index: int, data: bytes, now: Instant) -> None:
        arrival = self._arrivals.get(index)
        voice = None if arrival is None else arrival.take(data, now)
        if voice is not None and self._folder is not None:
            if index not in self._writers:
                file = self._folder / f"{self._label(index)}.wav"
                self._writers[index] = (file, WavWriter(file))
            self._writers[index][1].write(voice, now)

    def _send(self, index: int, made: Callable[[Instant], bytes]) -> None:
        remote = self._streams[index].remote_rtcp
        try:
            data = made(self._clock())
            # a name would be looked up while everybody waits
            if remote is None or not is_address(remote[0]):
                return
            pair = self._pairs[index]
            pair.rtcp.sendto(data, remote)
        except (OSError, Unwritable):
            # a report that is lost is followed by another
            return
        self._kept(Kind.RTCP, Direction.SENT, pair.local_rtcp, remote, data)

    def _track(self, index: int, arrival: Arrival) -> Track:
        file, writer = self._writers.get(index, (None, None))
        return Track(
            label=self._label(index),
            file=file,
            samples=0 if writer is None else writer.samples,
            arrived=arrival.arrived,
        )

    def _label(self, index: int) -> str:
        """A name for people and for a file: whatever a client calls a stream, it leads nowhere else."""
        label = _plain(self._streams[index].label)
        taken = [_plain(stream.label) for stream in self._streams[:index]]
        return f"{label or 'stream'}-{index + 1}" if not label or label in taken else label


def _plain(label: str | None) -> str:
    return _UNSAFE.sub("_", label or "")[:_LONGEST_NAME].strip(".")
