"""What a receiver can say of a source, by its packets alone (RFC 3550 section 6.4 and appendix A).

Owns loss, duplicates, reordering and jitter of one SSRC. Must not parse, keep
packets or know a socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.models import SECOND, Duration, Instant
from emulator.siprec.media.g711 import SAMPLE_RATE
from emulator.siprec.media.rtcp import ReportBlock, middle_of, ntp_time
from emulator.siprec.media.rtp import SEQUENCES, TIMESTAMPS

if TYPE_CHECKING:
    from emulator.siprec.media.rtp import RtpPacket

_MAX_DROPOUT = 3_000
_MAX_MISORDER = 100
_REMEMBERED = (1 << _MAX_MISORDER + 1) - 1
"""A bit for each of the latest sequence numbers, to tell a duplicate from one that is late."""

_LONGEST_STEP = 10 * SAMPLE_RATE
"""A step between the two clocks beyond which a source has begun its timestamps anew."""

_FRACTION = 256
_SHORT_SECOND = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What came of one source so far.

    Attributes:
        ssrc: The source.
        packets: That came, duplicates included.
        octets: Of their payload.
        expected: By their sequence numbers.
        lost: Expected and not come; duplicates are not taken for them.
        duplicates: That had come before.
        reordered: That came after a later one.
        restarts: How often the sequence numbers began anew.
        jitter: Interarrival jitter (section 6.4.1).
    """

    ssrc: int
    packets: int
    octets: int
    expected: int
    lost: int
    duplicates: int
    reordered: int
    restarts: int
    jitter: Duration


class Reception:
    """Counts one source's packets, in the order in which they arrive."""

    __slots__ = (
        "_bad",
        "_base",
        "_before_restart",
        "_duplicates",
        "_expected_before",
        "_highest",
        "_jitter",
        "_octets",
        "_packets",
        "_received_before",
        "_reordered",
        "_report_at",
        "_report_ntp",
        "_restarts",
        "_seen",
        "_transit",
        "ssrc",
    )

    def __init__(self, packet: RtpPacket, now: Instant) -> None:
        """The first packet is counted.

        Args:
            packet: The first.
            now: When it came.
        """
        self.ssrc = packet.ssrc
        self._base = packet.sequence
        self._highest = packet.sequence
        self._seen = 1
        self._bad: int | None = None
        self._transit = _transit(packet, now)
        self._jitter = 0
        self._packets = 1
        self._octets = len(packet.payload)
        self._duplicates = 0
        self._reordered = 0
        self._restarts = 0
        self._before_restart = 0
        self._expected_before = 0
        self._received_before = 0
        self._report_ntp = 0
        self._report_at: Instant = 0

    def took(self, packet: RtpPacket, now: Instant) -> None:
        """Count the next packet of the source."""
        self._packets += 1
        self._octets += len(packet.payload)
        if self._sequenced(packet.sequence):
            self._measure(_transit(packet, now))

    def told(self, ntp: int, now: Instant) -> None:
        """The source sent an SR.

        Args:
            ntp: The time that it says, 64 bits.
            now: When it came.
        """
        self._report_ntp, self._report_at = middle_of(ntp), now

    def counted(self) -> Received:
        """What came so far."""
        return Received(
            ssrc=self.ssrc,
            packets=self._packets,
            octets=self._octets,
            expected=self._expected(),
            lost=max(self._expected() - self._packets + self._duplicates, 0),
            duplicates=self._duplicates,
            reordered=self._reordered,
            restarts=self._restarts,
            jitter=(self._jitter >> 4) * SECOND // SAMPLE_RATE,
        )

    def reported(self, now: Instant) -> ReportBlock:
        """A report block; the next one's fraction counts from here (appendix A.3)."""
        expected = self._expected()
        newly_expected = expected - self._expected_before
        newly_lost = newly_expected - (self._packets - self._received_before)
        self._expected_before, self._received_before = expected, self._packets
        fraction = newly_lost * _FRACTION // newly_expected if newly_expected > 0 and newly_lost > 0 else 0
        since = (now - self._report_at) * _SHORT_SECOND // SECOND if self._report_ntp else 0
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min(fraction, _FRACTION - 1),
            lost=expected - self._packets,
            highest=self._highest % (1 << 32),
            jitter=self._jitter >> 4,
            last_report=self._report_ntp,
            since_last_report=min(max(since, 0), (1 << 32) - 1),
        )

    def _expected(self) -> int:
        return self._before_restart + self._highest - self._base + 1

    def _sequenced(self, sequence: int) -> bool:
        """Place a sequence number (appendix A.1); False where it may be of nothing that was sent."""
        ahead = (sequence - self._highest) % SEQUENCES
        if 0 < ahead < _MAX_DROPOUT:
            self._highest += ahead
            self._seen = (self._seen << ahead | 1) & _REMEMBERED
            self._bad = None
            return True
        behind = -ahead % SEQUENCES
        if behind <= _MAX_MISORDER:
            self._arrived_late(behind)
            return True
        return self._jumped(sequence)

    def _arrived_late(self, behind: int) -> None:
        if self._seen >> behind & 1:
            self._duplicates += 1
            return
        self._seen |= 1 << behind
        self._base = min(self._base, self._highest - behind)
        self._reordered += 1

    def _jumped(self, sequence: int) -> bool:
        """Two in a row far away: the source began anew. One alone counts as if it had come twice."""
        if sequence != self._bad:
            self._bad = (sequence + 1) % SEQUENCES
            self._duplicates += 1
            return False
        # the one before this was counted as a duplicate, and was the first of the new beginning
        self._duplicates -= 1
        self._before_restart = self._expected()
        self._base = (sequence - 1) % SEQUENCES
        self._highest = self._base + 1
        self._seen = 0b11
        self._bad = None
        self._restarts += 1
        return True

    def _measure(self, transit: int) -> None:
        """Appendix A.8, in sixteenths of a sample; timestamps that begin anew would drown it for long."""
        moved = (transit - self._transit + TIMESTAMPS // 2) % TIMESTAMPS - TIMESTAMPS // 2
        self._transit = transit
        if abs(moved) < _LONGEST_STEP:
            self._jitter += abs(moved) - (self._jitter + 8 >> 4)


def round_trip(block: ReportBlock, now: Instant) -> Duration | None:
    """How long an SR and the report that answers it travelled (section 6.4.1, figure 2).

    Args:
        block: From the peer, on what was sent to it.
        now: When the report came.

    Returns:
        None where the peer had heard no SR, or its clock went wrong.
    """
    if not block.last_report:
        return None
    elapsed = (middle_of(ntp_time(now)) - block.last_report - block.since_last_report) % (1 << 32)
    return elapsed * SECOND // _SHORT_SECOND if elapsed < 1 << 31 else None


def _transit(packet: RtpPacket, now: Instant) -> int:
    """The difference of the two clocks, in samples."""
    return (now * SAMPLE_RATE // SECOND - packet.timestamp) % TIMESTAMPS
