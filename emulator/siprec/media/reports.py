"""When a participant reports by RTCP, and what stands in its compound packets (RFC 3550 section 6).

Owns the intervals and the order of packets. Must not count: who asks brings the numbers.

A recording stream has two participants, and 64 kbit/s leave its RTCP far below its share of 5 %: the interval is
the minimum of section 6.2, halved for the first report.
"""

from __future__ import annotations

from math import e
from typing import TYPE_CHECKING

from emulator.core.models import SECOND, Duration
from emulator.siprec.media.rtcp import Goodbye, ReceiverReport, SenderReport, SourceDescription, written

if TYPE_CHECKING:
    from emulator.core.ids import Randomness

MIN_INTERVAL: Duration = 5 * SECOND
_COMPENSATION = e - 1.5
"""Makes up for timer reconsideration, which ends below the mean (section 6.3.1)."""

_STEPS_BITS = 16


def interval(randomness: Randomness, *, first: bool) -> Duration:
    """Until the next report: half to one and a half times the minimum, so that participants don't fall into step.

    Args:
        randomness: Draws it.
        first: Whether none was sent yet.
    """
    least = MIN_INTERVAL // 2 if first else MIN_INTERVAL
    share = 0.5 + randomness.getrandbits(_STEPS_BITS) / (1 << _STEPS_BITS)
    return int(least * share / _COMPENSATION)


def compound(report: SenderReport | ReceiverReport, name: str, *, leaves: bool = False) -> bytes:
    """A report, the canonical name, and BYE where the participant leaves (section 6.1).

    Raises:
        Unwritable: The name has more than 255 bytes.
    """
    described = SourceDescription(names=((report.ssrc, name),))
    if leaves:
        return written((report, described, Goodbye(ssrcs=(report.ssrc,))))
    return written((report, described))
