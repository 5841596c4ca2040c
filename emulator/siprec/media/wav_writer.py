"""A track's recording as a WAV file that grows on disk: 16-bit PCM, 8 kHz, one channel.

Owns where each packet's sound lies in the file, by its timestamp: what was lost is silence, what came late goes
where it belongs, and what came twice is there once. Must not know RTP beyond that.

The header's lengths are brought up to date every second of sound, so that a recording whose process died can be
played as it is. In between they say a little less than there is.
"""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING

from emulator.core.models import SECOND
from emulator.siprec.media.g711 import SAMPLE_RATE, decoded
from emulator.siprec.media.rtp import TIMESTAMPS

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.core.models import Instant
    from emulator.siprec.media.arrival import Voice

MAX_BYTES = 1 << 30
"""Of sound: about 18 hours. What comes later is dropped."""

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_BYTES = 2
_SLACK = SAMPLE_RATE
"""How far a timestamp may run ahead of the clock: a second."""

_LATEST = 2 * SAMPLE_RATE
"""How late sound may come and still be put where it belongs."""

_SILENCE = bytes(SAMPLE_RATE * _BYTES)


class WavWriter:
    """Writes one file; to be closed."""

    def __init__(self, file: Path) -> None:
        """Make the file, which has no sound yet.

        Args:
            file: Replaced where it exists.

        Raises:
            OSError: It can't be made.
        """
        self._file = file.open("wb")
        self._length = 0
        self._headed = 0
        self._ssrc: int | None = None
        self._base = 0
        self._began: Instant = 0
        self._head()

    @property
    def samples(self) -> int:
        """How long it is so far."""
        return self._length

    def write(self, voice: Voice, now: Instant) -> None:
        """Put sound where it belongs.

        A gap in the timestamps becomes silence if that much time really passed. Where they jump, or another source
        begins, sound goes on where the clock says: nobody makes a file much longer than the session is.

        Args:
            voice: What came.
            now: When.

        Raises:
            OSError: The disk does not take it.
        """
        at = self._place(voice, now)
        if at < 0 or (at + len(voice.payload)) * _BYTES > MAX_BYTES:
            return
        samples = decoded(voice.payload, voice.codec)
        if sys.byteorder == "big":
            samples.byteswap()
        data = samples.tobytes()
        if at < self._length:
            self._write_over(at, data)
        else:
            self._write_behind(at, data)
        if self._length - self._headed >= SAMPLE_RATE:
            self._head()

    def close(self) -> None:
        """Bring the header up to date and close the file; a second time does nothing.

        Raises:
            OSError: The disk does not take it.
        """
        if self._file.closed:
            return
        try:
            self._head()
        finally:
            self._file.close()

    def _place(self, voice: Voice, now: Instant) -> int:
        """Where a packet's first sample lies; below 0 where it came before what is now the beginning."""
        if self._ssrc is None:
            self._began = now
        passed = (now - self._began) * SAMPLE_RATE // SECOND
        if voice.ssrc == self._ssrc:
            at = self._unwrapped(voice.timestamp)
            if self._length - _LATEST <= at <= passed + _SLACK:
                return at
        self._ssrc = voice.ssrc
        at = max(self._length, passed - len(voice.payload))
        self._base = voice.timestamp - at
        return at

    def _unwrapped(self, timestamp: int) -> int:
        """The place by the timestamp: of all that it could be after its wraps, the one nearest to the end."""
        ahead = (timestamp - self._base - self._length + TIMESTAMPS // 2) % TIMESTAMPS - TIMESTAMPS // 2
        return self._length + ahead

    def _write_over(self, at: int, data: bytes) -> None:
        self._file.seek(_HEADER.size + at * _BYTES)
        self._file.write(data)
        self._length = max(self._length, at + len(data) // _BYTES)
        self._file.seek(_HEADER.size + self._length * _BYTES)

    def _write_behind(self, at: int, data: bytes) -> None:
        while self._length < at:
            silence = _SILENCE[: (at - self._length) * _BYTES]
            self._file.write(silence)
            self._length += len(silence) // _BYTES
        self._file.write(data)
        self._length += len(data) // _BYTES

    def _head(self) -> None:
        size = self._length * _BYTES
        self._file.seek(0)
        self._file.write(
            _HEADER.pack(
                b"RIFF",
                _HEADER.size - 8 + size,
                b"WAVE",
                b"fmt ",
                16,
                1,
                1,
                SAMPLE_RATE,
                SAMPLE_RATE * _BYTES,
                _BYTES,
                8 * _BYTES,
                b"data",
                size,
            )
        )
        self._file.seek(_HEADER.size + size)
        self._file.flush()
        self._headed = self._length
