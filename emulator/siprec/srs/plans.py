"""What a session at the server does by itself when its time comes: each plan, and when.

Owns the instants. Must not carry a plan out: ``session.py`` does.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from emulator.siprec.sip.seconds import MAX_SECONDS

if TYPE_CHECKING:
    from emulator.core.models import Duration, Instant
    from emulator.siprec.sip.message import Request
    from emulator.siprec.sip.session_timer import SessionTimer


class Plan(Enum):
    """What is planned; a session has one of each at the most."""

    ANSWER = auto()
    RESEND = auto()
    GIVE_UP = auto()
    HANG_UP = auto()
    HOLD = auto()
    RESUME = auto()
    SNAPSHOT = auto()
    REFRESH = auto()
    EXPIRE = auto()


ASKING = frozenset({Plan.HOLD, Plan.RESUME, Plan.SNAPSHOT, Plan.REFRESH})
"""Those that are requests, which go out one at a time."""


def plan_of(request: Request, *, rests: bool) -> Plan:
    """What a request of this side's was sent for.

    Args:
        request: One of those that are ``ASKING``.
        rests: Whether its offer makes the streams rest.
    """
    if request.headers.get("Session-Expires"):
        return Plan.REFRESH
    if request.method != "INVITE":
        return Plan.SNAPSHOT
    return Plan.HOLD if rests else Plan.RESUME


class Plans:
    """One session's."""

    def __init__(self) -> None:
        """Nothing is planned yet."""
        self._at: dict[Plan, Instant] = {}

    @property
    def deadline(self) -> Instant | None:
        """When the first is due."""
        return min(self._at.values(), default=None)

    def has(self, plan: Plan) -> bool:
        """Whether it is planned."""
        return plan in self._at

    def set(self, plan: Plan, at: Instant) -> None:
        """Plan it, instead of what was planned of it before."""
        self._at[plan] = at

    def after(self, plan: Plan, pause: Duration | None, now: Instant) -> None:
        """Plan it for some time from now; None plans nothing."""
        if pause is not None:
            self._at[plan] = now + pause

    def watch(self, timer: SessionTimer | None) -> None:
        """Plan to refresh in time, or to notice that the client doesn't."""
        self.forget(Plan.REFRESH, Plan.EXPIRE)
        if timer is None or timer.interval >= MAX_SECONDS:
            return
        if timer.refresh_at is None:
            self._at[Plan.EXPIRE] = timer.expires_at
        else:
            self._at[Plan.REFRESH] = timer.refresh_at

    def forget(self, *plans: Plan) -> None:
        """Drop these; those that are not planned are no mistake."""
        for plan in plans:
            self._at.pop(plan, None)

    def clear(self) -> None:
        """Drop all."""
        self._at.clear()

    def due(self, now: Instant) -> Plan | None:
        """The first that is due, which is planned no more; None where none is."""
        plan = min(self._at, key=self._at.__getitem__, default=None)
        if plan is None or self._at[plan] > now:
            return None
        del self._at[plan]
        return plan
