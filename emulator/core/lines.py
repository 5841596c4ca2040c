"""Who may send now: the order of a session's webhooks, and how many attempts are under way for a scenario.

Owns the waiting lines of one namespace, for delivery policies that ask for them. Must not send or know a delivery:
it counts numbers, and says whose turn it is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class _Lane:
    """Attempts of one scenario that are under way, and webhooks that wait for one of them to end."""

    under_way: int = 0
    waiting: deque[int] = field(default_factory=deque)


class Lines:
    """All lines of a namespace; one that nobody stands in takes no memory."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._sessions: dict[str, deque[int]] = {}
        self._lanes: dict[str, _Lane] = {}

    # --- a session's webhooks, one after the other ---

    def join(self, session_id: str, seq: int) -> None:
        """Let a webhook stand at the end of its session's line."""
        self._sessions.setdefault(session_id, deque()).append(seq)

    def is_next(self, session_id: str, seq: int) -> bool:
        """Whether every webhook before it in its session is over; it must stand in the line."""
        return self._sessions[session_id][0] == seq

    def leave(self, session_id: str) -> int | None:
        """The first webhook of the session is over.

        Returns:
            The one whose turn it is now, None when there is none.
        """
        line = self._sessions[session_id]
        line.popleft()
        if line:
            return line[0]
        del self._sessions[session_id]
        return None

    # --- attempts of a scenario, so many at once ---

    def enter(self, scenario: str, limit: int, seq: int) -> bool:
        """Count an attempt as under way, or let its webhook wait.

        Args:
            scenario: Whose attempts are counted together.
            limit: How many may be under way.
            seq: The webhook.

        Returns:
            Whether the attempt may be made now.
        """
        lane = self._lanes.setdefault(scenario, _Lane())
        if lane.under_way >= limit:
            lane.waiting.append(seq)
            return False
        lane.under_way += 1
        return True

    def exit(self, scenario: str) -> int | None:
        """An attempt of the scenario has ended.

        Returns:
            The webhook that has waited longest and may try now, None when there is none.
        """
        lane = self._lanes[scenario]
        lane.under_way -= 1
        if lane.waiting:
            return lane.waiting.popleft()
        if not lane.under_way:
            del self._lanes[scenario]
        return None

    def clear(self) -> None:
        """Forget everybody."""
        self._sessions.clear()
        self._lanes.clear()
