"""What a track plays, over and over, cut into frames of 20 ms and encoded beforehand.

Owns the frames. Must not know packets, nor where the samples come from: ``tone.py`` and ``wav.py`` do.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from emulator.core.models import MILLISECOND, SECOND, Duration
from emulator.siprec.media.g711 import SAMPLE_RATE, encoded

if TYPE_CHECKING:
    from emulator.siprec.sdp.codecs import Codec

FRAME: Duration = 20 * MILLISECOND
"""Of sound in a packet."""

FRAME_SAMPLES = SAMPLE_RATE * FRAME // SECOND


class Sound:
    """Samples that are repeated for as long as a track plays.

    One may serve any number of tracks: each codec's frames are made once, when first asked for, and kept.
    """

    __slots__ = ("_frames", "_samples")

    def __init__(self, samples: array[int]) -> None:
        """The end is filled up with silence to a whole frame; without a sample it is one frame of silence.

        Args:
            samples: Signed 16-bit, one channel, 8 kHz (``array("h")``).
        """
        missing = -len(samples) % FRAME_SAMPLES if samples else FRAME_SAMPLES
        self._samples = samples + array("h", bytes(2 * missing))
        self._frames: dict[Codec, tuple[bytes, ...]] = {}

    @property
    def duration(self) -> Duration:
        """After which it begins anew."""
        return len(self._samples) * SECOND // SAMPLE_RATE

    def frames(self, codec: Codec) -> tuple[bytes, ...]:
        """Each frame's payload, 160 bytes."""
        frames = self._frames.get(codec)
        if frames is None:
            data = encoded(self._samples, codec)
            frames = tuple(data[at : at + FRAME_SAMPLES] for at in range(0, len(data), FRAME_SAMPLES))
            self._frames[codec] = frames
        return frames
