"""What all sessions of a caller share: a clock, names, ways, the pacer, and what the tracks play.

Owns the shape, and the sounds that were loaded. Must not place anything.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emulator.siprec.media.tone import tone
from emulator.siprec.media.wav import load_wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.core.models import Instant
    from emulator.siprec.media.pacer import Pacer
    from emulator.siprec.media.ports import PortRange
    from emulator.siprec.media.sound import Sound
    from emulator.siprec.net.connecting import Ways
    from emulator.siprec.net.names import Names
    from emulator.siprec.net.resolving import Draw, Permit
    from emulator.siprec.src.order import OrderedTrack


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a session is placed with.

    Attributes:
        clock: Wall time in microseconds that never goes back.
        names: Who knows addresses.
        draw: Orders services of one priority.
        permit: May refuse an address.
        ways: How links are opened.
        pacer: Sends all tracks.
        ports: Which UDP ports media may take; None: any.
        advertised: The address that SRSs are told in place of the local one; None: that one.
        media_bytes: How much of its media each record keeps, for a capture; 0: none.
        sounds: Those that were loaded, by file.
    """

    clock: Callable[[], Instant]
    names: Names
    draw: Draw
    permit: Permit
    ways: Ways
    pacer: Pacer
    ports: PortRange | None = None
    advertised: str | None = None
    media_bytes: int = 0
    sounds: dict[Path, Sound] = field(default_factory=dict)


async def sound_of(track: OrderedTrack, means: Means) -> Sound:
    """What a track plays; a file is read once, in a thread.

    Raises:
        SoundUnusable: The file can't be played.
    """
    if track.wav is None:
        return tone(track.frequency)
    if track.wav not in means.sounds:
        means.sounds[track.wav] = await asyncio.to_thread(load_wav, track.wav)
    return means.sounds[track.wav]
