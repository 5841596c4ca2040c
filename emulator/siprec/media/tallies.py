"""What an outgoing track has sent, and what its peer reported of it, as values.

Owns the shapes. Must not count: ``stream.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.models import Duration
    from emulator.siprec.media.rtcp import ReportBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a track sent so far; what mischief lost counts, as a sender would count it.

    Attributes:
        packets: Of RTP.
        octets: Of their payload.
        reports: Compound packets of RTCP.
        lost: Packets that mischief kept from leaving.
        held: Packets that mischief held back.
        skipped: Frames that were never packed, since the machine stood still.
    """

    packets: int = 0
    octets: int = 0
    reports: int = 0
    lost: int = 0
    held: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the peer said by RTCP.

    Attributes:
        packets: Compound packets that could be read.
        garbled: Datagrams that could not.
        name: The peer's canonical name.
        block: Its last report on this track.
        round_trip: By that report.
        left: It sent BYE.
    """

    packets: int = 0
    garbled: int = 0
    name: str = ""
    block: ReportBlock | None = None
    round_trip: Duration | None = None
    left: bool = False
