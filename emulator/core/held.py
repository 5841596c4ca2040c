"""Answers that are held back: until their time has come, their client has left, or all are let go.

Owns the timer of such an answer. Must not know what is answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.effects import Release

if TYPE_CHECKING:
    from emulator.core.models import Duration
    from emulator.core.namespace import Namespace
    from emulator.core.turn import Turn

KEY = "answer "


def key(seq: int) -> str:
    """The timer that lets the answer to a request go."""
    return f"{KEY}{seq}"


def hold(turn: Turn, seq: int, delay: Duration) -> None:
    """Let the answer to a request go ``delay`` from now."""
    turn.namespace.held.add(seq)
    turn.namespace.timers.set(key(seq), turn.now + delay)


def fell_due(turn: Turn, seq: int) -> None:
    """Let an answer go whose time has come."""
    turn.namespace.held.discard(seq)
    turn.effects.append(Release(namespace=turn.namespace.id, seq=seq))


def forget(namespace: Namespace, seq: int) -> None:
    """Hold an answer back no longer, if it is: its client has left."""
    if seq in namespace.held:
        namespace.held.discard(seq)
        namespace.timers.set(key(seq), None)


def release_all(namespace: Namespace) -> tuple[Release, ...]:
    """Let every answer go that is held back, whenever it was due."""
    released = tuple(Release(namespace=namespace.id, seq=seq) for seq in sorted(namespace.held))
    for seq in namespace.held:
        namespace.timers.set(key(seq), None)
    namespace.held.clear()
    return released
