"""A user's WAV file as samples that a track can play (RIFF, Multimedia Programming Interface 1.0, 1991).

Owns what kinds of file are played: PCM of 8, 16, 24 or 32 bits, one channel or two, which are mixed, at any rate
from 4 to 192 kHz. Must not write: ``wav_writer.py`` does.

Python's own ``wave`` refuses the extensible header before 3.12, which is how 24 bits are mostly written.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import SoundUnusable
from emulator.siprec.media.resampling import resampled
from emulator.siprec.media.sound import Sound

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 << 20
MAX_SECONDS = 300
"""Of sound: it is held in memory whole, and takes up to 40 ms a second to resample."""

_MIN_RATE = 4_000
_MAX_RATE = 192_000
_PCM = 1
_EXTENSIBLE = 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")
_SUBFORMAT_AT = 24
_CHUNK = struct.Struct("<4sI")
_RIFF_HEADER_BYTES = 12
_BYTE_WIDTHS = (1, 2, 3, 4)
_STEREO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    channels: int
    rate: int
    width: int


def load_wav(file: Path) -> Sound:
    """Read a file, whole. It may take seconds where it has to be resampled: call it in a thread.

    Args:
        file: At most 64 MiB and 5 minutes.

    Raises:
        SoundUnusable: It can't be read, or is of a kind that is not played.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise SoundUnusable(f"{file}: {error.strerror or error}") from error
    return read_wav(data, name=str(file))


def read_wav(data: bytes, *, name: str) -> Sound:
    """The sound of a file.

    Args:
        data: The file.
        name: What to call it in an error.

    Raises:
        SoundUnusable: It is of a kind that is not played.
    """
    try:
        return Sound(_samples(data))
    except SoundUnusable as error:
        raise SoundUnusable(f"{name}: {error}") from None


def _samples(data: bytes) -> array[int]:
    if len(data) > MAX_BYTES:
        raise SoundUnusable(f"longer than {MAX_BYTES >> 20} MiB")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise SoundUnusable("not a WAV file")
    chunks = _chunks(data)
    if b"fmt " not in chunks or b"data" not in chunks:
        raise SoundUnusable("a WAV file without a fmt or a data chunk")
    form = _format(chunks[b"fmt "])
    frame = form.width * form.channels
    sound = chunks[b"data"]
    whole = sound[: len(sound) // frame * frame]
    if not whole:
        raise SoundUnusable("no sound in it")
    if len(whole) > MAX_SECONDS * form.rate * frame:
        raise SoundUnusable(f"longer than {MAX_SECONDS} seconds")
    return resampled(_mixed(_in_16_bits(whole, form.width), form.channels), form.rate)


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The first of each kind. A data chunk that promises more than there is, as streams do, has what is there."""
    chunks: dict[bytes, bytes] = {}
    at = _RIFF_HEADER_BYTES
    while at + _CHUNK.size <= len(data):
        kind, size = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        if kind in {b"fmt ", b"data"}:
            chunks.setdefault(kind, data[at : at + size])
        at += size + size % 2
    return chunks


def _format(chunk: bytes) -> _Format:
    if len(chunk) < _FORMAT.size:
        raise SoundUnusable("its fmt chunk ends early")
    kind, channels, rate, _, _, bits = _FORMAT.unpack_from(chunk)
    if kind == _EXTENSIBLE:
        kind = int.from_bytes(chunk[_SUBFORMAT_AT : _SUBFORMAT_AT + 2], "little")
    if kind != _PCM:
        raise SoundUnusable(f"its format is number {kind}, and only plain PCM (1) is played")
    if channels not in {1, _STEREO}:
        raise SoundUnusable(f"it has {channels} channels, and only one or two are played")
    if bits % 8 or bits // 8 not in _BYTE_WIDTHS:
        raise SoundUnusable(f"its samples have {bits} bits, and only 8, 16, 24 and 32 are played")
    if not _MIN_RATE <= rate <= _MAX_RATE:
        raise SoundUnusable(f"its rate is {rate} Hz, and only {_MIN_RATE} to {_MAX_RATE} are played")
    return _Format(channels=channels, rate=rate, width=bits // 8)


def _in_16_bits(data: bytes, width: int) -> array[int]:
    """Little-endian samples of any width without their lower bytes; those of 8 bits have no sign."""
    if width == 1:
        return array("h", ((byte - 128) << 8 for byte in data))
    upper = bytearray(len(data) // width * 2)
    upper[0::2] = data[width - 2 :: width]
    upper[1::2] = data[width - 1 :: width]
    samples = array("h", bytes(upper))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _mixed(samples: array[int], channels: int) -> array[int]:
    if channels == 1:
        return samples
    pairs = zip(samples[0::2], samples[1::2], strict=True)
    return array("h", ((left + right) >> 1 for left, right in pairs))
