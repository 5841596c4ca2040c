"""Ids and keys of a session, drawn from one seed: the same seed makes the same session.

Owns how they are drawn. Must not choose the seed.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import blake2b
from uuid import UUID

_UUID_BYTES = 16


class Draw(IntEnum):
    """Which draw makes which value of a session; each track takes one of its own, from the first on.

    CALLER, CALLEE, TRACK: their ids in metadata. DESCRIPTION: the session of ``o=``. CALL_ID, TAG: of the dialog.
    KEY: SRTP's. MESSAGE: the first of what single messages take. MEDIA: the first of what RTP does.
    """

    CALLER = 0
    CALLEE = 1
    TRACK = 2
    DESCRIPTION = 7
    CALL_ID = 8
    TAG = 9
    KEY = 10
    MESSAGE = 16
    MEDIA = 1 << 32


def drawn_bytes(seed: bytes, number: int, length: int) -> bytes:
    """Bytes that nobody can tell without the seed.

    Args:
        seed: At most 64 bytes.
        number: Of the draw; another number makes other bytes.
        length: 1 to 64.
    """
    return blake2b(number.to_bytes(8, "big"), digest_size=length, key=seed).digest()


def drawn_token(seed: bytes, number: int) -> str:
    """A word for a tag, branch, boundary or nonce: 20 hexadecimal digits."""
    return drawn_bytes(seed, number, 10).hex()


def drawn_uuid(seed: bytes, number: int) -> str:
    """A UUID of the random kind."""
    return str(UUID(bytes=drawn_bytes(seed, number, _UUID_BYTES), version=4))


class Bits:
    """A source of bits for what wants one (``core.ids.Randomness``), drawn from a seed as well."""

    def __init__(self, seed: bytes, number: int) -> None:
        """Draw nothing yet.

        Args:
            seed: At most 64 bytes.
            number: Of the first draw.
        """
        self._seed = seed
        self._number = number

    def getrandbits(self, k: int, /) -> int:
        """``k`` bits as a number, at most 512."""
        drawn = drawn_bytes(self._seed, self._number, -(-k // 8))
        self._number += 1
        return int.from_bytes(drawn, "big") >> -k % 8


def drawn_number(seed: bytes, number: int, below: int) -> int:
    """A number from 0 up to, and without, ``below``."""
    return int.from_bytes(drawn_bytes(seed, number, 8), "big") % below
