"""What falls due: each namespace's timers, and which namespace is the next of all.

Owns the meaning of a timer's key and the way from a namespace's time to wall time. Must not decide when something
falls due: timelines, deliveries and answers set their timers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core import attempts, held, playback
from emulator.core.calls import conduct
from emulator.core.timers import Timers

if TYPE_CHECKING:
    from emulator.core.models import Instant
    from emulator.core.turn import Effect, Turn


class Agenda:
    """The next deadline of each namespace whose clock runs, in wall time."""

    def __init__(self) -> None:
        """Start with nothing planned."""
        self._timers = Timers()

    def next(self) -> Instant | None:
        """The earliest deadline, None when nothing comes by itself."""
        return self._timers.next()

    def pop_due(self, wall: Instant) -> str | None:
        """Take a namespace in which something is due; its id."""
        planned = self._timers.pop_due(wall)
        return None if planned is None else planned[1]

    def forget(self, namespace_id: str) -> None:
        """Plan nothing for a namespace any more."""
        self._timers.set(namespace_id, None)

    def run_due(self, turn: Turn) -> None:
        """Let everything happen that is due by the turn's now.

        Each timer at its own instant, so that a late tick tells the same story as a punctual one.
        """
        now, timers = turn.now, turn.namespace.timers
        while (due := timers.next()) is not None and due <= now:
            turn.now = due
            self.run_next(turn)
        turn.now = now

    def run_next(self, turn: Turn) -> None:
        """Let the earliest timer fire, which is due by the turn's now."""
        timer = turn.namespace.timers.pop_due(turn.now)
        if timer is None:
            return
        key = timer[1]
        if key.startswith(conduct.CALL_KEY):
            conduct.fell_due(turn, key.removeprefix(conduct.CALL_KEY))
        elif key.startswith(playback.RUN_KEY):
            playback.fell_due(turn, key.removeprefix(playback.RUN_KEY))
        elif key.startswith(conduct.LIMIT_KEY):
            conduct.limit_reached(turn, key.removeprefix(conduct.LIMIT_KEY))
        elif key.startswith(attempts.KEY):
            attempts.fell_due(turn, int(key.removeprefix(attempts.KEY)))
        else:
            held.fell_due(turn, int(key.removeprefix(held.KEY)))
        conduct.hang_up_asked(turn)

    def done(self, turn: Turn) -> tuple[Effect, ...]:
        """Plan the namespace's next deadline; give what has come of the turn."""
        conduct.hang_up_asked(turn)
        due = turn.namespace.timers.next()
        self._timers.set(turn.namespace.id, None if due is None else turn.namespace.clock.wall_of(due))
        return tuple(turn.effects)
