"""The two codecs of a recording session's audio.

Owns their names and static payload types (RFC 3551 section 6). Must not encode: ``media/g711.py`` does.
"""

from __future__ import annotations

from enum import StrEnum


class Codec(StrEnum):
    """G.711 at 8 kHz with one byte a sample; the value is its name in ``a=rtpmap``."""

    PCMU = "PCMU"
    PCMA = "PCMA"

    @property
    def payload_type(self) -> int:
        """The static one, which needs no ``a=rtpmap``."""
        return 0 if self is Codec.PCMU else 8
