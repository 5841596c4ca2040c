"""An incoming track: what a recorder makes of the RTP and RTCP that a client sends (RFC 3550, 3551).

Owns opening, reading and counting of datagrams, by source, and the recorder's own reports. sans-IO: time and
randomness are arguments. Must not know sockets, nor keep sound: ``wav_writer.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledMedia
from emulator.siprec.media import reports, rtcp, rtp
from emulator.siprec.media.counting import Reception
from emulator.siprec.media.srtp import Protector, Unprotector

if TYPE_CHECKING:
    from emulator.core.ids import Randomness
    from emulator.core.models import Instant
    from emulator.siprec.media.counting import Received
    from emulator.siprec.sdp.codecs import Codec
    from emulator.siprec.sdp.streams import NegotiatedStream

MOST_SOURCES = 8
"""Of one track: a client may begin anew under another SSRC, but not without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Sound that came in a packet.

    Attributes:
        ssrc: Whose.
        timestamp: Of its first sample, 32 bits.
        payload: A byte for each sample.
        codec: How it is encoded.
        marker: It begins a talkspurt.
    """

    ssrc: int
    timestamp: int
    payload: bytes
    codec: Codec
    marker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What came on a track so far.

    Attributes:
        sources: What came of each, in the order in which they began.
        garbled: Datagrams that are no RTP or RTCP, or not authentic.
        unknown: Packets of a payload type that was not agreed on.
        crowded: Packets of sources beyond those that are counted.
        reports: Compound packets of the client's RTCP.
        sender_reports: SRs among them.
        name: The client's canonical name.
        left: It sent BYE.
    """

    sources: tuple[Received, ...] = ()
    garbled: int = 0
    unknown: int = 0
    crowded: int = 0
    reports: int = 0
    sender_reports: int = 0
    name: str = ""
    left: bool = False


class Arrival:
    """Takes one track's datagrams, in the order in which they come."""

    __slots__ = (
        "_arrived",
        "_codecs",
        "_name",
        "_negotiated",
        "_protector",
        "_randomness",
        "_sources",
        "_unprotector",
        "report_at",
        "ssrc",
    )

    def __init__(
        self, *, negotiated: NegotiatedStream, ssrc: int, name: str, randomness: Randomness, now: Instant
    ) -> None:
        """Nothing came yet.

        Args:
            negotiated: What was agreed on.
            ssrc: The recorder's own, under which it reports.
            name: Its canonical name.
            randomness: Draws when reports are due.
            now: From when on they are.

        Raises:
            SrtpMissing: It is secure, and ``pylibsrtp`` is not installed.
        """
        self.ssrc = ssrc
        self._name = name
        self._randomness = randomness
        self._sources: dict[int, Reception] = {}
        self._arrived = Arrived()
        self._negotiated: NegotiatedStream | None = None
        self._protector: Protector | None = None
        self._unprotector: Unprotector | None = None
        self.report_at: Instant | None = now + reports.interval(randomness, first=True)
        self.follow(negotiated)

    @property
    def arrived(self) -> Arrived:
        """What came so far."""
        return replace(self._arrived, sources=tuple(source.counted() for source in self._sources.values()))

    def follow(self, negotiated: NegotiatedStream) -> None:
        """Go on as a later agreement says.

        Raises:
            SrtpMissing: It became secure, and ``pylibsrtp`` is not installed.
        """
        before = self._negotiated
        if before is None or before.local_key != negotiated.local_key:
            self._protector = None if negotiated.local_key is None else Protector(negotiated.local_key)
        if before is None or before.remote_key != negotiated.remote_key:
            self._unprotector = None if negotiated.remote_key is None else Unprotector(negotiated.remote_key)
        self._codecs = dict(negotiated.received_types)
        self._negotiated = negotiated

    def take(self, data: bytes, now: Instant) -> Voice | None:
        """Count a datagram of RTP.

        Args:
            data: As it came.
            now: When.

        Returns:
            Its sound; None where it has none that can be heard, which is counted.
        """
        try:
            packet = rtp.parse(data if self._unprotector is None else self._unprotector.unprotect(data))
        except GarbledMedia:
            self._arrived = replace(self._arrived, garbled=self._arrived.garbled + 1)
            return None
        codec = self._codecs.get(packet.payload_type)
        if codec is None:
            self._arrived = replace(self._arrived, unknown=self._arrived.unknown + 1)
            return None
        if not self._counted(packet, now):
            return None
        return Voice(
            ssrc=packet.ssrc,
            timestamp=packet.timestamp,
            payload=packet.payload,
            codec=codec,
            marker=packet.marker,
        )

    def hear(self, data: bytes, now: Instant) -> None:
        """Count a datagram of RTCP."""
        try:
            packets = rtcp.parse(data if self._unprotector is None else self._unprotector.unprotect_rtcp(data))
        except GarbledMedia:
            self._arrived = replace(self._arrived, garbled=self._arrived.garbled + 1)
            return
        arrived = replace(self._arrived, reports=self._arrived.reports + 1)
        for packet in packets:
            if isinstance(packet, rtcp.SenderReport):
                arrived = replace(arrived, sender_reports=arrived.sender_reports + 1)
                if packet.ssrc in self._sources:
                    self._sources[packet.ssrc].told(packet.ntp, now)
            if isinstance(packet, rtcp.SourceDescription) and packet.names:
                arrived = replace(arrived, name=packet.names[0][1])
            if isinstance(packet, rtcp.Goodbye):
                arrived = replace(arrived, left=True)
        self._arrived = arrived

    def report(self, now: Instant) -> bytes:
        """The compound packet that is due at ``report_at``, and the next one's time.

        Raises:
            Unwritable: SRTP refuses it.
        """
        self.report_at = now + reports.interval(self._randomness, first=False)
        return self._compound(now, leaves=False)

    def farewell(self, now: Instant) -> bytes:
        """The compound packet with BYE.

        Raises:
            Unwritable: SRTP refuses it.
        """
        self.report_at = None
        return self._compound(now, leaves=True)

    def _counted(self, packet: rtp.RtpPacket, now: Instant) -> bool:
        source = self._sources.get(packet.ssrc)
        if source is not None:
            source.took(packet, now)
            return True
        if len(self._sources) == MOST_SOURCES:
            self._arrived = replace(self._arrived, crowded=self._arrived.crowded + 1)
            return False
        self._sources[packet.ssrc] = Reception(packet, now)
        return True

    def _compound(self, now: Instant, *, leaves: bool) -> bytes:
        blocks = tuple(source.reported(now) for source in self._sources.values())
        data = reports.compound(rtcp.ReceiverReport(ssrc=self.ssrc, blocks=blocks), self._name, leaves=leaves)
        return data if self._protector is None else self._protector.protect_rtcp(data)
