"""The media of one session on real sockets: its ports, and its tracks in the process's pacer.

Owns their beginning, change and end. Must not make packets or keep time: ``media/`` does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.siprec.capture.record import Direction, Kind, Packet
from emulator.siprec.media.mischief import Mischief
from emulator.siprec.media.ports import open_ports
from emulator.siprec.media.stream import Track, drawn_source
from emulator.siprec.net.link import Transport
from emulator.siprec.src.order import TrackPorts
from emulator.siprec.src.statistics import Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.core.models import Instant
    from emulator.core.srs import Misconduct
    from emulator.siprec.capture.record import Record
    from emulator.siprec.media.pacer import Pacer
    from emulator.siprec.media.ports import PortPair, PortRange
    from emulator.siprec.media.sound import Sound
    from emulator.siprec.net.link import Address
    from emulator.siprec.sdp.streams import NegotiatedStream
    from emulator.siprec.src.draws import Bits
    from emulator.siprec.src.order import Order

_RTCP_TYPES = range(192, 224)
"""Of an RTCP packet's second byte, which no RTP packet of an audio codec has (RFC 5761 section 4)."""


class Tracks:
    """All tracks of one session."""

    def __init__(self, order: Order, sounds: Sequence[Sound], bits: Bits, record: Record) -> None:
        """Open nothing yet.

        Args:
            order: Whose tracks.
            sounds: What each plays.
            bits: Draws where counting begins.
            record: Takes what leaves and comes in.
        """
        self._order = order
        self._sounds = sounds
        self._bits = bits
        self._record = record
        self._pacer: Pacer | None = None
        self._clock: Callable[[], Instant] | None = None
        self._pairs: list[PortPair] = []
        self._tracks: list[Track] = []

    @property
    def started(self) -> bool:
        """Whether they were ever sent."""
        return bool(self._tracks)

    @property
    def counted(self) -> tuple[Counted, ...]:
        """What each sent and heard; empty before there were any."""
        labels = (track.label for track in self._order.tracks)
        return tuple(
            Counted(label=label, ssrc=track.ssrc, sent=track.sent, heard=track.heard)
            for label, track in zip(labels, self._tracks, strict=False)
        )

    def open(self, host: str, within: PortRange | None) -> tuple[TrackPorts, ...]:
        """Take a pair of ports for each track.

        Args:
            host: The local address.
            within: Which may be taken; None: any.

        Raises:
            Unreachable: There are not enough.
        """
        for _ in self._order.tracks:
            self._pairs.append(open_ports(host, randomness=self._bits, within=within))
        return tuple(TrackPorts(rtp=pair.local[1], rtcp=pair.local_rtcp[1]) for pair in self._pairs)

    def start(self, streams: tuple[NegotiatedStream, ...], pacer: Pacer, clock: Callable[[], Instant]) -> None:
        """Send what was agreed on.

        Raises:
            SrtpMissing: It is secure, and ``pylibsrtp`` is not installed.
            Unreachable: A remote address is a name.
        """
        self._pacer = pacer
        self._clock = clock
        mischief = _mischief(self._order, self._bits)
        name = f"{self._order.session_id}@{self._pairs[0].local[0]}"
        for ordered, sound, stream, pair in zip(
            self._order.tracks, self._sounds, streams, self._pairs, strict=True
        ):
            track = Track(
                sound=sound,
                # by its own name, though misconduct may have kept that from the wire
                negotiated=replace(stream, label=ordered.label),
                source=drawn_source(self._bits, name),
                randomness=self._bits,
                mischief=mischief,
            )
            self._tracks.append(track)
            pair.listen(rtcp=self._hears(track, pair.local_rtcp), rtp=self._hears(track, pair.local))
            pacer.add(track, pair, self._sent if self._record.keeps_media else None)

    def follow(self, streams: tuple[NegotiatedStream, ...]) -> None:
        """Go on as a later agreement says.

        Raises:
            SrtpMissing: It became secure, and ``pylibsrtp`` is not installed.
            Unreachable: A remote address is a name.
        """
        for track, stream in zip(self._tracks, streams, strict=False):
            track.follow(stream)

    def close(self) -> None:
        """Send RTCP's BYE and give the ports back; a second time does nothing."""
        pairs, self._pairs = self._pairs, []
        if self._pacer is not None and pairs:
            for track in self._tracks:
                self._pacer.remove(track)
        for pair in pairs:
            pair.close()

    def _hears(self, track: Track, local: Address) -> Callable[[bytes, Address], None]:
        def heard(data: bytes, remote: Address) -> None:
            self._keep(data, Direction.RECEIVED, local, remote)
            if _kind(data) is Kind.RTCP and self._clock is not None:
                track.hear(data, self._clock())

        return heard

    def _sent(self, data: bytes, local: Address, remote: Address) -> None:
        self._keep(data, Direction.SENT, local, remote)

    def _keep(self, data: bytes, direction: Direction, local: Address, remote: Address) -> None:
        if not self._record.keeps_media or self._clock is None:
            return
        packet = Packet(
            at=self._clock(),
            direction=direction,
            kind=_kind(data),
            transport=Transport.UDP,
            local=local,
            remote=remote,
            data=data,
        )
        self._record.add(packet)


def _kind(data: bytes) -> Kind:
    return Kind.RTCP if len(data) > 1 and data[1] in _RTCP_TYPES else Kind.RTP


def _mischief(order: Order, bits: Bits) -> Mischief:
    wrong: Misconduct = order.misconduct
    mute = frozenset(
        track.label for track in order.tracks if wrong.only_track is not None and track.label != wrong.only_track
    )
    return Mischief(
        seed=bits.getrandbits(32),
        loss=wrong.loss,
        reordering=wrong.reordering,
        jitter=wrong.jitter,
        silence_after=wrong.silence,
        mute=mute,
        codec_after=wrong.codec_change,
    )
