"""Results of attempts as they arrive, and what waited for a webhook's acknowledgement.

Owns when a result is taken in: at once, or, while a namespace's clock stands, together with those of all that is
on the wire and in the order of sending, so that the run is the same whichever receiver was quicker. Must not
decide what a result means for its delivery: ``attempts.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core import attempts, playback
from emulator.core.calls import conduct
from emulator.core.scenario.model import WebhookAcked

if TYPE_CHECKING:
    from emulator.core.effects import AttemptResult
    from emulator.core.turn import Turn


def arrived(turn: Turn, result: AttemptResult) -> None:
    """Take in a result, or keep it until the others are there.

    Args:
        turn: At hand.
        result: Of an attempt that ``namespace.attempts`` knows.
    """
    namespace = turn.namespace
    if namespace.clock.runs:
        _take(turn, result)
        return
    namespace.arrived[result.attempt_id] = result
    if len(namespace.arrived) == len(namespace.attempts):
        take_kept(turn)


def take_kept(turn: Turn) -> None:
    """Take in the results that were kept."""
    namespace = turn.namespace
    kept, namespace.arrived = namespace.arrived, {}
    for attempt_id in tuple(namespace.attempts):
        if attempt_id in kept:
            _take(turn, kept[attempt_id])


def _take(turn: Turn, result: AttemptResult) -> None:
    acked = attempts.taken(turn, result)
    if acked is None:
        return
    event = acked.event
    if event.session_id is None:
        conduct.signalled(turn, event.call_control_id, WebhookAcked(event=event.type))
    else:
        playback.signalled(turn, event.session_id, WebhookAcked(event=event.type))
    # before the next result: a timeline that hangs up waits for its call's end, and takes no more signals
    conduct.hang_up_asked(turn)
