"""An outgoing track: RTP every 20 ms and RTCP now and then, as what was agreed on says (RFC 3550, 3551).

Owns sequence numbers, timestamps, the marker, what was sent, and what the peer reports of it. sans-IO: time and
randomness are arguments, and its packets are asked for. Must not know sockets or timers: ``pacer.py`` asks.

Time goes on while a track pauses: its timestamps and its sound are then where they would be had it played.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import GarbledMedia, Unreachable
from emulator.core.models import SECOND, Duration, Instant
from emulator.siprec.media import reports
from emulator.siprec.media.counting import round_trip
from emulator.siprec.media.g711 import SAMPLE_RATE
from emulator.siprec.media.mischief import HARMLESS, UNHARMED, Fate, Mischief, changed, fate, silent
from emulator.siprec.media.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    ntp_time,
    parse,
)
from emulator.siprec.media.rtp import HEADER, MARKER, SEQUENCES, TIMESTAMPS, VERSION
from emulator.siprec.media.sound import FRAME, FRAME_SAMPLES
from emulator.siprec.media.srtp import Protector, Unprotector
from emulator.siprec.media.tallies import Heard, Sent
from emulator.siprec.sdp.codecs import Codec

if TYPE_CHECKING:
    from emulator.core.ids import Randomness
    from emulator.siprec.media.sound import Sound
    from emulator.siprec.sdp.streams import NegotiatedStream

_COUNTS = 1 << 32
_FIRST_SEQUENCE_BITS = 15
"""One less than there are: loss at an early wrap would confuse an SRTP receiver (RFC 3711 section 3.3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who sends, and where its counting begins.

    Attributes:
        ssrc: 32 bits.
        sequence: Of the first packet.
        timestamp: Of the first packet.
        name: The canonical name; both tracks of a session have the same.
    """

    ssrc: int
    sequence: int
    timestamp: int
    name: str


def drawn_source(randomness: Randomness, name: str) -> Source:
    """A source that begins anywhere (section 5.1)."""
    return Source(
        ssrc=randomness.getrandbits(32),
        sequence=randomness.getrandbits(_FIRST_SEQUENCE_BITS),
        timestamp=randomness.getrandbits(32),
        name=name,
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A packet that is to leave later.

    Attributes:
        by: Later than it was due.
    """

    packet: bytes
    by: Duration


Departure: TypeAlias = bytes | Held | None
"""What leaves: a packet at once, one later, or none."""


class Track:
    """Sends one stream."""

    __slots__ = (
        "_began",
        "_changed",
        "_codec",
        "_due",
        "_fate",
        "_frames",
        "_heard",
        "_held",
        "_lost",
        "_mischief",
        "_negotiated",
        "_octets",
        "_packets",
        "_payload_type",
        "_played",
        "_position",
        "_protector",
        "_randomness",
        "_reported_packets",
        "_reports",
        "_second",
        "_sending",
        "_sequence",
        "_skipped",
        "_sound",
        "_source",
        "_timestamp",
        "_unprotector",
        "label",
        "remote",
        "remote_rtcp",
        "report_at",
    )

    def __init__(
        self,
        *,
        sound: Sound,
        negotiated: NegotiatedStream,
        source: Source,
        randomness: Randomness,
        mischief: Mischief = HARMLESS,
    ) -> None:
        """Nothing was sent yet.

        Args:
            sound: What it plays.
            negotiated: What was agreed on, with IP addresses, not names.
            source: Who sends.
            randomness: Draws when reports are due.
            mischief: What goes wrong.

        Raises:
            SrtpMissing: It is secure, and ``pylibsrtp`` is not installed.
            Unreachable: A remote address is a name.
        """
        self.label = negotiated.label or ""
        self._sound = sound
        self._source = source
        self._randomness = randomness
        self._mischief = None if mischief.harmless else mischief
        self._fate: Fate = UNHARMED
        self._sequence = source.sequence
        self._timestamp = source.timestamp
        self._position = 0
        self._played: Duration = 0
        self._began = False
        self._due: Instant = 0
        self._second = 0
        self._sending = False
        self._packets = self._octets = self._reports = self._reported_packets = 0
        self._lost = self._held = self._skipped = 0
        self._heard = Heard()
        self._protector: Protector | None = None
        self._unprotector: Unprotector | None = None
        self._negotiated: NegotiatedStream | None = None
        self.report_at: Instant | None = None
        self._agree(negotiated)

    @property
    def ssrc(self) -> int:
        """Its source's."""
        return self._source.ssrc

    @property
    def sending(self) -> bool:
        """Whether RTP was agreed on."""
        return self._sending

    @property
    def sent(self) -> Sent:
        """What it sent so far."""
        return Sent(
            packets=self._packets,
            octets=self._octets,
            reports=self._reports,
            lost=self._lost,
            held=self._held,
            skipped=self._skipped,
        )

    @property
    def heard(self) -> Heard:
        """What the peer said so far."""
        return self._heard

    # --- what was agreed on ---

    def follow(self, negotiated: NegotiatedStream) -> None:
        """Go on as a later agreement says: pause, go on, change the codec, send elsewhere or with another key.

        Args:
            negotiated: The agreement, with IP addresses, not names.

        Raises:
            SrtpMissing: It became secure, and ``pylibsrtp`` is not installed.
            Unreachable: A remote address is a name. Nothing has changed.
        """
        self._agree(negotiated)

    def _agree(self, negotiated: NegotiatedStream) -> None:
        _demand_addresses(negotiated)
        before = self._negotiated
        if before is None or before.local_key != negotiated.local_key:
            self._protector = None if negotiated.local_key is None else Protector(negotiated.local_key)
        if before is None or before.remote_key != negotiated.remote_key:
            self._unprotector = None if negotiated.remote_key is None else Unprotector(negotiated.remote_key)
        self._negotiated = negotiated
        self.remote = negotiated.remote
        self.remote_rtcp = negotiated.remote_rtcp if negotiated.active else None
        resumes = negotiated.sending and not self._sending
        self._sending = negotiated.sending
        marker = self._second & MARKER or (MARKER if resumes else 0)
        self._changed = False
        self._speak(negotiated.codec, negotiated.payload_type, marker)

    def _speak(self, codec: Codec, payload_type: int, marker: int) -> None:
        self._codec = codec
        self._payload_type = payload_type
        self._frames = self._sound.frames(codec)
        self._second = payload_type | marker

    # --- RTP ---

    def packet_due(self, due: Instant) -> Departure:
        """The next 20 ms; to be called once for each, on its time.

        Args:
            due: When it should leave, which may have passed.

        Raises:
            Unwritable: SRTP refuses the packet.
        """
        if self._began:
            self._step(1)
        else:
            self._began = True
            self.report_at = due + reports.interval(self._randomness, first=True)
        self._due = due
        if self._mischief is not None:
            return self._amiss(self._mischief, due)
        return self._packed() if self._sending else None

    def skip(self, frames: int) -> None:
        """Time went on by so many that were not asked for: they are never sent, and use up no number."""
        if not self._began:
            return
        self._step(frames)
        self._due += frames * FRAME
        if self._sending:
            self._skipped += frames
            self._second |= MARKER

    def _step(self, frames: int) -> None:
        self._timestamp = (self._timestamp + frames * FRAME_SAMPLES) % TIMESTAMPS
        self._position = (self._position + frames) % len(self._frames)
        self._played += frames * FRAME

    def _packed(self) -> bytes:
        payload = self._frames[self._position]
        packet = HEADER.pack(VERSION, self._second, self._sequence, self._timestamp, self._source.ssrc) + payload
        self._second = self._payload_type
        self._sequence = (self._sequence + 1) % SEQUENCES
        self._packets += 1
        self._octets += FRAME_SAMPLES
        return packet if self._protector is None else self._protector.protect(packet)

    def _amiss(self, mischief: Mischief, due: Instant) -> Departure:
        if silent(mischief, self._played):
            self._second |= MARKER
            self.report_at = due + reports.interval(self._randomness, first=False)
            return None
        if not self._sending or self.label in mischief.mute:
            return None
        if changed(mischief, self._played) and not self._changed:
            self._changed = True
            other = Codec.PCMA if self._codec is Codec.PCMU else Codec.PCMU
            self._speak(other, other.payload_type, self._second & MARKER)
        self._fate = fated = fate(mischief, self.label, self._packets, self._fate)
        packet = self._packed()
        if fated.lost:
            self._lost += 1
            return None
        if fated.held:
            self._held += 1
            return Held(packet, fated.held)
        return packet

    # --- RTCP ---

    def report(self, now: Instant) -> bytes:
        """The compound packet that is due at ``report_at``, and the next one's time.

        Raises:
            Unwritable: SRTP refuses it.
        """
        self.report_at = now + reports.interval(self._randomness, first=False)
        data = self._compound(now, leaves=False)
        self._reported_packets = self._packets
        return data

    def farewell(self, now: Instant) -> bytes | None:
        """The compound packet with BYE, after which nothing is sent; None where the track has fallen silent.

        Raises:
            Unwritable: SRTP refuses it.
        """
        self._sending = False
        self.report_at = None
        if self._mischief is not None and silent(self._mischief, self._played):
            return None
        return self._compound(now, leaves=True)

    def _compound(self, now: Instant, *, leaves: bool) -> bytes:
        """An SR where RTP was sent since the last report, else an RR (section 6.4)."""
        self._reports += 1
        report: SenderReport | ReceiverReport = ReceiverReport(ssrc=self.ssrc)
        if self._packets > self._reported_packets:
            since = (now - self._due) * SAMPLE_RATE // SECOND
            report = SenderReport(
                ssrc=self.ssrc,
                ntp=ntp_time(now),
                rtp_timestamp=(self._timestamp + since) % TIMESTAMPS,
                packets=self._packets % _COUNTS,
                octets=self._octets % _COUNTS,
            )
        data = reports.compound(report, self._source.name, leaves=leaves)
        return data if self._protector is None else self._protector.protect_rtcp(data)

    def hear(self, data: bytes, now: Instant) -> None:
        """Take RTCP of the peer; what can't be read is counted and left.

        Args:
            data: A datagram.
            now: When it came.
        """
        try:
            packets = parse(data if self._unprotector is None else self._unprotector.unprotect_rtcp(data))
        except GarbledMedia:
            self._heard = replace(self._heard, garbled=self._heard.garbled + 1)
            return
        heard = replace(self._heard, packets=self._heard.packets + 1)
        for packet in packets:
            if isinstance(packet, SourceDescription) and packet.names:
                heard = replace(heard, name=packet.names[0][1])
            if isinstance(packet, Goodbye):
                heard = replace(heard, left=True)
            if isinstance(packet, SenderReport | ReceiverReport):
                heard = self._told(heard, packet.blocks, now)
        self._heard = heard

    def _told(self, heard: Heard, blocks: tuple[ReportBlock, ...], now: Instant) -> Heard:
        for block in blocks:
            if block.ssrc == self.ssrc:
                return replace(heard, block=block, round_trip=round_trip(block, now))
        return heard


def _demand_addresses(negotiated: NegotiatedStream) -> None:
    """A name would be looked up for each packet, and hold up everybody's."""
    for host, _ in filter(None, (negotiated.remote, negotiated.remote_rtcp)):
        try:
            ip_address(host)
        except ValueError:
            raise Unreachable(f"media can't be sent to {host}, which is no IP address") from None
