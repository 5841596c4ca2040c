"""G.711: linear samples to mu-law and A-law, and back (ITU-T G.711, as its reference code in G.191 rounds).

Owns the tables, which are built when first asked for. Must not know of frames, packets or files.
"""

from __future__ import annotations

import sys
from array import array
from functools import cache

from emulator.siprec.sdp.codecs import Codec

SAMPLE_RATE = 8_000
"""Samples a second; each is one byte once encoded."""

SILENCE = {Codec.PCMU: b"\xff", Codec.PCMA: b"\xd5"}
"""The sample zero, encoded."""

_ULAW_BIAS = 33
"""Added to a magnitude of 14 bits, so that each segment begins at a power of two."""

_ULAW_CLIP = 8158
_EVERY_SAMPLE = 1 << 16
_SIGN = 0x80
_MANTISSA = 0x0F


def encoded(samples: array[int], codec: Codec) -> bytes:
    """Encode.

    Args:
        samples: Signed 16-bit, one channel, 8 kHz (``array("h")``).
        codec: To what.

    Returns:
        A byte for each sample.
    """
    table = _encoding_table(codec)
    # the table lies in the order of two's complement, so that a negative index finds a negative sample
    return bytes(map(table.__getitem__, samples))


def decoded(data: bytes, codec: Codec) -> array[int]:
    """Decode.

    Returns:
        Signed 16-bit samples (``array("h")``), as many as there were bytes.
    """
    low, high = _decoding_tables(codec)
    little = bytearray(2 * len(data))
    little[0::2] = data.translate(low)
    little[1::2] = data.translate(high)
    samples = array("h", bytes(little))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


@cache
def _encoding_table(codec: Codec) -> bytes:
    """The code of each 16-bit sample, at the sample taken modulo 65,536.

    mu-law looks at the upper 14 bits of a sample and A-law at the upper 13, so that 4 and 8 neighbours share one.
    """
    shift, code = (2, _ulaw_code) if codec is Codec.PCMU else (3, _alaw_code)
    half = _EVERY_SAMPLE >> shift + 1
    heights = (*range(half), *range(-half, 0))
    return b"".join(bytes((code(height),)) * (1 << shift) for height in heights)


@cache
def _decoding_tables(codec: Codec) -> tuple[bytes, bytes]:
    """For ``bytes.translate``: the lower and the upper byte of each code's sample."""
    sample = _ulaw_sample if codec is Codec.PCMU else _alaw_sample
    samples = [sample(code) & 0xFFFF for code in range(256)]
    return bytes(value & 0xFF for value in samples), bytes(value >> 8 for value in samples)


def _ulaw_code(height: int) -> int:
    """The code of a signed sample of 14 bits; every bit is inverted on the wire (table 2a)."""
    sign = 0 if height < 0 else _SIGN
    biased = min(abs(height), _ULAW_CLIP) + _ULAW_BIAS
    segment = biased.bit_length() - 6
    return sign | ~(segment << 4 | biased >> segment + 1 & _MANTISSA) & 0x7F


def _alaw_code(height: int) -> int:
    """The code of a signed sample of 13 bits; every second bit is inverted on the wire (table 1a)."""
    sign = 0 if height < 0 else _SIGN
    # one's complement: the step below zero is as wide as the one above it
    magnitude = ~height if height < 0 else height
    segment = max(magnitude.bit_length() - 5, 0)
    return (sign | segment << 4 | magnitude >> max(segment, 1) & _MANTISSA) ^ 0x55


def _ulaw_sample(code: int) -> int:
    """The middle of the step that a code stands for, as a 16-bit sample."""
    plain = ~code & 0xFF
    magnitude = (((plain & _MANTISSA) << 1 | _ULAW_BIAS) << (plain >> 4 & 7)) - _ULAW_BIAS
    return (-magnitude if plain & _SIGN else magnitude) * 4


def _alaw_sample(code: int) -> int:
    """The middle of the step that a code stands for, as a 16-bit sample."""
    plain = code ^ 0x55
    segment = plain >> 4 & 7
    magnitude = (plain & _MANTISSA) << 1 | 1
    if segment:
        magnitude = (magnitude | 0x20) << segment - 1
    return (magnitude if plain & _SIGN else -magnitude) * 8
