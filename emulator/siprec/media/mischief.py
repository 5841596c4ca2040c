"""What goes wrong with a session's media on purpose, to try recorders against bad networks and clients.

Owns the decisions: each follows from a seed, the packet's number and what became of the one before it, so that the
same seed repeats them all.
Must not send or hold back anything: ``stream.py`` and ``pacer.py`` do as decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from emulator.core.models import MILLISECOND, Duration

OVERTAKEN: Duration = 21 * MILLISECOND
"""How long a packet is held back to leave behind its successor, which is due 20 ms after it."""

_SHARE_BITS = 32

_MOST_OVERTAKEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mischief:
    """What goes wrong; nothing unless something is said.

    Attributes:
        seed: Of every draw.
        loss: The share of packets that never leave, 0 to 1; the sender counts them as sent, as it would.
        reordering: The share of packets that leave after their successor, 0 to 1; from a half on every other one.
        jitter: The most by which a packet is held back; each draws its own, uniformly, in whole milliseconds.
        silence_after: Neither RTP nor reports leave once the track has played for this long, and nobody is told;
            None: never.
        silence_for: After which it goes on; None: it does not.
        mute: Labels of the tracks that send no RTP at all, though they were agreed on: one-way media.
        codec_after: Once the track has played for this long it changes to the other codec, under that one's static
            payload type, and nobody is told; None: never.
    """

    seed: int = 0
    loss: float = 0.0
    reordering: float = 0.0
    jitter: Duration = 0
    silence_after: Duration | None = None
    silence_for: Duration | None = None
    mute: frozenset[str] = frozenset()
    codec_after: Duration | None = None

    @property
    def harmless(self) -> bool:
        """Whether nothing goes wrong."""
        return self == Mischief(seed=self.seed)


HARMLESS = Mischief()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a packet.

    Attributes:
        lost: It never leaves.
        held: How long it is held back.
        overtaken: Whether that lets its successor leave before it.
    """

    lost: bool = False
    held: Duration = 0
    overtaken: bool = False


LOST = Fate(lost=True)
UNHARMED = Fate()


def fate(mischief: Mischief, label: str, number: int, before: Fate = UNHARMED) -> Fate:
    """What becomes of a packet.

    One that is to leave before its predecessor is not overtaken itself: both would be late, and in order.

    Args:
        mischief: The session's.
        label: The packet's track: each draws its own.
        number: Of the packet in its track, from 0.
        before: What became of its predecessor.
    """
    if not (mischief.loss or mischief.reordering or mischief.jitter):
        return UNHARMED
    drawn = blake2b(f"{mischief.seed} {label} {number}".encode(), digest_size=12).digest()
    losing, overtaken, holding = (int.from_bytes(drawn[at : at + 4], "big") for at in (0, 4, 8))
    if losing < mischief.loss * (1 << _SHARE_BITS):
        return LOST
    late = not before.overtaken and overtaken < _among_free(mischief.reordering) * (1 << _SHARE_BITS)
    steps = mischief.jitter // MILLISECOND + 1
    held = (holding * steps >> _SHARE_BITS) * MILLISECOND
    return Fate(held=held + OVERTAKEN if late else held, overtaken=late)


def _among_free(share: float) -> float:
    """Which share of those that may be overtaken makes for a share of all."""
    return 1.0 if share >= _MOST_OVERTAKEN else share / (1 - share)


def silent(mischief: Mischief, played: Duration) -> bool:
    """Whether a track that has played for this long sends nothing at all."""
    if mischief.silence_after is None or played < mischief.silence_after:
        return False
    return mischief.silence_for is None or played < mischief.silence_after + mischief.silence_for


def changed(mischief: Mischief, played: Duration) -> bool:
    """Whether a track that has played for this long has changed its codec."""
    return mischief.codec_after is not None and played >= mischief.codec_after
