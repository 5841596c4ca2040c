"""From any sample rate to that of telephony, by windowed-sinc interpolation.

Owns the filter. Must not know files.

A low-pass of ten lobes on each side, under a Hann window, cuts at 3.6 kHz: speech up to 3.2 kHz stays as it is,
and what lies above 4 kHz, which would come back as another tone, is down by more than 40 dB.
"""

from __future__ import annotations

from array import array
from math import ceil, cos, gcd, pi, sin
from operator import mul

from emulator.siprec.media.g711 import SAMPLE_RATE

_LOBES = 10
_CUT_HZ = 3_600
_LOUDEST = 32_767


def resampled(samples: array[int], rate: int) -> array[int]:
    """The same sound at 8 kHz.

    It takes about 5 microseconds a sample that comes out, or 40 ms for a second of sound.

    Args:
        samples: Signed 16-bit, one channel (``array("h")``).
        rate: Of these, in Hz.
    """
    if rate == SAMPLE_RATE:
        return samples
    common = gcd(rate, SAMPLE_RATE)
    step, phases = rate // common, SAMPLE_RATE // common
    reach = ceil(_LOBES * max(rate / SAMPLE_RATE, 1))
    silence = array("h", bytes(2 * reach))
    padded = silence + samples + silence
    filters: dict[int, array[float]] = {}
    result = array("h")
    for number in range(len(samples) * phases // step):
        at, phase = divmod(number * step, phases)
        taps = filters.get(phase)
        if taps is None:
            taps = filters[phase] = _taps(phase / phases, reach, rate)
        level = round(sum(map(mul, taps, padded[at : at + len(taps)])))
        result.append(max(min(level, _LOUDEST), -_LOUDEST - 1))
    return result


def _taps(offset: float, reach: int, rate: int) -> array[float]:
    """The weights of the samples around a moment that lies ``offset`` of a sample behind one of them.

    They add up to 1, so that a level stays what it is.
    """
    share = 2 * min(_CUT_HZ / rate, _CUT_HZ / SAMPLE_RATE)
    weights = []
    for index in range(2 * reach + 1):
        away = index - reach - offset
        inside = abs(away) < reach
        weights.append(_sinc(share * away) * (0.5 + 0.5 * cos(pi * away / reach)) if inside else 0.0)
    total = sum(weights)
    return array("d", (weight / total for weight in weights))


def _sinc(x: float) -> float:
    return sin(pi * x) / (pi * x) if x else 1.0
