"""Identifiers in the forms in which Telnyx gives them.

Owns how an identifier looks. Must not draw randomness of its own: a source of bits is an argument, so that a
seeded one repeats every identifier.
"""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from emulator.core.models import Instant

_UUID_EPOCH_OFFSET = 0x01B21DD213814000
"""100 ns intervals from 1582-10-15, where UUIDv1 counts from, to 1970-01-01 (RFC 9562 section 5.1)."""

_OWN_NAMES = uuid.UUID("b1e6a0c4-3d52-4f0e-9a3c-6c9d1f7e2b58")
"""Makes names of the emulator's differ from everybody else's."""

_CONNECTION_ID_BASE = 10**18

_CONTROL_ID_BYTES = 40


class Randomness(Protocol):
    """A source of bits: ``random.Random`` is one."""

    def getrandbits(self, k: int, /) -> int:
        """``k`` random bits as a non-negative int."""
        ...


def _dashed(value: int) -> str:
    """A 128-bit number in the 8-4-4-4-12 form."""
    high, low = value >> 64, value & 0xFFFFFFFFFFFFFFFF
    return (
        f"{high >> 32:08x}-{high >> 16 & 0xFFFF:04x}-{high & 0xFFFF:04x}"
        f"-{low >> 48:04x}-{low & 0xFFFFFFFFFFFF:012x}"
    )


def uuid4(randomness: Randomness) -> str:
    """A random UUID, as event ids and TeXML sids are (RFC 9562 section 5.4)."""
    bits = randomness.getrandbits(128)
    bits &= ~(0xF << 76) & ~(0x3 << 62)
    return _dashed(bits | 0x4 << 76 | 0x2 << 62)


def uuid5(name: str) -> str:
    """The UUID that belongs to a name, always the same one (RFC 9562 section 5.5)."""
    return str(uuid.uuid5(_OWN_NAMES, name))


def uuid1(randomness: Randomness, now: Instant) -> str:
    """A time-based UUID, as call leg and session ids are (RFC 9562 section 5.1); the node is random."""
    ticks = (now * 10 + _UUID_EPOCH_OFFSET) & ((1 << 60) - 1)
    low, mid, high = ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48
    # a random node sets the multicast bit, so that it is no real card's address (RFC 9562 section 6.10)
    tail = 0x2 << 62 | randomness.getrandbits(62) | 1 << 40
    return _dashed(low << 96 | mid << 80 | 0x1 << 76 | high << 64 | tail)


def call_control_id(randomness: Randomness) -> str:
    """``v3:`` and 40 random bytes in base64url without padding, as six real ones are."""
    token = randomness.getrandbits(_CONTROL_ID_BYTES * 8).to_bytes(_CONTROL_ID_BYTES, "big")
    return f"v3:{urlsafe_b64encode(token).rstrip(b'=').decode('ascii')}"


def connection_id(randomness: Randomness) -> str:
    """A 19-digit decimal string, as connection ids are."""
    return str(_CONNECTION_ID_BASE + randomness.getrandbits(59))
