"""What became of a session's media, track by track.

Owns the shape alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.siprec.media.tallies import Heard, Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a track sent, and what the SRS said of it.

    Attributes:
        label: ``inbound`` or ``outbound``.
        ssrc: Of its packets.
    """

    label: str
    ssrc: int
    sent: Sent
    heard: Heard
