"""Tones, one for each track, so that whoever listens to a recording can tell the tracks apart.

Owns which tone is which track's. Must not encode: ``sound.py`` does.
"""

from __future__ import annotations

from array import array
from functools import cache
from math import gcd, lcm, pi, sin

from emulator.siprec.media.g711 import SAMPLE_RATE
from emulator.siprec.media.sound import FRAME_SAMPLES, Sound

INBOUND_HZ = 440
OUTBOUND_HZ = 880

_AMPLITUDE = 8_000
"""About -12 dB of full scale: plain to hear, and far from where G.711 clips."""


@cache
def tone(frequency: int) -> Sound:
    """A sine of whole periods, so that its repetitions join without a click.

    Args:
        frequency: Hz, from 1 to below half of the sample rate.
    """
    period = SAMPLE_RATE // gcd(frequency, SAMPLE_RATE)
    length = lcm(period, FRAME_SAMPLES)
    return Sound(
        array("h", (round(_AMPLITUDE * sin(2 * pi * frequency * at / SAMPLE_RATE)) for at in range(length)))
    )
