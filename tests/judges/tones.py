"""How much of a sound is a tone, and G.711 by its formula.

Owns measuring; written apart from what the emulator plays with, so that it may judge it. Sound is a list of linear
samples of 16 bits at 8,000 a second.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RATE = 8_000
_BIAS = 0x84
_CLIP = 32_635


def from_ulaw(data: bytes) -> list[int]:
    """Linear samples of mu-law octets (ITU-T G.711 table 2a)."""
    return [_linear_of_ulaw(octet ^ 0xFF) for octet in data]


def _linear_of_ulaw(octet: int) -> int:
    size = (((octet & 0x0F) << 3) + _BIAS << (octet >> 4 & 7)) - _BIAS
    return -size if octet & 0x80 else size


def from_alaw(data: bytes) -> list[int]:
    """Linear samples of A-law octets (ITU-T G.711 table 1a)."""
    return [_linear_of_alaw(octet ^ 0x55) for octet in data]


def _linear_of_alaw(octet: int) -> int:
    size, segment = (octet & 0x0F) << 4 | 8, octet >> 4 & 7
    if segment:
        size = size + 0x100 << segment - 1
    return size if octet & 0x80 else -size


def to_ulaw(samples: Iterable[int]) -> bytes:
    """Mu-law octets of linear samples."""
    return bytes(_ulaw(sample) for sample in samples)


def _ulaw(sample: int) -> int:
    size = min(abs(sample), _CLIP) + _BIAS
    segment = size.bit_length() - 8
    return ((0x80 if sample < 0 else 0) | segment << 4 | size >> segment + 3 & 0x0F) ^ 0xFF


def tone(hertz: float, count: int, height: int = 8_000) -> list[int]:
    """So many samples of a sine."""
    return [round(height * math.sin(2 * math.pi * hertz * number / RATE)) for number in range(count)]


def share(samples: Sequence[int], hertz: float) -> float:
    """How much of a sound's power is at a frequency: 1 for that tone alone, 0 for silence (Goertzel's algorithm).

    Args:
        samples: Best of a length that holds whole periods.
        hertz: The frequency.
    """
    power = sum(sample * sample for sample in samples)
    if not power:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hertz / RATE)
    last = before = 0.0
    for sample in samples:
        last, before = sample + turn * last - before, last
    found = last * last + before * before - turn * last * before
    return 2 * found / (len(samples) * power)
